"""DiffAugment: gradients pass, nothing tells real from fake, p = 0 is nothing at all."""

from __future__ import annotations

import pytest
import torch

from gan.data import augment
from gan.data.augment import Draws


def nothing(count: int = 1) -> Draws:
    ones = torch.ones(count)
    none = torch.zeros(count, 2, dtype=torch.int64)
    return Draws(torch.zeros(count), ones, ones, none, none - 1000)


def ramp(channels: int = 1, size: int = 8) -> torch.Tensor:
    return torch.linspace(-1, 1, channels * size * size).view(1, channels, size, size)


def test_probability_zero_shows_images_as_they_are():
    draws = augment.draw(5, 8, 0.0, torch.Generator().manual_seed(0))
    x = ramp().expand(5, -1, -1, -1)
    assert torch.allclose(augment.apply(x, draws), x, atol=1e-6)


def test_probability_is_how_often_each_change_comes():
    draws = augment.draw(20_000, 32, 0.3, torch.Generator().manual_seed(0))
    assert (draws.contrast != 1).float().mean().item() == pytest.approx(0.3, abs=0.015)
    assert (draws.hole >= 0).all(1).float().mean().item() == pytest.approx(0.3, abs=0.015)
    moved = (draws.shift != 0).any(1).float().mean().item()
    assert moved == pytest.approx(0.3 * (1 - 1 / 81), abs=0.015)  # one of 9 x 9 stays in place


def test_colour_is_what_was_drawn():
    x = ramp(3)
    moved = augment.apply(x, nothing()._replace(brightness=torch.tensor([0.25])))
    assert torch.allclose(moved, x + 0.25, atol=1e-6)
    grey = augment.apply(x, nothing()._replace(saturation=torch.tensor([0.0])))
    assert torch.allclose(grey, x.mean(1, keepdim=True).expand_as(x), atol=1e-6)
    flat = augment.apply(x, nothing()._replace(contrast=torch.tensor([0.5])))
    assert torch.allclose(flat - x.mean(), (x - x.mean()) * 0.5, atol=1e-6)


def test_a_shift_moves_down_and_right_and_what_comes_in_is_grey():
    x = ramp()
    out = augment.apply(x, nothing()._replace(shift=torch.tensor([[1, -1]])))
    assert torch.equal(out[..., 1:, :-1], x[..., :-1, 1:])
    assert (out[..., 0, :] == 0).all()
    assert (out[..., -1] == 0).all()


def test_a_hole_is_half_the_side_and_cut_at_the_border():
    x = torch.ones(1, 1, 8, 8)
    out = augment.apply(x, nothing()._replace(hole=torch.tensor([[4, 4]])))
    assert (out == 0).sum() == 16
    assert (out[..., 2:6, 2:6] == 0).all()
    out = augment.apply(x, nothing()._replace(hole=torch.tensor([[0, 4]])))
    assert (out == 0).sum() == 8


def test_gradients_pass_to_every_pixel_that_is_still_there():
    draws = augment.draw(4, 8, 1.0, torch.Generator().manual_seed(3))
    x = ramp().repeat(4, 1, 1, 1).double().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda y: augment.apply(y, draws), x)


def test_real_and_fake_are_changed_by_the_same_law():
    """One law, drawn anew: the means of many draws agree and no two images are changed alike."""
    generator = torch.Generator().manual_seed(5)
    real, fake = (augment.draw(20_000, 32, 0.5, generator) for _ in range(2))
    for a, b in zip(real, fake, strict=True):
        spread = a.float().std(0).max().item()
        assert (a.float().mean(0) - b.float().mean(0)).abs().max().item() < 0.04 * spread
        assert not torch.equal(a, b)
