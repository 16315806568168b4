"""What a training is told of its samples: right for perfect ones, telling for spoiled ones."""

from __future__ import annotations

import json

import pytest
import torch
from sklearn.datasets import make_blobs

from gan.data import load_data
from gan.metrics import moments
from gan.metrics.checkup import Checkup
from gan.metrics.copies import isolation, nearness
from gan.metrics.diversity import mean_distance, spread, variety
from gan.metrics.features import extract, features_for, load_features
from gan.metrics.modes import find_modes


def halves(features):
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(3))
    return features[order[::2]], features[order[1::2]]


@pytest.fixture(scope="module")
def fashion_checkup(sets):
    """A checkup against 750 garments, and the features of 750 others."""
    net, images, features = sets["fashion"]
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(3))
    real, other = order[::2], order[1::2]
    checkup = Checkup(net, features[real], images.labels[real], classes=10, of=1500)
    return checkup, features[other], images.labels[other]


# -- Fréchet distance ----------------------------------------------------------------------------


def test_gaussians_on_a_line_have_the_distance_of_the_textbook():
    one = moments.Moments(torch.tensor([1.0]).double(), torch.tensor([[4.0]]).double())
    other = moments.Moments(torch.tensor([3.0]).double(), torch.tensor([[9.0]]).double())
    assert moments.distance(one, other) == pytest.approx((3 - 1) ** 2 + (3 - 2) ** 2)


# -- modes ---------------------------------------------------------------------------------------


def test_garments_are_told_by_the_network_that_knows_them(fashion_checkup):
    assert fashion_checkup[0].modes.kind == "class"
    assert fashion_checkup[0].measure(fashion_checkup[1]).modes == 10


@pytest.mark.parametrize("lost", [1, 5, 8])
def test_a_lost_class_is_not_covered(lost, fashion_checkup):
    checkup, features, labels = fashion_checkup
    measure = checkup.measure(features[labels != lost])
    assert (measure.modes, measure.classes) == (9, 10)
    assert measure.histogram[lost] < 0.01
    assert sum(measure.histogram) == pytest.approx(1)


def test_other_data_is_told_by_its_nearest_labelled_image_where_that_is_reliable(nets):
    points, label = make_blobs(400, n_features=8, centers=6, cluster_std=0.1, random_state=1)
    points, label = torch.from_numpy(points).float(), torch.from_numpy(label)
    modes = find_modes(nets["generic"], points[:300], label[:300], classes=6)
    assert (modes.kind, modes.count) == ("class", 6)
    assert torch.equal(modes.assign(points[300:]), label[300:])


def test_labels_that_mean_nothing_give_way_to_clusters(digits, nets):
    features = extract(nets["generic"], digits.pixels[:400])
    shuffled = digits.labels[:400][torch.randperm(400, generator=torch.Generator().manual_seed(1))]
    assert find_modes(nets["generic"], features, shuffled, classes=10).kind == "cluster"


def test_clusters_find_the_modes_of_a_mixture_and_miss_a_dropped_one(nets):
    points, blob = make_blobs(600, n_features=8, centers=20, cluster_std=0.1, random_state=1)
    points, blob = torch.from_numpy(points).float(), torch.from_numpy(blob)
    modes = find_modes(nets["generic"], points, None, classes=0)
    assert modes.count == 20
    all_there = modes.covered(modes.shares(points))
    dropped = modes.covered(modes.shares(points[blob >= 5]))
    assert all_there == 20
    assert dropped <= 16


def test_too_few_images_have_no_modes(nets):
    few = torch.randn(60, 64, generator=torch.Generator().manual_seed(0))
    assert find_modes(nets["generic"], few, None, classes=0) is None


# -- diversity -----------------------------------------------------------------------------------


