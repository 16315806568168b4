"""Training time: a clock that does not count while the computer or the process is suspended.

On Linux and macOS `time.perf_counter` stops while the computer is suspended; on Windows it
continues, and no platform accounts for a stopped process (Ctrl-Z, a suspended virtual machine).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

GAP_S = 10.0  # a longer step is checked
IDLE_SHARE = 0.05  # of CPU time: a process that used less than that during a gap was suspended


class ClockReading(NamedTuple):
    """Readings of both clocks."""

    wall_s: float
    worked_s: float


class WorkTime:
    """Measures work intervals, each started by `now` and ended by `since`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._processor = clock, processor

    def now(self) -> ClockReading:
        """Start of a work interval."""
        return ClockReading(self._clock(), self._processor())

    def since(self, begin: ClockReading) -> float:
        """Seconds of work since then.

        For a long interval with next to no CPU time, only the CPU time counts: the process was
        stopped or suspended. A short one counts in full, as does waiting for a GPU (torch spins
        meanwhile).
        """
        end = self.now()
        elapsed, worked = end.wall_s - begin.wall_s, end.worked_s - begin.worked_s
        stood_still = elapsed > GAP_S and worked < elapsed * IDLE_SHARE
        return worked if stood_still else elapsed
