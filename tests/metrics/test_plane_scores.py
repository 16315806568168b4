"""Scores of points in the plane, against numpy and formulas."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from gan.config import WeightsConfig
from gan.data import load_data
from gan.data.imageset import ImageSet, Truth
from gan.data.plane import as_images
from gan.data.provenance import seen_by
from gan.metrics.card import scores_table
from gan.metrics.evaluate import evaluate
from gan.metrics.plane import CELLS, js, kl, plane_scores
from gan.metrics.results import from_json
from gan.metrics.verdict import UNSEEN
from gan.models import seeded_build
from gan.presets import resolve_widths, run_config


def test_quality_and_modes_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    centres = rng.uniform(-0.8, 0.8, (6, 2))
    points = np.concatenate([centres[[0, 0, 2, 5]] + rng.normal(0, 0.05, (4, 2)),
                             rng.uniform(-1, 1, (200, 2)), [[np.nan, 0]]])  # fmt: skip
    good, caught, per_mode = 0, set(), np.zeros(6)
    for point in points[:-1]:
        away = np.hypot(*(centres - point).T)
        per_mode[away.argmin()] += 1
        if away.min() <= 3 * 0.05:
            good += 1
            caught.add(int(away.argmin()))
    truth = Truth(torch.from_numpy(centres), 0.05, counted=True)
    found = plane_scores(torch.from_numpy(points), truth)
    assert found.high_quality == pytest.approx(good / len(points))
    assert found.caught == len(caught)
    p = per_mode / per_mode.sum()
    expected = sum(v * math.log(v * 6) for v in p if v > 0)
    assert found.mode_kl == pytest.approx(expected)


@pytest.mark.parametrize("name", ["ring", "grid", "spiral", "moons", "line"])
def test_real_points_are_of_high_quality(name: str) -> None:
    images = load_data(name)
    assert images.truth is not None
    found = plane_scores(images.pixels.flatten(1), images.truth)
    # in the plane 1 - exp(-9 / 2) lie within three sigmas of a centre, and more near a curve
    assert found.high_quality >= 1 - math.exp(-4.5) - 0.003
    if images.truth.counted:
        assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.003)
        assert found.caught == len(images.class_names)


def test_kl_and_js_of_known_histograms() -> None:
    assert kl(torch.tensor([3, 1]), torch.tensor([1, 1])) == pytest.approx(
        0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    )
    assert kl(torch.tensor([1, 1]), torch.tensor([1, 0])) == math.inf
    cell = 2 / CELLS
    a, b = torch.tensor([[0.5 * cell, 0]]), torch.tensor([[-0.5 * cell, 0]])
    assert js(a, b) == pytest.approx(1)
    assert js(a, torch.cat([a, b])) == pytest.approx(
        (math.log2(4 / 3) + 0.5 * math.log2(2 / 3) + 0.5) / 2
    )
    assert js(a, a) == 0


def test_an_evaluation_of_points_tells_modes_and_quality() -> None:
    ring = load_data("ring")
    config = resolve_widths(run_config("ring", ring.shape, data="ring"))
    g, _ = seeded_build(config.model, 0)
    with torch.no_grad():  # all samples at the first mode
        g.to_point.weight.zero_()
        g.to_point.bias.copy_(torch.tensor([0.8, 0.0]))
    seen = seen_by(config)  # which of these points it was trained on is known
    found = evaluate(g.eval(), WeightsConfig(model=config.model), data=ring, count=1000, seen=seen)
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["modes"] == {"caught": 1, "of": 8}
    assert plain["high_quality"] == 1
    assert from_json(plain) == found
    # in the midst of a mode all are nearer to training points than held-out ones are, and no copies
    assert (found.unseen, found.copying_z) == ("points", None)
    assert "memorised" not in [m.name for m in found.metrics]
    assert UNSEEN["points"][1:] in scores_table(found)
    assert "image" not in scores_table(found)  # the card's
    assert {m.name: m.value for m in found.metrics}["mode_kl"] == pytest.approx(math.log(8))


def test_points_without_a_known_distribution_have_no_modes() -> None:
    points = as_images(torch.rand(400, 2) * 2 - 1)
    drawn = ImageSet("drawn", points)
    config = resolve_widths(run_config("ring", drawn.shape, data="points:drawn.csv"))
    g, _ = seeded_build(config.model, 0)
    found = evaluate(g.eval(), WeightsConfig(model=config.model), data=drawn, count=200)
    plain = found.to_json()
    assert plain["modes"] is None
    assert plain["high_quality"] is None
    assert found["js"].value > found["js"].floor
