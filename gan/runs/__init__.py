"""Run folders and the processes that fill them."""

from __future__ import annotations

from gan.runs.folder import (
    LIVE,
    STATES,
    RunReader,
    RunStatus,
    RunWriter,
    has_checkpoint,
    is_run,
    list_runs,
    new_run_dir,
    runs_root,
)
from gan.runs.process import Supervisor, command_line, train_argv
from gan.runs.session import Session, resume, start

__all__ = [
    "LIVE", "STATES", "RunReader", "RunStatus", "RunWriter", "Session", "Supervisor",
    "command_line", "has_checkpoint", "is_run", "list_runs", "new_run_dir", "resume", "runs_root",
    "start", "train_argv",
]  # fmt: skip
