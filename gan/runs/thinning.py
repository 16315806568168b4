"""Thins a run's saved states to a disk budget: the most dispensable old ones go first.

A run keeps snapshots, weights and checkpoints. The recent past stays dense, the older becomes
sparse, and large items go sooner than small ones.
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
from gan.files import is_moment, read_json, write_atomic
from gan.runs.manage import disk_use

MB = 2**20
MAX_SNAPSHOTS = 1200  # whatever their size: the page has a list of them
NEWEST = {"snapshots": 1, "weights": 1, "checkpoints": 2}  # never thinned, and neither is the first
FORKS_FILE = "forks.json"  # nimg from which other runs were forked
GONE = ".{}.gone.tmp"  # being deleted; gan.checkpoint.sweep completes interrupted deletions


class KeptPath(NamedTuple):
    """One file or folder of a run."""

    nimg: int
    path: Path
    size: int  # bytes


def thin(run: Path, keep_mb: float) -> None:
    """Delete the most dispensable items until the run fits `keep_mb`, or nothing more may go.

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
    """What to delete, in order: at least `excess` bytes, and `over` snapshots, as far as
    allowed."""
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
    """An item's value per byte: the gap that it would leave, relative to how long ago that is."""
    before, after = moments[i - 1].nimg, moments[i + 1].nimg
    return (after - before) / max(1, now - before) / max(1, moments[i].size)


def _moments(folder: Path) -> list[KeptPath]:
    """A run's saved items of one kind, in order."""
    if folder.name == "checkpoints":
        return [KeptPath(int(p.name), p, disk_use(p)) for p in checkpoints(folder)]
    found = []
    for path in folder.glob("*.*"):
        if is_moment(path.stem):
            with suppress(OSError):
                found.append(KeptPath(int(path.stem), path, path.stat().st_size))
    return sorted(found)


def _delete(path: Path) -> None:
    """Rename first: a half-deleted folder must not pass for a checkpoint."""
    with suppress(OSError):  # what cannot be deleted stays; the run is valid either way
        if not path.is_dir():
            path.unlink()
            return
        gone = path.with_name(GONE.format(path.name))
        shutil.rmtree(gone, ignore_errors=True)
        path.rename(gone)
        shutil.rmtree(gone)


# ---- forks --------------------------------------------------------------------------------------


def note_fork(run: Path, nimg: int) -> None:
    """Record that a fork begins at `nimg`, so that its state is kept."""
    with suppress(OSError):  # nothing is deleted from a read-only run either
        moments = sorted({*_noted(run), nimg})
        write_atomic(run / FORKS_FILE, json.dumps(moments).encode())


def forked_moments(run: Path) -> set[int]:
    """The nimg that forks refer to: recorded ones, and those stated by sibling runs."""
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
