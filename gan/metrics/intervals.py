"""Confidence intervals of measured values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gan.errors import MetricError

CONFIDENCE = 0.95
GROUPS = 20


class Interval(NamedTuple):
    """A value and its 95 % confidence bounds."""

    value: float
    low: float
    high: float


def jackknife(
    measure: Callable[[Tensor, Tensor], float],
    real: Tensor,
    fake: Tensor,
    *,
    groups: int = GROUPS,
    seed: int = 0,
) -> Interval:
    """`measure(real, fake)` of two sets (N, F), with bounds from leaving out one group at a time.

    Delete-a-group jackknife (Shao & Wu 1989). Unlike a bootstrap it repeats no image, so a distance
    with finite-sample bias keeps the same bias. Bounds are not below 0. Raises MetricError for sets
    smaller than the number of groups.
    """
    if min(len(real), len(fake)) < 2 * groups:
        raise MetricError(
            "an interval needs {groups} images on either side, got {got} and {count}; add images",
            groups=2 * groups,
            got=len(real),
            count=len(fake),
        )
    draw = torch.Generator().manual_seed(seed)
    real_order, fake_order = (torch.randperm(len(x), generator=draw) for x in (real, fake))
    left_out = [
        measure(_without(real, real_order, i, groups), _without(fake, fake_order, i, groups))
        for i in range(groups)
    ]
    mean = sum(left_out) / groups
    variance = (groups - 1) / groups * sum((v - mean) ** 2 for v in left_out)
    value = measure(real, fake)
    reach = _quantile(groups) * math.sqrt(variance)
    return Interval(value, max(0.0, value - reach), value + reach)


def _without(x: Tensor, order: Tensor, group: int, groups: int) -> Tensor:
    keep = torch.ones(len(x), dtype=torch.bool)
    keep[order[group::groups]] = False
    return x[keep]


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of independent values and its bounds, by Student's t; all equal for a single value.

    Bounds may be below 0, as unbiased estimates of a distance may.
    """
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return Interval(mean, mean, mean)
    variance = sum((v - mean) ** 2 for v in values) / (count - 1)
    reach = _quantile(count) * math.sqrt(variance / count)
    return Interval(mean, mean - reach, mean + reach)


def _quantile(count: int) -> float:
    from scipy.stats import t as student  # noqa: PLC0415 - as in gan.metrics.frechet

    return float(student.ppf((1 + CONFIDENCE) / 2, count - 1))
