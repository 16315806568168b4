"""Grades of a found picture, and pictures whose light and dark are exchanged."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch

from gan.data.bundled import BUNDLED
from gan.images import from_pixels
from gan.latent.likeness import Likeness, border, inverted
from gan.latent.points import from_seeds, show
from gan.metrics.features import features_for, load_features
from tests.latent.toys import generator_of

LIKENESSES: dict[str, Likeness] = {}


def likeness_of(name: str) -> Likeness:
    if name not in LIKENESSES:
        g = generator_of(f"bundled:{name}")
        LIKENESSES[name] = Likeness.of(g, load_features(features_for(name, g.image_shape[0])))
    return LIKENESSES[name]


@pytest.mark.parametrize("name", ["fashion", "emoji"])
def test_a_picture_on_the_other_ground_is_told_from_one_on_the_models_own(name: str):
    pixels = BUNDLED[name].load().pixels[40:3900:97].permute(0, 2, 3, 1).numpy()
    likeness = likeness_of(name)
    told = [likeness.is_inverted(x) for x in from_pixels(pixels)]
    told_inverted = [likeness.is_inverted(x) for x in from_pixels(inverted(pixels))]
    assert np.mean(told) <= 0.05
    assert np.mean(told_inverted) >= 0.9


def test_a_model_whose_pictures_have_no_one_ground_turns_nothing():
    likeness = Likeness(pixels=0.4, features=2.0, apart=9.0, ground=None)
    assert not likeness.is_inverted(torch.ones(1, 8, 8))


def test_exchanging_light_and_dark_twice_is_nothing_and_hues_stay():
    pixels = np.random.default_rng(1).integers(0, 256, (40, 4)).astype(np.uint8)
    turned = inverted(pixels)
    assert np.array_equal(inverted(turned), pixels)
    assert np.array_equal(turned[:, 3], pixels[:, 3])  # alpha is no brightness
    for before, after in zip(pixels[:, :3] / 255, turned[:, :3] / 255, strict=True):
        hue, light, _ = colorsys.rgb_to_hls(*before)
        hue_after, light_after, _ = colorsys.rgb_to_hls(*after)
        assert light_after == pytest.approx(1 - light, abs=1e-6)
        assert hue_after == pytest.approx(hue, abs=1e-6)
    grey = np.arange(256, dtype=np.uint8)[:, None]
    assert np.array_equal(inverted(grey), 255 - grey)


def test_a_smear_is_far_however_near_its_features_are():
    """The fault: a network that never saw dark shoes on paper finds the two alike."""
    likeness = likeness_of("fashion")
    shoe = -show(generator_of("bundled:fashion"), from_seeds(generator_of("bundled:fashion"), [5]))
    smear = torch.full_like(shoe[0], 0.3)
    assert likeness.grade(shoe[0], smear, 0.15 * likeness.apart) == "far"


def test_grades_fall_as_a_picture_is_spoilt_and_begin_with_the_same():
    likeness = likeness_of("fashion")
    x = show(generator_of("bundled:fashion"), from_seeds(generator_of("bundled:fashion"), [7]))[0]
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    grades = [likeness.grade(x, x + s * noise, 0.0) for s in (0.0, 0.1, 0.17, 0.25, 1.0)]
    assert grades == ["same", "very", "close", "kind", "far"]


def test_the_border_is_read_off_the_outermost_pixels():
    x = torch.full((1, 1, 28, 28), -1.0)
    x[:, :, 4:24, 4:24] = 1.0
    assert float(border(x)) == -1.0
    assert float(border(-x)) == 1.0
