"""Hand-computed values and the direction in which every loss pulls."""

from __future__ import annotations

import math

import pytest
import torch

from gan.losses import LOSSES, gradient_penalty, zero_centred_penalties

REAL, FAKE = torch.tensor([2.0, 0.0]), torch.tensor([-1.0, 1.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


D_REAL = (softplus(-2) + softplus(0)) / 2
D_FAKE = (softplus(-1) + softplus(1)) / 2
BY_HAND = {
    "minimax": (D_REAL + D_FAKE, -(softplus(-1) + softplus(1)) / 2),
    "nonsaturating": (D_REAL + D_FAKE, (softplus(1) + softplus(-1)) / 2),
    "least-squares": (0.5 * ((1 + 1) / 2 + (1 + 1) / 2), 0.5 * (4 + 0) / 2),
    "hinge": ((0 + 1) / 2 + (0 + 2) / 2, 0.0),
    "wasserstein-gp": (0.0 - 1.0, 0.0),
    "relativistic": ((softplus(-3) + softplus(1)) / 2, (softplus(3) + softplus(-1)) / 2),
}


def test_every_loss_has_a_value_computed_by_hand():
    assert BY_HAND.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", LOSSES)
def test_values_are_those_computed_by_hand(name: str):
    d, g = BY_HAND[name]
    assert LOSSES[name].d(REAL, FAKE).item() == pytest.approx(d, abs=1e-6)
    assert LOSSES[name].g(REAL, FAKE).item() == pytest.approx(g, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_d_raises_real_and_lowers_fake_logits_and_g_raises_fake(name: str):
    """Descent on D's loss moves real scores up and fake down; on G's, fake up. The article's
    code has these signs the wrong way round."""
    # between 0 and 1, the targets of least squares
    real = torch.tensor([0.3, 0.2], requires_grad=True)
    fake = torch.tensor([0.1, 0.4], requires_grad=True)
    LOSSES[name].d(real, fake).backward()
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()
    fake.grad = None
    LOSSES[name].g(real.detach(), fake).backward()
    assert (fake.grad < 0).all()


def test_minimax_vanishes_where_nonsaturating_does_not_when_d_wins():
    fake = torch.tensor([-12.0], requires_grad=True)
    (saturated,) = torch.autograd.grad(LOSSES["minimax"].g(fake, fake), fake)
    (alive,) = torch.autograd.grad(LOSSES["nonsaturating"].g(fake, fake), fake)
    assert abs(saturated.item()) < 1e-4
    assert abs(alive.item()) > 0.99


@pytest.mark.parametrize("name", LOSSES)
def test_losses_stay_finite_at_extreme_logits(name: str):
    extreme = torch.tensor([1e4, -1e4])
    assert LOSSES[name].d(extreme, -extreme).isfinite()
    assert LOSSES[name].g(extreme, -extreme).isfinite()


def test_zero_centred_penalty_of_a_linear_critic_is_half_its_squared_slope():
    slope = torch.arange(4.0).view(1, 1, 2, 2)
    x = torch.randn(5, 1, 2, 2, requires_grad=True)
    penalty = zero_centred_penalties([(x, (x * slope).sum((1, 2, 3)))])[0]
    assert penalty.item() == pytest.approx(0.5 * (0 + 1 + 4 + 9))


def test_the_penalties_of_images_judged_together_are_each_ones_own():
    noise = torch.Generator().manual_seed(0)
    x_real, x_fake = (torch.randn(n, 1, 2, 2, generator=noise).requires_grad_() for n in (3, 5))
    squares = torch.cat([x_real, x_fake]).square().sum((1, 2, 3))
    both = torch.stack([squares, 3 * squares])  # of two critics, whose slopes are 2 x and 6 x
    found = zero_centred_penalties([(x_real, both[:, :3]), (x_fake, both[:, 3:])])
    for penalty, x in zip(found, (x_real, x_fake), strict=True):
        norms = (x.detach().numpy() ** 2).sum((1, 2, 3))
        assert penalty.item() == pytest.approx(0.5 * (4 + 36) * norms.mean(), rel=1e-5)


def test_gradient_penalty_is_the_squared_distance_of_the_slope_from_one():
    slope = torch.full((1, 1, 2, 2), 1.5)  # norm 3

    def critic(x: torch.Tensor) -> torch.Tensor:
        return (x * slope).sum((1, 2, 3))

    x_real, x_fake = torch.randn(2, 3, 1, 2, 2)
    penalty = gradient_penalty(critic, x_real, x_fake, torch.rand(3))
    assert penalty.item() == pytest.approx((3 - 1) ** 2, rel=1e-5)


def test_gradient_penalty_of_a_constant_critic_has_finite_gradients():
    weight = torch.zeros(1, requires_grad=True)
    penalty = gradient_penalty(
        lambda x: (x * weight).sum((1, 2, 3)), torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2),
        torch.rand(2),
    )  # fmt: skip
    (gradient,) = torch.autograd.grad(penalty, weight)
    assert gradient.isfinite().all()
