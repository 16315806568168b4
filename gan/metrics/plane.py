"""Scores of points in the plane against a distribution that is known (gan.data.imageset.Truth).

Quality and modes as in Srivastava et al. 2017 (VEEGAN), section 4.1: a sample is of high quality
within three standard deviations of the nearest mode, and a mode is caught if it is the nearest to
at least one such sample. Along a curve the nearest point of the curve takes the mode's place.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from gan.data.imageset import Truth

NEAR_SIGMAS = 3.0
EXACT = "donot_use_mm_for_euclid_dist"
CELLS = 20  # a side, of the histogram over [-1, 1] squared


class PlaneScores(NamedTuple):
    """How near samples come to the truth, and how they share it."""

    high_quality: float  # share of the samples, 0 to 1
    caught: int | None = None  # of the modes; None along a curve
    mode_kl: float | None = None  # nats


def plane_scores(points: Tensor, truth: Truth) -> PlaneScores:
    """points (N, 2). Samples that are no number are of no quality and of no mode."""
    # exact: by matrix products cdist is off by 0.0003 here
    between = torch.cdist(points, truth.centres.to(points), compute_mode=EXACT)
    away, nearest = between.min(1)
    good = away <= NEAR_SIGMAS * truth.sigma
    share = float(good.double().mean())
    if not truth.counted:
        return PlaneScores(share)
    count = len(truth.centres)
    per_mode = torch.bincount(nearest[away.isfinite()], minlength=count)
    caught = int((torch.bincount(nearest[good], minlength=count) > 0).sum())
    return PlaneScores(share, caught, kl(per_mode, torch.ones(count)))


def kl(mine: Tensor, theirs: Tensor) -> float:
    """KL(mine || theirs) of two histograms (M,), in nats; Lin et al. 2018 (PacGAN), section 4.

    Infinite where there is a sample in a cell that is empty in `theirs`, or no sample at all.
    """
    if not mine.sum() or not theirs.sum():
        return math.inf
    p, q = (h.double() / h.sum() for h in (mine, theirs))
    seen = p > 0
    return float((p[seen] * (p[seen] / q[seen]).log()).sum())


def js(points: Tensor, real: Tensor) -> float:
    """Jensen-Shannon divergence of two histograms of the plane, (N, 2) and (M, 2), in bits: 0 to 1.

    20 x 20 cells over [-1, 1] squared; what is outside counts in the cells at the edge.
    """
    mine, theirs = (_cells(p).double() for p in (points, real))
    mine, theirs = mine / mine.sum().clamp_min(1), theirs / theirs.sum().clamp_min(1)
    middle = (mine + theirs) / 2
    return (kl(mine, middle) + kl(theirs, middle)) / 2 / math.log(2)


def _cells(points: Tensor) -> Tensor:
    at = ((points[points.isfinite().all(1)] + 1) / 2 * CELLS).floor().long().clamp(0, CELLS - 1)
    return torch.bincount(at[:, 0] * CELLS + at[:, 1], minlength=CELLS**2)
