"""Fingerprint of a set of images: stored with a run, so that a resume can verify its data.

Bytes are compared first. If they differ, coarse means decide: another decoder version may change
the same photo's last bits, but never its brightness.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan.config import MAX_NAMES_BYTES, names_bytes
from gan.data.imageset import ImageSet
from gan.messages import Message, literal

MOST_BYTES = 64 * 2**20  # hashed: a tenth of a second
MOST_LOOKED_AT = 1024  # images whose brightness is stored
QUARTERS = 2  # an image is reduced to this many cells per side for that
TOLERANCE = 3  # tolerated difference in grey levels between two decoders' means
MOST_NAMED = 3  # classes per sentence

Sameness = Literal["same", "alike", "other"]


@dataclass(frozen=True, kw_only=True)
class ImagesId:
    """The content of a run's `images.json`."""

    count: int
    resolution: int
    channels: int
    class_names: tuple[str, ...] = ()  # empty if they are too long for a small file
    digest: str = ""  # of pixels and labels
    means: str = ""  # base64 of (N, 2, 2) uint8: brightness of evenly spaced images


def identify(images: ImageSet) -> ImagesId:
    """The fingerprint of `images`, from a bounded sample of them."""
    count, channels, resolution, _ = images.pixels.shape
    each = max(1, images.pixels[0].numel())
    names = images.class_names
    digest = hashlib.blake2b(digest_size=16)
    digest.update(images.pixels[_spread(count, MOST_BYTES // each)].contiguous().numpy().data)
    if images.labels is not None:
        digest.update(images.labels.contiguous().numpy().data)
    some = images.pixels[_spread(count, MOST_LOOKED_AT)].float()
    means = adaptive_avg_pool2d(some, QUARTERS).mean(1).round().to(torch.uint8)
    return ImagesId(
        count=count,
        resolution=resolution,
        channels=channels,
        class_names=names if names_bytes(names) <= MAX_NAMES_BYTES else (),
        digest=digest.hexdigest(),
        means=base64.b64encode(means.contiguous().numpy().tobytes()).decode(),
    )


def compare(before: ImagesId, now: ImagesId) -> Sameness:
    """Whether the content is the same; sizes and classes must already be equal."""
    if before.digest == now.digest:
        return "same"
    old, new = base64.b64decode(before.means), base64.b64decode(now.means)
    near = len(old) == len(new) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(old, new, strict=True)
    )
    return "alike" if near else "other"


def difference(before: ImagesId, now: ImagesId) -> Message:
    """What differs, in a few words for a sentence; empty if nothing does."""
    if (before.resolution, before.channels) != (now.resolution, now.channels):
        return Message("their size was {before}, is {now}", before=_size(before), now=_size(now))
    if classes := class_difference(before.class_names, now.class_names):
        return classes
    if before.count != now.count:
        counts = {"before": f"{before.count:,}", "now": f"{now.count:,}"}
        return Message("there were {before}, there are {now}", **counts)
    return Message("as many, but other pictures" if compare(before, now) == "other" else "")


def class_difference(before: tuple[str, ...], now: tuple[str, ...]) -> Message:
    """How the classes differ, in a few words; empty if they do not."""
    if before == now:
        return Message()
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before]
    parts = [Message("without {names}", names=_named(gone))] if gone else []
    parts += [Message("new {names}", names=_named(new))] if new else []
    return Message("the classes differ ({parts})", parts=parts or [Message("another order")])


def _named(names: list[str]) -> Message:
    rest = len(names) - MOST_NAMED
    shown = ", ".join(repr(name[:40]) for name in names[:MOST_NAMED])
    return (
        Message("{names} and {rest} more", names=shown, rest=rest) if rest > 0 else literal(shown)
    )


def _size(images: ImagesId) -> Message:
    return Message(
        "{resolution} px in {channels} channels",
        resolution=images.resolution,
        channels=images.channels,
    )


def _spread(count: int, most: int) -> Tensor:
    """At most `most` of `count` indices, evenly spaced."""
    return torch.arange(count) if count <= most else torch.arange(most) * count // most
