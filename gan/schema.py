"""Frozen dataclasses to and from JSON, with a closed schema: names, types, ranges."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, TypeVar

from gan.errors import ConfigError, number_text, suggest
from gan.messages import Message

Config = TypeVar("Config")
MAX_INT = 2**63 - 1


def option(default: Any, help: str, *, low: float | None = None, high: float | None = None) -> Any:
    """A dataclass field with its one-line help and, for numbers, its closed range."""
    return field(default=default, metadata={"help": help, "low": low, "high": high})


def check_ranges(config: Any) -> None:
    """Raises ConfigError unless every number is finite and within its field's range."""
    for f in dataclasses.fields(config):
        value = getattr(config, f.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        low, high = f.metadata.get("low"), f.metadata.get("high")
        too_low = low is not None and value < low
        too_high = high is not None and value > high
        if not math.isfinite(value) or too_low or too_high:
            raise ConfigError(
                "{field} must be {range}, got {got}; it is: {about}",
                field=f.name,
                range=_range_text(low, high),
                got=number_text(value),
                about=Message(f.metadata.get("help", "a number")),
            )


def _range_text(low: float | None, high: float | None) -> Message:
    if low is not None and high is not None:
        return Message("from {low} to {high}", low=number_text(low), high=number_text(high))
    if low is not None:
        return Message("{low} or more", low=number_text(low))
    return Message("finite")


def to_json(config: Any) -> dict[str, Any]:
    """Plain dicts, lists and numbers, ready for `json.dumps`."""
    return typing.cast(dict[str, Any], plain(dataclasses.asdict(config)))


def plain(value: Any) -> Any:
    """Tuples as lists, recursively."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


@functools.cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """The types of a config's fields; evaluated once, as that takes a millisecond."""
    return typing.get_type_hints(kind)


def from_json(kind: type[Config], data: object) -> Config:
    """The config described by `data`.

    Raises ConfigError for an unknown key, a wrong type or a value out of range.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(
            "{kind} must be a JSON object, got {got}; check the file",
            kind=kind.__name__,
            got=type(data).__name__,
        )
    hints = hints_of(typing.cast(Any, kind))
    for key in data:
        if key not in hints:
            raise ConfigError(
                "{kind} has no setting {name}; {hint}",
                kind=kind.__name__,
                name=repr(key)[:80],
                hint=suggest(str(key), hints),
            )
    return kind(**{key: typed(key, hints[key], value) for key, value in data.items()})


def typed(name: str, hint: Any, value: Any) -> Any:
    """`value` as a field's declared type; a bool never passes as a number."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast(Any, hint), value)
    if origin is Literal:
        if value not in args:
            raise ConfigError(
                "{field} cannot be {got}; {hint}",
                field=name,
                got=repr(value)[:80],
                hint=suggest(str(value), args),
            )
        return value
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return typed(name, _alternative(args, value), value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(
                "{field} must be a list, got {got}; write it as [a, b]",
                field=name,
                got=repr(value)[:80],
            )
        return tuple(typed(name, args[0], v) for v in value)
    return _scalar(name, hint, value)


def _alternative(args: tuple[Any, ...], value: Any) -> Any:
    """Which member of a union `value` is: the one whose required fields it has."""
    kinds = [a for a in args if a is not type(None)]
    if len(kinds) == 1 or not isinstance(value, Mapping):
        return kinds[0]
    fitting = [kind for kind in kinds if _required(kind) <= value.keys()]
    return max(fitting or kinds, key=lambda kind: len(_required(kind)))


def _required(kind: Any) -> set[str]:
    return {
        f.name
        for f in dataclasses.fields(kind)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }


def _scalar(name: str, hint: type, value: Any) -> Any:
    is_bool = isinstance(value, bool)
    if hint is float and isinstance(value, int | float) and not is_bool:
        try:
            return float(value)
        except OverflowError:
            raise _too_large(name) from None
    if hint is int and isinstance(value, int) and abs(value) > MAX_INT:
        raise _too_large(name)  # ranges are told by numbers that a float can hold
    if isinstance(value, hint) and is_bool == (hint is bool):
        return value
    raise ConfigError(
        "{field} must be {type}, got {got}; correct its type",
        field=name,
        type=hint.__name__,
        got=repr(value)[:80],
    )


def _too_large(name: str) -> ConfigError:
    return ConfigError("{field} must be finite, got a number too large; lower it", field=name)
