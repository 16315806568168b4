"""Batch norm with the statistics of all ranks' images: several processes train as one would.

torch's own nn.SyncBatchNorm needs a GPU, and has no second derivative, which R1, R2 and the penalty
of wasserstein-gp take of D.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm


def synchronise(module: nn.Module, wanted: bool) -> None:
    """Have each batch norm in `module` see the images of all ranks, or if not `wanted` of its own.

    In place; their states keep names and shapes. From then on all ranks must call it alike in train
    mode; in eval mode, and in copies that stay there, nothing is sent. Needs torch.distributed to
    be ready.
    """
    kinds = SYNCHRONISED if wanted else {mine: plain for plain, mine in SYNCHRONISED.items()}
    for child in module.modules():
        if (kind := kinds.get(type(child))) is not None:
            child.__class__ = kind


class _Sum(torch.autograd.Function):
    """The sum over all ranks; so is its gradient, and that one's."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.contiguous().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return _sum(*grads)


def _sum(values: Tensor) -> Tensor:
    return cast(Tensor, _Sum.apply(values))  # type: ignore[no-untyped-call]  # torch's


class _Synchronised(_BatchNorm):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        ranks = distributed.get_world_size()
        each = [i for i in range(x.dim()) if i != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        wide = x.float()  # as torch's own under autocast
        mean = _sum(wide.mean(each)) / ranks  # all ranks' batches are equal in size
        centred = wide - mean.view(shape)
        var = _sum(centred.square().mean(each)) / ranks
        self._follow(mean.detach(), var.detach(), ranks * x.numel() // x.shape[1])
        out = centred * (var + self.eps).rsqrt().view(shape)
        return (out * self.weight.view(shape) + self.bias.view(shape)).to(x.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, var: Tensor, count: int) -> None:
        """Running statistics, as torch's: with the unbiased variance."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var * count / max(count - 1, 1), self.momentum)


class SynchronisedBatchNorm1d(_Synchronised, nn.BatchNorm1d):
    """nn.BatchNorm1d over all ranks' images."""


class SynchronisedBatchNorm2d(_Synchronised, nn.BatchNorm2d):
    """nn.BatchNorm2d over all ranks' images."""


SYNCHRONISED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SynchronisedBatchNorm1d,
    nn.BatchNorm2d: SynchronisedBatchNorm2d,
}
