"""lightweight-gan files: `GE.` is the averaged generator, `D.` the discriminator.

Everything is inferred from names and shapes; the repo's config.json has nothing more.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from gan.config import Edition, PortedConfig
from gan.errors import ConfigError, WeightsError, either
from gan.hub.layouts.base import (
    LEFT_OUT,
    Hints,
    Layout,
    Payload,
    Recognised,
    Specs,
    Tensors,
    shown,
    specs_of,
)
from gan.models.ported.lightweight import START, lightweight_discriminator
from gan.models.ported.parts import TAPS, fixed_noise
from gan.models.shapes import shapes_only

G_PARTS = {"0": "up", "1": "gate", "2": "attention"}
D_PARTS = {"0": "net", "1": "attention"}
OF_TRAINING = ("decoder1.", "decoder2.")  # of D: they draw the picture again, for its loss
DRIFT = 1e-2  # of the blur's taps: they are averaged along with the weights
NOISE = re.compile(r"layers\.(\d+)\.up\.3\.weight")


def fits(specs: Specs) -> bool:
    """Whether a generator's tensors are lightweight-gan's."""
    named = {"initial_conv.0.weight", "initial_conv.1.running_mean", "out_conv.weight"}
    return named <= specs.keys() and any(k in specs for k in _conv_names(0))


def read(payload: Payload, hints: Hints) -> Recognised:
    """The generator and, if the file has a supported one, the discriminator."""
    g = payload.g
    notes: tuple[str, ...] = ()
    d = None if payload.d is None else _renamed(payload.d, "residual_layers", D_PARTS)
    config = _config(g, d)
    if d is not None and not _fits_d(config, d):  # the generator is useful without it
        config, d, notes = _config(g, None), None, (LEFT_OUT,)
    named = _with_noise(_renamed(g, "layers", G_PARTS))
    return Recognised("lightweight-gan", config, named, d, notes)


def _config(g: Tensors, d: Tensors | None) -> PortedConfig:
    z_dim, count = g["initial_conv.0.weight"].shape[0], _count(g, "layers")
    convs = [_first(g, _conv_names(i)) for i in range(count)]
    return PortedConfig(
        architecture="lightweight-gan",
        resolution=_within(START << count, 1024),
        channels=_within(g["out_conv.weight"].shape[0], 4),
        z_dim=_within(z_dim, 1024),
        g_widths=tuple(conv.shape[0] // 2 for conv in convs),
        d_widths=() if d is None else _d_widths(d),
        edition=_edition(g, count),
        attention=_attention(g, d, START << count),
        excitation="frequency" if any(k.endswith(".dct_weights") for k in g) else "context",
        blur=any(_is_blur(k) for k in g),
        d_places=25 if d is not None and "to_logits.0.weight" in d else 1,
    )


def _fits_d(config: PortedConfig, d: Tensors) -> bool:
    """Whether a discriminator's names and shapes match its config."""
    try:
        with shapes_only():
            wanted = lightweight_discriminator(config)
    except ConfigError:
        return False
    return wanted is not None and specs_of(wanted.state_dict()) == specs_of(d)


def _within(number: int, most: int) -> int:
    """Sizes are checked here so that the sentence is of the file, not of our config."""
    if not 1 <= number <= most:
        raise WeightsError(
            "a lightweight-gan of {count} is too large; at most {most} fits",
            count=f"{number:,}",
            most=f"{most:,}",
        )
    return number


def _conv_names(i: int) -> tuple[str, str]:
    """Where the convolution of doubling `i` is: up to 0.20, and since."""
    return f"layers.{i}.0.2.weight", f"layers.{i}.0.2.1.weight"


def _first(tensors: Tensors, names: tuple[str, ...]) -> Tensor:
    for name in names:
        if name in tensors:
            return tensors[name]
    raise WeightsError(
        "a lightweight-gan must hold {names}, it does not; choose another file",
        names=either(names),
    )


def _count(tensors: Tensors, path: str) -> int:
    """How many of numbered modules there are."""
    numbers = {int(m[1]) for k in tensors if (m := re.match(rf"{path}\.(\d{{1,3}})\.", k))}
    return max(numbers, default=-1) + 1


def _edition(g: Tensors, count: int) -> Edition:
    """Which of the package's upsampling variants, by the tensors present.

    0.21.3 has 0.23's tensors but upsampled differently, for a few days; they cannot be
    distinguished.
    """
    if _conv_names(0)[0] in g:
        return "0.20"
    shuffles = [g.get(f"layers.{i}.0.0.net.0.weight") for i in range(count)]
    if any(s is None for s in shuffles):
        return "0.23"
    return "1.2" if all(s is not None and s.shape[0] == 4 * s.shape[1] for s in shuffles) else "1.0"


def _d_widths(d: Tensors) -> tuple[int, ...]:
    """What the first residual layer gets, then what each gives."""
    count = _count(d, "residual_layers")
    convs = [d.get(f"residual_layers.{i}.net.branches.1.2.weight") for i in range(count)]
    known = [conv for conv in convs if conv is not None]
    return (known[0].shape[1], *(conv.shape[0] for conv in known)) if known else ()


def _attention(g: Tensors, d: Tensors | None, resolution: int) -> tuple[int, ...]:
    """Sizes whose maps are attended to, in the generator or on the way down."""
    sizes = {START << i for i in range(10) if f"layers.{i}.2.fn.to_q.weight" in g}
    top = min(256, resolution)
    for i in range(10):
        if d is not None and f"residual_layers.{i}.attention.fn.to_q.weight" in d:
            sizes.add(top >> i)
    return tuple(sorted(sizes))


def _renamed(tensors: Tensors, path: str, parts: dict[str, str]) -> dict[str, Tensor]:
    """Under our names: what a layer's places hold, in words; without what only training needs."""
    out = {}
    for name, tensor in tensors.items():
        if name.startswith(OF_TRAINING) or _is_blur(name):
            _check_blur(name, tensor)
            continue
        name = re.sub(
            rf"^({path}\.\d+)\.(\d)\.", lambda m: f"{m[1]}.{parts.get(m[2], m[2])}.", name
        )
        out[re.sub(r"^(to_shape_disc_out\.\d)\.fn\.", r"\1.", name)] = tensor
    return out


def _is_blur(name: str) -> bool:
    return name.endswith(".f")


def _check_blur(name: str, tensor: Tensor) -> None:
    if _is_blur(name):
        taps = torch.tensor(TAPS)
        if tensor.shape != taps.shape or (tensor - taps).abs().max() > DRIFT:
            raise WeightsError(
                "{name} must be the blur [1, 2, 1], it is another; choose another file",
                name=shown(name),
            )


def _with_noise(g: dict[str, Tensor]) -> dict[str, Tensor]:
    """Adds the fixed noise of our layers: the original draws it anew each time."""
    for name in list(g):
        if (match := NOISE.fullmatch(name)) and g[name].shape == (1,):
            size = 2 * START << int(match[1])
            g[name.removesuffix("weight") + "noise"] = fixed_noise(size, size)
    return g


LIGHTWEIGHT = Layout(
    "lightweight-gan", "lightweight-gan (initial_conv, layers, out_conv)", fits, read
)
