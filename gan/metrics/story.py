"""A training's rows and measures as detectors query them: medians, blocks, persistence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from gan.config import LossName, RunConfig
from gan.kinds import Kind, kind_of

Row = dict[str, Any]

BLOCK = 8  # rows per median, two seconds' worth
BLOCK_PART = 50  # in long runs a block is a fiftieth of it
RECENT, EARLIER = 1200, 400  # rows kept of a long run: the most recent, and some earlier ones
FLOOR_COUNT = 512  # image count for which the "times the floor" thresholds were tuned
MIN_STEPS = 100  # before this nothing counts as wrong: D is ahead at the start of every training
# of points, what their samples show: small networks take hundreds of steps a second, and on the way
# from noise to the data their distance goes up and down (RESULTS.md, The first steps of points)
MIN_STEPS_OF_POINTS = 1000
# D's loss at chance level, the reference for its share of the possible gain
DRAW: dict[LossName, float] = {
    "minimax": 2 * math.log(2),
    "nonsaturating": 2 * math.log(2),
    "relativistic": math.log(2),
    "hinge": 2.0,
    "least-squares": 0.25,
}


@dataclass(frozen=True)
class Story:
    """One training so far. `rows` and `measures` in order, `config` the current one."""

    rows: Sequence[Row]
    measures: Sequence[Row]
    config: RunConfig
    events: Sequence[Row] = ()  # what was done to the run

    @property
    def kind(self) -> Kind:
        """What it is trained by."""
        return kind_of(self.config.model.family)

    @property
    def seasoned(self) -> Sequence[Row]:
        """The valid measures of samples, past the first steps."""
        return [
            m
            for m in self.measures
            if self.steps(m["nimg"]) >= self.least_steps and number(m, "spread") is not None
        ]

    @property
    def least_steps(self) -> int:
        """Before so many steps samples say nothing of how a training goes."""
        return MIN_STEPS_OF_POINTS if self.config.model.is_plane else MIN_STEPS

    @property
    def is_young(self) -> bool:
        """Whether it is too early for any finding but losses that explode."""
        return not self._took(self.least_steps)

    @property
    def has_losses(self) -> bool:
        """Whether there are enough rows and steps to judge losses and gradients."""
        return self._took(MIN_STEPS)

    def _took(self, steps: int) -> bool:
        return len(self.rows) >= 2 * BLOCK and self.steps(self.rows[-1]["nimg"]) >= steps

    def ended_in_no_number(self) -> bool:
        """Whether the training stopped at a non-finite loss since it was last resumed."""
        ends = [e for e in self.events if e.get("event") in ("diverged", "resume", "fork")]
        return bool(ends) and ends[-1]["event"] == "diverged"

    def steps(self, nimg: float) -> float:
        """The approximate number of steps for `nimg` images."""
        return self.config.train.steps_to(nimg)

    @property
    def block(self) -> int:
        """Rows per median."""
        return max(BLOCK, len(self.rows) // BLOCK_PART)

    def tail(self, test: Callable[[Sequence[Row]], bool]) -> Sequence[Row]:
        """The most recent rows, in whole blocks, for which `test` holds; none unless two blocks."""
        size, start = self.block, len(self.rows)
        while start >= size and test(self.rows[start - size : start]):
            start -= size
        return self.rows[start:] if len(self.rows) - start >= 2 * size else ()

    def early(self, key: str) -> float | None:
        """The median of `key` in the rows after the first block, up to a quarter of the run."""
        stop = max(2 * BLOCK, len(self.rows) // 4)
        return middle(self.rows[BLOCK:stop], key) if len(self.rows) > BLOCK else None

    def last_looks(self, test: Callable[[Row], bool]) -> Sequence[Row]:
        """The most recent measures for which `test` holds, past the first steps."""
        start = len(self.measures)
        while start and self.steps(self.measures[start - 1]["nimg"]) >= self.least_steps:
            if not test(self.measures[start - 1]):
                break
            start -= 1
        return self.measures[start:]

    def times_floor(self) -> float | None:
        """The last FD over its floor."""
        found = [times_floor(row) for row in self.measures]
        return next((x for x in reversed(found) if x is not None), None)

    def distance(self) -> dict[str, float | str | int]:
        """The last FD that has a floor, that floor and their ratio, as the chart shows them.

        Thresholds apply to `times_floor`; reported numbers must match a reader's own division.
        """
        for row in reversed(self.measures):
            if times_floor(row) is not None:
                return distance(row)
        return {}

    def saturation(self, rows: Sequence[Row]) -> float | None:
        """D's share of its possible gain: 0 at chance, 1 all, below 0 worse than chance.

        None for a Wasserstein critic, whose loss is unbounded.
        """
        draw, loss = DRAW.get(self.config.train.loss), middle(rows, "loss_d")
        return None if draw is None or loss is None else 1 - loss / draw


def kept(rows: Sequence[Row]) -> Sequence[Row]:
    """At most 1,600 of the rows: the recent ones unchanged, and every n-th of the earlier ones."""
    earlier = rows[:-RECENT]
    every = -(-len(earlier) // EARLIER) or 1
    return [*earlier[::every], *rows[-RECENT:]]


def times_floor(measure: Row) -> float | None:
    """FD over its floor, if both were measured, scaled to 512 images per side.

    Finite-sample bias of an FD falls with the count as the floor does, so FD - floor is kept and
    the floor is scaled: runs measured with 128 samples compare with those of 512.
    """
    fd, floor = number(measure, "fd"), number(measure, "fd_floor")
    if fd is None or not floor or floor < 0:
        return None
    count = number(measure, "fd_count") or number(measure, "count") or FLOOR_COUNT
    return max(0.0, 1 + (fd - floor) / (floor * min(count, FLOOR_COUNT) / FLOOR_COUNT))


def distance(measure: Row) -> dict[str, float | str | int]:
    """FD, floor and ratio of one measurement, unscaled; the ratio only if both were measured."""
    fd, floor = number(measure, "fd"), number(measure, "fd_floor")
    found: dict[str, float | str | int] = {} if fd is None else {"fd": fd}
    if fd is not None and floor and floor > 0:
        found |= {"fd_floor": floor, "times_floor": round(fd / floor, 2)}
    return found


def number(row: Row, key: str) -> float | None:
    """A finite number, or None."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def numbers(rows: Sequence[Row], key: str) -> list[float]:
    """The finite values of `key`."""
    return [x for x in (number(row, key) for row in rows) if x is not None]


def middle(rows: Sequence[Row], key: str) -> float | None:
    """The median of `key` over `rows`."""
    values = numbers(rows, key)
    return median(values) if values else None


def seconds_of(rows: Sequence[Row]) -> float:
    """From the first to the last of `rows`, in seconds of training."""
    values = numbers(rows, "seconds")
    return round(values[-1] - values[0], 1) if len(values) > 1 else 0.0
