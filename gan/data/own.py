"""Sets of anyone's own pictures: taken in within limits, kept small, cropped only when used.

<root>/<id>/set.json  pictures/[class/]<number>.webp
"""

from __future__ import annotations

import re
import secrets
import shutil
import struct
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from gan.data.folder import (
    MAX_MEMBERS,
    MAX_ZIP_BYTES,
    MAX_ZIP_S,
    MIN_IMAGES,
    Entry,
    short_reason,
    zip_entries,
)
from gan.data.pictures import MAX_BYTES, SUFFIXES, read_picture, shrink_picture
from gan.errors import DataError, GanError
from gan.files import read_json, write_json
from gan.images import Pixels

SIDE = 128  # px of the shorter side as kept; twice the largest resolution
SIZES = (28, 32, 48, 64)
SET_FILE = "set.json"
ID = re.compile(r"[0-9a-f]{12}")
NAME_LENGTH = struct.Struct("<H")
FILE_LENGTH = struct.Struct("<I")
MAX_FILE_NAME = 1024
SHOWN = 6  # pictures of a preview
TILE = 96  # px of a preview's pictures
GAP = 8
DIMMED = 0.3
BEYOND = "beyond the limits (2,000 files, 200 MB, 30 s)"


@dataclass(frozen=True)
class OwnSet:
    """A stored set, and how it is to be used."""

    id: str
    name: str
    count: int
    skipped: dict[str, int]  # reason -> files
    classes: int = 0
    created_at: float = 0.0
    bytes: int = 0
    resolution: int = 32
    channels: int = 3
    flip: bool = True


