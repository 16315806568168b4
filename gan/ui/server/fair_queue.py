"""Turns on one thread: of addresses, of an address's visitors, of a visitor's jobs, in slices, so
that nobody's many or long jobs make others wait."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Generic, NamedTuple, Protocol, TypeVar

from gan.ui.server.views import PageError, ending

SLICE_S = 0.25  # approximate, for work that is sliced by the clock
YIELD_S = 0.5  # long work yields to pictures for at most this long per slice
END_S = 10.0  # how long closing waits for a slice
LOOK_S = 0.01


class Later(float):
    """Yielded instead of a slice: nothing to do for this many seconds."""


class Slow:
    """Yielded before work that cannot be cut into slices: the rest of the job is done on the thread
    for such work, where there is one."""


class Visitor(NamedTuple):
    """Whose job it is. A session is what a browser says, so an address's sessions share its
    turns."""

    address: str = ""
    session: str = ""


NOBODY = Visitor()  # the server itself


class Waiting(NamedTuple):
    """How many jobs may wait for a turn, begun or not."""

    visitor: int = 16
    address: int = 64
    all: int = 512


class Job:
    """A submitted job. `over` completes when it has ended, for whatever reason."""

    def __init__(
        self, slices: Generator[object, None, None], *, urgent: bool, visitor: Visitor
    ) -> None:
        self.urgent = urgent
        self.visitor = visitor
        self.over: Future[None] = Future()
        self.ready_at = 0.0
        self.is_slow = False
        self.has_begun = False
        self._slices = slices
        self._cancelled = threading.Event()
        self._known = contextvars.copy_context()  # what it logs has the request's id

    def cancel(self) -> None:
        """Start no further slice; the current one finishes."""
        self._cancelled.set()

    def step(self) -> bool:
        """Run one slice; False if none was left. Errors end the job and are set on `over`."""
        try:
            if self._cancelled.is_set():
                self._slices.close()
                self.over.cancel()
                return False
            self.has_begun = True
            done = self._known.run(next, self._slices, self)
        except BaseException as error:
            self.over.set_exception(error)
            return False
        if done is self:
            self.over.set_result(None)
            return False
        self.is_slow |= isinstance(done, Slow)
        self.ready_at = time.monotonic() + done if isinstance(done, Later) else 0.0
        return True

    def drop(self, error: Exception) -> None:
        """End it before it has begun, while no thread has it in hand."""
        self._slices.close()
        self.over.set_exception(error)


class Visited(Protocol):
    """Anything that belongs to a visitor."""

    @property
    def visitor(self) -> Visitor: ...


W = TypeVar("W", bound=Visited)


class Line(Generic[W]):
    """Jobs, or whatever else of visitors waits for its turn; not thread-safe."""

    def __init__(self) -> None:
        # in the order of turns, on each level
        self._waiting: dict[str, dict[str, deque[W]]] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[W]:
        for visitors in self._waiting.values():
            for jobs in visitors.values():
                yield from jobs

    def of(self, address: str) -> list[W]:
        """All of an address's, each visitor's in their order."""
        return [job for jobs in self._waiting.get(address, {}).values() for job in jobs]

    def add(self, job: W) -> None:
        """Behind its visitor's others, or behind all where there are none."""
        address, session = job.visitor
        self._waiting.setdefault(address, {}).setdefault(session, deque()).append(job)

    def take(self, is_ready: Callable[[W], bool]) -> W | None:
        """The first job in turn that is ready; then it is the others' turn."""
        found = next((job for job in self if is_ready(job)), None)
        if found is not None:
            self.remove(found)
        return found

    def remove(self, job: W) -> None:
        """Take a waiting job out; its visitor and its address come last now."""
        visitors = self._waiting.pop(job.visitor.address)
        jobs = visitors.pop(job.visitor.session)
        jobs.remove(job)
        if jobs:
            visitors[job.visitor.session] = jobs
        if visitors:
            self._waiting[job.visitor.address] = visitors


class FairQueue:
    """Runs slices of all jobs in turn, urgent jobs first. Thread-safe.

    busy: whether somebody is waiting for pictures being rendered: long work then yields. most: how
    many may wait, as many as come if not given. slow: takes what says that it is slow.
    """

    def __init__(
        self,
        name: str,
        *,
        busy: Callable[[], bool] = lambda: False,
        most: Waiting | None = None,
        slow: FairQueue | None = None,
    ) -> None:
        self._name, self._busy, self._most, self._slow = name, busy, most, slow
        self._changed = threading.Condition()
        self._urgent, self._long = Line[Job](), Line[Job]()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(
        self,
        slices: Generator[object, None, None],
        *,
        urgent: bool = False,
        visitor: Visitor = NOBODY,
    ) -> Job:
        """Submit work: a generator that does one slice per `next`.

        A visitor's oldest job that has not begun makes room for a new one. Raises PageError if too
        many wait all the same.
        """
        job = Job(slices, urgent=urgent, visitor=visitor)
        with self._changed:
            if self._closed:
                raise ending()
            if self._most is not None and visitor != NOBODY:
                self._make_room(visitor, self._most)
            self._put(job)
        return job

    def _put(self, job: Job) -> None:
        with self._changed:
            (self._urgent if job.urgent else self._long).add(job)
            if self._closed:
                job.cancel()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _make_room(self, visitor: Visitor, most: Waiting) -> None:
        lines = (self._urgent, self._long)
        near = [job for line in lines for job in line.of(visitor.address)]
        mine = [job for job in near if job.visitor == visitor]
        if len(mine) >= most.visitor:
            oldest = next((job for job in mine if not job.has_begun), None)
            if oldest is None:
                raise PageError("gan_error_panel_busy", status=429)
            (self._urgent if oldest.urgent else self._long).remove(oldest)
            oldest.drop(PageError("gan_error_dropped", status=429, most=most.visitor))
        elif len(near) >= most.address or sum(map(len, lines)) >= most.all:
            raise PageError("gan_error_panel_busy", status=429)

    def close(self) -> None:
        """Start nothing more, and wait for the slice under way: a thread that is still in torch as
        the interpreter ends aborts the process."""
        with self._changed:
            self._closed = True
            for job in (*self._urgent, *self._long):
                job.cancel()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(END_S)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            if job.step():
                (self._slow if job.is_slow and self._slow is not None else self)._put(job)

    def _next(self) -> Job | None:
        """Wait for the next job in turn. None when the server closes and all have ended."""
        since = time.monotonic()
        with self._changed:
            while True:
                now = time.monotonic()
                if (job := self._ready(self._urgent, now)) is not None:
                    return job
                makes_way = not self._closed and now - since < YIELD_S and self._busy()
                if not makes_way and (job := self._ready(self._long, now)) is not None:
                    return job
                if self._closed:
                    return None
                times = [job.ready_at - now for job in (*self._urgent, *self._long)]
                self._changed.wait(LOOK_S if makes_way and times else min(times, default=None))

    def _ready(self, line: Line[Job], now: float) -> Job | None:
        return line.take(lambda job: self._closed or job.ready_at <= now)
