"""A few places at a time: who waits for one takes turns, whoever leaves gives it back."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from gan.ui.server.fair_queue import Visitor
from gan.ui.server.in_turn import FairPlaces
from gan.ui.server.views import PageError
from tests.ui.loops import apart


def test_places_are_taken_in_turns_of_addresses():
    async def crowd() -> list[str]:
        places, order = FairPlaces(2), []

        async def ask(who: str, number: int) -> None:
            async with places.taken(Visitor(who, "")):
                order.append(f"{who}{number}")
                await asyncio.sleep(0)

        asked = [("a", i) for i in range(6)] + [("b", 0)]
        await asyncio.gather(*(ask(*one) for one in asked))
        return order

    order = apart(asyncio.run, crowd())
    assert order == ["a0", "a1", "a2", "b0", "a3", "a4", "a5"]


def test_who_is_seen_to_leave_gives_up_the_place_in_line():
    async def crowd() -> None:
        places, gone = FairPlaces(1), asyncio.Event()

        async def has_left() -> bool:
            return gone.is_set()

        async with places.taken(Visitor("a", "")):
            gone.set()
            with pytest.raises(PageError):
                async with places.taken(Visitor("b", ""), has_left):
                    raise AssertionError("there was no place")
        async with asyncio.timeout(60), places.taken(Visitor("c", "")):
            pass

    apart(asyncio.run, crowd())


def test_who_gives_up_leaves_no_place_taken():
    async def leave() -> None:
        places = FairPlaces(1)
        inside, asked = asyncio.Event(), Visitor("a", "")

        async def stay() -> None:
            async with places.taken(asked):
                inside.set()
                await asyncio.Event().wait()

        holder = asyncio.create_task(stay())
        await inside.wait()
        waiter = asyncio.create_task(stay())
        await asyncio.sleep(0)
        for task in (waiter, holder):  # one that waits, one that has it
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        async with asyncio.timeout(60), places.taken(asked):
            pass

    apart(asyncio.run, leave())
