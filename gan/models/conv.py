"""A small convolutional GAN, 8 to 128 px, that trains in real time on one core.

Few channels, and most work at about half the resolution: the Fréchet distance fell faster per
second than with any wider network (recipe and figures in README).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.families import halvings, layers_of, odd_pixels
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator


def _bn_relu(layer: nn.Module, channels: int) -> list[nn.Module]:
    return [layer, nn.BatchNorm2d(channels), nn.ReLU()]


class ConvGenerator(IdentityGenerator):
    """w -> linear to 4 to 7 px -> (ConvT k4 s2, convs 3x3) per doubling -> ConvT to image, tanh.

    g_widths: the first map, then those of each doubling: after the ConvT, after each conv (one).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = config.g_widths
        per_stage = 1 + layers_of("conv", config.resolution, widths)
        base = config.resolution >> halvings(config.resolution)
        self.to_map = nn.Linear(self.w_dim, widths[0] * base * base)
        self.map_shape = (widths[0], base, base)
        *odd, last_odd = odd_pixels(config.resolution)
        layers = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for i, (before, after) in enumerate(pairwise(widths)):
            layer = (
                nn.Conv2d(before, after, 3, 1, 1, bias=False)
                if i % per_stage
                else nn.ConvTranspose2d(before, after, 4, 2, 1, odd[i // per_stage], bias=False)
            )
            layers += _bn_relu(layer, after)
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1, last_odd), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def synthesis(self, w: Tensor) -> Tensor:
        h = self.to_map(w).unflatten(1, self.map_shape)  # (N, C, base, base)
        x: Tensor = self.main(h)
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
