"""Train: steer this visitor's runs, watch any."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from typing import Any

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import RunConfig
from gan.data import is_shared
from gan.errors import DataError, GanError
from gan.kinds import kind_of
from gan.metrics.findings import REMEDY_NAMES
from gan.models import parameter_counts
from gan.presets import resolve_widths
from gan.runs import Cancelled, check_free, train_argv
from gan.settings import apply_settings
from gan.training.learner import GRID, fixed_noise
from gan.ui.server import drawings
from gan.ui.server.in_turn import in_turn
from gan.ui.server.logs import identified
from gan.ui.server.public_limits import check_cost, check_public
from gan.ui.server.routes import (
    FOREVER,
    NEVER,
    Context,
    Handler,
    json_of,
    number_in,
    on,
    session_of,
)
from gan.ui.server.runs import Watched
from gan.ui.server.settings import settings_json, typed_settings
from gan.ui.server.state import may_have, status_json
from gan.ui.server.training_queue import Turns, note_viewer
from gan.ui.server.views import (
    PageError,
    error_json,
    finding_json,
    health_json,
    real_number,
    step_json,
)
from gan.ui.train import own_images
from gan.ui.train.run_list import RunListCache

log = logging.getLogger(__name__)
POINTS = 500  # curve rows in the first reply; later ones send only new rows
ACTIVE = ("starting", "running", "paused")
PICTURES = {"reals": "reals.webp", "before": "step-before.webp", "after": "step-after.webp"}
MAX_PICTURE = 4 * 2**20  # bytes
MOST_STEPS_PER_S = 1000.0
MOST_FAILED = 256  # starts whose error is known


# ---- steering ---------------------------------------------------------------------------------


async def steer(context: Context, request: Request) -> Response:
    """Pause, resume, stop, step, slow down or change a run; unknown and foreign look the same.

    Runs on a thread without slow work: a command never waits for a start, rendering or measuring.
    """
    form, session = await json_of(request), session_of(request)
    run_id, order = str(form.get("id", "")), str(form.get("command"))
    if order not in ORDERS:
        raise PageError("gan_error_request")

    def send() -> bool:
        """Send a command; False if a finished run is to resume: that needs a new process."""
        if order == "resume" and _may_go_on(context, session, run_id):
            return False
        if not context.may_steer(session, run_id):
            if order in OVER_IS_FINE and _has_just_ended(context, session, run_id):
                return True
            raise PageError("gan_error_unknown_run", status=404)
        more = ORDERS[order](context, run_id, form)
        context.supervisor.send(run_id, {"command": order} | more)
        context.runs.forget()
        return True

    if not await on(context.control_thread, send):
        await on(context.train_thread, _go_on, context, session, run_id)
    return JSONResponse({}, headers=NEVER)


def _plain(context: Context, run_id: str, form: dict[str, Any]) -> dict[str, Any]:
    return {}


def _step(context: Context, run_id: str, form: dict[str, Any]) -> dict[str, Any]:
    if form.get("what") not in ("d", "g", "both"):
        raise PageError("gan_error_request")
    return {"what": form["what"]}


def _slow(context: Context, run_id: str, form: dict[str, Any]) -> dict[str, Any]:
    rate = real_number("steps_per_s", form.get("steps_per_s"), low=0, high=MOST_STEPS_PER_S)
    return {"steps_per_s": rate}


def _set(context: Context, run_id: str, form: dict[str, Any]) -> dict[str, Any]:
    """Validated here, so that an error appears at its field; the run validates it again."""
    settings = typed_settings(form.get("settings"))
    check_public(context, settings)
    if (config := context.runs.config(run_id)) is not None:
        check_cost(context, apply_settings(config, settings), settings)
    remedy = form.get("remedy")
    return {"settings": settings} | ({"remedy": remedy} if remedy in REMEDY_NAMES else {})


ORDERS = {
    "pause": _plain, "resume": _plain, "stop": _plain, "step": _step, "slow": _slow, "set": _set,
}  # fmt: skip
# A run may end by itself between the page's last poll and a press: what these ask for is true then.
OVER_IS_FINE = ("pause", "stop", "step", "slow")


def _has_just_ended(context: Context, session: str, run_id: str) -> bool:
    """Whether a run that this visitor started is over, so that there is nothing left to steer."""
    if not context.owners.owns(session, run_id):
        return False
    try:
        return _is_over(context, run_id)
    except PageError:  # no such run
        return False


def _may_go_on(context: Context, session: str, run_id: str) -> bool:
    """Whether this visitor may resume a finished run; in public only while nothing else runs."""
    local = context.profile.local
    if not (local or context.owners.owns(session, run_id)):
        return False
    over = _is_over(context, run_id)
    if not context.supervisor.owns(run_id):  # a terminal's: the error names its process
        check_free(context.runs.status(run_id).path)
    if not over:
        return False
    _check_data_is_there(context, session, run_id)
    if not local and context.part(Turns).is_taken(context.supervisor):
        raise PageError("gan_error_busy", status=409)
    return True


def _check_data_is_there(context: Context, session: str, run_id: str) -> None:
    """In public a deleted set is named as that: the training's own error has this server's path."""
    config = context.runs.config(run_id)
    if context.profile.local or config is None or is_shared(config.data):
        return
    if not any(kind.is_mine(context, session, config.data) for kind in (own_images, drawings)):
        raise DataError("this set of images is not there any more; choose or upload another")


def _is_over(context: Context, run_id: str) -> bool:
    context.runs.forget()
    return context.runs.status(run_id).state not in ACTIVE


def _go_on(context: Context, session: str, run_id: str) -> None:
    """Resume a run whose process has ended, from its last checkpoint."""
    status = context.runs.status(run_id)
    argv = train_argv(status.preset, resume=status.path, steer=True)
    context.supervisor.launch(argv, status.path, preset=status.preset, data=status.data)
    context.owners.claim(session, run_id)
    if context.profile.limit_s is not None:
        context.part(Turns).began(max(0.0, context.profile.limit_s - status.seconds))
    context.runs.forget()


# ---- watching ---------------------------------------------------------------------------------


async def run(context: Context, request: Request) -> Response:
    """Everything new in a run since the page's last poll.

    after, seen: nimg of the page's last row and snapshot; shots: how many snapshots it has (if some
    were thinned since, the full list is sent); measured: nimg of its last measure; events: how many
    it has; step: number of its last single step; mark: version of the settings. What the page
    already has is not sent again.
    """
    run_id, session = request.query_params.get("id", ""), session_of(request)
    names = ("after", "seen", "shots", "measured", "events", "step", "mark")
    had = {name: number_in(request, name, -1) for name in names}

    def look() -> dict[str, Any]:
        problem = _problem(context, session, run_id)
        try:
            status, watched = context.runs.look(run_id)
        except PageError:
            if problem is not None:  # a failed start has nothing else to show
                return {"gone": error_json(problem)}
            if had["mark"] >= 0:  # the page has seen it: somebody deleted it since
                return {"gone": error_json(PageError("gan_run_deleted", name=run_id, status=404))}
            raise
        note_viewer(context, run_id)
        again = had["after"] > max(status.nimg, 0)  # reset to an older checkpoint: resend all
        news = _news(watched, dict.fromkeys(names, -1) if again else had)
        if not may_have(context, session, run_id):
            news["reals"] = False
            if "classes" in news:  # folder names of somebody's own
                news["classes"] = [str(i) for i in range(len(news["classes"]))]
        news["bytes"] = context.part(RunListCache).size(status)
        return news | {
            "status": status_json(context, session, status),
            "problem": None if problem is None else error_json(problem),
            "again": again,
            "viewers": watched.seen_by(session),
        }

    return JSONResponse(await on(context.disk_thread, look), headers=NEVER)


def _problem(context: Context, session: str, run_id: str) -> Exception | None:
    """Why this visitor's training failed to start last time."""
    found = context.supervisor.problem(run_id)
    if found is None or not (context.profile.local or context.owners.owns(session, run_id)):
        return None
    if isinstance(found, Cancelled):
        return PageError("gan_start_cancelled", status=404)
    if isinstance(found, GanError):
        return found
    request = context.part(FailedStarts).request_of(run_id, found)
    return PageError("gan_error_server", status=500, request=request)


