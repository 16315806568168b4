"""User-uploaded image sets: read within limits, stored small, cropped only when used.

<root>/<id>/set.json  classes.json  pictures/<number>.webp  pictures/dataset.json

dataset.json has the classes, as written by StyleGAN's tools and read by `gan.data.classes`: a class
name never becomes a file name.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from gan.config import RESOLUTIONS
from gan.data.classes import TABLE, UNSORTED, Classes, is_hidden, parts_of
from gan.data.folder import MIN_IMAGES
from gan.data.limits import LOCAL, ReadLimits, format_names
from gan.data.members import READ_ERRORS, FileBudget, Member, MembersFound, Window, zip_members
from gan.data.pictures import read_picture, shrink_picture
from gan.data.taking import Taken, candidates, join, reasons, take
from gan.errors import DataError, GanError
from gan.files import read_json, write_atomic, write_json
from gan.images import Pixels
from gan.messages import in_brackets

SIDE = 128  # px of the shorter side as stored: the largest resolution
SET_FILE, CLASSES_FILE = "set.json", "classes.json"
MAX_CLASSES_BYTES = 2**20
ID = re.compile(r"[0-9a-f]{12}")
NAME_LENGTH = struct.Struct("<H")
FILE_LENGTH = struct.Struct("<I")
LEFT_OUT = 2**32 - 1  # instead of a length: the page did not send a file that is too large
MAX_FILE_NAME = 4096
SHOWN = 6  # pictures per preview
TILE = 96  # px of a preview's pictures
GAP = 8
ABORTED_S = 86_400.0  # no upload takes so long
DIMMED = 0.3


@dataclass(frozen=True)
class OwnSet:
    """A stored set and its settings."""

    id: str
    name: str
    count: int
    skipped: dict[str, int]  # reason -> files
    classes: int = 0
    drawn_of: int = 0  # the original number, if not all could be used
    created_at: float = 0.0
    bytes: int = 0
    resolution: int = 32
    channels: int = 3
    flip: bool = True


class OwnSets:
    """The sets below one folder. Ids are matched against existing ones, never joined to a path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def listed(self) -> list[OwnSet]:
        """Newest first; damaged ones are skipped."""
        folders = (p for p in self.root.glob("*") if ID.fullmatch(p.name) and not p.is_symlink())
        found = [s for s in map(_read_set, folders) if s is not None]
        return sorted(found, key=lambda s: s.created_at, reverse=True)

    def get(self, set_id: str) -> OwnSet:
        """One set; raises DataError for an unknown id."""
        for found in self.listed():
            if found.id == set_id:
                return found
        raise DataError("this set of images is not there any more; choose or upload another")

    def folder(self, set_id: str) -> Path:
        """The folder of its pictures."""
        return (self.root / self.get(set_id).id / "pictures").absolute()

    def classes(self, set_id: str) -> dict[str, int]:
        """The classes of a set with their counts; empty if it has none."""
        file = self.root / self.get(set_id).id / CLASSES_FILE
        try:
            if file.stat().st_size > MAX_CLASSES_BYTES:
                return {}
            rows = json.loads(file.read_text("utf-8"))
            return {str(name): int(count) for name, count in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}

    def add(
        self,
        stream: BinaryIO,
        name: str,
        *,
        limits: ReadLimits = LOCAL,
        shrink: Callable[[bytes], bytes] | None = None,
    ) -> OwnSet:
        """Import files as read by `framed`: pictures, and zips of pictures.

        shrink: `shrink_picture` to SIDE and within the limits, if not here.
        Raises DataError with the reasons if fewer than two are usable; then nothing is stored.
        """
        self._sweep(time.time() - ABORTED_S)
        set_id = secrets.token_hex(6)
        folder = self.root / f".{set_id}.tmp"
        try:
            empty = replace(_EMPTY, id=set_id, name=_clean(name, 60))
            found = _take_in(stream, folder, empty, limits, shrink)
            write_json(folder / SET_FILE, asdict(found))
            folder.rename(self.root / set_id)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return found

    def change(self, set_id: str, *, resolution: int, channels: int, flip: bool) -> OwnSet:
        """Change its settings; raises DataError for an invalid size or number of channels."""
        if resolution not in RESOLUTIONS or channels not in (1, 3):
            raise DataError(
                "size must be a multiple of 4 from {low} to {high} and channels "
                "1 or 3; choose again",
                low=RESOLUTIONS[0],
                high=RESOLUTIONS[-1],
            )
        changed = replace(self.get(set_id), resolution=resolution, channels=channels, flip=flip)
        write_json(self.root / set_id / SET_FILE, asdict(changed))
        return changed

    def remove(self, set_id: str) -> None:
        """Delete a set and its pictures."""
        shutil.rmtree(self.root / self.get(set_id).id, ignore_errors=True)

    def remove_old(self, *, older_than_s: float, now: float | None = None) -> list[str]:
        """Delete older sets, and leftovers of aborted uploads; returns the ids."""
        late = (time.time() if now is None else now) - older_than_s
        old = [s.id for s in self.listed() if s.created_at < late]
        for set_id in old:
            self.remove(set_id)
        self._sweep(late)
        return old

    def _sweep(self, late: float) -> None:
        """Delete what uploads before `late` left whose server ended meanwhile."""
        for left in self.root.glob(".*.tmp"):
            with suppress(OSError):
                if left.stat().st_mtime < late:
                    shutil.rmtree(left, ignore_errors=True)

    def preview(self, set_id: str, *, resolution: int, channels: int) -> Pixels:
        """(H, W, 4): a few pictures with the cropped-off part dimmed, and below the training
        images."""
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
    sizes = found.resolution in RESOLUTIONS and found.channels in (1, 3)
    return found if sizes and found.id == folder.name else None


