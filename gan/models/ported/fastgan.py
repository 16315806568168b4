"""FastGAN: a generator for few-shot training; Liu et al. 2021.

A gate, computed from small maps, scales the channels of maps sixteen times as large. Spectral norms
are folded into the weights on import (gan.hub.layouts.fastgan).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import PortedConfig
from gan.models.ported.parts import FixedNoise, PortedGenerator, check_widths

START = 4  # px of the first maps
GATED = (64, 128, 256, 512)  # px, if the picture is that large
SMALLER = 16  # pooled size of a gate's input


class FastganGenerator(PortedGenerator):
    """z -> 4 px -> doublings of one convolution or two, gated from 64 px on -> the picture.

    g_widths: channels at 4 px, at 8 px, ... at the picture's own size.
    """

    def __init__(self, config: PortedConfig) -> None:
        check_widths(config, smallest=START, given=config.z_dim)
        super().__init__(config.z_dim, (config.channels, config.resolution, config.resolution))
        widths = config.g_widths
        self.sizes = tuple(START << i for i in range(len(widths)))
        at = dict(zip(self.sizes, widths, strict=True))
        start = nn.ConvTranspose2d(config.z_dim, 2 * widths[0], START, bias=False)
        self.start = nn.Sequential(start, nn.BatchNorm2d(2 * widths[0]), nn.GLU(dim=1))
        self.ups = nn.ModuleList(
            doubling(before, after, self.sizes[i + 1], deep=i % 2 == 0)
            for i, (before, after) in enumerate(pairwise(widths))
        )
        self.gates = nn.ModuleDict(
            {str(s): gate(at[s // SMALLER], at[s]) for s in self.sizes if s in GATED}
        )
        last = nn.Conv2d(widths[-1], config.channels, 3, 1, 1, bias=False)
        self.picture = nn.Sequential(last, nn.Tanh())

    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, z_dim) -> x (N, C, H, W) in [-1, 1]."""
        h: Tensor = self.start(w[:, :, None, None])
        seen = {START: h}
        for size, up in zip(self.sizes[1:], self.ups, strict=True):
            h = up(h)
            if size in GATED:
                h = h * self.gates[str(size)](seen[size // SMALLER])
            seen[size] = h
        x: Tensor = self.picture(h)
        return x


def doubling(before: int, after: int, size: int, *, deep: bool) -> nn.Sequential:
    """`before` maps doubled to `after` maps of `size` px; a deep one has noise and convolves twice.

    Layer positions match the original, so that files load in the same order.
    """
    layers: list[nn.Module] = [nn.Upsample(scale_factor=2, mode="nearest")]
    for turn, channels in enumerate((before, after) if deep else (before,)):
        layers.append(nn.Conv2d(channels, 2 * after, 3, 1, 1, bias=False))
        if deep:
            layers.append(FixedNoise(size, 1, place=2 * size + turn))
        layers += [nn.BatchNorm2d(2 * after), nn.GLU(dim=1)]
    return nn.Sequential(*layers)


def gate(seen: int, gated: int) -> nn.Sequential:
    """`seen` maps of a small size -> (N, gated, 1, 1), in [0, 1]: factors for `gated` maps."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4),
        nn.Conv2d(seen, gated, 4, bias=False),
        nn.SiLU(),
        nn.Conv2d(gated, gated, 1, bias=False),
        nn.Sigmoid(),
    )
