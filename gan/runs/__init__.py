"""Run folders and the processes that write them."""

from __future__ import annotations

from gan.files import runs_root
from gan.runs.folder import (
    LIVE,
    STATES,
    RunReader,
    RunStatus,
    claim_run_dir,
    has_checkpoint,
    is_run,
    list_runs,
    new_run_dir,
)
from gan.runs.launch import Clock, Host, fork, resume, start
from gan.runs.lock import check_free, writing
from gan.runs.memory import limit_memory
from gan.runs.origin import Origin, find_origin
from gan.runs.prefork import Cancelled
from gan.runs.process import command_line, fork_argv, setting_arguments, train_argv
from gan.runs.running import Start
from gan.runs.session import WEIGHTS_S, Session
from gan.runs.supervisor import READING, Supervisor
from gan.runs.writer import RunWriter

__all__ = [
    "LIVE", "READING", "STATES", "WEIGHTS_S", "Cancelled", "Clock", "Host", "Origin", "RunReader",
    "RunStatus", "RunWriter", "Session", "Start", "Supervisor", "check_free", "claim_run_dir",
    "command_line", "find_origin", "fork", "fork_argv", "has_checkpoint", "is_run", "limit_memory",
    "list_runs", "new_run_dir", "resume", "runs_root", "setting_arguments", "start", "train_argv",
    "writing",
]  # fmt: skip
