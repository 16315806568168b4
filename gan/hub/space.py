"""The README.md front matter of a Space: parsed, and checked against what the Hub accepts.

Keys and values follow the Hub's Spaces configuration reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gan.errors import ConfigError
from gan.hub.plain_yaml import read_yaml

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
HARDWARE = (
    "cpu-basic", "cpu-upgrade", "zero-a10g", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1",
    "l40sx4", "l40sx8", "a10g-small", "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large",
)  # fmt: skip
SCOPES = (
    "email", "read-billing", "read-repos", "write-repos", "manage-repos", "contribute-repos",
    "inference-api", "write-discussions", "read-memberships", "jobs", "webhooks",
)  # fmt: skip
NEEDED_SCOPES = {"write-repos", "manage-repos"}  # to push, and to create what is pushed to
MAX_DESCRIPTION = 60  # letters
MAX_OAUTH_MINUTES = 43200  # 30 days
REPO_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
PRELOADED = re.compile(rf"{REPO_ID.pattern}( [^\s,]+(,[^\s,]+)*( [0-9a-f]{{40}})?)?")
FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)

Rule = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _fits(pattern: str) -> Rule:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


def _one_of(known: tuple[str, ...]) -> Rule:
    return lambda value: value in known


def _all(rule: Rule) -> Rule:
    return lambda value: isinstance(value, list) and bool(value) and all(map(rule, value))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


RULES: dict[str, tuple[Rule, str]] = {
    "title": (_is_text, "a text"),
    "emoji": (lambda v: _is_text(v) and len(v) <= 8 and not v.isascii(), "one emoji"),
    "colorFrom": (_one_of(COLOURS), " or ".join(COLOURS)),
    "colorTo": (_one_of(COLOURS), " or ".join(COLOURS)),
    "sdk": (_one_of(("gradio",)), "gradio"),
    "sdk_version": (_fits(r"\d+\.\d+\.\d+"), "the version of gradio in requirements.txt"),
    "python_version": (_fits(r"3\.\d+(\.\d+)?"), "a Python in quotes, as in '3.11'"),
    "app_file": (_is_text, "the file that opens the app"),
    "short_description": (
        lambda v: _is_text(v) and len(v) <= MAX_DESCRIPTION, f"{MAX_DESCRIPTION} letters at most",
    ),
    "license": (_fits(r"[a-z0-9.-]+"), "a licence's short name"),
    "thumbnail": (_is_text, "an address, or a picture of the checkout"),
    "tags": (_all(_is_text), "a list of texts"),
    "models": (_all(_fits(REPO_ID.pattern)), "a list of owner/name"),
    "datasets": (_all(_fits(REPO_ID.pattern)), "a list of owner/name"),
    "preload_from_hub": (
        _all(_fits(PRELOADED.pattern)), "a list of 'owner/name file,file commit'",
    ),
    "hf_oauth": (_is_flag, "true or false"),
    "hf_oauth_scopes": (_all(_one_of(SCOPES)), "a list of scopes"),
    "hf_oauth_expiration_minutes": (
        lambda v: isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= MAX_OAUTH_MINUTES,
        f"1 to {MAX_OAUTH_MINUTES}",
    ),
    "suggested_hardware": (_one_of(HARDWARE), " or ".join(HARDWARE)),
    "startup_duration_timeout": (_fits(r"\d+ ?(s|m|h)"), "a time, as in 30m"),
    "pinned": (_is_flag, "true or false"),
    "fullWidth": (_is_flag, "true or false"),
    "header": (_one_of(("mini", "default")), "mini or default"),
    "disable_embedding": (_is_flag, "true or false"),
}  # fmt: skip
REQUIRED = (
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file",
    "short_description", "license", "thumbnail", "tags", "models", "datasets", "hf_oauth",
    "hf_oauth_scopes", "suggested_hardware", "startup_duration_timeout",
)  # fmt: skip


def split_front(text: str) -> tuple[dict[str, Any], str]:
    """The front matter of a README and the text below it; raises ConfigError if it has none."""
    found = FRONT.match(text)
    try:
        data = read_yaml(found.group(1)) if found else None
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if found is None or not isinstance(data, dict):
        raise ConfigError(
            "README.md must begin with front matter in YAML between two lines of ---, it does "
            "not; put it back"
        )
    return data, text[found.end() :]


def join_front(front: Mapping[str, Any], text: str) -> str:
    """A README of front matter and text."""
    head = yaml.safe_dump(dict(front), sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{head}---\n{text}"


def problems(front: Mapping[str, Any], *, root: Path | None = None) -> list[str]:
    """What the Hub would reject in a Space's front matter, a sentence each; ideally none.

    root: its checkout, for the files and versions that it names.
    """
    found = [f"{key} is missing" for key in REQUIRED if key not in front]
    for key, value in front.items():
        if key not in RULES:
            found.append(f"{key} is no key of a Space")
        elif not RULES[key][0](value):
            found.append(f"{key} must be {RULES[key][1]}, got {str(value)[:60]!r}")
    scopes = front.get("hf_oauth_scopes")
    if front.get("hf_oauth") and not (isinstance(scopes, list) and {*scopes} >= NEEDED_SCOPES):
        found.append(f"hf_oauth_scopes must hold {' and '.join(sorted(NEEDED_SCOPES))}, to push")
    return found + (_unlike(front, root) if root else [])


def _unlike(front: Mapping[str, Any], root: Path) -> list[str]:
    """Mismatches with the checkout at `root`."""
    found = []
    pinned = pinned_version("gradio", (root / "requirements.txt").read_text("utf-8"))
    if front.get("sdk_version") != pinned:
        found.append(f"sdk_version must be {pinned}, as in requirements.txt")
    if not (root / str(front.get("app_file"))).is_file():
        found.append(f"app_file must be there, {front.get('app_file')!r} is not")
    thumbnail = str(front.get("thumbnail"))
    if not thumbnail.startswith("https://") and not (root / thumbnail).is_file():
        found.append(f"thumbnail must be https://… or a file, {thumbnail[:60]!r} is neither")
    return found


def pinned_version(package: str, requirements: str) -> str:
    """The version pinned in a requirements.txt; raises ConfigError if it pins none."""
    if found := re.search(rf"^{re.escape(package)}==(\S+)$", requirements, re.MULTILINE):
        return found.group(1)
    raise ConfigError(
        "requirements.txt must pin {package}, it does not; write {package}==VERSION",
        package=package,
    )
