"""Every generator there is, and some of which everything is known."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from gan.checkpoint import bundled, load
from gan.data.bundled import BUNDLED
from gan.models import Generator, seeded_build
from gan.presets import PRESETS, resolve_widths, run_config
from tests.ported import CHAINS, drawn_generator

# the networks of the other presets are those of these
EVERY = [
    *(f"bundled:{name}" for name in bundled()),
    *(f"preset:{name}" for name in ("fashion", "digits", "dcgan", "dcgan-small", "flow")),
    *(f"chain:{name}" for name in CHAINS),
]


@cache
def generator_of(name: str) -> Generator:
    kind, _, rest = name.partition(":")
    if kind == "bundled":
        return load(rest).generator
    if kind == "chain":
        return drawn_generator(CHAINS[rest])
    data = PRESETS[rest].data
    config = resolve_widths(run_config(rest, BUNDLED[data].shape, data=data))
    g = seeded_build(config.model, 0)[0].eval()
    if rest == "flow":  # one that has not been trained moves nothing: its last layers are zero
        draw = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for p in g.parameters():
                if not p.any():
                    p.normal_(0, 0.05, generator=draw)
    return g


class LinearGenerator(Generator):
    """x = w A, w = z M, with nothing between: what is found in it is known beforehand."""

    def __init__(self, m: Tensor, a: Tensor, *, as_layer: bool = True) -> None:
        super().__init__()
        self.z_dim, self.w_dim, self.classes = len(m), m.shape[1], 0
        self.image_shape = (1, 8, 8)
        self.m, self.a = nn.Parameter(m), nn.Parameter(a)
        self.layer = nn.Linear(*a.shape, bias=False) if as_layer else None
        if self.layer is not None:
            self.layer.weight.data = a.T.contiguous()

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z @ self.m

    def synthesis(self, w: Tensor) -> Tensor:
        h = w @ self.a if self.layer is None else self.layer(w)
        return h.view(-1, 1, 8, 8)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
