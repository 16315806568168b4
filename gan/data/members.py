"""Files of a folder, a zip or an upload as uniform members: a path, and a way to read it."""

from __future__ import annotations

import io
import lzma
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from gan.data.names import guess, is_likelier, readable
from gan.errors import DataError

COMPRESSED = "compressed in another way than deflate"
CENTRAL = b"PK\1\2"  # signature of a central directory entry
LOCAL, LOCAL_HEADER = b"PK\3\4", 30  # signature of a member, and its header's size
INDEX_ENTRY = 256  # bytes: 46, a path, dates; the whole index may have so many for each file
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UTF8_FLAG, OURS = 0x08, 0x80  # bit 11, in the second byte of the flags; a bit that is unused
READ_ERRORS = (
    OSError, RuntimeError, NotImplementedError, ValueError, EOFError, zipfile.BadZipFile,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


class Member(NamedTuple):
    """One file. `read(most)` returns its first bytes, or raises one of READ_ERRORS."""

    path: str  # decoded, relative to the folder or zip; may have either separator
    read: Callable[[int], bytes]


@dataclass
class MembersFound:
    """The members of a source, and counts of what was left out."""

    members: list[Member] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


class FileBudget:
    """How many files an upload may have, or a zip: loose ones and those that its zips list."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def spend(self, files: int) -> None:
        """Count so many more; raises DataError beyond the limit."""
        self.left -= files
        if self.left < 0:
            raise DataError(
                "there may be {most} files, those listed in zips included, and there are more; "
                "split them",
                most=f"{self.most:,}",
            )


# ---- a folder ---------------------------------------------------------------------------------


def folder_members(root: Path) -> MembersFound:
    """Every file below `root`, by path; linked folders once, after all others, so that a link never
    shadows its target."""
    found, files = MembersFound(), []
    seen: set[tuple[int, int]] = set()
    waiting = [(os.fspath(root), "")]
    links: list[tuple[str, str]] = []
    while waiting or links:
        here, inside = waiting.pop() if waiting else links.pop(0)
        try:
            there = os.stat(here)
            if (there.st_dev, there.st_ino) in seen:
                found.skipped["a folder that is linked again"] += 1
                continue
            seen.add((there.st_dev, there.st_ino))
            with os.scandir(here) as entries:
                listed = sorted(entries, key=lambda e: e.name)
        except OSError:
            found.skipped["a folder that cannot be read"] += 1
            if not inside:
                raise
            continue
        for entry in listed:
            path = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, f"{path}/"))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                links.append((entry.path, f"{path}/"))
            else:
                files.append((path, entry.path))
    files.sort()
    shown = _readable_paths([path for path, _ in files])
    found.members = [
        Member(path, _file_reader(file)) for path, (_, file) in zip(shown, files, strict=True)
    ]
    return found


def _readable_paths(paths: list[str]) -> list[str]:
    """Paths with those that are not UTF-8 guessed, together with those that are valid UTF-8 by
    chance: `è` is the Chinese for cat in GBK."""
    raw = {i: os.fsencode(path) for i, path in enumerate(paths) if not path.isascii()}
    foreign = [i for i in raw if not _is_text(paths[i])]
    if foreign:
        codec = guess(sorted({p for i in foreign for p in raw[i].split(b"/") if not p.isascii()}))
        foreign = [i for i in raw if not _is_text(paths[i]) or is_likelier(codec, raw[i])]
    guessed = readable([raw[i] for i in foreign])
    found = list(paths)
    for i, path in zip(foreign, guessed, strict=True):
        found[i] = path
    return found


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _file_reader(file: str) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        if not stat.S_ISREG(os.stat(file).st_mode):  # reading a pipe would block for ever
            raise OSError("not a file")
        with open(file, "rb") as stream:
            return stream.read(most)

    return read


# ---- a part of a file -------------------------------------------------------------------------


class Window(io.RawIOBase):
    """`size` bytes of a file from `begin` on, as a file object; several share the underlying
    file."""

    def __init__(self, stream: BinaryIO, begin: int, size: int) -> None:
        self.stream, self.begin, self.size, self.at = stream, begin, size, 0

    def read(self, size: int = -1) -> bytes:
        left = max(0, self.size - self.at)
        self.stream.seek(self.begin + self.at)
        data = self.stream.read(left if size is None or size < 0 else min(size, left))
        self.at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self.at, self.size)[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self.at = start + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


# ---- a zip ------------------------------------------------------------------------------------


class _NamesAsBytes(io.RawIOBase):
    """A zip with all UTF-8 flags cleared, so that each name is available as bytes.

    zipfile rejects a whole archive for one name that is flagged as UTF-8 but is not.
    """

    def __init__(self, stream: BinaryIO, budget: FileBudget) -> None:
        self.stream, self.budget, self.listing = stream, budget, True

    def read(self, size: int = -1) -> bytes:
        if self.listing and size > (most := max(2**20, self.budget.most * INDEX_ENTRY)):
            raise DataError(  # the end record states its size; zipfile would read it at once
                "a zip's list of files may have {most} MB, this one has {got}; split it",
                most=most // 2**20,
                got=size // 2**20,
            )
        data = self.stream.read(size)
        if size == LOCAL_HEADER and data.startswith(LOCAL):
            return data[:7] + bytes([data[7] & ~UTF8_FLAG]) + data[8:]
        if not (self.listing and data.startswith(CENTRAL)):
            return data
        self.budget.spend(data.count(CENTRAL))
        listing, at = bytearray(data), 0
        while at + 46 <= len(listing) and listing.startswith(CENTRAL, at):
            if listing[at + 9] & UTF8_FLAG:
                listing[at + 9] &= ~UTF8_FLAG
                listing[at + 8] |= OURS
            sizes = (int.from_bytes(listing[at + i : at + i + 2], "little") for i in (28, 30, 32))
            at += 46 + sum(sizes)
        return bytes(listing)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@contextmanager
def zip_members(stream: BinaryIO | io.RawIOBase, *, budget: FileBudget) -> Iterator[MembersFound]:
    """The members of a zip, within `budget`, never unpacked to disk.

    Raises zipfile.BadZipFile and others of READ_ERRORS if it is damaged, DataError if it lists too
    many, before anything is made of the list.
    """
    raw = _NamesAsBytes(cast(BinaryIO, stream), budget)
    with zipfile.ZipFile(cast(BinaryIO, raw)) as archive:
        raw.listing = False
        yield _listed(archive)


def _listed(archive: zipfile.ZipFile) -> MembersFound:
    found = MembersFound()
    infos = []
    for info in archive.infolist():
        if (info.external_attr >> 16) & 0o170000 == stat.S_IFLNK:
            found.skipped["a symbolic link"] += 1
        elif info.compress_type not in METHODS:
            # zipfile unpacks bzip2 and LZMA by 4 KB, whatever they expand to: gigabytes
            found.skipped[COMPRESSED] += 1
        elif not info.orig_filename.endswith(("/", "\\")):
            infos.append(info)
    paths = _zip_paths(infos)
    found.members = [
        Member(path, _zip_reader(archive, info)) for path, info in zip(paths, infos, strict=True)
    ]
    return found


def _zip_paths(infos: list[zipfile.ZipInfo]) -> list[str]:
    """Names flagged as UTF-8 are decoded as such if valid; the others are guessed."""
    raw = [info.orig_filename.encode("cp437") for info in infos]
    found: dict[int, str] = {}
    for i, (name, info) in enumerate(zip(raw, infos, strict=True)):
        if info.flag_bits & OURS:
            try:
                found[i] = name.decode("utf-8")
            except UnicodeDecodeError:
                continue
    rest = [i for i in range(len(raw)) if i not in found]
    found |= dict(zip(rest, readable([raw[i] for i in rest]), strict=True))
    return [found[i] for i in range(len(raw))]


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        with archive.open(info) as member:
            return member.read(most)

    return read
