"""Fréchet distance straight from means and covariances, for whoever measures while training.

The same number as gan.metrics.frechet gives, without torchmetrics and its second or two of import.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

FLOOR_SPLITS = 8


class Moments(NamedTuple):
    """What a Fréchet distance needs of a feature set, in float64."""

    mean: Tensor  # (F,)
    covariance: Tensor  # (F, F)


def moments(features: Tensor) -> Moments:
    """Mean and unbiased covariance of features (N, F), N of 2 or more."""
    return Moments(features.double().mean(0), torch.cov(features.double().T))


def distance(one: Moments, other: Moments) -> float:
    """Squared distance of the means + tr(A + B - 2 sqrt(AB)); Dowson & Landau 1982, eq. 16.

    The trace of the root is the sum of the roots of AB's eigenvalues, all of them real and not
    negative but for rounding, which is cut.
    """
    product = torch.linalg.eigvals(one.covariance @ other.covariance).real.clamp_min(0)
    traces = one.covariance.trace() + other.covariance.trace() - 2 * product.sqrt().sum()
    return max(0.0, float((one.mean - other.mean).square().sum() + traces))


def floor(features: Tensor, count: int, *, seed: int = 0) -> float:
    """What a perfect generator would read with `count` images on either side.

    The mean over random disjoint pairs from real features (N, F), of N // 2 each if there are fewer
    than two times `count`; their distance is then scaled, since its bias falls with 1/N.
    """
    draw = torch.Generator().manual_seed(seed)
    size = min(count, len(features) // 2)
    found = []
    for _ in range(FLOOR_SPLITS):
        order = torch.randperm(len(features), generator=draw)
        one, other = features[order[:size]], features[order[size : 2 * size]]
        found.append(distance(moments(one), moments(other)))
    return sum(found) / len(found) * size / count
