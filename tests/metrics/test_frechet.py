"""The distance is the published formula, and its floor is what chance alone gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from gan.errors import MetricError
from gan.images import normalise
from gan.metrics.features import TRAINED, extract
from gan.metrics.frechet import frechet_distance, real_floor


def draw(count: int, width: int, seed: int) -> torch.Tensor:
    """Correlated features, not centred."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(width, width, generator=generator)
    return torch.randn(count, width, generator=generator) @ mix + 2 * mix[0]


def by_scipy(real: torch.Tensor, fake: torch.Tensor) -> float:
    """|mu_r - mu_f|^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2)), as Heusel et al. 2017 print it."""
    a, b = real.double().numpy(), fake.double().numpy()
    s, t = np.cov(a.T), np.cov(b.T)
    shift = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(shift + np.trace(s + t - 2 * sqrtm(s @ t).real))


@given(st.integers(2, 24), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_distance_agrees_with_scipy_on_any_features(width, seed):
    real, fake = draw(80, width, seed), draw(70, width, seed + 1)
    assert frechet_distance(real, fake) == pytest.approx(by_scipy(real, fake), rel=1e-4)


@pytest.mark.parametrize("kind", TRAINED)
def test_distance_agrees_with_scipy_on_images(kind, sets):
    features = sets[kind][2]
    real, fake = features[::2], features[1::2] * 1.05
    assert frechet_distance(real, fake) == pytest.approx(by_scipy(real, fake), rel=1e-4)


@pytest.mark.parametrize("kind", TRAINED)
def test_distance_is_that_of_torchmetrics_with_the_network_plugged_in(kind, sets):
    net, images, _ = sets[kind]
    x = normalise(images.pixels[:400])
    metric = FrechetInceptionDistance(feature=net)
    metric.update(x[:200], real=True)
    metric.update(x[200:], real=False)
    ours = frechet_distance(extract(net, x[:200]), extract(net, x[200:]))
    assert ours == pytest.approx(float(metric.compute()), rel=1e-4)


def test_a_shift_costs_its_squared_length():
    real = draw(50, 4, 0)
    assert frechet_distance(real, real + torch.tensor([3.0, 0, 4, 0])) == pytest.approx(
        25, rel=1e-6
    )


def test_a_spread_costs_the_squared_difference_of_deviations():
    real = torch.tensor([[-1.0], [0.0], [1.0]])  # standard deviation 1, of three times that 3
    assert frechet_distance(real, 3 * real) == pytest.approx(4, rel=1e-6)


@pytest.mark.parametrize("kind", TRAINED)
def test_a_set_is_at_no_distance_from_itself_in_any_order(kind, sets):
    features = sets[kind][2]
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(0))
    assert frechet_distance(features, features[order]) == pytest.approx(0, abs=1e-4)
    assert frechet_distance(features, features) < real_floor(features, len(features))


def test_distance_is_the_same_both_ways():
    real, fake = draw(60, 6, 1), draw(60, 6, 2)
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-6)


def test_a_floor_from_halves_foretells_that_of_whole_sets():
    population = draw(8000, 16, 7)
    direct = real_floor(population, 2000)  # disjoint sets of 2,000 each
    from_halves = np.mean([real_floor(part, 2000) for part in population.split(2000)])
    assert from_halves == pytest.approx(direct, rel=0.2)


def test_the_floor_falls_as_sets_grow():
    population = draw(4000, 16, 8)
    small, large = real_floor(population, 250), real_floor(population, 2000)
    assert small / large == pytest.approx(8, rel=0.3)


def test_the_floor_of_a_seed_is_always_the_same():
    features = draw(300, 8, 9)
    assert real_floor(features, 100, seed=5) == real_floor(features, 100, seed=5)
    assert real_floor(features, 100, seed=5) != real_floor(features, 100, seed=6)


@pytest.mark.parametrize(
    "fake", [torch.zeros(1, 4), torch.zeros(9, 5), torch.zeros(4), torch.full((9, 4), torch.nan)]
)
def test_unsuitable_features_are_refused(fake):
    with pytest.raises(MetricError, match="features must be"):
        frechet_distance(draw(9, 4, 0), fake)


def test_a_floor_of_too_few_is_refused():
    with pytest.raises(MetricError, match="a floor needs 4"):
        real_floor(torch.zeros(3, 4), 3)
