"""What every generator and every discriminator answers to, whatever its family."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from gan.config import ModelConfig

LEAK = 0.2  # LeakyReLU slope; Radford et al. 2016


class Generator(nn.Module, ABC):
    """z -> w -> x. A family whose mapping is the identity has w = z (and its class embedding)."""

    z_dim: int
    w_dim: int
    classes: int
    image_shape: tuple[int, int, int]

    @abstractmethod
    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) and, where there are classes, their labels -> w (N, w_dim).

        labels: (N,) int64, or class weights (N, classes) float: a mixture is `embed_labels`'s.
        """

    @abstractmethod
    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> x (N, C, H, W) in [-1, 1]."""

    def mean_w(self, count: int, labels: Tensor | None = None) -> Tensor:
        """The point that truncation pulls towards, (count, w_dim): here the image of z = 0."""
        zero = next(self.parameters()).new_zeros(count, self.z_dim)
        return self.mapping(zero, labels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) -> x (N, C, H, W) in [-1, 1]."""
        x: Tensor = self.synthesis(self.mapping(z, labels))
        return x


class Discriminator(nn.Module, ABC):
    """x -> how real it looks."""

    classes: int
    mixes_batch: bool = False  # batch norm: real and fake must pass apart

    @abstractmethod
    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) in [-1, 1] and, where there are classes, labels (N,) -> logits (N,)."""


def embed_labels(table: nn.Embedding, labels: Tensor) -> Tensor:
    """The classes' embedding (N, E) of labels (N,) int64 or of class weights (N, classes) float.

    Weights mix the embeddings: weights @ table, so that a one-hot row is its class.
    """
    if labels.is_floating_point():
        return labels @ table.weight
    embedded: Tensor = table(labels)
    return embedded


class ClassConcat(nn.Module):
    """mapping of an identity family: w = z, followed by the class embedding where there is one."""

    def __init__(self, z_dim: int, classes: int, embed_dim: int) -> None:
        super().__init__()
        self.w_dim = z_dim + (embed_dim if classes else 0)
        self.embed = nn.Embedding(classes, embed_dim) if classes else None

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """z (N, z_dim), labels (N,) or class weights (N, classes) -> w (N, w_dim)."""
        if self.embed is None:
            return z
        assert labels is not None, "a class-conditional generator needs labels"
        return torch.cat([z, embed_labels(self.embed, labels)], dim=1)


class IdentityGenerator(Generator):
    """What families without a mapping network share: w is z, and the class embedding beside it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.z_dim, self.classes = config.z_dim, config.classes
        self.image_shape = (config.channels, config.resolution, config.resolution)
        self.condition = ClassConcat(config.z_dim, config.classes, config.embed_dim)
        self.w_dim = self.condition.w_dim

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        w: Tensor = self.condition(z, labels)
        return w


class ProjectionHead(nn.Module):
    """Features (N, F) -> logits (N,), plus the class projection of Miyato & Koyama 2018."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features) if classes else None

    def forward(self, h: Tensor, labels: Tensor | None) -> Tensor:
        """h (N, F), labels (N,) or class weights (N, classes) -> logits (N,)."""
        logits: Tensor = self.linear(h).squeeze(1)
        if self.embed is None:
            return logits
        assert labels is not None, "a class-conditional discriminator needs labels"
        # scaled so that class and realness start at the same size
        projection: Tensor = (embed_labels(self.embed, labels) * h).sum(dim=1)
        return logits + projection / math.sqrt(h.shape[1])
