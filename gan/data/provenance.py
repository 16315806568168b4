"""A model's training images, and so which images are known to be unseen by it.

The single source of truth. A set is identified by `ImageSet.origin`, never by its name or size: a
folder may have changed since, and a user's folder may be called `fashion`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from gan.config import RunConfig, SeenData
from gan.data.bundled import ORIGINS, TEST_ORIGIN, fashion_dir, fashion_test
from gan.data.imageset import ImageSet, held_out_rows
from gan.errors import DataError

# Origin of unseen images: the held-out part of the model's own set, or the test split of
# Fashion-MNIST. Otherwise why there are none: "unknown" training data, or "other-data" than the
# images that it is compared with; or that it is about "points" of the plane, which lie so densely
# that a good sample is near one by chance.
UnseenKind = Literal["own-split", "test-split", "other-data", "unknown", "points"]
FASHION_TRAIN = frozenset({ORIGINS["fashion"], ORIGINS["fashion-full"]})
Seen = tuple[SeenData, ...]  # all sets that a model was trained on; empty: unknown


@dataclass(frozen=True)
class Unseen:
    """Images that a model is known not to have been trained on."""

    kind: UnseenKind
    rows: Tensor  # (N,) bool: which of the compared images are unseen
    extra: ImageSet | None = None  # further unseen images, not among those

    @property
    def is_known(self) -> bool:
        """Whether there are any."""
        return self.kind in ("own-split", "test-split")


def seen_by(config: RunConfig) -> Seen:
    """The sets that a run has trained on so far, from its config.

    Configs from before 0.4.0 have only the data's name: that suffices for a bundled set, unless the
    run was forked from another one.
    """
    if config.seen:
        return config.seen
    origin = "" if config.parent else ORIGINS.get(config.data, "")
    return (SeenData(origin=origin),)


def record(config: RunConfig, images: ImageSet, *, before: RunConfig | None = None) -> RunConfig:
    """`config` with `images` added to the training sets of the run `before`."""
    seen = () if before is None else seen_by(before)
    count = len(images) if images.stream is None else 0  # nobody knows how many come
    this = SeenData(origin=images.origin, count=count)
    if this.origin not in {s.origin for s in seen}:
        seen = (*seen, this)
    return replace(config, seen=seen)


def holds_out(seen: Seen) -> bool:
    """Whether the held-out part of a training was never shown to its networks before.

    Not so after a fork to other images, or to a folder that has grown: every set is split anew.
    """
    return len(seen) <= 1


def were_shown(seen: Seen, origin: str) -> bool:
    """Whether a model is known to have been trained on a set, except its held-out part."""
    origins = {s.origin for s in seen} - {""}
    is_part = origin == ORIGINS["fashion"] and ORIGINS["fashion-full"] in origins
    return origin in origins or is_part


def unseen_images(seen: Seen, images: ImageSet) -> Unseen:
    """Images known to be unseen by a model with this history, to compare beside `images`."""
    none = torch.zeros(len(images), dtype=torch.bool)
    if images.pixels.is_floating_point():
        return Unseen("points", none)
    origins = {s.origin for s in seen}
    if not origins or "" in origins:
        return Unseen("unknown", none)
    if not were_shown(seen, images.origin):
        return Unseen("other-data", none)
    if origins <= FASHION_TRAIN and (test := _test_split()) is not None:
        return Unseen("test-split", none, test)
    if origins == {images.origin}:
        none[held_out_rows(len(images))] = True
        return Unseen("own-split", none)
    return Unseen("unknown", none)


def _test_split() -> ImageSet | None:
    """Fashion-MNIST's test images if they are on this machine; nothing is downloaded."""
    if fashion_dir() is None:
        return None
    try:
        test = fashion_test()
    except (DataError, OSError):
        return None  # the folder has only the train split
    return test if test.origin == TEST_ORIGIN else None
