"""Flow matching against plain torch and against ODEs whose solution is known."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.data import Batch
from gan.errors import ConfigError
from gan.models.flow import FlowGenerator, FlowPoints, FlowUNet
from gan.models.waves import Waves
from gan.training import Trainer

PLANE = ModelConfig(
    family="flow-points", resolution=1, channels=2, z_dim=2, g_widths=(8,), ode_steps=64
)
UNET = ModelConfig(
    family="flow", resolution=12, channels=3, classes=4, z_dim=432, g_widths=(8,), ode_steps=3
)


class Gaussians(FlowPoints):
    """From N(0, 1) to N(MEAN, SIGMA^2): the velocity of straight paths between independent ends.

    v(x, t) = E[x1 - x0 | x_t = x]; x_t has mean t m and variance V = (1 - t)^2 + t^2 s^2, and the
    covariance of x1 - x0 with it is t s^2 - (1 - t): a regression line.
    """

    MEAN, SIGMA = 0.7, 0.25

    def velocity(self, x: Tensor, t: Tensor, klass: Tensor) -> Tensor:
        t, s = t.view(-1, 1, 1, 1), self.SIGMA
        variance = (1 - t) ** 2 + (t * s) ** 2
        return self.MEAN + (t * s**2 - (1 - t)) / variance * (x - t * self.MEAN)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2)])
def test_a_sampler_follows_a_known_ode_and_converges_in_its_order(solver, order):
    # the exact map is monotone between two Gaussians: x = m + s z
    z = torch.linspace(-2, 2, 41)[:, None].repeat(1, 2)
    exact = Gaussians.MEAN + Gaussians.SIGMA * z
    errors = []
    for steps in (32, 64, 128):
        flow = Gaussians(replace(PLANE, solver=solver, ode_steps=steps))
        errors.append(float((flow(z).flatten(1) - exact).abs().max().detach()))
    assert errors[-1] < (0.02 if order == 1 else 0.001)
    for coarse, fine in pairwise(errors):
        assert math.log2(coarse / fine) > order - 0.25  # here the midpoint's next term vanishes too


def test_a_path_undone_is_its_noise():
    flow = Gaussians(replace(PLANE, solver="midpoint", ode_steps=32))
    z = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(flow.noise_of(flow(z)), z, atol=1e-4, rtol=0)


def seeded(config: ModelConfig) -> FlowGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # noqa: TID251
        flow = (FlowPoints if config.is_plane else FlowUNet)(config)
        for p in flow.parameters():  # blocks begin as the identity
            p.data.add_(0.1 * torch.randn_like(p))
    return flow.eval()


@pytest.mark.parametrize("config", [PLANE, UNET], ids=lambda c: c.family)
def test_the_same_noise_gives_the_same_sample_whatever_is_beside_it(config):
    flow = seeded(config)
    z = torch.randn(5, flow.z_dim, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(5) % 4 if config.classes else None
    x = flow(z, labels)
    assert x.shape == (5, *flow.image_shape)
    alone = flow(z[2:3], labels[2:3] if labels is not None else None)
    torch.testing.assert_close(alone, x[2:3], atol=1e-5, rtol=1e-5)
    mixed = nn.functional.one_hot(labels, 4).float() if labels is not None else None
    torch.testing.assert_close(flow(z, mixed), x)  # class weights
    assert x.abs().max() <= 1 or config.is_plane


def test_z_is_the_noise_in_an_orthonormal_basis_coarse_waves_first():
    waves = Waves(3, 12)
    z = torch.eye(432)
    noise = waves.noise(z).flatten(1)
    torch.testing.assert_close(noise @ noise.T, torch.eye(432), atol=1e-5, rtol=0)
    torch.testing.assert_close(waves.z(waves.noise(z)), z, atol=1e-5, rtol=0)
    flat = waves.noise(z[:3])  # the first three: one shade for each channel
    torch.testing.assert_close(flat, flat.mean((2, 3), keepdim=True).expand_as(flat))


def test_the_loss_is_that_of_plain_torch(digits, make_config):
    config = make_config()
    model = replace(config.model, family="flow", g_widths=(16,), d_widths=(), z_dim=64)
    trainer = Trainer(replace(config, model=model), digits)
    flow = trainer.g
    for p in flow.parameters():
        p.data.add_(0.05)
    x = digits.pixels[:6].float() / 127.5 - 1
    labels = None if digits.labels is None or not model.classes else digits.labels[:6]
    found = trainer.method.parts(Batch(x, labels), torch.Generator().manual_seed(3))
    draw = torch.Generator().manual_seed(3)
    z = torch.randn(6, 1, 8, 8, generator=draw)
    first = float(torch.rand(1, generator=draw))
    total = 0.0
    for i in range(6):
        t = (first + i / 6) % 1.0
        mixture = (1 - t) * z[i] + t * x[i]
        klass = flow.embedded(None if labels is None else labels[i : i + 1], 1)
        v = flow.velocity(mixture[None], torch.tensor([t]), klass)[0]
        total += float(((v - (x[i] - z[i])) ** 2).sum().detach())
    assert found["velocity_error"].item() == pytest.approx(total / (6 * 64), rel=1e-4)


def test_noise_of_another_size_is_refused():
    with pytest.raises(ConfigError, match="z_dim of family flow must be the 432 values"):
        FlowUNet(replace(UNET, z_dim=100))
