"""The other side of gan.hub.client.ask: a process that may talk to the Hub, and can be killed.

One task comes as a line of JSON on standard input, messages go as lines of JSON to standard
output; the task holds the token, where there is one. It ends when its input closes.
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

from gan.errors import HubChoice, HubError

OVERDUE_S = 5.0  # for a client whose threads do not let it go
Message = dict[str, Any]
Token = str | Literal[False]


def serve(
    work: Callable[[dict[str, Any], Token], Iterator[Message]],
    told: Callable[[Exception, dict[str, Any], Token], HubError],
) -> None:
    """Do the one task that comes; `told` makes a sentence of what goes wrong."""
    task = json.loads(sys.stdin.readline())
    token: Token = task.pop("token", None) or False
    _end_with_parent()
    try:
        for message in work(task, token):
            say(message)
        say({"end": True})
    except HubChoice as error:
        say({"error": str(error), "kind": error.kind, "files": error.files})
    except Exception as error:  # the process's edge: whatever it is becomes a sentence
        sentence = told(error, task, token)
        say({"error": str(sentence), "kind": sentence.kind})


def say(message: Mapping[str, Any]) -> None:
    """A message to the parent; there is nobody to tell where it is gone."""
    try:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
    except OSError:
        os._exit(1)


def _end_with_parent() -> None:
    """End when the parent ends, closes our input or says so: with what is half fetched removed."""

    def leave(*_: object) -> None:
        raise SystemExit(1)  # the client removes its temporary file on the way out

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)  # not sys.stdin, whose lock would be held at our end
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(OVERDUE_S)
        os._exit(1)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=watch, daemon=True).start()
