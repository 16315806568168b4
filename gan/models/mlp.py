"""The article's fully connected GAN."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers)


class MlpGenerator(IdentityGenerator):
    """z 100 -> dense 256 -> 512 -> 512 -> the image.

    The article stacks its dense layers without activations, which collapses them into a single
    linear map; we add LeakyReLU between them and tanh at the end (its data are in [-1, 1]).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.hidden = _dense((self.w_dim, *config.g_widths))
        self.to_image = nn.Linear(config.g_widths[-1], config.channels * config.resolution**2)

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.to_image(self.hidden(w)).tanh()
        return x.view(-1, *self.image_shape)  # (N, C, H, W)


class MlpDiscriminator(Critic):
    """The image -> dense 512 -> 512 -> 1, with LeakyReLU where the article omits it."""

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        self.hidden = _dense((self.in_channels * shape.resolution**2, *shape.widths))
        self.head = self.head_for(shape.widths[-1], shape)

    def features(self, x: Tensor) -> Tensor:
        h: Tensor = self.hidden(x.flatten(1))
        return h
