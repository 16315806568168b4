"""How long pictures may take on a public server, by what they took before: a slow model's requests
must not hold what all visitors share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from gan.checkpoint import Weights
from gan.sampling import affordable, picture_seconds
from gan.ui.server.fair_queue import SLICE_S, Slow
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError

PUBLIC_S = 30.0  # of one core, for one request of pictures
KNOWN = 256  # models


class Pace:
    """Seconds a picture of each model, estimated until it has been measured here. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._measured: LRUCache[str, float] = LRUCache(KNOWN)

    def seconds(self, weights: Weights) -> float:
        """The larger one: an estimate by FLOPs knows nothing of memory, a measurement may have had
        the machine for itself."""
        with self._lock:
            measured = self._measured.get(weights.revision, 0.0)
        return max(picture_seconds(weights.generator), measured)

    def note(self, weights: Weights, count: int, seconds: float) -> None:
        """`count` pictures took `seconds`. The least so far counts: others compute at times."""
        each = seconds / max(count, 1)
        with self._lock:
            known = self._measured.get(weights.revision, each)
            self._measured[weights.revision] = min(known, each)


def is_at_pace(context: Context, weights: Weights, count: int, *, most_s: float = PUBLIC_S) -> bool:
    """Whether `count` pictures of this model may be drawn for one request; always at home."""
    return context.profile.local or count * context.part(Pace).seconds(weights) <= most_s


def check_pace(context: Context, weights: Weights, count: int, *, most_s: float = PUBLIC_S) -> None:
    """In public, raises PageError if `count` pictures of this model would take too long."""
    if not is_at_pace(context, weights, count, most_s=most_s):
        each_s = context.part(Pace).seconds(weights)
        raise PageError(
            "gan_error_slow_model", count=count, seconds=f"{count * each_s:,.0f}",
            most=f"{most_s:.0f}", fits=int(most_s / each_s),
        )  # fmt: skip


def at_pace(context: Context, weights: Weights, seconds: float, *, least: int, most: int) -> int:
    """How many pictures a job of about so many seconds takes, between `least` and `most`; in public
    none that take too long, also by what was measured. Raises PageError if `least` do."""
    count = affordable(weights.generator, seconds, least=least, most=most)
    if not context.profile.local:
        each_s = context.part(Pace).seconds(weights)
        count = max(least, min(count, int(PUBLIC_S / max(each_s, 1e-9))))
        check_pace(context, weights, count)
    return count


def slow_first(context: Context, weights: Weights) -> Iterator[Slow]:
    """For a job's beginning: where one picture is no short slice, it goes on elsewhere."""
    if context.part(Pace).seconds(weights) > SLICE_S:
        yield Slow()


@contextmanager
def paced(context: Context, weights: Weights, count: int) -> Iterator[None]:
    """Measure the rendering of `count` pictures inside the block."""
    began = time.thread_time()
    yield
    context.part(Pace).note(weights, count, time.thread_time() - began)
