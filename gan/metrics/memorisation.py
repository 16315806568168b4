"""Whether a generator reproduces its training images."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from gan.errors import MetricError
from gan.metrics.neighbours import nearest

EXPECTED = 0.05  # of unseen images are as close to a training image as `near` requires
SHOWN = 8
FEWEST_HELD_OUT = 20


@dataclass(frozen=True)
class Memorisation:
    """Closeness of samples to training images. Unseen images have `fraction` 0.05 and `z` about
    0."""

    fraction: float  # of samples closer to a training image than 95 % of held-out images are
    z: float  # of the three-sample test: below 0, samples are closer; thousands make any size sure
    samples: tuple[int, ...]  # rows of the closest samples, closest first
    images: tuple[int, ...]  # and the training images closest to them
    ratios: tuple[float, ...]  # their distances, relative to the typical one of a held-out image


def memorisation(train: Tensor, held_out: Tensor, fake: Tensor) -> Memorisation:
    """Distances to the nearest training image: the samples' against those of held-out images.

    All (N, F) from one network. `fraction` is compared with EXPECTED; `z` is C_T of Meehan et al.
    2020 on one cell, a Mann-Whitney test. Raises MetricError for fewer than 20 held-out images.
    """
    if len(held_out) < FEWEST_HELD_OUT or not len(train) or not len(fake):
        raise MetricError(
            "memorising shows only beside {fewest_held_out} images that were held out, got "
            "{got}; use a set of 400 images or more",
            fewest_held_out=FEWEST_HELD_OUT,
            got=len(held_out),
        )
    usual = nearest(held_out, train, 1).distances[:, 0]
    found, by = (column[:, 0] for column in nearest(fake, train, 1))
    near = usual.double().quantile(EXPECTED)
    order = found.argsort()[:SHOWN]
    scale = usual.median().clamp_min(1e-12)
    return Memorisation(
        fraction=(found.double() < near).double().mean().item(),
        z=_rank_z(found, usual),
        samples=tuple(order.tolist()),
        images=tuple(by[order].tolist()),
        ratios=tuple((found[order] / scale).tolist()),
    )


def _rank_z(found: Tensor, usual: Tensor) -> float:
    """z-score of the rank sum of `found` under the hypothesis of one distribution."""
    from scipy.stats import mannwhitneyu, norm  # noqa: PLC0415 - as in gan.metrics.frechet

    test = mannwhitneyu(found.numpy(), usual.numpy(), method="asymptotic")
    p = min(1.0, max(float(test.pvalue), 1e-300))
    size = float(norm.isf(p / 2))
    below = float(test.statistic) < len(found) * len(usual) / 2
    return -size if below and math.isfinite(size) else size
