"""State that every board polls: models and runs, with this visitor's rights."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import pulled, weights_of_run
from gan.config import WeightsConfig
from gan.messages import NO_MESSAGE, Message
from gan.runs import LIVE, has_checkpoint
from gan.runs.moments import readings
from gan.ui.server.routes import NEVER, Context, Handler, on, session_of
from gan.ui.server.views import run_json

RESUMABLE = ("interrupted", "stopped")
SHARED_S = 1.0  # a page asks no more often by itself
ASKING_S = 12.0  # a session counts this long after its last request
MOST_ASKING = 1000  # counted at most
NO_SESSION = ""  # owner of nothing
PRESS_AGAIN = (
    "the step is not done yet; press Stop once more to end it now, and lose what came after the "
    "last checkpoint"
)


def status_json(context: Context, session: str, status: Any) -> dict[str, Any]:
    """A run's status with this visitor's rights."""
    theirs = context.profile.local or context.owners.owns(session, status.id)
    if not context.profile.local:  # paths on this machine are private
        message = status.message if theirs else NO_MESSAGE
        status = replace(status, data=status.data.partition(":")[0], message=message)
    elif status.state in LIVE and context.supervisor.is_late(status.id):
        status = replace(status, message=Message(PRESS_AGAIN))
    over = status.state in RESUMABLE
    kept = over and has_checkpoint(status.path)
    told = run_json(
        status,
        steerable=context.may_steer(session, status.id),
        resumable=theirs and kept,
        forkable=theirs and over and not kept and bool(weights_of_run(status.path)),
    )
    if status.state == "starting":
        starts = {start.run_id: start for start in context.supervisor.starting()}
        found = starts.get(status.id)
        told["start"] = found.progress() if found else {"stage": "first"}
    return told


def may_have(context: Context, session: str, run_id: str) -> bool:
    """Whether this visitor may see a run's real images and take its model away: in public, of one
    that learned from a visitor's own images, only its owner."""
    config = context.runs.config(run_id)
    return context.may_see_data(session, run_id, "" if config is None else config.data)


def run_of(context: Context, ref: str) -> str:
    """The run id of `run:ID`, whatever moment follows; empty for any other model."""
    is_run = ref.startswith("run:")
    return context.runs.moment(ref.removeprefix("run:")).run if is_run else ""


def class_names_for(
    context: Context, session: str, ref: str, config: WeightsConfig
) -> tuple[str, ...]:
    """The names of a model's classes as this visitor may read them; empty, so that numbers are
    shown, where they are the folders of somebody else's own images."""
    run_id = run_of(context, ref)
    theirs = not run_id or context.may_see_data(session, run_id, config.data)
    return config.class_names if theirs else ()


def state_models(context: Context, session: str, *also: str) -> list[dict[str, Any]]:
    """The models that there are; the classes of a visitor's own pictures by number for others."""
    return context.models.listed(*also, names_of=partial(context.may_see_data, session))


@dataclass
class Shared:
    """What those see who own none of the runs, made once for all of them, and who asks for it."""

    asking: TTLCache[str, bool] = field(default_factory=lambda: TTLCache(MOST_ASKING, ASKING_S))
    lock: threading.Lock = field(default_factory=threading.Lock)
    mark: object = None
    made_at: float = 0.0
    body: bytes = b""

    def seen(self, session: str) -> int:
        """Count one session; returns how many have asked lately."""
        with self.lock:
            self.asking[session] = True
            return len(self.asking)


def _told(context: Context, session: str, also: tuple[str, ...]) -> bytes:
    """The reply to one visitor. For those who own none of the runs it is made at most once in
    SHARED_S; who asks for an older run has one of their own, and everybody while one starts."""
    shared, runs = context.part(Shared), context.runs
    asking = shared.seen(session)
    ids = {status.id for status in runs.newest()}
    told = {status.id for status in runs.newest(*also)}  # more, if what is asked for is there
    mine = context.profile.local or any(context.owners.owns(session, run_id) for run_id in told)
    if mine or runs.starting() or told != ids:
        return _made(context, session, also, asking)
    with shared.lock:
        mark, now = (runs.changes, ids, pulled()), time.monotonic()
        if shared.mark != mark or now - shared.made_at > SHARED_S:
            shared.body = _made(context, NO_SESSION, (), asking)
            shared.mark, shared.made_at = mark, now
        return shared.body


def _made(context: Context, session: str, also: tuple[str, ...], asking: int) -> bytes:
    told = {
        "models": state_models(context, session, *also),
        "runs": [status_json(context, session, s) for s in context.runs.newest(*also)],
        "asking": asking,
    }
    return bytes(JSONResponse(told).body)


async def state(context: Context, request: Request) -> Response:
    """Models and runs, polled by the header and every board, and how many sessions poll.

    run, model: what this page has open, included however old it is.
    """
    session, query = session_of(request), request.query_params
    model = query.get("model", "").removeprefix("run:")
    also = (query.get("run", ""), *(moment.run for moment in readings(model)))

    body = await on(context.disk_thread, _told, context, session, also)
    return Response(body, media_type="application/json", headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/state", state),)
