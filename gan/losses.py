"""Adversarial losses on logits, as plain functions of tensors, and gradient penalties.

A loss is a pair: D's scalar to minimise and G's, each of real and fake logits (N,). G's takes the
real logits too because the relativistic pairing needs them; the others ignore them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from gan.config import LossName

LogitsLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Loss:
    """`d(real_logits, fake_logits)` and `g(real_logits, fake_logits)`, both to be minimised."""

    d: LogitsLoss
    g: LogitsLoss
    paired: bool = False  # g uses the real logits
    gradient_penalty: bool = False  # D also pays `gradient_penalty` every step


def cross_entropy_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D = sigmoid(logit); Goodfellow et al. 2014, eq. 1.

    softplus keeps it finite where log(sigmoid) would underflow.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def minimax_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))]: what the minimax game makes G minimise. Vanishes when D wins."""
    return -softplus(fake_logits).mean()


def nonsaturating_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))]: the same fixed point with gradients that live when D wins."""
    return softplus(-fake_logits).mean()


def least_squares_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half the squared distance to 1 on real and to 0 on fake; Mao et al. 2017, eq. 9."""
    return 0.5 * ((real_logits - 1).square().mean() + fake_logits.square().mean())


def least_squares_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half the squared distance of fake to 1; Mao et al. 2017, eq. 9."""
    return 0.5 * (fake_logits - 1).square().mean()


def hinge_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Lim & Ye 2017; Miyato et al. 2018, eq. 16."""
    return relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()


def critic_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[D(G(z))] - E[D(x)]: the negated Wasserstein estimate; Arjovsky et al. 2017."""
    return fake_logits.mean() - real_logits.mean()


def critic_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[D(G(z))]; of the hinge loss and of the Wasserstein loss."""
    return -fake_logits.mean()


def relativistic_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """softplus of -(real - fake), pair by pair; Jolicoeur-Martineau 2018, Huang et al. 2024."""
    return softplus(fake_logits - real_logits).mean()


def relativistic_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The mirror image of `relativistic_d`."""
    return softplus(real_logits - fake_logits).mean()


LOSSES: dict[LossName, Loss] = {
    "minimax": Loss(cross_entropy_d, minimax_g),
    "nonsaturating": Loss(cross_entropy_d, nonsaturating_g),
    "least-squares": Loss(least_squares_d, least_squares_g),
    "hinge": Loss(hinge_d, critic_g),
    "wasserstein-gp": Loss(critic_d, critic_g, gradient_penalty=True),
    "relativistic": Loss(relativistic_d, relativistic_g, paired=True),
}


def zero_centred_penalty(x: Tensor, logits: Tensor) -> Tensor:
    """Half the mean squared gradient norm of `logits` (N,) at x (N, C, H, W); a scalar.

    On real images it is R1, on fakes R2 (Mescheder et al. 2018, eq. 9). x must require grad.
    """
    (gradient,) = torch.autograd.grad(logits.float().sum(), x, create_graph=True)
    return 0.5 * gradient.float().square().sum(dim=(1, 2, 3)).mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], x_real: Tensor, x_fake: Tensor, mix: Tensor
) -> Tensor:
    """Mean squared distance of the critic's gradient norm from 1 between real and fake.

    mix (N,) in [0, 1] says where on each line; Gulrajani et al. 2017, eq. 3 (without lambda).
    """
    mix = mix.view(-1, 1, 1, 1)
    x = (mix * x_real + (1 - mix) * x_fake).requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(x).float().sum(), x, create_graph=True)
    norm = gradient.float().square().sum(dim=(1, 2, 3)).add(1e-12).sqrt()  # sqrt'(0) is infinite
    return (norm - 1).square().mean()
