"""A single critic: a family's network at one resolution, with a head for logits and optional
classes."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.config import ClassHead
from gan.models.protocol import Discriminator, DOutput, embed_labels

GROUP = 4  # images per group for the standard deviation; Karras et al. 2020 (StyleGAN2)


class CriticShape(NamedTuple):
    """What a family needs to build one critic."""

    channels: int
    resolution: int
    widths: tuple[int, ...]
    classes: int = 0
    packing: int = 1
    minibatch_std: bool = False
    aux_classes: bool = False
    class_head: ClassHead = "scaled"


class Critic(Discriminator):
    """A family's feature extractor (one vector per pack) and the head on top of it."""

    def __init__(self, shape: CriticShape) -> None:
        super().__init__()
        self.classes, self.packing = shape.classes, shape.packing
        self.in_channels = shape.channels * shape.packing
        self.grouping = shape.packing * (GROUP if shape.minibatch_std else 1)

    head: Head

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """x (packs, packing * C, H, W) -> h (packs, F)."""

    def head_for(self, features: int, shape: CriticShape) -> Head:
        """The head for `features` inputs; built last, so that weights are initialised in a fixed
        order."""
        return Head(
            features,
            shape.classes,
            packing=shape.packing,
            minibatch_std=shape.minibatch_std,
            aux_classes=shape.aux_classes,
            class_head=shape.class_head,
        )

    def outputs(self, x: Tensor, labels: Tensor | None = None) -> DOutput:
        """One row of logits, one per pack."""
        count, m = len(x), self.packing
        if m > 1:
            x, labels = pack(x, m), None if labels is None else pack_labels(labels, m)
        logits, classes = self.head(self.features(x), labels)
        if classes is not None:
            classes = classes.unflatten(1, (m, self.classes)).flatten(0, 1)[None, :count]
        return DOutput(logits[None], classes)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) -> logits (N,); each image has the logit of its pack."""
        logits = self.outputs(x, labels).logits[0]
        return logits if self.packing == 1 else spread(logits, len(x), self.packing)


def pack(x: Tensor, size: int) -> Tensor:
    """x (N, C, H, W) -> (ceil(N / size), size * C, H, W): packs of neighbours; Lin et al. 2018.

    If N is not divisible, the last pack is filled up with the first images.
    """
    packed: Tensor = _filled(x, size).unflatten(0, (-1, size)).flatten(1, 2)
    return packed


def pack_labels(labels: Tensor, size: int) -> Tensor:
    """labels (N, ...) -> (ceil(N / size), size, ...), as `pack` does."""
    packed: Tensor = _filled(labels, size).unflatten(0, (-1, size))
    return packed


def _filled(x: Tensor, size: int) -> Tensor:
    count = len(x)
    if count % size == 0:
        return x
    index = torch.arange(-(-count // size) * size, device=x.device) % count
    return x[index]


def spread(logits: Tensor, count: int, size: int) -> Tensor:
    """Logits of packs (..., P) -> of `count` images (..., N)."""
    repeated: Tensor = logits.repeat_interleave(size, dim=-1)[..., :count]
    return repeated


def minibatch_std(h: Tensor) -> Tensor:
    """h (N, F) -> (N, 1): how much the features of a group of four differ, averaged over them.

    Karras et al. 2018, section 3. Groups are neighbours; of a count that four does not divide,
    groups of three or of two are made.
    """
    group = next(g for g in range(min(GROUP, len(h)), 0, -1) if len(h) % g == 0)
    y = h.float().unflatten(0, (-1, group))  # (M, G, F)
    std = (y.var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=1)  # (M,)
    column: Tensor = std.repeat_interleave(group)[:, None].to(h.dtype)
    return column


class Head(nn.Module):
    """Features (P, F) -> logits (P,), plus the class projection of Miyato & Koyama 2018.

    Optionally the minibatch standard deviation as an extra feature, and an auxiliary classifier
    (Odena et al. 2017). In a pack each position has its own class embeddings.

    class_head: either way the projection starts as large as the logit. "scaled" draws its
    embeddings from N(0, 1) and divides by the root of the features; as a step of Adam has the size
    of the rate whatever the gradient's, they then learn that many times too slowly. "plain" draws
    them as small and divides by nothing.
    """

    def __init__(
        self,
        features: int,
        classes: int,
        *,
        packing: int = 1,
        minibatch_std: bool = False,
        aux_classes: bool = False,
        class_head: ClassHead = "scaled",
    ) -> None:
        super().__init__()
        self.classes, self.packing = classes, packing
        root = math.sqrt(features * packing)
        self.class_root = root if class_head == "scaled" else 1.0
        self.linear = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes * packing, features) if classes else None
        if self.embed is not None and class_head == "plain":
            with torch.no_grad():
                self.embed.weight.div_(root)
        self.spread = nn.Linear(1, 1, bias=False) if minibatch_std else None
        self.aux = nn.Linear(features, classes * packing) if aux_classes else None

    def forward(self, h: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """h (P, F), labels of the packs -> logits (P,), and (P, packing * classes) or None.

        labels: (P,) or, packed, (P, packing); or class weights with one more axis of classes.
        """
        logits: Tensor = self.linear(h).squeeze(1)
        if self.spread is not None:
            logits = logits + self.spread(minibatch_std(h)).squeeze(1)
        if self.embed is not None:
            assert labels is not None, "a class-conditional discriminator needs labels"
            projection: Tensor = (self._embedded(labels) * h).sum(dim=1)
            logits = logits + projection / self.class_root
        return logits, None if self.aux is None else self.aux(h)

    def _embedded(self, labels: Tensor) -> Tensor:
        assert self.embed is not None
        if self.packing == 1:
            return embed_labels(self.embed, labels)
        if labels.is_floating_point():  # (P, packing, classes)
            return embed_labels(self.embed, labels.flatten(1))
        place = torch.arange(self.packing, device=labels.device) * self.classes
        several: Tensor = self.embed(labels + place).sum(dim=1)
        return several
