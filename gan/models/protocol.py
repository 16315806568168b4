"""The interface of every generator and discriminator, whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.config import ModelConfig

LEAK = 0.2  # LeakyReLU slope; Radford et al. 2016


class Cost(NamedTuple):
    """What one picture takes."""

    values: int  # of its widest layer
    flops: float


class Generator(nn.Module, ABC):
    """z -> w -> x. A family whose mapping is the identity has w = z (and its class embedding)."""

    z_dim: int
    w_dim: int
    classes: int
    image_shape: tuple[int, int, int]
    gradients: bool = True  # whether x has a gradient for z, and a form that can be exported
    layered: bool = True  # whether a sample asks each layer once, so that its output tells of it

    def adopt(self, config: ModelConfig) -> None:
        """Take what `config` says of sampling, which needs no other weights."""

    def cost(self) -> Cost | None:
        """What one picture takes, where it is not to be counted by making one."""
        return None

    @abstractmethod
    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) and, if there are classes, their labels -> w (N, w_dim).

        labels: (N,) int64, or class weights (N, classes) float, mixed as in `embed_labels`.
        """

    def repeated(self) -> tuple[Generator, int]:
        """A generator that does once what this one repeats for a picture, and how often it does;
        for counting alone, with the same weights."""
        return self, 1

    @abstractmethod
    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> x (N, C, H, W) in [-1, 1]."""

    def way(self, w: Tensor) -> Iterator[Tensor] | None:
        """x (N, C, H, W) as it comes about, first to last, of a family that makes it in steps."""
        return None

    def mean_w(self, count: int, labels: Tensor | None = None) -> Tensor:
        """The centre of truncation, (count, w_dim): here the image of z = 0."""
        zero = next(self.parameters()).new_zeros(count, self.z_dim)
        return self.mapping(zero, labels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) -> x (N, C, H, W) in [-1, 1]."""
        x: Tensor = self.synthesis(self.mapping(z, labels))
        return x


class Encoder(nn.Module, ABC):
    """x -> what is known of its z: the second network of a family that is not a game."""


class DOutput(NamedTuple):
    """Each critic's outputs: one logit per pack, and optionally class logits."""

    logits: Tensor  # (critics, packs); a pack is one image unless D packs several
    classes: Tensor | None = None  # (critics, images, classes), with an auxiliary classifier


class Discriminator(nn.Module, ABC):
    """x -> realness logits."""

    classes: int
    mixes_batch: bool = False  # batch norm: real and fake must be passed separately
    packing: int = 1  # neighbours that share one logit
    grouping: int = 1  # neighbours that influence one another's logits

    @abstractmethod
    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) in [-1, 1] and, if there are classes, labels (N,) -> logits (N,).

        If D scores packs, each image has its pack's logit; several critics are averaged.
        """

    def outputs(self, x: Tensor, labels: Tensor | None = None) -> DOutput:
        """Like `forward`, per critic and pack: the input of the losses."""
        return DOutput(self(x, labels)[None])


def embed_labels(table: nn.Embedding, labels: Tensor) -> Tensor:
    """The classes' embedding (N, E) of labels (N,) int64 or of class weights (N, classes) float.

    Weights mix the embeddings: weights @ table, so that a one-hot row is its class.
    """
    if labels.is_floating_point():
        return labels @ table.weight
    embedded: Tensor = table(labels)
    return embedded


class ClassConcat(nn.Module):
    """mapping of an identity family: w = z, followed by the class embedding if there is one."""

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
    """For families without a mapping network: w is z, plus the class embedding."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.z_dim, self.classes = config.z_dim, config.classes
        self.image_shape = (config.channels, config.resolution, config.resolution)
        self.condition = ClassConcat(config.z_dim, config.classes, config.embed_dim)
        self.w_dim = self.condition.w_dim

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        w: Tensor = self.condition(z, labels)
        return w
