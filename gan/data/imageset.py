"""A set of images in memory: uint8, one size, optionally with labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan.images import INK_OF_REAL, LUMA, dots, plane_of
from gan.presets import DataShape

COMPARED_PX = 64
AT_ONCE = 1024  # pictures converted as floats
BEHIND = 400  # points of the plane that lie faintly below the dot of a picture of one
HELD_OUT_FRACTION = 0.05
HELD_OUT_MOST = 1000
HELD_OUT_SEED = 20_260_101  # independent of the run's seed: the same images are always held out


@dataclass(frozen=True)
class Truth:
    """A distribution of the plane that is known: Gaussian noise around its centres.

    The centres are its modes if they are `counted`, else points along a curve.
    """

    centres: Tensor  # (M, 2)
    sigma: float
    counted: bool = False


@dataclass(frozen=True)
class Stack:
    """What the channels of a picture of stacked digits are told by: examples of each class."""

    examples: Tensor  # (M, H, W) uint8
    labels: Tensor  # (M,) int64


Place = tuple[int, int]  # in a stream: a file in its order, and an image of that file
START: Place = (0, 0)


class Part(NamedTuple):
    """A part of a stream."""

    images: ImageSet
    place: Place  # where it begins: at START where nothing is left at the one asked for
    after: Place  # of the next part; START behind the last


class Stream(Protocol):
    """A set that comes in parts; each fits in memory."""

    def at(self, place: Place) -> Part:
        """The part at `place`; waits for it. Raises DataError."""
        ...

    def prepare(self, place: Place) -> None:
        """Begin to fetch it."""
        ...


@dataclass(frozen=True)
class ImageSet:
    """Images of one size with their metadata."""

    name: str
    pixels: Tensor  # (N, C, H, W) uint8; of points in the plane (N, 2, 1, 1) float32 in [-1, 1]
    labels: Tensor | None = None  # (N,) int64
    class_names: tuple[str, ...] = ()
    report: str = ""  # one sentence on what was read and what was skipped
    # SHA-256 of the content, independent of resolution and channels; empty: unknown
    origin: str = ""
    truth: Truth | None = None  # of points whose distribution is known
    stack: Stack | None = None  # of stacked digits
    stream: Stream | None = None  # where these are its first part

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> DataShape:
        """What a model needs to know to be trained on these images."""
        _, channels, height, _ = self.pixels.shape
        return DataShape(height, channels, self.class_names)

    def subset(self, index: Tensor) -> ImageSet:
        """The images at `index` (M,) int64."""
        labels = None if self.labels is None else self.labels[index]
        return replace(self, pixels=self.pixels[index], labels=labels, origin="")


def compared_shape(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """(resolution, channels) of the real images for comparison with pictures (C, H, W).

    The feature networks use 32 px or less and no transparency: more would only cost memory.
    """
    channels, height, _ = image_shape
    return min(height, COMPARED_PX), min(channels, 3)


def fit(
    images: ImageSet,
    *,
    resolution: int | None,
    channels: int | None,
    ink: tuple[int, int, int] = INK_OF_REAL,
) -> ImageSet:
    """`images` at another size or number of channels; None leaves it unchanged.

    A point of the plane at another size is a picture of it: a dot of this ink above some of the
    other points.
    """
    x = images.pixels
    if x.is_floating_point():
        if resolution is None or resolution == 1:
            return images
        x = _dotted(x, resolution, behind=some_points(images), ink=ink)
    if channels is not None and channels != x.shape[1]:
        x = _to_channels(x, channels)
    if resolution is not None and resolution != x.shape[-1]:
        x = _resize(x, resolution)
    return replace(images, pixels=x)


def some_points(images: ImageSet) -> Tensor:
    """Some of a set's points (N, 2), evenly chosen: what is drawn by hand comes part by part."""
    points = images.pixels.flatten(1)
    return points[torch.linspace(0, len(points) - 1, min(BEHIND, len(points))).long()]


def _dotted(x: Tensor, resolution: int, *, behind: Tensor, ink: tuple[int, int, int]) -> Tensor:
    line, axes = plane_of(resolution, behind)
    parts = ((dots(b.flatten(1), line, axes, ink=ink) + 1) * 127.5 for b in x.split(AT_ONCE))
    return torch.cat([p.round().clamp(0, 255).to(torch.uint8) for p in parts])


def _to_channels(x: Tensor, channels: int) -> Tensor:
    if channels == 1:
        weights = torch.tensor(LUMA).view(1, 3, 1, 1)
        grey = ((b.float() * weights).sum(1, keepdim=True) for b in x.split(AT_ONCE))
        return torch.cat([b.to(torch.uint8) for b in grey])
    return x[:, :1].expand(-1, channels, -1, -1).contiguous()


def _resize(x: Tensor, resolution: int) -> Tensor:
    size = (resolution, resolution)
    parts = (  # a few at a time: as floats a set takes four times as much memory
        interpolate(b.float(), size=size, mode="bilinear", antialias=True).round().clamp(0, 255)
        for b in x.split(AT_ONCE)
    )
    return torch.cat([p.to(torch.uint8) for p in parts])


def split_held_out(images: ImageSet) -> tuple[ImageSet, ImageSet]:
    """(train, held out): 5 % of the images, 1,000 at most, are not trained on.

    D's scores of these distinguish learning from memorising. The split is the same for every run on
    these exact images. For a model that may have been trained on others, gan.data.provenance says
    what it has not seen.
    """
    order, count = _split_order(len(images))
    return images.subset(order[count:]), images.subset(order[:count])


def held_out_rows(total: int) -> Tensor:
    """The rows that `split_held_out` holds out of a set of `total` images."""
    order, count = _split_order(total)
    return order[:count]


def _split_order(total: int) -> tuple[Tensor, int]:
    count = min(int(total * HELD_OUT_FRACTION), HELD_OUT_MOST)
    return torch.randperm(total, generator=torch.Generator().manual_seed(HELD_OUT_SEED)), count
