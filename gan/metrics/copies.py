"""Whether samples are copies of the training images."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

COPY_PART = 0.5  # of the distance between a real image and its nearest other real image
BEYOND_CHANCE = 3.0  # standard errors; a training is measured about a hundred times


class Isolation(NamedTuple):
    """How far real images lie from one another."""

    distances: Tensor  # (M,) of each to the nearest other
    by_chance: float  # share of the real images that would pass for copies of others


class Nearness(NamedTuple):
    """How near samples come to real images."""

    nearest: float | None  # median distance to the nearest real, over that of real to other real
    memorised: float  # share of the samples that are copies, 0 to 1


def nearness(fake: Tensor, real: Tensor, between_reals: Isolation, *, of: int) -> Nearness:
    """fake (N, F) against the reals (M, F) known of `of` images; between_reals from `isolation`.

    A sample counts as a copy if it lies less than half as far from a real image as that image's own
    nearest neighbour does. Some real images do so by chance, more where all images are alike, so
    only what clearly exceeds their share is reported. Since M of the images are compared, the share
    is scaled up by of / M.
    """
    away, which = torch.cdist(fake, real).min(1)
    usual = float(between_reals.distances.median())
    nearest = float(away.median()) / usual if usual > 0 else None
    share = float((away < COPY_PART * between_reals.distances[which]).double().mean())
    expected = between_reals.by_chance
    error = math.sqrt(share * (1 - share) / len(fake) + expected * (1 - expected) / len(real))
    copied = 0.0
    if share - expected > BEYOND_CHANCE * error:  # never where expected is 1
        copied = (share - expected) / (1 - expected)
    return Nearness(nearest, min(1.0, copied * of / len(real)))


def isolation(real: Tensor) -> Isolation:
    """real (M, F), two images or more."""
    away, which = (
        torch.cdist(real, real).fill_diagonal_(torch.inf).topk(min(2, len(real) - 1), largest=False)
    )
    nearest, by = away[:, 0], which[:, 0]
    # leave one out: an image's nearest neighbour is judged by its own nearest without that image
    is_mutual = by[by] == torch.arange(len(real), device=real.device)
    without = torch.where(is_mutual, away[by, -1], nearest[by])
    return Isolation(nearest, float((nearest < COPY_PART * without).double().mean()))
