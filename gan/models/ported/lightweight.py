"""lightweight-gan (lucidrains), from 0.20 to 1.2: FastGAN's idea with attention and other gates.

Tensors have the names that they have in its files. The original paints in [0, 1] and cuts off
there; here that is [-1, 1]. What only its training needs (the decoders of D) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.config import PortedConfig
from gan.errors import ConfigError
from gan.models.ported.attention import Attended
from gan.models.ported.parts import Blur, FixedNoise, PortedGenerator, check_cost, check_widths
from gan.models.protocol import Discriminator, DOutput

START = 4  # px of the first maps
GATES = (8, 16, 32, 64)  # px that layers double, whose result weighs the maps three layers later
GATED_LATER = 3
LEAK = 0.1
SMALL = 32  # px of the input of D's second head
LAST = 8  # px of D's last maps
MAX_ATTENDED = 128  # px; beyond this, neighbourhood attention takes gigabytes


class LightweightGenerator(PortedGenerator):
    """z -> 4 px, of length 1 -> doublings with attention and gates -> the picture.

    g_widths: maps at 8 px, at 16 px, ... at the picture's own size.
    """

    def __init__(self, config: PortedConfig) -> None:
        check_widths(config, smallest=2 * START, given=config.z_dim)
        super().__init__(config.z_dim, (config.channels, config.resolution, config.resolution))
        if max(config.attention, default=0) > MAX_ATTENDED:
            raise ConfigError(
                "attention may be at most at {max_attended} px, got {got} px; choose another model",
                max_attended=MAX_ATTENDED,
                got=max(config.attention),
            )
        z_dim, widths = config.z_dim, config.g_widths
        start = nn.ConvTranspose2d(z_dim, 2 * z_dim, START)
        self.initial_conv = nn.Sequential(start, nn.BatchNorm2d(2 * z_dim), nn.GLU(dim=1))
        self.layers = nn.ModuleList()
        for i, (before, after) in enumerate(pairwise((z_dim, *widths))):
            size, later = START << i, i + GATED_LATER
            gated = widths[later] if size in GATES and later < len(widths) else 0
            self.layers.append(Doubling(config, before, after, size=size, gated=gated))
        self.out_conv = nn.Conv2d(widths[-1], config.channels, 3, padding=1)

    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, z_dim) -> x (N, C, H, W) in [-1, 1]."""
        h: Tensor = F.normalize(self.initial_conv(w[:, :, None, None]), dim=1)
        weights: dict[int, Tensor] = {}
        for i, layer in enumerate(cast(Iterable[Doubling], self.layers)):
            h = layer(h)
            if layer.gate is not None:
                weights[i + GATED_LATER] = layer.gate(h)
            if i in weights:
                h = h * weights[i]
        x: Tensor = self.out_conv(h)
        return 2 * x.clamp(0, 1) - 1


class Doubling(nn.Module):
    """Optional attention, upsampling, and optionally a gate for a later layer."""

    gate: nn.Module | None

    def __init__(
        self, config: PortedConfig, before: int, after: int, *, size: int, gated: int
    ) -> None:
        """Doubles `before` maps of `size` px to `after` maps; `gated`: maps that it weighs."""
        super().__init__()
        self.up = _up(config, before, after, 2 * size)
        self.attention = (
            Attended(before, config.edition) if size in config.attention else nn.Identity()
        )
        self.gate = None
        if gated:
            frequency = config.excitation == "frequency"
            self.gate = (
                FrequencyGate(after, gated, 2 * size) if frequency else ContextGate(after, gated)
            )

    def forward(self, x: Tensor) -> Tensor:
        """x (N, before, size, size) -> (N, after, 2 size, 2 size)."""
        h: Tensor = self.up(self.attention(x))
        return h


def _up(config: PortedConfig, before: int, after: int, size: int) -> nn.Sequential:
    """Upsample, blur, convolve: differs between editions of the package."""
    inner = after if config.edition == "1.0" else before
    blur = _blur(config, inner)
    if config.edition == "0.20":
        conv = nn.Conv2d(before, 2 * after, 3, padding=1)
        return nn.Sequential(
            nn.Upsample(scale_factor=2), blur, conv, nn.BatchNorm2d(2 * after), nn.GLU(dim=1)
        )
    doubled: nn.Module = nn.Upsample(scale_factor=2)
    if config.edition != "0.23":
        doubled = Shuffle(before, inner)
    same = nn.Sequential(nn.ZeroPad2d((2, 1, 2, 1)), nn.Conv2d(inner, 2 * after, 4))
    noise = FixedNoise(size, 1, place=size)
    return nn.Sequential(doubled, blur, same, noise, nn.BatchNorm2d(2 * after), nn.GLU(dim=1))


class Shuffle(nn.Module):
    """Pixel shuffle: four maps become one of twice the size."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(before, 4 * after, 1), nn.SiLU(), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, before, H, W) -> (N, after, 2 H, 2 W)."""
        h: Tensor = self.net(x)
        return h


def _weigher(seen: int, gated: int, between: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(seen, between, 1), nn.LeakyReLU(LEAK), nn.Conv2d(between, gated, 1), nn.Sigmoid()
    )


