"""A resume goes on with what the run was, or says what differs before it writes a byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from gan.checkpoint import load
from gan.cli import app
from gan.config import RunConfig
from gan.data import ImageSet, compare, difference, identify
from gan.errors import ConfigError
from gan.hub import push
from gan.runs import RunReader
from gan.runs.lock import LOCK_FILE


def draw(folder: Path, *classes: str, count: int = 6, shade: int = 60) -> Path:
    """`count` pictures a class, no two alike."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number)
        for i in range(count):
            pixels = noise.integers(shade, shade + 120, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


def train(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["train", *map(str, arguments)])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return draw(tmp_path / "set", "cats", "dogs")


@pytest.fixture
def run(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Trained on a folder that was named from where one stood."""
    monkeypatch.chdir(tmp_path)
    options = ["--set", "resolution=8", "--set", "batch_size=8", "--kimg", "0.03"]
    code, output = train(
        "--preset", "digits", "--data", "folder:set", *options, "--run-dir", "runs/c"
    )
    assert code == 0, output
    return tmp_path / "runs" / "c"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != LOCK_FILE
    }


def rename_crosswise(pictures: Path) -> None:
    for old, new in (("cats", "x"), ("dogs", "cats"), ("x", "dogs")):
        (pictures / old).rename(pictures / new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: draw(p, "cats", "birds"), "the classes differ (new 'birds')"),
        (lambda p: shutil.rmtree(p / "dogs"), "the classes differ (without 'cats', 'dogs')"),
        (lambda p: (p / "cats" / "0.png").unlink(), "there were 12, there are 11"),
        (lambda p: draw(p, "cats", "dogs", shade=100), "as many, but other pictures"),
        (rename_crosswise, "as many, but other pictures"),
        (shutil.rmtree, "is not where it was"),
    ],
)
def test_other_images_are_refused_before_a_byte_is_written(run: Path, pictures: Path, change, said):
    before = contents(run)
    change(pictures)
    code, output = train("--resume", run, "--kimg", "0.06")
    assert (code, said in output) == (1, True), output
    assert contents(run) == before


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--data", "digits"), "goes on with the images that it has learned from alone"),
        (("--seed", "9"), "goes on with seed 0, got --seed 9"),
        (("--preset", "fashion"), "goes on with the preset digits, got --preset fashion"),
        (("--run-dir", "elsewhere"), "writes where the run lies"),
        (("--set", "resolution=16"), "resolution cannot change while training"),
    ],
)
def test_what_a_resume_cannot_take_is_refused(run: Path, option, said):
    before = contents(run)
    code, output = train("--resume", run, "--kimg", "0.06", *option)
    assert (code, said in output) == (1, True), output
    assert contents(run) == before


def test_what_a_resume_can_take_is_taken(run: Path):
    same = ["--preset", "digits", "--seed", "0", "--data", "folder:set", "--run-dir", "runs/c"]
    code, output = train("--resume", run, *same, "--kimg", "0.06", "--set", "g_lr=0.0007")
    assert code == 0, output
    config = RunReader(run).config()
    assert (config.train.g_lr, config.total_kimg) == (0.0007, 0.06)
    assert "not bit-exact" not in output
    assert "begins anew" not in output


@pytest.mark.slow
def test_images_are_found_from_elsewhere_and_where_they_were_moved(
    run: Path, pictures: Path, tmp_path: Path, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert train("--resume", run, "--kimg", "0.06")[0] == 0
    pictures.rename(tmp_path / "moved")
    code, output = train("--resume", run, "--kimg", "0.09", "--data", "folder:../moved")
    assert (code, "anew" in output) == (0, False), output
    assert train("--resume", run, "--kimg", "0.12")[0] == 0  # the new place is kept
    assert RunReader(run).rows()[-1]["nimg"] == 120


def test_a_fork_takes_a_seed_and_other_images_and_refuses_another_preset(run: Path, tmp_path: Path):
    draw(tmp_path / "other", "sheep", "wolves")
    new = ["--data", "folder:other", "--seed", "9", "--kimg", "0.06", "--run-dir", "runs/f"]
    code, output = train("--fork", run, *new)
    assert code == 0, output
    config = RunReader(tmp_path / "runs" / "f").config()
    assert (config.seed, config.class_names) == (9, ("sheep", "wolves"))
    assert "order begins anew" in output
    code, output = train("--fork", run, "--preset", "fashion")
    assert (code, "got --preset fashion" in output) == (1, True), output


def test_a_push_does_not_tell_where_the_images_lie(run: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(push, "walk_picture", lambda g: b"RIFFwalk")
    assert RunReader(run).config().data == f"folder:{tmp_path / 'set'}"
    plan = push.plan(load(run), "me/cats", ask=False)
    assert json.loads(dict(plan.files)["config.json"])["data"] == "folder:PICTURES"
    assert not any(str(tmp_path).encode() in data for _, data in plan.files)


@pytest.mark.slow
def test_class_names_that_could_not_be_read_again_are_refused_before_training(tmp_path: Path):
    names = [f"{i:03d}-{'long' * 20}" for i in range(900)]
    draw(tmp_path / "many", *names, count=1)
    options = ["--data", f"folder:{tmp_path / 'many'}", "--set", "resolution=8", "--kimg", "0.1"]
    code, output = train("--preset", "digits", *options, "--run-dir", tmp_path / "r")
    assert (code, "the names of all classes may take 48 KB" in output) == (1, True), output
    assert not (tmp_path / "r").exists()
    plain = [*options, "--set", "classes=0", "--run-dir", tmp_path / "r"]
    code, output = train("--preset", "digits", *plain)
    assert code == 0, output
    assert train("--resume", tmp_path / "r", "--kimg", "0.2")[0] == 0
    with pytest.raises(ConfigError, match="shorten them"):
        RunConfig(preset="digits", class_names=tuple(names))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_run_whose_files_were_saved_in_an_editor_goes_on(run: Path, encoding: str):
    for name in ("config.json", "status.json", "images.json"):
        text = (run / name).read_text("utf-8").replace("\n", "\r\n")
        (run / name).write_bytes(text.encode(encoding))
    rows = (run / "progress.jsonl").read_text("utf-8").replace("\n", "\r\n")
    (run / "progress.jsonl").write_bytes(rows.encode("utf-8-sig"))
    had = RunReader(run).rows()
    code, output = train("--resume", run, "--kimg", "0.06")
    assert code == 0, output
    assert RunReader(run).rows()[: len(had)] == had


def noise(count: int, *, seed: int = 0) -> ImageSet:
    draw = torch.Generator().manual_seed(seed)
    pixels = torch.randint(2, 254, (count, 3, 8, 8), generator=draw, dtype=torch.uint8)
    return ImageSet("noise", pixels, torch.arange(count) % 2, ("a", "b"))


def test_another_decoder_is_no_other_set_and_another_picture_is():
    before = noise(40)
    nearly = ImageSet("noise", before.pixels + 1, before.labels, before.class_names)
    assert compare(identify(before), identify(before)) == "same"
    assert compare(identify(before), identify(nearly)) == "alike"
    assert not difference(identify(before), identify(nearly))
    one = before.pixels.clone()
    one[17] = 255 - one[17] // 2
    other = ImageSet("noise", one, before.labels, before.class_names)
    assert str(difference(identify(before), identify(other))) == "as many, but other pictures"
    assert compare(identify(before), identify(noise(40, seed=1))) == "other"
