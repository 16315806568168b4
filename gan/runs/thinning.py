"""How much of its past a run keeps: older moments go, those that are missed least, to fit a budget.

A run keeps snapshots, weights and checkpoints. What is recent stays dense, what is old becomes
sparse, and something large goes sooner than something small.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gan.checkpoint import CONFIG_FILE, checkpoints
from gan.errors import GanError
from gan.files import read_json, write_atomic
from gan.runs.manage import disk_use

MB = 2**20
MAX_SNAPSHOTS = 1200  # whatever they weigh: the page has a list of them
NEWEST = {"snapshots": 1, "weights": 1, "checkpoints": 2}  # never thinned, the first neither
FORKS_FILE = "forks.json"  # moments of the run from which others were forked
GONE = ".{}.gone.tmp"  # what is being deleted; gan.checkpoint.sweep ends what was broken off


class KeptPath(NamedTuple):
    """One file or folder of a run."""

    nimg: int
    path: Path
    size: int  # bytes


def thin(run: Path, keep_mb: float) -> None:
    """Delete what is missed least until the run takes at most `keep_mb`, or nothing may go.

    The first and the newest of each kind stay, and whatever a fork began from.
    """
    kinds = {kind: _moments(run / kind) for kind in NEWEST}
    excess = disk_use(run) - round(keep_mb * MB)
    over = len(kinds["snapshots"]) - MAX_SNAPSHOTS
    forked = forked_moments(run)
    for moment in choose(kinds, excess, over, forked):
        _delete(moment.path)


def choose(
    kinds: dict[str, list[KeptPath]], excess: int, over: int, forked: Collection[int]
) -> list[KeptPath]:
    """What goes, in order: at least `excess` bytes, and `over` snapshots, where so much may go."""
    left = {kind: list(moments) for kind, moments in kinds.items()}
    now = max((m.nimg for moments in left.values() for m in moments), default=0)
    gone: list[KeptPath] = []
    while excess > 0 or over > 0:
        among = left if excess > 0 else {"snapshots": left["snapshots"]}
        missed = [
            (_missed(moments, i, now), kind, i)
            for kind, moments in among.items()
            for i in range(1, len(moments) - NEWEST[kind])
            if kind == "snapshots" or moments[i].nimg not in forked
        ]
        if not missed:
            break
        _, kind, i = min(missed)
        gone.append(left[kind].pop(i))
        excess -= gone[-1].size
        over -= kind == "snapshots"
    return gone


def _missed(moments: list[KeptPath], i: int, now: int) -> float:
    """How much one is missed a byte: by the gap that it leaves, against how long ago that is."""
    before, after = moments[i - 1].nimg, moments[i + 1].nimg
    return (after - before) / max(1, now - before) / max(1, moments[i].size)


def _moments(folder: Path) -> list[KeptPath]:
    """What a run keeps of one kind, in order."""
    if folder.name == "checkpoints":
        return [KeptPath(int(p.name), p, disk_use(p)) for p in checkpoints(folder)]
    found = []
    for path in folder.glob("*.*"):
        if path.stem.isdigit():
            with suppress(OSError):
                found.append(KeptPath(int(path.stem), path, path.stat().st_size))
    return sorted(found)


def _delete(path: Path) -> None:
    """At once out of sight: a folder that is half deleted must not pass for a checkpoint."""
    with suppress(OSError):  # what cannot go stays, and the run is whole either way
        if not path.is_dir():
            path.unlink()
            return
        gone = path.with_name(GONE.format(path.name))
        shutil.rmtree(gone, ignore_errors=True)
        path.rename(gone)
        shutil.rmtree(gone)


# ---- forks --------------------------------------------------------------------------------------


def note_fork(run: Path, nimg: int) -> None:
    """Remember that a fork begins at `nimg`, so that the moment is kept."""
    with suppress(OSError):  # of a run that can only be read nothing is deleted either
        moments = sorted({*_noted(run), nimg})
        write_atomic(run / FORKS_FILE, json.dumps(moments).encode())


def forked_moments(run: Path) -> set[int]:
    """Moments that forks refer to: those that were noted, and what other runs beside it say."""
    found = set(_noted(run))
    for file in run.parent.glob(f"*/{CONFIG_FILE}"):
        with suppress(GanError, AttributeError):
            parent, _, nimg = str(read_json(file).get("parent", "")).rpartition("@")
            if parent == run.name and nimg.isdecimal():
                found.add(int(nimg))
    return found


def _noted(run: Path) -> list[int]:
    try:
        moments = read_json(run / FORKS_FILE)
    except GanError:
        return []
    listed = isinstance(moments, list)
    return [n for n in moments if isinstance(n, int) and not isinstance(n, bool)] if listed else []
