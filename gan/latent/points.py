"""Points in latent space: z and, for a model with classes, class weights that mix them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan.images import shrink
from gan.models import Generator
from gan.sampling import at_once, choose_labels, latents, render


@dataclass(frozen=True)
class Points:
    """N latent points."""

    z: Tensor  # (N, z_dim)
    weights: Tensor | None = None  # (N, classes) summing to 1, if the model has classes

    def __len__(self) -> int:
        return len(self.z)

    def at(self, index: Any) -> Points:
        """The points at `index`: a slice, a list of ints, a boolean or int64 tensor."""
        return Points(self.z[index], None if self.weights is None else self.weights[index])


def from_seeds(g: Generator, seeds: Sequence[int], *, label: int | None = None) -> Points:
    """The points of given seeds, the same everywhere in the app; classes are drawn, or all
    `label`."""
    return Points(latents(g.z_dim, seeds), one_hot(g, choose_labels(g, seeds, label)))


def one_hot(g: Generator, labels: Tensor | None) -> Tensor | None:
    """Class weights (N, classes) of labels (N,) int64; None stays None."""
    if labels is None:
        return None
    return torch.nn.functional.one_hot(labels, g.classes).float()


def concatenate(parts: Sequence[Points]) -> Points:
    """Concatenate points; either all or none have class weights."""
    weights = [p.weights for p in parts if p.weights is not None]
    return Points(torch.cat([p.z for p in parts]), torch.cat(weights) if weights else None)


def show(
    g: Generator,
    points: Points,
    *,
    psi: float = 1.0,
    batch_size: int = 128,
    side: int | None = None,
) -> Tensor:
    """x (N, C, H, W) in [-1, 1] of points, on the CPU; downscaled to at most `side` px if given."""
    parts = []
    step = batch_size if side is None else min(batch_size, at_once(g))  # downscaled batch by batch
    for i in range(0, len(points), step):
        part = points.at(slice(i, i + step))
        x = render(g, part.z, labels=part.weights, psi=psi)
        parts.append(x if side is None else shrink(x, side))
    return torch.cat(parts)
