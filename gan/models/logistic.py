"""Mixtures of discretised logistic distributions over the 256 values of a pixel.

Salimans et al. 2017 (PixelCNN++), eq. 2: a logistic distribution's mass within the bin of a value;
the first and the last bin reach to infinity, so that the masses add up to 1. Values are on
[-1, 1], as images are everywhere here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

LEVELS = 256
BLOCK = 16  # of levels; its square are all
HALF_BIN = 1 / (LEVELS - 1)
MIN_LOG_SCALE = -7.0  # a quarter of a bin
EDGE = 1 - HALF_BIN  # beyond it lie the first and the last value


class Mixture(NamedTuple):
    """Parameters (..., M) of a value's mixture of M logistics."""

    log_share: Tensor  # normalised
    mean: Tensor
    log_scale: Tensor


def log_mass(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """log P(x), x one of the 256 values, under one discretised logistic; shapes broadcast.

    With a and b the standardised ends of the bin, s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)): exact,
    and finite where the difference of two sigmoids would be 0.
    """
    inverse = (-log_scale.clamp_min(MIN_LOG_SCALE)).exp()
    a, b = (x - mean + HALF_BIN) * inverse, (x - mean - HALF_BIN) * inverse
    below, above = logsigmoid(a), logsigmoid(-b)
    inside = below + above + (-torch.expm1(-2 * HALF_BIN * inverse)).log()
    return torch.where(x < -EDGE, below, torch.where(x > EDGE, above, inside))


def mixture_log_mass(x: Tensor, mixture: Mixture) -> Tensor:
    """log P(x), x (...) one of the 256 values, under mixtures (..., M)."""
    masses = log_mass(x[..., None], mixture.mean, mixture.log_scale)
    return torch.logsumexp(mixture.log_share + masses, dim=-1)


def cumulative(level: Tensor, mixture: Mixture) -> Tensor:
    """P(value <= level): levels (..., E) from 0 to 254, mixtures (..., M) -> (..., E)."""
    end = level.to(mixture.mean.dtype) * (2 * HALF_BIN) - (1 - HALF_BIN)
    inverse = (-mixture.log_scale.clamp_min(MIN_LOG_SCALE)).exp()
    a = (end[..., None] - mixture.mean[..., None, :]) * inverse[..., None, :]  # (..., E, M)
    return (a.sigmoid() * mixture.log_share.exp()[..., None, :]).sum(-1)


def level_at(u: Tensor, mixture: Mixture) -> Tensor:
    """Inverse CDF: the level (...) that a share u (...) lies in, float; mixtures (..., M).

    The block of 16 levels first, then the level in it: 30 ends are looked at and not 255.
    """
    u = u[..., None]
    within = torch.arange(BLOCK - 1, device=u.device)
    block = (cumulative(BLOCK * within.expand(*u.shape[:-1], -1) + BLOCK - 1, mixture) < u).sum(-1)
    first = (BLOCK * block)[..., None]
    return first[..., 0] + (cumulative(first + within, mixture) < u).sum(-1)


def value_of(level: Tensor) -> Tensor:
    """Levels 0 to 255 as values in [-1, 1]."""
    return level.float() * (2 * HALF_BIN) - 1


def level_of(x: Tensor) -> Tensor:
    """The nearest level, int64."""
    return ((x + 1) / (2 * HALF_BIN)).round().long()


def share_of(level: Tensor, mixture: Mixture) -> Tensor:
    """The middle of a level's step of the CDF, float64: level_at of it is the level."""
    low = cumulative((level - 1).clamp_min(0)[..., None], mixture)[..., 0].double()
    high = cumulative(level.clamp_max(LEVELS - 2)[..., None], mixture)[..., 0].double()
    low, high = torch.where(level > 0, low, 0.0), torch.where(level < LEVELS - 1, high, 1.0)
    return (low + high) / 2


def bits(nats: Tensor, values: int) -> Tensor:
    """Nats a picture as bits a value, of which a picture has `values`."""
    return nats / (math.log(2) * values)
