"""A moment of a run by its name, and averages of other lengths mixed from what a run kept."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from gan.averaging import SECOND, SECOND_G, Kept, mixture
from gan.checkpoint import (
    load,
    load_at,
    load_state,
    newest_checkpoint,
    save_checkpoint,
    weights_of_run,
)
from gan.cli import app
from gan.cli.console import load_weights
from gan.errors import WeightsError
from gan.runs import RunReader, RunWriter, Session, find_origin, resume
from gan.runs.moments import Moment, averaged, half_lives, has_second, load_moment, parse_moment
from gan.runs.thinning import thin
from gan.tensors import read_tensors
from gan.training import Trainer
from tests.conftest import tiny_config

GAMMAS = {0.05: 16.97, 0.10: 6.94}  # Karras et al. 2024, section 3.1
EVERY, STEPS = 16, 240


def kept_directly(averages: dict[float, dict[str, torch.Tensor]], trainer: Trainer) -> None:
    """Power-function averages as in their section 3.1, in plain torch."""
    now = trainer.g.state_dict()
    for length, gamma in GAMMAS.items():
        beta = (1 - trainer.config.train.batch_size / trainer.nimg) ** (gamma + 1)
        before = averages.get(length, now)
        averages[length] = {
            k: beta * before[k].double() + (1 - beta) * v.double() for k, v in now.items()
        }


@pytest.fixture(scope="module")
def long_run(tmp_path_factory, digits):
    """A run of 240 steps whose first average soon is much shorter than a moment is long, and the
    averages of other lengths that were kept beside it."""
    config = replace(tiny_config(ema_half_life_kimg=0.02), total_kimg=100.0)
    path = tmp_path_factory.mktemp("moments") / "long"
    writer = RunWriter(path, config, steerable=False)
    writer.create()
    trainer, averages = Trainer(config, digits), {}
    session = Session(trainer, writer)
    for step in range(1, STEPS + 1):
        trainer.step()
        kept_directly(averages, trainer)
        if step % EVERY == 0:
            writer.weights(trainer)
    session.checkpoint()
    writer.report("stopped", nimg=trainer.nimg)
    return path, averages


def vector(state: dict[str, torch.Tensor]) -> torch.Tensor:
    names = [k for k in sorted(state) if "num_batches" not in k]
    return torch.cat([state[k].double().flatten() for k in names])


def missed(path: Path, length: float, wished: dict[str, torch.Tensor]) -> float:
    """How far the mixture lies from the wished average, as a fraction of how far G's own does."""
    nimg = weights_of_run(path)[-1]
    own = vector(load_at(path, nimg).generator.state_dict())
    mixed = vector(averaged(path, nimg, length).generator.state_dict())
    return float((mixed - vector(wished)).norm() / (own - vector(wished)).norm())


def without_second(path: Path) -> None:
    """The weights as an older version saved them."""
    for file in path.glob("weights/*.safetensors"):
        tensors = read_tensors(file)
        save_file({k: v for k, v in tensors.items() if not k.startswith(SECOND_G)}, file)


