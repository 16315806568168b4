"""Networks for points of the plane: an image of two channels and one pixel, x and y in [-1, 1]."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import LEAK, IdentityGenerator

OCTAVES = 3  # of D's sines: periods of 2, 1 and 0.5


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
    """(x, y) with its sines and cosines -> hidden layers -> logit.

    A small network learns slopes as steep as between a Gaussian of standard deviation 0.01 and the
    empty plane around it only slowly from coordinates alone (Tancik et al. 2020): with three
    octaves the grid's samples were three times as often of high quality after 1,500 steps.
    """

    frequencies: Tensor

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        # on the CPU even where only shapes are built: on meta tensors torch loads its compiler
        octaves = math.pi * 2.0 ** torch.arange(OCTAVES, device="cpu")
        self.register_buffer("frequencies", octaves, persistent=False)
        self.hidden = _hidden(
            (self.in_channels * (1 + 2 * OCTAVES), *shape.widths), nn.LeakyReLU(LEAK)
        )
        self.head = self.head_for(shape.widths[-1], shape)

    def features(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        waves = (x.unsqueeze(2) * self.frequencies).flatten(1)
        h: Tensor = self.hidden(torch.cat([x, waves.sin(), waves.cos()], dim=1))
        return h
