"""Imported last by the forkserver of trainings: signals that everything else has been imported."""

from __future__ import annotations

import os
from pathlib import Path

from gan.runs.prefork import MARK


def _tell() -> None:
    """Write this process's PID; readers compare it, so that a previous process's does not count."""
    if mark := os.environ.get(MARK):
        try:
            Path(mark).write_text(str(os.getpid()))
        except OSError:
            return  # a full disk: a start then waits for the fork itself


_tell()