class ContextGate(nn.Module):
    """Attention-pooled maps -> channel factors; Cao et al. 2020 (GCNet)."""

    def __init__(self, seen: int, gated: int) -> None:
        super().__init__()
        self.to_k = nn.Conv2d(seen, 1, 1)
        self.net = _weigher(seen, gated, max(3, gated // 2))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, seen, H, W) -> (N, gated, 1, 1)."""
        look = self.to_k(x).flatten(2).softmax(dim=-1)  # (N, 1, H W)
        summed = x.flatten(2) @ look.transpose(1, 2)  # (N, seen, 1)
        weights: Tensor = self.net(summed[..., None])
        return weights


class FrequencyGate(nn.Module):
    """Cosine-weighted pooling of maps -> channel factors; Qin et al. 2021 (FcaNet)."""

    dct_weights: Tensor

    def __init__(self, seen: int, gated: int, size: int) -> None:
        super().__init__()
        self.register_buffer("dct_weights", torch.zeros(1, seen, size, size))  # its file has them
        self.net = _weigher(seen, gated, max(3, gated // 4))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, seen, H, W) -> (N, gated, 1, 1)."""
        weights: Tensor = self.net((x * self.dct_weights).sum(dim=(2, 3), keepdim=True))
        return weights


class LightweightDiscriminator(Discriminator):
    """Two critics: of the picture (by 5 x 5 places, or as a whole), and of its 32 px version.

    It was trained to give the real less than the fake (its hinge loss is the usual one, negated),
    so that here a logit is negated. One trained with the package's dual contrastive loss, which
    its files do not tell, is so far the other way round.
    d_widths: the picture's channels or, over 256 px, the maps at 256 px; then a halving's each.
    """

    def __init__(self, config: PortedConfig) -> None:
        super().__init__()
        self.classes = 0
        widths, channels = config.d_widths, config.channels
        side = LAST << (len(widths) - 1)  # px of what the first residual layer gets
        outs = _outs_before(config, side)
        check_cost(widths, [side >> i for i in range(len(widths) - 1)])
        self.non_residual_layers = nn.ModuleList(
            nn.Sequential(
                _blur(config, channels), nn.Conv2d(channels, out, 4, 2, 1), nn.LeakyReLU(LEAK)
            )
            for out in outs
        )
        self.residual_layers = nn.ModuleList(
            Halving(config, a, b, size=side >> i) for i, (a, b) in enumerate(pairwise(widths))
        )
        self.to_logits = _to_logits(config, widths[-1])
        self.to_shape_disc_out = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1),
            Attended(64, config.edition),
            _branches(config, 64, 32),
            Attended(32, config.edition),
            nn.AdaptiveAvgPool2d((4, 4)),
            nn.Conv2d(32, 1, 4),
        )

    def outputs(self, x: Tensor, labels: Tensor | None = None) -> DOutput:
        """One row for the picture's mean over positions, one for its 32 px version."""
        seen = h = (x + 1) / 2
        for layer in [*self.non_residual_layers, *self.residual_layers]:
            h = layer(h)
        places = self.to_logits(h).flatten(1)  # (N, 25) or (N, 1)
        small = self.to_shape_disc_out(F.interpolate(seen, size=(SMALL, SMALL))).flatten()
        return DOutput(-torch.stack([places.mean(1), small]))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) in [-1, 1] -> logits (N,), the mean of both critics."""
        return self.outputs(x).logits.mean(0)


def _outs_before(config: PortedConfig, side: int) -> list[int]:
    """Maps that each layer gives that halves the picture to `side` px; there may be none."""
    count = (config.resolution // side).bit_length() - 1
    fits = count >= 0 and config.resolution == side << count and side > LAST
    if not fits or (count == 0 and config.d_widths[0] != config.channels):
        raise ConfigError(
            "{field} must have one number for each size from {last} px to at most {resolution} "
            "px, got {got}; check that config.json is whole",
            field="d_widths",
            last=LAST,
            resolution=config.resolution,
            got=len(config.d_widths),
        )
    return [config.channels] * (count - 1) + [config.d_widths[0]] if count else []


def lightweight_discriminator(config: PortedConfig) -> Discriminator | None:
    """The discriminator, if the model came with one."""
    return LightweightDiscriminator(config) if config.d_widths else None


class Halving(nn.Module):
    """Optional attention, then downsampling by two."""

    def __init__(self, config: PortedConfig, before: int, after: int, *, size: int) -> None:
        super().__init__()
        self.net = _branches(config, before, after)
        self.attention = (
            Attended(before, config.edition) if size in config.attention else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """x (N, before, size, size) -> (N, after, size / 2, size / 2)."""
        h: Tensor = self.net(self.attention(x))
        return h


class Summed(nn.Module):
    """The sum of several branches' outputs."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Any shape that the branches take and agree on."""
        return torch.stack([branch(x) for branch in self.branches]).sum(0)


def _branches(config: PortedConfig, before: int, after: int) -> Summed:
    half: nn.Module = nn.Conv2d(before, after, 4, 2, 1)
    if config.edition == "1.2":
        half = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * before, after, 1))
    return Summed(
        nn.Sequential(
            _blur(config, before), half, nn.LeakyReLU(LEAK),
            nn.Conv2d(after, after, 3, padding=1), nn.LeakyReLU(LEAK),
        ),
        nn.Sequential(
            _blur(config, before), nn.AvgPool2d(2),
            nn.Conv2d(before, after, 1), nn.LeakyReLU(LEAK),
        ),
    )  # fmt: skip


def _blur(config: PortedConfig, channels: int) -> nn.Module:
    return Blur(channels, "mirrored") if config.blur else nn.Identity()


def _to_logits(config: PortedConfig, width: int) -> nn.Sequential:
    last = nn.Conv2d(width, 1, 4)
    if config.d_places > 1:
        return nn.Sequential(nn.Conv2d(width, width, 1), nn.LeakyReLU(LEAK), last)
    half = nn.Conv2d(width, width, 3, 2, 1)
    return nn.Sequential(_blur(config, width), half, nn.LeakyReLU(LEAK), last)
