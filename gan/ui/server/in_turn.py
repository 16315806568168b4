"""Work of a request in a queue that visitors share; given up when its visitor leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import Request

from gan.ui.server.fair_queue import FairQueue, Line, Visitor
from gan.ui.server.routes import session_of
from gan.ui.server.views import PageError
from gan.ui.server.visitors import address_of

LOOK_S = 0.5  # polling interval for disconnects
Result = TypeVar("Result")
HasLeft = Callable[[], Awaitable[bool]]


def visitor_of(request: Request) -> Visitor:
    """Who is asking, as queues share turns."""
    return Visitor(address_of(request), session_of(request))


async def in_slices(
    queue: FairQueue, request: Request, work: Generator[object, None, Result]
) -> Result:
    """The result of `work`, a slice each turn. Raises PageError if the visitor leaves, or where too
    many wait."""
    return await _result(queue, visitor_of(request), work, request.is_disconnected)


async def in_slices_for(
    queue: FairQueue,
    visitor: Visitor,
    work: Generator[object, None, Result],
    has_left: HasLeft,
) -> Result:
    """The same for a visitor who is seen to leave in another way: the request is answered."""
    return await _result(queue, visitor, work, has_left)


async def never_leaves() -> bool:
    """For a visitor who cannot be seen to leave."""
    return False


async def _result(
    queue: FairQueue,
    visitor: Visitor,
    work: Generator[object, None, Result],
    has_left: HasLeft,
) -> Result:
    results: list[Result] = []

    def slices() -> Generator[object, None, None]:
        results.append((yield from work))

    job = queue.submit(slices(), urgent=True, visitor=visitor)
    future = asyncio.wrap_future(job.over)
    try:
        await _until(future, has_left)
    finally:
        job.cancel()  # the handler itself may have been cancelled
    future.result()
    return results[0]


async def _until(future: asyncio.Future[None], has_left: HasLeft) -> None:
    while not (await asyncio.wait([future], timeout=LOOK_S))[0]:
        if await has_left():
            raise PageError("gan_lapse_cancelled", status=499)


async def in_turn(
    queue: FairQueue, request: Request, work: Callable[..., Result], *args: Any, **options: Any
) -> Result:
    """The result of `work(*args, **options)`, all of it in one turn."""

    def once() -> Generator[object, None, Result]:
        yield from ()
        return work(*args, **options)

    return await in_slices(queue, request, once())


class Place:
    """A visitor who waits for a place."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.free = asyncio.get_running_loop().create_future()


class FairPlaces:
    """A few places; those who wait for one get it by the turns of a queue. For one event loop."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting = Line[Place]()

    @asynccontextmanager
    async def taken(
        self, visitor: Visitor, has_left: HasLeft = never_leaves
    ) -> AsyncIterator[None]:
        """A place within the block, as soon as it is this visitor's turn. Raises PageError if the
        visitor leaves before."""
        place = Place(visitor)
        self._waiting.add(place)
        self._hand_out()
        try:
            await _until(place.free, has_left)
            yield
        finally:
            if place.free.done():
                self._free += 1
                self._hand_out()
            else:  # given up while it waited
                self._waiting.remove(place)

    def _hand_out(self) -> None:
        while self._free and (place := self._waiting.take(_is_there)) is not None:
            self._free -= 1
            place.free.set_result(None)


def _is_there(place: Place) -> bool:
    return not place.free.done()
