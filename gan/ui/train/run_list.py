"""The run list: browsing, comparing, and what a run's owner may do with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.errors import GanError, RunError
from gan.files import tail_rows
from gan.runs import LIVE, STATES, RunReader, RunStatus, manage
from gan.runs.folder import MEASURES_FILE
from gan.ui.server.routes import NEVER, Context, Handler, json_of, number_in, on, session_of
from gan.ui.server.state import status_json
from gan.ui.server.training_queue import Turns
from gan.ui.server.views import PageError, finite, is_number

SIZE_FRESH_S = 10.0  # a live run grows; its folder is not walked more often than this
COUNTING_S = 0.2  # time for counting bytes, per reply
SHOWN, MOST_SHOWN = 50, 1000  # rows per reply
MAX_QUERY = 200
PURGE_EVERY_S = 600.0
COMPARED = 6  # runs per chart
KEPT_CURVES = 24


@dataclass
class Curve:
    """One run's rows as read so far."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    offset: int = 0


class RunListCache:
    """Cached contents of run folders for the list, so that nothing is read twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[Path, tuple[float, object, int]] = {}
        self._measured: dict[Path, tuple[object, float | None]] = {}
        self._metas: dict[Path, tuple[int, manage.RunMeta]] = {}
        self._planes: dict[Path, tuple[object, bool]] = {}
        self._curves: LRUCache[tuple[Path, float], Curve] = LRUCache(KEPT_CURVES)
        self._purged_at = -PURGE_EVERY_S

    def size(self, status: RunStatus) -> int:
        """Bytes on disk: recounted when the run has changed, every ten seconds while it is live."""
        now, key = time.monotonic(), (status.state, status.nimg, status.started_at)
        at, before, size = self._sizes.get(status.path, (-SIZE_FRESH_S, None, 0))
        fresh = now - at < SIZE_FRESH_S if status.state in LIVE else before == key
        if not fresh:
            size = manage.disk_use(status.path)
            self._sizes[status.path] = (now, key, size)
        return size

    def meta(self, path: Path) -> manage.RunMeta:
        """A run's name and note, re-read when the file has changed."""
        try:
            mark = (path / manage.META_FILE).stat().st_mtime_ns
        except OSError:
            return manage.RunMeta()
        before = self._metas.get(path)
        if before is None or before[0] != mark:
            before = self._metas[path] = (mark, manage.read_meta(path))
        return before[1]

    def total(self, statuses: Sequence[RunStatus]) -> int | None:
        """Total bytes of all runs; None until counting is complete, which advances with each
        call."""
        until, total = time.monotonic() + COUNTING_S, 0
        for status in statuses:
            if time.monotonic() > until and status.path not in self._sizes:
                return None
            total += self.size(status)
        return total

    def forget(self, here: Collection[Path]) -> None:
        """Drop cached data of runs that no longer exist."""
        for known in (self._sizes, self._measured, self._metas, self._planes):
            for path in known.keys() - set(here):
                del known[path]

    def distance(self, path: Path) -> float | None:
        """A run's latest Fréchet distance, or None."""
        try:
            info = (path / MEASURES_FILE).stat()
        except OSError:
            return None
        key = (info.st_mtime_ns, info.st_size)
        before, value = self._measured.get(path, (None, None))
        if before != key:
            known = [m["fd"] for m in RunReader(path).measures() if is_number(m.get("fd"))]
            value = finite(known[-1]) if known else None
            self._measured[path] = (key, value)
        return value

    def is_plane(self, status: RunStatus) -> bool:
        """Whether a run makes points; read once, as no run changes its data."""
        before, plane = self._planes.get(status.path, (None, False))
        if before != status.started_at:
            try:
                plane = RunReader(status.path).config().model.is_plane
            except (GanError, OSError):
                return False  # not written yet, or unreadable
            self._planes[status.path] = (status.started_at, plane)
        return plane

    def rows(self, status: RunStatus) -> list[dict[str, Any]]:
        """All rows of a run; each byte of the file is parsed once."""
        path = status.path
        with self._lock:
            curve = self._curves.setdefault((path, status.started_at), Curve())
            fresh, offset = tail_rows(path / "progress.jsonl", curve.offset)
            went_back = fresh and curve.rows and fresh[0]["nimg"] <= curve.rows[-1]["nimg"]
            if offset < curve.offset or went_back:
                curve.rows = []
                fresh, offset = tail_rows(path / "progress.jsonl", 0)
            curve.rows, curve.offset = curve.rows + fresh, offset
            return curve.rows

    def purge(self, root: Path) -> None:
        """Purge trash entries older than a day, at most every ten minutes."""
        if time.monotonic() - self._purged_at >= PURGE_EVERY_S:
            self._purged_at = time.monotonic()
            manage.purge_old(root)


