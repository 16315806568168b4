"""Reads members within limits: which are pictures, a random sample if there are too many, reasons
for skipping others, and each one's class."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gan.data.classes import Classes, classes_of, classes_text, is_hidden, is_table, read_table
from gan.data.limits import ReadLimits
from gan.data.members import READ_ERRORS, Member, MembersFound
from gan.data.pictures import SUFFIXES, kind_of
from gan.errors import DataError
from gan.messages import Message

HEAD_BYTES = 32
DRAW_SEED = 0  # a folder always gives the same pictures, also for a resumed training
# Camera raw formats; some open as a TIFF that contains only a thumbnail.
RAW = (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".heic", ".heif", ".jxl")
BEYOND = "beyond the limits of bytes or time"
FOREIGN = "of a format that is not read here"
# A phrase of the rejection message, and the reason under which it is counted.
REASONS = (
    ("scans", "a JPEG of too many scans"), ("progressive", "too many pixels"),
    ("million", "too many pixels"), ("20 times", "too long and thin"), ("may have", "too large"),
    ("of a processor to be decoded", "too slow to decode"), ("one upload may take", BEYOND),
    ("not read here", FOREIGN), ("cannot be read", "unreadable"),
)  # fmt: skip

Use = Callable[[bytes], None]  # raises DataError for what is no picture within the limits


@dataclass
class Taken:
    """The result: paths of the pictures read, in order, their classes, and what was skipped."""

    paths: list[str] = field(default_factory=list)
    classes: Classes = field(default_factory=Classes)
    skipped: Counter[str] = field(default_factory=Counter)
    drawn_of: int = 0  # the original number, if not all could be used
    origin: str = ""  # hash of the decoded files, as `ImageSet.origin`

    def text(self) -> str:
        """One sentence on what was read, what was skipped, and the classes."""
        text = f"{len(self.paths):,} images"
        if self.drawn_of:
            text += f", drawn at random from {self.drawn_of:,}"
        if self.skipped:
            text += f"; skipped {self.skipped.total():,}: {reasons_text(self.skipped)}"
        about = classes_text(self.classes)
        return f"{text}; {about}" if about else text


def reasons(skipped: Mapping[str, int]) -> list[Message]:
    """`3 unreadable`, `1 not an image`, most frequent first; a list for a message."""
    counted = Counter(skipped).most_common()
    return [Message(f"{{count}} {why}", count=count) for why, count in counted]


def reasons_text(skipped: Mapping[str, int]) -> str:
    """The reasons in one line, for a terminal."""
    return ", ".join(map(str, reasons(skipped)))


def reason_of(sentence: str) -> str:
    """Why a picture was skipped, without its own numbers, so that equal reasons are counted
    together."""
    return next((reason for phrase, reason in REASONS if phrase in sentence), sentence)


@dataclass
class Candidates:
    """Candidate pictures, and the contents of dataset.json files beside them."""

    members: list[Member]
    tables: dict[str, Any]
    skipped: Counter[str]

    def draw(self, most: int) -> list[int]:
        """The members to read: all, or a random sample of the maximum number."""
        count = len(self.members)
        if count <= most:
            return list(range(count))
        return random.Random(DRAW_SEED).sample(range(count), most)


def candidates(found: MembersFound, *, limits: ReadLimits) -> Candidates:
    """Candidate pictures: by extension, else by their first bytes. Nothing is decoded."""
    chosen, tables, skipped = [], _Tables(limits.table_bytes), Counter(found.skipped)
    for member in found.members:
        path = member.path
        if is_hidden(path):
            skipped["hidden or of the system"] += _ending(path) in SUFFIXES
        elif is_table(path):
            tables.read(member)
        elif _ending(path) in RAW:
            skipped[FOREIGN] += 1
        elif _ending(path) in SUFFIXES or _is_picture(member):
            chosen.append(member)
        else:
            skipped["not an image"] += 1
    return Candidates(chosen, tables.found, +skipped)


def _ending(path: str) -> str:
    name = path.rpartition("/")[2].rpartition("\\")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _is_picture(member: Member) -> bool:
    try:
        return kind_of(member.read(HEAD_BYTES)) != ""
    except READ_ERRORS:
        return False


class _Tables:
    """Parsed dataset.json files by path; None for those damaged or too large together."""

    def __init__(self, left: int) -> None:
        self.found: dict[str, Any] = {}
        self._left = left  # bytes

    def read(self, member: Member) -> None:
        self.found[member.path] = None
        try:
            data = member.read(self._left + 1)
        except READ_ERRORS:
            return
        if len(data) <= self._left:
            self.found[member.path] = read_table(data)
        self._left = max(0, self._left - len(data))


def take(these: Candidates, use: Use, *, limits: ReadLimits, most: int | None = None) -> Taken:
    """Read pictures one by one, at most `most`, and pass each to `use`."""
    drawn = these.draw(limits.images if most is None else min(most, limits.images))
    few = len(drawn) < len(these.members)
    taken = Taken(skipped=Counter(these.skipped), drawn_of=len(these.members) if few else 0)
    if limits.seconds == float("inf"):
        drawn.sort()  # otherwise a time limit would always cut off the same end
    deadline, total = time.monotonic() + limits.seconds, 0
    for done, index in enumerate(drawn):
        if total > limits.total_bytes or time.monotonic() > deadline:
            taken.skipped[BEYOND] += len(drawn) - done
            break
        member = these.members[index]
        try:
            data = member.read(limits.file_bytes + 1)
        except READ_ERRORS:
            taken.skipped["damaged or encrypted"] += 1
            continue
        total += len(data)
        if (reason := _used(use, data)) is not None:
            taken.skipped[reason] += 1
            continue
        taken.paths.append(member.path)
    taken.classes = classes_of(taken.paths, these.tables)
    return taken


def _used(use: Use, data: bytes) -> str | None:
    """Why the picture cannot be used; None if it was."""
    try:
        use(data)
    except DataError as error:
        reason = reason_of(str(error))
        return "not an image" if reason == "unreadable" and not kind_of(data[:32]) else reason
    return None


def survey(these: Candidates, *, limits: ReadLimits, most: int | None = None) -> Taken:
    """The result of `take` if every candidate could be decoded; none is read."""
    most = limits.images if most is None else min(most, limits.images)
    paths = [these.members[i].path for i in sorted(these.draw(most))]
    few = len(paths) < len(these.members)
    return Taken(
        paths, classes_of(paths, these.tables), these.skipped, len(these.members) if few else 0
    )


def join(parts: Sequence[MembersFound]) -> MembersFound:
    """Concatenate several sources."""
    whole = MembersFound()
    for part in parts:
        whole.members += part.members
        whole.skipped += part.skipped
    return whole
