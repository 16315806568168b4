"""Fréchet distance between two sets of features, and its floor from chance alone."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.errors import MetricError
from gan.metrics.moments import distance, moments

FLOOR_SPLITS = 32  # averaged: class counts alone change a single draw by half of its value


def frechet_distance(real_features: Tensor, fake_features: Tensor) -> float:
    """Fréchet distance between Gaussians fitted to two feature sets; lower is closer, 0 the least.

    Both (N, F), any N from 2 on. Raises MetricError for other shapes or values that are not finite.
    Heusel et al. 2017, in float64; on our features, so not comparable with published FID. Its bias
    falls with 1/N: compare distances of equal N only.
    """
    for features in (real_features, fake_features):
        _check_features(features, real_features.shape[-1])
    return distance(moments(real_features), moments(fake_features))


def _check_features(features: Tensor, width: int) -> None:
    if features.dim() != 2 or len(features) < 2 or features.shape[1] != width:
        raise MetricError(
            "features must be (N, {width}) of 2 images or more, got {got}; take both sets from "
            "one network",
            width=width,
            got=tuple(features.shape),
        )
    if not bool(torch.isfinite(features).all()):
        raise MetricError("features must be finite, got NaN or infinity; the images hold some too")


def real_floor(real_features: Tensor, count: int, *, seed: int = 0) -> float:
    """The distance of a perfect generator with `count` images per side.

    real_features (N, F). The mean over random pairs of disjoint real sets of `count` images. If N <
    2 * count the sets are halves of the N images, and their distance is scaled by (N // 2) / count:
    two sets from one distribution differ by chance alone, which falls with 1/N as long as N is well
    above F. Raises MetricError for fewer than 4 images.
    """
    total = len(real_features)
    if total < 4 or count < 2:
        raise MetricError(
            "a floor needs 4 real images and a count of 2, got {got} and {count}; add images",
            got=total,
            count=count,
        )
    size = min(count, total // 2)
    generator = torch.Generator().manual_seed(seed)
    distances = []
    for _ in range(FLOOR_SPLITS):
        order = torch.randperm(total, generator=generator)
        one, other = real_features[order[:size]], real_features[order[size : 2 * size]]
        distances.append(distance(moments(one), moments(other)))
    return sum(distances) / len(distances) * size / count
