"""Round-robin scheduling of long jobs in small slices on one thread, so that none blocks
another."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future

SLICE_S = 0.25  # approximate, for work that is sliced by the clock
YIELD_S = 0.5  # long work yields to pictures for at most this long per slice
END_S = 10.0  # how long closing waits for a slice
LOOK_S = 0.01


class Later(float):
    """Yielded instead of a slice: nothing to do for this many seconds."""


class Job:
    """A submitted job. `over` completes when it has ended, for whatever reason."""

    def __init__(self, slices: Generator[object, None, None], *, urgent: bool) -> None:
        self.urgent = urgent
        self.over: Future[None] = Future()
        self.ready_at = 0.0
        self._slices = slices
        self._cancelled = threading.Event()

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
            done = next(self._slices, self)
        except BaseException as error:
            self.over.set_exception(error)
            return False
        if done is self:
            self.over.set_result(None)
            return False
        self.ready_at = time.monotonic() + done if isinstance(done, Later) else 0.0
        return True


class FairQueue:
    """Runs slices of all jobs in turn, urgent jobs first. Thread-safe.

    `busy` says whether somebody is waiting for pictures being rendered: long work then yields.
    """

    def __init__(self, name: str, *, busy: Callable[[], bool] = lambda: False) -> None:
        self._name, self._busy = name, busy
        self._changed = threading.Condition()
        self._urgent: deque[Job] = deque()
        self._long: deque[Job] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, slices: Generator[object, None, None], *, urgent: bool = False) -> Job:
        """Submit work: a generator that does one slice per `next`."""
        job = Job(slices, urgent=urgent)
        with self._changed:
            if self._closed:
                raise RuntimeError("the server is closing")
            (self._urgent if urgent else self._long).append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()
        return job

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
                with self._changed:
                    (self._urgent if job.urgent else self._long).append(job)

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

    def _ready(self, line: deque[Job], now: float) -> Job | None:
        for _ in range(len(line)):
            job = line.popleft()
            if job.ready_at <= now or self._closed:
                return job
            line.append(job)
        return None
