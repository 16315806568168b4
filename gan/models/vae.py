"""A convolutional VAE (Kingma & Welling 2014): the decoder is a generator as a GAN's is.

p(x | z) is a discretised logistic at each pixel, its mean from the decoder and one learnt scale a
channel, so that reconstruction and KL have the unit of an RNN's likelihood and no weight between
them is a guess; `beta` departs from it. The prior is N(0, I), q(z | x) a diagonal normal.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.families import halvings, layers_of
from gan.models.conv import ConvGenerator
from gan.models.logistic import log_mass
from gan.models.protocol import LEAK, Encoder, embed_labels

FIRST_LOG_SCALE = -1.5
MOST_LOG_VARIANCE = 8.0  # of the code; either way


class Code(NamedTuple):
    """q(z | x): a diagonal normal distribution, (N, z_dim) each."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        """z from it, with `noise` (N, z_dim) from N(0, 1); Kingma & Welling 2014, section 2.4."""
        return self.mean + (0.5 * self.log_variance).exp() * noise

    def kl(self) -> Tensor:
        """KL(q || N(0, I)) of each number of z in nats, (N, z_dim); the same, appendix B."""
        return 0.5 * (self.mean.square() + self.log_variance.exp() - 1 - self.log_variance)


class VaeDecoder(ConvGenerator):
    """z -> the mean of p(x | z); the generator of family conv, with the scale of its values."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.log_scale = nn.Parameter(torch.full((config.channels, 1, 1), FIRST_LOG_SCALE))

    def log_likelihood(self, x: Tensor, mean: Tensor) -> Tensor:
        """log p(x | z) in nats a picture, (N,); x and the decoder's mean (N, C, H, W)."""
        return log_mass(x, mean, self.log_scale).sum(dim=(1, 2, 3))


class VaeEncoder(Encoder):
    """(Conv k4 s2, convs 3x3) per halving, BN and LeakyReLU -> q(z | x), with the class beside."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        stages = halvings(config.resolution)
        per_stage = 1 + layers_of("conv", config.resolution, config.d_widths)
        layers: list[nn.Module] = []
        before = config.channels
        for i, width in enumerate(config.d_widths):
            halves = stages and i % per_stage == 0
            shape = (4, 2, 1) if halves else (3, 1, 1)
            layers += [nn.Conv2d(before, width, *shape, bias=False), nn.BatchNorm2d(width)]
            layers.append(nn.LeakyReLU(LEAK))
            before = width
        self.main = nn.Sequential(*layers)
        self.embed = nn.Embedding(config.classes, config.embed_dim) if config.classes else None
        base = config.resolution >> stages
        features = before * base * base + (config.embed_dim if config.classes else 0)
        self.head = nn.Linear(features, 2 * config.z_dim)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Code:
        """x (N, C, H, W) in [-1, 1], labels (N,) -> q(z | x)."""
        h = self.main(x).flatten(1)
        if self.embed is not None:
            assert labels is not None, "a class-conditional encoder needs labels"
            h = torch.cat([h, embed_labels(self.embed, labels)], dim=1)
        mean, log_variance = self.head(h).float().chunk(2, dim=1)
        return Code(mean, log_variance.clamp(-MOST_LOG_VARIANCE, MOST_LOG_VARIANCE))
