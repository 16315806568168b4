"""Networks for points of the plane: an image of two channels and one pixel, x and y in [-1, 1]."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator


def _hidden(widths: tuple[int, ...], activation: nn.Module) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), activation]
    return nn.Sequential(*layers)


class PointsGenerator(IdentityGenerator):
    """z -> hidden layers -> (x, y)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.hidden = _hidden((self.w_dim, *config.g_widths), nn.ReLU())
        self.to_point = nn.Linear(config.g_widths[-1], config.channels)

    def synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self.to_point(self.hidden(w))
        return x.view(-1, *self.image_shape)  # (N, 2, 1, 1)


class PointsDiscriminator(Critic):
    """(x, y) -> hidden layers -> logit."""

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        self.hidden = _hidden((self.in_channels, *shape.widths), nn.LeakyReLU(LEAK))
        self.head = self.head_for(shape.widths[-1], shape)

    def features(self, x: Tensor) -> Tensor:
        h: Tensor = self.hidden(x.flatten(1))
        return h
