"""Talks to the Hub from a long-lived process: through a child with a timeout and no secrets."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from gan.errors import HubError, HubErrorKind
from gan.hub.failures import SLOW
from gan.hub_environment import environment
from gan.messages import Message

PATIENCE_S = 30.0  # without progress: 256 KB, or a response
ASK_S = 0.1  # polling interval for the timeout and `cancelled`
LEAVE_S = 3.0  # to remove partial downloads, before it is killed
# what is said of a child that did not finish; {repo} is its title
FETCH_LOST: Mapping[HubErrorKind, str] = {
    "cancelled": "pulling {repo} was cancelled; nothing was kept",
    "slow": SLOW,
    "server": "asking the Hub about {repo} ended without a word; try again",
}


def never() -> bool:
    return False


def saved_token() -> str:
    """The Hub login saved on this machine, or empty."""
    from huggingface_hub import get_token  # noqa: PLC0415 - slow to import, rarely needed

    return get_token() or ""


def ask(
    task: Mapping[str, Any],
    *,
    title: str | Message,
    token: str | Literal[False] = False,
    limit_s: float,
    patience_s: float = PATIENCE_S,
    cancelled: Callable[[], bool] = never,
    module: str = "gan.hub.fetch",
    lost: Mapping[HubErrorKind, str] = FETCH_LOST,
) -> Iterator[dict[str, Any]]:
    """The replies of a child running `module` on `task`; closing the iterator kills it.

    Raises the errors it reports, and HubError with the templates in `lost` if it exceeds `limit_s`,
    is silent for `patience_s`, or `cancelled` returns true.
    """

    def gone(kind: HubErrorKind) -> HubError:
        return HubError(kind, lost[kind], repo=title, limit_s=f"{limit_s:.0f}")

    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; we stop the child
        env=environment(),
    )
    try:
        _send(process, {**task, "title": str(title), "token": token})
        for reply in _replies(process, gone, limit_s, patience_s, cancelled):
            if "error" in reply:
                raise HubError.from_json(reply["error"])
            if "end" in reply:
                return
            yield reply
        raise gone("server")
    finally:
        _end(process)


def _send(process: subprocess.Popen[bytes], task: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it exited before: its silence is reported as that
        process.stdin.write(json.dumps(task).encode() + b"\n")
        process.stdin.flush()


def _replies(
    process: subprocess.Popen[bytes],
    gone: Callable[[HubErrorKind], HubError],
    limit_s: float,
    patience_s: float,
    cancelled: Callable[[], bool],
) -> Iterator[dict[str, Any]]:
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    ends = time.monotonic() + limit_s
    news = time.monotonic() + patience_s
    while True:
        if cancelled():
            raise gone("cancelled")
        try:
            line = lines.get(timeout=min(ASK_S, max(limit_s / 10, 0.01)))
        except queue.Empty:
            line = None
        if line is not None:
            if not line:
                return
            news = time.monotonic() + patience_s
            yield json.loads(line)
        if time.monotonic() > min(ends, news):
            raise gone("slow")


def _read(process: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError):  # closed under us when it is ended
        for line in process.stdout:
            lines.put(line)
    lines.put(b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(LEAVE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
