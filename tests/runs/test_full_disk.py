"""Wherever a full disk strikes, it is one sentence, and what was kept before is whole."""

from __future__ import annotations

import errno
import io
import os
import queue
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gan.checkpoint import checkpoints, newest_checkpoint
from gan.errors import RunError
from gan.messages import NO_MESSAGE
from gan.runs import (
    RunReader,
    RunStatus,
    RunWriter,
    Session,
    Supervisor,
    resume,
    session,
    start,
    train_argv,
)
from gan.training import Trainer
from gan.ui.server.runs import Runs
from tests.runs.test_runs import until

pytestmark = pytest.mark.slow  # trainings

ROOT = Path(__file__).parents[2]


class Disk:
    """Takes so many bytes in all; then every write fails as on a full disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = float("inf")
        disk = self

        class Limited(io.FileIO):
            def write(self, data) -> int:
                disk.left -= len(data)
                if disk.left < 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(data)

        real = Path.open

        def open_limited(path: Path, mode: str = "r", buffering: int = -1, **options):
            if mode not in ("wb", "ab"):  # what is written over needs no room
                return real(path, mode, buffering, **options)
            raw = Limited(path, mode.replace("b", ""))
            return raw if buffering == 0 else io.BufferedWriter(raw)

        monkeypatch.setattr(Path, "open", open_limited)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


# from the first line of the folder to the middle of checkpoints
@pytest.mark.parametrize("room", [0, 900, 3_000, 20_000, 90_000, 150_000, 400_000, 1_000_000])
def test_wherever_it_strikes_it_is_the_same_sentence(
    tmp_path: Path, digits, make_config, disk: Disk, monkeypatch, room: int
):
    monkeypatch.setattr(session, "CHECKPOINT_S", 0.0)  # each step saves
    config = replace(make_config(), total_kimg=50.0)
    disk.left = room
    with pytest.raises(RunError) as caught:
        start(config, digits, tmp_path / "r")
    text = str(caught.value)
    assert "the disk is full" in text or "cannot be written (No space left" in text
    kept = checkpoints(tmp_path / "r" / "checkpoints")
    assert ("--resume" in text and "checkpoint is whole" in text) == bool(kept)
    disk.left = float("inf")
    if kept:
        found = newest_checkpoint(tmp_path / "r" / "checkpoints")
        assert found.skipped == ()
        more = replace(config, total_kimg=int(found.path.name) / 1000 + 0.05)
        assert resume(more, digits, tmp_path / "r").state == "finished"
        rows = [row["nimg"] for row in RunReader(tmp_path / "r").rows()]
        assert rows == sorted(set(rows))


def test_commands_on_a_full_disk_lose_nothing(tmp_path: Path, digits, make_config, disk: Disk):
    config = replace(make_config(), total_kimg=0.5)
    writer = RunWriter(tmp_path / "r", config, steerable=True)
    writer.create()
    trainer, told = Trainer(config, digits), []

    class Commands(queue.Queue):
        """What a person does, one thing a look."""

        orders = iter(
            [
                {"command": "pause"},
                {"command": "set", "settings": {"g_lr": 0.0005}},
                {"command": "step"},
                {"command": "slow", "steps_per_s": 5},
                {"command": "resume"},
                "room",
                {"command": "slow", "steps_per_s": 0},
                {"command": "resume"},
            ]
        )

        def get_nowait(self) -> dict:
            if trainer.nimg < 16 or paused.paused:
                raise queue.Empty
            return self.get()

        def get(self, block: bool = True, timeout: float | None = None) -> dict:
            told.append((paused.paused, str(RunReader(tmp_path / "r").status().message)))
            order = next(self.orders, None)
            if order == "room":
                disk.left = float("inf")
            if not isinstance(order, dict):
                raise queue.Empty
            if order["command"] == "set":
                disk.left = 0
            return order

    paused = Session(trainer, writer, commands=Commands())
    assert paused.run().state == "finished"
    assert sum("the disk is full" in message for _, message in told) >= 3
    assert trainer.config.train.g_lr == config.train.g_lr  # what was not written does not hold
    assert RunReader(tmp_path / "r").config().train.g_lr == config.train.g_lr


def test_a_run_that_waits_for_room_goes_on_by_itself(
    tmp_path: Path, digits, make_config, disk: Disk
):
    config = replace(make_config(), total_kimg=0.5)
    writer = RunWriter(tmp_path / "r", config, steerable=True)
    writer.create()
    told = []

    class Nobody(queue.Queue):
        """Nobody presses anything; there is room from the third look on."""

        def get(self, block: bool = True, timeout: float | None = None) -> dict:
            if block:  # waiting
                told.append(str(RunReader(tmp_path / "r").status().message))
                assert len(told) < 20, "it waits for somebody"
                disk.left = float("inf") if len(told) >= 3 else 0
            raise queue.Empty

    waiting = Session(Trainer(config, digits), writer, commands=Nobody())
    disk.left = 3_000
    assert waiting.run().state == "finished"
    assert told == ["the disk is full; make room, and the training goes on by itself"] * 3
    assert RunReader(tmp_path / "r").status().message == NO_MESSAGE


def test_who_pauses_a_run_that_waits_for_room_finds_it_paused(
    tmp_path: Path, digits, make_config, disk: Disk
):
    config = replace(make_config(), total_kimg=0.5)
    writer = RunWriter(tmp_path / "r", config, steerable=True)
    writer.create()
    told = []

    class Somebody(queue.Queue):
        """Pauses, makes room, and resumes two looks later."""

        def get(self, block: bool = True, timeout: float | None = None) -> dict:
            if not block:
                raise queue.Empty
            told.append((RunReader(tmp_path / "r").status().state, disk.left > 0))
            disk.left = float("inf") if len(told) > 1 else 0
            if len(told) in (1, 4):
                return {"command": "pause" if len(told) == 1 else "resume"}
            raise queue.Empty

    held = Session(Trainer(config, digits), writer, commands=Somebody())
    disk.left = 3_000
    assert held.run().state == "finished"
    assert told == [*2 * [("paused", False)], *2 * [("paused", True)]]


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limits")
def test_a_run_that_can_write_nothing_at_all_is_told_of_through_its_pipe(tmp_path: Path):
    resource = pytest.importorskip("resource")

    supervisor, run = Supervisor(), tmp_path / "r"
    runs = Runs(tmp_path)
    runs.told = supervisor.told

    def seen() -> RunStatus:
        runs.forget()
        return runs.status("r")

    try:
        supervisor.start(train_argv("digits", run_dir=run, steer=True), run)
        until(lambda: seen().nimg > 0)
        pid = RunReader(run).writer_pid()
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))  # not even in place
        until(lambda: seen().state == "paused")
        assert "goes on by itself" in str(seen().message)
        assert RunReader(run).status().state == "running"  # so the file still says
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        until(lambda: seen().state == "running")
        assert supervisor.told() == {}
    finally:
        supervisor.shutdown()


def test_a_first_checkpoint_comes_after_two_seconds_and_then_ever_more_seldom(
    tmp_path: Path, digits, make_config
):
    config = replace(make_config(), total_kimg=50.0)
    writer = RunWriter(tmp_path / "r", config, steerable=False)
    writer.create()
    running = Session(Trainer(config, digits), writer)
    saved = []
    running.checkpoint = lambda: saved.append(running.trainer.seconds)  # type: ignore[method-assign]
    for second in range(100):
        running.trainer.seconds = float(second)
        running._weights_at = float(second)
        running._save_when_due()
    assert saved == [2.0, 6.0, 14.0, 30.0, 60.0, 90.0]


def test_a_start_on_a_full_disk_is_answered_at_once(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("gan.runs.space.can_write", lambda folder: False)
    begun = []
    monkeypatch.setattr("gan.runs.prefork.begin", lambda *given, **_: begun.append(given))
    with pytest.raises(RunError, match="disk is full or read-only; make room"):
        Supervisor().start(train_argv("digits", run_dir=tmp_path / "r"), tmp_path / "r")
    assert begun == []


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 3 MB; only root can have one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount).returncode:
        pytest.skip("needs to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_really_full_ends_a_terminals_run_in_one_sentence(small_disk: Path):
    path = small_disk / "r"
    command = [sys.executable, "-m", "gan", "train", "--preset", "digits", "--run-dir", str(path)]
    (small_disk / "ballast").write_bytes(bytes(2**21))
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    status = RunReader(path).status()
    assert (status.state, "the disk is full" in str(status.message)) == ("interrupted", True)
    for kept in checkpoints(path / "checkpoints"):
        assert newest_checkpoint(path / "checkpoints").skipped == (), kept
