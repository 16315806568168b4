"""Image datasets from the Hugging Face Hub, by id, through the library `datasets`."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from gan.data.classes import Classes, classes_of, is_hidden
from gan.data.folder import decode
from gan.data.hub_child import too_slow
from gan.data.imageset import ImageSet, Place
from gan.data.members import Member
from gan.data.taking import Candidates
from gan.errors import DataError
from gan.files import temporary_folder
from gan.hub_environment import environment
from gan.messages import Message

MAX_BYTES = 8 * 2**30  # of one dataset
LIMIT_S = 1800.0
CACHES = ("HF_DATASETS_CACHE", "HF_DATASETS_DOWNLOADED_DATASETS_PATH", "HF_DATASETS_OFFLINE")
_running: set[subprocess.Popen[bytes]] = set()
REPO_ID = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}")


def load_hub(repo: str, *, resolution: int, channels: int, split: str = "train") -> ImageSet:
    """The images of `owner/name[@revision]`, at most 100,000, with labels if it has any.

    A child downloads it, within MAX_BYTES and LIMIT_S, without a token. Raises DataError if it is
    unavailable, too large or too slow, or has no images.
    """
    name, revision = _checked(repo)
    table, _ = _fetch(name, revision, split)
    return images_of(name, table, resolution=resolution, channels=channels)


@contextmanager
def fetched_part(repo: str, place: Place, count: int) -> Iterator[tuple[Any, Place, Place]]:
    """At most `count` rows of `owner/name[@revision]`, where they begin, and where the next do.

    They begin at `place`, or at the first where there are none. Only their files, or parts of
    files, are downloaded, and gone with the context. Raises DataError as `load_hub`.
    """
    name, revision = _checked(repo)
    with temporary_folder("stream") as folder:
        part = {"place": place, "count": count, "file": str(Path(folder) / "part.arrow")}
        table, reply = _fetch(name, revision, "train", part=part)
        yield table, tuple(reply["place"]), tuple(reply["after"])


def _checked(repo: str) -> tuple[str, str | None]:
    """Name and revision."""
    name, _, revision = repo.partition("@")
    if not REPO_ID.fullmatch(name):
        raise DataError(
            "a dataset on the Hub is owner/name, got {got}; for example hub:mnist/mnist",
            got=repr(name),
        )
    return name, revision or None


def images_of(repo: str, table: Any, *, resolution: int, channels: int) -> ImageSet:
    """The images of a table, decoded within limits, with labels if it has any."""
    image_key, label_key, names = _columns(repo, table.features)
    folders = _folder_paths(table, image_key)
    rows = [row for row in range(len(table)) if not (folders and is_hidden(folders[row]))]
    left_out = Counter({"hidden or of the system": len(table) - len(rows)})
    labels_in = table[label_key] if names and not folders else []
    if labels_in and any(label in range(len(names)) for label in labels_in):
        known = [row for row in rows if labels_in[row] in range(len(names))]
        left_out["without a label"] = len(rows) - len(known)  # null, or -1
        rows = known
    elif labels_in:
        names = ()
    these = Candidates(_members(table, image_key, rows), {}, +left_out)
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


def _fetch(
    repo: str, revision: str | None, split: str, *, part: dict[str, Any] | None = None
) -> tuple[Any, dict[str, Any]]:
    """The table, its pictures undecoded, so that our own limits apply, and the child's reply."""
    task = {
        "repo": repo,
        "revision": revision,
        "split": split,
        "most_bytes": MAX_BYTES,
        "part": part,
    }
    reply = _ask(task, limit_s=LIMIT_S)
    if "error" in reply:
        raise DataError.of(Message.from_json(reply["error"]))
    from datasets import Dataset, concatenate_datasets  # noqa: PLC0415 - two seconds to import
    from datasets import Image as ImageFeature  # noqa: PLC0415

    table = concatenate_datasets([Dataset.from_file(file) for file in reply["files"]])
    table.info.builder_name = reply["builder"]
    for name, feature in table.features.items():
        if isinstance(feature, ImageFeature):
            table = table.cast_column(name, ImageFeature(decode=False))
    return table, reply


def _ask(task: dict[str, Any], *, limit_s: float) -> dict[str, Any]:
    """The reply of a child, killed after `limit_s` or by `end_downloads`; it gets no token."""
    repo = str(task["repo"])
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "gan.data.hub_child", json.dumps(task)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(*CACHES),
        start_new_session=True,
    )
    _running.add(child)
    try:
        said, _ = child.communicate(timeout=limit_s)
        found = json.loads(said)
        return found if isinstance(found, dict) else {}
    except subprocess.TimeoutExpired:
        raise too_slow(repo) from None
    except ValueError:
        raise DataError(
            "downloading the dataset {repo} ended without a word; try again, or use folder:PATH",
            repo=repo,
        ) from None
    finally:
        _running.discard(child)
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def end_downloads() -> None:
    """Kill what is still being downloaded: whoever waits for it is about to end."""
    for child in list(_running):
        child.kill()


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
