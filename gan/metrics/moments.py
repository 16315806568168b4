"""Fréchet distance between Gaussians, from their means and covariances."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Moments(NamedTuple):
    """Sufficient statistics for a Fréchet distance, in float64."""

    mean: Tensor  # (F,)
    covariance: Tensor  # (F, F)


def moments(features: Tensor) -> Moments:
    """Mean and unbiased covariance of features (N, F), N of 2 or more."""
    features = features.double()
    width = features.shape[1]
    return Moments(features.mean(0), torch.cov(features.T).reshape(width, width))


def distance(one: Moments, other: Moments) -> float:
    """Squared distance of the means + tr(A + B - 2 sqrt(AB)); Dowson & Landau 1982, eq. 16.

    The trace of the root is the sum of the roots of AB's eigenvalues, all of them real and not
    negative but for rounding, which is cut.
    """
    product = torch.linalg.eigvals(one.covariance @ other.covariance).real.clamp_min(0)
    traces = one.covariance.trace() + other.covariance.trace() - 2 * product.sqrt().sum()
    return max(0.0, float((one.mean - other.mean).square().sum() + traces))
