"""Training processes forked from a forkserver that has loaded torch, so that they start quickly."""

from __future__ import annotations

import functools
import io
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import forkserver, process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Protocol

from gan.errors import GanError
from gan.files import read_json, temporary_folder, write_json
from gan.messages import NO_MESSAGE, Message, literal
from gan.runs import news
from gan.runs.memory import MEMORY_MB
from gan.runs.news import News

# elsewhere there is no fork, or torch's backends do not survive one
FORKS = sys.platform == "linux"
# torch's optimisers import its compiler, all 1,000 modules; the last import signals completion
LOADED = ["gan.cli", "torch._dynamo", "gan.runs.decoding", "gan.runs.loaded"]
ERROR_FILE = "GAN_ERROR_FILE"  # environment variable: where a child leaves its error as data
MARK = "GAN_PREPARED_FILE"  # environment variable: the folder where that module leaves its PID
LOADING_S = 120.0  # a busy machine may need a minute; after that a process is started the slow way
LOOK_S = 0.05
GONE_S = 0.5  # a killed process takes a moment to be seen as such


class Child(Protocol):
    """The part of `subprocess.Popen`'s interface that is needed of a process."""

    @property
    def returncode(self) -> int | None: ...
    @property
    def stdin(self) -> IO[bytes] | None: ...
    @property
    def pid(self) -> int: ...
    @property
    def news(self) -> News: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class Cancelled(Exception):
    """Nobody wants this process any more; there is none."""


@functools.cache
def _mark() -> tempfile.TemporaryDirectory[str]:
    """The folder of the file in which the forkserver signals that it is ready."""
    return temporary_folder("prepared")


class _Loading:
    """When the forkserver was started, and how long loading took last time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._since = 0.0
        self._took_s: float | None = None
        self._tells = False  # it was started here, so it signals when loading is complete

    def note(self, *, started: bool = False) -> None:
        """Check for a new forkserver, and whether it has finished loading."""
        with self._lock:
            if (pid := _server_pid()) != self._pid:
                self._pid, self._since, self._tells = pid, time.monotonic(), started
            elif started:
                self._tells = True
            elif self._took_s is None and _is_loaded():
                self._took_s = time.monotonic() - self._since

    def will_tell(self) -> bool:
        """False for a forkserver that other code started earlier: it loads other modules, so there
        is nothing to wait for."""
        with self._lock:
            return self._pid is None or self._tells

    def about_s(self) -> float:
        """Seconds that loading takes here: as measured, else estimated from our own imports."""
        return self._took_s if self._took_s is not None else max(2.0, time.process_time())


_loading = _Loading()


def _server_pid() -> int | None:
    """The forkserver's PID, None before it exists; multiprocessing does not expose it."""
    return getattr(forkserver._forkserver, "_forkserver_pid", None)


def _is_loaded() -> bool:
    return (Path(_mark().name) / str(_server_pid())).exists()


def loading_s() -> float:
    """About how many seconds loading torch takes in total on this machine."""
    return _loading.about_s()


def is_prepared() -> bool:
    """Whether a training would start at once."""
    _loading.note()
    return FORKS and (_is_loaded() or not _loading.will_tell())


def prepare() -> None:
    """Preload in the background what every training needs; idempotent."""
    if FORKS:
        os.environ["PYTHONPATH"] = _environment()["PYTHONPATH"]  # the only way that it takes
        os.environ[MARK] = _mark().name
        multiprocessing.get_context("forkserver").set_forkserver_preload(LOADED)
        resource_tracker.ensure_running()  # it would unblock what is blocked next
        existed = _server_pid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:  # Ctrl-C during loading is for us; it ends when we do
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _loading.note(started=_server_pid() != existed)


def begin(
    argv: Sequence[str],
    log: Path,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    memory_mb: int | None = None,
) -> Child:
    """A process that runs `argv`, a `python -m ...`; its output goes to `log`.

    It has its own session: Ctrl-C is for the server, and the child sees its input close. A training
    limits itself to `memory_mb`. Raises Cancelled if `cancelled` says so before there is a process.
    """
    log.write_bytes(b"")
    if FORKS and list(argv[:2]) == [sys.executable, "-m"]:
        # killed, too slow, or no socket may be created here: do without it
        with suppress(OSError, EOFError):
            _await_loaded(cancelled)
            return _Fork(argv, _environment(log, memory_mb), log)
    if cancelled():
        raise Cancelled
    told = News()
    try:
        with log.open("wb") as stream:
            child = _Spawned(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(log, memory_mb) | ({news.FD: str(told.its)} if news.PIPES else {}),
                pass_fds=(told.its,) if news.PIPES else (),
            )
    except BaseException:
        told.close()
        raise
    told.hand_over()
    child.news = told
    return child


