"""Third-party weights, recognised by key signature and shapes, read as our models; one row each.

`recognise` is all that the rest of gan.hub calls. A new layout is a row in LAYOUTS: the first match
is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gan.errors import HubError, WeightsError
from gan.hub.layouts.base import (
    LEFT_OUT,
    Hints,
    Layout,
    Payload,
    Recognised,
    Tensors,
    shown,
    specs_of,
)
from gan.hub.layouts.chains import SIGNED
from gan.hub.layouts.critics import read_critic
from gan.hub.layouts.fastgan import FASTGAN
from gan.hub.layouts.lightweight import LIGHTWEIGHT
from gan.hub.layouts.payload import critic_in, split
from gan.hub.layouts.plain import ANSWERS, PLAIN
from gan.hub.layouts.stylegan import STYLEGAN
from gan.messages import Message

__all__ = ["LAYOUTS", "Layout", "Recognised", "recognise"]

# known repositories come first, inference from shapes last
LAYOUTS: tuple[Layout, ...] = (LIGHTWEIGHT, FASTGAN, STYLEGAN, *SIGNED, *PLAIN)

SHOWN_KEYS = 6


def recognise(
    tensors: Tensors,
    hints: Hints,
    *,
    d_tensors: Tensors | None = None,
    answers: Mapping[str, str] | None = None,
) -> Recognised:
    """The model that a file's tensors form, with its discriminator if that can be read too.

    `d_tensors` come from a separate discriminator file; `answers` resolve what the file leaves open
    (gan.hub.layouts.settings). Raises HubError if no layout fits, listing what was found and what
    is supported; WeightsError if one fits but its tensors form no valid model.
    """
    payload = split(tensors)
    if d_tensors is not None:
        payload = payload._replace(d=critic_in(d_tensors))
    specs = specs_of(payload.g)
    layout = next((layout for layout in LAYOUTS if layout.fits(specs)), None)
    if layout is None:
        raise _unknown(payload)
    found = layout.read(payload, {**hints, ANSWERS: dict(answers or {})})
    return _with_critic(found, payload) if found.config.architecture == "chain" else found


def _with_critic(found: Recognised, payload: Payload) -> Recognised:
    """The same with a chain's discriminator, or with a note that it was left out."""
    if found.d is not None or payload.d is None:
        return found
    config = found.config
    try:
        chain = read_critic(payload.d, (config.channels, config.resolution, config.resolution))
    except WeightsError:  # the generator is useful without it
        chain = None
    if chain is None:
        return found._replace(notes=(*found.notes, LEFT_OUT))
    layers = tuple(chain.layers)
    readings = tuple(
        r._replace(config=replace(r.config, d_layers=layers))
        for r in found.readings
        if r.config.resolution == config.resolution  # D takes pictures of one size only
    )
    return found._replace(
        config=replace(config, d_layers=layers), d=chain.tensors, readings=readings
    )


def _unknown(payload: Payload) -> HubError:
    """What was found and what is supported, in bounded length."""
    return HubError(
        "unknown-layout",
        "the file must hold a generator of a known layout, it holds {tensors}; supported: "
        "{layouts}",
        tensors=_first(payload.g),
        layouts=_listed([Message(layout.title) for layout in LAYOUTS]),
    )


def _first(tensors: Tensors) -> list[str] | Message:
    shapes = [f"{shown(k)} {list(v.shape)}" for k, v in [*tensors.items()][:SHOWN_KEYS]]
    more = len(tensors) - SHOWN_KEYS
    if more > 0:
        return Message("{tensors} and {count} more", tensors=shapes, count=f"{more:,}")
    return shapes or Message("no tensors")


def _listed(parts: list[Message]) -> Message:
    """Parts that have commas in them; halved, since messages may not lie deep in one another."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Message("{this}; {that}", this=_listed(parts[:half]), that=_listed(parts[half:]))
