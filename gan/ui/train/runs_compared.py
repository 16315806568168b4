"""Runs beside each other: their curves, settings and pictures, and whom they come from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.errors import GanError
from gan.runs import RunReader, RunStatus
from gan.ui.server.routes import NEVER, Context, Handler, on, session_of
from gan.ui.server.settings import settings_json
from gan.ui.server.state import status_json
from gan.ui.server.views import PageError, is_number
from gan.ui.train.run_list import COMPARED, RunListCache

COMPARE_POINTS = 400  # points per curve; each bucket keeps its extremes
SERIES = (
    "fd", "loss_g", "loss_d", "score_real", "score_held_out", "score_fake", "grad_norm_g",
    "grad_norm_d", "bits", "bits_held_out", "velocity_error",
    "velocity_error_held_out", "drift_size", "drift_floor", "images_per_s",
)  # fmt: skip
MOST_NODES = 60  # of a tree
FURTHEST = 50  # parents of a run


class Parents:
    """What each run was forked from, read once: a run keeps its parent."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, float], tuple[str, int | None]] = {}

    def of(self, status: RunStatus) -> tuple[str, int | None]:
        """(id, nimg) of a run's parent; an empty id where there is none."""
        key = (status.path, status.started_at)  # a name may have been taken again
        if key not in self._known:
            try:
                name, _, nimg = RunReader(status.path).config().parent.rpartition("@")
            except (GanError, OSError):
                return "", None  # not written yet
            self._known[key] = (name, int(nimg) if nimg.isdecimal() else None)
        return self._known[key]


def family(chosen: list[str], parents: dict[str, tuple[str, int | None]]) -> list[dict[str, Any]]:
    """The chosen runs with all that they come from and all forks of those, parents first.

    parents: (id, nimg) of every run's parent by its id, "" for none. A parent that was deleted is
    a node too.
    """
    roots = dict.fromkeys(_root(run_id, parents) for run_id in chosen)
    forks: dict[str, list[str]] = {}
    for run_id, (parent, _) in parents.items():
        if parent:
            forks.setdefault(parent, []).append(run_id)
    nodes: list[dict[str, Any]] = []
    waiting = [(run_id, 0) for run_id in reversed(roots)]
    seen: set[str] = set()
    while waiting and len(nodes) < MOST_NODES:
        run_id, depth = waiting.pop()
        if run_id in seen:
            continue
        seen.add(run_id)
        parent, nimg = parents.get(run_id, ("", None))
        nodes.append(
            {"id": run_id, "depth": depth, "at": nimg if parent else None,
             "gone": run_id not in parents}
        )  # fmt: skip
        beneath = sorted(forks.get(run_id, []), key=lambda fork: parents[fork][1] or 0)
        waiting += [(fork, depth + 1) for fork in reversed(beneath)]
    return nodes


def _root(run_id: str, parents: dict[str, tuple[str, int | None]]) -> str:
    for _ in range(FURTHEST):
        parent, _ = parents.get(run_id, ("", None))
        if not parent:
            break
        run_id = parent
    return run_id


def _facts(context: Context, session: str, status: RunStatus) -> dict[str, Any]:
    config = context.runs.config(status.id)
    settings = {} if config is None else settings_json(config) | {"seed": str(config.seed)}
    told = status_json(context, session, status)
    return {
        "settings": {"preset": told["preset"], "data": told["data"]} | settings,
        "snapshots": RunReader(status.path).snapshots(),
        "since": told["since"],
    }


async def compared(context: Context, request: Request) -> Response:
    """Settings and snapshots of each run that is compared, and the tree of their family."""
    ids = [part for part in request.query_params.get("ids", "").split(",") if part]
    session = session_of(request)
    if not 1 <= len(ids) <= COMPARED:
        raise PageError("gan_error_request")

    def read() -> dict[str, Any]:
        chosen = [context.runs.status(run_id) for run_id in ids]
        known = context.part(Parents)
        parents = {status.id: known.of(status) for status in context.runs.statuses()}
        return {
            "runs": {status.id: _facts(context, session, status) for status in chosen},
            "tree": family(ids, parents),
        }

    return JSONResponse(await on(context.list_thread, read), headers=NEVER)


async def curves(context: Context, request: Request) -> Response:
    """One series of several runs: (nimg, seconds, value) rows, thinned without losing extremes."""
    ids = [part for part in request.query_params.get("ids", "").split(",") if part]
    series = request.query_params.get("series", "")
    if series not in SERIES or not 1 <= len(ids) <= COMPARED:
        raise PageError("gan_error_request")

    def read() -> dict[str, Any]:
        found = {}
        for run_id in ids:
            status = context.runs.status(run_id)
            is_measure = series == "fd"
            rows = (
                RunReader(status.path).measures()
                if is_measure
                else context.part(RunListCache).rows(status)
            )
            found[run_id] = thin_curve(points_of(rows, series), COMPARE_POINTS)
        return {"series": series, "curves": found}

    return JSONResponse(await on(context.list_thread, read), headers=NEVER)


Point = tuple[int, float, float]


def points_of(rows: list[dict[str, Any]], series: str) -> list[Point]:
    """(nimg, seconds, value) of every row whose value is a finite number."""
    points = []
    for row in rows:
        value, seconds = row.get(series), row.get("seconds")
        if is_number(value) and math.isfinite(value) and is_number(seconds):
            points.append((int(row["nimg"]), float(seconds), float(value)))
    return points


def thin_curve(points: list[Point], limit: int) -> list[Point]:
    """At most `limit` points: the minimum and maximum of each bucket, and both ends."""
    if len(points) <= limit:
        return points
    stretches = (limit - 2) // 2
    kept = {0, len(points) - 1}
    for i in range(stretches):
        part = range(i * len(points) // stretches, (i + 1) * len(points) // stretches)
        kept |= {min(part, key=lambda j: points[j][2]), max(part, key=lambda j: points[j][2])}
    return [points[i] for i in sorted(kept)]


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/runs/compared", compared),
    ("GET", "/_gan/runs/curves", curves),
)
