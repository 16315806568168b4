"""Small files beside a model, as plain data of bounded size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gan.files import parse_json
from gan.hub.plain_yaml import read_yaml

MAX_HINT_BYTES = 64 * 2**10
MAX_VALUES = 2000  # per file


def is_ours(config: Path | None) -> bool:
    """Whether this config.json is one of GAN Atelier's."""
    return config is not None and str(parsed(config).get("format")).startswith("gan-atelier/")


def parsed(path: Path) -> dict[str, Any]:
    """A small JSON or YAML file as plain data; empty if it is neither, or not a mapping."""
    try:
        text = path.read_bytes()
        data = parse_json(text) if path.suffix == ".json" else read_yaml(text.decode("utf-8-sig"))
        plain = _plain(data, [MAX_VALUES])
    except Exception:  # PyYAML raises KeyError, IndexError and more for invalid input
        return {}
    return plain if isinstance(plain, dict) else {}


def _plain(data: Any, left: list[int]) -> Any:
    """A copy of bounded size."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too much")
    if isinstance(data, dict):
        return {str(key): _plain(value, left) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value, left) for value in data]
    return data if isinstance(data, str | int | float | bool | None) else str(data)
