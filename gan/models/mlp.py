"""The article's fully connected GAN."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.protocol import LEAK, Discriminator, IdentityGenerator, ProjectionHead


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers)


class MlpGenerator(IdentityGenerator):
    """z 100 -> dense 256 -> 512 -> 512 -> the image.

    The article stacks its dense layers without activations, which collapses them into a single
    linear map; LeakyReLU between them and tanh at the end (its data are in [-1, 1]) are added.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.hidden = _dense((self.w_dim, *config.g_widths))
        self.to_image = nn.Linear(config.g_widths[-1], config.channels * config.resolution**2)

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.to_image(self.hidden(w)).tanh()
        return x.view(-1, *self.image_shape)  # (N, C, H, W)


class MlpDiscriminator(Discriminator):
    """The image -> dense 512 -> 512 -> 1, with LeakyReLU where the article forgot it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.classes = config.classes
        self.hidden = _dense((config.channels * config.resolution**2, *config.d_widths))
        self.head = ProjectionHead(config.d_widths[-1], config.classes)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.hidden(x.flatten(1)), labels)
        return logits
