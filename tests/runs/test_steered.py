"""Commands, history, single steps, slow motion and forks, as the run folder tells of them."""

from __future__ import annotations

import json
import queue
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan.checkpoint import load, load_at, newest_checkpoint
from gan.errors import DivergedError, RunError
from gan.files import write_json
from gan.hub.recipe import training_recipe
from gan.metrics.diagnosis import diagnose
from gan.runs import (
    Host,
    RunReader,
    RunWriter,
    Session,
    command_line,
    find_origin,
    fork,
    fork_argv,
    resume,
    start,
)
from gan.schema import to_json
from gan.training import Progress, Trainer
from tests.restoring import load_checkpoint

pytestmark = pytest.mark.slow  # trainings


def steered(tmp_path: Path, config, digits, *commands: dict, kimg: float = 0.4) -> RunReader:
    """A run that hears `commands` after its first row, and then goes on to its end."""
    path = tmp_path / "r"
    config = replace(config, total_kimg=kimg)
    writer = RunWriter(path, config, steerable=True)
    writer.create()
    waiting: queue.Queue = queue.Queue()
    left = list(commands)

    def watch(event: object, status: object) -> None:
        if isinstance(event, Progress):
            while left:
                waiting.put(left.pop(0))

    Session(Trainer(config, digits), writer, commands=waiting, watcher=watch).run()
    return RunReader(path)


def told(reader: RunReader) -> list[tuple]:
    return [(r["event"], r["key"], r["old"], r["new"]) for r in reader.history()]


@pytest.mark.slow
def test_a_change_is_told_with_what_was_and_what_is_and_holds(tmp_path, digits, make_config):
    settings = {"g_lr": 0.001, "d_count": 2}
    reader = steered(tmp_path, make_config(), digits, {"command": "set", "settings": settings})
    assert told(reader)[:2] == [("set", "g_lr", 0.002, 0.001), ("set", "d_count", 1, 2)]
    assert "tensors were kept" in reader.history()[1]["note"]
    assert reader.config().model.d_count == 2
    assert reader.rows()[-1]["g_lr"] == 0.001
    assert len(load(reader.path).discriminator.members) == 2
    assert resume(replace(reader.config(), total_kimg=0.6), digits, reader.path).nimg == 608


def test_a_change_keeps_a_checkpoint_of_before_it_to_go_back_to(tmp_path, digits, make_config):
    reader = steered(tmp_path, make_config(), digits, {"command": "set", "settings": {"g_lr": 0.1}})
    (change,) = [row for row in reader.history() if row["event"] == "set"]
    assert change["nimg"] in reader.past().moments
    origin = find_origin(f"{reader.path}@{change['nimg']}")
    assert (origin.nimg, origin.config.train.g_lr) == (change["nimg"], 0.002)
    assert origin.checkpoint is not None


def test_a_training_that_breaks_off_is_a_divergence_with_a_way_back(
    tmp_path, digits, make_config, monkeypatch
):
    step = Trainer.step

    def until_it_breaks(trainer: Trainer) -> None:
        if trainer.nimg >= 100:
            raise DivergedError("the training reached nan")
        step(trainer)

    monkeypatch.setattr(Trainer, "step", until_it_breaks)
    with pytest.raises(DivergedError):
        steered(tmp_path, make_config(), digits)
    reader = RunReader(tmp_path / "r")
    assert told(reader)[-1][0] == "diverged"
    (found,) = diagnose(reader.rows(), reader.measures(), reader.config(), reader.past())
    assert (found.kind, found.evidence["sign"]) == ("divergence", "no-number")
    assert found.remedies[0].name == "start-over"


def test_of_several_settings_one_wrong_one_changes_nothing_and_is_told(
    tmp_path, digits, make_config
):
    settings = {"g_lr": 0.001, "z_dim": 3}
    reader = steered(tmp_path, make_config(), digits, {"command": "set", "settings": settings})
    (row,) = [r for r in reader.history() if r["event"] != "stop"]
    assert (row["event"], row["key"]) == ("refused", "g_lr,z_dim")
    assert "z_dim cannot change" in row["note"]
    assert reader.config().train.g_lr == 0.002


