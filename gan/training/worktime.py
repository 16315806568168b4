"""Seconds of training: a clock that does not count while the computer or the process stands still.

On Linux and macOS `time.perf_counter` stops while the computer is suspended; on Windows it runs on,
and nowhere does it know of a process that was stopped (Ctrl-Z, a suspended virtual machine).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

GAP_S = 10.0  # a step that takes longer is looked at
IDLE_SHARE = 0.05  # of the processor's time: who has used less than that in a gap did not work


class ClockReading(NamedTuple):
    """What both clocks showed."""

    wall_s: float
    worked_s: float


class WorkTime:
    """Measures stretches of work, each begun by `now` and ended by `since`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._processor = clock, processor

    def now(self) -> ClockReading:
        """Where a stretch of work begins."""
        return ClockReading(self._clock(), self._processor())

    def since(self, begin: ClockReading) -> float:
        """Seconds of work since then.

        Of a long stretch in which the process used next to no processor, only what it used: it was
        stopped or suspended. A short one counts as it is, as does one that waits for a GPU (torch
        spins meanwhile).
        """
        end = self.now()
        elapsed, worked = end.wall_s - begin.wall_s, end.worked_s - begin.worked_s
        stood_still = elapsed > GAP_S and worked < elapsed * IDLE_SHARE
        return worked if stood_still else elapsed
