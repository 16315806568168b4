"""Shared resources for long jobs: worker threads, a bounded LRU cache, per-session upload
quotas."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")


def one_thread(name: str) -> ThreadPoolExecutor:
    """A single-thread executor; at normal priority, as the thread may hold the GIL."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)


class Kept(Generic[Value]):
    """LRU cache of `capacity` values; thread-safe, but two threads may compute one value at
    once."""

    def __init__(self, *, capacity: int) -> None:
        self._lock = threading.Lock()
        self._values: LRUCache[tuple, Value] = LRUCache(capacity)

    def find(self, key: tuple) -> Value | None:
        """The cached value of `key`, or None; for values that are reported while being computed."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: tuple, value: Value) -> None:
        """Store `value`, evicting the least recently used."""
        with self._lock:
            self._values[key] = value

    def get(self, key: tuple, make: Callable[[], Value]) -> Value:
        """The value of `key`, computed on a miss."""
        with self._lock:
            if key in self._values:
                return self._values[key]
        value = make()
        self.put(key, value)
        return value


class Quota:
    """Bytes uploaded per session; sessions beyond `sessions` are forgotten. Thread-safe."""

    def __init__(self, *, most: int, sessions: int = 10_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._sent: LRUCache[str, int] = LRUCache(sessions)

    def sent(self, session: str, size: int = 0) -> int:
        """Add `size` and return the session's total."""
        with self._lock:
            if size:
                self._sent[session] = self._sent.get(session, 0) + size
            return self._sent.get(session, 0)

    def allows(self, session: str, size: int) -> bool:
        """Count `size` more; False if that exceeds the quota."""
        return self.sent(session, size) <= self._most
