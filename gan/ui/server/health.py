"""/healthz, for a container's or a platform's health check: can this server answer, and train?"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import gan
from gan.ui.server.profile import HEALTH
from gan.ui.server.routes import NEVER, Context, Handler
from gan.ui.server.training_queue import Turns

ANSWER_S = 3.0  # how long the trainings' supervisor may take
OK, QUEUE, SUPERVISOR, CLOSING = "ok", "queue", "supervisor", "closing"


class Health:
    """One look at a time, however many ask: what hangs must not collect requests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look: Future[str] | None = None

    async def state(self, context: Context) -> str:
        """`ok`, or what does not work."""
        with self._lock:
            if self._look is None or self._look.done():
                try:
                    self._look = context.control_thread.submit(_look, context)
                except RuntimeError:
                    return CLOSING
            look = asyncio.wrap_future(self._look)
        done, _ = await asyncio.wait([look], timeout=ANSWER_S)
        if look.cancelled():
            return CLOSING
        return look.result() if done and look.exception() is None else SUPERVISOR


def _look(context: Context) -> str:
    context.supervisor.running()
    return OK if context.part(Turns).is_alive() else QUEUE


async def healthz(context: Context, _: Request) -> Response:
    """200 with version and state, or 503. Cheap, without a session and a rate limit."""
    state = await context.part(Health).state(context)
    status = 200 if state == OK else 503
    body = {"version": gan.__version__, "state": state}
    return JSONResponse(body, status_code=status, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", HEALTH, healthz),)
