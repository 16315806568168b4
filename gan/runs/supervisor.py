"""This server's trainings: started in the background, steered, and reaped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gan.errors import RunError
from gan.messages import Message
from gan.runs import prefork
from gan.runs.folder import LIVE, RunReader, is_run
from gan.runs.killing import STOP_TIMEOUT_S, kill
from gan.runs.prefork import Cancelled, Child, error_file, take_over
from gan.runs.running import Input, Running, Start
from gan.runs.space import check_room

START_TIMEOUT_S = 180.0  # a busy machine may need a minute to load torch
LOG_FILE = "log.txt"
READING = "reading the images"  # the first thing a training prints: torch is loaded by then
KEPT_PROBLEMS = 64  # failed starts whose error message is remembered


class Supervisor:
    """This server's trainings. They stop when it does: their input closes.

    Nothing here waits for a process while holding the lock, so commands always get through.
    """

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._starts: dict[str, Start] = {}
        self._problems: LRUCache[str, BaseException] = LRUCache(KEPT_PROBLEMS)
        # of runs whose disk takes no status: what they told us instead
        self._told: LRUCache[str, dict[str, Any]] = LRUCache(KEPT_PROBLEMS)
        self._lock = threading.Lock()
        self._memory_mb: int | None = None
        self.launched = 0  # trainings started so far
        self._kills = False

    def share_machine(self, *, memory_mb: int) -> None:
        """Others use this machine too: a training limits its memory, and one that does not stop
        when asked is killed after STOP_TIMEOUT_S.

        Otherwise the machine is its user's: work that the step in progress would still keep is
        lost only at a second stop.
        """
        self._memory_mb, self._kills = memory_mb, True

    def prepare(self) -> None:
        """Somebody is about to start a training: preload what it needs."""
        prefork.prepare()

    # ---- starting -------------------------------------------------------------------------------

    def launch(
        self,
        argv: Sequence[str],
        run_dir: Path,
        *,
        preset: str = "",
        data: str = "",
        begun: Callable[[], None] = lambda: None,
    ) -> str:
        """Start a training in the background; returns the run's id at once.

        It is listed in `starting()` until its folder can be watched; then `begun` is called. If an
        earlier process of the same run is still shutting down, that is awaited first. Raises
        RunError if the run is already starting.
        """
        start = Start(run_dir.name, run_dir, preset, data, is_new=not run_dir.exists(), begun=begun)
        return self._launch(argv, start).run_id

    def start(self, argv: Sequence[str], run_dir: Path) -> str:
        """Start a training and wait until its folder can be watched; returns the run's id.

        Raises RunError with the process's error message if it ends before that.
        """
        start = Start(run_dir.name, run_dir, is_new=not run_dir.exists())
        self._launch(argv, start).over.wait()
        if start.problem is not None:
            raise start.problem
        return start.run_id

    def _launch(self, argv: Sequence[str], start: Start) -> Start:
        with suppress(OSError):  # then nothing can be written there either
            start.run_dir.parent.mkdir(parents=True, exist_ok=True)
        check_room(start.run_dir.parent)
        self._reap()
        with self._lock:
            if start.run_id in self._starts:
                raise RunError("{run_id} is beginning already; wait a moment", run_id=start.run_id)
            self._starts[start.run_id] = start
            self.launched += 1
            self._problems.pop(start.run_id, None)
            self._told.pop(start.run_id, None)
            previous = self._running.get(start.run_id)
        work = threading.Thread(
            target=self._bring_up, args=(start, list(argv), previous), name="start", daemon=True
        )
        work.start()
        return start

    def _bring_up(self, start: Start, argv: list[str], previous: Running | None) -> None:
        try:
            if previous is not None:
                _await_end(start, previous)
            self._await_start(start, argv)
        except BaseException as error:  # reported to whoever requests this run
            start.problem = error
        self._reap()
        with self._lock:
            del self._starts[start.run_id]
            if start.problem is not None:
                self._problems[start.run_id] = start.problem
            elif start.child is not None:
                self._running[start.run_id] = Running(start.child, start.input, start.run_dir)
        if start.problem is None:
            start.begun()
        start.over.set()

    def _await_start(self, start: Start, argv: list[str]) -> None:
        run_dir = start.run_dir
        log = run_dir.with_name(f".{run_dir.name}.{LOG_FILE}")
        try:
            start.child = prefork.begin(
                argv, log, cancelled=start.cancelled.is_set, memory_mb=self._memory_mb
            )
            if start.child.stdin is not None:
                start.input.open(start.child.stdin)
            self._await_folder(start, start.child, log)
        except BaseException as error:
            if start.child is not None:
                gone = isinstance(error, Cancelled)
                _end(start.child, start.input, within_s=0.0 if gone else STOP_TIMEOUT_S)
            if isinstance(error, Cancelled) and start.is_new:
                shutil.rmtree(run_dir, ignore_errors=True)
            raise
        finally:
            _move_log(log, run_dir)

    def _await_folder(self, start: Start, process: Child, log: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        run_dir, forked = start.run_dir, not isinstance(process, subprocess.Popen)
        while not _has_begun(process, run_dir):
            if start.cancelled.is_set():
                raise Cancelled
            if process.poll() is not None:
                if process.returncode == 0 and is_run(run_dir):
                    return  # so short that it is over already
                raise _ended_with(take_over(log, process.news))
            if time.monotonic() > deadline:
                raise RunError("the training did not begin within three minutes; see its log")
            if start.stage == "loading" and (forked or _has_said(log, READING)):
                start.stage = "data"
            time.sleep(0.02)

    def starting(self) -> list[Start]:
        """Trainings that are starting, newest first."""
        with self._lock:
            return list(self._starts.values())[::-1]

    def problem(self, run_id: str) -> BaseException | None:
        """Why a training failed to start last time; Cancelled if somebody stopped it."""
        with self._lock:
            return self._problems.get(run_id)

    # ---- running --------------------------------------------------------------------------------

    def send(self, run_id: str, command: Mapping[str, Any]) -> None:
        """Forward a command without waiting; raises RunError if the run is not ours or is over.

        A stop cancels a training that is starting; it gets all other commands once started. One
        that has not stopped after STOP_TIMEOUT_S is killed: at a second stop, or, where the machine
        is shared, without one.
        """
        line = json.dumps(dict(command)).encode() + b"\n"
        self._reap()
        with self._lock:
            start, running = self._starts.get(run_id), self._running.get(run_id)
            if start is not None and command.get("command") == "stop":
                start.cancelled.set()
            elif start is not None:
                start.input.send(line)
            elif running is not None:
                if command.get("command") == "stop":
                    self._ask_to_stop(running)
                running.input.send(line)
            else:
                raise RunError(
                    "{run_id} cannot be steered from here; it can be watched", run_id=run_id
                )

    def _ask_to_stop(self, running: Running) -> None:
        if running.is_late:
            running.end()
        elif running.asked_at is None:
            running.asked_at = time.monotonic()
            if self._kills:
                running.timer = threading.Timer(STOP_TIMEOUT_S, running.end)
                running.timer.daemon = True
                running.timer.start()

    def is_late(self, run_id: str) -> bool:
        """Whether a run was asked to stop and has not, so that a second stop kills it."""
        with self._lock:
            running = self._running.get(run_id)
        return running is not None and running.is_late

    def overtime_s(self, run_id: str) -> float:
        """Seconds by which a run is past its own time limit; 0 if it is not, or not known."""
        with self._lock:
            running = self._running.get(run_id)
        return 0.0 if running is None else RunReader(running.run_dir).overtime_s()

    def owns(self, run_id: str) -> bool:
        """Whether this server can currently steer `run_id`."""
        with self._lock:
            if run_id in self._starts:
                return True
            running = self._running.get(run_id)
        return running is not None and running.child.poll() is None

    def running(self) -> list[str]:
        """This server's unfinished runs, including those starting."""
        self._reap()
        with self._lock:
            return [*self._running, *self._starts]

    def told(self) -> dict[str, dict[str, Any]]:
        """The status of each run that could not write it, as in status.json; by run."""
        with self._lock:
            self._hear()
            return dict(self._told)

    def _hear(self) -> None:
        for run_id, running in self._running.items():
            for item in running.child.news.read():
                if isinstance(item.get("status"), dict):
                    self._told[run_id] = item["status"]
                elif "status" in item:
                    self._told.pop(run_id, None)

    def _reap(self) -> None:
        """Forget finished processes and close their descriptors."""
        with self._lock:
            self._hear()
            over = {k: r for k, r in self._running.items() if r.is_over}
            for run_id in over:
                del self._running[run_id]
        for running in over.values():
            running.release()

    def shutdown(self) -> None:
        """Have every run checkpoint and stop; those still alive after ten seconds are killed."""
        with self._lock:
            starts, running = list(self._starts.values()), list(self._running.values())
            self._running.clear()
        for start in starts:
            start.cancelled.set()
        for each in running:
            each.input.close()
        deadline = time.monotonic() + STOP_TIMEOUT_S  # for all of them together
        for each in running:
            _end(each.child, each.input, within_s=max(0.0, deadline - time.monotonic()))
        for start in starts:
            start.over.wait(STOP_TIMEOUT_S)