class FailedStarts:
    """Unexpected errors of starts: each is logged once, and the page gets its id at each poll.
    Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logged: LRUCache[str, tuple[BaseException, str]] = LRUCache(MOST_FAILED)

    def request_of(self, run_id: str, error: BaseException) -> str:
        """The id under which the log has this error."""
        with self._lock:
            known = self._logged.get(run_id)
            if known is None or known[0] is not error:  # none yet, or an earlier start's
                with identified() as request:
                    log.error("a training did not begin", exc_info=error)
                known = self._logged[run_id] = (error, request)
            return known[1]


def _news(watched: Watched, had: dict[str, int]) -> dict[str, Any]:
    events = watched.events
    known = sum(n <= had["seen"] for n in watched.snapshots)
    thinned = had["shots"] >= 0 and known != had["shots"]
    news = {
        "rows": watched.rows_after(had["after"], POINTS),
        "snapshots": [n for n in watched.snapshots if thinned or n > had["seen"]],
        "thinned": thinned,
        "weights": watched.weights,
        "measures": [m for m in watched.measures if m["nimg"] > had["measured"]],
        "findings": [finding_json(finding) for finding in watched.findings],
        "health": health_json(watched.health),
        "reals": watched.has_reals,
    }
    if len(events) != had["events"]:
        news["history"] = events
    if watched.step is not None and watched.step.get("number") != had["step"]:
        news["step"] = step_json(watched.step)
    if watched.config is not None and watched.config_mark != had["mark"]:
        news |= {"settings": settings_json(watched.config), "mark": watched.config_mark}
        news["classes"] = list(watched.config.class_names)
        news["parameters"] = _parameters(watched.config)
        news["of"] = kind_of(watched.config.model.family)
        config = watched.config
        news["keep_mb"] = config.keep_mb
        news["begun_with"] = {"seed": config.seed, "seconds": config.total_seconds}
    return news


_counts = lru_cache(maxsize=256)(parameter_counts)  # builds both networks each time


def _parameters(config: RunConfig) -> dict[str, int] | None:
    """The sizes of a run's networks; None where its config, whosever it is, builds none."""
    try:
        g, d = _counts(resolve_widths(config).model)
    except Exception:
        log.exception("the networks of a run cannot be counted")
        return None
    return {"g": g, "d": d}