def _typed(key: str, value: Any) -> Any:
    kind = {"skipped": dict, "name": str, "id": str, "flip": bool, "created_at": float}.get(
        key, int
    )
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(key)
    return value


def _clean(text: str, most: int) -> str:
    """Sanitised text for display and folder names: letters, digits, space, dot and dash."""
    return re.sub(r"[^\w .-]+", "_", text).strip(" .")[:most].strip(" .")


def framed(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """Yields (name, size) of the files in a stream, positioned at the file's first byte.

    A file is its name's length (uint16, little-endian), the name in UTF-8, its length (uint32) and
    its bytes; a length of LEFT_OUT means that there are none. Raises DataError for anything else.
    """
    end = stream.seek(0, 2)
    stream.seek(0)
    while head := stream.read(NAME_LENGTH.size):
        try:
            (length,) = NAME_LENGTH.unpack(head)
            name = stream.read(min(length, MAX_FILE_NAME)).decode("utf-8", "replace")
            stream.seek(max(0, length - MAX_FILE_NAME), 1)
            (size,) = FILE_LENGTH.unpack(stream.read(FILE_LENGTH.size))
        except struct.error as error:
            raise DataError("the upload broke off; send it again") from error
        begin = stream.tell()
        if size != LEFT_OUT and begin + size > end:
            raise DataError("the upload broke off; send it again")
        yield name, size
        stream.seek(begin + (0 if size == LEFT_OUT else size))


def _found(stream: BinaryIO, limits: ReadLimits, opened: ExitStack) -> MembersFound:
    """Every file of an upload, including those in its zips; the zips stay open with `opened`.

    Raises DataError if there are more than `limits.members`, in all zips together.
    """
    loose, parts = MembersFound(), []
    budget = FileBudget(limits.members)
    for name, size in framed(stream):
        budget.spend(1)
        window = Window(stream, stream.tell(), size)
        if size == LEFT_OUT:
            loose.skipped["too large"] += 1
        elif PurePosixPath(name).suffix.lower() != ".zip" or is_hidden(name):
            loose.members.append(Member(name, _reader(window)))
        else:
            try:
                zipped = opened.enter_context(zip_members(window, budget=budget))
            except READ_ERRORS:
                loose.skipped["a damaged zip"] += 1
            else:
                parts.append(_placed(zipped, name))
    return join([loose, *parts])


def _reader(window: Window) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        window.seek(0)
        return window.read(most)

    return read


def _placed(zipped: MembersFound, name: str) -> MembersFound:
    """A zip without folders counts as a folder of its own name: cats.zip beside dogs.zip."""
    if any(len(parts_of(m.path)) > 1 for m in zipped.members if not is_hidden(m.path)):
        return zipped
    folder = (parts_of(name) or ("",))[-1][: -len(".zip")]
    return MembersFound(
        [m._replace(path=f"{folder}/{m.path}") for m in zipped.members], zipped.skipped
    )


def _take_in(
    stream: BinaryIO,
    folder: Path,
    empty: OwnSet,
    limits: ReadLimits,
    shrink: Callable[[bytes], bytes] | None,
) -> OwnSet:
    shrink = shrink or partial(shrink_picture, side=SIDE, limits=limits)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    kept = size = 0

    def use(data: bytes) -> None:
        nonlocal kept, size
        small = shrink(data)
        (pictures / _file_name(kept)).write_bytes(small)
        kept, size = kept + 1, size + len(small)

    with ExitStack() as opened:
        taken = take(candidates(_found(stream, limits, opened), limits=limits), use, limits=limits)
    if kept < MIN_IMAGES:
        raise _too_few(kept, taken, limits)
    if taken.classes.names:
        _write_classes(folder, taken.classes)
    return replace(
        empty,
        count=kept,
        skipped=dict(taken.skipped),
        classes=len(taken.classes.names),
        drawn_of=taken.drawn_of,
        created_at=time.time(),
        bytes=size,
    )


def _too_few(kept: int, taken: Taken, limits: ReadLimits) -> DataError:
    return DataError(
        "a set needs {min_images} or more {formats} images, got {got} that can be read{why}; "
        "choose others",
        min_images=MIN_IMAGES,
        formats=format_names(limits.formats),
        got=kept,
        why=in_brackets(reasons(taken.skipped)),
    )


def _file_name(number: int) -> str:
    return f"{number:06d}.webp"


def _write_classes(folder: Path, classes: Classes) -> None:
    """Store each picture's class, and the class counts. Unlabelled pictures stay unlabelled."""
    labels = [
        [_file_name(i), number]
        for i, number in enumerate(classes.labels or ())
        if classes.names[number] != UNSORTED
    ]
    names = [name for name in classes.names if name != UNSORTED]
    table = json.dumps({"labels": labels, "class_names": names}, ensure_ascii=False)
    write_atomic(folder / "pictures" / TABLE, table.encode())
    counts = json.dumps(classes.counts, ensure_ascii=False)
    write_atomic(folder / CLASSES_FILE, counts.encode())


def _column(file: Path, resolution: int, channels: int) -> Pixels:
    """(2 TILE + GAP, TILE, 4): the whole picture with the part outside the crop dimmed; the
    crop."""
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
