"""Saved presets: what comes back is what was saved, and what could not be trained is not kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan.cli import app
from gan.errors import GanError
from gan.runs import RunReader
from gan.runs.userpresets import (
    UserPreset,
    delete_preset,
    expand_preset,
    load_presets,
    presets_dir,
    save_preset,
)

MINE = UserPreset("slow-digits", "digits", "digits", {"g_lr": "0.0005", "flip": "true"})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.delenv("GAN_HOME", raising=False)
    return tmp_path / "own"


def test_what_is_saved_comes_back_and_goes_when_it_is_deleted(home: Path):
    save_preset(MINE)
    assert load_presets() == {"slow-digits": MINE}
    assert presets_dir() == home / "presets"
    delete_preset("slow-digits")
    assert load_presets() == {}
    with pytest.raises(GanError):
        delete_preset("slow-digits")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""}, {"name": "../evil"}, {"name": "fashion"}, {"name": "A B"}, {"name": "x" * 41},
        {"name": ".hidden"}, {"base": "nothing"}, {"data": "nothing"},
        {"settings": {"nothing": "1"}}, {"settings": {"g_lr": "fast"}},
    ],
)  # fmt: skip
def test_what_could_not_be_trained_is_not_kept(home: Path, change: dict):
    with pytest.raises(GanError):
        save_preset(UserPreset(**{**vars(MINE), **change}))
    assert not list(home.rglob("*.json"))


@pytest.mark.parametrize("name", ["../slow-digits", "/etc/passwd", "..", ""])
def test_a_name_is_no_path(name: str):
    save_preset(MINE)
    with pytest.raises(GanError):
        delete_preset(name)
    assert expand_preset(name, None, {}) == (name, None, {})


def test_damaged_files_are_left_out():
    save_preset(MINE)
    file = presets_dir() / "slow-digits.json"
    good = json.loads(file.read_text())
    changes = ({"extra": 1}, {"format": "x"}, {"settings": {"g_lr": 1}}, {"base": 5})
    for data in ([], {}, *(good | change for change in changes)):
        file.write_text(json.dumps(data))
        assert load_presets() == {}
    file.write_text("[" * 100_000)
    assert load_presets() == {}


def test_a_saved_preset_trains_by_its_name_and_what_is_typed_outweighs_it(tmp_path: Path):
    save_preset(MINE)
    assert expand_preset("slow-digits", None, {"g_lr": 0.1}) == (
        "digits", "digits", {"g_lr": 0.1, "flip": True},
    )  # fmt: skip
    assert expand_preset("digits", None, {}) == ("digits", None, {})
    command = [
        "train",
        "--preset",
        "slow-digits",
        "--kimg",
        "0.2",
        "--run-dir",
        str(tmp_path / "r"),
    ]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    config = RunReader(tmp_path / "r").config()
    assert (config.preset, config.train.g_lr, config.train.flip) == ("digits", 0.0005, True)
    assert "slow-digits" in CliRunner().invoke(app, ["presets"]).output


def test_an_unknown_name_is_told_what_there_is():
    result = CliRunner().invoke(app, ["train", "--preset", "slow-digit"])
    assert result.exit_code == 1
    assert "there is no preset" in result.output
