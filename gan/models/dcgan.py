"""The textbook DCGAN (Radford et al. 2016), at any width and resolution."""

from __future__ import annotations

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.families import halvings, layers_of, odd_pixels
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator

INIT_STD = 0.02  # Radford et al. 2016


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, INIT_STD)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, INIT_STD)


class DcganGenerator(IdentityGenerator):
    """z -> ConvT to 4 to 7 px -> ConvT k4 s2 doublings, BN and ReLU between, tanh last.

    A deeper one has 3x3 convs after each; g_widths then includes them.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = config.g_widths
        per_stage = 1 + layers_of("dcgan", config.resolution, widths)
        base = config.resolution >> halvings(config.resolution)
        *odd, last_odd = odd_pixels(config.resolution)
        layers: list[nn.Module] = []
        before = self.w_dim
        for i, width in enumerate(widths):
            if i % per_stage:
                layer: nn.Module = nn.Conv2d(before, width, 3, 1, 1, bias=False)
            elif i:
                layer = nn.ConvTranspose2d(
                    before, width, 4, 2, 1, odd[i // per_stage - 1], bias=False
                )
            else:
                layer = nn.ConvTranspose2d(before, width, base, bias=False)
            layers += [layer, nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        last = nn.ConvTranspose2d(before, config.channels, 4, 2, 1, last_odd, bias=False)
        layers += [last, nn.Tanh()]
        self.main = nn.Sequential(*layers)
        self.apply(_init)

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.main(w[:, :, None, None])
        return x


class DcganDiscriminator(Critic):
    """Conv k4 s2 halvings with BN (not on the first) and LeakyReLU, then one logit."""

    mixes_batch = True

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        stages = halvings(shape.resolution)
        per_stage = 1 + layers_of("dcgan", shape.resolution, shape.widths)
        layers: list[nn.Module] = []
        before = self.in_channels
        for i, width in enumerate(shape.widths):
            kernel, stride = (4, 2) if stages and i % per_stage == 0 else (3, 1)
            layers.append(nn.Conv2d(before, width, kernel, stride, 1, bias=False))
            if i:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(LEAK))
            before = width
        self.main = nn.Sequential(*layers)
        base = shape.resolution >> stages
        self.head = self.head_for(before * base * base, shape)
        self.main.apply(_init)

    def features(self, x: Tensor) -> Tensor:
        h: Tensor = self.main(x).flatten(1)
        return h
