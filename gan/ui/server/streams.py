"""Streamed replies of long jobs: lines from a worker thread, cancelled when the viewer leaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from gan.errors import GanError
from gan.ui.server.fair_queue import NOBODY, FairQueue, Later, Slow, Visitor
from gan.ui.server.logs import event, identified, request_id
from gan.ui.server.routes import NEVER
from gan.ui.server.views import PageError, code_of, reply_json

log = logging.getLogger(__name__)
STALLED_S = 30.0  # a viewer that reads nothing for this long is gone
PART_BYTES = 64 * 2**10
# a proxy that buffers the whole reply would hide the progress
STREAMED = NEVER | {"X-Accel-Buffering": "no"}

Cancelled = Callable[[], bool]
Work = Callable[[Cancelled], Iterator[bytes | Later | Slow]]


class Turn(NamedTuple):
    """A queue and who takes turns there."""

    queue: FairQueue
    visitor: Visitor


class Places:
    """A limited number of job slots, one per session: a session's new job cancels its previous
    one. An address, whose sessions may be made up, gets all of them but one."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: dict[threading.Event, Visitor] = {}

    def take(self, visitor: Visitor) -> threading.Event:
        """Take a slot; returns the event that signals its cancellation.

        A visitor without a session cancels nothing. Raises PageError if all are taken by others,
        or all but one by others of the same address.
        """
        with self._lock:
            for event, owner in self._taken.items():
                if visitor.session and owner.session == visitor.session:
                    event.set()
            waiting = [owner.address for e, owner in self._taken.items() if not e.is_set()]
            near = waiting.count(visitor.address) if visitor.address else 0
            is_full = len(waiting) >= self._most or len(self._taken) >= 2 * self._most
            if is_full or near >= max(1, self._most - 1):
                raise PageError("gan_error_panel_busy", status=429)
            event = threading.Event()
            self._taken[event] = visitor
            return event

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """A slot for short work that is always awaited."""
        event = self.take(NOBODY)
        try:
            yield
        finally:
            self.leave(event)

    def end(self) -> None:
        """Cancel all jobs."""
        with self._lock:
            for event in self._taken:
                event.set()

    def leave(self, event: threading.Event) -> None:
        """Release a slot; idempotent."""
        with self._lock:
            self._taken.pop(event, None)


class Workers:
    """Worker threads for one kind of long job, with its slots."""

    def __init__(self, name: str, *, most: int, threads: int = 1) -> None:
        self.thread = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.places = Places(most=most)

    def close(self) -> None:
        """Cancel running jobs and accept no new ones."""
        self.places.end()
        self.thread.shutdown(wait=False, cancel_futures=True)


def line(data: dict[str, Any]) -> bytes:
    """One line of the reply, as JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parts_of(data: bytes) -> Iterator[bytes]:
    """A long reply in chunks small enough for slow connections."""
    for start in range(0, len(data), PART_BYTES):
        yield data[start : start + PART_BYTES]


class Patient(StreamingResponse):
    """A streaming response that waits for a slow viewer, but not for ever."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            await asyncio.wait_for(send(message), STALLED_S)

        try:
            await super().__call__(scope, receive, patient)
        except TimeoutError:
            log.info("a reply was given up: nobody took it")


def lines(
    workers: Workers, visitor: Visitor, work: Work, *, turns: Turn | None = None
) -> AsyncGenerator[bytes]:
    """Yields what `work` yields as it comes; `work` is passed a cancellation check.

    With `turns`, each piece up to the next yield is a slice there; without, all of it runs on the
    workers' thread. An error becomes the last line. Raises PageError if no slot is free.
    """
    given_up = workers.places.take(visitor)
    return _told(workers, given_up, work, turns, request_id())


def stream(
    workers: Workers,
    visitor: Visitor,
    work: Work,
    *,
    media_type: str = "application/x-ndjson",
    turns: Turn | None = None,
) -> Patient:
    """`lines` as a streaming response."""
    told = lines(workers, visitor, work, turns=turns)
    return Patient(told, media_type=media_type, headers=STREAMED)


async def _told(
    workers: Workers, given_up: threading.Event, work: Work, turns: Turn | None, request: str
) -> AsyncGenerator[bytes]:
    loop, parts = asyncio.get_running_loop(), asyncio.Queue[bytes | None]()
    future: Future[None] | None = None
    job = None

    def tell(part: bytes | None) -> None:
        loop.call_soon_threadsafe(parts.put_nowait, part)

    try:
        slices = _slices(work, given_up, tell, request)
        if turns is None:
            future = workers.thread.submit(_all, slices)
        else:
            job = turns.queue.submit(slices, visitor=turns.visitor)
            future = job.over
        yield line({"waiting": True})
        while (part := await parts.get()) is not None:
            yield part
    except PageError as error:  # too many wait for a turn
        yield line(_refused(error))
    finally:
        given_up.set()
        if job is not None:
            job.cancel()
        if future is None or (job is None and future.cancel()):
            workers.places.leave(given_up)
        else:  # the slot is released once the work has noticed
            future.add_done_callback(lambda _: workers.places.leave(given_up))


def _all(slices: Iterator[Later | Slow | None]) -> None:
    for pause in slices:
        if isinstance(pause, Later):
            time.sleep(pause)


def _slices(
    work: Work, given_up: threading.Event, tell: Callable[[bytes | None], None], request: str
) -> Generator[Later | Slow | None, None, None]:
    try:
        for part in work(given_up.is_set):
            if isinstance(part, bytes):
                tell(part)
            if given_up.is_set():
                break
            yield None if isinstance(part, bytes) else part
    except GanError as error:
        with identified(request):  # another thread, perhaps another request's turn
            tell(line(_refused(error)))
    except Exception as error:
        with identified(request):
            log.exception("a stream failed")
            tell(line(reply_json(error)))
    finally:
        tell(None)


def _refused(error: GanError) -> dict[str, Any]:
    """The reply has begun with 200: what it ends with is logged here."""
    event(log, logging.INFO, "refused", code=code_of(error))
    return reply_json(error)
