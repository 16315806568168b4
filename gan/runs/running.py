"""A training of this server: starting, or running with its stream of commands."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from gan.errors import RunError
from gan.runs import prefork
from gan.runs.killing import STOP_TIMEOUT_S, kill, mark_as_ended
from gan.runs.prefork import Child

log = logging.getLogger(__name__)
MOST_COMMANDS = 256  # queued for a training

Stage = Literal["loading", "data", "first"]


class Input:
    """Commands for a training, written by a thread of its own so that callers never block."""

    def __init__(self) -> None:
        self._lines: queue.Queue[bytes | None] = queue.Queue()

    def open(self, stream: IO[bytes]) -> None:
        """The process exists now: write earlier commands first."""
        threading.Thread(target=self._write, args=(stream,), name="steer", daemon=True).start()

    def send(self, line: bytes) -> None:
        if self._lines.qsize() >= MOST_COMMANDS:
            raise RunError("the training takes no commands at the moment; stop it, or wait")
        self._lines.put(line)

    def close(self) -> None:
        """Close the process's input after pending commands."""
        self._lines.put(None)

    def _write(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError):  # it has just ended
            while (line := self._lines.get()) is not None:
                stream.write(line)
                stream.flush()
        with suppress(OSError, ValueError):
            stream.close()


@dataclass
class Start:
    """A training that is starting: there is no folder to watch yet."""

    run_id: str
    run_dir: Path
    preset: str = ""
    data: str = ""
    began_at: float = field(default_factory=time.time)  # Unix time in seconds
    stage: Stage = "loading"
    is_new: bool = True  # the folder is its own, and is removed if the start is cancelled
    begun: Callable[[], None] = lambda: None
    child: Child | None = None
    input: Input = field(default_factory=Input)
    cancelled: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    problem: BaseException | None = None

    def progress(self) -> dict[str, Any]:
        """For the page: the stage, seconds so far, and about how many loading takes in total."""
        return {
            "stage": self.stage,
            "seconds": round(time.time() - self.began_at, 1),
            "loading_s": round(prefork.loading_s(), 1),
        }


class Running:
    """A training process, its command stream, and whether it has been asked to stop."""

    def __init__(self, child: Child, input: Input, run_dir: Path) -> None:
        self.child, self.input, self.run_dir = child, input, run_dir
        self.asked_at: float | None = None  # to stop, by time.monotonic
        self.ending = False  # it is being killed, and its folder told
        self.timer: threading.Timer | None = None

    @property
    def is_over(self) -> bool:
        return self.child.poll() is not None and not self.ending

    @property
    def is_late(self) -> bool:
        """Whether it was asked to stop and has not, for longer than a step should take."""
        asked, goes_on = self.asked_at, self.child.poll() is None
        return goes_on and asked is not None and time.monotonic() - asked >= STOP_TIMEOUT_S

    def end(self) -> None:
        """Kill it in the background, and have its folder say so."""
        if not self.ending:
            self.ending = True
            threading.Thread(target=self._end, name="kill", daemon=True).start()

    def _end(self) -> None:
        try:
            if self.child.poll() is None:
                log.warning(
                    "a training did not stop when asked and is killed",
                    extra={"fields": {"run": self.run_dir.name}},
                )
            kill(self.child)
            mark_as_ended(self.run_dir)
        finally:
            self.ending = False

    def release(self) -> None:
        """Close the file descriptors of a finished process."""
        if self.timer is not None:
            self.timer.cancel()
        self.input.close()
        self.child.close()
