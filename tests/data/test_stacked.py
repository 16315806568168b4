"""Stacked digits: pictures of three digits, and the modes that they show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import entropy
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from gan.data import absolute_spec, load_data
from gan.data.stacked import stacked
from gan.errors import DataError
from gan.hub.recipe import shared_data
from gan.metrics.stacked import SAMPLES, stacked_modes, stacked_scores


@pytest.fixture(scope="module")
def digits():
    return load_data("stacked-digits")


def test_a_picture_is_three_digits_and_its_mode_is_their_number(digits):
    flat, labels = load_digits(return_X_y=True)
    grey = (flat * (255 / 16)).round().astype(np.uint8)
    known = {row.tobytes(): n for row, n in zip(grey, labels, strict=True)}
    some = digits.pixels[:500].numpy().reshape(500, 3, 64)
    numbers = [int("".join(str(known[channel.tobytes()]) for channel in row)) for row in some]
    assert stacked_modes(digits.pixels[:500], digits.stack).tolist() == numbers
    assert len({*numbers}) > 350  # of 1,000, drawn independently: 394 are expected


def test_what_is_no_digit_of_the_set_is_told_by_its_nearest_as_scikit_learn_does(digits):
    noise = torch.randint(0, 60, (300, 3, 8, 8), generator=torch.Generator().manual_seed(5))
    pixels = (digits.pixels[:300].int() + noise).clamp(0, 255).to(torch.uint8)
    theirs = KNeighborsClassifier(1).fit(
        digits.stack.examples.flatten(1).numpy().astype(float), digits.stack.labels.numpy()
    )
    named = theirs.predict(pixels.flatten(0, 1).flatten(1).numpy().astype(float)).reshape(300, 3)
    assert stacked_modes(pixels, digits.stack).tolist() == (named @ [100, 10, 1]).tolist()


@pytest.mark.slow
def test_real_pictures_show_all_modes_and_diverge_by_chance_alone(digits):
    scores = stacked_scores(stacked_modes(digits.pixels[:SAMPLES], digits.stack), digits.stack)
    assert scores.caught == 1000
    # twice the sample size times the divergence is chi-squared with 999 degrees of freedom
    assert scores.mode_kl == pytest.approx(999 / (2 * SAMPLES), rel=0.2)


def test_a_collapsed_set_catches_few_modes_and_its_divergence_is_scipys(digits):
    modes = torch.tensor([7] * 30 + [123] * 10)
    shares = np.bincount(digits.stack.labels.numpy(), minlength=10) / len(digits.stack.labels)
    expected = np.einsum("i,j,k", shares, shares, shares).ravel()
    scores = stacked_scores(modes, digits.stack)
    assert scores.caught == 2
    assert scores.mode_kl == pytest.approx(
        entropy(np.bincount(modes, minlength=1000) / 40, expected), rel=1e-6
    )


def test_other_pictures_of_ten_classes_can_be_stacked_and_others_are_refused():
    garments = load_data("stacked:fashion")
    assert garments.shape == (28, 3, ())
    assert load_data("stacked:fashion", resolution=16).pixels.shape[1:] == (3, 16, 16)
    for spec in ("stacked:ring", "stacked:stacked-digits", "stacked:emoji"):
        with pytest.raises(DataError, match="takes grey pictures of 10 classes"):
            load_data(spec)
    for spec in ("stacked:", "stacked:nonsense", "stacked:stacked:digits", "stacked:letter:A",
                 "stacked:folder:", "stacked:hub:", "stacked:points:x"):  # fmt: skip
        with pytest.raises(DataError, match=f"there is no data '{spec}'"):
            load_data(absolute_spec(spec))


def of_each_class(folder: Path, count: int) -> Path:
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for i in range(count - (label == 7)):
            shade = np.full((8, 8), 20 * label + i, np.uint8)
            Image.fromarray(shade).save(folder / str(label) / f"{i}.png")
    return folder


def test_a_folder_is_stacked_if_each_class_has_some_and_what_was_skipped_is_said(tmp_path: Path):
    spec = f"stacked:folder:{of_each_class(tmp_path / 'few', 10)}"
    with pytest.raises(DataError, match="takes 10 pictures or more of each class, got 9 of '7'"):
        load_data(spec)
    folder = of_each_class(tmp_path / "mine", 11)
    (folder / "3" / "broken.png").write_bytes(b"no picture")
    said = load_data(f"stacked:folder:{folder}").report
    assert said.startswith("50,000 pictures, each of three of 109 in mine (109 images; skipped 1: ")
    assert "digit" not in said


def test_a_draw_is_the_same_each_time_and_names_its_digits(digits):
    again = stacked(load_data("digits"), name="again")
    assert torch.equal(again.pixels, digits.pixels)
    assert again.origin == digits.origin
    other = load_data("digits")
    other = replace(other, pixels=255 - other.pixels, origin="other")
    assert stacked(other, name="other").origin != digits.origin


def test_a_path_of_ones_own_is_absolute_in_a_run_and_left_out_of_what_is_shared(tmp_path):
    spec = absolute_spec("stacked:folder:pictures")
    assert spec.startswith("stacked:folder:/")
    assert shared_data(spec) == "stacked:folder:PICTURES"
    assert shared_data(f"points:{tmp_path}/mine.csv") == "points:FILE"
