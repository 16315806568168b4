"""Chains of Linear, Conv2d and ConvTranspose2d layers under any names: see gan.hub.layouts.reader.

A layout here only tells by shapes whether a file can be such a chain, and how its kind is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gan.hub.layouts.base import Hints, Layout, Payload, Recognised, Specs
from gan.hub.layouts.reader import read_chain

LEAF = re.compile(
    r"(.*\.)?(weight|bias|running_mean|running_var|num_batches_tracked|weight_(orig|u|v)|"
    r"parametrizations\.weight\.(original|0\._u|0\._v))"
)
ANSWERS = "answers"  # from the hints: the user's choice


def read_as(layout: str) -> Callable[[Payload, Hints], Recognised]:
    """Reads a chain; `layout` is its name where no repository is known for it."""

    def read(payload: Payload, hints: Hints) -> Recognised:
        return read_chain(layout, payload.g, hints.get(ANSWERS) or {})

    return read


def _weights(specs: Specs) -> list[tuple[int, ...]]:
    return [shape for name, shape in specs.items() if len(shape) >= 2 and ".weight" in f".{name}"]


def _fits(specs: Specs) -> bool:
    """Whether there are only layers, norms and PReLUs, by their tensors' names and shapes."""
    shapes = _weights(specs)
    named = bool(specs) and all(LEAF.fullmatch(name) for name in specs)
    return named and bool(shapes) and all(len(s) in (2, 4) for s in shapes)


def _fits_units(specs: Specs) -> bool:
    return _fits(specs) and all(len(s) == 2 for s in _weights(specs))


PLAIN = (
    Layout(
        "plain-units", "a plain chain of Linear layers under any names", _fits_units,
        read_as("plain-units"),
    ),
    Layout(
        "plain-maps",
        "a plain chain of Linear, Conv2d and ConvTranspose2d layers with norms under any names",
        _fits, read_as("plain-maps"),
    ),
)  # fmt: skip
