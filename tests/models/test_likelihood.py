"""The likelihoods of a VAE and an RNN, against closed formulas, torch.distributions and brute
force."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from gan.config import ModelConfig
from gan.models.logistic import (
    LEVELS,
    Mixture,
    cumulative,
    level_at,
    log_mass,
    mixture_log_mass,
    share_of,
    value_of,
)
from gan.models.rnn import RnnGenerator
from gan.models.vae import Code

VALUES = value_of(torch.arange(LEVELS))


def drawn_mixture(*shape: int, seed: int = 0) -> Mixture:
    draw = torch.Generator().manual_seed(seed)
    share, mean, scale = torch.randn(3, *shape, 4, generator=draw)
    return Mixture(share.log_softmax(-1), mean, scale - 2)


def drawn_rnn(channels: int = 1, classes: int = 3) -> RnnGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # noqa: TID251
        model = ModelConfig(
            family="rnn", resolution=8, channels=channels, classes=classes,
            z_dim=64 * channels, g_widths=(24, 8, 16),
        )  # fmt: skip
        rnn = RnnGenerator(model).eval()
        for p in rnn.parameters():  # far from where it begins, so that all of it counts
            p.data.add_(0.2 * torch.randn_like(p))
    return rnn


@pytest.mark.parametrize("mean", [-1.4, -1.0, 0.003, 0.9])
@pytest.mark.parametrize("log_scale", [-9.0, -5.0, -1.0, 1.0])
def test_a_discretised_logistic_adds_up_to_one(mean, log_scale):
    masses = log_mass(VALUES.double(), torch.tensor(mean).double(), torch.tensor(log_scale)).exp()
    assert masses.sum().item() == pytest.approx(1, abs=1e-6)


def test_a_mass_is_the_difference_of_two_sigmoids():
    x, mean, scale = VALUES[40].double(), 0.1, math.exp(-1.5)
    cdf = lambda v: 1 / (1 + math.exp(-(v - mean) / scale))  # noqa: E731
    wanted = math.log(cdf(float(x) + 1 / 255) - cdf(float(x) - 1 / 255))
    assert log_mass(x, torch.tensor(mean), torch.tensor(-1.5)).item() == pytest.approx(wanted)


def test_the_cdf_is_the_running_sum_of_the_masses():
    mixture = drawn_mixture(5)
    masses = mixture_log_mass(VALUES.expand(5, -1), Mixture(*(p[:, None] for p in mixture))).exp()
    found = cumulative(torch.arange(LEVELS - 1).expand(5, -1), mixture)
    torch.testing.assert_close(found, masses.cumsum(-1)[:, :-1], rtol=1e-4, atol=1e-5)


def test_the_inverse_cdf_is_that_of_a_search_through_all_levels():
    mixture, u = drawn_mixture(400, seed=1), torch.rand(400, generator=torch.Generator())
    every = cumulative(torch.arange(LEVELS - 1).expand(400, -1), mixture)
    assert torch.equal(level_at(u, mixture), (every < u[:, None]).sum(-1))
    levels = torch.arange(400) % LEVELS
    likely = mixture_log_mass(value_of(levels), mixture) > math.log(1e-5)
    assert likely.sum() > 100
    assert torch.equal(level_at(share_of(levels, mixture), mixture)[likely], levels[likely])


def test_the_kl_is_that_of_torch_distributions():
    mean, log_variance = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(0))
    wanted = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(Code(mean, log_variance).kl(), wanted)
    assert Code(torch.zeros(1, 3), torch.zeros(1, 3)).kl().sum() == 0  # q is the prior


@pytest.mark.parametrize("channels", [1, 3])
def test_a_row_depends_on_no_row_below_it(channels):
    rnn, labels = drawn_rnn(channels), torch.tensor([0, 1])
    x = value_of(torch.randint(0, LEVELS, (2, channels, 8, 8)))
    before = rnn.log_likelihood(x, labels)
    x[:, :, 4] = -x[:, :, 4]
    after = rnn.log_likelihood(x, labels)
    assert torch.equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


def test_a_pixel_depends_on_no_pixel_of_its_own_pass_or_a_later_one():
    rnn = drawn_rnn(classes=0)
    x = value_of(torch.randint(0, LEVELS, (1, 1, 8, 8)))
    before = rnn.predict(x)
    x[:, :, 3, 1::2] = -x[:, :, 3, 1::2]  # the last pass of row 3
    after = rnn.predict(x)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(old.mean[3], new.mean[3])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_noise_gives_the_same_picture_and_a_picture_gives_its_noise(channels):
    rnn, labels = drawn_rnn(channels), torch.tensor([0, 1, 2, 0])
    z = torch.randn(4, 64 * channels, generator=torch.Generator().manual_seed(1))
    x = rnn(z, labels)
    assert torch.equal(x, rnn(z, labels))
    assert torch.equal(x[2:3], rnn(z[2:3], labels[2:3]))  # whatever is drawn beside it
    assert not torch.equal(x, rnn(-z, labels))
    assert torch.equal(rnn(rnn.noise_of(x, labels), labels), x)


def test_samples_follow_the_likelihood():
    rnn = drawn_rnn(classes=0)
    x = rnn(torch.randn(4000, 64, generator=torch.Generator().manual_seed(2)))
    dark = rnn.predict(x[:1])[0]  # of the first row's first pixel, the same for all
    below = cumulative(torch.tensor([100]), Mixture(*(p[0, 0, 0] for p in dark)))
    share = (x[:, 0, 0, 0] <= value_of(torch.tensor(100)) + 1e-4).float().mean()
    assert share.item() == pytest.approx(below.item(), abs=4 * 0.5 / math.sqrt(4000))
