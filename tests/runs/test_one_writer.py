"""A run has one writer: the second one is told who that is, and changes nothing."""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan.checkpoint import checkpoints, newest_checkpoint
from gan.cli import app
from gan.data import load_data
from gan.errors import RunError
from gan.runs import Host, RunReader, find_origin, fork, lock, manage, resume, start
from tests.children import quick_child
from tests.conftest import tiny_config
from tests.runs.test_runs import until


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def train_on(path: Path) -> None:
    resume(replace(tiny_config(), total_kimg=None), load_data("digits"), path)


def hold(path: Path) -> None:
    """Another process has the run and has not written anything yet: it still loads its images."""
    with lock.writing(path):
        until(lambda: False, 600)


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_run, tmp_path / "r", ignore=shutil.ignore_patterns(lock.LOCK_FILE))
    return tmp_path / "r"


def attempts(run: Path, digits) -> dict:
    """What a second process may try, by name."""
    config = replace(tiny_config(), total_kimg=9.0)

    def by_command(*arguments: str) -> None:
        result = CliRunner().invoke(app, ["train", *arguments])
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        raise RunError(result.output)

    return {
        "resume": lambda: resume(config, digits, run),
        "fork into it": lambda: fork(config, find_origin(str(run)), digits, run),
        "start into it": lambda: start(config, digits, run),
        "delete": lambda: manage.delete_run(run.name, run.parent),
        "--resume": lambda: by_command("--resume", str(run), "--kimg", "9"),
        "--fork": lambda: by_command("--fork", str(run), "--run-dir", str(run), "--kimg", "9"),
    }


@pytest.mark.slow
def test_a_second_writer_is_told_who_holds_the_run_and_changes_nothing(run: Path, digits):
    process = quick_child(hold, run)
    until(lambda: lock.is_held(run))
    before = contents(run)
    for name, attempt in attempts(run, digits).items():
        with pytest.raises(RunError, match=f"written by process {process.pid} since 20") as caught:
            attempt()
        assert "stop that first" in str(caught.value), name
    assert contents(run) == before
    process.kill()  # the system gives the lock back, whatever ends a process
    process.join()
    assert resume(replace(tiny_config(), total_kimg=1.1), digits, run).state == "finished"


def test_a_look_whether_it_is_free_refuses_nobody(run: Path, monkeypatch: pytest.MonkeyPatch):
    looks = [lock.RunLock(run, look=True)]  # another process has begun to look
    lock.check_free(run)
    monkeypatch.setattr(time, "sleep", lambda seconds: [look.close() for look in looks])
    with lock.writing(run):
        assert lock.is_held(run)
    # one whom a busy machine lets wait in mid-look, for longer than a writer is waited for
    looks, slept = [lock.RunLock(run, look=True)], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4 * lock.TRIES:
            looks[0].close()

    monkeypatch.setattr(time, "sleep", sleep)
    with lock.writing(run):
        assert len(slept) == 4 * lock.TRIES
    monkeypatch.setattr(time, "sleep", lambda seconds: [look.close() for look in looks])
    looks[:] = [lock.RunLock(run, look=True)]
    manage.delete_run(run.name, run.parent)
    assert not run.exists()


@pytest.mark.slow
def test_a_run_that_trains_elsewhere_cannot_be_resumed_and_goes_on(run: Path, digits):
    process = quick_child(train_on, run)
    until(lambda: RunReader(run).status().state == "running")
    with pytest.raises(RunError, match=f"process {process.pid}"):
        resume(replace(tiny_config(), total_kimg=99.0), digits, run)
    held = RunReader(run).status().nimg
    until(lambda: RunReader(run).status().nimg > held)
    process.kill()
    process.join()
    assert newest_checkpoint(run / "checkpoints").skipped == ()


def test_a_disk_that_cannot_lock_is_told_of_and_the_run_goes_on(run: Path, digits, monkeypatch):
    def refuse(handle: int, look: bool) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_lock", refuse)
    said: list[str] = []
    config = replace(tiny_config(), total_kimg=1.1)
    assert resume(config, digits, run, Host(say=said.append)).state == "finished"
    assert said == [
        "this disk cannot lock r (No locks available): see to it that no second process writes "
        "there"
    ]


def test_a_lock_that_is_a_link_has_its_target_left_alone(run: Path, digits, tmp_path: Path):
    target = tmp_path / "precious"
    target.write_text("mine")
    (run / lock.LOCK_FILE).symlink_to(target)
    resume(replace(tiny_config(), total_kimg=1.1), digits, run)
    assert target.read_text() == "mine"


def test_a_run_deleted_between_opening_and_locking_is_not_written(run: Path, monkeypatch):
    real = lock._lock

    def too_late(handle: int, look: bool) -> None:
        run.rename(run.with_name("elsewhere"))
        real(handle, look)

    monkeypatch.setattr(lock, "_lock", too_late)
    with pytest.raises(RunError, match="moved or deleted"), lock.writing(run):
        pass


def test_a_run_with_weights_and_no_checkpoint_says_fork_it(run: Path, digits):
    shutil.rmtree(run / "checkpoints")
    result = CliRunner().invoke(app, ["train", "--resume", str(run), "--kimg", "9"])
    assert result.exit_code == 1
    assert f"fork it instead, with --fork {run}" in result.output
    config = replace(find_origin(str(run)).config, total_kimg=1.1)
    fork(config, find_origin(str(run)), digits, run.with_name("f"))
    assert checkpoints(run.with_name("f") / "checkpoints")


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (("checkpoints", "weights"), "resume goes on from the last checkpoint"),
        (("weights",), "it has weights and no checkpoint: fork it"),
        ((), "before anything was kept; start a new run"),
    ],
)
def test_a_run_whose_process_is_gone_says_what_is_left_of_it(run: Path, kept, sentence):
    for name in {"checkpoints", "weights"} - set(kept):
        shutil.rmtree(run / name)
    status = RunReader(run).status()
    text = (run / "status.json").read_text()
    gone = text.replace('"finished"', '"running"').replace(f'"pid": {os.getpid()}', '"pid": 1')
    (run / "status.json").write_text(gone)
    assert status.state == "finished"
    assert str(RunReader(run).status().message).endswith(sentence)