def test_mean_distance_is_that_of_the_pairs():
    corners = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert mean_distance(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert mean_distance(corners[:1]) == 0.0


def test_spread_is_one_for_reals_half_for_shrunken_ones_and_nothing_for_one_image(sets):
    one, other = halves(sets["generic"][2])
    assert spread(one, other) == pytest.approx(1, abs=0.05)
    assert spread(one / 2, other) == pytest.approx(0.5, abs=0.03)
    assert spread(one[:1].expand(50, -1), other) == pytest.approx(0, abs=1e-3)


def test_one_image_a_class_keeps_the_spread_and_loses_the_variety(fashion_checkup):
    checkup, features, labels = fashion_checkup
    prototypes = torch.stack([features[labels == k][0] for k in range(10)])
    measure = checkup.measure(prototypes[labels])
    assert measure.spread > 0.6
    assert measure.variety < 0.2


def test_alike_reals_have_no_spread_to_compare_with():
    same = torch.ones(5, 3)
    assert spread(torch.randn(5, 3), same) is None
    mode = torch.zeros(5, dtype=torch.int64)
    assert variety(torch.randn(5, 3), mode, same, mode) is None


# -- copies --------------------------------------------------------------------------------------


def test_copies_are_seen_and_fresh_images_are_not(sets):
    real, fresh = halves(sets["generic"][2])
    between = isolation(real)
    copies = real[torch.randint(len(real), (300,), generator=torch.Generator().manual_seed(1))]
    noise = torch.randn(copies.shape, generator=torch.Generator().manual_seed(2))
    slightly_off = copies + 0.02 * real.std(0) * noise
    assert nearness(copies, real, between, of=len(real)).memorised > 0.85
    assert nearness(slightly_off, real, between, of=len(real)).memorised > 0.6
    assert nearness(fresh, real, between, of=len(real)).memorised == 0
    assert nearness(fresh, real, between, of=len(real)).nearest == pytest.approx(1, abs=0.15)


def test_copies_among_images_that_were_not_looked_at_are_counted_too(sets):
    features = sets["generic"][2]
    known = features[: len(features) // 3]
    seen = nearness(features, known, isolation(known), of=len(features))
    assert seen.memorised > 0.85  # though two thirds of the copied images are not known


@pytest.mark.slow
@pytest.mark.parametrize("data", ["cats", "emoji", "fashion"])
def test_images_that_are_alike_by_nature_are_no_copies(data, nets):
    """Of drawings made of the same parts many lie near one another: all that was held out of the
    cats passed for copies of the 512 that a training knows."""
    images = load_data(data)
    net = nets["fashion" if data == "fashion" else "generic"]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(3))
    features = extract(net, images.pixels[order[:1024]])
    known, others = features[:512], features[512:]
    between = isolation(known)
    assert nearness(others, known, between, of=len(images)).memorised == 0
    copied = torch.cat([others[:256], known[:256]])
    assert nearness(copied, known, between, of=512).memorised == pytest.approx(0.5, abs=0.08)


# -- the whole -----------------------------------------------------------------------------------


def test_fresh_reals_read_about_the_floor_and_noise_does_not(fashion_checkup):
    checkup, features, _ = fashion_checkup
    fresh, worse = checkup.measure(features), checkup.measure(features + 0.5)
    assert 0.5 < fresh.fd / fresh.fd_floor < 2
    assert worse.fd > 5 * worse.fd_floor
    assert json.loads(json.dumps(fresh.row())) == fresh.row()


def test_samples_that_are_not_finite_have_no_numbers(fashion_checkup):
    checkup, features, _ = fashion_checkup
    spoiled = features.clone()
    spoiled[3, 2] = torch.nan
    row = checkup.measure(spoiled).row()
    assert {k for k, v in row.items() if v is not None} == {"count"}


@pytest.mark.parametrize("count", [1, 2, 20])
def test_a_handful_of_images_can_be_looked_at(count, nets):
    few = torch.randn(count, 64, generator=torch.Generator().manual_seed(0))
    measure = Checkup(nets["generic"], few, None, classes=0, of=count).measure(few.repeat(30, 1))
    assert (measure.fd, measure.modes) == (None, None)
    assert measure.memorised == (None if count == 1 else pytest.approx(1))


def test_points_beyond_what_a_picture_shows_are_counted():
    ring = load_data("ring")
    net = load_features(features_for("ring", ring.pixels.shape[1]))
    real = extract(net, ring.pixels[:500])
    checkup = Checkup(net, real, None, classes=0, of=len(ring))
    points = torch.tensor([[0.0, 1.0], [1.01, 0.0], [-3.0, -3.0], [0.5, -0.5]]).repeat(50, 1)
    assert checkup.measure(points * float(net.scale)).outside == 100
