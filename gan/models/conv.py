"""A small convolutional GAN, 8 to 128 px, that trains in real time on one core.

Few channels, and most work at about half the resolution: the Fréchet distance fell faster per
second than with any wider network (recipe and figures in README).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan.config import ModelConfig
from gan.families import halvings, layers_of, odd_pixels
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator

# Part of the network: weights trained with it need it. Measured, see benchmarks/RESULTS.md.
MODULATION_RATE = 4.0


class Modulation(nn.Module):
    """Scales and shifts each map by numbers that w asks for; at first it changes nothing.

    Self-modulation (Chen et al. 2019), linear in w, and conditional batch norm (Dumoulin et al.
    2017) for the class in w: so every layer meets noise and class, not only the first one. Its
    weights count MODULATION_RATE times, so that they learn as many times faster: a step of Adam has
    the size of the rate whatever the gradient's (as the mapping network of Karras et al. 2019,
    where it is slower).
    """

    def __init__(self, maps: int, w_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2 * maps, w_dim))  # a leaf: no layer of its own

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x (N, maps, H, W), w (N, w_dim) -> (N, maps, H, W)."""
        asked = F.linear(w, self.weight) * MODULATION_RATE
        scale, shift = asked[:, :, None, None].chunk(2, dim=1)
        return torch.addcmul(shift, x, 1 + scale)


class ConvGenerator(IdentityGenerator):
    """w -> linear to 4 to 7 px -> (ConvT k4 s2, convs 3x3) per doubling -> ConvT to image, tanh.

    g_widths: the first map, then those of each doubling: after the ConvT, after each conv (one).
    With `modulation` w also scales and shifts the maps of each layer but the last.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = config.g_widths
        per_stage = 1 + layers_of("conv", config.resolution, widths)
        base = config.resolution >> halvings(config.resolution)
        self.to_map = nn.Linear(self.w_dim, widths[0] * base * base)
        self.map_shape = (widths[0], base, base)
        *odd, last_odd = odd_pixels(config.resolution)
        layers = self._norm(config, widths[0])
        for i, (before, after) in enumerate(pairwise(widths)):
            layer = (
                nn.Conv2d(before, after, 3, 1, 1, bias=False)
                if i % per_stage
                else nn.ConvTranspose2d(before, after, 4, 2, 1, odd[i // per_stage], bias=False)
            )
            layers += [layer, *self._norm(config, after)]
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1, last_odd), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def _norm(self, config: ModelConfig, maps: int) -> list[nn.Module]:
        modulation = [Modulation(maps, self.w_dim)] if config.modulation else []
        return [nn.BatchNorm2d(maps), *modulation, nn.ReLU()]

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.to_map(w).unflatten(1, self.map_shape)  # (N, C, base, base)
        for layer in self.main:
            x = layer(x, w) if isinstance(layer, Modulation) else layer(x)
        return x


class ConvDiscriminator(Critic):
    """(Conv k4 s2, convs 3x3) per halving, none after the last; LeakyReLU, no norm; one logit.

    An image under 8 px, as in multi-scale training, is not halved.
    """

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        stages = halvings(shape.resolution)
        per_stage = 1 + layers_of("conv", shape.resolution, shape.widths)
        layers: list[nn.Module] = []
        before = self.in_channels
        for i, width in enumerate(shape.widths):
            halves = stages and i % per_stage == 0
            conv = (
                nn.Conv2d(before, width, 4, 2, 1) if halves else nn.Conv2d(before, width, 3, 1, 1)
            )
            layers += [conv, nn.LeakyReLU(LEAK)]
            before = width
        self.main = nn.Sequential(*layers)
        base = shape.resolution >> stages
        self.head = self.head_for(before * base * base, shape)

    def features(self, x: Tensor) -> Tensor:
        h: Tensor = self.main(x).flatten(1)
        return h
