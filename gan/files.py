"""Files that are whole or not there: atomic writes, small JSON, hashes; where ours live."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from gan.errors import WeightsError

MAX_CONFIG_BYTES = 64 * 2**10
BLOCK_BYTES = 4096  # what a file system gives to the smallest file
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})  # a disk takes no more


def data_root() -> Path | None:
    """The one folder for all that is kept, GAN_DATA_DIR; None where everything has its own."""
    folder = os.environ.get("GAN_DATA_DIR")
    return Path(folder) if folder else None


def runs_root() -> Path:
    """Where runs live: GAN_RUNS_DIR, or runs/ in GAN_DATA_DIR or else in the current folder."""
    own = os.environ.get("GAN_RUNS_DIR")
    return Path(own) if own else (data_root() or Path()) / "runs"


def home_root() -> Path:
    """Where own images, presets, directions and pulled models live.

    GAN_HOME, or own/ in GAN_DATA_DIR or else beside the runs.
    """
    if home := os.environ.get("GAN_HOME"):
        return Path(home)
    data = data_root()
    return data / "own" if data else runs_root().absolute().with_name("own")


def can_write(folder: Path) -> bool:
    """Whether files can be made in `folder`, or in the nearest folder that it would be made in."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there) as stream:
            stream.write(bytes(4096))  # a full disk takes an empty file
            stream.flush()
    except OSError:
        return False
    return True


def pulled_root() -> Path:
    """Where models from the Hub live, a weights folder each."""
    return home_root() / "hub"


def expanded(text: str) -> Path:
    """A path as typed, with ~ for the home folder; of a user nobody knows it is left as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def read_json(path: Path) -> Any:
    """A small JSON file; raises WeightsError where it is missing, large or broken."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise WeightsError(f"{path.name} may have 64 KB, this one is larger; check the folder")
        return parse_json(path.read_bytes())
    except OSError as error:
        raise WeightsError(
            f"{path.name} cannot be read in {path.parent.name!r} ({error.strerror}); "
            f"check the folder"
        ) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path.name} in {path.parent.name!r} must be JSON, it is damaged; fetch it anew"
        ) from error


def parse_json(data: bytes) -> Any:
    """JSON as editors on any system save it: UTF-8 or UTF-16, with or without a byte-order mark.

    Raises ValueError or RecursionError.
    """
    return json.loads(data)  # of bytes it tells the encoding itself, of text it takes no mark


def json_bytes(data: Any) -> bytes:
    """`data` as `write_json` writes it."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def write_json(path: Path, data: Any) -> None:
    """`data` as indented JSON, atomically.

    Raises WeightsError, and writes nothing, where `read_json` could not read it again.
    """
    text = json_bytes(data)
    if len(text) > MAX_CONFIG_BYTES:
        raise WeightsError(
            f"{path.name} may have 64 KB, what was to be written has {len(text) // 1024} KB; "
            f"shorten the names in it"
        )
    write_atomic(path, text)


def append_line(path: Path, text: str) -> None:
    """One more line of a file, whole or not at all: on a full disk the file stays as it was."""
    data = (text + "\n").encode()
    with path.open("ab", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        try:
            if stream.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            stream.truncate(size)
            raise


def overwrite(path: Path, data: bytes) -> None:
    """Write text over a small file in place, for a disk that has no room for a second one.

    In one call, but not atomic. What was longer is filled up with spaces, so that no block is given
    back. Raises OSError, and leaves the file, where it would need a further block.
    """
    with path.open("r+b", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        if len(data) > max(size, BLOCK_BYTES):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        stream.write(data.ljust(size))


def write_atomic(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Write beside, flush to disk, rename: a reader or a crash sees the old file or the new one."""
    # by thread too: two that write the same file at once must not share it
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    if os.name != "posix":
        return  # Windows has no handle for a folder; its rename is journalled
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(file: Path) -> str:
    """Hex digest of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