def may_manage(context: Context, session: str, run_id: str) -> bool:
    """Anyone at home; in public the visitor who started it. Unknown and foreign look the same."""
    return context.profile.local or context.owners.owns(session, run_id)


def entry(context: Context, session: str, status: RunStatus) -> dict[str, Any]:
    """One row of the list. Only those who may edit a run see its name and note."""
    mine = may_manage(context, session, status.id)
    shelf = context.part(RunListCache)
    snapshots = RunReader(status.path).snapshots()
    meta = shelf.meta(status.path) if mine else manage.RunMeta()
    return status_json(context, session, status) | {
        "name": meta.name,
        "note": meta.note,
        "mine": mine,
        "bytes": shelf.size(status),
        "started_at": finite(status.started_at),
        "fd": shelf.distance(status.path),
        "snapshot": snapshots[-1] if snapshots else None,
        "plane": shelf.is_plane(status),
    }


@dataclass(frozen=True)
class RunQuery:
    """A run list query."""

    text: str
    state: str  # one of STATES, active, or empty for all
    offset: int
    limit: int
    also: tuple[str, ...]  # included regardless: runs selected for comparison, or open


def search_of(request: Request) -> RunQuery:
    """The query of a list request; raises PageError for an invalid one."""
    query = request.query_params
    text, state = query.get("query", "").strip(), query.get("state", "")
    also = tuple(part for part in query.get("also", "").split(",") if part)
    if len(text) > MAX_QUERY or len(also) > COMPARED + 1 or state not in ("", "active", *STATES):
        raise PageError("gan_error_request")
    offset, limit = number_in(request, "offset", 0), number_in(request, "limit", SHOWN)
    if offset < 0 or not 1 <= limit <= MOST_SHOWN:
        raise PageError("gan_error_request")
    return RunQuery(text.lower(), state, offset, limit, also)


def found(context: Context, session: str, search: RunQuery) -> list[RunStatus]:
    """Runs that match a search, newest first; strangers' names and notes are not searched."""
    shelf = context.part(RunListCache)

    def fits(status: RunStatus) -> bool:
        if search.state == "active" and status.state not in LIVE:
            return False
        if search.state not in ("", "active", status.state):
            return False
        if not search.text:
            return True
        mine = may_manage(context, session, status.id)
        meta = shelf.meta(status.path) if mine else manage.RunMeta()
        data = status.data if context.profile.local else status.data.partition(":")[0]
        words = (status.id, status.preset, data, meta.name, meta.note)
        return search.text in " ".join(words).lower()

    return [status for status in context.runs.statuses() if fits(status)]


