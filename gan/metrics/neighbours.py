"""The nearest real images of samples: shows whether a model reproduces its training data."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.errors import MetricError

CHUNK = 1024  # samples at a time
PART = 16_384  # reals at a time
SPARE = 8  # extra candidates, as the search is subject to rounding


class Neighbours(NamedTuple):
    """For each of N samples its k nearest reals, nearest first."""

    distances: Tensor  # (N, k)
    indices: Tensor  # (N, k) int64, into the reals


def nearest(samples: Tensor, reals: Tensor, k: int = 3, *, chunk: int | None = None) -> Neighbours:
    """Exact Euclidean neighbours of features samples (N, F) among features reals (M, F).

    Candidates come from chunked matrix products, for speed and bounded memory; their distances are
    recomputed, so that an exact copy gives 0. Ties keep the order of the reals, for up to SPARE of
    them. Raises MetricError unless 1 <= k <= M and both are finite (., F).
    """
    _check(samples, reals, k)
    middle = reals.double().mean(0)  # subtracted first, so that small distances are exact
    parts = [
        _measured(some, reals, _candidates(some, reals, middle, k + SPARE, chunk or PART), k)
        for some in samples.split(chunk or CHUNK)
    ]
    return Neighbours(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _candidates(some: Tensor, reals: Tensor, middle: Tensor, count: int, size: int) -> Tensor:
    """Rows of the approximately nearest reals, (N, at most `count`)."""
    some = some.double() - middle
    distances, indices = some.new_zeros(len(some), 0), torch.zeros(len(some), 0).long()
    for start in range(0, len(reals), size):
        part = reals[start : start + size].double() - middle
        # squared, up to a term that is the same for all reals
        squared = part.square().sum(1) - 2 * (some @ part.T)  # (N, size)
        rows = torch.arange(start, start + len(part)).expand(len(some), -1)
        distances, indices = torch.cat([distances, squared], 1), torch.cat([indices, rows], 1)
        best = distances.topk(min(count, distances.shape[1]), largest=False).indices
        distances, indices = distances.gather(1, best), indices.gather(1, best)
    return indices


def _measured(some: Tensor, reals: Tensor, indices: Tensor, k: int) -> Neighbours:
    indices = indices.sort(1).values  # a stable sort by distance then keeps ties in order
    distances = (some[:, None] - reals[indices]).square().sum(2).sqrt()  # (N, candidates)
    order = distances.argsort(dim=1, stable=True)[:, :k]
    return Neighbours(distances.gather(1, order), indices.gather(1, order))


def _check(samples: Tensor, reals: Tensor, k: int) -> None:
    if samples.dim() != 2 or reals.dim() != 2 or samples.shape[1] != reals.shape[1]:
        raise MetricError(
            "features must be (N, F) of one network, got {got} and {shape}; take both from one "
            "network",
            got=tuple(samples.shape),
            shape=tuple(reals.shape),
        )
    if len(samples) == 0 or not 1 <= k <= len(reals):
        raise MetricError(
            "k must be from 1 to the {count} real images, got {got} for {samples} samples; ask "
            "for fewer",
            count=len(reals),
            got=k,
            samples=len(samples),
        )
    if not bool(torch.isfinite(samples).all() and torch.isfinite(reals).all()):
        raise MetricError("features must be finite, got NaN or infinity; the images hold some too")
