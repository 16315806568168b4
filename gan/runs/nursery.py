"""Processes for trainings: forks of one that has loaded torch, so that they begin in a moment."""

from __future__ import annotations

import io
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Protocol

# elsewhere there is no fork, or what torch computes with does not outlive one
FORKS = sys.platform == "linux"
LOADED = ["gan.cli", "torch._dynamo"]  # torch's optimisers load its compiler, all 1,000 modules


class Child(Protocol):
    """What is asked of a process: a part of `subprocess.Popen`."""

    @property
    def returncode(self) -> int | None: ...
    @property
    def stdin(self) -> IO[bytes] | None: ...
    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


def prepare() -> None:
    """Load in the background what every training needs; the second time there is nothing to do."""
    if FORKS:
        os.environ["PYTHONPATH"] = _environment()["PYTHONPATH"]  # the only way that it takes
        multiprocessing.get_context("forkserver").set_forkserver_preload(LOADED)
        resource_tracker.ensure_running()  # it would unblock what is blocked next
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:  # Ctrl-C while it loads is for us; it ends when we do
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(argv: Sequence[str], log: Path) -> Child:
    """A process that does what `argv`, a `python -m ...`, does; it writes into `log`.

    It is in a session of its own: Ctrl-C is for the server, the child hears of its end.
    """
    log.write_bytes(b"")
    if FORKS and list(argv[:2]) == [sys.executable, "-m"]:
        with suppress(OSError, EOFError):  # killed, or no socket may be made here: without it then
            prepare()
            return _Fork(argv, log)
    with log.open("wb") as stream:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_environment(),
        )


def _environment() -> dict[str, str]:
    """Ours, and a path on which the child finds this very package, installed or not."""
    here, paths = str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join([here, *(p for p in paths if p and p != here)]),
    }


class _Fork:
    """A child of the process that has loaded everything, as if it were ours."""

    _lock = threading.RLock()  # of two that ask for an exit code at once, one would get a wrong one

    def __init__(self, argv: Sequence[str], log: Path) -> None:
        its, ours = os.pipe()
        self.stdin = os.fdopen(ours, "wb")
        with Connection(its, writable=False) as commands, self._lock:
            self._process: BaseProcess = multiprocessing.get_context("forkserver").Process(
                target=_live, args=(list(argv[2:]), commands, log, _environment()), daemon=True
            )
            try:
                self._process.start()
            except BaseException:
                self.stdin.close()
                raise

    @property
    def returncode(self) -> int | None:
        return self.poll()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def poll(self) -> int | None:
        with self._lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        wait_for([self._process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("the training", timeout or 0.0)
        return code

    def kill(self) -> None:
        with self._lock:
            self._process.kill()


def _live(arguments: list[str], commands: Connection, log: Path, env: Mapping[str, str]) -> None:
    """Be `python -m` with these arguments: its standard streams, session and environment."""
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.environ.clear()
    os.environ.update(env)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    with commands:
        os.dup2(commands.fileno(), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process lives
    for said in (sys.stdout, sys.stderr):
        if isinstance(said, io.TextIOWrapper):
            said.reconfigure(line_buffering=True)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
