"""What a table of figures says of where it comes from."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch


def processor() -> str:
    """The processor's name; Linux keeps it in a file."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )


def commit() -> str:
    """The commit that was measured, with `+` where files differ from it; empty without git."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        name = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True,
            check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return name + "+" * bool(changed)


def load() -> float:
    """How many processes wanted a core in the last minute, this one included."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def here() -> str:
    """Date, commit, processor, cores, load and versions in a line."""
    return (
        f"{datetime.date.today()}, commit {commit() or 'unknown'}, {processor()}, "
        f"{os.cpu_count()} cores, load {load():.1f}, torch {torch.__version__}, "
        f"Python {sys.version.split()[0]}"
    )
