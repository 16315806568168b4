"""Plumbing for the routes beside Gradio: the shared context, response helpers, error handling."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan.data import is_shared
from gan.data.hub import end_downloads
from gan.errors import GanError
from gan.runs import Supervisor
from gan.ui.server.counters import Counters
from gan.ui.server.fair_queue import FairQueue, Waiting
from gan.ui.server.i18n import UI, languages, words
from gan.ui.server.limits import RateLimits
from gan.ui.server.models import Models
from gan.ui.server.profile import Profile
from gan.ui.server.resources import Room, one_thread
from gan.ui.server.runs import Runs
from gan.ui.server.subpath import route_path
from gan.ui.server.views import PageError, cannot_write, code_of, ending, reply_json
from gan.ui.server.visitors import Owners, address_of

log = logging.getLogger(__name__)
MEDIA = {
    ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
    ".webp": "image/webp",
}  # fmt: skip
STYLE = "page/atelier.css"
DATA_THREADS = 4
MAX_BODY = 64 * 2**10
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
Result = TypeVar("Result")


Part = TypeVar("Part")


@runtime_checkable
class Closing(Protocol):
    """A part that has something to end."""

    def close(self) -> None: ...


class Painting:
    """Whether pictures that somebody waits for are being rendered, and since when none is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._idle_since: float | None = None  # None: none rendered so far

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1
            self._idle_since = time.monotonic()

    def is_busy(self) -> bool:
        """Whether a picture is being rendered or queued."""
        return self._count > 0

    def idle_s(self) -> float:
        """Seconds since the last one was served; 0 while one is rendered, and before the first."""
        with self._lock:
            if self._count > 0 or self._idle_since is None:
                return 0.0
            return time.monotonic() - self._idle_since


@dataclass
class Context:
    """State shared by all handlers: one thread per kind of work, so that none blocks another.

    In turn between visitors: latent and batch, pictures that somebody waits for; drawing, many
    pictures in slices; direction, map and look, what a model's samples show; program, what programs
    ask for; slow, what of all these has no short slices. In the order of requests: control:
    commands to trainings, and nothing slow. disk: polled state, reads of small files. form:
    checking form input. train: starting runs. file: moving, deleting, hashing. list: all runs and
    their curves. page: facts about a model.
    """

    profile: Profile
    kept: bool = True  # False: everything is lost when the server stops
    runs: Runs = field(default_factory=Runs)
    supervisor: Supervisor = field(default_factory=Supervisor)
    expiring: tuple[Callable[[Context], int], ...] = ()  # each deletes what is over its time
    owners: Owners = field(default_factory=Owners)
    counters: Counters = field(default_factory=Counters)
    list_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("list"))
    page_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("page"))
    disk_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("disk"))
    control_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("control"))
    form_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("form"))
    file_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("file"))
    train_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("train"))
    # a stalled download blocks one of these, and no other training's start
    data_thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(DATA_THREADS, thread_name_prefix="data")
    )

    def __post_init__(self) -> None:
        self.runs.starting = self.supervisor.starting
        self.runs.told = self.supervisor.told
        if not self.profile.local:
            self.supervisor.share_machine(memory_mb=self.profile.memory_mb)
        self.models = Models(self.runs, own_data=self.profile.local)
        self.painting = Painting()
        # at home a model may be as slow as its owner bears: it holds up nobody else
        self.slow = None if self.profile.local else FairQueue("slow", most=Waiting())
        self.drawing = self._queue("drawing", busy=self.painting.is_busy)
        self.latent, self.batch = self._queue("latent"), self._queue("batch")
        self.direction, self.map, self.look = map(self._queue, ("direction", "map", "look"))
        # rates bound how many wait: a program's calls are all answered, none makes room for another
        self.program = FairQueue("program", slow=self.slow)
        self._lock = threading.Lock()
        self._parts: dict[type[Any], Any] = {}

    def _queue(self, name: str, *, busy: Callable[[], bool] = lambda: False) -> FairQueue:
        """A thread of that name whose turns visitors share."""
        most = None if self.profile.local else Waiting()
        return FairQueue(name, busy=busy, most=most, slow=self.slow)

    def may_steer(self, session: str, run_id: str) -> bool:
        """Only runs that this server started; in public only by the visitor who started them."""
        if not self.supervisor.owns(run_id):
            return False
        return self.profile.local or self.owners.owns(session, run_id)

    def may_see_data(self, session: str, run_id: str, data: str) -> bool:
        """Whether a run's pictures and the names of its classes may be shown to this visitor: in
        public a visitor's own are shown to nobody else."""
        return self.profile.local or is_shared(data) or self.owners.owns(session, run_id)

    def spend(self, request: Request, kind: str) -> None:
        """Count a rate-limited request, once it is known to be valid; unlimited at home. Raises
        PageError past a limit."""
        request.scope.setdefault("gan_noted", {})["kind"] = kind
        if not self.profile.local:
            limits, session = self.part(RateLimits), session_of(request)
            limits.spend(kind, session=session, address=address_of(request))

    def spend_call(self, request: Request, kind: str) -> None:
        """The same for an API call: its client keeps no cookie, so its address is the visitor."""
        if not self.profile.local:
            address = address_of(request)
            self.part(RateLimits).spend(kind, session=address, address=address)

    def part(self, kind: type[Part]) -> Part:
        """This server's single instance of `kind`: state of one UI tab, created on first use.

        What it has to end, it ends in a method `close`.
        """
        with self._lock:
            if kind not in self._parts:
                self._parts[kind] = kind()
            found: Part = self._parts[kind]
            return found

    def close(self) -> None:
        """Stop our trainings (they save a checkpoint) and our threads."""
        for part in self._parts.values():  # first: some of them start trainings
            if isinstance(part, Closing):
                part.close()
        self.supervisor.shutdown()
        queues = [value for value in vars(self).values() if isinstance(value, FairQueue)]
        for queue in sorted(queues, key=lambda queue: queue is self.slow):  # fed by the others
            queue.close()
        end_downloads()  # else the interpreter would wait for their threads
        for value in vars(self).values():
            if isinstance(value, ThreadPoolExecutor):
                value.shutdown(wait=False, cancel_futures=True)


