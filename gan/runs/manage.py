"""Managing finished runs: naming, notes, deleting and restoring.

A deleted run is moved to a trash folder inside the runs root, and only purged from there later.
Nothing here follows a symbolic link, and nothing touches a live run.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from gan.errors import GanError, RunError
from gan.files import read_json, runs_root, write_json
from gan.messages import Message
from gan.runs.folder import LIVE, TRASH, RunReader, is_run, list_runs
from gan.runs.lock import TRIES, RunLock, is_held

META_FILE = "meta.json"
MAX_NAME, MAX_NOTE = 60, 2000  # characters
KEEP_TRASH_S = 24 * 3600
VISITOR_FILE = "visitor"  # marker in a run's folder: started by a visitor of a public server
KEEP_VISITORS, KEEP_VISITORS_BYTES = 40, 8 * 2**30  # finished visitor runs
TOKEN = re.compile(r"(?P<id>.+)@(?P<time>\d{9,12})-[0-9a-f]{16}")


@dataclass(frozen=True)
class RunMeta:
    """A user's name and note for a run; the folder keeps its own name."""

    name: str = ""
    note: str = ""


@dataclass(frozen=True)
class Deleted:
    """A run in the trash."""

    token: str  # its folder's name there, unguessable
    id: str
    deleted_at: float  # Unix time in seconds
    path: Path


def read_meta(path: Path) -> RunMeta:
    """A run's name and note; empty if missing or damaged."""
    try:
        data = read_json(path / META_FILE)
        return RunMeta(_text(data.get("name"), MAX_NAME), _text(data.get("note"), MAX_NOTE, "\n"))
    except (GanError, AttributeError):
        return RunMeta()


def _text(value: object, most: int, also: str = "") -> str:
    """Printable characters only, up to the limit."""
    text = value if isinstance(value, str) else ""
    return "".join(c for c in text if c.isprintable() or c in also)[:most]


def write_meta(path: Path, *, name: str | None = None, note: str | None = None) -> RunMeta:
    """Change a run's name, its note, or both; None leaves one unchanged.

    Raises RunError if they are too long or cannot be written.
    """
    if name is not None and len(name) > MAX_NAME:
        raise RunError(
            "a name may have {most} characters, got {got}; shorten it", most=MAX_NAME, got=len(name)
        )
    if note is not None and len(note) > MAX_NOTE:
        raise RunError(
            "a note may have {most} characters, got {got}; shorten it", most=MAX_NOTE, got=len(note)
        )
    before = read_meta(path)
    meta = RunMeta(
        before.name if name is None else _text(name.strip(), MAX_NAME),
        before.note if note is None else _text(note.strip(), MAX_NOTE, "\n"),
    )
    try:
        write_json(path / META_FILE, asdict(meta))
    except OSError as error:
        raise RunError(
            "the name of {name} cannot be written ({strerror}); check the folder",
            name=path.name,
            strerror=error.strerror,
        ) from error
    return meta


