"""StyleGAN, the first, as genforce keeps it: z -> w, and w sets scale and shift of every layer.

Karras et al. 2019. The learning-rate multipliers of its layers are folded into the weights when a
file is read (gan.hub.layouts.stylegan), so that these are plain layers.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from gan.config import PortedConfig
from gan.models.ported.parts import Blur, FixedNoise, check_widths
from gan.models.protocol import LEAK, Generator

START = 4  # px of the first, constant maps
FUSED_FROM = 128  # px: where `fused` is "auto", from here on doubling is part of the convolution
EPS = 1e-8


class StyleganGenerator(Generator):
    """z -> w -> a constant, two styled layers a size -> the picture, cut off at -1 and 1.

    g_widths: maps at 4 px, at 8 px, ... at the picture's own size.
    """

    mean: Tensor

    def __init__(self, config: PortedConfig) -> None:
        check_widths(config, smallest=START, given=1)
        super().__init__()
        self.z_dim, self.w_dim, self.classes = config.z_dim, config.w_dim, 0
        self.image_shape = (config.channels, config.resolution, config.resolution)
        self.to_w = _mapping(config)
        self.register_buffer("mean", torch.zeros(config.w_dim))
        self.layers = nn.ModuleList(_layers(config))
        self.picture = nn.Conv2d(config.g_widths[-1], config.channels, 1)

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim), made of length sqrt(z_dim) first, -> w (N, w_dim)."""
        w: Tensor = self.to_w(z / (z.square().mean(1, keepdim=True) + EPS).sqrt())
        return w

    def mean_w(self, count: int, labels: Tensor | None = None) -> Tensor:
        """The mean of w over training, (count, w_dim)."""
        return self.mean[None].repeat(count, 1)

    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> x (N, C, H, W) in [-1, 1]."""
        h = w
        for layer in self.layers:
            h = layer(h, w)
        x: Tensor = self.picture(h)
        return x.clamp(-1, 1)


def _mapping(config: PortedConfig) -> nn.Sequential:
    widths = [config.z_dim] + [config.mapping_width] * (config.mapping_layers - 1) + [config.w_dim]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers)


def _layers(config: PortedConfig) -> list[nn.Module]:
    layers: list[nn.Module] = []
    before = config.g_widths[0]
    for i, width in enumerate(config.g_widths):
        size = START << i
        opens = up(before, width, fused=is_fused(config, size)) if i else Constant(width)
        conv = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        layers += [
            Styled(opens, width, size, config.w_dim, place=2 * i),
            Styled(conv, width, size, config.w_dim, place=2 * i + 1),
        ]
        before = width
    return layers


def is_fused(config: PortedConfig, size: int) -> bool:
    """Whether the layer that doubles to `size` px does so within its convolution."""
    return config.fused == "always" or (config.fused == "auto" and size >= FUSED_FROM)


def up(before: int, after: int, *, fused: bool) -> nn.Sequential:
    """Twice the size, and blurred. Fused it is a transposed convolution."""
    if fused:
        return nn.Sequential(
            nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), Blur(after, "zero")
        )
    conv = nn.Conv2d(before, after, 3, 1, 1, bias=False)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), conv, Blur(after, "zero"))


class Constant(nn.Module):
    """The learned constant input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.ones(1, width, START, START))

    def forward(self, w: Tensor) -> Tensor:
        """w (N, w_dim), of which only N counts -> (N, width, 4, 4)."""
        return self.maps.repeat(w.shape[0], 1, 1, 1)


class MapNorm(nn.Module):
    """Each map by itself: mean 0, variance 1. torch's own instance norm is not exported to ONNX."""

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W), the same shape after."""
        centred = x - x.mean(dim=(2, 3), keepdim=True)
        return centred / (centred.square().mean(dim=(2, 3), keepdim=True) + EPS).sqrt()


class Modulate(nn.Module):
    """Scales and shifts each map."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """x (N, C, H, W), style (N, 2 C): what is added to scales of 1, then the shifts."""
        scale, shift = style[:, :, None, None].chunk(2, dim=1)
        return x * (scale + 1) + shift


class Styled(nn.Module):
    """Produces maps, then adds noise and bias, LeakyReLU, and w's scale and shift per map."""

    def __init__(self, makes: nn.Module, width: int, size: int, w_dim: int, *, place: int) -> None:
        super().__init__()
        self.style = nn.Linear(w_dim, 2 * width)
        self.makes = makes
        self.noise = FixedNoise(size, width, place=place)
        self.bias = nn.Parameter(torch.zeros(width))
        self.act = nn.LeakyReLU(LEAK)
        self.norm = MapNorm()
        self.modulate = Modulate()

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x (N, C', H', W') or, for the constant, w itself -> (N, width, size, size)."""
        style = self.style(w)  # before the maps: what comes last of a layer is its maps
        h = self.noise(self.makes(x)) + self.bias[:, None, None]
        styled: Tensor = self.modulate(self.norm(self.act(h)), style)
        return styled


def fused_weight(weight: Tensor) -> Tensor:
    """A 3x3 weight (out, in, 3, 3) as that of the transposed convolution, (in, out, 4, 4)."""
    padded = nn.functional.pad(weight, (1, 1, 1, 1))
    summed = (
        padded[..., 1:, 1:] + padded[..., :-1, 1:] + padded[..., 1:, :-1] + padded[..., :-1, :-1]
    )
    return summed.transpose(0, 1).contiguous()
