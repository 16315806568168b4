"""Plain chains under any names: what they are is inferred from shapes, by rules stated here.

Shapes tell widths, kernels, and whether there is a bias or a batch norm; not strides, paddings or
activations. Assumed therefore, and checked by whether the sizes come out:

- generator of maps: the first ConvTranspose2d meets z as 1 x 1 (s1 p0), or follows a Linear; every
  later one doubles (k2 s2 p0, k3 s2 p1 o1, k4 s2 p1, k5 s2 p2 o1, k6 s2 p2), a Conv2d keeps the
  size (odd kernels); ReLU between, tanh last;
- generator of units: Linear layers, LeakyReLU 0.2 between, tanh last; the last width is a square of
  1 or 3 channels;
- batch norm follows the layer whose width it has, with torch's eps of 1e-5.

The picture must come out square, of at least 4 and at most 1024 px and of 1, 3 or 4 channels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gan.config import PortedConfig
from gan.errors import ConfigError, WeightsError
from gan.hub.layouts.base import Chain, Hints, Layout, Payload, Recognised, Specs
from gan.hub.layouts.stages import LEAKY, Stage, root_of, stages_of
from gan.models.ported.chain import Shape, steps_of

CHANNELS = (1, 3, 4)
MIN_SIDE, MAX_SIDE = 4, 1024
# (stride, padding, output padding) by kernel: each doubles the size
DOUBLING = {2: (2, 0, 0), 3: (2, 1, 1), 4: (2, 1, 0), 5: (2, 2, 1), 6: (2, 2, 0)}


# ---- generators ---------------------------------------------------------------------------------


def read_maps(layout: str, *notes: str) -> Callable[[Payload, Hints], Recognised]:
    """Reads a generator that ends in maps."""

    def read(payload: Payload, hints: Hints) -> Recognised:
        stages = stages_of(payload.g)
        chain = None if stages is None else maps_of(stages)
        if chain is None:
            raise WeightsError(
                "a plain chain of ConvTranspose2d must have widths that follow from one another, "
                "they do not; choose another file"
            )
        return recognised(layout, chain, notes=notes)

    return read


ASSUMED = "strides, paddings and activations cannot be read off a file; the usual ones were assumed"


def maps_of(stages: Sequence[Stage]) -> Chain | None:
    """A chain of ConvTranspose2d, perhaps after a Linear and with convs between."""
    chain = Chain()
    shape: Shape = (0,)
    for i, stage in enumerate(stages):
        if i:
            chain.add("relu")
        upcoming = stages[i + 1] if i + 1 < len(stages) else None
        placed = _place(chain, stage, shape, upcoming)
        if placed is None:
            return None
        shape = placed
    chain.add("tanh")
    return chain


def _place(chain: Chain, stage: Stage, shape: Shape, upcoming: Stage | None) -> Shape | None:
    """Add a stage; `shape` is (0,) before the first one. The shape after it."""
    if len(stage.sizes) == 2:
        return _place_linear(chain, stage, shape, upcoming)
    first = shape == (0,)
    width = stage.sizes[0] if first else shape[0]
    side = 1 if first else shape[-1]
    kind = _kind_of(stage, width, first=first)
    kernel = stage.sizes[2]
    if kind is None or (kind == "deconv" and not first and kernel not in DOUBLING):
        return None
    if kind == "conv":
        chain.conv(stage.affine, stride=1, padding=kernel // 2)
        shape = (stage.sizes[0], side, side)
    elif first:
        chain.deconv(stage.affine, stride=1, padding=0)
        shape = (stage.sizes[1], kernel, kernel)
    else:
        stride, padding, extra = DOUBLING[kernel]
        chain.deconv(stage.affine, stride=stride, padding=padding, extra=extra)
        shape = (stage.sizes[1], 2 * side, 2 * side)
    if stage.norm is not None:
        if len(stage.norm["weight"]) != shape[0]:
            return None
        chain.bn(stage.norm)
    return shape


def _kind_of(stage: Stage, width: int, *, first: bool) -> str | None:
    """Whether a weight (a, b, k, k) is a ConvTranspose2d (takes a) or a Conv2d (takes b)."""
    a, b, kernel, _ = stage.sizes
    if first:
        return "deconv"
    told = stage.affine.get("bias", stage.norm["weight"] if stage.norm else None)
    gives = None if told is None else len(told)
    could = [
        kind
        for kind, takes, out in (("deconv", a, b), ("conv", b, a))
        if takes == width and gives in (None, out)
    ]
    if len(could) == 2:
        return "conv" if kernel % 2 else "deconv"
    return could[0] if could and (could[0] == "deconv" or kernel % 2) else None


def _place_linear(chain: Chain, stage: Stage, shape: Shape, upcoming: Stage | None) -> Shape | None:
    """A Linear at the start, made into maps where a convolution comes next."""
    units, inputs = stage.sizes
    if len(shape) != 1 or shape not in ((0,), (inputs,)):
        return None
    chain.linear(stage.affine)
    if upcoming is None or len(upcoming.sizes) == 2:
        if stage.norm is not None:
            chain.bn(stage.norm)
        return (units,)
    maps = _maps_between(units, upcoming)
    if maps is None:
        return None
    of_maps = stage.norm is not None and len(stage.norm["weight"]) == maps[0]
    if stage.norm is not None and not of_maps:
        chain.bn(stage.norm)
    chain.add(f"reshape {maps[0]} {maps[1]} {maps[2]}")
    if stage.norm is not None and of_maps:
        chain.bn(stage.norm)
    return maps


def _maps_between(units: int, upcoming: Stage) -> tuple[int, int, int] | None:
    """Units as square maps of a width that the next layer takes."""
    for width in upcoming.sizes[:2]:
        if units % width == 0 and (side := root_of(units // width)):
            return (width, side, side)
    return None


def read_units(layout: str, *notes: str) -> Callable[[Payload, Hints], Recognised]:
    """Reads a generator of Linear layers alone."""

    def read(payload: Payload, hints: Hints) -> Recognised:
        stages = stages_of(payload.g)
        if stages is None:
            raise WeightsError(
                "a plain chain of Linear layers must have widths that follow from one another, "
                "they do not; choose another file"
            )
        return recognised(layout, units_of(stages), notes=notes)

    return read


def units_of(stages: Sequence[Stage]) -> Chain:
    """A chain of Linear layers; raises WeightsError where the last width is no square picture."""
    chain = Chain()
    for i, stage in enumerate(stages):
        if i:
            chain.add(LEAKY)
        chain.linear(stage.affine)
        if stage.norm is not None:
            chain.bn(stage.norm)
    units = stages[-1].sizes[0]
    for channels in (1, 3):
        if units % channels == 0 and (side := root_of(units // channels)):
            chain.add("tanh", f"reshape {channels} {side} {side}")
            return chain
    raise WeightsError(
        f"the last of the Linear layers must give a square picture of 1 or 3 channels, it gives "
        f"{units:,} units; choose another file"
    )


def recognised(layout: str, chain: Chain, *, notes: tuple[str, ...] = ()) -> Recognised:
    """A generator's chain as a model; raises WeightsError where no picture comes out."""
    first = g_input(chain)
    try:
        shape = steps_of(chain.layers, first)[-1].after
    except ConfigError as error:
        raise WeightsError(
            f"the generator's layers must follow from one another: {error}"
        ) from None
    square = len(shape) == 3 and shape[1] == shape[2] and MIN_SIDE <= shape[1] <= MAX_SIDE
    if not square or shape[0] not in CHANNELS:
        raise WeightsError(
            f"a picture must be square, of {MIN_SIDE} to {MAX_SIDE} px and of 1, 3 or 4 channels; "
            f"these layers give {' x '.join(map(str, shape))}; choose another file"
        )
    config = PortedConfig(
        architecture="chain", resolution=shape[1], channels=shape[0], z_dim=first[0],
        g_layers=tuple(chain.layers),
    )  # fmt: skip
    return Recognised(layout, config, chain.tensors, notes=notes)


