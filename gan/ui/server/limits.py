"""Rate limits of a public server: per visitor, per address and in total. At home there are none."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gan.ui.server.views import PageError

TIDY_AT = 10_000  # counters; those that count nothing any more are dropped


class Rate(NamedTuple):
    """At most this many requests per window: of one visitor, of one address, and in total.

    An address may be a whole school's, so it may ask several times as much as a visitor; but no
    address may use up what there is for all, however many cookies it sends.
    """

    mine: int
    address: int
    all: int
    window_s: float


RATES = {
    "start": Rate(6, 20, 60, 600),
    "film": Rate(8, 20, 60, 600),
    "download": Rate(12, 24, 60, 600),
    "upload": Rate(12, 24, 60, 600),
    "pull": Rate(12, 24, 60, 600),
    "search": Rate(40, 120, 300, 600),
    "push": Rate(8, 20, 60, 600),
    "change": Rate(120, 400, 1200, 600),  # renames, notes, deletions
    "owner": Rate(10, 20, 600, 600),  # tries of the owner's key; no flood locks the owner out
    # API calls keep no cookie: an address is one visitor
    "list": Rate(120, 120, 1200, 600),
    "picture": Rate(60, 60, 600, 600),
    "evaluate": Rate(6, 6, 40, 600),
}


class RateLimits:
    """Sliding-window counters of costly requests. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._totals: dict[str, deque[float]] = {kind: deque() for kind in RATES}
        self._spent: dict[tuple[str, str], deque[float]] = {}

    def spend(self, kind: str, *, session: str, address: str) -> None:
        """Count one more of `kind`; raises PageError with the seconds to wait if over a limit.

        A rejected request is not counted and leaves nothing behind. All visitors without a session
        share one.
        """
        rate, now = RATES[kind], self._clock()
        with self._lock:
            counters = {
                (kind, f"visitor {session}"): rate.mine, (kind, f"from {address}"): rate.address,
            }  # fmt: skip
            for times, most in self._limited(counters, kind):
                while times and times[0] <= now - rate.window_s:
                    times.popleft()
                if len(times) >= most:
                    wait = int(times[0] + rate.window_s - now) + 1
                    raise PageError("gan_error_rate", status=429, seconds=wait)
            for key in counters:
                self._spent.setdefault(key, deque()).append(now)
            self._totals[kind].append(now)
            if len(self._spent) > TIDY_AT:
                self._tidy(now)

    def _limited(
        self, counters: dict[tuple[str, str], int], kind: str
    ) -> Iterator[tuple[deque[float], int]]:
        for key, most in counters.items():
            yield self._spent.get(key, deque()), most
        yield self._totals[kind], RATES[kind].all

    def _tidy(self, now: float) -> None:
        """Drop idle counters; what still counts is bounded by the totals."""
        self._spent = {
            key: times
            for key, times in self._spent.items()
            if times[-1] > now - RATES[key[0]].window_s
        }
