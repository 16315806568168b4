"""Loads a user's folder or zip of images, with classes from `gan.data.classes`."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from gan.data.imageset import ImageSet
from gan.data.limits import LOCAL, format_names
from gan.data.members import READ_ERRORS, FileBudget, folder_members, zip_members
from gan.data.pictures import read_picture
from gan.data.taking import Candidates, Taken, candidates, reasons, survey, take
from gan.errors import DataError
from gan.messages import in_brackets

MIN_IMAGES = 2
MAX_SET_BYTES = 2 * 2**30  # of pixels in memory


def load_folder(path: Path, *, resolution: int, channels: int) -> ImageSet:
    """The images of a folder or zip, at one size; `report` says what was skipped, and the classes.

    If there are too many, a fixed random sample is drawn. Raises DataError for fewer than two
    images.
    """
    with _candidates(path) as these:
        pixels, taken = decode(these, resolution=resolution, channels=channels)
    _check_enough(path, taken.skipped, len(taken.paths))
    labels = None if taken.classes.labels is None else torch.tensor(taken.classes.labels)
    return ImageSet(path.name, pixels, labels, taken.classes.names, taken.text(), taken.origin)


def decode(these: Candidates, *, resolution: int, channels: int) -> tuple[torch.Tensor, Taken]:
    """Candidates as one tensor (N, C, H, W) uint8, and a summary."""
    shape = (channels, resolution, resolution)
    most = min(len(these.members), LOCAL.images, MAX_SET_BYTES // int(np.prod(shape)))
    pixels = np.empty((most, *shape), np.uint8)
    kept = 0
    digest = hashlib.sha256()  # of files, not of pixels: the same for every size they are read at

    def use(data: bytes) -> None:
        nonlocal kept
        picture = read_picture(data, resolution=resolution, channels=channels, limits=LOCAL)
        pixels[kept] = picture.transpose(2, 0, 1)
        kept += 1
        digest.update(hashlib.sha256(data).digest())

    taken = take(these, use, limits=LOCAL, most=most)
    taken.origin = digest.hexdigest()
    return torch.from_numpy(pixels[:kept]), taken


def survey_folder(path: Path) -> Taken:
    """Number of pictures and classes of a folder or zip, by file names. Nothing is decoded, so some
    may turn out to be unreadable. Raises DataError if it cannot be listed."""
    with _candidates(path) as these:
        return survey(these, limits=LOCAL)


def check_folder(path: Path) -> None:
    """Raises DataError unless two images of a folder or zip can be read; no more are read."""
    with _candidates(path) as these:
        good, skipped = 0, Counter(these.skipped)
        for member in these.members:
            one = take(
                Candidates([member], {}, Counter()),
                lambda data: void(read_picture(data, resolution=8, channels=1, limits=LOCAL)),
                limits=LOCAL,
            )
            good, skipped = good + len(one.paths), skipped + one.skipped
            if good == MIN_IMAGES:
                return
    _check_enough(path, skipped, good)


def void(_: object) -> None:
    """Discards its input; for code that is run for its errors."""


def _check_enough(path: Path, skipped: Counter[str], good: int) -> None:
    if good >= MIN_IMAGES:
        return
    raise DataError(
        "{name} must hold at least {min_images} {formats} images, got {got} readable of {total} "
        "files{why}; choose another folder",
        name=path.name,
        min_images=MIN_IMAGES,
        formats=format_names(LOCAL.formats),
        got=good,
        total=good + skipped.total(),
        why=in_brackets(reasons(skipped)),
    )


@contextmanager
def _candidates(path: Path) -> Iterator[Candidates]:
    """Candidate pictures in a folder or zip, which stays open for the context."""
    try:
        if not path.exists():
            raise DataError(
                "there is no folder or zip {path}; check the path after folder:",
                path=repr(str(path)),
            )
        if path.is_dir():
            yield candidates(folder_members(path), limits=LOCAL)
            return
        if not zipfile.is_zipfile(path):
            raise DataError(
                "{name} must be a folder or a zip of images, got another file; pack it",
                name=path.name,
            )
        budget = FileBudget(LOCAL.members)
        with path.open("rb") as stream, zip_members(stream, budget=budget) as found:
            yield candidates(found, limits=LOCAL)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            "{name} must be a readable folder or zip, it cannot be read ({reason}); check its "
            "name and rights",
            name=repr(path.name[:80]),
            reason=reason,
        ) from error
