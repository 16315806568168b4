"""Rate limits of a public server, per visitor and in total. At home there are none."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

from gan.ui.server.views import PageError

SESSIONS = 5000


class Rate(NamedTuple):
    """At most this many requests per window: for one visitor, and in total."""

    mine: int
    all: int
    window_s: float


RATES = {
    "start": Rate(6, 60, 600),
    "film": Rate(8, 60, 600),
    "download": Rate(12, 60, 600),
    "upload": Rate(12, 60, 600),
    "pull": Rate(12, 60, 600),
    "search": Rate(40, 300, 600),
    "push": Rate(8, 60, 600),
    "change": Rate(120, 1200, 600),  # renames, notes, deletions
    # API calls, counted per IP address
    "list": Rate(120, 1200, 600),
    "picture": Rate(60, 600, 600),
    "evaluate": Rate(6, 40, 600),
}


class RateLimits:
    """Sliding-window counters of costly requests, per session and in total. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def spend(self, session: str, kind: str) -> None:
        """Count one more of `kind`; raises PageError with the seconds to wait if over the limit.

        Rejected requests are not counted. All visitors without a session share one.
        """
        rate, now = RATES[kind], self._clock()
        with self._lock:
            mine, everyone = self._recent(session, kind, now), self._recent("*", kind, now)
            for times, most in ((mine, rate.mine), (everyone, rate.all)):
                if len(times) >= most:
                    wait = int(times[0] + rate.window_s - now) + 1
                    raise PageError("gan_error_rate", status=429, seconds=wait)
            mine.append(now)
            everyone.append(now)
            while len(self._spent) > SESSIONS:
                self._spent.popitem(last=False)

    def _recent(self, session: str, kind: str, now: float) -> deque[float]:
        times = self._spent.setdefault((session, kind), deque())
        self._spent.move_to_end((session, kind))
        while times and times[0] <= now - RATES[kind].window_s:
            times.popleft()
        return times

    def close(self) -> None:
        """Nothing to end."""
