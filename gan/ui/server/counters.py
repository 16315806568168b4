"""What a server has counted since it started: numbers for its owner, and nobody's name."""

from __future__ import annotations

import threading
import time
from collections import Counter

KINDS = 200  # names counted; what comes after counts as one
OTHER = "other"


class Counters:
    """Counts of events by group and name. Thread-safe."""

    def __init__(self) -> None:
        self.since = time.time()  # Unix time in seconds
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def add(self, group: str, name: str = "") -> None:
        """Count one more."""
        with self._lock:
            counts = self._counts.setdefault(group, Counter())
            known = name in counts or len(counts) < KINDS
            counts[name if known else OTHER] += 1

    def of(self, group: str) -> dict[str, int]:
        """A group's counts by name, the most frequent first."""
        with self._lock:
            return dict(self._counts.get(group, Counter()).most_common())

    def total(self, group: str) -> int:
        """How many of a group there were."""
        return sum(self.of(group).values())
