"""Many trainings through one server: what each of them held is given back, and no start blocks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gan.errors import RunError
from gan.runs import Cancelled, RunReader, Supervisor, prefork, train_argv
from tests.runs.test_runs import until

pytestmark = pytest.mark.slow  # trainings in processes

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counted in /proc")


@pytest.fixture
def supervisor():
    supervisor = Supervisor()
    yield supervisor
    supervisor.shutdown()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def tiny(path: Path, *, kimg: float = 0.064, **options) -> list[str]:
    return train_argv("digits", run_dir=path, steer=True, kimg=kimg, **options)


@needs_proc
def test_a_dozen_trainings_leave_no_descriptor_thread_or_entry_behind(supervisor, tmp_path: Path):
    def train(name: str) -> None:
        supervisor.start(tiny(tmp_path / name), tmp_path / name)
        until(lambda: not supervisor.running())

    train("first")  # loads, and opens what stays open
    before = descriptors(), threading.active_count()
    for i in range(12):
        train(f"r{i}")
    until(lambda: threading.active_count() <= before[1])
    assert descriptors() <= before[0]
    kept = [v for v in vars(supervisor).values() if isinstance(v, dict)]
    assert sum(map(len, kept)) == 0
    assert not supervisor.owns("r3")
    with pytest.raises(RunError, match="cannot be steered"):
        supervisor.send("r3", {"command": "pause"})
    assert RunReader(tmp_path / "r11").status().state == "finished"


def test_a_start_is_there_at_once_and_a_stop_cancels_it_without_a_trace(
    supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """While torch is still being loaded: here for ever."""
    monkeypatch.setattr(prefork, "is_prepared", lambda: False)
    path = tmp_path / "r"
    assert supervisor.launch(tiny(path), path, preset="digits") == "r"
    (start,) = supervisor.starting()
    assert (start.progress()["stage"], supervisor.owns("r")) == ("loading", True)
    with pytest.raises(RunError, match="beginning already"):
        supervisor.launch(tiny(path), path)
    supervisor.send("r", {"command": "pause"})  # taken, for when there is a process
    supervisor.send("r", {"command": "stop"})
    assert start.over.wait(60)
    assert isinstance(supervisor.problem("r"), Cancelled)
    assert supervisor.running() == []
    assert list(tmp_path.iterdir()) == []


def test_a_running_training_hears_a_command_while_another_start_hangs(
    supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one, two = tmp_path / "one", tmp_path / "two"
    supervisor.start(train_argv("digits", run_dir=one, steer=True), one)
    begin, released = prefork.begin, threading.Event()

    def hangs(argv, log, **options):
        released.wait(180)
        return begin(argv, log, **options)

    monkeypatch.setattr(prefork, "begin", hangs)
    supervisor.launch(tiny(two), two)
    supervisor.send("one", {"command": "pause"})
    until(lambda: RunReader(one).status().state == "paused")
    assert [s.run_id for s in supervisor.starting()] == ["two"]  # it still has not begun
    supervisor.send("one", {"command": "stop"})
    released.set()
    until(lambda: not supervisor.running())


def test_a_command_before_the_first_step_is_heard_after_it(supervisor, tmp_path: Path):
    path = tmp_path / "r"
    supervisor.launch(train_argv("digits", run_dir=path, steer=True), path)
    supervisor.send("r", {"command": "pause"})
    until(lambda: (path / "status.json").is_file() and RunReader(path).status().state == "paused")


def refused(waiting) -> bool:
    try:
        waiting.send(b"x")
    except RunError as error:
        return "takes no commands" in str(error)
    return False


def test_a_training_that_takes_no_commands_holds_up_nobody():
    """Its pipe is full: what is sent waits in a bounded list and never blocks."""
    from gan.runs.running import MOST_COMMANDS, Input

    its, ours = os.pipe()
    waiting = Input()
    waiting.open(os.fdopen(ours, "wb"))
    for _ in range(MOST_COMMANDS):
        waiting.send(b"x" * 65536)
    until(lambda: refused(waiting))
    os.close(its)


def test_why_a_start_failed_is_told_until_it_is_begun_anew(supervisor, tmp_path: Path):
    path = tmp_path / "r"
    supervisor.launch(tiny(path, data="folder:/nowhere"), path)
    (start,) = supervisor.starting()
    assert start.over.wait(180)
    assert "no folder" in str(supervisor.problem("r"))
    assert supervisor.problem("other") is None
    supervisor.start(tiny(path), path)
    assert supervisor.problem("r") is None


def test_a_server_of_forks_that_others_started_is_not_waited_for(tmp_path: Path):
    """As multiprocessing has one for the whole process, with the modules of whoever came first."""
    script = """
import multiprocessing, sys, time
from pathlib import Path
from gan.runs import Supervisor, prefork, train_argv
prefork.LOADING_S = 600.0  # it would be waited for so long
if __name__ == "__main__":
    other = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(0,))
    other.start()
    other.join()
    path = Path(sys.argv[1])
    supervisor = Supervisor()
    supervisor.start(train_argv("digits", run_dir=path, steer=True, kimg=0.064), path)
    supervisor.shutdown()
"""
    file = tmp_path / "others.py"
    file.write_text(script, "utf-8")
    command = [sys.executable, str(file), str(tmp_path / "r")]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run(command, env=env, timeout=300).returncode == 0
    assert (tmp_path / "r" / "status.json").is_file()