@pytest.fixture
def old_run(long_run, tmp_path):
    path = tmp_path / "old"
    shutil.copytree(long_run[0], path)
    without_second(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("length", GAMMAS)
def test_a_mixture_is_the_average_that_was_kept_beside_the_training(long_run, length):
    path, averages = long_run
    assert missed(path, length, averages[length]) < 0.08
    g = averaged(path, weights_of_run(path)[-1], length).generator
    z, labels = (
        torch.randn(20, 16, generator=torch.Generator().manual_seed(1)),
        torch.arange(20) % 10,
    )
    mixed = g(z, labels)
    g.load_state_dict({k: v.to(g.state_dict()[k].dtype) for k, v in averages[length].items()})
    assert (mixed - g(z, labels)).abs().mean() < 0.01


def test_an_old_run_has_one_average_of_which_longer_ones_are_mixed_roughly(old_run, long_run):
    assert not has_second(old_run, weights_of_run(old_run)[-1])
    rough = missed(old_run, 0.10, long_run[1][0.10])
    assert 2 * missed(long_run[0], 0.10, long_run[1][0.10]) < rough < 0.8


def test_the_second_average_alone_is_the_mixture_of_its_own_length(long_run):
    path, nimg = long_run[0], weights_of_run(long_run[0])[-1]
    found = mixture([Kept(nimg), Kept(nimg, second=True)], [(0.0, 20.0)], SECOND)
    assert found.parts == ((Kept(nimg, second=True), pytest.approx(1.0, abs=1e-3)),)
    saved = read_tensors(path / "weights" / f"{nimg:010d}.safetensors")
    state = averaged(path, nimg, SECOND).generator.state_dict()
    for name, tensor in state.items():
        torch.testing.assert_close(tensor, saved[f"{SECOND_G}.{name}"], rtol=1e-2, atol=1e-2)


def test_factors_add_up_to_one_even_where_averages_are_short():
    kept = [Kept(n) for n in range(50_000, 1_000_001, 50_000)]
    found = mixture(kept, [(0.0, 1000.0)], 0.2)
    assert sum(factor for _, factor in found.parts) == pytest.approx(1.0)
    assert found.residual < 0.05


def test_a_training_resumed_from_an_older_checkpoint_goes_on_with_one_average(
    old_run, digits, make_config
):
    config = replace(make_config(ema_half_life_kimg=0.02), total_kimg=STEPS * 16 / 1000 + 0.3)
    trainer = Trainer(config, digits)
    path = newest_checkpoint(old_run / "checkpoints").path
    modules = {k: m for k, m in trainer.modules().items() if k != SECOND_G}
    save_checkpoint(path.parent, int(path.name), modules, load_state(path))
    before = weights_of_run(old_run)[-1]
    resume(config, digits, old_run)
    after = weights_of_run(old_run)[-1]
    assert after > before
    assert not has_second(old_run, after)
    assert averaged(old_run, after, 0.1).length == 0.1


def test_a_training_goes_on_with_both_averages(long_run, digits, make_config, tmp_path):
    path = tmp_path / "again"
    shutil.copytree(long_run[0], path)
    config = replace(make_config(ema_half_life_kimg=0.02), total_kimg=STEPS * 16 / 1000 + 0.3)
    resume(config, digits, path)
    assert has_second(path, weights_of_run(path)[-1])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("runs/a", Moment("runs/a")),
        ("runs/a@500", Moment("runs/a", 500)),
        ("runs/a~0.1", Moment("runs/a", None, 0.1)),
        ("a@500~.15", Moment("a", 500, 0.15)),
        ("~/runs/a", Moment("~/runs/a")),
        ("owner/name@main", Moment("owner/name@main")),
        ("a~long", Moment("a~long")),
        ("a@" + "9" * 5000, Moment("a@" + "9" * 5000)),
    ],
)
def test_a_name_says_run_moment_and_length(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "runs", "moment"),
    [
        ("a~0.1", ["a", "a~0.1"], Moment("a~0.1")),
        ("a@12", ["a", "a@12"], Moment("a@12")),
        ("a@12~0.1", ["a", "a@12"], Moment("a@12", None, 0.1)),
        ("a@12@500~0.1", ["a", "a@12"], Moment("a@12", 500, 0.1)),
        ("a@12~0.1", ["a"], Moment("a", 12, 0.1)),
    ],
)
def test_a_run_that_is_called_as_a_moment_comes_before_the_moment(text, runs, moment):
    assert parse_moment(text, runs.__contains__) == moment


def test_a_run_that_is_called_as_a_moment_is_sampled_and_forked(long_run, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    path = tmp_path / "mine@12"
    shutil.copytree(long_run[0], path)
    newest = weights_of_run(path)[-1]
    assert load_weights("mine@12~0.1").length == 0.1
    assert load_weights("mine@12").config.nimg == newest
    assert find_origin("mine@12").run == path
    assert find_origin(f"mine@12@{newest}").nimg == newest


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 100)


def _change(change) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        tensors = read_tensors(file)
        save_file(change(tensors), file)

    return write


