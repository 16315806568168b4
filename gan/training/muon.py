"""Muon: convolutions are updated by orthogonal matrices, all else as by Adam."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, optim

# of Newton and Schulz's iteration of the fifth order: Jordan et al. 2024, "Muon"
NEWTON, NEWTON_STEPS = (3.4445, -4.7750, 2.0315), 5
SIZE = 1.5  # root mean square of an update, in rates (Adam's is about 1); chosen in RESULTS.md


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix of the same shape (M, N) whose singular values are all 1.

    They come out between 0.7 and 1.2.
    """
    first, third, fifth = NEWTON
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).float()
    x = x / (torch.linalg.vector_norm(x) + 1e-7)
    for _ in range(NEWTON_STEPS):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=third, alpha=fifth), x,
                        beta=first)  # fmt: skip
    return x.T if tall else x


class Muon(optim.Adam):
    """Adam, but the gradient of a convolution, averaged by beta1, is made orthogonal.

    So all directions of a layer are learned at the same pace, instead of the few that dominate its
    gradient; Jordan et al. 2024, here without weight decay and for convolutions alone. torch's own
    optim.Muon takes matrices only.
    """

    size = SIZE

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One update; gradients stay as they were."""
        turned = []
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.dim() == 4 and weight.grad is not None:
                    self._turn(weight, rate=group["lr"], beta=group["betas"][0])
                    turned.append((weight, weight.grad))
                    weight.grad = None  # Adam leaves it alone
        found = super().step(closure)
        for weight, gradient in turned:
            weight.grad = gradient
        return found

    def _turn(self, weight: Tensor, *, rate: float, beta: float) -> None:
        gradient = weight.grad
        assert gradient is not None
        if beta:
            state = self.state[weight]
            if not state:  # named as Adam's, which looks at them when it is loaded
                state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(gradient)}
            gradient = state["exp_avg"].lerp_(gradient, 1 - beta)
        matrix = gradient.flatten(1)
        scale = self.size * math.sqrt(max(matrix.shape))
        weight.add_(orthogonal(matrix).view_as(weight), alpha=-rate * scale)
