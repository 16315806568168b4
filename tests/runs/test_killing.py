"""A training that does not listen, or wants too much memory, ends with a sentence."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from gan.checkpoint import checkpoints, is_valid
from gan.runs import RunReader, Supervisor, running, train_argv
from gan.runs import supervisor as module
from gan.runs.killing import mark_as_ended
from tests.runs.test_runs import until

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch):
    for place in (module, running):
        monkeypatch.setattr(place, "STOP_TIMEOUT_S", 0.3)
    supervisor = Supervisor()
    yield supervisor
    monkeypatch.undo()
    supervisor.shutdown()


def stuck(supervisor: Supervisor, path: Path) -> int:
    """A training with a checkpoint that hears nothing any more, as in a step that lasts minutes."""
    supervisor.start(train_argv("digits", run_dir=path, steer=True), path)
    until(lambda: checkpoints(path / "checkpoints") and RunReader(path).weights())
    pid = RunReader(path).writer_pid()
    os.kill(pid, signal.SIGSTOP)
    return pid


def assert_ended(supervisor: Supervisor, path: Path) -> None:
    until(lambda: not supervisor.running())
    status = RunReader(path).status()
    assert status.state == "stopped"
    assert "resume goes on from the last checkpoint" in str(status.message)
    assert all(is_valid(found) for found in checkpoints(path / "checkpoints"))
    assert not list(path.rglob("*.tmp"))


@posix
@pytest.mark.slow
def test_on_a_shared_machine_one_stop_is_enough_and_the_run_goes_on_later(supervisor, tmp_path):
    supervisor.share_machine(memory_mb=4096)
    path = tmp_path / "r"
    pid = stuck(supervisor, path)
    supervisor.send("r", {"command": "stop"})
    assert_ended(supervisor, path)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    before = json.loads((path / "status.json").read_text())["nimg"]
    supervisor.start(train_argv("digits", resume=path, steer=True), path)  # the lock is free
    until(lambda: RunReader(path).status().nimg > before)


@posix
@pytest.mark.slow
def test_at_home_the_step_may_take_its_time_until_a_second_stop(supervisor, tmp_path):
    path = tmp_path / "r"
    stuck(supervisor, path)
    assert not supervisor.is_late("r")
    supervisor.send("r", {"command": "stop"})
    until(lambda: supervisor.is_late("r"))
    assert supervisor.running() == ["r"]
    running = supervisor._running["r"]
    supervisor.send("r", {"command": "stop"})
    assert_ended(supervisor, path)
    assert not running.is_late


@posix
@pytest.mark.slow
def test_a_training_beyond_its_memory_fails_with_a_sentence(supervisor, tmp_path):
    supervisor.share_machine(memory_mb=450)
    path = tmp_path / "r"
    settings = {"resolution": 64, "batch_size": 512}
    supervisor.launch(
        train_argv("emoji", run_dir=path, steer=True, settings=settings, seconds=60), path
    )
    until(lambda: not supervisor.running())
    told = supervisor.problem("r") or RunReader(path).status().message  # in its start, or later
    assert "needs more memory than the 450 MB that it may take here" in str(told)


def folder(path: Path, **status: object) -> Path:
    path.mkdir()
    (path / "config.json").write_text('{"preset": "digits", "total_seconds": 60}')
    told = {"state": "running", "pid": 2**22 + 1, "host": "elsewhere", "nimg": 0} | status
    (path / "status.json").write_text(json.dumps(told))
    return path


def test_where_nothing_was_kept_no_checkpoint_is_promised(tmp_path):
    path = folder(tmp_path / "r", updated_at=time.time())
    (path / "checkpoints").mkdir()
    (path / "checkpoints" / ".0000000064.1.2.tmp").mkdir()  # torn
    mark_as_ended(path)
    status = RunReader(path).status()
    assert status.state == "stopped"
    assert "before anything was kept" in str(status.message)
    assert list((path / "checkpoints").iterdir()) == []


def test_what_a_run_says_of_its_own_end_stays(tmp_path):
    path = folder(tmp_path / "r", state="finished")
    mark_as_ended(path)
    assert RunReader(path).status().state == "finished"


@pytest.mark.parametrize(
    ("status", "over"),
    [
        ({"state": "running", "seconds": 50.0, "ago": 30}, 20),  # in a step of half a minute
        ({"state": "starting", "seconds": 0.0, "ago": 70}, 10),  # in its first step
        ({"state": "running", "seconds": 50.0, "ago": 5}, 0),
        ({"state": "paused", "seconds": 50.0, "ago": 500}, 0),
        ({"state": "running", "seconds": 50.0, "ago": 500, "steps_per_s": 0.01}, 0),
        ({"state": "finished", "seconds": 61.0, "ago": 500}, 0),
    ],
)
def test_time_in_an_unfinished_step_counts_towards_the_limit(tmp_path, status, over):
    updated_at = time.time() - status.pop("ago")
    path = folder(tmp_path / "r", updated_at=updated_at, **status)
    assert RunReader(path).overtime_s() == pytest.approx(over, abs=2)