def g_input(chain: Chain) -> Shape:
    """What the first layer of a chain takes."""
    word, inputs, *_ = chain.layers[0].split()
    return (int(inputs),) if word == "linear" else (int(inputs), 1, 1)


# ---- the layouts --------------------------------------------------------------------------------


def _weights(specs: Specs) -> list[tuple[int, ...]]:
    return [shape for name, shape in specs.items() if len(shape) >= 2 and ".weight" in f".{name}"]


def _only_affine(specs: Specs) -> bool:
    """Whether there is nothing but layers and batch norms, by their tensors' names."""
    leaf = re.compile(
        r"(.*\.)?(weight|bias|running_mean|running_var|num_batches_tracked|weight_(orig|u|v)|"
        r"parametrizations\.weight\.(original|0\._u|0\._v))"
    )
    return bool(specs) and all(leaf.fullmatch(name) for name in specs)


def _fits_maps(specs: Specs) -> bool:
    shapes = _weights(specs)
    ends_wide = bool(shapes) and len(shapes[-1]) == 4
    return _only_affine(specs) and ends_wide and all(len(s) in (2, 4) for s in shapes)


def _fits_units(specs: Specs) -> bool:
    shapes = _weights(specs)
    return _only_affine(specs) and bool(shapes) and all(len(s) == 2 for s in shapes)


PLAIN = (
    Layout(
        "plain-maps", "a plain chain of ConvTranspose2d and BatchNorm2d layers under any names",
        _fits_maps, read_maps("plain-maps", ASSUMED),
    ),
    Layout(
        "plain-units", "a plain chain of Linear layers under any names",
        _fits_units, read_units("plain-units", ASSUMED),
    ),
)  # fmt: skip
