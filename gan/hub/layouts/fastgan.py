"""FastGAN files: huggan's few-shot models, and the authors' own code."""

from __future__ import annotations

import re

from torch import Tensor

from gan.config import PortedConfig
from gan.errors import WeightsError
from gan.hub.layouts.base import Hints, Layout, Payload, Recognised, Specs, folded, shown
from gan.models.ported.fastgan import START
from gan.models.ported.parts import fixed_noise

BLOCK = re.compile(
    r"(_?[a-z]+?)(?:_(\d+|big))?\."
)  # `_upsample_8.`, `feat_8.`, `_init.`, `to_big.`
# where in its block a tensor is, whatever wrappers are named on the way: `_layers.1._conv.weight`
PLACE = re.compile(r"(?:[^\d.][^.]*\.)*?(?:(\d+)\.)?(?:[^\d.][^.]*\.)*?_?([a-z]\w*)")
KINDS = {
    "_init": "start", "init": "start", "_upsample": "ups", "feat": "ups", "_sle": "gates",
    "se": "gates", "_out": "out", "to": "out",
}  # fmt: skip


def fits(specs: Specs) -> bool:
    """Whether a generator's tensors are FastGAN's."""
    return any(
        any(k.startswith(f"{start}.") for k in specs) and any(k.startswith(up) for k in specs)
        for start, up in (("_init", "_upsample_8."), ("init", "feat_8."))
    )


def read(payload: Payload, hints: Hints) -> Recognised:
    """The generator; heads of other sizes than the picture's are of training, and left out."""
    named: dict[str, Tensor] = {}
    heads: dict[int, Tensor] = {}
    for name, tensor in folded(payload.g).items():
        kind, size, place, leaf = _parsed(name)
        if kind == "out":
            heads[size] = tensor
        elif kind == "ups":
            named[f"ups.{size.bit_length() - 4}.{place}.{leaf}"] = tensor  # 8 px is number 0
        else:
            named[f"{kind}.{f'{size}.' if size else ''}{place}.{leaf}"] = tensor
    last = heads[max(heads)] if heads else None
    widths = _widths(named)
    if last is None or last.dim() != 4 or not widths:
        raise WeightsError(
            "a FastGAN must hold _init, _upsample_8 and on, and _out; parts of it are missing"
        )
    resolution = START << (len(widths) - 1)
    config = PortedConfig(
        architecture="fastgan",
        resolution=resolution,
        channels=last.shape[0],
        z_dim=named["start.0.weight"].shape[0],
        g_widths=widths,
    )
    return Recognised("fastgan", config, _with_noise(named) | {"picture.0.weight": last})


def _parsed(name: str) -> tuple[str, int, str, str]:
    """(our kind of block, px or 0, place in it, leaf) of a tensor's name."""
    block = BLOCK.match(name)
    inner = PLACE.fullmatch(name, block.end()) if block else None
    if block is None or inner is None or block[1] not in KINDS:
        raise WeightsError(
            "{name} is no part of a FastGAN that is known; choose another file", name=shown(name)
        )
    size = 1 << 20 if block[2] == "big" else int((block[2] or "0")[:5])
    return KINDS[block[1]], size, inner[1] or "0", inner[2]


def _widths(named: dict[str, Tensor]) -> tuple[int, ...]:
    """Maps at 4 px, at 8 px, ...: half of what each first convolution gives; () where one lacks."""
    start = named.get("start.0.weight")
    if start is None or start.dim() != 4:
        return ()
    convs = [named.get(f"ups.{i}.1.weight") for i in range(9)]
    present = [conv.shape[0] // 2 for conv in convs if conv is not None]
    return (start.shape[1] // 2, *present)


def _with_noise(named: dict[str, Tensor]) -> dict[str, Tensor]:
    """Adds the fixed noise of our layers: the original draws it anew each time."""
    for name in list(named):
        if (m := re.fullmatch(r"ups\.(\d)\.(2|6)\.weight", name)) and named[name].shape == (1,):
            size, turn = 2 * START << int(m[1]), int(m[2] == "6")
            named[f"ups.{m[1]}.{m[2]}.noise"] = fixed_noise(size, 2 * size + turn)
    return named


FASTGAN = Layout("fastgan", "FastGAN (_init, _upsample_8 and on, _out)", fits, read)
