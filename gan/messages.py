"""Sentences as data: an English template and its values, translated where they are shown.

As in gettext, the English template is the key: code reads as what it says, and a message from
another version is still a sentence. `gan/<package>/words/<language>.toml` maps templates to
translations with the same placeholders. A placeholder without a value names a setting: `{g_lr}`
is "g_lr" in a terminal and the field's label on the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

PLACEHOLDER = re.compile(r"\{(\w+)\}")
MAX_DEPTH = 12  # messages within messages
MAX_TEXT = 4000  # characters accepted from a file


class Message:
    """A sentence, or a part of one, as a key and its values; `str()` gives the English text.

    A value is a text, a number, a Message, or a list of such (shown with commas). False if empty.
    """

    __slots__ = ("key", "values")

    def __init__(self, key: str = "", /, **values: Any) -> None:
        self.key = key
        self.values: dict[str, Any] = {name: _plain(value) for name, value in values.items()}

    def __str__(self) -> str:
        return PLACEHOLDER.sub(
            lambda m: _written(self.values[m[1]] if m[1] in self.values else m[1]), self.key
        )

    def __repr__(self) -> str:
        return f"Message({self.key!r}, **{self.values!r})"

    def __bool__(self) -> bool:
        return bool(self.key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash((self.key, *self.values))

    def to_json(self) -> dict[str, Any]:
        """{"key": template, "values": {name: text, number, message or list}}."""
        return {"key": self.key, "values": {k: _json(v) for k, v in self.values.items()}}

    @staticmethod
    def from_json(found: object) -> Message:
        """The inverse of `to_json`; anything else, as from a foreign file, is an empty message."""
        message = _read(found, 0)
        return message if isinstance(message, Message) else Message()


Value = str | int | float | Message | list["Value"]
NO_MESSAGE = Message()


def in_brackets(parts: Sequence[Message]) -> Message:
    """` (a, b)`, to follow a word; empty if there are none."""
    return Message(" ({parts})", parts=[*parts]) if parts else NO_MESSAGE


def literal(text: str) -> Message:
    """`text` as it is, in every language: a name, or a sentence from an older version's file."""
    return Message("{text}", text=text) if text else Message()


def _plain(value: object) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no NaN and no infinity
    if isinstance(value, str | int | float | Message):
        return value
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return str(value)


def _written(value: Value) -> str:
    return ", ".join(map(_written, value)) if isinstance(value, list) else str(value)


def _json(value: Value) -> Any:
    if isinstance(value, list):
        return [_json(part) for part in value]
    return value.to_json() if isinstance(value, Message) else value


def _read(found: object, depth: int) -> Value:
    if depth > MAX_DEPTH:
        return ""
    if isinstance(found, Mapping):
        key, values = found.get("key"), found.get("values")
        if not isinstance(key, str) or not isinstance(values, Mapping):
            return ""
        message = Message(key[:MAX_TEXT])
        message.values = {str(k)[:64]: _read(v, depth + 1) for k, v in values.items()}
        return message
    if isinstance(found, list):
        return [_read(part, depth + 1) for part in found[:64]]
    if isinstance(found, int | float):
        return _plain(found)
    return found[:MAX_TEXT] if isinstance(found, str) else ""
