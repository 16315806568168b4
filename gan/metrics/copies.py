"""Whether samples are copies of the training images."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

COPY_PART = 0.5  # of the distance between a real image and its nearest other real image


class Nearness(NamedTuple):
    """How near samples come to real images."""

    nearest: float | None  # median distance to the nearest real, over that of real to other real
    memorised: float  # share of the samples that are copies, 0 to 1


def nearness(fake: Tensor, real: Tensor, between_reals: Tensor, *, of: int) -> Nearness:
    """fake (N, F) against the reals (M, F) known of `of` images; between_reals from `isolation`.

    A sample is a copy if it lies less than half as far from a real image as that image's own
    nearest neighbour does. Only M of the images are compared: the share is scaled up by of / M.
    """
    away, which = torch.cdist(fake, real).min(1)
    usual = float(between_reals.median())
    share = float((away < COPY_PART * between_reals[which]).double().mean())
    nearest = float(away.median()) / usual if usual > 0 else None
    return Nearness(nearest, min(1.0, share * of / len(real)))


def isolation(real: Tensor) -> Tensor:
    """Each real image's distance (M,) to the nearest other one."""
    return torch.cdist(real, real).fill_diagonal_(torch.inf).min(1).values
