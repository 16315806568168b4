"""Modes of the real images, and how many of them samples cover."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan.data.imageset import Truth
from gan.metrics.features import FeatureNet

COVERED_PART = 0.1  # of a mode's share among the reals: with ten equal classes, 1 % of the samples
RELIABLE = 0.95  # share of the reals whose nearest other real has their class: more errors
# would make a lost class look covered
CLUSTERS = 20
CLUSTER_LEAST = 25  # real images a cluster on average
FEWEST_CLUSTERS = 4
LLOYD_STEPS = 50


@dataclass(frozen=True)
class Modes:
    """Assigns features to modes, with the reals' share of each."""

    kind: Literal["class", "cluster"]
    assign: Callable[[Tensor], Tensor]  # features (N, F) -> mode (N,) int64
    real_shares: Tensor  # (modes,), adds up to 1

    def shares(self, features: Tensor) -> Tensor:
        """The share of `features` in each mode (modes,)."""
        return _shares(self.assign(features), len(self.real_shares))

    def covered(self, shares: Tensor) -> int:
        """How many modes have at least a tenth of their share among the reals."""
        return int(((shares >= COVERED_PART * self.real_shares) & (self.real_shares > 0)).sum())

    @property
    def count(self) -> int:
        """The number of modes of the reals."""
        return int((self.real_shares > 0).sum())


def modes_of(truth: Truth, scale: float) -> Modes | None:
    """The modes of a distribution that is known, for coordinates times `scale`; None for a curve.

    Unlike others' these are caught by samples near them: gan.metrics.plane counts them.
    """
    if not truth.counted:
        return None
    count = len(truth.centres)
    return Modes("class", _nearest_to(truth.centres * scale), torch.full((count,), 1 / count))


def find_modes(
    net: FeatureNet, real: Tensor, labels: Tensor | None, *, classes: int
) -> Modes | None:
    """The modes of real features (N, F): classes if they can be recognised, else clusters.

    Classes come from the network's own head, or from the nearest labelled real if that is right for
    95 % of the reals themselves. None if there are too few images for either.
    """
    if labels is not None and classes > 1:
        told = _told_by_class(net, real, labels, classes)
        if told is not None:
            return Modes("class", told, _shares(told(real), classes))
    count = min(CLUSTERS, len(real) // CLUSTER_LEAST)
    if count < FEWEST_CLUSTERS:
        return None
    centres = cluster_centres(real, count)
    assign = _nearest_to(centres)
    return Modes("cluster", assign, _shares(assign(real), count))


def _told_by_class(
    net: FeatureNet, real: Tensor, labels: Tensor, classes: int
) -> Callable[[Tensor], Tensor] | None:
    if net.head is not None and len(net.config.class_names) == classes:
        return lambda features: net.classify(features).argmax(1)
    others = torch.cdist(real, real).fill_diagonal_(torch.inf)
    right = (labels[others.argmin(1)] == labels).double().mean().item()
    nearest = _nearest_to(real)
    return (lambda features: labels[nearest(features)]) if right >= RELIABLE else None


def cluster_centres(real: Tensor, count: int) -> Tensor:
    """k-means centres (count, F) of features (N, F); deterministic.

    Lloyd's iterations written out, since importing scikit-learn costs more CPU time (2.7 s) than
    all measurements of a minute's training may.
    """
    centres = _first_centres(real, count)
    for _ in range(LLOYD_STEPS):
        nearest = torch.cdist(real, centres).argmin(1)
        members = torch.nn.functional.one_hot(nearest, count).to(real.dtype)  # (N, count)
        sizes = members.sum(0).unsqueeze(1)
        moved = torch.where(sizes > 0, members.T @ real / sizes.clamp_min(1), centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres


def _first_centres(real: Tensor, count: int) -> Tensor:
    """Greedy k-means++ (Arthur & Vassilvitskii 2007): distant points, the best of a few candidates
    each."""
    draw = torch.Generator().manual_seed(0)
    tries = 2 + int(math.log(count))
    chosen = [int(torch.randint(len(real), (1,), generator=draw))]
    away = torch.cdist(real, real[chosen]).square().squeeze(1)  # (N,) to the nearest centre
    while len(chosen) < count:
        weights = away if bool(away.sum() > 0) else torch.ones_like(away)
        few = torch.multinomial(weights, tries, replacement=True, generator=draw)
        then = torch.minimum(away, torch.cdist(real[few], real).square())  # (tries, N)
        best = int(then.sum(1).argmin())
        chosen.append(int(few[best]))
        away = then[best]
    return real[chosen]


def _nearest_to(points: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda features: torch.cdist(features, points).argmin(1)


def _shares(modes: Tensor, count: int) -> Tensor:
    return torch.bincount(modes, minlength=count).double() / max(1, len(modes))
