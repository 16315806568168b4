"""Seeded, resumable batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan.data.imageset import START, ImageSet, Part, split_held_out
from gan.errors import DataError
from gan.images import normalise
from gan.messages import Message


class Batch(NamedTuple):
    """Real images and, if there are classes, their labels."""

    x: Tensor  # (N, C, H, W) float32 in [-1, 1]
    labels: Tensor | None  # (N,) int64


class Batches:
    """Endless batches: every epoch in a new order, drawn from (seed, epoch) alone.

    The last incomplete batch of an epoch is dropped; a set smaller than a batch is sampled with
    replacement. `state()` and `restore()` let a resumed training see the very same batches.

    Of a stream an epoch is one part, after which the next part's begins. Where that one cannot be
    had, `trouble` says why, and the part is trained on once more.
    """

    def __init__(
        self,
        images: ImageSet,
        batch_size: int,
        *,
        seed: int,
        flip: bool = False,
        share: Callable[[ImageSet], ImageSet] = lambda images: images,
    ) -> None:
        """images: `share` of all; applied to further parts of a stream likewise."""
        if not len(images):
            raise DataError("a training needs images, got none; choose other data")
        self.images, self.batch_size, self.seed, self.flip = images, batch_size, seed, flip
        self.stream, self._share = images.stream, share
        self.place = START
        self._after = START if images.stream is None else images.stream.at(START).after
        self.trouble = Message()
        self.epoch, self.position = -1, 0
        self.order = torch.zeros(0, dtype=torch.int64)

    def _shuffle(self, epoch: int) -> None:
        generator = torch.Generator().manual_seed((self.seed << 20) + epoch)
        count = len(self.images)
        self.order = (
            torch.randperm(count, generator=generator)
            if count >= self.batch_size
            else torch.randint(count, (self.batch_size,), generator=generator)
        )
        self.mirror = torch.rand(len(self.order), generator=generator) < 0.5
        self.epoch = epoch

    def next(self) -> Batch:
        """The next batch, on the CPU."""
        if self.position + self.batch_size > len(self.order):
            self._next_part()
            self._shuffle(self.epoch + 1)
            self.position = 0
        here = slice(self.position, self.position + self.batch_size)
        index = self.order[here]
        self.position += self.batch_size
        x = normalise(self.images.pixels[index])
        if self.flip:
            x = torch.where(self.mirror[here].view(-1, 1, 1, 1), x.flip(3), x)
        labels = self.images.labels
        return Batch(x, None if labels is None else labels[index])

    def _next_part(self) -> None:
        if self.stream is None:
            return
        if self.epoch < 0:
            self.stream.prepare(self._after)
            return
        try:
            self._use(self.stream.at(self._after))
            self.trouble = Message()
        except DataError as error:
            self.trouble = error.message

    def _use(self, part: Part) -> None:
        assert self.stream is not None, "of a stream"
        # what is held out of the first part stays so each time that it comes
        images = split_held_out(part.images)[0] if part.place == START else part.images
        self.images = self._share(images)
        if not len(self.images):  # fewer images than processes
            self.images = images
        self.place, self._after = part.place, part.after
        self.stream.prepare(part.after)

    def state(self) -> dict[str, Any]:
        """The position in the sequence."""
        place = {"place": [*self.place]} if self.stream is not None else {}
        return {"epoch": self.epoch, "position": self.position} | place

    def restore(self, state: dict[str, Any]) -> None:
        """Restore `state`. Raises DataError if its part of a stream cannot be had."""
        place = tuple(state.get("place", START))
        if self.stream is not None and place != self.place:
            self._use(self.stream.at(place))
        if state["epoch"] >= 0:
            self._shuffle(state["epoch"])
        self.position = state["position"]
