"""Every family behind one protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gan.config import RESOLUTIONS, ModelConfig
from gan.errors import ConfigError
from gan.families import default_widths, odd_pixels
from gan.models import (
    Generator,
    build_discriminator,
    build_generator,
    count_parameters,
    seeded_build,
)
from tests.pairs import pairwise


def config_of(
    family: str, resolution: int = 28, channels: int = 1, classes: int = 0
) -> ModelConfig:
    g_widths, d_widths = default_widths(family, resolution)
    return ModelConfig(
        family=family, resolution=resolution, channels=channels, classes=classes, z_dim=10,
        g_widths=g_widths, d_widths=d_widths,
    )  # fmt: skip


# one resolution of each way to halve, which is all that the layers are built by; the largest last
WAYS = sorted({odd_pixels(resolution): resolution for resolution in RESOLUTIONS[::-1]}.values())


@pairwise(family=["mlp", "dcgan", "conv"], resolution=WAYS, channels=[1, 3], classes=[0, 5])
def test_every_family_keeps_the_protocol(family, resolution, channels, classes):
    config = config_of(family, resolution, channels, classes)
    g, d = seeded_build(config, 0)
    labels = torch.tensor([0, 4]) if classes else None
    z = torch.randn(2, g.z_dim, generator=torch.Generator().manual_seed(0))
    w = g.eval().mapping(z, labels)
    x = g.synthesis(w)
    assert w.shape == (2, g.w_dim)
    assert x.shape == (2, *g.image_shape) == (2, channels, resolution, resolution)
    assert x.abs().max() <= 1
    assert d.eval()(x, labels).shape == (2,)
    assert torch.equal(g(z, labels), x)


def test_doublings_add_the_pixels_that_halvings_drop():
    """By hand: 36 = 2 * 18, 18 = 2 * 9, 9 = 2 * 4 + 1."""
    by_hand = {28: (0, 0), 64: (0, 0, 0, 0), 36: (1, 0, 0), 60: (1, 0, 0), 124: (1, 1, 0, 0)}
    assert {resolution: odd_pixels(resolution) for resolution in by_hand} == by_hand
    for resolution in RESOLUTIONS:
        odd = odd_pixels(resolution)
        size = resolution >> len(odd)
        assert 4 <= size < 8
        for more in odd:
            size = 2 * size + more
        assert size == resolution


@pytest.mark.parametrize(("family", "resolution"), [("mlp", 36), ("dcgan", 124), ("conv", 76)])
def test_several_critics_at_several_scales_judge_sizes_that_do_not_halve_evenly(family, resolution):
    config = replace(config_of(family, resolution, 3, 0), d_scales=3, d_count=2)
    g, d = seeded_build(config, 0)
    x = g(torch.zeros(4, g.z_dim))
    assert d.outputs(x).logits.shape == (6, 4)
    assert torch.isfinite(d(x)).all()


def test_the_article_network_has_exactly_its_layers():
    g = build_generator(replace(config_of("mlp"), z_dim=100))
    d = build_discriminator(config_of("mlp"))
    linear = [tuple(p.shape) for p in g.parameters() if p.ndim == 2]
    assert linear == [(256, 100), (512, 256), (512, 512), (784, 512)]
    assert [tuple(p.shape) for p in d.parameters() if p.ndim == 2] == [
        (512, 784),
        (512, 512),
        (1, 512),
    ]


def test_the_article_network_is_not_linear():
    """Without activations, as the article prints it, the whole net would be one linear map."""
    g = build_generator(config_of("mlp"))
    z = torch.randn(1, 10, generator=torch.Generator().manual_seed(0))
    hidden = g.hidden(torch.cat([z, -z, 0 * z]))
    assert (hidden[0] + hidden[1] - 2 * hidden[2]).abs().max() > 1e-3


def test_the_measured_recipe_has_the_parameters_that_its_card_states():
    g, d = seeded_build(replace(config_of("conv", classes=10), z_dim=64), 0)
    assert (count_parameters(g), count_parameters(d)) == (231_929, 49_969)


def test_weights_depend_on_the_seed_alone():
    first, again, other = (seeded_build(config_of("conv"), s)[0] for s in (1, 1, 2))
    same = all(
        torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)
    )
    assert same
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


def test_building_leaves_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    seeded_build(config_of("conv"), 3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_classes_change_the_image_and_the_score():
    g, d = seeded_build(config_of("conv", classes=5), 0)
    z = torch.ones(1, 10)
    one, two = (g.eval()(z, torch.tensor([i])) for i in (0, 1))
    assert not torch.allclose(one, two)
    assert d(one, torch.tensor([0])) != d(one, torch.tensor([1]))


def test_the_mean_of_an_identity_mapping_is_zero_noise():
    g: Generator = build_generator(config_of("conv", classes=5))
    labels = torch.tensor([2])
    assert torch.equal(g.mean_w(1, labels), g.mapping(torch.zeros(1, 10), labels))


@pytest.mark.parametrize(
    "change",
    [
        {"g_widths": ()},
        {"g_widths": (8,)},
        {"d_widths": (8,) * 12},
        {"family": "mlp", "g_widths": (4096,) * 6, "d_widths": (4096,) * 6},
    ],
)
def test_widths_that_make_no_sense_are_refused_before_building(change):
    with pytest.raises(ConfigError, match="widths"):
        build_generator(replace(config_of("conv"), **change))


@pytest.mark.parametrize("family", ["mlp", "dcgan", "conv"])
def test_class_weights_that_choose_one_class_are_that_class(family):
    g, d = seeded_build(config_of(family, classes=5), 0)
    z = torch.randn(3, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 4, 2])
    weights = torch.nn.functional.one_hot(labels, 5).float()
    x = g.eval()(z, labels)
    assert torch.equal(g(z, weights), x)
    assert torch.equal(d.eval()(x, weights), d(x, labels))


def test_class_weights_mix_classes():
    g, _ = seeded_build(config_of("conv", classes=5), 0)
    w = g.mapping(torch.zeros(1, 10), torch.tensor([[0.25, 0.75, 0.0, 0.0, 0.0]]))
    first, second = (g.mapping(torch.zeros(1, 10), torch.tensor([i])) for i in (0, 1))
    assert torch.allclose(w, 0.25 * first + 0.75 * second, atol=1e-6)
