"""Layers shared by several third-party architectures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.config import PortedConfig
from gan.errors import ConfigError
from gan.models.ported.chain import MAX_UNITS, MAX_WORK
from gan.models.protocol import Generator

NOISE_SEED = 0x9015E  # any constant
TAPS = (1.0, 2.0, 1.0)


def check_widths(config: PortedConfig, *, smallest: int, given: int) -> None:
    """Raises ConfigError unless g_widths has one number a size, from `smallest` px on, doubling.

    given: maps that the first of them is made from. Nor may a picture be too much work.
    """
    if not config.g_widths or config.resolution != smallest << (len(config.g_widths) - 1):
        raise ConfigError(
            "{field} must have one number for each size from {smallest} px to {resolution} px, "
            "got {got}; check that config.json is whole",
            field="g_widths",
            smallest=smallest,
            resolution=config.resolution,
            got=len(config.g_widths),
        )
    check_cost((given, *config.g_widths), [smallest << i for i in range(len(config.g_widths))])


def check_cost(widths: Sequence[int], sizes: Sequence[int]) -> None:
    """Raises ConfigError where maps of these numbers and sizes (px) hold or cost too much.

    widths: one more than sizes; the layers at sizes[i] turn widths[i] maps into widths[i + 1], by
    two convolutions of 4x4 at most, that give twice as many.
    """
    steps = [(a, b, size * size) for (a, b), size in zip(pairwise(widths), sizes, strict=True)]
    values = [max(before, 2 * after) * area for before, after, area in steps]
    work = sum(32 * before * after * area for before, after, area in steps)
    if max(values) > MAX_UNITS or sum(values) > 2 * MAX_UNITS or work > MAX_WORK:
        raise ConfigError(
            "a picture may take {max_units} values a layer, twice that in all sizes, and about "
            "{max_work} multiplications, these widths take {values}, {all_values} and {work}; use "
            "a smaller model",
            max_units=f"{MAX_UNITS:,}",
            max_work=f"{MAX_WORK:,}",
            values=f"{max(values):,}",
            all_values=f"{sum(values):,}",
            work=f"{work:,}",
        )


class FixedNoise(nn.Module):
    """Noise on every map, by a learned strength: one picture of noise, the same for every image.

    The originals that draw it anew for each image would make another picture of the same z each
    time. Leaving it out would hand the next batch norm maps of less variance than it was trained
    with, so one draw is kept, as StyleGAN's own releases do. It is saved with the weights.
    """

    noise: Tensor

    def __init__(self, size: int, channels: int, *, place: int) -> None:
        """channels: 1 where one strength serves all maps. place: layers differ in their noise."""
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.register_buffer("noise", fixed_noise(size, place))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, size, size)."""
        return x + self.noise * self.weight[:, None, None]


def fixed_noise(size: int, place: int) -> Tensor:
    """(1, 1, size, size) from N(0, 1); the same for the same arguments."""
    noise = torch.empty(1, 1, size, size)
    if noise.is_meta:
        return noise
    return noise.normal_(generator=torch.Generator().manual_seed(NOISE_SEED + place))


class Blur(nn.Module):
    """Each map through [1, 2, 1] both ways; what lies beyond the border is zero, or mirrored."""

    kernel: Tensor

    def __init__(self, channels: int, beyond: Literal["zero", "mirrored"]) -> None:
        super().__init__()
        self.channels, self.mirrored = channels, beyond == "mirrored"
        taps = torch.tensor(TAPS) / sum(TAPS)
        kernel = torch.outer(taps, taps).repeat(channels, 1, 1, 1)
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, channels, H, W), the same size after."""
        if self.mirrored:
            padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
            return F.conv2d(padded, self.kernel, groups=self.channels)
        return F.conv2d(x, self.kernel, padding=1, groups=self.channels)


class PortedGenerator(Generator):
    """A third-party generator without a mapping network: w is z."""

    def __init__(self, z_dim: int, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.z_dim = self.w_dim = z_dim
        self.classes = 0
        self.image_shape = image_shape

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """w is z."""
        return z
