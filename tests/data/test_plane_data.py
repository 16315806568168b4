"""Points of the plane as data."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.config import ModelConfig
from gan.data import Batches, load_data, points_behind, shape_of, split_held_out
from gan.data.imageset import fit
from gan.data.plane import load_plane
from gan.errors import ConfigError, DataError
from gan.images import INK, INK_OF_REAL, from_pixels, real_sheet, scatter, tile, to_pixels
from gan.models import pictured, seeded_build
from gan.presets import resolve_widths, run_config


def test_ring_and_grid_are_the_papers_at_another_scale() -> None:
    ring, grid = (load_data(n).pixels.flatten(1).double().numpy() for n in ("ring", "grid"))
    angle = np.round(np.arctan2(ring[:, 1], ring[:, 0]) / (np.pi / 4)) * (np.pi / 4)
    off = ring / 0.8 - np.stack([np.cos(angle), np.sin(angle)], 1)
    assert off.std() == pytest.approx(0.01, rel=0.03)
    scaled = grid * 4 / 0.8
    nearest = np.clip(np.round(scaled / 2) * 2, -4, 4)
    assert (scaled - nearest).std() == pytest.approx(0.05, rel=0.03)
    assert len(np.unique(nearest, axis=0)) == 25


def test_another_seed_is_another_draw_and_the_same_one_is_the_same() -> None:
    one, again, other = (load_plane("moons", seed=s) for s in (1, 1, 2))
    assert torch.equal(one.pixels, again.pixels)
    assert one.origin == again.origin != other.origin
    assert not torch.equal(one.pixels, other.pixels)


def test_batches_hold_the_points_themselves() -> None:
    train, held_out = split_held_out(load_data("spiral"))
    batch = Batches(train, 32, seed=0).next().x
    assert batch.dtype == torch.float32
    assert batch.shape == (32, 2, 1, 1)
    known = {tuple(point) for point in train.pixels.flatten(1).tolist()}
    assert {tuple(point) for point in batch.flatten(1).tolist()} <= known
    assert len(held_out) == 1000


def test_a_sheet_of_points_is_one_scatter_with_y_up() -> None:
    x = torch.tensor([[0.5, 0.5], [float("nan"), 0], [3, 3]]).view(-1, 2, 1, 1)
    pixels = to_pixels(x)
    assert torch.equal(from_pixels(pixels)[0], x[0])
    sheet = tile(pixels, 8)
    rows, columns = np.nonzero(sheet[..., 0] < 100)
    side = len(sheet)
    assert rows.mean() == pytest.approx(0.25 * side, abs=1.5)
    assert columns.mean() == pytest.approx(0.75 * side, abs=1.5)
    assert side % 8, "the page tells it from a sheet of 8 x 8 by that"
    behind = scatter(pixels, behind=to_pixels(-x[:1]))
    assert np.abs(behind.astype(int) - sheet).sum() > 0
    real = real_sheet(pixels, 8)  # green is what a model makes
    greens = [np.ptp(picture.astype(int), axis=2).max() for picture in (sheet, real)]
    assert greens[0] > 80
    assert greens[1] < 10
    places = [np.argwhere(picture[..., 0] < 100).mean(0) for picture in (sheet, real)]
    assert places[1] == pytest.approx(places[0], abs=0.5)


def test_points_and_pictures_need_networks_of_their_own() -> None:
    with pytest.raises(ConfigError, match="points"):
        ModelConfig(family="points")
    with pytest.raises(ConfigError, match="points"):
        ModelConfig(family="mlp", resolution=1, channels=2)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("one.csv", "1,2", "8 to 10,000 points, got 1"),
        ("nan.csv", "x,y\n" + "1,2\n" * 8 + "1,nan\n", "at point 9"),
        ("same.csv", "1,2\n" * 9, "all the same"),
        ("three.csv", "1,2,3\n" * 9, "two numbers a row"),
        ("words.csv", "x,y\n" + "a,b\n" * 9, "two numbers a row"),
        ("broken.json", "[[1,2]", "two numbers a row"),
        ("number.json", "3", "two numbers a row"),
        ("huge.csv", "1e300,0\n0,1\n" * 5, "at point 1"),
        ("big.csv", "1,2\n" * 300_000, "1024 KB"),
    ],
)
def test_a_file_that_holds_no_points_is_refused_in_a_sentence(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=says):
        load_data(f"points:{tmp_path / name}")


def test_own_points_stay_where_they_are_or_are_scaled_to_fit(tmp_path: Path) -> None:
    points = [[i / 20, -i / 30] for i in range(20)]
    (tmp_path / "a.json").write_text(json.dumps({"points": points}))
    found = load_data(f"points:{tmp_path / 'a.json'}").pixels.flatten(1)
    assert found.numpy() == pytest.approx(np.array(points, np.float32))
    wide = "x,y\n" + "\n".join(f"{100 + i},{i / 2}" for i in range(41))
    (tmp_path / "b.csv").write_text(wide)
    found = load_data(f"points:{tmp_path / 'b.csv'}").pixels.flatten(1)
    assert found[0].tolist() == pytest.approx([-0.8, -0.4])
    assert found[-1].tolist() == pytest.approx([0.8, 0.4])


def test_letters_are_shapes_and_unknown_ones_are_refused() -> None:
    x = load_data("letter:I").pixels.flatten(1)
    assert float(x[:, 1].abs().max()) > 3 * float(x[:, 0].abs().max()), "an I is tall"
    assert shape_of("letter:I").channels == 2
    for wrong in ("letter:ABCDE", "letter:\u5b57"):
        with pytest.raises(DataError):
            load_data(wrong)


@pytest.mark.slow
def test_the_picture_of_a_generated_point_has_real_ones_faintly_below_it() -> None:
    ring = load_data("ring")
    g, _ = seeded_build(resolve_widths(run_config("ring", ring.shape, data="ring")).model, 0)
    with torch.no_grad():  # whatever z, this very real point
        g.to_point.weight.zero_()
        g.to_point.bias.copy_(ring.pixels[5].flatten())
    made = to_pixels(pictured(g.eval(), behind=points_behind("ring"))(torch.zeros(1, 2)))[0]
    grey = made[..., 0]  # of green and of black, red is least
    real = fit(ring, resolution=48, channels=3).pixels[5].permute(1, 2, 0).numpy()
    # as a real point, in the colour of what a model makes
    same = fit(ring, resolution=48, channels=3, ink=INK).pixels[5].permute(1, 2, 0).numpy()
    assert np.array_equal(made, same)
    at = np.floor((np.stack([ring.truth.centres[:, 0], -ring.truth.centres[:, 1]]) + 1) * 24)
    dot = np.floor((np.array([1, -1]) * ring.pixels[5].flatten().numpy() + 1) * 24).astype(int)
    assert all(grey[y - 1 : y + 2, x - 1 : x + 2].min() <= 190 for x, y in at.T.astype(int))
    assert tuple(made[dot[1], dot[0]]) == INK
    assert tuple(real[dot[1], dot[0]]) == INK_OF_REAL
    assert (grey < 180).sum() < 25  # one dot, of two pixels' radius
    assert grey[3, 3] == 250  # where nothing is, paper
    bare = to_pixels(pictured(g)(torch.zeros(1, 2)))[0, ..., 0]
    assert (bare < 200).sum() < 25


def test_own_points_lie_below_a_run_as_they_are_now_and_are_of_no_use_once_gone(tmp_path) -> None:
    file = tmp_path / "mine.json"
    for left in (-0.9, -0.5):
        points = [[left + i / 20, i / 30] for i in range(20)]
        file.write_text(json.dumps(points))
        os.utime(file, ns=(0, int(1e9 * (2 + left))))
        below = points_behind(f"points:{file}", own=True)
        assert below is not None
        assert below.numpy() == pytest.approx(np.array(points, np.float32))
    file.unlink()
    assert points_behind(f"points:{file}", own=True) is None
    assert points_behind("folder:/", own=True) is None


@pytest.mark.parametrize("spec", ["points:/etc/hostname", "folder:/", "letter:", "", "emoji"])
def test_no_file_is_read_for_what_lies_below_a_point(spec: str) -> None:
    assert points_behind(spec) is None
