"""How much one visitor, and all of them together, may ask of a public server. At home: anything."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

from gan.ui.server.views import PageError

SESSIONS = 5000


class Rate(NamedTuple):
    """At most so many in so many seconds: of one visitor, and of all."""

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
    "change": Rate(120, 1200, 600),  # names, notes, deletions
    # of programs, each by its address
    "list": Rate(120, 1200, 600),
    "picture": Rate(60, 600, 600),
    "evaluate": Rate(6, 40, 600),
}


class RateLimits:
    """Requests that cost, counted a session and in all over a sliding window. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def spend(self, session: str, kind: str) -> None:
        """One more of `kind`; raises PageError with the seconds to wait where that is too many.

        What is refused is not counted. A visitor without a session shares one with all such.
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
