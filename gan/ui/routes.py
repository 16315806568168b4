"""Plumbing of the routes beside Gradio: one shared context, one way to answer, one way to fail."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan.errors import GanError
from gan.runs import Supervisor
from gan.ui.cache import Models
from gan.ui.kept import one_thread
from gan.ui.limits import Limits
from gan.ui.profile import Owners, Profile
from gan.ui.views import PageError, error_json
from gan.ui.watch import Runs

log = logging.getLogger(__name__)
ASSETS = Path(__file__).parent / "assets"
MEDIA = {".js": "text/javascript", ".css": "text/css"}
STYLE = "atelier.css"
DATA_THREADS = 4
MAX_BODY = 64 * 2**10
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
Result = TypeVar("Result")


class Closing(Protocol):
    """What a context can end."""

    def close(self) -> None: ...


Part = TypeVar("Part", bound=Closing)


@dataclass
class Context:
    """What all handlers share. The picture, thumbnails, directions, pages, disk and starts
    have a thread each, so that nothing holds up a slider."""

    profile: Profile
    kept: bool = True  # False: what is made is gone when the server ends
    runs: Runs = field(default_factory=Runs)
    supervisor: Supervisor = field(default_factory=Supervisor)
    owners: Owners = field(default_factory=Owners)
    latent_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("latent"))
    batch_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("batch"))
    direction_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("direction"))
    page_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("page"))
    disk_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("disk"))
    train_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("train"))
    # a download that stalls keeps one of these, and nobody's start but its own
    data_thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(DATA_THREADS, thread_name_prefix="data")
    )

    def __post_init__(self) -> None:
        self.models = Models(self.runs)
        self._lock = threading.Lock()
        self._parts: dict[type[Any], Any] = {}

    def may_steer(self, session: str, run_id: str) -> bool:
        """Only what this server started; in public only by who started it."""
        if not self.supervisor.owns(run_id):
            return False
        return self.profile.local or self.owners.owns(session, run_id)

    def spend(self, session: str, kind: str) -> None:
        """Count a request that costs; at home none does. Raises PageError past the rate."""
        if not self.profile.local:
            self.part(Limits).spend(session, kind)

    def part(self, kind: type[Part]) -> Part:
        """The one `kind` of this server: what a single tab needs, made when first asked for."""
        with self._lock:
            if kind not in self._parts:
                self._parts[kind] = kind()
            return self._parts[kind]

    def close(self) -> None:
        """End our trainings (they keep a checkpoint) and our threads."""
        self.supervisor.shutdown()
        for part in self._parts.values():
            part.close()
        for value in vars(self).values():
            if isinstance(value, ThreadPoolExecutor):
                value.shutdown(wait=False, cancel_futures=True)


Handler = Callable[[Context, Request], Awaitable[Response]]


async def on(
    thread: ThreadPoolExecutor, work: Callable[..., Result], *args: Any, **options: Any
) -> Result:
    """`work` off the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(thread, functools.partial(work, *args, **options))


def answered(context: Context, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """`handler` with every error turned into one sentence; what is a bug goes to the log."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(context, request)
        except PageError as error:
            return JSONResponse(error_json(error), status_code=error.status, headers=NEVER)
        except GanError as error:
            return JSONResponse(error_json(error), status_code=400, headers=NEVER)
        except Exception as error:
            log.exception("%s failed", request.url.path)
            return JSONResponse(error_json(error), status_code=500, headers=NEVER)

    return answer


def session_of(request: Request) -> str:
    """The browser's session, from the guard; empty (owner of nothing) where there was none."""
    return str(request.scope.get("gan_session", ""))


async def body_of(request: Request, *, limit: int = MAX_BODY) -> bytes:
    """The body; raises PageError past `limit` bytes, counted while reading."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise PageError("gan_error_request", status=413)
        parts.append(part)
    return b"".join(parts)


async def json_of(request: Request) -> dict[str, Any]:
    """A JSON object; raises PageError for anything else."""
    try:
        data = json.loads(await body_of(request))
    except (ValueError, RecursionError):
        raise PageError("gan_error_request") from None
    if not isinstance(data, dict):
        raise PageError("gan_error_request")
    return data


def number_in(request: Request, name: str, default: int) -> int:
    """A whole number from the query; raises PageError unless it is one of at most 12 digits."""
    text = request.query_params.get(name, str(default))
    plain = text.removeprefix("-")
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 12:
        raise PageError("gan_error_request")
    return int(text)


# ---- assets -----------------------------------------------------------------------------------


@functools.cache
def assets() -> dict[str, bytes]:
    """Every packaged script by name, and all stylesheets as one: the tokens first."""
    found = {p.name: p.read_bytes() for p in sorted(ASSETS.iterdir()) if p.suffix in MEDIA}
    sheets = [
        found.pop(name)
        for name in [STYLE, *(n for n in found if n.endswith(".css"))]
        if name in found
    ]
    return found | {STYLE: b"\n".join(sheets)}


@functools.cache
def assets_version() -> str:
    """Changes when any asset changes, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for name, data in assets().items():
        digest.update(name.encode() + data)
    return digest.hexdigest()[:12]


async def asset(_: Context, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in assets():
        return Response(status_code=404)
    return Response(assets()[name], media_type=MEDIA[Path(name).suffix], headers=FOREVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/gan/assets/{version}/{name}", asset),)


def build_routes(context: Context, *tables: tuple[tuple[str, str, Handler], ...]) -> list[Route]:
    """Starlette routes for (method, path, handler) rows."""
    return [
        Route(path, answered(context, handler), methods=[method])
        for table in (ROUTES, *tables)
        for method, path, handler in table
    ]