def test_weights_from_before_a_change_of_d_still_open(tmp_path, digits, make_config):
    pause = ({"command": "pause"}, {"command": "set", "key": "packing", "value": 2})
    reader = steered(tmp_path, make_config(), digits, *pause, {"command": "resume"})
    first, last = reader.weights()[0], reader.weights()[-1]
    assert load_at(reader.path, first).discriminator.packing == 1
    assert load_at(reader.path, last).discriminator.packing == 2
    assert [e for e, *_ in told(reader)] == ["pause", "set", "resume", "stop"]


@pytest.mark.parametrize("what", ["d", "g"])
def test_a_step_pauses_a_run_and_leaves_its_pictures(tmp_path, digits, make_config, what):
    step = {"command": "step", "what": what}
    reader = steered(tmp_path, make_config(), digits, step, step, {"command": "resume"})
    last = reader.last_step()
    assert (last["number"], last["what"]) == (2, what)
    assert [e for e, *_ in told(reader)] == ["pause", "step", "step", "resume", "stop"]
    before, after = reader.step_image("before"), reader.step_image("after")
    assert before[:4] == after[:4] == b"RIFF"
    assert (before == after) == (what == "d")


def test_slow_motion_is_slow_shows_every_step_and_ends(tmp_path, digits, make_config):
    begin = time.monotonic()
    slow = ({"command": "slow", "steps_per_s": 4}, {"command": "slow", "steps_per_s": "x"})
    reader = steered(tmp_path, make_config(), digits, *slow, kimg=0.1)  # 7 steps, 6 of them slow
    assert time.monotonic() - begin > 1.2
    assert reader.snapshots() == [0, *range(32, 113, 16)]  # the first step was not slow yet
    assert told(reader)[0] == ("slow", "steps_per_s", 0.0, 4.0)
    assert reader.status().steps_per_s == 4.0


