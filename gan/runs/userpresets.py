"""User-saved presets: a built-in one, data, changed settings; JSON with a closed schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.config import ModelConfig, TrainConfig
from gan.data import check_spec
from gan.errors import ConfigError, GanError, suggest
from gan.files import home_root, read_json, write_json
from gan.presets import PRESETS
from gan.settings import parse_setting

FORMAT = "gan-preset/1"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
MAX_PRESETS = 200
KEYS = {"format", "base", "data", "settings"}
FIELDS = frozenset(ModelConfig.__dataclass_fields__) | frozenset(TrainConfig.__dataclass_fields__)


@dataclass(frozen=True)
class UserPreset:
    """A user's preset."""

    name: str
    base: str  # a built-in preset
    data: str
    settings: dict[str, str]  # as entered after --set


def presets_dir(home: Path | None = None) -> Path:
    """Where they are stored, one file each."""
    return (home or home_root()) / "presets"


def check_preset(preset: UserPreset) -> UserPreset:
    """Raises ConfigError or DataError, in one sentence, for a preset that could not be trained."""
    if not NAME.fullmatch(preset.name):
        raise ConfigError(
            "a preset's name has 1 to 40 small letters, digits, dots or dashes, got {got}; "
            "choose another",
            got=repr(preset.name[:60]),
        )
    if preset.name in PRESETS:
        raise ConfigError(
            "{preset} is a built-in preset; choose another name", preset=repr(preset.name)
        )
    if preset.base not in PRESETS:
        raise ConfigError(
            "there is no preset {base}; {hint}",
            base=repr(preset.base[:60]),
            hint=suggest(preset.base, PRESETS),
        )
    check_spec(preset.data)
    for key, value in preset.settings.items():
        if key not in FIELDS:
            raise ConfigError(
                "there is no setting {name}; {hint}", name=repr(key), hint=suggest(key, FIELDS)
            )
        parse_setting(f"{key}={value}")
    return preset


def save_preset(preset: UserPreset, *, home: Path | None = None) -> None:
    """Save it, replacing one of the same name. Raises like `check_preset`, or if there are too
    many."""
    check_preset(preset)
    folder = presets_dir(home)
    if len(load_presets(home=home)) >= MAX_PRESETS:
        raise ConfigError(
            "{max_presets} presets are the most that are kept; delete one first",
            max_presets=MAX_PRESETS,
        )
    data = {"format": FORMAT, "base": preset.base, "data": preset.data}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / f"{preset.name}.json", data | {"settings": preset.settings})
    except OSError as error:
        raise ConfigError(
            "the preset {preset} cannot be written ({strerror}); check {folder}",
            preset=repr(preset.name),
            strerror=error.strerror,
            folder=folder,
        ) from error


def load_presets(*, home: Path | None = None) -> dict[str, UserPreset]:
    """All of them by name; damaged files are skipped."""
    found = {}
    for file in sorted(presets_dir(home).glob("*.json")):
        try:
            found[file.stem] = _read(file)
        except (GanError, TypeError):
            continue
    return found


def _read(file: Path) -> UserPreset:
    data = read_json(file)
    if not isinstance(data, dict) or data.keys() != KEYS or data["format"] != FORMAT:
        raise ConfigError("{name} is no preset of this version; delete it", name=file.name)
    settings = data["settings"]
    if not isinstance(settings, dict) or not all(
        isinstance(text, str)
        for text in (data["base"], data["data"], *settings, *settings.values())
    ):
        raise ConfigError("{name} must hold text only; delete it", name=file.name)
    return check_preset(UserPreset(file.stem, data["base"], data["data"], settings))


def delete_preset(name: str, *, home: Path | None = None) -> None:
    """Delete one; raises ConfigError if there is none of that name."""
    if name not in load_presets(home=home):
        raise ConfigError("there is no preset {name} of yours; see the list", name=repr(name[:60]))
    (presets_dir(home) / f"{name}.json").unlink(missing_ok=True)


def expand_preset(
    name: str, data: str | None, settings: Mapping[str, Any]
) -> tuple[str, str | None, dict[str, Any]]:
    """Resolve `name` to (built-in preset, data, settings); explicit arguments take precedence.

    A built-in name passes through. Raises ConfigError if a file of that name is damaged.
    """
    if name in PRESETS or not NAME.fullmatch(name):
        return name, data, dict(settings)
    file = presets_dir() / f"{name}.json"
    if not file.is_file():
        return name, data, dict(settings)
    preset = _read(file)
    own = dict(parse_setting(f"{key}={value}") for key, value in preset.settings.items())
    return preset.base, data or preset.data, own | dict(settings)
