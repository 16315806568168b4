"""Class labels of pictures: one rule for folders, zips, uploads and the Hub, from paths alone.

1. Hidden and system files and folders are ignored.
2. With a `dataset.json` as written by StyleGAN's tools, its labels are the classes; folders, which
are shards there, are not.
3. Otherwise folders are the classes. A folder that is alone at its level, and folders named for
training and test sets only, are transparent: their contents count as one level up. The first level
with two folders or more gives the classes; deeper folders belong to their parent (as in
torchvision's ImageFolder). Pictures beside class folders form a class of their own, so that none is
lost.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Parts = tuple[str, ...]

TABLE = "dataset.json"
UNSORTED = "(no class)"  # pictures beside class folders, or without a label
MAX_CLASSES = 1000
MAX_NAME = 60  # characters of a class name for display
LISTED = 12  # classes listed in a sentence
SEPARATORS = re.compile(r"[/\\]+")
DRIVE = re.compile(r"[A-Za-z]:")
# Folders of file managers, network drives and notebooks; those with a leading dot need no list.
SYSTEM = frozenset({
    "__macosx", "__pycache__", "@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot",
    "$recycle.bin", "recycler", "system volume information", "lost+found", "thumbs.db",
    "desktop.ini", "icon\r",
})  # fmt: skip
SPLIT = re.compile(
    r"(train(ing)?|test(ing)?|val(id(ation)?)?|dev|eval(uation)?|hold-?out)"
    r"([-_ ]?(set|split|data|images?|imgs?))?[-_ ]?\d*",
    re.IGNORECASE,
)


class Classes(NamedTuple):
    """The classes of some pictures; if there are none, `note` may say why."""

    names: tuple[str, ...] = ()
    labels: tuple[int, ...] | None = None  # per picture, in the order of the paths
    note: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """Number of pictures by class name."""
        found = Counter(self.labels or ())
        return {name: found[i] for i, name in enumerate(self.names)}


def parts_of(path: str) -> Parts:
    """Components of a member's path: both separators, without drive, root, `.` and `..`."""
    pieces = SEPARATORS.split(path)
    if DRIVE.fullmatch(pieces[0]):
        pieces = pieces[1:]
    return tuple(p for p in pieces if p.strip("."))


def is_hidden(path: str) -> bool:
    """Whether a file is a hidden or system file, or lies in such a folder."""
    return any(p.startswith(".") or p.lower() in SYSTEM for p in parts_of(path))


def is_table(path: str) -> bool:
    """Whether a file is named like StyleGAN's label list."""
    return bool(parts := parts_of(path)) and parts[-1].lower() == TABLE


def classes_of(paths: Sequence[str], tables: Mapping[str, Any] | None = None) -> Classes:
    """The classes of the pictures at `paths`; `tables` holds each parsed dataset.json.

    No path may be hidden. Only paths matter: all readers of one tree give the same classes.
    """
    parts = [parts_of(path) for path in paths]
    listed = _listed(parts, tables or {})
    return _by_folder(parts) if listed is None else listed


# ---- folders ----------------------------------------------------------------------------------


def _by_folder(parts: Sequence[Parts]) -> Classes:
    at = [0] * len(parts)  # number of transparent levels
    while True:
        inside = [a < len(p) - 1 for p, a in zip(parts, at, strict=True)]
        folders = {p[a] for p, a, deep in zip(parts, at, inside, strict=True) if deep}
        if not (len(folders) == 1 or (folders and all(map(SPLIT.fullmatch, folders)))):
            break
        at = [a + deep for a, deep in zip(at, inside, strict=True)]
    keys = [p[a] if deep else None for p, a, deep in zip(parts, at, inside, strict=True)]
    return _numbered(keys, {name: name for name in folders})


def _numbered(keys: Sequence[Any], names: Mapping[Any, str]) -> Classes:
    """`keys` (None: unsorted) as labels, in the order of the keys, unsorted ones last."""
    if len(names) < 2:
        return Classes()
    order = sorted(names)
    unsorted = [UNSORTED] if None in keys else []
    if len(order) + len(unsorted) > MAX_CLASSES:
        return Classes(note=f"{len(order):,} folders or labels are no classes, 1,000 may be")
    numbers = {key: i for i, key in enumerate(order)} | {None: len(order)}
    shown = _shown([*(names[key] for key in order), *unsorted])
    return Classes(shown, tuple(numbers[key] for key in keys))


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    """Printable, storable and unique names, even if they collide when shortened."""
    found: dict[str, None] = {}
    for name in names:
        text = printable(name)
        base = text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"
        text, again = base, 1
        while text in found:
            again += 1
            text = f"{base} ({again})"
        found[text] = None
    return tuple(found)


def printable(text: str) -> str:
    """`text` with unprintable characters (control, direction, undecodable bytes) escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


# ---- dataset.json -----------------------------------------------------------------------------


def read_table(data: bytes) -> Any:
    """A dataset.json as parsed, None if it is not JSON."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _listed(parts: Sequence[Parts], tables: Mapping[str, Any]) -> Classes | None:
    """The classes from dataset.json; None if there is none that lists these pictures."""
    known: dict[Parts, int] = {}
    names: list[str] = []
    empty = False
    for path, table in tables.items():
        if not isinstance(table, dict) or "labels" not in table:
            continue
        rows = _rows(table["labels"])
        empty = empty or rows is None
        above = parts_of(path)[:-1]
        known |= {above + parts_of(name): number for name, number in (rows or {}).items()}
        names = names or _names(table.get("class_names"))
    found = [known.get(p) for p in parts]
    if any(number is not None for number in found):
        numbers = {n for n in found if n is not None}
        return _numbered(found, {n: names[n] if n < len(names) else str(n) for n in numbers})
    return Classes(note=f"{TABLE} has no classes") if empty else None


def _rows(labels: Any) -> dict[str, int] | None:
    """{name: class number}; None if there are none, or labels that are not single numbers."""
    rows = labels.items() if isinstance(labels, dict) else labels
    try:
        found = {name: number for name, number in rows}
    except (TypeError, ValueError):
        return None
    whole = all(
        isinstance(name, str) and type(number) is int and number >= 0
        for name, number in found.items()
    )
    return found if whole and found else None


def _names(names: Any) -> list[str]:
    """Our own key `class_names`: names for the class numbers."""
    fine = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if fine else []


# ---- summary text -----------------------------------------------------------------------------


def classes_text(classes: Classes) -> str:
    """The classes with counts, the first dozen by name. Empty if there are no classes and no reason
    to give."""
    if not classes.names:
        return classes.note
    counts = list(classes.counts.items())
    text = ", ".join(f"{name} {count:,}" for name, count in counts[:LISTED])
    more = f" and {len(counts) - LISTED:,} more" if len(counts) > LISTED else ""
    return f"{len(counts):,} classes: {text}{more}"
