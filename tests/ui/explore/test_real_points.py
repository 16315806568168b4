"""The nearest real points of a generated one."""

from __future__ import annotations

import torch

from gan.checkpoint import Weights
from gan.config import WeightsConfig
from gan.data import load_data
from gan.data.imageset import fit
from gan.metrics.features import extract, load_features
from gan.metrics.neighbours import nearest
from gan.models import seeded_build
from gan.presets import resolve_widths, run_config
from gan.ui.server.real_features import study
from gan.ui.server.views import model_json


def test_a_point_where_a_real_one_lies_is_no_farther_from_it_for_its_colour(monkeypatch, tmp_path):
    ring = load_data("ring")
    few = ring.subset(torch.arange(64))
    monkeypatch.setattr(
        "gan.ui.server.real_features.load_data",
        lambda spec, resolution=None, channels=None: fit(
            few, resolution=resolution, channels=channels
        ),
    )
    monkeypatch.setattr("gan.checkpoint.points_behind", lambda spec, own: few.pixels.flatten(1))
    model = resolve_widths(run_config("ring", ring.shape, data="ring")).model
    g, _ = seeded_build(model, 0)
    with torch.no_grad():  # whatever z, this very real point
        g.to_point.weight.zero_()
        g.to_point.bias.copy_(few.pixels[5].flatten())
    config = WeightsConfig(model=model, data="ring")
    weights = Weights("run:ring-1", tmp_path, config, g.eval(), None, "").pictured()
    shown = model_json(weights.ref, "run", "ring-1", model, (), nimg=0)
    assert (shown["channels"], shown["resolution"], shown["resolution"]) == weights.image_shape
    net = load_features("generic")
    [reals] = study("ring", weights, net, on_progress=lambda fraction: None)
    found = nearest(extract(net, weights.generator(torch.zeros(1, 2))), reals.features, 1)
    real = reals.images.pixels[found.indices[0, 0]]
    middle = (0.5 * (1 + few.pixels[5].flatten() * torch.tensor([1, -1])) * 48).long()
    assert float(found.distances[0, 0]) < reals.close
    assert float(real[:, middle[1], middle[0]].float().std()) < 5  # and that is shown in black
