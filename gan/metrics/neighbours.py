"""The nearest real images of samples: how one sees whether a model repeats what it was shown."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Neighbours(NamedTuple):
    """For each of N samples its k nearest reals, nearest first."""

    distances: Tensor  # (N, k)
    indices: Tensor  # (N, k) int64, into the reals


def nearest(samples: Tensor, reals: Tensor, k: int = 3, *, chunk: int = 4096) -> Neighbours:
    """Exact Euclidean neighbours of features samples (N, F) among features reals (M, F).

    The reals pass in chunks, so that memory stays small. Raises MetricError unless 1 <= k <= M and
    both are finite (., F).
    """
    raise NotImplementedError
