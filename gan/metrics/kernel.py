"""Unbiased estimate of the squared MMD between two sets of features: KID's, on our features."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.errors import MetricError
from gan.metrics.intervals import Interval, mean_interval

BLOCK = 500  # images per block; the usual 1,000 would leave ten blocks of 10,000
FEWEST = 20
BLOCKS = 6  # at least, where there are images enough


def kernel_distance(real: Tensor, fake: Tensor, *, block: int = BLOCK, seed: int = 0) -> Interval:
    """Squared maximum mean discrepancy of two feature sets (N, F), (M, F); lower is closer.

    The cubic kernel of Binkowski et al. 2018, averaged over disjoint random blocks (Zaremba et al.
    2013), so that the blocks' spread gives valid bounds; of few images the blocks are smaller, so
    that there are BLOCKS of them (bounds from two blocks are too wide to tell anything).
    Unbiased: for sets of one distribution the mean is 0, and a value may be negative. On our
    features, so not comparable with published KID.
    Raises MetricError for fewer than 20 images per side.
    """
    count = min(len(real), len(fake))
    if count < FEWEST:
        raise MetricError(
            "a kernel distance needs {fewest} images on either side, got {got}; add images",
            fewest=FEWEST,
            got=count,
        )
    size = min(block, count // 2, max(FEWEST, count // BLOCKS))
    draw = torch.Generator().manual_seed(seed)
    real = real[torch.randperm(len(real), generator=draw)].double()
    fake = fake[torch.randperm(len(fake), generator=draw)].double()
    starts = range(0, count - size + 1, size)
    return mean_interval([squared_mmd(real[i : i + size], fake[i : i + size]) for i in starts])


def squared_mmd(one: Tensor, other: Tensor) -> float:
    """Unbiased estimate of the squared MMD of (N, F) and (N, F) under the kernel (x.y / F + 1)^3.

    Gretton et al. 2012, eq. 3; the kernel is that of Binkowski et al. 2018, eq. 6.
    """

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    n = len(one)
    within = sum(k.sum() - k.trace() for k in (kernel(one, one), kernel(other, other)))
    return float(within / (n * (n - 1)) - 2 * kernel(one, other).mean())
