"""Adversarial losses on logits, as plain functions of tensors, and gradient penalties.

A loss is a pair: D's scalar to minimise and G's, each of real and fake logits (N,). G's takes the
real logits too because the relativistic pairing needs them; the others ignore them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    gradient_penalty: bool = False  # D also pays `gradient_penalty` at every step
    boundary: float | None = 0.0  # the threshold logit; None: only pairs can be compared

    def signs(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """+1 where D classifies a real image as real, -1 where as fake; the input of ADA.

        Losses without a fixed logit threshold are evaluated pairwise instead.
        """
        level = fake_logits if self.boundary is None else self.boundary
        return (real_logits - level).sign()


def cross_entropy_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D = sigmoid(logit); Goodfellow et al. 2014, eq. 1.

    softplus keeps it finite where log(sigmoid) would underflow.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def minimax_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))]: G's objective in the minimax game. Vanishes when D wins."""
    return -softplus(fake_logits).mean()


def nonsaturating_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))]: same fixed point, but gradients do not vanish when D wins."""
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
    """-E[D(G(z))]; for the hinge loss and the Wasserstein loss."""
    return -fake_logits.mean()


def relativistic_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """softplus of -(real - fake), pairwise; Jolicoeur-Martineau 2018, Huang et al. 2024."""
    return softplus(fake_logits - real_logits).mean()


def relativistic_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The mirror image of `relativistic_d`."""
    return softplus(real_logits - fake_logits).mean()


LOSSES: dict[LossName, Loss] = {
    "minimax": Loss(cross_entropy_d, minimax_g),
    "nonsaturating": Loss(cross_entropy_d, nonsaturating_g),
    "least-squares": Loss(least_squares_d, least_squares_g, boundary=0.5),
    "hinge": Loss(hinge_d, critic_g),
    "wasserstein-gp": Loss(critic_d, critic_g, gradient_penalty=True, boundary=None),
    "relativistic": Loss(relativistic_d, relativistic_g, paired=True, boundary=None),
}


def zero_centred_penalties(judged: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Half the mean squared gradient norm of logits at x (N, C, H, W), a scalar for each pair.

    On real images it is R1, on fakes R2 (Mescheder et al. 2018, eq. 9). x must require grad.
    logits: one per image or pack, (P,); for several critics (K, P), whose penalties are added; as
    many critics in each pair. One backward pass serves all pairs, so that no logits may depend on
    another pair's x.
    """
    every = [logits.reshape(-1, logits.shape[-1]) for _, logits in judged]
    penalties: list[Tensor] = [logits.new_zeros(()) for logits in every]
    for rows in zip(*every, strict=True):  # of one critic
        total = torch.stack([row.float().sum() for row in rows]).sum()
        gradients = torch.autograd.grad(total, [x for x, _ in judged], create_graph=True)
        for i, (gradient, row) in enumerate(zip(gradients, rows, strict=True)):
            squares = gradient.float().square().sum(dim=(1, 2, 3)).sum()
            penalties[i] = penalties[i] + 0.5 * squares / len(row)
    return penalties


def _gradients(x: Tensor, logits: Tensor) -> list[Tensor]:
    """d logits / d x for each critic, differentiable (create_graph)."""
    return [
        torch.autograd.grad(row.float().sum(), x, create_graph=True)[0]
        for row in logits.reshape(-1, logits.shape[-1])
    ]


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    x_real: Tensor,
    x_fake: Tensor,
    mix: Tensor,
    *,
    packing: int = 1,
) -> Tensor:
    """Mean squared deviation of the critic's gradient norm from 1 between real and fake.

    mix (N,) in [0, 1] is the position on each line; Gulrajani et al. 2017, eq. 3 (without lambda).
    critic: x -> logits (P,), or (K, P) for several critics, whose penalties are added. `packing`
    neighbours are scored together, and so they are one point: their gradients have one norm.
    """
    mix = mix.view(-1, 1, 1, 1)
    x = (mix * x_real + (1 - mix) * x_fake).requires_grad_(True)
    logits = critic(x)
    penalties = []
    for gradient in _gradients(x, logits):
        squares = gradient.float().square().sum(dim=(1, 2, 3))  # (N,)
        squares = _by_pack(squares, packing)
        norm = squares.add(1e-12).sqrt()  # sqrt'(0) is infinite
        penalties.append((norm - 1).square().mean())
    return torch.stack(penalties).sum()


def _by_pack(values: Tensor, size: int) -> Tensor:
    """Per-image values (N,) summed within packs, (ceil(N / size),)."""
    if size == 1:
        return values
    pack = torch.arange(len(values), device=values.device) // size
    return values.new_zeros(-(-len(values) // size)).index_add(0, pack, values)


def worst(loss: LogitsLoss, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The largest of the critics' losses, logits (K, P); Durugkar et al. 2017 (GMAN-max)."""
    return torch.stack([loss(r, f) for r, f in zip(real_logits, fake_logits, strict=True)]).amax()
