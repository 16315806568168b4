"""The command line as a person meets it: what it prints, where it ends, how it fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from gan import __version__
from gan.cli import app, fail
from gan.cli.console import parse_seeds
from gan.config import LossName
from gan.errors import ConfigError
from gan.presets import PRESETS
from gan.runs import RunReader
from gan.runs.timelapse import timelapse


def gan(*arguments: object, code: int = 0):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_every_preset_is_listed():
    output = gan("presets").output
    assert all(name in output for name in PRESETS)


def test_the_presets_columns_stand_in_line_and_only_those_with_a_loss_name_one():
    lines = {line.partition(" ")[0]: line for line in gan("presets").output.splitlines()}
    starts = {lines[name].index(f" {preset.summary}") for name, preset in PRESETS.items()}
    assert len(starts) == 1
    assert "relativistic" in lines["fashion"]
    no_game = ("vae", "rnn", "flow", "ring-drift")
    assert not any(loss in lines[n] for n in no_game for loss in get_args(LossName))


@pytest.mark.parametrize("command", ["train", "sample", "evaluate", "presets"])
def test_help_has_an_example(command: str):
    assert f"python -m gan {command}" in gan(command, "--help").output.replace("\n", " ")


def test_train_then_sample_then_find_the_same_images(tmp_path: Path):
    run = tmp_path / "r"
    output = gan("train", "--preset", "digits", "--kimg", 0.5, "--run-dir", run).output
    assert "finished after 0.5 k images" in output
    gan("sample", "--weights", run, "--count", 20, "--seed", 5, "--out", tmp_path / "a.npz")
    gan("sample", "--weights", run, "--count", 3, "--seed", 10, "--out", tmp_path / "b.npz")
    a, b = arrays(tmp_path / "a.npz"), arrays(tmp_path / "b.npz")
    assert a["images"].shape == (20, 8, 8, 1)
    assert a["images"].dtype == np.uint8
    assert a["seeds"].tolist() == list(range(5, 25))
    assert a["labels"].shape == (20,)
    assert np.abs(a["images"][5:8].astype(int) - b["images"]).max() <= 1
    assert a["labels"][5:8].tolist() == b["labels"].tolist()


def test_the_terminal_and_the_film_of_points_count_points(tmp_path: Path, monkeypatch):
    run = tmp_path / "r"
    output = gan("train", "--preset", "ring", "--kimg", 2, "--run-dir", run).output
    assert re.search(r"^ +\d\.\d k points +\d", output, re.MULTILINE)
    assert re.search(r"finished after \d\.\d k points and", output)
    assert "k images" not in output
    filmed: list[str] = []
    monkeypatch.setattr(
        "gan.runs.timelapse.encode_film", lambda *_, captions, **__: filmed.extend(captions) or b""
    )
    timelapse(RunReader(run), format="webp")
    assert filmed[0].startswith("0.0 k points")


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as data:
        return dict(data)


def test_sheets_and_zips_are_written(tmp_path: Path, tiny_run: Path):
    for name in ("a.png", "a.webp"):
        gan("sample", "--weights", tiny_run, "--count", 9, "--out", tmp_path / name)
        with Image.open(tmp_path / name) as sheet:
            assert sheet.size == (24, 24)
    gan("sample", "--weights", tiny_run, "--count", 4, "--label", 7, "--out", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [f"{i:07d}.png" for i in range(4)]
        assert Image.open(archive.open("0000002.png")).text == {"seed": "2", "class": "7"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["train", "--preset", "fashon"], "did you mean fashion"),
        (["train", "--data", "fashon"], "fashion"),
        (["train", "--data", "folder:/nowhere"], "no folder"),
        (["train", "--set", "glr=1"], "g_lr"),
        (["train", "--set", "g_lr=-1"], "from 0 to 10"),
        (["train", "--seconds", "0"], "more than 0"),
        (["train", "--kimg", "-3"], "more than 0"),
        (["train", "--set", "g_lr"], "key=value"),
        (["train", "--resume", "/nowhere"], "run folder"),
        (["train", "--preset", "digits", "--set", "classes=3"], "classes"),
        (["sample", "--weights", "fashon", "--out", "a.png"], "weights"),
        (["sample", "--weights", "~nouser/x", "--out", "a.png"], "weights"),
        (["sample", "--weights", "fashion", "--out", "a.png", "--label", "²"], "classes"),
        (["sample", "--weights", "fashion", "--out", "a.png", "--count", "20000"], "sheet"),
        (["sample", "--weights", "fashion", "--out", "a.png", "--seed", "2147483647"], "seeds"),
        (["train", "--data", "folder:~nouser/x"], "no folder"),
        (["train", "--data", "folder:" + "a" * 5000], "readable"),
        (["train", "--data", "folder:a\0b"], "printable"),
        (["evaluate", "--weights", "nothing-like-it"], "weights"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_one(arguments, word):
    result = gan(*arguments, code=1)
    error = result.stderr.strip()
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1
    assert word in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--seed", "-1"],
        ["sample", "--weights", "x"],
        ["nothing"],
        ["train", "--kimg", "x"],
    ],
)
def test_a_command_line_that_cannot_be_read_is_exit_code_two(arguments):
    gan(*arguments, code=2)


def test_sampling_into_nothing_is_one_sentence(tmp_path: Path, tiny_run: Path):
    for out, word in ((tmp_path / "a.gif", ".png"), (tmp_path / "no" / "a.png", "folder")):
        assert word in gan("sample", "--weights", tiny_run, "--out", out, code=1).stderr
    wrong = ["sample", "--weights", tiny_run, "--out", tmp_path / "a.png", "--label"]
    assert "classes: 0, 1" in gan(*wrong, "shoe", code=1).stderr
    assert "from 0 to 9" in gan(*wrong, "77", code=1).stderr


def test_a_read_only_place_is_one_sentence(tmp_path: Path, tiny_run: Path):
    (tmp_path / "file").write_text("")
    run = tmp_path / "file" / "run"
    assert (
        "cannot be written" in gan("train", "--preset", "digits", "--run-dir", run, code=1).stderr
    )


def test_a_folder_with_broken_pictures_trains_on_the_rest_and_says_so(tmp_path: Path):
    rng = np.random.default_rng(0)
    for i in range(97):
        Image.fromarray(rng.integers(0, 256, (12, 10 + i % 7, 3), np.uint8)).save(
            tmp_path / f"{i}.png"
        )
    for i in range(3):
        (tmp_path / f"x{i}.png").write_bytes(b"\x89PNG broken")
    output = gan("train", "--preset", "own", "--data", f"folder:{tmp_path}", "--kimg", 0.1,
                 "--run-dir", tmp_path / "r", "--set", "resolution=16").output  # fmt: skip
    assert "97 images; skipped 3: 3 unreadable" in output
    assert "finished" in output


@pytest.mark.slow
def test_a_resumed_run_keeps_its_model_but_may_change_its_rates(tmp_path: Path):
    run = tmp_path / "r"
    gan("train", "--preset", "digits", "--kimg", 0.2, "--run-dir", run)
    assert "cannot change" in gan("train", "--resume", run, "--set", "z_dim=8", code=1).stderr
    gan("train", "--resume", run, "--kimg", 0.4, "--set", "g_lr=0.0001")
    rows = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    assert rows[-1]["g_lr"] == 0.0001
    assert rows[0]["g_lr"] == 0.002


def test_a_finished_run_says_that_its_budget_is_spent(tmp_path: Path):
    run = tmp_path / "with a space"
    output = gan("train", "--preset", "digits", "--kimg", 0.2, "--run-dir", run).output
    assert f"'{run}'" in output  # the hint can be pasted
    assert "larger --seconds" in gan("train", "--resume", run, code=1).stderr


def test_a_half_there_folder_says_what_is_missing(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    assert (
        "model.safetensors" in gan("sample", "--weights", tmp_path, "--out", "a.png", code=1).stderr
    )


@pytest.mark.slow
def test_the_module_runs_as_a_command():
    result = subprocess.run(
        [sys.executable, "-m", "gan", "--help"], capture_output=True, text=True,
        env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    assert result.returncode == 0
    for command in ("presets", "train", "sample", "evaluate", "compare", "serve"):
        assert command in result.stdout
    assert __version__


COMPUTING = """
import atexit, sys, threading, types
from gan.__main__ import main
thread = threading.Thread(target=threading.Event().wait)  # has no end
sys.modules["gan.ui"] = types.SimpleNamespace(main=lambda *args, **options: thread.start())
atexit.register(print, "tidied up", flush=True)
main(["serve"])
"""


@pytest.mark.slow
def test_a_server_ends_though_a_thread_still_computes():
    ended = subprocess.run(
        [sys.executable, "-c", COMPUTING], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "tidied up\n", "")


def test_an_error_gives_a_terminal_nothing_to_obey(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit):
        fail("it holds \x1b[2Jgone.pth\nand \u202eb.pth")
    assert capsys.readouterr().err == "error: it holds  [2Jgone.pth\nand  b.pth\n"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's tracer
@pytest.mark.parametrize("command", ["sample", "directions", "export"])
def test_names_of_a_stranger_s_config_give_a_terminal_nothing_to_obey(
    command: str, tmp_path: Path, tiny_run: Path
):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    config = json.loads((run / "config.json").read_text())
    evil = [f"\x1b]0;gone\x07{name}\x9b2J" for name in config["class_names"]]
    (run / "config.json").write_text(json.dumps(config | {"class_names": evil}))
    ask = {"export": ["--to", "torchscript", "--out", str(tmp_path / "a.pt")],
           "sample": ["--seeds", "1", "--out", str(tmp_path / "a.png")],
           "directions": []}  # fmt: skip
    said = CliRunner().invoke(app, [command, "--weights", str(run), *ask[command]])
    assert said.exit_code == 0, said.output
    assert [c for c in said.output if not c.isprintable() and c not in "\n\t"] == []


@pytest.mark.slow
def test_a_reader_who_has_read_enough_ends_a_command_quietly():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "gan", "search"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7", [7]), ("1-5,9", [1, 2, 3, 4, 5, 9]), ("3-1, 8", [3, 2, 1, 8]), ("4-4", [4])],
)
def test_seeds_are_numbers_and_ranges(text: str, seeds: list[int]):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "as in 1-5,9"), ("1,,2", "as in 1-5,9"), ("-3", "as in 1-5,9"),
        ("1-2-3", "as in 1-5,9"),
        ("1.5", "as in 1-5,9"), ("٣", "as in 1-5,9"), ("2147483648", "from 0 to 2147483647"),
        ("0-2147483647", "at most"), ("9" * 99, "as in 1-5,9"),
    ],
)  # fmt: skip
def test_seeds_that_make_no_sense_are_refused(text: str, says: str):
    with pytest.raises(ConfigError, match=says):
        parse_seeds(text)


def test_exactly_these_seeds_are_drawn(tmp_path: Path, tiny_run: Path):
    out = tmp_path / "few.npz"
    gan("sample", "--weights", tiny_run, "--seeds", "1-3,9", "--out", out)
    assert np.load(out)["seeds"].tolist() == [1, 2, 3, 9]
