"""Training images by a one-word spec: bundled sets, folders and zips, Hub datasets."""

from __future__ import annotations

import functools

from torch import Tensor

from gan.config import PLANE_SHAPE
from gan.data.batches import Batch, Batches
from gan.data.bundled import BUNDLED, fashion_test, load_bundled
from gan.data.drawn import load_letters, load_points
from gan.data.folder import check_folder, load_folder, survey_folder
from gan.data.hub import load_hub
from gan.data.identity import ImagesId, class_difference, compare, difference, identify
from gan.data.imageset import ImageSet, compared_shape, fit, some_points, split_held_out
from gan.data.plane import TRUTHS
from gan.data.provenance import Seen, Unseen, holds_out, record, seen_by, unseen_images, were_shown
from gan.data.stacked import stacked
from gan.data.stream import load_stream
from gan.data.taking import Taken
from gan.errors import DataError, suggest
from gan.files import expanded
from gan.presets import DataShape

__all__ = [
    "DATA_NAMES", "Batch", "Batches", "ImageSet", "ImagesId", "Seen", "Taken", "Unseen",
    "absolute_spec", "check_data", "check_spec", "class_difference", "compare", "compared_shape",
    "data_summary", "default_resolution", "difference", "fashion_test", "holds_out", "identify",
    "is_shared", "load_data", "points_behind", "record", "seen_by", "shape_of", "split_held_out",
    "survey_data", "unseen_images", "were_shown",
]  # fmt: skip

DATA_NAMES: tuple[str, ...] = tuple(BUNDLED)
KINDS = {
    "folder": "folder:PATH", "hub": "hub:owner/name", "stream": "stream:owner/name",
    "letter": "letter:A", "points": "points:FILE", "stacked": "stacked:hub:owner/name",
}  # fmt: skip
PATHS = ("folder", "points")
STACKED = "stacked"
STACKED_RESOLUTION = 28  # of MNIST
OWN_RESOLUTION, OWN_CHANNELS = 32, 3  # default for external images


def check_spec(spec: str) -> None:
    """Raises DataError unless `spec` is one of DATA_NAMES or names a source of KINDS."""
    kind, colon, rest = spec.partition(":")
    if not spec.isprintable():
        raise DataError("data must be printable text, got other characters; type it anew")
    inside, _, there = rest.partition(":")
    stackable = rest in BUNDLED or (inside in ("folder", "hub") and there)
    known = colon and kind in KINDS and rest and (kind != STACKED or stackable)
    if spec in BUNDLED or known:
        return
    raise DataError(
        "there is no data {spec}; {hint}",
        spec=repr(spec),
        hint=suggest(spec, [*BUNDLED, *KINDS.values(), "stacked:folder:PATH"]),
    )


def is_shared(spec: str) -> bool:
    """Whether it is the same everywhere and nobody's own: a bundled set, or letters."""
    return spec in BUNDLED or spec.startswith("letter:")


def absolute_spec(spec: str) -> str:
    """`spec` independent of the working directory; only paths need converting."""
    kind, _, rest = spec.partition(":")
    if kind == STACKED and rest.startswith("folder:"):
        return f"{kind}:{absolute_spec(rest)}"
    if kind not in PATHS or not rest:
        return spec
    whole = f"{kind}:{expanded(rest).absolute()}"
    return whole if whole.isprintable() else spec


def load_data(spec: str, *, resolution: int | None = None, channels: int | None = None) -> ImageSet:
    """The images that `spec` names, resized if `resolution` or `channels` are given.

    Raises DataError if they cannot be found or read.
    """
    check_spec(spec)
    kind, _, rest = spec.partition(":")
    if spec in BUNDLED:
        return fit(load_bundled(spec), resolution=resolution, channels=channels)
    if kind == "letter":
        return load_letters(rest)
    if kind == "points":
        return load_points(expanded(rest))
    if kind == STACKED:
        digits = load_data(rest, resolution=resolution or default_resolution(spec), channels=1)
        return fit(stacked(digits, name=spec), resolution=None, channels=channels)
    size, depth = resolution or OWN_RESOLUTION, channels or OWN_CHANNELS
    if kind == "folder":
        return load_folder(expanded(rest), resolution=size, channels=depth)
    load = load_stream if kind == "stream" else load_hub
    return load(rest, resolution=size, channels=depth)


def points_behind(spec: str, *, own: bool = False) -> Tensor | None:
    """The points (N, 2) that lie faintly below a picture of a point of `spec`; None where there are
    none.

    own: `spec` is what somebody here trained on, so that its file may be read; the config of a
    model from elsewhere may name any.
    """
    if spec in TRUTHS or spec.startswith("letter:"):
        return _points_of(spec)
    if not own or not spec.startswith("points:"):
        return None
    try:
        return _points_of(spec, expanded(spec.removeprefix("points:")).stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=16)
def _points_of(spec: str, changed_at: int = 0) -> Tensor | None:
    try:
        return some_points(load_data(spec))
    except DataError:
        return None


def check_data(spec: str) -> None:
    """Raises DataError if `spec` yields no images. Of a folder or zip at most two are decoded; a
    Hub dataset is downloaded, of a streamed one the first part."""
    check_spec(spec)
    kind, _, rest = spec.partition(":")
    if kind == "folder":
        check_folder(expanded(rest))
    elif spec not in BUNDLED:
        load_data(spec)


def survey_data(spec: str) -> Taken | None:
    """The contents of a folder or zip by file names alone; None for other data."""
    check_spec(spec)
    kind, _, rest = spec.partition(":")
    return survey_folder(expanded(rest)) if kind == "folder" else None


def default_resolution(spec: str) -> int:
    """The default resolution of `spec`, without loading anything."""
    kind, _, rest = spec.partition(":")
    if kind in ("letter", "points"):
        return PLANE_SHAPE[1]
    if kind == STACKED:
        return BUNDLED[rest].shape.resolution if rest in BUNDLED else STACKED_RESOLUTION
    return BUNDLED[spec].shape.resolution if spec in BUNDLED else OWN_RESOLUTION


def shape_of(spec: str) -> DataShape:
    """Resolution, channels and classes of `spec`; bundled sets need not be loaded."""
    check_spec(spec)
    return BUNDLED[spec].shape if spec in BUNDLED else load_data(spec).shape


def data_summary(name: str) -> str:
    """One line about a bundled set."""
    return BUNDLED[name].summary
