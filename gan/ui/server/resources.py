"""Shared resources for long jobs: worker threads, a bounded LRU cache, upload quotas per visitor
and address, and room for what is coming."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")
Key = tuple[Hashable, ...]
DAY_S = 24 * 3600
COUNTED = 10_000  # sessions and addresses whose uploads are counted
ADDRESS_SHARE = 4  # visitors' worth of uploads from one address


def one_thread(name: str) -> ThreadPoolExecutor:
    """A single-thread executor; at normal priority, as the thread may hold the GIL."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)


class Kept(Generic[Value]):
    """LRU cache of `capacity` values; thread-safe, but two threads may compute one value at
    once."""

    def __init__(self, *, capacity: int) -> None:
        self._lock = threading.Lock()
        self._values: LRUCache[Key, Value] = LRUCache(capacity)

    def find(self, key: Key) -> Value | None:
        """The cached value of `key`, or None; for values that are reported while being computed."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Store `value`, evicting the least recently used."""
        with self._lock:
            self._values[key] = value

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of `key`, computed on a miss."""
        with self._lock:
            if key in self._values:
                return self._values[key]
        value = make()
        self.put(key, value)
        return value


class Quota:
    """Bytes uploaded a day: per session, and several times as many per address, as a session is
    whatever a visitor says. Thread-safe.

    clock: Unix time in seconds; the days are UTC's.
    """

    def __init__(self, *, most: int, clock: Callable[[], float] = time.time) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._day = 0
        # apart: however many sessions are made up, they displace no address
        self._by_session: LRUCache[str, int] = LRUCache(COUNTED)
        self._by_address: LRUCache[str, int] = LRUCache(COUNTED)

    def left(self, session: str, address: str) -> int:
        """Bytes that may still be sent today."""
        with self._lock:
            self._turn()
            mine = self._most - self._by_session.get(session, 0)
            theirs = ADDRESS_SHARE * self._most - self._by_address.get(address, 0)
        return max(0, min(mine, theirs))

    def add(self, session: str, address: str, size: int) -> None:
        """Count `size` more bytes."""
        with self._lock:
            self._turn()
            self._by_session[session] = self._by_session.get(session, 0) + size
            self._by_address[address] = self._by_address.get(address, 0) + size

    def _turn(self) -> None:
        if (day := int(self._clock() // DAY_S)) != self._day:
            self._day = day
            self._by_session.clear()
            self._by_address.clear()


class Room:
    """Bytes that all visitors' uploads may take while they come. Thread-safe."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self.taken = 0

    def take(self, size: int) -> bool:
        """Count `size` more, to be given back whatever comes; False if there is no room."""
        with self._lock:
            self.taken += size
            return self.taken <= self._most

    def give_back(self, size: int) -> None:
        """So many bytes have come whole, or never will."""
        with self._lock:
            self.taken -= size
