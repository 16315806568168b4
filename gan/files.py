"""File utilities: atomic writes, small JSON, hashes, and our storage locations."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from gan.errors import WeightsError

HISTORY_FILE = "history.jsonl"  # of a run folder: what was done to it; runs write it, cards read it
TEMPORARY = "gan-"  # begins the names of our temporary folders
MOMENT = re.compile(r"[0-9]{10}|[1-9][0-9]{10,14}")
LEFT_BY = re.compile(r"gan-[a-z]+-(?P<pid>\d+)-\w+")
MAX_CONFIG_BYTES = 64 * 2**10
BLOCK_BYTES = 4096  # allocated by a file system for the smallest file
# errno for a full disk; EFBIG is a limit on a file's size (ulimit -f)
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})


def data_root() -> Path | None:
    """The common root of all stored data, GAN_DATA_DIR; None if each kind has its own."""
    folder = os.environ.get("GAN_DATA_DIR")
    return Path(folder) if folder else None


def runs_root() -> Path:
    """Folder of runs: GAN_RUNS_DIR, or runs/ in GAN_DATA_DIR or else in the current folder."""
    own = os.environ.get("GAN_RUNS_DIR")
    return Path(own) if own else (data_root() or Path()) / "runs"


def home_root() -> Path:
    """Folder of own images, presets, directions and pulled models.

    GAN_HOME, or own/ in GAN_DATA_DIR or else beside the runs.
    """
    if home := os.environ.get("GAN_HOME"):
        return Path(home)
    data = data_root()
    return data / "own" if data else runs_root().absolute().with_name("own")


def can_write(folder: Path) -> bool:
    """Whether files can be created in `folder`, or in its nearest existing ancestor."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there) as stream:
            stream.write(bytes(4096))  # even a full disk accepts an empty file
            stream.flush()
    except OSError:
        return False
    return True


_in_use: set[str] = set()  # names of the temporary folders that this process made


def temporary_folder(kind: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when this process ends, and after a kill with `sweep_temporary`."""
    made = tempfile.TemporaryDirectory(prefix=f"{TEMPORARY}{kind}-{os.getpid()}-")
    _in_use.add(Path(made.name).name)
    return made


def sweep_temporary() -> None:
    """Remove what killed processes left of `temporary_folder`, nothing that this one has made."""
    for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        found = LEFT_BY.fullmatch(path.name)
        if found and path.name not in _in_use and not _runs_still(int(found["pid"])):
            shutil.rmtree(path, ignore_errors=True)


def _runs_still(pid: int) -> bool:
    """Whether another process has this number; in a container ours had it before, too."""
    if os.name != "posix":
        return True  # there, signal 0 would end it
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def pulled_root() -> Path:
    """Folder of models pulled from the Hub, one weights folder each."""
    return home_root() / "hub"


def expanded(text: str) -> Path:
    """A path with ~ expanded to the home folder; unchanged for an unknown user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def read_json(path: Path) -> Any:
    """Read a small JSON file; raises WeightsError if it is missing, large or invalid."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise WeightsError(
                "{name} may have 64 KB, this one is larger; check the folder", name=path.name
            )
        return parse_json(path.read_bytes())
    except OSError as error:
        raise WeightsError(
            "{name} cannot be read in {parent} ({strerror}); check the folder",
            name=path.name,
            parent=repr(path.parent.name),
            strerror=error.strerror,
        ) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            "{name} in {parent} must be JSON, it is damaged; fetch it anew",
            name=path.name,
            parent=repr(path.parent.name),
        ) from error


def parse_json(data: bytes) -> Any:
    """Parse JSON as saved by editors on any system: UTF-8 or UTF-16, with or without a BOM.

    Raises ValueError or RecursionError.
    """
    return json.loads(data)  # bytes are decoded automatically, but text must have no BOM


def json_bytes(data: Any) -> bytes:
    """`data` encoded as by `write_json`."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def write_json(path: Path, data: Any) -> None:
    """Write `data` as indented JSON, atomically.

    Raises WeightsError, and writes nothing, if `read_json` could not read it back.
    """
    text = json_bytes(data)
    if len(text) > MAX_CONFIG_BYTES:
        raise WeightsError(
            "{name} may have 64 KB, what was to be written has {count} KB; shorten the names in it",
            name=path.name,
            count=len(text) // 1024,
        )
    write_atomic(path, text)


def is_moment(name: str) -> bool:
    """Whether a file or folder of a run is called by its nimg, as {nimg:010d}; others that somebody
    put there are none of ours."""
    return MOMENT.fullmatch(name) is not None


def append_line(path: Path, text: str) -> None:
    """Append a line, all or nothing: on a full disk the file is unchanged."""
    data = (text + "\n").encode()
    with path.open("ab", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        try:
            if stream.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            stream.truncate(size)
            raise


def tail_rows(file: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Rows of a .jsonl past byte `offset`, and the offset to continue from.

    A half-written last line is left for the next call, a line truncated by a full disk is skipped,
    and a file that has shrunk (its run was reset) is read from the start.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            start = stream.seek(offset if offset <= size else 0)
            data = stream.read()
    except OSError:
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    rows = []
    for line in whole.splitlines():
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("nimg"), int):
                rows.append(row)
    return rows, start + len(whole)


def overwrite(path: Path, data: bytes) -> None:
    """Overwrite a small text file in place, for a disk without room for a second one.

    In one call, but not atomic. Shorter text is padded with spaces, so that no block is freed.
    Raises OSError, leaving the file unchanged, if another block would be needed.
    """
    with path.open("r+b", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        if len(data) > max(size, BLOCK_BYTES):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        stream.write(data.ljust(size))


def write_atomic(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Write to a temporary file, fsync, rename: readers and crashes see the old file or the new
    one. An OSError names `path`."""
    # per thread too: two writers of the same file must not share a temporary one
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):  # nobody typed the temporary one's name
            error.filename = str(path)
        raise
    if durable:
        fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    if os.name != "posix":
        return  # Windows has no handle for a folder; its renames are journalled
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(file: Path) -> str:
    """Hex digest of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
