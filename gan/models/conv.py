"""A small convolutional GAN, 8 to 64 px, that trains in real time on one core.

Few channels, and the work spent at about half the resolution: the Fréchet distance fell faster
per second so than with any wider net (recipe and figures in README).
"""

from __future__ import annotations

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.protocol import LEAK, Discriminator, IdentityGenerator, ProjectionHead


def _bn_relu(layer: nn.Module, channels: int) -> list[nn.Module]:
    return [layer, nn.BatchNorm2d(channels), nn.ReLU()]


class ConvGenerator(IdentityGenerator):
    """w -> linear to 4 to 7 px -> (ConvT k4 s2, conv 3x3) a doubling -> ConvT to the image, tanh.

    g_widths: the first map, then two a doubling (after the ConvT, after the conv).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = config.g_widths
        doublings = (len(widths) + 1) // 2
        base = config.resolution >> doublings
        self.to_map = nn.Linear(self.w_dim, widths[0] * base * base)
        self.map_shape = (widths[0], base, base)
        layers = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for i in range(1, len(widths), 2):
            up, conv = widths[i], widths[i + 1]
            layers += _bn_relu(nn.ConvTranspose2d(widths[i - 1], up, 4, 2, 1, bias=False), up)
            layers += _bn_relu(nn.Conv2d(up, conv, 3, 1, 1, bias=False), conv)
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def synthesis(self, w: Tensor) -> Tensor:
        h = self.to_map(w).unflatten(1, self.map_shape)  # (N, C, base, base)
        x: Tensor = self.main(h)
        return x


class ConvDiscriminator(Discriminator):
    """(Conv k4 s2, conv 3x3) a halving, the last without its 3x3; LeakyReLU, no norm; one logit."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.classes = config.classes
        layers: list[nn.Module] = []
        before = config.channels
        for i, width in enumerate(config.d_widths):
            conv = nn.Conv2d(before, width, 3, 1, 1) if i % 2 else nn.Conv2d(before, width, 4, 2, 1)
            layers += [conv, nn.LeakyReLU(LEAK)]
            before = width
        self.main = nn.Sequential(*layers)
        base = config.resolution >> ((len(config.d_widths) + 1) // 2)
        self.head = ProjectionHead(before * base * base, config.classes)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.main(x).flatten(1), labels)
        return logits
