"""Timelapse videos of runs: encoded one at a time off the event loop, shared between requests."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.errors import GanError
from gan.film import FILM_FORMATS, FILM_TYPES
from gan.runs import RunReader
from gan.runs.manage import read_meta
from gan.runs.timelapse import MAX_DURATION_S, MAX_TIMELAPSE_FRAMES, timelapse
from gan.ui.server.resources import one_thread
from gan.ui.server.routes import NEVER, Context, Handler, is_same, json_of, on, session_of
from gan.ui.server.views import PageError, error_json, real_number, whole_number

MAX_WAITING = 6  # videos in progress or queued
KEPT, KEPT_BYTES = 12, 96 * 2**20
MAX_SCALE, PUBLIC_SCALE = 8, 4
PUBLIC_FRAMES = 240


@dataclass
class Timelapse:
    """One video, requested by one or more sessions."""

    job: str
    run_id: str
    format: str
    sessions: set[str] = field(default_factory=set)
    fraction: float = 0.0
    data: bytes | None = None
    problem: dict[str, Any] | None = None

    def state(self) -> dict[str, Any]:
        """Its state for the page."""
        size = None if self.data is None else len(self.data)
        return {"job": self.job, "fraction": self.fraction, "bytes": size, "problem": self.problem}

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.data is not None or self.problem is not None


class Broken(Exception):
    """Nobody wants this video any more."""


class Films:
    """Videos by cache key; the newest few are kept. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._films: OrderedDict[tuple[Any, ...], Timelapse] = OrderedDict()
        self._thread = one_thread("film")

    def ask(
        self,
        key: tuple[Any, ...],
        session: str,
        make: Callable[[Callable[[float], None]], bytes],
    ) -> Timelapse:
        """The video for that key, started unless it exists; key[0] is its run, key[-1] its format.

        Raises PageError if too many are queued.
        """
        with self._lock:
            film = self._films.get(key)
            if film is None or film.problem is not None:
                if sum(not f.over for f in self._films.values()) >= MAX_WAITING:
                    raise PageError("gan_error_film_busy", status=429)
                film = Timelapse(secrets.token_hex(16), key[0], key[-1], {session})
                self._films[key] = film
                self._thread.submit(self._make, film, make)
            self._films.move_to_end(key)
            film.sessions.add(session)
            self._tidy()
            return film

    def _make(self, film: Timelapse, make: Callable[[Callable[[float], None]], bytes]) -> None:
        def tell(fraction: float) -> None:
            if not film.sessions:
                raise Broken
            film.fraction = fraction

        try:
            tell(0.0)
            film.data = make(tell)
            film.fraction = 1.0
        except Broken:
            film.problem = error_json(PageError("gan_lapse_cancelled"))
        except (GanError, OSError, MemoryError) as error:
            film.problem = error_json(error)
        except Exception as error:
            film.problem = error_json(error)
            raise

    def _tidy(self) -> None:
        def size() -> int:
            return sum(len(f.data or b"") for f in self._films.values())

        for key in [k for k, f in self._films.items() if f.over][:-1]:
            if len(self._films) <= KEPT and size() <= KEPT_BYTES:
                return
            del self._films[key]

    def find(self, job: str) -> Timelapse:
        """A video by its job id; raises PageError if it is no longer kept."""
        with self._lock:
            for film in self._films.values():
                if is_same(film.job, job):
                    return film
        raise PageError("gan_error_no_film", status=404)

    def leave(self, job: str, session: str) -> None:
        """`session` no longer wants it; a video that nobody wants is cancelled."""
        self.find(job).sessions.discard(session)

    def close(self) -> None:
        """Cancel whatever is in progress."""
        for film in self._films.values():
            film.sessions.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)


def file_name(name: str, format: str) -> str:
    """A file name that is valid on every system."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip(".-_")[:60]
    return f"{plain or 'run'}.{format}"


async def begin(context: Context, request: Request) -> Response:
    """Request a video of a run's current snapshots; the reply is a job id to poll."""
    form, session = await json_of(request), session_of(request)
    format = form.get("format")
    if format not in FILM_FORMATS:
        raise PageError("gan_error_request")
    local = context.profile.local
    duration = real_number("seconds", form.get("seconds", ""), low=1, high=MAX_DURATION_S)
    most = MAX_SCALE if local else PUBLIC_SCALE
    scale = whole_number("scale", form.get("scale", ""), low=1, high=most)
    caption = form.get("caption") is not False

    def ask() -> Timelapse:
        run_id = str(form.get("id", ""))
        status = context.runs.status(run_id)
        snapshots = RunReader(status.path).snapshots()
        context.spend(request, "film")
        frames = MAX_TIMELAPSE_FRAMES if local else PUBLIC_FRAMES

        def make(tell: Callable[[float], None]) -> bytes:
            return timelapse(
                RunReader(status.path),
                format=format,
                duration_s=duration,
                scale=scale,
                caption=caption,
                max_frames=frames,
                progress=tell,
            )

        last = snapshots[-1] if snapshots else -1
        key = (run_id, last, status.started_at, duration, scale, caption, format)
        return context.part(Films).ask(key, session, make)

    return JSONResponse((await on(context.disk_thread, ask)).state(), headers=NEVER)


async def progress(context: Context, request: Request) -> Response:
    """A video's progress."""
    film = context.part(Films).find(request.query_params.get("job", ""))
    return JSONResponse(film.state(), headers=NEVER)


async def cancel(context: Context, request: Request) -> Response:
    """This visitor no longer wants it."""
    form = await json_of(request)
    context.part(Films).leave(str(form.get("job", "")), session_of(request))
    return JSONResponse({}, headers=NEVER)


def _name_for(context: Context, session: str, film: Timelapse) -> str:
    """What the file is called; the run's own name is for those who may see it, whoever asked for
    the video first."""
    name = ""
    if context.profile.local or context.owners.owns(session, film.run_id):
        with suppress(PageError):  # deleted meanwhile
            name = read_meta(context.runs.status(film.run_id).path).name
    return file_name(name or film.run_id, film.format)


async def film(context: Context, request: Request) -> Response:
    """The finished video, as a download."""
    found = context.part(Films).find(request.query_params.get("job", ""))
    if found.data is None:
        raise PageError("gan_error_no_film", status=404)
    name = await on(context.disk_thread, _name_for, context, session_of(request), found)
    headers = NEVER | {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.data, media_type=FILM_TYPES[found.format], headers=headers)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/timelapse/begin", begin),
    ("GET", "/_gan/timelapse/progress", progress),
    ("POST", "/_gan/timelapse/cancel", cancel),
    ("GET", "/_gan/timelapse", film),
)
