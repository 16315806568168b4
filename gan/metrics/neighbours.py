"""The nearest real images of samples: how one sees whether a model repeats what it was shown."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.errors import MetricError

CHUNK = 4096


class Neighbours(NamedTuple):
    """For each of N samples its k nearest reals, nearest first."""

    distances: Tensor  # (N, k)
    indices: Tensor  # (N, k) int64, into the reals


def nearest(samples: Tensor, reals: Tensor, k: int = 3, *, chunk: int = CHUNK) -> Neighbours:
    """Exact Euclidean neighbours of features samples (N, F) among features reals (M, F).

    Samples and reals pass in chunks, so that memory stays small. Of equally near reals the first
    comes first. Raises MetricError unless 1 <= k <= M and both are finite (., F).
    """
    _check(samples, reals, k)
    parts = [_nearest_of(part, reals, k, chunk) for part in samples.split(chunk)]
    return Neighbours(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _nearest_of(samples: Tensor, reals: Tensor, k: int, chunk: int) -> Neighbours:
    best = Neighbours(samples.new_zeros(len(samples), 0), torch.zeros(len(samples), 0).long())
    for start in range(0, len(reals), chunk):
        part = reals[start : start + chunk]
        # differences, not the dot product's expansion, which loses what is near zero
        distances = torch.cdist(
            samples, part, compute_mode="donot_use_mm_for_euclid_dist"
        )  # (N, chunk)
        indices = torch.arange(start, start + len(part)).expand(len(samples), -1)
        distances = torch.cat([best.distances, distances], dim=1)
        indices = torch.cat([best.indices, indices], dim=1)
        order = distances.argsort(dim=1, stable=True)[:, :k]
        best = Neighbours(distances.gather(1, order), indices.gather(1, order))
    return best


def _check(samples: Tensor, reals: Tensor, k: int) -> None:
    if samples.dim() != 2 or reals.dim() != 2 or samples.shape[1] != reals.shape[1]:
        raise MetricError(
            f"features must be (N, F) of one network, got {tuple(samples.shape)} and "
            f"{tuple(reals.shape)}; take both from one network"
        )
    if len(samples) == 0 or not 1 <= k <= len(reals):
        raise MetricError(
            f"k must be from 1 to the {len(reals)} real images, got {k} for {len(samples)} "
            f"samples; ask for fewer"
        )
    if not bool(torch.isfinite(samples).all() and torch.isfinite(reals).all()):
        raise MetricError("features must be finite, got NaN or infinity; the images hold some too")
