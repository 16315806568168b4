"""Diversity of samples, relative to that of real images."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_distance(features: Tensor) -> float:
    """Mean distance of the pairs among features (N, F); 0 for fewer than two."""
    count = len(features)
    if count < 2:
        return 0.0
    return float(torch.cdist(features, features).sum()) / (count * (count - 1))


def spread(fake: Tensor, real: Tensor) -> float | None:
    """Mean pairwise distance of fakes (N, F) over that of reals (M, F).

    1 is as diverse as the reals, 0 a single image; None if the reals are all alike.
    """
    between_reals = mean_distance(real)
    return mean_distance(fake) / between_reals if between_reals > 0 else None


def variety(fake: Tensor, fake_modes: Tensor, real: Tensor, real_modes: Tensor) -> float | None:
    """`spread` within modes (N,), (M,), weighted by the number of fakes in each mode.

    Detects a generator with one image per class, whose overall spread looks almost right. None if
    no mode has two images on either side.
    """
    total, weight = 0.0, 0
    for mode in fake_modes.unique().tolist():
        mine, theirs = fake[fake_modes == mode], real[real_modes == mode]
        ratio = spread(mine, theirs) if min(len(mine), len(theirs)) > 1 else None
        if ratio is not None:
            total, weight = total + ratio * len(mine), weight + len(mine)
    return total / weight if weight else None