class OwnSets:
    """The sets below one folder. Ids are matched against what is there, never joined to a path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def listed(self) -> list[OwnSet]:
        """Newest first; a damaged one is left out."""
        folders = (p for p in self.root.glob("*") if ID.fullmatch(p.name) and not p.is_symlink())
        found = [s for s in map(_read_set, folders) if s is not None]
        return sorted(found, key=lambda s: s.created_at, reverse=True)

    def get(self, set_id: str) -> OwnSet:
        """One set; raises DataError where there is none of that id."""
        for found in self.listed():
            if found.id == set_id:
                return found
        raise DataError("this set of images is not there any more; choose or upload another")

    def folder(self, set_id: str) -> Path:
        """Where its pictures lie."""
        return (self.root / self.get(set_id).id / "pictures").absolute()

    def add(self, stream: BinaryIO, name: str) -> OwnSet:
        """Take in files as `framed` reads them: pictures, and zips of pictures.

        Raises DataError where fewer than two can be used, with the reasons; then nothing is kept.
        """
        set_id = secrets.token_hex(6)
        folder = self.root / f".{set_id}.tmp"
        try:
            found = _take_in(stream, folder, replace(_EMPTY, id=set_id, name=_clean(name, 60)))
            write_json(folder / SET_FILE, asdict(found))
            folder.rename(self.root / set_id)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return found

    def change(self, set_id: str, *, resolution: int, channels: int, flip: bool) -> OwnSet:
        """How it is to be used from now on; raises DataError for a size or depth that is none."""
        if resolution not in SIZES or channels not in (1, 3):
            raise DataError(f"size must be one of {SIZES} and channels 1 or 3; choose again")
        changed = replace(self.get(set_id), resolution=resolution, channels=channels, flip=flip)
        write_json(self.root / set_id / SET_FILE, asdict(changed))
        return changed

    def remove(self, set_id: str) -> None:
        """Delete a set and its pictures."""
        shutil.rmtree(self.root / self.get(set_id).id, ignore_errors=True)

    def remove_old(self, *, older_than_s: float, now: float | None = None) -> list[str]:
        """Delete what is older, and what a broken-off upload left; returns the ids."""
        late = (time.time() if now is None else now) - older_than_s
        old = [s.id for s in self.listed() if s.created_at < late]
        for set_id in old:
            self.remove(set_id)
        for left in self.root.glob(".*.tmp"):
            if left.stat().st_mtime < late:
                shutil.rmtree(left, ignore_errors=True)
        return old

    def preview(self, set_id: str, *, resolution: int, channels: int) -> Pixels:
        """(H, W, 4): a few pictures with what is cut off dimmed, and below what is learnt from."""
        files = sorted(self.folder(set_id).rglob("*.webp"))
        step = max(1, len(files) // SHOWN)
        columns = [_column(p, resolution, channels) for p in files[::step][:SHOWN]]
        gap = np.zeros((columns[0].shape[0], GAP, 4), np.uint8)
        parts = [part for column in columns for part in (column, gap)][:-1]
        return np.concatenate(parts, axis=1)


_EMPTY = OwnSet(id="", name="", count=0, skipped={})


def _read_set(folder: Path) -> OwnSet | None:
    try:
        data = read_json(folder / SET_FILE)
        found = OwnSet(**{k: _typed(k, v) for k, v in data.items()})
    except (GanError, OSError, TypeError, ValueError, AttributeError, KeyError):
        return None
    usable = found.id == folder.name and found.resolution in SIZES and found.channels in (1, 3)
    return found if usable else None


def _typed(key: str, value: Any) -> Any:
    kind = {"skipped": dict, "name": str, "id": str, "flip": bool, "created_at": float}.get(
        key, int
    )
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(key)
    return value


def _clean(text: str, most: int) -> str:
    """Text for people, and for names of folders: letters, digits, space, dot and dash."""
    return re.sub(r"[^\w .-]+", "_", text).strip(" .")[:most].strip(" .")


def framed(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """(name, size) of the files in a stream, which then stands at the file's first byte.

    A file is its name's length (uint16, little-endian), the name in UTF-8, its length (uint32) and
    its bytes. Raises DataError for anything else.
    """
    while head := stream.read(NAME_LENGTH.size):
        try:
            (length,) = NAME_LENGTH.unpack(head)
            name = stream.read(min(length, MAX_FILE_NAME)).decode("utf-8", "replace")
            stream.seek(max(0, length - MAX_FILE_NAME), 1)
            (size,) = FILE_LENGTH.unpack(stream.read(FILE_LENGTH.size))
        except struct.error as error:
            raise DataError("the upload broke off; send it again") from error
        begin = stream.tell()
        yield name, size
        stream.seek(begin + size)


def _entries(stream: BinaryIO, folder: Path) -> Iterator[Entry]:
    """Every picture, those in zips too, within all limits together."""
    deadline, total = time.monotonic() + MAX_ZIP_S, 0
    for count, entry in enumerate(_all_entries(stream, folder)):
        total += len(entry.data or b"")
        if count >= MAX_MEMBERS or total > MAX_ZIP_BYTES or time.monotonic() > deadline:
            yield Entry("", None, BEYOND)
            return
        yield entry


def _all_entries(stream: BinaryIO, folder: Path) -> Iterator[Entry]:
    for name, size in framed(stream):
        path = PurePosixPath(name.replace("\\", "/"))
        if path.suffix.lower() == ".zip":
            yield from _zipped(stream, size, folder / "upload.zip")
        elif path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            yield Entry("", None, "not an image")
        elif size > MAX_BYTES:
            yield Entry("", None, "over 10 MB")
        else:
            data = stream.read(size)
            if len(data) < size:
                raise DataError("the upload broke off; send it again")
            yield Entry(path.parts[-2] if len(path.parts) > 1 else "", data)


def _zipped(stream: BinaryIO, size: int, file: Path) -> Iterator[Entry]:
    """The members of a zip that stands in the stream; a zip needs a file of its own to seek in."""
    with file.open("wb") as copy:
        left = size
        while left and (part := stream.read(min(left, 2**20))):
            copy.write(part)
            left -= len(part)
    try:
        yield from zip_entries(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        yield Entry("", None, "a damaged zip")
    finally:
        file.unlink(missing_ok=True)


def _take_in(stream: BinaryIO, folder: Path, empty: OwnSet) -> OwnSet:
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    skipped: Counter[str] = Counter()
    kept, size, classes = 0, 0, set()
    for entry in _entries(stream, folder):
        try:
            if entry.data is None:
                raise DataError(entry.why)
            data = shrink_picture(entry.data, side=SIDE)
        except DataError as error:
            skipped[short_reason(str(error))] += 1
            continue
        place = pictures / (_clean(entry.folder, 40) or "")
        place.mkdir(exist_ok=True)
        (place / f"{kept:06d}.webp").write_bytes(data)
        classes.add(place.name if place != pictures else "")
        kept, size = kept + 1, size + len(data)
    if kept < MIN_IMAGES:
        why = ", ".join(f"{n} {reason}" for reason, n in skipped.most_common())
        raise DataError(
            f"a set needs {MIN_IMAGES} or more PNG, JPEG, WebP, BMP or GIF images, got {kept} that "
            f"can be read{f' ({why})' if why else ''}; choose others"
        )
    return replace(
        empty,
        count=kept,
        skipped=dict(skipped),
        classes=0 if "" in classes or len(classes) < 2 else len(classes),
        created_at=time.time(),
        bytes=size,
    )


def _column(file: Path, resolution: int, channels: int) -> Pixels:
    """(2 TILE + GAP, TILE, 4): the picture whole, the part outside the crop dimmed; the crop."""
    column = np.zeros((2 * TILE + GAP, TILE, 4), np.uint8)
    with Image.open(file, formats=["WEBP"]) as image:
        whole = image.convert("RGB")
    scale = TILE / max(whole.size)
    size = (max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))
    small = np.asarray(whole.resize(size, Image.Resampling.LANCZOS))
    side = min(size)
    left, top = (TILE - size[0]) // 2, (TILE - size[1]) // 2
    column[top : top + size[1], left : left + size[0], :3] = small
    column[top : top + size[1], left : left + size[0], 3] = round(255 * DIMMED)
    across, down = (TILE - side) // 2, (TILE - side) // 2
    column[down : down + side, across : across + side, 3] = 255
    crop = read_picture(file.read_bytes(), resolution=resolution, channels=channels)
    shown = Image.fromarray(np.broadcast_to(crop, (resolution, resolution, 3)).copy())
    column[TILE + GAP :, :, :3] = np.asarray(shown.resize((TILE, TILE), Image.Resampling.NEAREST))
    column[TILE + GAP :, :, 3] = 255
    return column