def _spoil(name: str, tensor: torch.Tensor) -> torch.Tensor:
    return torch.full_like(tensor, math.inf) if tensor.is_floating_point() else tensor


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        Path.unlink,
        lambda file: file.write_bytes(b""),
        _change(lambda found: {k: _spoil(k, v) for k, v in found.items()}),
        _change(lambda found: {k: v[:1].clone() if v.dim() else v for k, v in found.items()}),
        _change(lambda found: {k: torch.cat([v, v]) if v.dim() else v for k, v in found.items()}),
        _change(lambda found: dict([*found.items()][: len(found) // 2])),
    ],
    ids=["cut", "gone", "empty", "infinite", "broadcast", "longer", "half"],
)
def test_an_average_is_mixed_of_those_moments_that_can_be_read(long_run, tmp_path, damage):
    path, fewer = tmp_path / "damaged", tmp_path / "fewer"
    for folder in (path, fewer):
        shutil.copytree(long_run[0], folder)
    moments = weights_of_run(path)
    hit = moments[len(moments) // 2]
    damage(path / "weights" / f"{hit:010d}.safetensors")
    (fewer / "weights" / f"{hit:010d}.safetensors").unlink()
    found = averaged(path, moments[-1], 0.1)
    assert found.revision == averaged(fewer, moments[-1], 0.1).revision


def test_files_that_are_called_by_no_moment_are_none_of_a_run_s(long_run, tmp_path):
    path = tmp_path / "odd"
    shutil.copytree(long_run[0], path)
    moments = weights_of_run(path)
    for name in ("²²", "12", "0" * 30 + "9", "x", "٣" * 10):
        (path / "weights" / f"{name}.safetensors").write_bytes(b"x")
        (path / "snapshots").mkdir(exist_ok=True)
        (path / "snapshots" / f"{name}.webp").write_bytes(b"x")
    assert weights_of_run(path) == moments
    assert averaged(path, moments[-1], 0.1).length == 0.1
    RunReader(path).snapshots()
    thin(path, 0.001)


def test_a_folder_of_weights_may_be_called_as_if_with_a_length(tmp_path):
    weights = load("fashion-mlp")
    shutil.copytree(weights.path, tmp_path / "mine~1")
    assert load_weights(str(tmp_path / "mine~1")).revision == weights.revision


def test_half_lives_follow_what_was_set_and_forget_what_was_taken_back(long_run, tmp_path):
    path = tmp_path / "steered"
    shutil.copytree(long_run[0], path)
    key = "ema_half_life_kimg"
    rows = [(1000, 8.0, 9.0), (2000, 9.0, 3.0), (1500, 9.0, 4.0)]  # resumed at 1500
    text = "".join(
        json.dumps({"nimg": n, "seconds": 1, "event": "set", "key": key, "old": a, "new": b}) + "\n"
        for n, a, b in rows
    )
    (path / "history.jsonl").write_text(text)
    assert half_lives(path) == [(0.0, 8000.0), (1000.0, 9000.0), (1500.0, 4000.0)]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (Moment("long", None, 0.3), "must be 0.05 to 0.25 of the training, got 0.3"),
        (Moment("long", None, -0.1), "got -0.1"),
        (Moment("long", EVERY * 16, 0.1), "from two kept moments or more, long has 1 up to 256"),
    ],
)
def test_what_cannot_be_mixed_is_told_in_a_sentence(long_run, moment, said):
    with pytest.raises(WeightsError, match=said):
        load_moment(long_run[0], moment)


def test_a_run_without_an_average_says_so(old_run):
    config = json.loads((old_run / "config.json").read_text())
    config["train"]["ema_half_life_kimg"] = 0.0
    (old_run / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="old kept no average of G"):
        load_moment(old_run, Moment("old", None, 0.1))


def test_every_command_that_takes_weights_takes_a_moment_and_a_length(
    long_run, old_run, tmp_path, monkeypatch
):
    monkeypatch.setenv("GAN_RUNS_DIR", str(long_run[0].parent))

    def sampled(ref: str, out: str) -> tuple[bytes, str]:
        file = tmp_path / out
        told = CliRunner().invoke(
            app, ["sample", "--weights", ref, "--count", "4", "--out", str(file)]
        )
        return file.read_bytes() if file.is_file() else b"", told.output

    nimg = weights_of_run(long_run[0])[-3]
    own, _ = sampled(str(long_run[0]), "own.png")
    then, _ = sampled(f"{long_run[0]}@{nimg + 3}", "then.png")
    mixed, text = sampled(f"long@{nimg}~0.2", "mixed.png")
    assert len({own, then, mixed, b""}) == 4
    assert text.startswith("4 samples of long~0.2 in")
    assert "only one average" in sampled(f"{old_run}~0.2", "old.png")[1]
    assert "must name a run before the ~" in sampled("fashion~0.2", "none.png")[1]
    kept = f"nearest to {nimg + 3:,} are of {nimg:,}"
    assert kept in sampled(f"long@{nimg + 3}", "near.png")[1]
    assert "note" not in text


@pytest.mark.parametrize("tail", ["~x", "~", "~10%", "~0,1", "~1e-1", "@x", "@12~x", "~0.1@12"])
def test_what_is_no_moment_or_length_behind_a_run_is_told_as_that(long_run, monkeypatch, tail):
    monkeypatch.setenv("GAN_RUNS_DIR", str(long_run[0].parent))
    with pytest.raises(WeightsError, match=r"0\.05 to 0\.25, got") as caught:
        load_weights(f"long{tail}")
    assert f"got {tail!r};" in str(caught.value)
    assert "long@3840~0.1" in str(caught.value)  # 240 steps of 16
