"""The command lines that start trainings as processes."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


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
    clock: str | None = None,
    weights_every_s: float | None = None,
    steer: bool = False,
) -> list[str]:
    """The command line that a person would type to start this training.

    fork: RUN or RUN@NIMG, the run and image count that a new one begins from.
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
    options = {
        "--seed": seed or None,
        "--seconds": seconds,
        "--kimg": kimg,
        "--keep-mb": keep_mb,
        "--log": log,
        "--clock": clock,
        "--weights-every": weights_every_s,
        "--run-dir": run_dir,
    }
    for option, value in options.items():
        argv += [] if value is None else [option, _plain(value)]
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
    """The command line of a new run forked from `run` at `nimg`, or from its latest state."""
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
    """`settings` as arguments of `train`: --set g_lr=0.001 --set r1=0.2."""
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
    """`argv` for display and copying: `python` instead of this machine's path, without --steer."""
    return shlex.join(["python", *(a for a in argv[1:] if a != "--steer")])
