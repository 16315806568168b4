"""Preloads what trainings need once the server is up, has shown its first picture, and is idle."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from gan.ui.server import machine
from gan.ui.server.routes import Context

CALM_S = 2.0  # since the last picture request
LOOK_S = 0.5
LEAST_FREE = 2**30  # bytes: the preloaded process takes about 330 MB


def start(context: Context) -> threading.Thread:
    """Wait for the server to be idle, on a thread of its own that then ends."""
    thread = threading.Thread(target=_watch, args=(context,), name="warmup", daemon=True)
    thread.start()
    return thread


def _watch(context: Context) -> None:
    while context.painting.idle_s() < CALM_S:
        time.sleep(LOOK_S)
    if (free := free_memory()) is None or free >= LEAST_FREE:
        with suppress(RuntimeError):  # the server is closing
            context.train_thread.submit(context.supervisor.prepare)


def free_memory() -> int | None:
    """Memory available to processes in bytes; None if the system does not report it."""
    found = machine.memory_kb().get("MemAvailable")
    return None if found is None else 1024 * found
