"""Seeded, resumable batches."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.data.imageset import ImageSet
from gan.errors import DataError
from gan.images import normalise


class Batch(NamedTuple):
    """Real images and, if there are classes, their labels."""

    x: Tensor  # (N, C, H, W) float32 in [-1, 1]
    labels: Tensor | None  # (N,) int64


class Batches:
    """Endless batches: every epoch in a new order, drawn from (seed, epoch) alone.

    The last incomplete batch of an epoch is dropped; a set smaller than a batch is sampled with
    replacement. `state()` and `restore()` let a resumed training see the very same batches.
    """

    def __init__(self, images: ImageSet, batch_size: int, *, seed: int, flip: bool = False) -> None:
        if not len(images):
            raise DataError("a training needs images, got none; choose other data")
        self.images, self.batch_size, self.seed, self.flip = images, batch_size, seed, flip
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

    def state(self) -> dict[str, int]:
        """The position in the sequence."""
        return {"epoch": self.epoch, "position": self.position}

    def restore(self, state: dict[str, int]) -> None:
        """Restore `state`."""
        if state["epoch"] >= 0:
            self._shuffle(state["epoch"])
        self.position = state["position"]
