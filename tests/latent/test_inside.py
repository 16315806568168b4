from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gan.checkpoint import load
from gan.data.bundled import BUNDLED
from gan.latent.inside import Layer, activations, scores_alone, view_of
from gan.latent.points import from_seeds, show
from gan.models import Discriminator, seeded_build
from gan.presets import resolve_widths, run_config
from gan.ui.explore.inside import layer_json
from tests.latent.toys import generator_of


def test_every_generator_shows_its_layers_up_to_the_picture(any_g):
    points = from_seeds(any_g, [4])
    layers = activations(any_g, points)
    assert len(layers) >= 2
    assert torch.allclose(layers[-1].maps, show(any_g, points)[0], atol=1e-5)
    assert [layer.kind for layer in layers].index("image") == len(layers) - 1
    sizes = [layer.maps.shape[-1] for layer in layers if layer.kind != "dense"]
    assert sizes == sorted(sizes)
    for layer in layers:
        assert layer.maps.dim() == 3
        assert torch.isfinite(layer.maps).all()
        assert layer.name


def test_a_flat_picture_stays_flat_beside_its_maps():
    x = 0.2 + 0.001 * torch.randn(1, 8, 8)
    told = layer_json(Layer("image", "the picture", x))
    pixels = np.frombuffer(base64.b64decode(told["maps"]), np.uint8)
    assert pixels.min() > 150
    assert pixels.max() < 156
    stretched = layer_json(Layer("conv", "maps", x))  # of a layer only the pattern tells something
    assert (stretched["low"], stretched["high"]) == (float(x.min()), float(x.max()))


def test_the_layers_of_the_bundled_model_have_their_names(fashion):
    found = [(layer.kind, layer.name) for layer in activations(fashion, from_seeds(fashion, [0]))]
    assert found == [
        ("start", "first maps, 7 × 7 px, 72 maps"),
        ("up", "doubled to 14 × 14 px, 54 maps"),
        ("conv", "refined at 14 × 14 px, 36 maps"),
        ("image", "the picture, 28 × 28 px, grey"),
    ]


def test_a_stage_is_shown_after_its_nonlinearity(fashion):
    for layer in activations(fashion, from_seeds(fashion, [0]))[:-1]:
        assert layer.maps.min() == 0.0  # ReLU


def test_looking_leaves_no_hook_behind(fashion):
    activations(fashion, from_seeds(fashion, [0]))
    assert all(not module._forward_hooks for module in fashion.modules())


class Straight(Discriminator):
    """A score that is a weighted sum: its gradient is known."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.classes, self.weights = 0, nn.Parameter(weights)

    def forward(self, x, labels=None):
        return (x * self.weights).sum((1, 2, 3)) + 2


def test_the_overlay_is_the_gradient_of_the_score():
    weights = torch.zeros(1, 12, 12)
    weights[0, 3, 8], weights[0, 9, 2] = 2.0, -1.0
    said = view_of(Straight(weights), torch.zeros(1, 12, 12))
    assert said.score == pytest.approx(2.0)
    assert divmod(int(said.pull.argmax()), 12) == (3, 8)
    assert float(said.pull.max()) == pytest.approx(1.0)
    assert said.pull[9, 2] == pytest.approx(0.5, abs=0.01)
    assert said.gradient[0, 9, 2] < 0 < said.gradient[0, 3, 8]
    assert said.pull[0, 0] == 0
    assert float(said.gradient.sum()) == pytest.approx(1.0, abs=1e-4)  # blurring loses nothing


def test_without_d_there_is_no_judgement():
    assert view_of(None, torch.zeros(1, 28, 28)) is None


def test_the_bundled_d_is_judged_alike_each_time_and_left_as_it_was(fashion):
    d = load("fashion").discriminator
    before = {k: v.clone() for k, v in d.state_dict().items()}
    points = from_seeds(fashion, [8])
    x = show(fashion, points)[0]
    said, again = (view_of(d, x, points.weights) for _ in range(2))
    assert torch.equal(said.pull, again.pull)
    uphill = said.gradient / said.gradient.norm()
    assert view_of(d, x + 0.3 * uphill, points.weights).score > said.score
    assert view_of(d, x - 0.3 * uphill, points.weights).score < said.score
    assert all(torch.equal(before[k], v) for k, v in d.state_dict().items())
    assert all(p.grad is None for p in d.parameters())


@pytest.mark.parametrize(
    ("classes", "structure"),
    [(10, {"packing": 3}), (0, {"d_count": 2}), (0, {"d_scales": 2}), (0, {"minibatch_std": True}),
     (10, {"spectral_norm": True}), (10, {"packing": 2, "d_count": 2, "minibatch_std": True}),
     (0, {"packing": 2, "d_scales": 2})],
)  # fmt: skip
def test_any_structure_of_d_judges_one_picture_as_it_scores_it_alone(classes, structure):
    preset = run_config("fashion", BUNDLED["fashion"].shape, data="fashion")
    model = replace(preset.model, classes=classes, aux_classes=classes > 0, **structure)
    d = seeded_build(resolve_widths(replace(preset, model=model)).model, 0)[1].eval()
    x = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    labels = torch.eye(10)[:5] if classes else None
    alone = scores_alone(d, x, labels)
    for i in range(5):
        said = view_of(d, x[i], None if labels is None else labels[i : i + 1])
        assert said.score == pytest.approx(float(alone[i]), abs=1e-5)
        assert float(said.pull.max()) == pytest.approx(1.0)


def test_a_map_that_grows_by_another_factor_is_not_called_doubled():
    g = generator_of("chain:maps")  # 3, 5, 12, 24 px
    names = [layer.name for layer in activations(g, from_seeds(g, [1]))]
    assert names[:3] == [
        "first maps, 3 × 3 px, 10 maps", "enlarged to 5 × 5 px, 8 maps",
        "enlarged to 12 × 12 px, 6 maps",
    ]  # fmt: skip