def _has_begun(process: Child, run_dir: Path) -> bool:
    """Whether `process` trains there; a run in that folder may belong to another process."""
    if not is_run(run_dir) or RunReader(run_dir).status().state not in LIVE:
        return False
    # a Windows venv's python.exe starts the real interpreter as another process
    return os.name == "nt" or RunReader(run_dir).writer_pid() == process.pid


def _await_end(start: Start, previous: Running) -> None:
    """A run reports its end shortly before its process exits."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while not previous.is_over:
        if start.cancelled.is_set():
            raise Cancelled
        if time.monotonic() > deadline:
            raise RunError("{run_id} is going on; stop it first", run_id=start.run_id)
        time.sleep(0.02)


def _ended_with(message: Message) -> RunError:
    """The error of a training that ended before it began."""
    if not message or str(message) == READING:  # what it says before it reads the images
        return RunError("the training ended without a word")
    return RunError.of(message)


def _has_said(log: Path, sentence: str) -> bool:
    try:
        return sentence in log.read_text("utf-8", "replace")
    except OSError:
        return False


def _move_log(log: Path, run_dir: Path) -> None:
    with suppress(OSError):
        error_file(log).unlink(missing_ok=True)
    with suppress(OSError):
        if run_dir.is_dir():
            log.replace(run_dir / LOG_FILE)
        else:
            log.unlink(missing_ok=True)


def _end(process: Child, input: Input, *, within_s: float = STOP_TIMEOUT_S) -> None:
    input.close()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        kill(process)
    process.close()
