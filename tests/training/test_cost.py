"""What a training will take, counted before it begins, against torch's own counting."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gan.data import shape_of
from gan.models import seeded_build
from gan.presets import PRESETS, resolve_widths, run_config
from gan.settings import apply_settings
from gan.training.cost import passes, training_cost

IMAGES = 4


def config_of(preset: str, **settings):
    data = PRESETS[preset].data
    return resolve_widths(apply_settings(run_config(preset, shape_of(data), data=data), settings))


def counted(network: nn.Module, *inputs) -> tuple[float, float]:
    """Products as torch counts them, and the numbers in all layers' outputs, an image."""
    kept = []
    hooks = [
        module.register_forward_hook(lambda m, i, out: kept.append(out.numel()))
        for module in network.modules()
        if not list(module.children()) and not isinstance(module, nn.Embedding)
    ]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        ask = getattr(network, "outputs", network)
        ask(*inputs)
    for hook in hooks:
        hook.remove()
    return counter.get_total_flops() / IMAGES, sum(kept) / IMAGES


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("fashion", {}),
        ("emoji", {"resolution": 36, "depth": 1}),
        ("dcgan-small", {"resolution": 64, "d_count": 2, "d_scales": 2, "packing": 2}),
        ("article", {"width": 0.5}),
        ("vae", {}),
        ("grid", {"d_count": 3}),
    ],
)
def test_products_outputs_and_parameters_are_those_that_torch_counts(preset, settings):
    model = config_of(preset, **settings).model
    g, second = seeded_build(model, 0)
    labels = torch.zeros(IMAGES, dtype=torch.int64) if model.classes else None
    x = torch.zeros(IMAGES, model.channels, model.resolution, model.resolution)
    extra = 12 * x[0].numel() if preset == "vae" else 0  # its likelihood has no layers
    for found, network, given in zip(
        passes(model), (g, second), (torch.zeros(IMAGES, model.z_dim), x), strict=True
    ):
        flops, kept = counted(network, given, labels)
        parameters = sum(p.numel() for p in network.parameters())
        # torch counts no product of a single row in the class projection, nor do we
        assert found.flops == pytest.approx(flops, rel=0.02)
        more = extra if network is g else 0
        assert found.kept - more == pytest.approx(kept, rel=0.1)
        assert found.parameters == parameters


def test_an_rnn_is_counted_as_its_likelihood_is_computed():
    model = config_of("rnn").model
    rnn, _ = seeded_build(model, 0)
    x = torch.zeros(IMAGES, 1, 28, 28)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        rnn.predict(x, torch.zeros(IMAGES, dtype=torch.int64))
    assert passes(model)[0].flops == pytest.approx(counter.get_total_flops() / IMAGES, rel=0.02)


@pytest.mark.parametrize(("preset", "settings"), [
    ("flow", {}), ("flow", {"resolution": 36, "depth": 1, "classes": 0}), ("ring-flow", {}),
])  # fmt: skip
def test_a_flow_is_counted_as_one_velocity(preset, settings):
    model = config_of(preset, **settings).model
    flow, _ = seeded_build(model, 0)
    x = torch.zeros(IMAGES, *flow.image_shape)
    flow.outputs = flow.velocity  # what is asked in training, of which a sample takes many
    klass = torch.zeros(IMAGES, flow.w_dim - flow.z_dim)
    flops, kept = counted(flow, x, torch.zeros(IMAGES), klass)
    found, second = passes(model)
    assert found.flops == pytest.approx(flops, rel=0.02)
    assert found.kept == pytest.approx(kept, rel=0.1)
    assert found.parameters == sum(p.numel() for p in flow.parameters())
    assert second == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 128},
        {"batch_growth": 2},
        {"width": 2.0},
        {"d_count": 2},
        {"d_steps": 3},
        {"d_scales": 2},
        {"loss": "wasserstein-gp"},
        {"resolution": 48},
    ],
    ids=str,
)
def test_each_setting_that_makes_a_step_longer_is_counted(change):
    usual, more = training_cost(config_of("emoji")), training_cost(config_of("emoji", **change))
    assert more.step_s > usual.step_s
    assert more.flops > usual.flops
    assert more.memory_mb >= usual.memory_mb


def test_adam_keeps_a_moment_more_than_rmsprop():
    config = config_of("fashion-mlp", width=2.0)
    other = replace(config, train=replace(config.train, optimizer="rmsprop"))
    parameters = sum(p.parameters for p in passes(config.model))
    saved = training_cost(config).memory_mb - training_cost(other).memory_mb
    assert saved == pytest.approx(2 * 4 * parameters / 2**20)  # kept, and written with the rest
