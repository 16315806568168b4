"""Whatever ends a training or its server: no checkpoint is torn, the run is listed and goes on."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gan import checkpoint
from gan.checkpoint import checkpoints, newest_checkpoint, save_checkpoint
from gan.data import load_data
from gan.presets import resolve_widths, run_config
from gan.runs import RunReader, list_runs, resume, session, start
from gan.training import Trainer
from tests.children import quick_child
from tests.restoring import load_checkpoint
from tests.runs.test_runs import state_of, until

ROOT = Path(__file__).parents[2]
TRIES = 3


def train_and_save(path: Path) -> None:
    """A training that saves after every step: where it is killed, it is nearly always saving."""
    session.CHECKPOINT_S = 0.0
    images = load_data("digits")
    config = resolve_widths(run_config("digits", images.shape, data="digits", seed=1))
    start(replace(config, train=replace(config.train, batch_size=8)), images, path)


@pytest.mark.slow
def test_kill_nine_while_saving_never_tears_a_checkpoint(tmp_path: Path, digits):
    chance = random.Random(5)
    for number in range(TRIES):
        path = tmp_path / f"r{number}"
        process = quick_child(train_and_save, path)
        until(lambda path=path: len(checkpoints(path / "checkpoints")) >= 2)
        time.sleep(chance.random() * 0.2)
        process.kill()
        process.join()
        found = newest_checkpoint(path / "checkpoints")
        assert found.skipped == ()  # each folder that has its name is whole
        assert RunReader(path).status().state == "interrupted"
        config = RunReader(path).config()
        trainer = Trainer(config, digits)
        trainer.restore(load_checkpoint(found.path, trainer.modules()))
        more = replace(config, total_kimg=trainer.nimg / 1000 + 0.1)
        assert resume(more, digits, path).state == "finished"
    assert {s.id for s in list_runs(tmp_path)} == {f"r{n}" for n in range(TRIES)}


def test_a_disk_that_fills_up_while_a_checkpoint_is_written_keeps_the_one_before(
    tmp_path: Path, digits, make_config, monkeypatch
):
    trainer = Trainer(make_config(), digits)
    trainer.step()
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    save_checkpoint(folder, trainer.nimg, trainer.modules(), trainer.state())
    good = newest_checkpoint(folder).path.name
    real, count = os.fsync, 0
    for full_at in range(1, 4):  # at the first file, the second, the manifest
        count = 0

        def full(handle: int, full_at: int = full_at) -> None:
            nonlocal count
            count += 1
            if count == full_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(handle)

        trainer.step()
        monkeypatch.setattr(checkpoint.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            save_checkpoint(folder, trainer.nimg, trainer.modules(), trainer.state())
        monkeypatch.setattr(checkpoint.os, "fsync", real)
        found = newest_checkpoint(folder)
        assert (found.path.name, found.skipped) == (good, ())


# a server that does nothing but train
SERVE = """import sys, time
from pathlib import Path
from gan.runs import Supervisor, train_argv
path, supervisor = Path(sys.argv[1]), Supervisor()
supervisor.start(train_argv("digits", run_dir=path, steer=True), path)
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_killed_takes_its_training_along_and_the_run_goes_on(
    tmp_path: Path, digits, number
):
    path = tmp_path / "r"
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(path)], cwd=ROOT)
    until(lambda: server.poll() or (state_of(path) and RunReader(path).status().nimg > 200))
    server.send_signal(number)
    server.wait()
    until(lambda: state_of(path) == "interrupted")
    found = newest_checkpoint(path / "checkpoints")
    assert found.skipped == ()
    config = RunReader(path).config()
    more = replace(config, total_kimg=int(found.path.name) / 1000 + 0.1)
    assert resume(more, digits, path).state == "finished"
