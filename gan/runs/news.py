"""What a training tells the process that started it when the disk takes nothing: lines of JSON in a
pipe."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

FD = "GAN_NEWS_FD"  # environment variable: the pipe's end in the training
MAX_BYTES = 64 * 2**10  # of what is unread; the oldest goes first
PIPES = sys.platform != "win32"  # there no descriptor is inherited


def tell(news: Mapping[str, Any]) -> None:
    """Leave `news` for the process that started this one, if one did; never waits, never fails."""
    with suppress(OSError, ValueError):
        fd = int(os.environ[FD]) if FD in os.environ else -1
        if fd >= 0:
            os.set_blocking(fd, False)  # nobody may be reading
            os.write(fd, json.dumps(news).encode() + b"\n")


class News:
    """The reader's end of a training's pipe."""

    def __init__(self) -> None:
        """`its` is the training's end, to be closed once it has it; -1 where there are no pipes."""
        self._ours, self.its = os.pipe() if PIPES else (-1, -1)
        self._unread = b""
        if PIPES:
            os.set_blocking(self._ours, False)

    def read(self) -> list[dict[str, Any]]:
        """What was told since the last call, oldest first; returns at once."""
        with suppress(OSError):  # nothing new, or closed
            while self._ours >= 0 and (data := os.read(self._ours, MAX_BYTES)):
                self._unread = (self._unread + data)[-MAX_BYTES:]
        *whole, self._unread = self._unread.split(b"\n")
        found = []
        for line in whole:
            with suppress(ValueError, RecursionError):
                news = json.loads(line)
                if isinstance(news, dict):
                    found.append(news)
        return found

    def hand_over(self) -> None:
        """Close the training's end here, once the process has its own."""
        self.its = _closed(self.its)

    def close(self) -> None:
        """Close both ends; idempotent."""
        self.hand_over()
        self._ours = _closed(self._ours)


def _closed(fd: int) -> int:
    if fd >= 0:
        with suppress(OSError):
            os.close(fd)
    return -1
