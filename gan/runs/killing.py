"""Ending a training that does not listen: its process is killed, and its folder says so."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gan.checkpoint import sweep, weights_of_run
from gan.errors import GanError
from gan.files import read_json, write_json
from gan.messages import Message
from gan.runs.folder import LIVE, has_checkpoint, is_status
from gan.runs.lock import writing

if TYPE_CHECKING:
    from gan.runs.prefork import Child

STOP_TIMEOUT_S = 10.0  # after that, whoever does not stop may be killed
RESUME = "it did not stop in {seconds} s and was ended; resume goes on from the last checkpoint"
FORK = "it did not stop in {seconds} s and was ended; it has weights and no checkpoint: fork it"
AGAIN = (
    "it did not stop in {seconds} s and was ended before anything was kept; start a new run, with "
    "a smaller batch_size or width"
)


def kill(child: Child) -> None:
    """SIGKILL to a training and whatever it has started, and wait until it is gone.

    Safe at any moment: files are renamed into place once they are whole (gan.files), and the
    system frees the lock.
    """
    if child.poll() is None:
        with suppress(OSError, AttributeError):  # it leads its own process group
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
    child.wait()


def mark_as_ended(run_dir: Path) -> None:
    """Have a killed run's folder say that it was stopped and what is left; half-written files go.

    Nothing is changed if it ended by itself meanwhile, or if another process writes there.
    """
    with suppress(GanError, OSError), writing(run_dir):
        status = read_json(run_dir / "status.json")
        if not is_status(status) or status["state"] not in LIVE:
            return
        for folder in (".", "checkpoints", "weights", "snapshots"):
            sweep(run_dir / folder)
        message = _what_is_left(run_dir)
        told = {"message": str(message), "message_data": message.to_json()}
        ended = {"state": "stopped", "steerable": False, "updated_at": time.time()}
        write_json(run_dir / "status.json", status | ended | told)


def _what_is_left(run_dir: Path) -> Message:
    kept = FORK if weights_of_run(run_dir) else AGAIN
    return Message(RESUME if has_checkpoint(run_dir) else kept, seconds=f"{STOP_TIMEOUT_S:.0f}")
