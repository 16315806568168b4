"""A run has one writer: a lock that the system holds for a process and frees when it is gone.

It outlives neither kill -9 nor a crash, so there is nothing to clean up. Its file says who has it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gan.errors import GanError, RunError
from gan.files import parse_json
from gan.runs.folder import LIVE, RunReader, is_run

LOCK_FILE = ".lock"
TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})  # the last is Windows' way
FAR = 2**30  # Windows locks bytes: one far behind the text, so that others can read that
READ_TRIES, READ_PAUSE_S = 20, 0.01  # who has just got it is about to write who that is


class RunLock:
    """The right to write into a run's folder; `close` gives it back.

    `held` is False where the disk cannot lock (some network file systems) or takes no file.
    """

    def __init__(self, path: Path) -> None:
        """Raises RunError, with who has it, where another one has."""
        self.path = path
        self.held, self.refusal = False, ""
        self._handle: int | None = None
        try:
            # a link in somebody else's run must not have its target written over
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            self._handle = os.open(path / LOCK_FILE, flags, 0o644)
        except OSError as error:
            self.refusal = error.strerror or "unknown"
            return
        try:
            _lock(self._handle)
        except OSError as error:
            self.close()
            if error.errno in TAKEN:
                raise RunError(_who_has(path)) from error
            self.refusal = error.strerror or "unknown"
            return
        self.held = True
        self._check_that_it_is_there()

    def _check_that_it_is_there(self) -> None:
        """Between opening and locking the run may have been deleted."""
        assert self._handle is not None, "locked"
        try:
            if os.path.samestat(os.fstat(self._handle), (self.path / LOCK_FILE).stat()):
                return
        except OSError:
            pass
        self.close()
        raise RunError(f"{self.path.name} was moved or deleted just now; see the list")

    def sign(self) -> None:
        """Write who holds it; on a full disk it is held without."""
        who = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        if self._handle is None:
            return
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.write(self._handle, json.dumps(who).encode())

    def close(self) -> None:
        """Let others write."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle, self.held = None, False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def writing(path: Path, say: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Be the one that writes into the run's folder `path`; raises RunError where another one is.

    Where the disk cannot lock, that is said, and the status alone must tell.
    """
    lock = RunLock(path)
    try:
        lock.sign()
        if not lock.held:
            check_idle(path)
            say(
                f"this disk cannot lock {path.name} ({lock.refusal}): see to it that no second "
                f"process writes there"
            )
        yield
    finally:
        lock.close()


def check_free(path: Path) -> None:
    """Raises RunError where another process writes into the run's folder now."""
    RunLock(path).close()
    check_idle(path)


def is_held(path: Path) -> bool:
    """Whether another process writes there; one whose status alone says so counts too."""
    try:
        check_free(path)
    except RunError:
        return True
    return False


def check_idle(path: Path) -> None:
    """Raises RunError where the status tells of a process that lives."""
    if not is_run(path):
        return
    try:
        state = RunReader(path).status().state
    except GanError:
        return  # damaged: nobody can tell
    if state in LIVE:
        raise RunError(f"{path.name} is {state} in another process; stop it first")


def _who_has(path: Path) -> str:
    """One sentence on the process that holds the lock."""
    for _ in range(READ_TRIES):
        try:
            who = parse_json((path / LOCK_FILE).read_bytes())
            pid, host, since = int(who["pid"]), str(who["host"]), float(who["since"])
            moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(since))
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            time.sleep(READ_PAUSE_S)
            continue
        if host == socket.gethostname():
            return f"{path.name} is written by process {pid} since {moment}; stop that first"
        return f"{path.name} is written by process {pid} on {host} since {moment}; stop that first"
    return f"{path.name} is written by another process; stop that first"
