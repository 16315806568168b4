"""Measures the samples of a running training between its steps, within a small share of its
time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from gan.errors import GanError
from gan.metrics.checkup import FEWEST_FOR_FD, Checkup
from gan.metrics.features import extract, features_for, load_features
from gan.models import Generator
from gan.sampling import render
from gan.training import Event, Finished, Trainer

HEAD_START_S = 0.25  # initial allowance, so that a short run is measured at all
SHARE = 0.04  # of the training's process time
LAST_SHARE = 1.1  # times that share, for the last measurement of a short run
LONG_S = 30.0  # a run at least this long gets three measurements or more, the last one at its end
DUE_AT_S = (10.0, 20.0)  # deadlines for starting the first and second, whatever the budget
PREPARED_BY_S = 5.0
LEAST_S = 0.05 * LONG_S  # allowed for three measurements with an FD, however busy the machine
ASSUMED_S = 60.0  # assumed length of a run without a budget, to choose the number of samples
REALS = (512, 256)  # the smaller one if their features would take most of the budget
COUNTS = (512, 256, 128, 64)  # samples per measurement; the last one is too few for an FD
PLANNED = 4  # measurements that the budget must cover before more samples are taken
MOST_S = 2.5
AT_ONCE_S = 0.1  # of measuring between two events, so that commands and viewers wait no longer
STOPPING_S = 1.0  # of process time for the measurement on Stop or Pause
PATIENCE_S = 2.0  # of wall time, so that Stop responds on a busy machine too
PIECE = 64  # images
LOOKS = 200  # beyond about this many, rows grow with the logarithm of the run's length
SEED = 2**21  # of the measured noise, the same for every measurement

OnRow = Callable[[dict[str, Any]], None]


class Monitor:
    """Measures `trainer`'s averaged generator as time allows; `on_row` gets each row.

    Time is this process's CPU time (`time.process_time`), so that other programs on a busy machine
    affect neither a measurement's cost nor its share. If the run's length is known, measurements
    are planned over all of it, the last at its end; otherwise they come as their share allows. The
    monitor has its own RNG and its own copy of the generator, so the training is bit for bit the
    same without it. If there is nothing to measure with (no feature network, odd images) it does
    nothing.
    """

    def __init__(
        self,
        trainer: Trainer,
        on_row: OnRow,
        *,
        share: float = SHARE,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self.trainer, self.on_row, self.clock = trainer, on_row, clock
        self.share = share
        self.spent = 0.0  # process time spent on measuring
        self.taken = 0  # measurements
        self._began, self._started = trainer.seconds, clock()
        self._next_at = 0.0  # in trainer.seconds
        self._each = 0.0  # process time per sample
        self._count = 0  # samples per measurement
        self._measured_nimg, self._measured_s = -1, trainer.seconds
        self._checkup: Checkup | None = None
        self._pieces: Iterator[None] | None = None
        self._silent = False

    def after(self, event: Event) -> None:
        """Do one piece of any measurement that is due; call it after every event."""
        if isinstance(event, Finished):
            self._guarded(lambda begin: self._finish())
        else:
            self._guarded(self._go_on)

    def stop(self) -> None:
        """A last measurement of a run that stops before its budget is spent; returns quickly."""
        self._guarded(lambda begin: self._finish(STOPPING_S, begin))

    def pause(self) -> None:
        """Measure the current weights on pause, unless they were just measured."""
        recent = self.trainer.seconds - self._measured_s < DUE_AT_S[0]
        if self._checkup is not None and not (recent and not self._is_affordable()):
            self.stop()

    def _guarded(self, work: Callable[[float], None]) -> None:
        if self._silent:
            return
        begin = self.clock()
        try:
            work(begin)
        except GanError:
            self._silent = True
        finally:
            self.spent += self.clock() - begin

    # -- scheduling ---------------------------------------------------------------------------

    @property
    def _seconds(self) -> float:
        """Training seconds since this process took over the run."""
        return self.trainer.seconds - self._began

    def _trained(self) -> float:
        """Process time not spent on measuring."""
        return max(self.clock() - self._started - self.spent, 0.0)

    def _allowed(self) -> float:
        """Seconds that may have been spent so far."""
        return HEAD_START_S + self.share * self._trained()

    def _is_affordable(self, used: float = 0.0) -> bool:
        return self.spent + used + self._count * self._each <= self._allowed()

    def _to_come(self) -> float | None:
        """Remaining seconds of training; None if unknown."""
        fraction = self.trainer.fraction()
        return None if not fraction else self.trainer.seconds * (1 - fraction) / fraction

    def _left(self, to_come: float) -> float:
        """Process time left for measuring until `to_come` more seconds are trained."""
        rate = self._trained() / max(self._seconds, 1e-9)
        return self.share * (self._trained() + rate * to_come) - self.spent

    def _is_due(self, used: float) -> bool:
        if self.trainer.nimg <= self._measured_nimg or not self.trainer.method.stepped:
            return False
        if self._checkup is None:
            late = self._seconds >= PREPARED_BY_S
            return late or self.spent + used <= self._allowed()
        if self.taken < len(DUE_AT_S) and self._seconds >= DUE_AT_S[self.taken]:
            return True
        if self.trainer.seconds < self._next_at:
            return False
        # with an unknown end, always reserve one measurement for when the run is stopped
        return self._to_come() is not None or self._is_affordable(used + self._count * self._each)

    def _plan(self) -> None:
        """Schedule the next measurement, by what is left for all remaining ones."""
        now, to_come = self.trainer.seconds, self._to_come()
        self._next_at = now * (1 + 1 / LOOKS)
        if to_come is not None:
            cost = max(self._count * self._each, 1e-9)
            affordable = int(self._left(to_come) / cost)
            self._next_at = max(self._next_at, now + to_come / max(affordable, 1))

    # -- measuring ----------------------------------------------------------------------------

    def _go_on(self, begin: float) -> None:
        while (used := self.clock() - begin) < AT_ONCE_S:
            if self._pieces is None or self._checkup is None:
                if not self._is_due(used):
                    return  # a measurement, once started, continues: it would become stale
                if self._pieces is None:
                    self._pieces = self._prepare() if self._checkup is None else self._measure()
            self._take_piece()

    def _take_piece(self) -> None:
        pieces = self._pieces
        if pieces is not None and next(pieces, self) is self:
            self._pieces = None

    def _finish(self, most_s: float = MOST_S, begin: float | None = None) -> None:
        """The final measurement, of a short run only if its time allows.

        begin: for a run that somebody is stopping; abandoned after PATIENCE_S.
        """
        deadline = None if begin is None else time.perf_counter() + PATIENCE_S
        is_long = self.trainer.seconds >= LONG_S
        if not self.trainer.method.stepped or (self._checkup is None and not is_long):
            return
        if self._checkup is None:
            self._pieces = self._pieces or self._prepare()
            self._drain(deadline)
        if self.trainer.nimg <= self._measured_nimg:
            self._drain(deadline)
        self._pieces = None  # an unfinished earlier one is dropped in favour of the final one
        if self._checkup is None or self.trainer.nimg <= self._measured_nimg:
            return
        count = self._last_count(most_s)
        may = self.spent + count * self._each <= LAST_SHARE * self._allowed()
        if is_long or may or begin is not None:
            self._pieces = self._measure(count)
            self._drain(deadline)
            self._pieces = None

    def _drain(self, deadline: float | None) -> None:
        while self._pieces is not None and (deadline is None or time.perf_counter() < deadline):
            self._take_piece()

    def _last_count(self, most_s: float) -> int:
        """Samples of the final measurement: enough for an FD, if `most_s` allows."""
        wanted = max(self._count, min(FEWEST_FOR_FD, len(self.z)))
        fits = (c for c in COUNTS if c <= wanted and c * self._each <= most_s)
        return next(fits, min(COUNTS[-1], wanted))

    # -- the expensive parts, in pieces -------------------------------------------------------

    def _prepare(self) -> Iterator[None]:
        """Extract the real images' features, and choose the number of samples."""
        images, model = self.trainer.batches.images, self.trainer.config.model
        with torch.random.fork_rng(devices=[]):  # building a network draws its initial weights
            net = load_features(features_for(images.name, model.channels))
        draw = torch.Generator().manual_seed(SEED)
        index = torch.randperm(len(images), generator=draw)[: REALS[0]]
        parts: list[Tensor] = []
        each, known = float("inf"), 0
        for chunk in index.split(PIECE):
            begin = self.clock()
            parts.append(extract(net, images.pixels[chunk]))
            # the minimum: a network's first pass is slower than later ones
            each, known = min(each, (self.clock() - begin) / len(chunk)), known + len(chunk)
            yield
            if known >= REALS[1] and REALS[0] * each > self._budget() / 2:
                break
        index = index[:known]
        labels = None if images.labels is None else images.labels[index]
        classes = len(images.class_names)
        self.net, self.labels = net, images.labels
        checkup = Checkup(
            net, torch.cat(parts), labels, classes=classes, of=len(images), truth=images.truth
        )
        yield
        self._size(each, draw)
        self._checkup = checkup
        self._plan()

    def _budget(self) -> float:
        """Process time for all further measurements, given the run's likely length."""
        to_come = self._to_come()
        if to_come is None:
            to_come = max(ASSUMED_S - self._seconds, 0.0)
        return self._left(to_come)

    def _size(self, feature_s: float, draw: torch.Generator) -> None:
        """Choose the noise and the number of samples, by timing a few images."""
        g = self.trainer.ema.generator
        z = torch.randn(COUNTS[0], g.z_dim, generator=draw)
        labels = _labels(g, self.labels, len(z), draw)
        few, render_s = PIECE // 4, float("inf")
        for start in (0, few, 2 * few):
            part = slice(start, start + few)
            begin = self.clock()
            render(g, z[part], labels=None if labels is None else labels[part])
            render_s = min(render_s, (self.clock() - begin) / few)
        self._each = each = render_s + feature_s
        most = min(MOST_S, self._budget() / PLANNED)
        self.z, self.z_labels = z, labels
        self._count = next((c for c in COUNTS if c * each <= most), COUNTS[-1])
        # always an FD, unless three would be too expensive even on an idle machine
        if self._count < FEWEST_FOR_FD and 3 * FEWEST_FOR_FD * each <= LEAST_S - self.spent:
            self._count = FEWEST_FOR_FD

    def _measure(self, count: int = 0) -> Iterator[None]:
        """One row for the current weights, from `count` samples (0: the default)."""
        assert self._checkup is not None, "measured after _prepare"
        count = count or self._count
        begin = self.clock()
        g = copy.deepcopy(self.trainer.ema.generator)
        nimg, seconds = self.trainer.nimg, self.trainer.seconds
        self._measured_nimg, self._measured_s = nimg, seconds
        spent = self.clock() - begin
        parts: list[Tensor] = []
        for start in range(0, count, PIECE):
            begin = self.clock()
            parts.append(self._features(g, slice(start, min(start + PIECE, count))))
            spent += self.clock() - begin
            yield
        begin = self.clock()
        measure = self._checkup.measure(torch.cat(parts))
        self._each = (spent + self.clock() - begin) / count
        row = {"nimg": nimg, "seconds": round(seconds, 3), **measure.row()}
        self.taken += 1
        self._plan()
        self.on_row({**row, "spent_s": round(self.spent, 3)})

    def _features(self, g: Generator, part: slice) -> Tensor:
        labels = None if self.z_labels is None else self.z_labels[part]
        with torch.no_grad():
            found: Tensor = self.net(render(g, self.z[part], labels=labels).clone())
        return found


def _labels(
    g: Generator, real_labels: Tensor | None, count: int, draw: torch.Generator
) -> Tensor | None:
    """Labels with the class frequencies of the reals, for a conditional generator."""
    if not g.classes:
        return None
    if real_labels is None:
        return torch.arange(count) % g.classes
    return real_labels[torch.randint(len(real_labels), (count,), generator=draw)]
