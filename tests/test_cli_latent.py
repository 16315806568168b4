"""The commands of latent space, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan.checkpoint import load
from gan.latent.direction import Direction
from gan.latent.files import load_directions, save_directions
from tests.test_cli import gan


@pytest.mark.parametrize("command", ["directions", "walk", "invert"])
def test_help_has_an_example(command: str):
    assert f"python -m gan {command}" in gan(command, "--help").output.replace("\n", " ")


@pytest.mark.slow
def test_directions_are_listed_drawn_and_kept_beside_a_run(tmp_path: Path, tiny_run: Path):
    g = load(tiny_run).generator
    path = tiny_run / "directions.json"
    mine = Direction("mine", "drawn", torch.eye(g.z_dim)[0], 1.0)
    save_directions(path, [mine], g)
    try:
        for _ in range(2):
            output = gan("directions", "--weights", tiny_run, "--count", 4, "--save",
                         "--out", tmp_path / "a.png").output  # fmt: skip
        kept = load_directions(path, g)
    finally:
        path.unlink()
    assert sum("changes the picture by" in line for line in output.splitlines()) == 4
    assert [d.kind == "drawn" for d in kept] == [False] * 4 + [True]
    with Image.open(tmp_path / "a.png") as sheet:
        assert sheet.size == (5 * 8, 4 * 8)


@pytest.mark.parametrize("form", ["webp", "gif", "mp4"])
def test_a_walk_is_a_film(tmp_path: Path, tiny_run: Path, form: str):
    out = tmp_path / f"walk.{form}"
    output = gan("walk", "--weights", tiny_run, "--seeds", "1,2,3", "--seconds", 1, "--loop",
                 "--even", "--out", out).output  # fmt: skip
    assert "24 frames through seeds 1, 2, 3" in output
    assert out.stat().st_size > 200
    if form != "mp4":
        with Image.open(out) as film:
            assert film.size == (32, 32)
            assert film.n_frames > 12


@pytest.mark.slow
def test_a_picture_of_the_model_is_found_and_its_point_is_kept(tmp_path: Path):
    gan("sample", "--weights", "fashion", "--seed", 77, "--count", 1, "--out", tmp_path / "a.png")
    output = gan("invert", "--weights", "fashion", "--image", tmp_path / "a.png", "--steps", 20,
                 "--out", tmp_path / "b.png").output  # fmt: skip
    assert "away in features" in output
    with Image.open(tmp_path / "b.png") as found:
        assert len(json.loads(found.text["z"])) == 64
        assert sum(json.loads(found.text["weights"])) == pytest.approx(1.0, abs=1e-3)
        pixels = np.asarray(found.convert("L"))
    assert np.abs(pixels[:, :112].astype(int) - pixels[:, -112:]).mean() < 8


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["directions", "--weights", "fashon"], "weights"),
        (["directions", "--weights", "fashion", "--out", "a.gif"], ".png"),
        (["walk", "--weights", "fashion", "--seeds", "1", "--out", "a.gif"], "2 to 8"),
        (["walk", "--weights", "fashion", "--seeds", "1,x", "--out", "a.gif"], "whole numbers"),
        (["walk", "--weights", "fashion", "--seeds", "1,4294967296", "--out", "a.gif"], "seed"),
        (["walk", "--weights", "fashion", "--seeds", "99999999999,1", "--out", "a.gif"],
         "from 0 to 2147483647, got 99999999999"),
        (["walk", "--weights", "fashion", "--seeds", "1,2", "--out", "a.png"], ".webp"),
        (["walk", "--weights", "fashion", "--seeds", "1,2", "--out", "/no/a.gif"], "folder"),
        (["walk", "--weights", "fashion", "--seeds", "1,2", "--out", "a.gif", "--space", "q"],
         "z or w"),
        (["walk", "--weights", "fashion-mlp", "--seeds", "1,2", "--out", "a.gif", "--label", "7"],
         "no classes"),
        (["invert", "--weights", "fashion", "--image", "/no.png", "--out", "a.png"], "no.png"),
        (["invert", "--weights", "fashion", "--image", __file__, "--out", "a.png"], "PNG"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_one(arguments, word):
    error = gan(*arguments, code=1).stderr.strip()
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1
    assert word in error
