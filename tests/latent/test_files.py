"""Directions on disk: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gan.checkpoint import load
from gan.errors import WeightsError
from gan.latent.direction import Direction
from gan.latent.directions import class_directions, sefa_directions
from gan.latent.files import (
    all_directions,
    directions_path,
    from_json,
    load_directions,
    own_directions_path,
    save_directions,
)


@pytest.fixture
def saved(tmp_path: Path, fashion):
    found = [*sefa_directions(fashion, count=3), *class_directions(fashion)[:2]]
    save_directions(tmp_path / "directions.json", found, fashion)
    return tmp_path / "directions.json", found


def test_directions_round_trip(saved, fashion):
    path, found = saved
    again = load_directions(path, fashion)
    assert [(d.name, d.kind) for d in again] == [(d.name, d.kind) for d in found]
    for one, other in zip(again, found, strict=True):
        assert torch.allclose(one.vector, other.vector, atol=1e-4)
        assert one.sigma == pytest.approx(other.sigma, abs=1e-4)
        assert (one.classes is None) == (other.classes is None)
    save_directions(path.with_name("b.json"), again, fashion)
    assert path.read_bytes() == path.with_name("b.json").read_bytes()


def test_no_file_is_no_directions(tmp_path: Path, fashion):
    assert load_directions(tmp_path / "directions.json", fashion) == ()


def test_directions_of_another_model_are_refused(saved):
    with pytest.raises(WeightsError, match="z_dim 64 and 10 classes"):
        load_directions(saved[0], load("fashion-mlp").generator)


def test_more_than_64_kb_are_neither_written_nor_read(tmp_path: Path, fashion):
    many = sefa_directions(fashion, count=64) * 3
    with pytest.raises(WeightsError, match="64 KB"):
        save_directions(tmp_path / "a.json", many, fashion)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.json").write_text("[" + " " * 70_000 + "]")
    with pytest.raises(WeightsError, match="64 KB"):
        load_directions(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("name", "", "name"),
        ("name", "x" * 61, "name"),
        ("name", "a\u202eb", "printable"),
        ("name", 3, "name"),
        ("kind", "magic", "kind"),
        ("vector", [0.0] * 63, "64 finite"),
        ("vector", [0.0] * 63 + [float("nan")], "64 finite"),
        ("vector", [0.0] * 63 + [True], "64 finite"),
        ("vector", [0.0] * 63 + [1e9], "64 finite"),
        ("vector", "0" * 64, "64 finite"),
        ("classes", [0.0] * 9, "10 finite"),
        ("share", "most", "share"),
        ("code", "import os", "may have"),
    ],
)
def test_a_direction_of_another_shape_is_one_sentence(saved, key, value, word):
    entry = json.loads(saved[0].read_text())["directions"][0]
    with pytest.raises(WeightsError, match=word):
        from_json(entry | {key: value}, 64, 10)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"format": "gan-directions/1"}',
     '{"format": "other", "z_dim": 64, "classes": 10, "directions": []}',
     '{"format": "gan-directions/1", "z_dim": true, "classes": 10, "directions": []}',
     '{"format": "gan-directions/1", "z_dim": 64, "classes": 10, "directions": [[]]}',
     "[" * 20_000],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(tmp_path: Path, text: str):
    (tmp_path / "directions.json").write_text(text)
    with pytest.raises(WeightsError):
        load_directions(tmp_path / "directions.json")


def test_what_could_not_be_read_is_not_written(tmp_path: Path, fashion):
    broken = Direction("a", "drawn", torch.full((64,), torch.nan), 1.0)
    with pytest.raises(WeightsError, match="finite"):
        save_directions(tmp_path / "directions.json", [broken], fashion)
    assert not (tmp_path / "directions.json").exists()


@pytest.mark.slow
def test_a_run_keeps_its_directions_in_its_folder(tiny_run: Path):
    assert directions_path(load(tiny_run)) == tiny_run / "directions.json"


def test_what_came_with_a_model_is_only_read_and_ones_own_go_home(tmp_path, monkeypatch):
    weights = load("fashion")
    shipped = weights.path / "directions.json"
    monkeypatch.setenv("GAN_HOME", str(tmp_path))
    path = own_directions_path(weights)
    assert directions_path(weights) == shipped
    assert path.parent == tmp_path / "directions"
    assert weights.revision[:12] in path.name
    mine = Direction("mine", "drawn", torch.eye(64)[0], 1.0)
    save_directions(path, [mine], weights.generator)
    assert [d.name for d in all_directions(weights)][-1] == "mine"
    assert not shipped.exists()


def test_a_home_without_a_name_lies_beside_the_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_HOME", raising=False)
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path / "runs"))
    assert own_directions_path(load("fashion")).parent == tmp_path / "own" / "directions"
