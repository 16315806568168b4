"""Trainings as processes: the command line that starts one, and the pipe that steers it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gan.errors import RunError
from gan.runs.folder import LIVE, RunReader, is_run
from gan.runs.nursery import Child, begin, prepare
from gan.runs.space import check_room

STOP_TIMEOUT_S = 10.0
START_TIMEOUT_S = 180.0  # a busy machine may need a minute to load torch
LOG_FILE = "log.txt"


def train_argv(
    preset: str,
    *,
    data: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    seconds: float | None = None,
    kimg: float | None = None,
    keep_mb: float | None = None,
    run_dir: Path | None = None,
    resume: Path | None = None,
    fork: str | None = None,
    log: str | None = None,
    steer: bool = False,
) -> list[str]:
    """The very command line that a person would type to start this training.

    fork: RUN or RUN@NIMG, the run and the moment that a new one begins from.
    """
    argv = [sys.executable, "-m", "gan", "train"]
    if resume is not None:
        argv += ["--resume", str(resume)]
    elif fork is not None:
        argv += ["--fork", fork]
    else:
        argv += ["--preset", preset]
    if data:
        argv += ["--data", data]
    argv += _set_options(settings or {})
    if seed:
        argv += ["--seed", str(seed)]
    if seconds is not None:
        argv += ["--seconds", _plain(seconds)]
    if kimg is not None:
        argv += ["--kimg", _plain(kimg)]
    if keep_mb is not None:
        argv += ["--keep-mb", _plain(keep_mb)]
    if log is not None:
        argv += ["--log", log]
    if run_dir is not None:
        argv += ["--run-dir", str(run_dir)]
    return [*argv, "--steer"] if steer else argv


def fork_argv(
    run: Path | str,
    *,
    nimg: int | None = None,
    settings: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    kimg: float | None = None,
    run_dir: Path | None = None,
    steer: bool = False,
) -> list[str]:
    """The command line of a new run that begins where `run` was at `nimg`, or is now."""
    return train_argv(
        "",
        fork=f"{run}" if nimg is None else f"{run}@{nimg}",
        settings=settings,
        seconds=seconds,
        kimg=kimg,
        run_dir=run_dir,
        steer=steer,
    )


def _set_options(settings: Mapping[str, Any]) -> list[str]:
    return [part for key, value in settings.items() for part in ("--set", f"{key}={_plain(value)}")]


def setting_arguments(settings: Mapping[str, Any]) -> str:
    """`settings` as one would type them behind `train`: --set g_lr=0.001 --set r1=0.2."""
    return shlex.join(_set_options(settings))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def command_line(argv: Sequence[str]) -> str:
    """`argv` to show and copy: `python` instead of this machine's path, without --steer."""
    return shlex.join(["python", *(a for a in argv[1:] if a != "--steer")])


class Supervisor:
    """The trainings that this server started. They end when it does: their input closes."""

    def __init__(self) -> None:
        self._processes: dict[str, Child] = {}
        self._paths: dict[str, Path] = {}
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Somebody is about to start a training: have what it needs loaded by then."""
        prepare()

    def start(self, argv: Sequence[str], run_dir: Path) -> str:
        """Start a training and wait until its folder can be watched; returns the run's id.

        Raises RunError with the sentence that the process left, where it ends before that.
        """
        with suppress(OSError):  # then nothing can be written there either
            run_dir.parent.mkdir(parents=True, exist_ok=True)
        check_room(run_dir.parent)
        log = run_dir.with_name(f".{run_dir.name}.{LOG_FILE}")
        process = begin(argv, log)
        try:
            self._await_folder(process, run_dir, log)
        except BaseException:
            _end(process)
            raise
        finally:
            _move_log(log, run_dir)
        with self._lock:
            self._processes[run_dir.name] = process
            self._paths[run_dir.name] = run_dir
        return run_dir.name

    def _await_folder(self, process: Child, run_dir: Path, log: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _has_begun(process, run_dir):
            if process.poll() is not None:
                if process.returncode == 0 and is_run(run_dir):
                    return  # so short that it is over already
                raise RunError(last_words(log))
            if time.monotonic() > deadline:
                raise RunError("the training did not begin within three minutes; see its log")
            time.sleep(0.02)

    def send(self, run_id: str, command: Mapping[str, Any]) -> None:
        """Pass a command on; raises RunError where the run is not ours or is over."""
        with self._lock:
            process = self._processes.get(run_id)
            if process is None or process.poll() is not None or process.stdin is None:
                raise RunError(f"{run_id} cannot be steered from here; it can be watched")
            try:
                process.stdin.write(json.dumps(dict(command)).encode() + b"\n")
                process.stdin.flush()
            except OSError as error:
                raise RunError(f"{run_id} has just ended; resume it to go on") from error

    def owns(self, run_id: str) -> bool:
        """Whether this server can steer `run_id` now."""
        with self._lock:
            process = self._processes.get(run_id)
        return process is not None and process.poll() is None

    def running(self) -> list[str]:
        """Runs of this server that are not over."""
        return [run_id for run_id in list(self._processes) if self.owns(run_id)]

    def shutdown(self) -> None:
        """Let every run checkpoint and end; what does not within ten seconds is killed."""
        with self._lock:
            processes = list(self._processes.values())
            self._processes.clear()
        for process in processes:
            _close_input(process)
        for process in processes:
            _end(process)


def _has_begun(process: Child, run_dir: Path) -> bool:
    """Whether `process` trains there; a run of that folder may be another process's."""
    if not is_run(run_dir) or RunReader(run_dir).status().state not in LIVE:
        return False
    # Windows starts a Python of a virtual environment by way of another process
    return os.name == "nt" or RunReader(run_dir).writer_pid() == process.pid


def last_words(log: Path) -> str:
    """The sentence with which a process ended."""
    try:
        lines = [x.strip() for x in log.read_text("utf-8", "replace").splitlines() if x.strip()]
    except OSError:
        lines = []
    return lines[-1].removeprefix("error: ") if lines else "the training ended without a word"


def _move_log(log: Path, run_dir: Path) -> None:
    if run_dir.is_dir():
        log.replace(run_dir / LOG_FILE)
    else:
        log.unlink(missing_ok=True)


def _close_input(process: Child) -> None:
    if process.stdin is not None:
        try:
            process.stdin.close()
        except OSError:
            return


def _end(process: Child) -> None:
    _close_input(process)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
