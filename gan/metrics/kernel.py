"""Kernel distance between two sets of features: FD's younger sister, without bias."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.errors import MetricError
from gan.metrics.intervals import Interval, mean_interval

BLOCK = 500  # images of a block; 1,000 as usual would leave ten blocks of 10,000
FEWEST = 20


def kernel_distance(real: Tensor, fake: Tensor, *, block: int = BLOCK, seed: int = 0) -> Interval:
    """Squared maximum mean discrepancy of two feature sets (N, F), (M, F); lower is closer.

    The cubic kernel of Binkowski et al. 2018 through torchmetrics, averaged over disjoint random
    blocks (Zaremba et al. 2013), so that the blocks' spread gives honest bounds. Unbiased: sets of
    one distribution average 0, and a value may be below it. On our features, so not comparable with
    published KID. Raises MetricError for fewer than 20 images a side.
    """
    from torchmetrics.image.kid import poly_mmd  # noqa: PLC0415 - as in gan.metrics.frechet

    count = min(len(real), len(fake))
    if count < FEWEST:
        raise MetricError(
            f"a kernel distance needs {FEWEST} images on either side, got {count}; add images"
        )
    size = min(block, max(FEWEST // 2, count // 2))
    draw = torch.Generator().manual_seed(seed)
    real = real[torch.randperm(len(real), generator=draw)].double()
    fake = fake[torch.randperm(len(fake), generator=draw)].double()
    starts = range(0, count - size + 1, size)
    return mean_interval([float(poly_mmd(real[i : i + size], fake[i : i + size])) for i in starts])
