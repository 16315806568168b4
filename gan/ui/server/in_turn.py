"""Work of a request in a queue that visitors share; given up when its visitor leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from starlette.requests import Request

from gan.ui.server.fair_queue import FairQueue, Visitor
from gan.ui.server.routes import session_of
from gan.ui.server.views import PageError
from gan.ui.server.visitors import address_of

LOOK_S = 0.5  # polling interval for disconnects
Result = TypeVar("Result")


def visitor_of(request: Request) -> Visitor:
    """Who is asking, as queues share turns."""
    return Visitor(address_of(request), session_of(request))


async def in_slices(
    queue: FairQueue, request: Request, work: Generator[object, None, Result]
) -> Result:
    """The result of `work`, a slice each turn. Raises PageError if the visitor leaves, or where too
    many wait."""
    results: list[Result] = []

    def slices() -> Generator[object, None, None]:
        results.append((yield from work))

    job = queue.submit(slices(), urgent=True, visitor=visitor_of(request))
    future = asyncio.wrap_future(job.over)
    try:
        while not (await asyncio.wait([future], timeout=LOOK_S))[0]:
            if await request.is_disconnected():
                raise PageError("gan_lapse_cancelled", status=499)
    finally:
        job.cancel()  # the handler itself may have been cancelled
    future.result()
    return results[0]


async def in_turn(
    queue: FairQueue, request: Request, work: Callable[..., Result], *args: Any, **options: Any
) -> Result:
    """The result of `work(*args, **options)`, all of it in one turn."""

    def once() -> Generator[object, None, Result]:
        yield from ()
        return work(*args, **options)

    return await in_slices(queue, request, once())