async def snapshot(context: Context, request: Request) -> Response:
    """A snapshot's image: written once by the run, the same bytes for every viewer."""
    run_id, nimg = request.query_params.get("id", ""), number_in(request, "nimg", 0)

    def read() -> bytes:
        watched = context.runs.watched(run_id)
        if nimg not in watched.snapshots and nimg not in watched.reader.snapshots():
            raise PageError("gan_error_no_run", status=404)
        return watched.reader.snapshot(nimg)

    data = await on(context.disk_thread, read)
    return Response(data, media_type="image/webp", headers=FOREVER)


async def tile(context: Context, request: Request) -> Response:
    """z and class of one grid tile, and the saved weights nearest to `nimg`."""
    run_id, index = request.query_params.get("id", ""), number_in(request, "tile", 0)
    if not 0 <= index < GRID:
        raise PageError("gan_error_request")
    ref = f"run:{run_id}@{number_in(request, 'nimg', 0)}"

    def look() -> dict[str, Any]:
        weights = context.models.get(ref)
        z, labels = fixed_noise(weights.generator.z_dim, weights.generator.classes)
        label = None if labels is None else int(labels[index])
        return {"nimg": weights.config.nimg, "z": z[index].tolist(), "label": label}

    return JSONResponse(await in_turn(context.batch, request, look), headers=NEVER)


async def picture(context: Context, request: Request) -> Response:
    """Real samples, or the samples before and after a single step (`n` is the step's number)."""
    run_id, name = request.query_params.get("id", ""), request.query_params.get("name", "")
    if name not in PICTURES:
        raise PageError("gan_error_request")

    session = session_of(request)

    def read() -> bytes:
        _, watched = context.runs.look(run_id)
        file = watched.reader.path / PICTURES[name]
        if name == "reals" and not may_have(context, session, run_id):
            raise PageError("gan_error_no_run", status=404)
        if not file.is_file() or file.stat().st_size > MAX_PICTURE:
            raise PageError("gan_error_no_run", status=404)
        return file.read_bytes()

    data = await on(context.disk_thread, read)
    return Response(data, media_type="image/webp", headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/train/steer", steer),
    ("GET", "/_gan/run", run),
    ("GET", "/_gan/run/picture", picture),
    ("GET", "/_gan/run/tile", tile),
    ("GET", "/_gan/snapshot", snapshot),
)
