"""genforce's StyleGAN files. Multipliers of learning rates are folded into the weights here."""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor

from gan.config import Fused, PortedConfig
from gan.errors import WeightsError
from gan.hub.layouts.base import Hints, Layout, Payload, Recognised, Specs, Tensors, shown
from gan.models.ported.parts import TAPS
from gan.models.ported.stylegan import START, fused_weight, is_fused

GAIN = math.sqrt(2)  # of layers that a LeakyReLU follows; 1 of others
MAPPING_RATE = 0.01  # the mapping's learning rate, as a part of the rest's; no file says it
FUSED: dict[object, Fused] = {"auto": "auto", True: "always", False: "never"}
DRIFT = 1e-5
UNREAD = "whether large doublings are fused is not in the file; that from 128 px on was assumed"


def fits(specs: Specs) -> bool:
    """Whether a generator's tensors are a StyleGAN's as genforce names them."""
    return {"mapping.dense0.weight", "truncation.w_avg", "synthesis.layer0.const"} <= specs.keys()


def read(payload: Payload, hints: Hints) -> Recognised:
    """The generator at its full size; pictures of smaller sizes are of its training."""
    left = dict(payload.g)
    config = _config(left, hints)
    named = {"mean": _take(left, "truncation.w_avg")}
    for i in range(config.mapping_layers):
        weight, bias = (_take(left, f"mapping.dense{i}.{leaf}") for leaf in ("weight", "bias"))
        named[f"to_w.{2 * i}.weight"] = weight * (_scale(weight, GAIN) * MAPPING_RATE)
        named[f"to_w.{2 * i}.bias"] = bias * MAPPING_RATE
    for i in range(2 * len(config.g_widths)):
        for name, tensor in _styled(left, i, config).items():
            named[f"layers.{i}.{name}"] = tensor
    output = f"synthesis.output{len(config.g_widths) - 1}"
    weight = _take(left, f"{output}.weight")
    named["picture.weight"] = weight * _scale(weight, 1.0)
    named["picture.bias"] = _take(left, f"{output}.bias")
    _check_rest(left)
    notes = () if _told(hints) is not None else (UNREAD,)
    return Recognised("stylegan", config, named, notes=notes)


def _told(hints: Hints) -> Fused | None:
    """What the repo's config.json says of fused doublings, if it does."""
    said = hints.get("fused_scale")
    return FUSED.get(said) if isinstance(said, str | bool) else None


def _config(g: Tensors, hints: Hints) -> PortedConfig:
    dense, count = g["mapping.dense0.weight"], _count(g, r"mapping\.dense(\d{1,2})\.weight")
    sizes = _count(g, r"synthesis\.layer(\d{1,2})\.bias") // 2
    widths = [_peek(g, f"synthesis.layer{2 * i}.bias").shape[0] for i in range(sizes)]
    if not widths or not START << (sizes - 1) <= 1024 or dense.dim() != 2:
        raise WeightsError(
            "a StyleGAN must make pictures from {start} to 1024 px, this one has {sizes} sizes; "
            "choose another file",
            start=START,
            sizes=sizes,
        )
    return PortedConfig(
        architecture="stylegan",
        resolution=START << (sizes - 1),
        channels=_peek(g, f"synthesis.output{sizes - 1}.bias").shape[0],
        z_dim=dense.shape[1],
        w_dim=_peek(g, f"mapping.dense{count - 1}.weight").shape[0],
        g_widths=tuple(widths),
        mapping_layers=count,
        mapping_width=dense.shape[0] if count > 1 else 1,
        fused=_told(hints) or "auto",
    )


def _styled(left: dict[str, Tensor], i: int, config: PortedConfig) -> dict[str, Tensor]:
    """Layer i under our names."""
    path = f"synthesis.layer{i}"
    style = _take(left, f"{path}.style.weight")
    named = {
        "style.weight": style * _scale(style, 1.0),
        "style.bias": _take(left, f"{path}.style.bias"),
        "noise.weight": _take(left, f"{path}.apply_noise.weight"),
        "noise.noise": _take(left, f"{path}.apply_noise.noise"),
        "bias": _take(left, f"{path}.bias"),
    }
    if i == 0:
        return named | {"makes.maps": _take(left, f"{path}.const")}
    weight = _take(left, f"{path}.weight")
    weight = weight * _scale(weight, GAIN)
    if i % 2:
        return named | {"makes.weight": weight}
    if is_fused(config, START << (i // 2)):
        return named | {"makes.0.weight": fused_weight(weight)}
    return named | {"makes.1.weight": weight}


def _scale(weight: Tensor, gain: float) -> float:
    """What an equalised layer multiplies its weight by: gain / sqrt(inputs)."""
    return gain / math.sqrt(max(weight[0].numel(), 1))


def _check_rest(left: Tensors) -> None:
    """Raises WeightsError unless what was not read does nothing."""
    for name, tensor in left.items():
        if re.fullmatch(r"synthesis\.output\d{1,2}\.(weight|bias)", name):
            continue
        if name == "synthesis.lod" and not tensor.any():
            continue
        if re.fullmatch(r"synthesis\.layer\d{1,2}\.blur\.kernel", name) and _is_blur(tensor):
            continue
        raise WeightsError(
            "{name} is of a StyleGAN that differs from those that are known; choose another file",
            name=shown(name),
        )


def _is_blur(kernel: Tensor) -> bool:
    taps = torch.tensor(TAPS) / sum(TAPS)
    known = torch.outer(taps, taps)
    return kernel.shape[1:] == (1, 3, 3) and bool((kernel - known).abs().max() < DRIFT)


def _count(tensors: Tensors, pattern: str) -> int:
    """How many of numbered names there are."""
    numbers = [int(m[1]) for name in tensors if (m := re.fullmatch(pattern, name))]
    return max(numbers, default=-1) + 1


def _peek(tensors: Tensors, name: str) -> Tensor:
    if name not in tensors:
        raise WeightsError(
            "a StyleGAN must hold {name}, it is missing; choose another file", name=name
        )
    return tensors[name]


def _take(left: dict[str, Tensor], name: str) -> Tensor:
    _peek(left, name)
    return left.pop(name)


STYLEGAN = Layout("stylegan", "StyleGAN of genforce (mapping, truncation, synthesis)", fits, read)