def disk_use(path: Path) -> int:
    """Total bytes of all files below `path`; symbolic links count as nothing."""
    total = 0
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    total += disk_use(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def free_space(root: Path | None = None) -> int:
    """Free bytes on the disk that holds the runs."""
    return disk_of(root or runs_root()).free


class Disk(NamedTuple):
    """Bytes."""

    total: int
    free: int


def disk_of(folder: Path) -> Disk:
    """The disk that holds `folder`, or would if it were made."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    found = shutil.disk_usage(place)
    return Disk(found.total, found.free)


def delete_run(run_id: str, root: Path | None = None) -> str:
    """Move a run to the trash; returns the token that restores it.

    Raises RunError for a run that is missing, a link, or live.
    """
    root = root or runs_root()
    path = _own_folder(root, run_id)
    lock = RunLock(path, tries=TRIES)  # block new writers until it is moved
    try:
        state = RunReader(path).status().state
        if state in LIVE:
            raise RunError(
                "{run_id} is {state}; stop it first, then delete it", run_id=run_id, state=state
            )
        token = f"{run_id}@{int(time.time())}-{secrets.token_hex(8)}"
        if os.name == "nt":
            lock.close()  # Windows cannot move a folder with an open file in it
        (root / TRASH).mkdir(exist_ok=True)
        path.rename(root / TRASH / token)
    except OSError as error:
        raise RunError(
            "{run_id} cannot be moved ({strerror}); check the folder",
            run_id=run_id,
            strerror=error.strerror,
        ) from error
    finally:
        lock.close()
    return token


def _own_folder(root: Path, run_id: str) -> Path:
    """A run's folder, directly below `root` and no link; an id is matched, never joined."""
    for path in root.glob("*"):
        if path.name == run_id and not path.is_symlink() and is_run(path):
            return path
    raise RunError(
        "there is no run {run_id} in {root}/; see the list",
        run_id=repr(run_id[:80]),
        root=root.name,
    )


def deleted_runs(root: Path | None = None) -> list[Deleted]:
    """The contents of the trash, most recently deleted first."""
    folder = (root or runs_root()) / TRASH
    found = []
    if not folder.is_symlink():
        for path in folder.glob("*@*"):
            match = TOKEN.fullmatch(path.name)
            if match and not path.is_symlink() and path.is_dir():
                found.append(Deleted(path.name, match["id"], float(match["time"]), path))
    return sorted(found, key=lambda d: (d.deleted_at, d.token), reverse=True)


def _deleted(token: str, root: Path) -> Deleted:
    for entry in deleted_runs(root):
        if entry.token == token:
            return entry
    raise RunError("this run is not in the trash any more; see the list")


def restore_run(token: str, root: Path | None = None) -> str:
    """Restore a run from the trash; returns its id, a new one if its own was taken."""
    root = root or runs_root()
    entry = _deleted(token, root)
    target, number = root / entry.id, 2
    while target.exists() or target.is_symlink():
        target, number = root / f"{entry.id}-{number}", number + 1
    try:
        entry.path.rename(target)
    except OSError as error:
        raise RunError(
            "{id} cannot be moved ({strerror}); try again", id=entry.id, strerror=error.strerror
        ) from error
    return target.name


def purge_run(token: str, root: Path | None = None) -> None:
    """Permanently delete a run in the trash."""
    shutil.rmtree(_deleted(token, root or runs_root()).path, ignore_errors=True)


def purge_old(
    root: Path | None = None, *, older_than_s: float = KEEP_TRASH_S, now: float | None = None
) -> list[str]:
    """Permanently delete older trash entries; returns the ids."""
    root = root or runs_root()
    late = (time.time() if now is None else now) - older_than_s
    old = [entry for entry in deleted_runs(root) if entry.deleted_at < late]
    for entry in old:
        shutil.rmtree(entry.path, ignore_errors=True)
    return [entry.id for entry in old]


def mark_visitors(path: Path) -> None:
    """Mark a run as a visitor's: it is kept only while there is room."""
    with suppress(OSError):
        (path / VISITOR_FILE).touch()


def prune_visitors(
    root: Path | None = None, *, keep: int = KEEP_VISITORS, keep_bytes: int = KEEP_VISITORS_BYTES
) -> list[str]:
    """Permanently delete the oldest finished visitor runs, including those in the trash.

    Unmarked and live runs and links are always kept. Returns the folders' names.
    """
    root = root or runs_root()
    marked = [p.parent for p in (*root.glob(f"*/{VISITOR_FILE}"), *_in_trash(root))]
    over = [p for p in marked if not p.is_symlink() and not _lives(p)]
    left, removed = keep_bytes, []
    for number, path in enumerate(sorted(over, key=_written_at, reverse=True)):
        left -= disk_use(path)
        if number >= keep or left < 0:
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path.name)
    return removed


def _in_trash(root: Path) -> list[Path]:
    return [] if (root / TRASH).is_symlink() else list((root / TRASH).glob(f"*/{VISITOR_FILE}"))


def _lives(path: Path) -> bool:
    """Whether a process writes there; for a damaged run only the lock can tell."""
    return is_held(path)


def _written_at(path: Path) -> float:
    try:
        return (path / "status.json").stat().st_mtime
    except OSError:
        return 0.0


def find_run(name: str, root: Path | None = None) -> Path:
    """A run's folder by path, id or display name; raises RunError that lists the runs there are."""
    path = Path(name)
    if is_run(path):
        return path
    statuses = list_runs(root)
    for status in statuses:
        if name in (status.id, read_meta(status.path).name):
            return status.path
    known = [s.id for s in statuses[:8]] or Message("none yet")
    raise RunError(
        "there is no run {name}; give a run folder or one of: {known}",
        name=repr(name[:80]),
        known=known,
    )
