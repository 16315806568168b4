"""The textbook DCGAN (Radford et al. 2016), at any width and resolution."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.protocol import LEAK, Discriminator, IdentityGenerator, ProjectionHead

INIT_STD = 0.02  # Radford et al. 2016


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, INIT_STD)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, INIT_STD)


class DcganGenerator(IdentityGenerator):
    """z -> ConvT to 4 to 7 px -> ConvT k4 s2 doublings, BN and ReLU between, tanh last."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = config.g_widths
        base = config.resolution >> len(widths)  # px before the first doubling
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(self.w_dim, widths[0], base, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for before, after in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)
        self.apply(_init)

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.main(w[:, :, None, None])
        return x


class DcganDiscriminator(Discriminator):
    """Conv k4 s2 halvings with BN (not on the first) and LeakyReLU, then one logit."""

    mixes_batch = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.classes = config.classes
        widths = config.d_widths
        layers: list[nn.Module] = [
            nn.Conv2d(config.channels, widths[0], 4, 2, 1, bias=False),
            nn.LeakyReLU(LEAK),
        ]
        for before, after in pairwise(widths):
            layers += [
                nn.Conv2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(LEAK),
            ]
        self.main = nn.Sequential(*layers)
        base = config.resolution >> len(widths)
        self.head = ProjectionHead(widths[-1] * base * base, config.classes)
        self.main.apply(_init)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.main(x).flatten(1), labels)
        return logits
