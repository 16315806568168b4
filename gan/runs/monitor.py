"""Looks at the samples of a running training, between its steps, for a small share of its time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from gan.errors import GanError
from gan.metrics.checkup import Checkup
from gan.metrics.features import extract, features_for, load_features
from gan.models import Generator
from gan.sampling import render
from gan.training import Event, Finished, Trainer

HEAD_START_S = 0.25  # to begin with, so that a short run is measured at all
SHARE = 0.04  # of the seconds trained
LAST_SHARE = 1.1  # of the share itself, for a last look when the budget is spent
MAX_REALS = 512
COUNTS = (512, 256, 128)  # samples a look, the first that costs at most
MOST_S = 2.5
AT_ONCE_S = 0.1  # of looking between two events: commands and viewers wait no longer
PIECE = 64  # images
LOOKS = 200  # a run's rows grow with the logarithm of its length once it has about so many
SEED = 2**21  # of the noise looked at, the same at every look

OnRow = Callable[[dict[str, Any]], None]


class Monitor:
    """Measures `trainer`'s averaged generator as time allows; `on_row` gets each row.

    It has its own random numbers and its own copy of the generator, so that the training is bit for
    bit the one it would have been. Where there is nothing to measure with (no feature network, odd
    images) it falls silent.
    """

    def __init__(
        self,
        trainer: Trainer,
        on_row: OnRow,
        *,
        share: float = SHARE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.trainer, self.on_row, self.clock = trainer, on_row, clock
        self.share = share
        self.spent = 0.0  # seconds, none of them of training
        self._began = trainer.seconds
        self._next_at = 0.0
        self._cost = 0.0  # of one look
        self._measured_nimg = -1
        self._checkup: Checkup | None = None
        self._pieces: Iterator[None] | None = None
        self._silent = False

    def after(self, event: Event) -> None:
        """Do a piece of what is due, if anything is; call it after every event."""
        if self._silent:
            return
        begin = self.clock()
        try:
            if isinstance(event, Finished):
                self._finish()
            else:
                self._go_on(begin)
        except GanError:
            self._silent = True
        finally:
            self.spent += self.clock() - begin

    def _allowed(self) -> float:
        """Seconds that may have been spent by now."""
        return HEAD_START_S + self.share * (self.trainer.seconds - self._began)

    def _go_on(self, begin: float) -> None:
        while (used := self.clock() - begin) < AT_ONCE_S:
            if self._pieces is None:
                if not self._due(used):
                    return
                self._pieces = self._prepare() if self._checkup is None else self._look()
            if self._checkup is None and self.spent + used > self._allowed():
                return  # a look, once begun, goes on: it was saved for, and would grow stale
            self._take_piece()

    def _take_piece(self) -> None:
        pieces = self._pieces
        if pieces is not None and next(pieces, self) is self:
            self._pieces = None

    def _due(self, used: float = 0.0) -> bool:
        ahead = self.trainer.nimg > self._measured_nimg and self.trainer.last is not None
        affordable = self.spent + used + self._cost <= self._allowed()
        return ahead and affordable and self.trainer.seconds >= self._next_at

    def _finish(self) -> None:
        """End a look that has begun, or take a last one if the time allows."""
        if self._checkup is None:
            return
        self._next_at, self.share = 0.0, self.share * LAST_SHARE
        if self._pieces is None and self._due():
            self._pieces = self._look()
        while self._pieces is not None:
            self._take_piece()

    # -- what takes time, in pieces -----------------------------------------------------------

    def _prepare(self) -> Iterator[None]:
        """The real images' features, and how many samples a look can afford."""
        images, model = self.trainer.batches.images, self.trainer.config.model
        with torch.random.fork_rng(devices=[]):  # building a network draws its first weights
            net = load_features(features_for(images.name, model.channels))
        draw = torch.Generator().manual_seed(SEED)
        index = torch.randperm(len(images), generator=draw)[:MAX_REALS]
        parts: list[Tensor] = []
        each = float("inf")  # the least seconds an image: other work on the machine adds to some
        for chunk in index.split(PIECE):
            begin = self.clock()
            parts.append(extract(net, images.pixels[chunk]))
            each = min(each, (self.clock() - begin) / len(chunk))
            yield
        labels = None if images.labels is None else images.labels[index]
        classes = len(images.class_names)
        self.net, self.labels = net, images.labels
        checkup = Checkup(net, torch.cat(parts), labels, classes=classes, of=len(images))
        yield
        self._size(each, draw)
        self._checkup = checkup

    def _size(self, feature_s: float, draw: torch.Generator) -> None:
        """Choose the noise, as much as a look may cost, by making a few images."""
        g = self.trainer.ema.generator
        z = torch.randn(COUNTS[0], g.z_dim, generator=draw)
        labels = _labels(g, self.labels, len(z), draw)
        few, render_s = PIECE // 4, float("inf")
        for start in (0, few, 2 * few):
            part = slice(start, start + few)
            begin = self.clock()
            render(g, z[part], labels=None if labels is None else labels[part])
            render_s = min(render_s, (self.clock() - begin) / few)
        each = render_s + feature_s
        count = next((c for c in COUNTS if c * each <= MOST_S), COUNTS[-1])
        self.z, self.z_labels = z[:count], None if labels is None else labels[:count]
        self._cost = count * each

    def _look(self) -> Iterator[None]:
        """One row, of this very moment."""
        assert self._checkup is not None, "looked at after _prepare"
        begin = self.clock()
        g = copy.deepcopy(self.trainer.ema.generator)
        nimg, seconds = self.trainer.nimg, self.trainer.seconds
        self._measured_nimg = nimg
        self._next_at = seconds * (1 + 1 / LOOKS)
        spent = self.clock() - begin
        parts: list[Tensor] = []
        for start in range(0, len(self.z), PIECE):
            begin = self.clock()
            parts.append(self._features(g, slice(start, start + PIECE)))
            spent += self.clock() - begin
            yield
        begin = self.clock()
        measure = self._checkup.measure(torch.cat(parts))
        self._cost = spent + self.clock() - begin
        row = {"nimg": nimg, "seconds": round(seconds, 3), **measure.row()}
        self.on_row({**row, "spent_s": round(self.spent, 3)})

    def _features(self, g: Generator, part: slice) -> Tensor:
        labels = None if self.z_labels is None else self.z_labels[part]
        with torch.no_grad():
            found: Tensor = self.net(render(g, self.z[part], labels=labels).clone())
        return found


def _labels(
    g: Generator, real_labels: Tensor | None, count: int, draw: torch.Generator
) -> Tensor | None:
    """Classes as often as the reals have them, for a generator that takes classes."""
    if not g.classes:
        return None
    if real_labels is None:
        return torch.arange(count) % g.classes
    return real_labels[torch.randint(len(real_labels), (count,), generator=draw)]