def test_old_folders_without_the_new_files_read_as_empty(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    for name in ("history.jsonl", "reals.webp"):
        (copy / name).unlink()
    reader = RunReader(copy)
    assert (reader.history(), reader.last_step()) == ([], None)
    with pytest.raises(RunError, match="real images"):
        reader.reals()
    (copy / "step.json").write_text('{"number": "x"}')
    assert reader.last_step() is None


def test_a_run_starts_with_real_images_and_a_word(tiny_run: Path):
    assert RunReader(tiny_run).reals()[:4] == b"RIFF"
    assert told(RunReader(tiny_run))[0] == ("start", "", None, "digits")


def weights_at_start(path: Path, config, digits) -> dict[str, torch.Tensor]:
    trainer = Trainer(config, digits)
    load_checkpoint(newest_checkpoint(path / "checkpoints").path, trainer.modules())
    return trainer.g.state_dict()


@pytest.mark.slow
def test_a_fork_goes_on_as_its_parent_would_have(tmp_path, digits, make_config):
    config = replace(make_config(), total_kimg=0.4)
    start(config, digits, tmp_path / "parent")
    longer = replace(config, total_kimg=0.6)
    origin = find_origin(str(tmp_path / "parent"))
    fork(longer, origin, digits, tmp_path / "child")
    resume(longer, digits, tmp_path / "parent")
    child, parent = (weights_at_start(tmp_path / n, config, digits) for n in ("child", "parent"))
    assert all(torch.equal(v, parent[k]) for k, v in child.items())
    reader = RunReader(tmp_path / "child")
    assert told(reader)[0] == ("fork", "parent", None, "parent@400")
    assert reader.config().parent == "parent@400"
    assert reader.rows()[0]["nimg"] > 400


@pytest.mark.slow
def test_a_fork_of_weights_begins_with_exactly_these_and_says_so(tmp_path, digits, make_config):
    config = replace(make_config(), total_kimg=0.4)
    start(config, digits, tmp_path / "parent")
    shutil.rmtree(tmp_path / "parent" / "checkpoints")
    origin = find_origin(f"{tmp_path / 'parent'}@450")
    assert (origin.nimg, origin.checkpoint) == (400, None)
    still = replace(config, total_kimg=0.6, train=replace(config.train, g_lr=0.0))
    said: list[str] = []
    fork(still, origin, digits, tmp_path / "child", Host(say=said.append))
    assert "start fresh" in said[0]
    parent = load(tmp_path / "parent").generator
    child = load(tmp_path / "child").generator
    pairs = zip(parent.parameters(), child.parameters(), strict=True)
    assert all(torch.equal(p, c) for p, c in pairs)  # G's rate was 0


@pytest.mark.slow
def test_a_fork_takes_other_settings_and_a_wrong_moment_is_a_sentence(
    tmp_path, digits, make_config
):
    config = replace(make_config(), total_kimg=0.2)
    start(config, digits, tmp_path / "parent")
    origin = find_origin(str(tmp_path / "parent"))
    other = replace(
        config,
        total_kimg=0.4,
        model=replace(config.model, d_scales=2),
        train=replace(config.train, optimizer="sgd"),
    )
    fork(other, origin, digits, tmp_path / "child")
    assert {k for _, k, *_ in told(RunReader(tmp_path / "child"))} >= {"d_scales", "optimizer"}
    write_json(tmp_path / "parent" / "config.json", to_json(replace(config, seed=99)))  # another
    child = RunReader(tmp_path / "child").config()
    recipe = training_recipe(child, nimg=400, folder=tmp_path / "child").split("\n")
    assert recipe[0].startswith("python -m gan train --preset digits ")
    assert f" --kimg {origin.nimg / 1000:g} --seed {config.seed} " in recipe[0]
    assert f"--fork runs/a@{origin.nimg} " in recipe[1]
    assert "--set optimizer=sgd" in recipe[1]
    assert "optimizer" not in recipe[0]
    with pytest.raises(RunError, match="later moment"):
        find_origin(f"{tmp_path / 'parent'}@5")
    with pytest.raises(RunError, match="must name a run"):
        find_origin("nowhere@5")


def test_the_command_line_of_a_fork_is_one_to_copy():
    argv = fork_argv(Path("runs/a"), nimg=6400, settings={"augment": "ada"}, kimg=20, steer=True)
    assert command_line(argv) == (
        "python -m gan train --fork runs/a@6400 --set augment=ada --kimg 20"
    )


def test_tensorboard_gets_every_scalar_and_the_samples(tmp_path: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from typer.testing import CliRunner

    from gan.cli import app

    run = tmp_path / "r"
    line = ["train", "--preset", "digits", "--kimg", "0.3", "--run-dir", str(run)]
    result = CliRunner().invoke(app, [*line, "--log", "tensorboard"])
    assert result.exit_code == 0, result.output
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    rows = RunReader(run).rows()
    assert {*events.Tags()["scalars"]} == {k for k in rows[0] if k != "nimg"}
    assert [e.step for e in events.Scalars("loss_d")] == [r["nimg"] for r in rows]
    assert events.Tags()["images"] == ["samples"]


def test_without_the_package_tensorboard_is_one_sentence(tmp_path: Path, monkeypatch):
    import sys

    from typer.testing import CliRunner

    from gan.cli import app

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    line = ["train", "--preset", "digits", "--kimg", "0.3", "--run-dir", str(tmp_path / "r")]
    result = CliRunner().invoke(app, [*line, "--log", "tensorboard"])
    assert result.exit_code == 1
    assert "pip install tensorboard" in result.stderr
    assert not (tmp_path / "r").exists()
    assert json.dumps(result.stderr).count("\\n") == 1
