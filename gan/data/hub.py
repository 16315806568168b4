"""Image datasets from the Hugging Face Hub, by id, through the library `datasets`."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from gan.data.classes import Classes, classes_of, is_hidden
from gan.data.folder import decode
from gan.data.imageset import ImageSet
from gan.data.members import Member
from gan.data.taking import Candidates
from gan.errors import DataError, GanError
from gan.messages import Message

REPO_ID = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}")


def load_hub(repo: str, *, resolution: int, channels: int, split: str = "train") -> ImageSet:
    """The images of `owner/name[@revision]`, at most 100,000, with labels if it has any.

    No token is sent. Raises DataError if it is unavailable or has no images.
    """
    repo, _, revision = repo.partition("@")
    if not REPO_ID.fullmatch(repo):
        raise DataError(
            "a dataset on the Hub is owner/name, got {got}; for example hub:mnist/mnist",
            got=repr(repo),
        )
    table = _fetch(repo, revision or None, split)
    image_key, label_key, names = _columns(repo, table.features)
    folders = _folder_paths(table, image_key)
    rows = [row for row in range(len(table)) if not (folders and is_hidden(folders[row]))]
    hidden = Counter({"hidden or of the system": len(table) - len(rows)})
    these = Candidates(_members(table, image_key, rows), {}, +hidden)
    pixels, taken = decode(these, resolution=resolution, channels=channels)
    if len(pixels) < 2:
        raise DataError(
            "{repo} must hold at least 2 readable images, got {got}; choose another",
            repo=repo,
            got=len(pixels),
        )
    kept = [int(path) for path in taken.paths]
    taken.classes = classes_of([folders[row] for row in kept]) if folders else Classes()
    if names and not taken.classes.names:
        labels_of = table.select(kept)[label_key]
        taken.classes = Classes(names, tuple(int(number) for number in labels_of))
    labels = None if taken.classes.labels is None else torch.tensor(taken.classes.labels)
    return ImageSet(
        repo, pixels, labels, taken.classes.names, f"{taken.text()}, of {repo}", taken.origin
    )


def _fetch(repo: str, revision: str | None, split: str) -> Any:
    from datasets import Image as ImageFeature  # noqa: PLC0415 - two seconds to import
    from datasets import load_dataset  # noqa: PLC0415

    try:
        table = load_dataset(repo, split=split, revision=revision, token=False)
        for name, feature in table.features.items():
            if isinstance(feature, ImageFeature):  # undecoded, so that our own limits apply
                table = table.cast_column(name, ImageFeature(decode=False))
        return table
    except GanError:
        raise
    except Exception as error:  # the client raises dozens of types; the reason is in the text
        raise DataError(
            "the dataset {repo} could not be had from the Hub ({name}: {reason}); check its "
            "name and your connection, or use folder:PATH",
            repo=repo,
            name=type(error).__name__,
            reason=str(error).splitlines()[0][:160] if str(error) else Message("no reason given"),
        ) from error


def _columns(repo: str, features: Any) -> tuple[str, str, tuple[str, ...]]:
    from datasets import ClassLabel  # noqa: PLC0415
    from datasets import Image as ImageFeature  # noqa: PLC0415

    image = next((k for k, f in features.items() if isinstance(f, ImageFeature)), None)
    if image is None:
        raise DataError(
            "{repo} must have an image column, got {got}; choose another",
            repo=repo,
            got=", ".join(features),
        )
    label = next((k for k, f in features.items() if isinstance(f, ClassLabel)), "")
    names = tuple(features[label].names) if label else ()
    return image, label, names


def _members(table: Any, image_key: str, rows: list[int]) -> list[Member]:
    """Each row as a member whose path is the row number."""

    def reader(row: int) -> Callable[[int], bytes]:
        return lambda most: _bytes_of(table[row][image_key], most)

    return [Member(str(row), reader(row)) for row in rows]


def _folder_paths(table: Any, image_key: str) -> list[str]:
    """Relative image paths of an imagefolder dataset, below the common parent; empty for other
    datasets, which have a label column."""
    if table.info.builder_name != "imagefolder":
        return []
    paths = [_path_of(cell) for cell in table[:][image_key]]
    if not paths or not all(paths):
        return []
    top = os.path.commonpath(paths)
    return [os.path.relpath(path, top) for path in paths]


def _path_of(cell: Any) -> str:
    return str(cell.get("path") or "") if isinstance(cell, dict) else ""


def _bytes_of(cell: Any, most: int) -> bytes:
    if isinstance(cell, dict) and cell.get("bytes"):
        return bytes(cell["bytes"])
    if path := _path_of(cell):
        with open(path, "rb") as stream:
            return stream.read(most)
    if hasattr(cell, "save"):
        buffer = io.BytesIO()
        cell.save(buffer, "PNG")
        return buffer.getvalue()
    raise OSError("not an image")
