"""One direction in latent space, and its effect.

A direction is a move of z, of the class weights, or of both. A slider value of 1.0 is one standard
deviation of the model's own samples along it, so that a step means the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan.latent.points import Points

Kind = Literal["pca", "sefa", "class", "drawn"]
Features = Callable[[Tensor], Tensor]  # x (N, C, H, W) in [-1, 1] -> (N, F)
Classify = Callable[[Tensor], Tensor]  # x (N, C, H, W) in [-1, 1] -> class logits (N, classes)


@dataclass(frozen=True, eq=False)
class Direction:
    """One slider. gan.latent.files keeps them in JSON."""

    name: str  # "pca 1", "sefa 3", a class name, or a user's name for it
    kind: Kind
    vector: Tensor  # (z_dim,) float32: what 1.0 adds to z; zero for a pure move of class weights
    sigma: float  # length of `vector`: the standard deviation of z along it
    share: float | None = None  # of variance (pca), of squared singular values (sefa), else None
    classes: Tensor | None = None  # (classes,) what 1.0 adds to the class weights; sums to 0
    effect: float | None = None  # distance between the pictures at -1 and +1; set by `rank`

    def move(self, points: Points, amount: float) -> Points:
        """`points` moved by `amount` sigmas."""
        z = points.z + amount * self.vector
        if self.classes is None or points.weights is None:
            return Points(z, points.weights)
        return Points(z, points.weights + amount * self.classes)

    def scaled(self) -> Tensor:
        """z and class parts in units of their own standard deviation, (z_dim [+ classes],)."""
        if self.classes is None:
            return self.vector
        return torch.cat([self.vector, self.classes * math.sqrt(len(self.classes))])


def cosine(one: Direction, other: Direction) -> float:
    """Cosine similarity of two directions, -1 to 1; a part that one of them lacks counts as
    zero."""
    a, b = one.scaled(), other.scaled()
    shared = min(len(a), len(b))
    product = (a[:shared] * b[:shared]).sum() / (a.norm() * b.norm()).clamp_min(1e-12)
    return float(product)
