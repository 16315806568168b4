"""The child side of gan.hub.client.ask: a process that may talk to the Hub, and can be killed.

One task arrives as a JSON line on standard input, replies go as JSON lines to standard output; the
task includes the token, if any. The process exits when its input closes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from gan.errors import HubError

OVERDUE_S = 5.0  # for a client whose threads do not stop
Reply = dict[str, Any]
Token = str | Literal[False]


def serve(
    work: Callable[[dict[str, Any], Token], Iterator[Reply]],
    told: Callable[[Exception, dict[str, Any], Token], HubError],
) -> None:
    """Run the single task received; `told` turns exceptions into sentences."""
    task = json.loads(sys.stdin.readline())
    token: Token = task.pop("token", None) or False
    _end_with_parent()
    try:
        for reply in work(task, token):
            say(reply)
        say({"end": True})
    except Exception as error:  # the process boundary: every exception becomes a sentence
        say({"error": told(error, task, token).to_json()})


def say(reply: Mapping[str, Any]) -> None:
    """Send a reply to the parent; ignored if it is gone."""
    try:
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
    except OSError:
        os._exit(1)


def _end_with_parent() -> None:
    """Exit when the parent exits, closes our input or asks for it, removing partial downloads."""

    def leave(*_: object) -> None:
        raise SystemExit(1)  # the client removes its temporary file on the way out

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)  # not sys.stdin, whose lock would be held at our end
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(OVERDUE_S)
        os._exit(1)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=watch, daemon=True).start()
