"""Intervals, kernel distance, precision and its kin, memorising: what must hold of each."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from scipy.linalg import sqrtm
from scipy.stats import mannwhitneyu
from torchmetrics.image.kid import poly_mmd

from gan.errors import MetricError
from gan.metrics.frechet import frechet_distance
from gan.metrics.intervals import jackknife, mean_interval
from gan.metrics.kernel import kernel_distance
from gan.metrics.manifold import manifold, reaches
from gan.metrics.memorisation import EXPECTED, memorisation
from gan.metrics.neighbours import nearest


def normal(count: int, seed: int, *, width: int = 8, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + shift


# ---- intervals --------------------------------------------------------------------------------


@pytest.mark.slow
def test_bounds_hold_the_true_distance_about_as_often_as_they_say():
    """Mean shift 1 in 8 dimensions: the distance is 8 in truth."""
    held = 0
    for seed in range(60):
        real, fake = normal(1500, 2 * seed), normal(1500, 2 * seed + 1, shift=1.0)
        bounds = jackknife(frechet_distance, real, fake, seed=seed)
        held += bounds.low <= 8 <= bounds.high
    assert held >= 54  # of 57 expected; 54 or fewer of 60 comes once in 11 draws of a fair one


def test_more_images_narrow_the_bounds():
    widths = []
    for count in (200, 800, 3200):
        found = jackknife(frechet_distance, normal(count, 1), normal(count, 2, shift=0.5))
        widths.append(found.high - found.low)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_the_mean_of_known_values_has_known_bounds():
    found = mean_interval([1.0, 2.0, 3.0])
    assert found.value == 2
    assert found.high - 2 == pytest.approx(4.302653 / 3**0.5)  # Student's t, 2 degrees of freedom
    assert mean_interval([5.0]) == (5, 5, 5)


def test_too_few_images_have_no_interval():
    with pytest.raises(MetricError, match="40 images"):
        jackknife(frechet_distance, normal(39, 0), normal(100, 1))


# ---- distances --------------------------------------------------------------------------------


def test_fd_agrees_with_scipys_matrix_square_root(sets):
    features = sets["fashion"][2]
    real, fake = features[:700].double(), features[700:1400].double() * 1.1
    means = real.mean(0) - fake.mean(0)
    one, other = np.cov(real.numpy().T), np.cov(fake.numpy().T)
    reference = float(means @ means) + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet_distance(real.float(), fake.float()) == pytest.approx(reference, rel=1e-4)


def test_kd_of_one_block_is_torchmetrics():
    real, fake = normal(40, 1), normal(40, 2, shift=0.3)
    order = torch.Generator().manual_seed(0)
    shuffled = [x[torch.randperm(40, generator=order)].double() for x in (real, fake)]
    blocks = [float(poly_mmd(shuffled[0][i : i + 20], shuffled[1][i : i + 20])) for i in (0, 20)]
    assert kernel_distance(real, fake, block=20).value == pytest.approx(np.mean(blocks))


def test_kd_of_one_distribution_is_about_0_and_its_bounds_hold_it(sets):
    for kind in sets:
        one, other = sets[kind][2][::2], sets[kind][2][1::2]
        found = kernel_distance(one, other, block=75)
        assert found.low < 0 < found.high
        far = kernel_distance(one, other * 1.5, block=75)
        assert far.low > found.high


@pytest.mark.parametrize("count", [500, 900])
def test_kd_of_few_images_still_tells_far_ones(count):
    """Two blocks alone have bounds of twelve times their spread, which hold 0 whatever comes."""
    for seed in range(5):
        real, fake = normal(count, 2 * seed), normal(count, 2 * seed + 1, shift=0.3)
        assert kernel_distance(real, fake, seed=seed).low > 0


# ---- precision, recall, density, coverage -----------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(300, 300), (1100, 250)])
def test_precision_and_its_kin_agree_with_their_authors_code(n, m):
    real, fake = normal(n, 1), normal(m, 2, shift=0.4)
    reference = compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    found = manifold(real, fake)
    for name, value in reference.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-6), name


def test_a_set_against_itself_is_perfect():
    x = normal(400, 3)
    found = manifold(x, x)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(1.2)  # each point in its own ball and in five others


@pytest.mark.parametrize("lost", [1, 5, 8])
def test_recall_falls_when_a_mode_is_lost_and_precision_does_not(lost, sets):
    _, images, features = sets["fashion"]
    real, other = features[::2], features[1::2]
    kept = other[images.labels[1::2] != lost]
    whole, less = manifold(real, other), manifold(real, kept)
    assert less.recall < whole.recall - 0.05
    assert less.coverage < whole.coverage - 0.05
    assert less.precision > whole.precision - 0.03


def test_precision_falls_when_noise_is_added_and_recall_does_not_rise(sets):
    net, images, features = sets["fashion"]
    real, other = features[::2], images.pixels[1::2].float() / 127.5 - 1
    noise = 0.5 * torch.randn(other.shape, generator=torch.Generator().manual_seed(1))
    clean, noisy = manifold(real, features[1::2]), manifold(real, net(other + noise))
    assert noisy.precision < clean.precision - 0.2
    assert noisy.density < clean.density - 0.2
    assert noisy.recall < clean.recall + 0.01


def test_the_order_of_images_does_not_matter():
    real, fake = normal(300, 1), normal(300, 2, shift=0.2)
    turned = manifold(real.flip(0), fake.roll(7, 0))
    assert turned == manifold(real, fake)


def test_a_reach_is_the_distance_to_the_kth_other_point():
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    assert reaches(line, 1).tolist() == [1, 1, 2, 4]
    assert reaches(line, 2).tolist() == [3, 2, 3, 6]


def test_too_few_points_have_no_manifold():
    with pytest.raises(MetricError, match="more than 5"):
        manifold(normal(5, 0), normal(50, 1))


# ---- memorising -------------------------------------------------------------------------------


def test_fresh_images_read_as_expected():
    found = memorisation(normal(3000, 1), normal(1000, 2), normal(2000, 3))
    assert found.fraction == pytest.approx(EXPECTED, abs=0.02)
    assert abs(found.z) < 3


@pytest.mark.parametrize("copies", [10, 200])
def test_planted_copies_of_training_images_are_found(copies, sets):
    features = sets["fashion"][2]
    features = features[torch.randperm(len(features), generator=torch.Generator().manual_seed(3))]
    train, held_out, fresh = features[:900], features[900:1200], features[1200:].clone()
    rows = torch.arange(copies)
    fake = torch.cat([fresh, train[rows]])
    found = memorisation(train, held_out, fake)
    plain = memorisation(train, held_out, fresh)
    assert found.fraction > plain.fraction + 0.7 * copies / len(fake)
    shown = min(copies, len(found.samples))
    assert all(s >= len(fresh) for s in found.samples[:shown])
    assert {s - len(fresh) for s in found.samples[:shown]} == set(found.images[:shown])
    assert found.ratios[:shown] == (0,) * shown
    assert found.z < plain.z


def test_the_rank_test_agrees_with_scipy_and_has_a_sign():
    near, far = normal(300, 1) * 0.2, normal(300, 2) * 3
    train, held_out = normal(500, 3), normal(300, 4)
    assert memorisation(train, held_out, near).z < -3
    found = memorisation(train, held_out, far)
    assert found.z > 3
    usual, own = (nearest(x, train, 1).distances[:, 0] for x in (held_out, normal(300, 5)))
    p = mannwhitneyu(own.numpy(), usual.numpy()).pvalue
    z = memorisation(train, held_out, normal(300, 5)).z
    assert 2 * (1 - torch.distributions.Normal(0, 1).cdf(torch.tensor(abs(z)))).item() == (
        pytest.approx(p, abs=1e-5)
    )


def test_the_nearest_of_planted_points_is_exact():
    among = normal(2500, 1)
    distances, rows = nearest(among[[3, 2400]] + 1e-3, among, 1)
    assert rows.tolist() == [[3], [2400]]
    assert distances[:, 0].tolist() == pytest.approx([1e-3 * 8**0.5] * 2, rel=1e-2)


def test_nothing_is_said_of_memorising_without_held_out_images():
    with pytest.raises(MetricError, match="held out"):
        memorisation(normal(100, 1), normal(19, 2), normal(100, 3))