Handler = Callable[[Context, Request], Awaitable[Response]]


async def on(
    thread: ThreadPoolExecutor, work: Callable[..., Result], *args: Any, **options: Any
) -> Result:
    """Run `work` off the event loop; what it logs has the request's id."""
    loop, known = asyncio.get_running_loop(), contextvars.copy_context()
    asked = functools.partial(known.run, work, *args, **options)
    try:
        future = loop.run_in_executor(thread, asked)
    except RuntimeError as error:  # closed
        raise ending() from error
    return await future


def answered(
    context: Context, handler: Handler, route: str = ""
) -> Callable[[Request], Awaitable[Response]]:
    """`handler` with every error turned into one sentence; unexpected ones are logged."""

    async def answer(request: Request) -> Response:
        noted = request.scope.setdefault("gan_noted", {})
        noted["route"] = route
        try:
            return await handler(context, request)
        except ClientDisconnect as error:  # nobody is there to read a reply
            noted["code"] = type(error).__name__
            return Response(status_code=499)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            noted["code"] = type(error).__name__  # threads drop what waits as the server ends
            return JSONResponse(reply_json(ending()), status_code=503, headers=NEVER)
        except Exception as error:
            status = _status_of(error)
            noted["code"] = code_of(error)
            if status == 507:
                log.error("%s failed: the disk takes nothing (%s)", route, type(error).__name__)
            elif status == 500:
                log.exception("%s failed", route)
            return JSONResponse(reply_json(error), status_code=status, headers=NEVER)

    return answer


def _status_of(error: Exception) -> int:
    if isinstance(error, PageError):
        return error.status
    if isinstance(error, GanError):
        return 400
    return 507 if cannot_write(error) else 500


def session_of(request: Request) -> str:
    """The browser's session, from the guard; empty (owner of nothing) if there is none."""
    return str(request.scope.get("gan_session", ""))


def is_same(ours: str, sent: str) -> bool:
    """Whether an unguessable id was sent; takes as long for any, and any text may come."""
    return secrets.compare_digest(ours.encode(), sent.encode())


async def body_of(request: Request, *, limit: int = MAX_BODY, room: Room | None = None) -> bytes:
    """The body; raises PageError past `limit` bytes, counted while reading, and where all bodies
    that are coming into `room` have too many."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if room is not None and not room.take(len(part)):
                raise PageError("gan_error_panel_busy", status=429)
            if size > limit:
                raise PageError("gan_error_request", status=413)
            parts.append(part)
    finally:
        if room is not None:
            room.give_back(size)
    return b"".join(parts)


async def json_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object; raises PageError for anything else."""
    try:
        data = json.loads(await body_of(request))
        json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise PageError("gan_error_request") from None
    if not isinstance(data, dict):
        raise PageError("gan_error_request")
    return data


def number_in(request: Request, name: str, default: int) -> int:
    """An integer query parameter; raises PageError unless it has at most 12 digits."""
    text = request.query_params.get(name, str(default))
    plain = text.removeprefix("-")
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 12:
        raise PageError("gan_error_request")
    return int(text)


# ---- assets -----------------------------------------------------------------------------------


@functools.cache
def assets() -> dict[str, bytes]:
    """Every packaged script and picture by its path in gan/ui, one stylesheet of all, tokens first,
    and each language's texts."""
    found = {
        p.relative_to(UI).as_posix(): p.read_bytes()
        for p in sorted(UI.rglob("*"))
        if p.suffix in (".js", ".css", ".webp")
    }
    sheets = [
        found.pop(name)
        for name in [STYLE, *(n for n in found if n.endswith(".css"))]
        if name in found
    ]
    texts = {
        f"words/{language}.json": json.dumps(words(language), ensure_ascii=False).encode()
        for language in languages()
    }
    return found | texts | {STYLE: b"\n".join(sheets)}


@functools.cache
def assets_version() -> str:
    """Changes when any asset changes, so that browsers may cache them for ever."""
    digest = hashlib.sha256()
    for name, data in assets().items():
        digest.update(name.encode() + data)
    return digest.hexdigest()[:12]


async def asset(_: Context, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in assets():
        return Response(status_code=404)
    return Response(assets()[name], media_type=MEDIA[Path(name).suffix], headers=FOREVER)


async def unknown_route(request: Request, error: Exception) -> Response:
    """The reply to what is no route: as all others of ours below /_gan/, Gradio's elsewhere."""
    assert isinstance(error, HTTPException)
    if not route_path(request.scope).startswith("/_gan/"):
        return await http_exception_handler(request, error)
    refused = PageError("gan_error_route", status=error.status_code)
    return JSONResponse(reply_json(refused), error.status_code, headers=error.headers)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/assets/{version}/{name:path}", asset),
)


def build_routes(context: Context, *tables: tuple[tuple[str, str, Handler], ...]) -> list[Route]:
    """Starlette routes for (method, path, handler) rows."""
    return [
        Route(path, answered(context, handler, path), methods=[method])
        for table in (ROUTES, *tables)
        for method, path, handler in table
    ]
