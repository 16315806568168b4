"""Shared resources for long jobs: worker threads, a bounded LRU cache, per-session upload
quotas."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Value = TypeVar("Value")


def one_thread(name: str) -> ThreadPoolExecutor:
    """A single-thread executor; at normal priority, as the thread may hold the GIL."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)


class Kept(Generic[Value]):
    """LRU cache of `capacity` values; thread-safe, but two threads may compute one value at
    once."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple, Value] = OrderedDict()

    def find(self, key: tuple) -> Value | None:
        """The cached value of `key`, or None; for values that are reported while being computed."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: tuple, value: Value) -> None:
        """Store `value`, evicting the least recently used."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)

    def get(self, key: tuple, make: Callable[[], Value]) -> Value:
        """The value of `key`, computed on a miss."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        self.put(key, value)
        return value


class Quota:
    """Bytes uploaded per session; sessions beyond `sessions` are forgotten. Thread-safe."""

    def __init__(self, *, most: int, sessions: int = 10_000) -> None:
        self._most, self._sessions = most, sessions
        self._lock = threading.Lock()
        self._sent: OrderedDict[str, int] = OrderedDict()

    def sent(self, session: str, size: int = 0) -> int:
        """Add `size` and return the session's total."""
        with self._lock:
            if size:
                self._sent[session] = self._sent.pop(session, 0) + size
            while len(self._sent) > self._sessions:
                self._sent.popitem(last=False)
            return self._sent.get(session, 0)

    def allows(self, session: str, size: int) -> bool:
        """Count `size` more; False if that exceeds the quota."""
        return self.sent(session, size) <= self._most
