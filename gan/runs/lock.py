"""A run has one writer: an OS file lock that is released when its process ends.

It outlives neither kill -9 nor a crash, so there is nothing to clean up. The file names its holder.
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
from itertools import count
from pathlib import Path
from typing import Any

from gan.errors import GanError, RunError
from gan.files import parse_json
from gan.runs.folder import LIVE, RunReader, is_run

LOCK_FILE = ".lock"
TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})  # the last is Windows' errno
FAR = 2**30  # Windows locks bytes: one far past the text, so that others can read the text
READ_TRIES, READ_PAUSE_S = 20, 0.01  # the new holder is about to write its name
TRIES, PAUSE_S = 25, 0.02  # a process that only checks whether it is free holds it for a moment
LOOKING_TRIES = 500  # 10 s: on a busy machine that process may be suspended while it checks


class RunLock:
    """The exclusive right to write to a run's folder, released by `close`.

    `held` is False if the file system cannot lock (some network ones) or cannot create the file.
    """

    def __init__(self, path: Path, *, tries: int = 1, look: bool = False) -> None:
        """Raises RunError, naming the holder, if it is taken, also after `tries`.

        look: beside others who only look.
        """
        self.path = path
        self.held, self.refusal = False, ""
        self._handle: int | None = None
        try:
            # never write through a symlink planted in somebody else's run
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            self._handle = os.open(path / LOCK_FILE, flags, 0o644)
        except OSError as error:
            self.refusal = error.strerror or "unknown"
            return
        try:
            _lock_within(self._handle, tries, look)
        except OSError as error:
            self.close()
            if error.errno in TAKEN:
                raise _who_has(path) from error
            self.refusal = error.strerror or "unknown"
            return
        self.held = True
        self._check_that_it_is_there()

    def _check_that_it_is_there(self) -> None:
        """The run may have been deleted between opening and locking."""
        assert self._handle is not None, "locked"
        try:
            if os.path.samestat(os.fstat(self._handle), (self.path / LOCK_FILE).stat()):
                return
        except OSError:
            pass
        self.close()
        raise RunError("{path} was moved or deleted just now; see the list", path=self.path.name)

    def sign(self) -> None:
        """Write the holder's identity; on a full disk the lock is held without it."""
        who = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        if self._handle is None:
            return
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.write(self._handle, json.dumps(who).encode())

    def close(self) -> None:
        """Release the lock."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle, self.held = None, False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, look: bool) -> None:  # it has no shared locks
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

    def _is_only_looked_at(handle: int) -> bool:
        return False  # Windows cannot tell
else:
    import fcntl

    def _lock(handle: int, look: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_SH if look else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def _is_only_looked_at(handle: int) -> bool:
        """Whether its holders share the lock, which a writer never does."""
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        return True


def _lock_within(handle: int, tries: int, look: bool) -> None:
    for tried in count(1):
        try:
            return _lock(handle, look)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
            if tried >= tries and (
                tries == 1 or tried >= LOOKING_TRIES or not _is_only_looked_at(handle)
            ):
                raise
        time.sleep(PAUSE_S)


@contextmanager
def writing(path: Path, say: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the write lock of run folder `path`; raises RunError if another process does.

    If the file system cannot lock, `say` gets a warning and only the status is checked.
    """
    lock = RunLock(path, tries=TRIES)
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
    """Raises RunError if another process is writing to the run's folder."""
    RunLock(path, look=True).close()
    check_idle(path)


def is_held(path: Path) -> bool:
    """Whether another process writes there, by its lock or, failing that, by the status."""
    try:
        check_free(path)
    except RunError:
        return True
    return False


def check_idle(path: Path) -> None:
    """Raises RunError if the status names a live process."""
    if not is_run(path):
        return
    try:
        state = RunReader(path).status().state
    except GanError:
        return  # damaged: unknown
    if state in LIVE:
        raise RunError(
            "{name} is {state} in another process; stop it first", name=path.name, state=state
        )


def _who_has(path: Path) -> RunError:
    """The error that names the lock's holder."""
    for _ in range(READ_TRIES):
        try:
            who = parse_json((path / LOCK_FILE).read_bytes())
            pid, host, since = int(who["pid"]), str(who["host"]), float(who["since"])
            moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(since))
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            time.sleep(READ_PAUSE_S)
            continue
        known: dict[str, Any] = {"run": path.name, "pid": pid, "moment": moment}
        if host == socket.gethostname():
            return RunError(
                "{run} is written by process {pid} since {moment}; stop that first", **known
            )
        return RunError(
            "{run} is written by process {pid} on {host} since {moment}; stop that first",
            host=host,
            **known,
        )
    return RunError("{run} is written by another process; stop that first", run=path.name)