async def listing(context: Context, request: Request) -> Response:
    """One page of matching runs, the contents of the trash, and the free space."""
    session, search = session_of(request), search_of(request)

    def look() -> dict[str, Any]:
        root, shelf = context.runs.root, context.part(RunListCache)
        shelf.purge(root)
        every, fitting = context.runs.statuses(), found(context, session, search)
        shelf.forget({status.path for status in every})
        shown = fitting[search.offset : search.offset + search.limit]
        ids = {status.id for status in shown}
        more = [s for s in every if s.id in search.also and s.id not in ids]
        trash = [
            {"token": d.token, "id": d.id, "deleted_at": d.deleted_at}
            for d in manage.deleted_runs(root)
            if may_manage(context, session, d.id)
        ]
        return {
            "runs": [entry(context, session, status) for status in shown],
            "also": [entry(context, session, status) for status in more],
            "found": len(fitting),
            "all": len(every),
            "trash": trash,
            "bytes": shelf.total(every),
            "keep": manage.KEEP_VISITORS,
            "free": manage.free_space(root) if context.profile.local else None,
            "queue": 0 if context.profile.local else len(context.part(Turns).queue()),
        }

    return JSONResponse(await on(context.list_thread, look), headers=NEVER)


def expire(context: Context) -> int:
    """Delete runs that were thrown away a day ago, in public also visitors' runs that are too many;
    returns how many."""
    count = len(manage.purge_old(context.runs.root))
    return count if context.profile.local else count + len(manage.prune_visitors(context.runs.root))


def _own(context: Context, request: Request, run_id: str) -> None:
    """Raises PageError unless this visitor may change the run; a foreign one looks unknown."""
    if not may_manage(context, session_of(request), run_id):
        raise PageError("gan_error_unknown_run", status=404)
    context.spend(request, "change")


def _in_trash(context: Context, request: Request, form: dict[str, Any]) -> str:
    """The trash token of a deleted run; raises PageError unless it was this visitor's."""
    token = str(form.get("token", ""))
    _own(context, request, token.rpartition("@")[0])
    return token


async def rename(context: Context, request: Request) -> Response:
    """Change a run's name, its note, or both."""
    form = await json_of(request)
    values = {k: form[k] for k in ("name", "note") if k in form}
    if not values or not all(isinstance(v, str) for v in values.values()):
        raise PageError("gan_error_request")

    def write() -> dict[str, str]:
        run_id = str(form.get("id", ""))
        _own(context, request, run_id)
        meta = manage.write_meta(context.runs.status(run_id).path, **values)
        return {"name": meta.name, "note": meta.note}

    return JSONResponse(await on(context.file_thread, write), headers=NEVER)


async def delete(context: Context, request: Request) -> Response:
    """Move a run to the trash; the reply is the token that restores it."""
    form = await json_of(request)

    def move() -> str:
        run_id = str(form.get("id", ""))
        _own(context, request, run_id)
        context.runs.forget()  # it may just have been started
        context.runs.status(run_id)
        if run_id in [start.run_id for start in context.supervisor.starting()]:
            raise RunError("{run_id} is starting; stop it first, then delete it", run_id=run_id)
        token = manage.delete_run(run_id, context.runs.root)
        context.runs.forget()
        return token

    return JSONResponse({"token": await on(context.file_thread, move)}, headers=NEVER)


async def restore(context: Context, request: Request) -> Response:
    """Restore a run from the trash."""
    form, session = await json_of(request), session_of(request)

    def move() -> str:
        token = _in_trash(context, request, form)
        run_id = manage.restore_run(token, context.runs.root)
        if not context.profile.local:
            context.owners.claim(session, run_id)  # it may have been restored under a new name
        context.runs.forget()
        return run_id

    return JSONResponse({"id": await on(context.file_thread, move)}, headers=NEVER)


async def purge(context: Context, request: Request) -> Response:
    """Permanently delete everything in the trash."""
    form = await json_of(request)

    def remove() -> None:
        manage.purge_run(_in_trash(context, request, form), context.runs.root)

    await on(context.file_thread, remove)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/runs", listing),
    ("POST", "/_gan/runs/meta", rename),
    ("POST", "/_gan/runs/delete", delete),
    ("POST", "/_gan/runs/restore", restore),
    ("POST", "/_gan/runs/purge", purge),
)
