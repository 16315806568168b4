"""A folder or a zip of anyone's own images; where all are in subfolders, these are classes."""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import torch

from gan.data.imageset import ImageSet
from gan.data.pictures import MAX_BYTES, SUFFIXES, read_picture
from gan.errors import DataError
from gan.images import Pixels

MAX_FILES = 100_000
MAX_MEMBERS = 2000
MAX_MEMBER_BYTES = 20 * 2**20
MAX_ZIP_BYTES = 200 * 2**20
MAX_ZIP_S = 30.0
MIN_IMAGES = 2
MAX_CLASSES = 1000
SYMLINK = 0o120000


class Entry(NamedTuple):
    """One file: the name of its folder, and its bytes or why it is skipped."""

    folder: str
    data: bytes | None
    why: str = ""


def load_folder(path: Path, *, resolution: int, channels: int) -> ImageSet:
    """The images of a folder or zip, at one size; `report` says what was skipped and why.

    Raises DataError where there are fewer than two images.
    """
    try:
        if not path.exists():
            raise DataError(
                f"there is no folder or zip {str(path)!r}; check the path after folder:"
            )
        pixels, folders, skipped, origin = _read(path, resolution, channels)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            f"{path.name[:80]!r} must be a readable folder or zip, it cannot be read ({reason}); "
            f"check its name and rights"
        ) from error
    if len(pixels) < MIN_IMAGES:
        found = f"{len(pixels)} readable of {len(pixels) + skipped.total()} files"
        raise DataError(
            f"{path.name} must hold at least {MIN_IMAGES} PNG, JPEG, WebP, BMP or GIF images, got "
            f"{found}{_why(skipped)}; choose another folder"
        )
    labels, names = _classes(folders)
    stacked = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    report = _report(len(pixels), skipped, names)
    return ImageSet(path.name, stacked, labels, names, report, origin)


class _Read(NamedTuple):
    """What a folder or zip holds."""

    pixels: list[Pixels]
    folders: list[str]
    skipped: Counter[str]
    origin: str


def _read(path: Path, resolution: int, channels: int) -> _Read:
    digest = hashlib.sha256()  # of files, not of pixels: the same for every size they are read at
    pixels: list[Pixels] = []
    folders: list[str] = []
    skipped: Counter[str] = Counter()
    for entry in _entries(path):
        try:
            if entry.data is None:
                raise DataError(entry.why)
            pixels.append(read_picture(entry.data, resolution=resolution, channels=channels))
            folders.append(entry.folder)
            digest.update(hashlib.sha256(entry.data).digest())
        except DataError as error:
            skipped[short_reason(str(error))] += 1
    return _Read(pixels, folders, skipped, digest.hexdigest())


def _entries(path: Path) -> Iterator[Entry]:
    if path.is_dir():
        return _folder_entries(path)
    if zipfile.is_zipfile(path):
        return zip_entries(path)
    raise DataError(f"{path.name} must be a folder or a zip of images, got another file; pack it")


def _folder_entries(root: Path) -> Iterator[Entry]:
    files = (p for p in sorted(root.rglob("*")) if p.suffix.lower() in SUFFIXES and p.is_file())
    for count, file in enumerate(files):
        if count == MAX_FILES:
            raise DataError(f"a folder may hold {MAX_FILES:,} images, this one has more; split it")
        inside = file.relative_to(root).parts
        folder = inside[0] if len(inside) > 1 else ""
        if file.stat().st_size > MAX_BYTES:
            yield Entry(folder, None, "over 10 MB")
        else:
            yield Entry(folder, file.read_bytes())


def zip_entries(path: Path) -> Iterator[Entry]:
    """Members one by one, never unpacked to disk; sizes are counted while reading, not believed."""
    deadline, total = time.monotonic() + MAX_ZIP_S, 0
    with zipfile.ZipFile(path) as archive:
        for count, info in enumerate(m for m in archive.infolist() if not m.is_dir()):
            if count == MAX_MEMBERS or total > MAX_ZIP_BYTES or time.monotonic() > deadline:
                yield Entry("", None, "beyond the limits of a zip (2,000 files, 200 MB, 30 s)")
                return
            entry = _member(archive, info)
            total += len(entry.data or b"")
            yield entry


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = PurePosixPath(info.filename)
    parts = name.parts
    folder = parts[-2] if len(parts) > 1 else ""
    if (info.external_attr >> 16) & 0o170000 == SYMLINK:
        return Entry(folder, None, "a symbolic link")
    if name.suffix.lower() not in SUFFIXES or name.name.startswith(".") or "__MACOSX" in parts:
        return Entry(folder, None, "not an image")
    try:
        with archive.open(info) as member:
            data = member.read(MAX_MEMBER_BYTES + 1)
    except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return Entry(folder, None, "damaged or encrypted")
    return (
        Entry(folder, None, "over 20 MB") if len(data) > MAX_MEMBER_BYTES else Entry(folder, data)
    )


def _classes(folders: list[str]) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    names = tuple(sorted(set(folders)))
    if "" in names or not 2 <= len(names) <= MAX_CLASSES:
        return None, ()
    return torch.tensor([names.index(f) for f in folders]), names


def short_reason(why: str) -> str:
    """The reason without the numbers of one file, so that equal reasons count together."""
    for key, text in (("cannot be read", "unreadable"), ("million", "over 16 million pixels"),
                      ("10 MB", "over 10 MB"), ("20 times", "too long and thin")):  # fmt: skip
        if key in why:
            return text
    return why


def _why(skipped: Counter[str]) -> str:
    reasons = ", ".join(f"{count} {why}" for why, count in skipped.most_common())
    return f" ({reasons})" if reasons else ""


def _report(read: int, skipped: Counter[str], names: tuple[str, ...]) -> str:
    total = read + skipped.total()
    text = f"{read:,} of {total:,} images" if skipped else f"{read:,} images"
    if skipped:
        text += f"; skipped {skipped.total():,}:{_why(skipped)}"
    return text + (f"; {len(names)} classes from subfolders" if names else "")
