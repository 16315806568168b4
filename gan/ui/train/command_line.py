"""Parses a pasted command line back into the form: strictly, without running anything."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

from gan.errors import ConfigError, suggest
from gan.messages import Message
from gan.settings import parse_setting
from gan.ui.server.settings import SETTINGS, as_text

MAX_COMMAND = 4000  # characters
UNREADABLE = {  # what shlex says
    "No closing quotation": Message("no closing quotation"),
    "No escaped character": Message("no escaped character"),
}
OPTIONS = (
    "--preset",
    "--data",
    "--seed",
    "--seconds",
    "--kimg",
    "--keep-mb",
    "--set",
    "--fork",
    "--log",
)
IGNORED = ("--run-dir",)  # the page chooses where a run is written
BEGINNINGS = (["python", "-m", "gan", "train"], ["gan", "train"])


@dataclass
class Typed:
    """A parsed command line, as text: nothing is looked up or checked against any data."""

    values: dict[str, str] = field(default_factory=dict)  # keyed by option, without the dashes
    settings: dict[str, Any] = field(default_factory=dict)

    def form(self) -> dict[str, Any]:
        """For the form: settings with a field separate from those without."""
        texts = {key: as_text(value) for key, value in self.settings.items()}
        others = [f"{key}={text}" for key, text in texts.items() if key not in SETTINGS]
        return {
            **self.values,
            "settings": {k: v for k, v in texts.items() if k in SETTINGS},
            "other": " ".join(others),
        }


def parse_command(text: object) -> Typed:
    """Parse `python -m gan train ...` into the form's values.

    Raises ConfigError for anything else, for an option without a field, and for an unknown setting.
    """
    words = _arguments(_words(text))
    typed = Typed()
    while words:
        option, equals, value = words.pop(0).partition("=")
        if option == "--steer":
            continue  # runs started from the page can always be steered
        if option == "--resume":
            raise ConfigError("--resume goes on with a run; choose it in the list and press Resume")
        if option not in OPTIONS + IGNORED:
            raise ConfigError(
                "`gan train` has no option {option} here; {hint}",
                option=repr(option[:40]),
                hint=suggest(option, OPTIONS),
            )
        if not equals:
            if not words:
                raise ConfigError(
                    "{option} must have a value, got nothing; add one after it", option=option
                )
            value = words.pop(0)
        if option == "--set":
            key, setting = parse_setting(value)
            typed.settings[key] = setting
        elif option in OPTIONS:
            typed.values[option.removeprefix("--").replace("-", "_")] = value
    return typed


def _words(text: object) -> list[str]:
    if not isinstance(text, str) or len(text) > MAX_COMMAND:
        raise ConfigError(
            "a command must be at most {max_command} characters; shorten it",
            max_command=MAX_COMMAND,
        )
    try:
        return shlex.split(text.strip().removeprefix("$ ").replace("\\\n", " "))
    except ValueError as error:
        reason = UNREADABLE.get(str(error), str(error))
        raise ConfigError(
            "the command cannot be read ({reason}); close every quote", reason=reason
        ) from None


def _arguments(words: list[str]) -> list[str]:
    """The arguments after `python -m gan train`, whatever the Python executable is called."""
    if words and words[0].rpartition("/")[2].startswith("python"):
        words = ["python", *words[1:]]
    for beginning in BEGINNINGS:
        if words[: len(beginning)] == beginning:
            return words[len(beginning) :]
    raise ConfigError("a command must begin with `python -m gan train`; write that first")
