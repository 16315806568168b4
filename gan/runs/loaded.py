"""Imported last by the process that trainings are forked from: tells that all else is loaded."""

from __future__ import annotations

import os
from pathlib import Path

from gan.runs.prefork import MARK


def _tell() -> None:
    """Whoever reads the number compares it with the process's: an earlier one's does not count."""
    if mark := os.environ.get(MARK):
        try:
            Path(mark).write_text(str(os.getpid()))
        except OSError:
            return  # a full disk: then a start waits for the fork itself


_tell()
