"""The drifting field of Deng et al. 2026, "Generative Modeling via Drifting": where samples are
asked to move, as plain functions of tensors.

V(x) = V+(x) - V-(x): towards the real points around x, away from the other generated ones, both as
means weighted by the kernel exp(-|x - y| / tau). Real and generated points change places in -V, so
that V is 0 in the mean where the two distributions are the same.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

TEMPERATURES = (0.4, 1.0, 4.0)  # times tau; with tau 0.05 these are the paper's
IGNORED = 1e6  # a distance at which a kernel is 0, and finite: a row of these alone has no NaN
EXACT_FROM = 64  # values of a sample up to which distances are not taken by matrix products
LEAST = 1e-8
TINY = 1e-30  # of a sum of weights


class Drift(NamedTuple):
    """What the field says of x (N, D)."""

    field: Tensor  # V (N, D), the mean of the temperatures
    size: Tensor  # () mean |V| over the mean distance, the mean of the temperatures
    target: Tensor  # (N, D) where each x is asked to go
    unit: Tensor  # () in which the mean distance is the root of D


def drift(
    x: Tensor, y: Tensor, tau: float, *, labels: Tensor | None = None,
    y_labels: Tensor | None = None,
) -> Drift:  # fmt: skip
    """The drift of generated x (N, ...) among themselves and real y (M, ...), without gradients.

    tau: the kernel's middle temperature, in mean distances. labels (N,), y_labels (M,): only points
    of its own class attract and repel one. The paper's algorithm 2 and appendix A.6: weights are
    the geometric mean of a softmax over the points and one over x; distances are in units of their
    mean, which takes the features' scale and dimension out; the V of each temperature is divided
    by its root mean square. It differs in that x and y are the samples themselves, not features of
    them by a pretrained encoder, and that classes are told apart by a mask.
    """
    with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
        x, y = x.detach().flatten(1).float(), y.flatten(1).float()
        to_real, to_other = _distances(x, y), _distances(x, x)
        mean = _mean_distance(to_real, to_other)
        own = torch.eye(len(x), dtype=torch.bool, device=x.device)
        if labels is not None and y_labels is not None:
            to_real = to_real.masked_fill(labels[:, None] != y_labels, IGNORED * mean)
            own = own | (labels[:, None] != labels)
        to_other = to_other.masked_fill(own, IGNORED * mean)
        near = torch.cat([to_real, to_other], 1) / mean
        unit = mean / x.shape[1] ** 0.5
        field, target, size = torch.zeros_like(x), x, mean.new_zeros(())
        for times in TEMPERATURES:
            v, weight = _field(near / (times * tau), x, y)
            field = field + v / len(TEMPERATURES)
            size = size + v.norm(dim=1).mean() / mean / len(TEMPERATURES)
            step = v * weight
            target = target + step * (unit / step.square().mean().sqrt().clamp_min(LEAST))
        return Drift(field, size, target, unit)


def _field(near: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """near (N, M + N): distances from x to y and to x, over the temperature -> V (N, D), the
    paper's eq. 10, and its weight (N, 1): how near real and other generated points are."""
    weights = ((-near).softmax(1) * (-near).softmax(0)).sqrt()
    real, other = weights.split([len(y), len(x)], 1)
    to_real, to_other = real.sum(1, keepdim=True), other.sum(1, keepdim=True)
    attracts, repels = real / to_real.clamp_min(TINY), other / to_other.clamp_min(TINY)
    return attracts @ y - repels @ x, to_real * to_other


def _distances(a: Tensor, b: Tensor) -> Tensor:
    exact = a.shape[1] <= EXACT_FROM
    mode = "donot_use_mm_for_euclid_dist" if exact else "use_mm_for_euclid_dist_if_necessary"
    return torch.cdist(a, b, compute_mode=mode)


def _mean_distance(to_real: Tensor, to_other: Tensor) -> Tensor:
    """Over all pairs of an x with another point."""
    count = to_real.numel() + to_other.numel() - len(to_other)
    return ((to_real.sum() + to_other.sum()) / count).clamp_min(LEAST)