def error_file(log: Path) -> Path:
    """Where the process that writes `log` leaves its error."""
    return log.with_name(f"{log.name}.error.json")


def hand_over(message: Message) -> None:
    """Leave an error for the process that began this one, if one did; its sentence is data."""
    news.tell({"error": message.to_json()})
    if file := os.environ.get(ERROR_FILE):
        with suppress(OSError):
            write_json(Path(file), message.to_json())


def take_over(log: Path, told: News | None = None) -> Message:
    """The error that a process left, else the last line of its output; empty if there is none."""
    for item in told.read() if told is not None else ():
        if message := Message.from_json(item.get("error")):
            return message
    file = error_file(log)
    with suppress(OSError, GanError):
        if message := Message.from_json(read_json(file)):
            return message
    try:
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return NO_MESSAGE
    return literal(next((line for line in reversed(lines) if line), "").removeprefix("error: "))


def _await_loaded(cancelled: Callable[[], bool]) -> None:
    """Return once a fork would be immediate. Raises TimeoutError, or Cancelled."""
    deadline = time.monotonic() + LOADING_S
    prepare()
    while not is_prepared():
        if cancelled():
            raise Cancelled
        if time.monotonic() > deadline:
            raise TimeoutError("torch was not loaded in time")
        time.sleep(LOOK_S)
        prepare()  # it may have been killed


def _environment(log: Path | None = None, memory_mb: int | None = None) -> dict[str, str]:
    """Our environment, with a path on which the child finds this same package, installed or not."""
    here, paths = str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "").split(os.pathsep)
    errors = {} if log is None else {ERROR_FILE: str(error_file(log))}
    limit = {} if memory_mb is None else {MEMORY_MB: str(memory_mb)}
    return {
        **os.environ,
        **errors,
        **limit,
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join([here, *(p for p in paths if p and p != here)]),
    }


class _Spawned(subprocess.Popen[bytes]):
    """A fresh process; its resources are released when it has ended."""

    news: News

    def close(self) -> None:
        if self.stdin is not None:
            with suppress(OSError, ValueError):
                self.stdin.close()
        self.news.close()


_starting = threading.RLock()


def _started(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """A fork of the preloaded process that runs `target`."""
    made: BaseProcess = multiprocessing.get_context("forkserver").Process(
        target=target, args=arguments, daemon=True
    )
    with _starting:
        made.start()
        # every start() polls the members of this set without the lock, and keeps them for ever
        process._children.discard(made)  # type: ignore[attr-defined]
    return made


def forked(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """The same, once that process has loaded; begun anew if it was killed. Raises OSError or
    EOFError if there is none."""
    _await_loaded(lambda: False)
    with suppress(OSError, EOFError):
        return _started(target, *arguments)
    time.sleep(GONE_S)
    _await_loaded(lambda: False)
    return _started(target, *arguments)


class _Fork:
    """A fork of the preloaded process, with the interface of a direct child."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        its, ours = os.pipe()
        self.stdin = os.fdopen(ours, "wb")
        self._lock = threading.Lock()  # of concurrent reads of an exit code, one gets a wrong one
        self._code: int | None = None
        self.news = News()
        with Connection(its, writable=False) as commands, _starting:
            its_news = Connection(os.dup(self.news.its), readable=False)
            try:
                self._process = _started(_live, list(argv[2:]), commands, its_news, log, env)
            except BaseException:
                self.stdin.close()
                self.news.close()
                raise
            finally:
                its_news.close()
                self.news.hand_over()

    @property
    def returncode(self) -> int | None:
        return self.poll()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def poll(self) -> int | None:
        with self._lock:
            if self._code is None:
                self._code = self._process.exitcode
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None:
            wait_for([self._process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("the training", timeout or 0.0)
        return code

    def kill(self) -> None:
        with self._lock:
            if self._code is None:
                self._process.kill()

    def close(self) -> None:
        """Close the pipes once it has ended; before that do nothing."""
        if self.poll() is None:
            return
        with suppress(OSError, ValueError):
            self.stdin.close()
        self.news.close()
        with self._lock:
            self._process.close()  # a second time is fine


def _live(
    arguments: list[str],
    commands: Connection,
    told: Connection,
    log: Path,
    env: Mapping[str, str],
) -> None:
    """Run as `python -m` with these arguments: own standard streams, session and environment."""
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.environ.clear()
    os.environ.update(env)
    os.environ[news.FD] = str(os.dup(told.fileno()))
    told.close()
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
