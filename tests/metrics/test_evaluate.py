"""What makes images worse makes the number worse."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from gan.config import WeightsConfig
from gan.data.imageset import fit
from gan.errors import MetricError
from gan.metrics.evaluate import class_histogram, classes_covered, evaluate
from gan.metrics.features import TRAINED, extract
from gan.metrics.frechet import frechet_distance, real_floor

CONFIG = WeightsConfig(name="playback")
COUNT = 600


def halves(images):
    """Two sets with no image in common."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(2))
    return images.subset(order[: len(images) // 2]), images.subset(order[len(images) // 2 :])


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAINED)
def test_a_perfect_generator_reads_about_its_floor(kind, sets, playback):
    shown, reference = halves(sets[kind][1])
    result = evaluate(playback(shown.pixels), CONFIG, data=reference, count=COUNT)
    # images drawn with replacement from 750 differ from fresh ones, so not quite the floor
    assert result.fd_floor / 2 < result.fd < 3 * result.fd_floor
    assert result.count == COUNT
    assert result.features == f"features-{kind}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAINED)
def test_noise_raises_the_distance_step_by_step(kind, sets, playback):
    images = sets[kind][1]
    fds = [
        evaluate(playback(images.pixels, noise=noise), CONFIG, data=images, count=200).fd
        for noise in (0.0, 0.1, 0.2, 0.4)
    ]
    assert fds == sorted(fds)
    assert fds[-1] > 3 * fds[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAINED)
def test_blur_raises_the_distance(kind, sets):
    net, images, features = sets[kind]
    x = images.pixels.float() / 127.5 - 1
    blurred = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    distance = frechet_distance(features, extract(net, blurred))
    assert distance > 5 * real_floor(features, len(features))


@pytest.mark.slow
def test_wrong_colours_raise_the_distance(sets):
    net, images, features = sets["generic"]
    distance = frechet_distance(features, extract(net, images.pixels.flip(1)))
    assert distance > 5 * real_floor(features, len(features))


@pytest.mark.parametrize("lost", range(0, 10, 3))
def test_a_lost_class_raises_the_distance(lost, sets):
    _, images, features = sets["fashion"]
    kept = features[images.labels != lost]
    same_size = features[torch.randperm(len(features))[: len(kept)]]
    assert frechet_distance(features, kept) > 3 * frechet_distance(features, same_size)


@pytest.mark.slow
def test_a_lost_class_is_missing_from_the_histogram(fashion, playback):
    kept = fashion.subset((fashion.labels != 1).nonzero()[:, 0])  # trousers look like no other
    result = evaluate(playback(kept.pixels), CONFIG, data=fashion, count=COUNT)
    assert result.class_histogram["Trouser"] < 0.01
    assert result.classes_covered == 9


def test_a_full_histogram_is_balanced_and_adds_up(sets):
    net, _, features = sets["fashion"]
    histogram = class_histogram(net, features)
    assert sum(histogram.values()) == pytest.approx(1)
    assert classes_covered(histogram) == 10
    assert all(0.07 < fraction < 0.13 for fraction in histogram.values())


def test_a_class_is_drawn_as_often_as_the_real_images_have_it(fashion, playback_by_class):
    few = (torch.cumsum(fashion.labels != 1, 0) <= 60) & (fashion.labels != 1)
    uneven = fashion.subset(((fashion.labels == 1) | few).nonzero()[:, 0])  # mostly trousers
    counts = torch.bincount(uneven.labels, minlength=10)
    assert counts.max() > 10 * counts.min()
    model = playback_by_class(uneven)
    config = replace(CONFIG, class_names=uneven.class_names)
    found = evaluate(model, config, data=uneven, count=200)
    assert found.fd < 2 * found.fd_floor
    # without the names nobody knows which class is which
    found = evaluate(model, CONFIG, data=uneven, count=200)
    assert found.fd > 5 * found.fd_floor


def test_data_without_classes_has_no_histogram(emoji, playback):
    result = evaluate(playback(emoji.pixels), CONFIG, data=emoji, count=200)
    assert result.class_histogram is None
    assert result.classes_covered is None


def test_there_are_never_more_samples_than_real_images(emoji, playback):
    few = emoji.subset(torch.arange(200))
    assert evaluate(playback(few.pixels), CONFIG, data=few, count=10_000).count == 200


@pytest.mark.slow
def test_a_seed_gives_the_same_numbers_and_another_gives_other_samples(fashion, playback):
    g, few = playback(fashion.pixels), fashion.subset(torch.arange(300))  # all of them, each time
    one, same, other = (evaluate(g, CONFIG, data=few, count=300, seed=s).fd for s in (0, 0, 9999))
    assert one == same
    assert other != pytest.approx(one, rel=1e-3)


@pytest.mark.parametrize(("resolution", "channels"), [(64, 1), (16, 1), (28, 3)])
def test_resizing_is_nobodys_fault(resolution, channels, fashion, playback):
    fitted = fit(fashion, resolution=resolution, channels=channels)
    result = evaluate(playback(fitted.pixels), CONFIG, data=fashion, count=300)
    assert result.fd < 2 * result.fd_floor


@pytest.mark.slow
def test_progress_rises_from_0_to_1(fashion, playback):
    seen: list[float] = []
    evaluate(playback(fashion.pixels), CONFIG, data=fashion, count=600, on_progress=seen.append)
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.5
    assert seen[-1] == pytest.approx(1)


def test_an_evaluation_survives_json(fashion, playback):
    result = evaluate(playback(fashion.pixels), CONFIG, data=fashion, count=200)
    assert json.loads(json.dumps(result.to_json())) == result.to_json()
    assert result.to_json()["weights"] == "playback"


@pytest.mark.parametrize(("real", "count"), [(50, 1000), (1000, 50)])
def test_too_few_images_are_refused(fashion, real, count, playback):
    few = fashion.subset(torch.arange(real))
    with pytest.raises(MetricError, match="130 real images"):
        evaluate(playback(fashion.pixels), CONFIG, data=few, count=count)


def test_a_diverged_generator_is_refused(fashion, playback):
    g = playback(fashion.pixels)
    g.unused.data.fill_(torch.nan)
    with pytest.raises(MetricError, match="diverged"):
        evaluate(g, CONFIG, data=fashion, count=200)
