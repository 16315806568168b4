"""Selects the reading of a chain that its own batch norms confirm.

A batch norm stores the mean and variance of its inputs in training. With the right reading, noise
through the preceding layers reproduces these; with another activation, epsilon, stride or noise it
does not. So each reading has a misfit, measured over all of its batch norms.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan.config import PortedConfig
from gan.hub.layouts.settings import one_of_each
from gan.models.ported.chain import ChainGenerator, steps_of

SEED = 12
MOST, LEAST = 128, 24  # images; a few are enough for maps, each of which has many pixels
# multiplications and values of one reading: a fifth of a second; real DCGANs take a second
WORK, VALUES = 3e9, 4e6
CAPPED = 3.0  # of one channel
FAINT = 1e-3  # of the mean variance: a nearly constant channel tells nothing


@torch.no_grad()
def misfits(config: PortedConfig, tensors: dict[str, Tensor]) -> tuple[float, ...]:
    """How far each batch norm's statistics are from those of this reading; 0 is a perfect fit.

    The mean over its channels of |log of the variance ratio| and of the distance of the means in
    standard deviations.
    """
    g = ChainGenerator(config)
    g.load_state_dict(tensors, strict=True)
    start = (g.w_dim, 1, 1) if g.meets_maps else (g.w_dim,)
    steps = steps_of(config.g_layers, start)
    work = sum(step.work for step in steps)
    values = sum(math.prod(step.after) for step in steps)
    count = int(max(LEAST, min(MOST, WORK / max(work, 1), VALUES / values)))
    z = torch.randn(count, g.z_dim, generator=torch.Generator().manual_seed(SEED))
    labels = one_of_each(count, g.classes) if g.classes else None
    h = g.mapping(z, labels)
    h = h[:, :, None, None] if g.meets_maps else h
    found, last = [], max(i for i, s in enumerate(steps) if s.word == "bn")
    for layer in list(g.layers)[: last + 1]:
        if isinstance(layer, _BatchNorm):
            found.append(_misfit(layer, h))
            layer.train()  # batch statistics, as in training: one misfit must not cause the next
        h = layer(h)
    return tuple(found)


def _misfit(norm: nn.Module, h: Tensor) -> float:
    assert isinstance(norm, _BatchNorm)
    mean, var = norm.running_mean, norm.running_var
    assert mean is not None
    assert var is not None
    dims = [d for d in range(h.dim()) if d != 1]
    given = h.var(dim=dims, unbiased=True)
    floor = FAINT * var.mean() + 1e-12
    by_var = ((given + floor) / (var + floor)).log().abs().clamp(max=CAPPED)
    by_mean = ((h.mean(dim=dims) - mean).abs() / (var + floor).sqrt()).clamp(max=CAPPED)
    return float((by_var + by_mean).mean())
