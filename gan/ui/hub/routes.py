"""Hub: known-good repos, search results and pulled models; pulling is a streamed reply."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from gan.checkpoint import CONFIG_FILE, MODEL_FILE, PULLED, bundled, is_pulled, kept_folder
from gan.config import WeightsConfig
from gan.errors import HubChoice, HubError
from gan.files import read_json
from gan.hub import library, readings
from gan.hub.client import saved_token
from gan.hub.known import KNOWN, Known
from gan.hub.own import take
from gan.hub.pull import MAX_LOCAL_BYTES, Pulled, PullProgress, pull
from gan.hub.search import RepoFound, search
from gan.images import encode_png, tile
from gan.sampling import affordable, picture_seconds, sample
from gan.schema import from_json
from gan.ui.hub import publish
from gan.ui.hub.thumbnail import drawn, is_drawn, thumbnail
from gan.ui.server.fair_queue import SLICE_S, Slow
from gan.ui.server.in_turn import in_slices, in_turn, visitor_of
from gan.ui.server.pace import slow_first
from gan.ui.server.resources import Kept
from gan.ui.server.routes import (
    FOREVER,
    NEVER,
    Context,
    Handler,
    json_of,
    number_in,
    on,
)
from gan.ui.server.streams import Cancelled, Workers, line, stream
from gan.ui.server.views import PageError

HUB_URL = "https://huggingface.co"
MAX_REF, MAX_TEXT, MAX_FILE = 300, 100, 300
FOUND = 20  # repos per search
MAX_CARD_BYTES = 64 * 2**10
SHOWN = 8  # samples per reading
READING_S = 20.0  # of rendering them; a slow model gets fewer
PUBLIC_MODELS = 24  # on a public server; the oldest are deleted


@dataclass
class Porter:
    """Threads and slots for Hub requests; a stalled Hub blocks nothing else."""

    pulls: Workers = field(default_factory=lambda: Workers("pull", most=4, threads=2))
    searches: Workers = field(default_factory=lambda: Workers("ask-hub", most=8, threads=2))
    thumbs: Kept[bytes] = field(default_factory=lambda: Kept(capacity=16))  # of bundled models

    def close(self) -> None:
        """Cancel pulls and searches."""
        self.pulls.close()
        self.searches.close()


def text_in(form: dict[str, Any], key: str, *, most: int) -> str:
    """A line of text from a form; raises PageError for anything else."""
    value = form.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise PageError("gan_error_request")
    return value.strip()


# ---- overview ---------------------------------------------------------------------------------


async def overview(context: Context, request: Request) -> Response:
    """Pulled models, known-good repos, and whether this visitor may publish."""

    def look() -> dict[str, Any]:
        return {
            "pulled": [_entry_json(entry) for entry in library.listed()],
            "bundled": _bundled_json(),
            "known": [_known_json(row) for row in KNOWN],
            "endpoint": os.environ.get("HF_ENDPOINT") or HUB_URL,
            "login": context.profile.local and bool(saved_token()),
            "publish": publish.rights(context, request),
        }

    return JSONResponse(await on(context.file_thread, look), headers=NEVER)


def _entry_json(entry: library.Entry) -> dict[str, Any]:
    source = entry.source
    return {
        "ref": entry.ref, "name": entry.name, "bytes": entry.size,
        "repo": source.repo, "commit": source.commit, "file": source.file,
        "licence": source.licence, "layout": source.layout,
        "resolution": entry.config.model.resolution,
        "readings": [option.answers for option in readings.options_of(entry.ref)],
    }  # fmt: skip


@lru_cache(1)
def _bundled_json() -> list[dict[str, Any]]:
    """The models that come with the app, in the form of pulled ones, without a repo."""
    rows = []
    for ref in bundled():
        folder = kept_folder(ref)
        assert folder is not None, "it is bundled"
        config = from_json(WeightsConfig, read_json(folder / CONFIG_FILE))
        rows.append({
            "ref": ref, "name": config.name or ref, "bytes": (folder / MODEL_FILE).stat().st_size,
            "resolution": config.model.resolution, "bundled": True, "repo": "", "commit": "",
            "file": "", "licence": "", "layout": "", "readings": [],
        })  # fmt: skip
    return rows


def _known_json(row: Known) -> dict[str, Any]:
    return {
        "repo": row.repo, "file": row.file, "layout": row.layout, "resolution": row.resolution,
        "licence": row.licence, "note": row.note, "foreign": True,
    }  # fmt: skip


# ---- pull ---------------------------------------------------------------------------------------


async def pull_in(context: Context, request: Request) -> Response:
    """Pull a model: progress lines, then one with the model, or with files to choose from."""
    form = await json_of(request)
    ref, file = text_in(form, "repo", most=MAX_REF), text_in(form, "file", most=MAX_FILE)
    # models pulled in public are visible to all: nobody may pull what others may not see
    asked = context.profile.local and form.get("login") is True
    token = publish.own_token(context, request) if asked else ""
    context.spend(request, "pull")
    porter = context.part(Porter)

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        news = pull(
            ref,
            file=file or None,
            local=context.profile.local,
            token=token or False,
            cancelled=cancelled,
        )
        try:
            yield from _told(context, news)
        except HubChoice as choice:
            yield line({"choices": [{"name": n, "bytes": size} for n, size in choice.files]})

    return stream(porter.pulls, visitor_of(request), work)


async def own_in(context: Context, request: Request) -> Response:
    """Convert an uploaded weights file: the same lines as a pull. At home only: its contents are
    unknown until it is opened."""
    if not context.profile.local:
        raise PageError("gan_hub_own_public", status=403)
    name = request.query_params.get("name", "")[:MAX_FILE]
    context.spend(request, "pull")
    folder = Path(tempfile.mkdtemp(prefix="gan-own-"))
    try:
        await _received(context, request, folder / "weights")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        try:
            yield from _told(context, take(folder / "weights", name=name, cancelled=cancelled))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return stream(context.part(Porter).pulls, visitor_of(request), work)


async def _received(context: Context, request: Request, path: Path) -> None:
    """The request body as a file; counted while it is read, whatever its header says."""
    size = 0
    with path.open("wb") as file:
        async for part in request.stream():
            size += len(part)
            if size > MAX_LOCAL_BYTES:
                raise PageError("gan_hub_own_large", status=413, most=MAX_LOCAL_BYTES // 2**20)
            await on(context.disk_thread, file.write, part)


def _told(context: Context, news: Iterator[PullProgress | Pulled]) -> Iterator[bytes]:
    for step in news:
        if isinstance(step, PullProgress):
            yield line(step._asdict())
            continue
        if not context.profile.local:
            make_room(keep=step.ref)
        warning = step.warning.to_json() if step.warning else None
        pulled = step._asdict() | {"warning": warning} | _entry_json(_entry(step.ref))
        yield line({"pulled": pulled})


def make_room(*, keep: str, most: int = PUBLIC_MODELS) -> None:
    """Delete the oldest pulled models beyond `most`, never `keep`."""
    entries = library.listed()[::-1]  # oldest first
    for entry in [e for e in entries if e.ref != keep][: max(0, len(entries) - most)]:
        with contextlib.suppress(HubError, OSError):  # another visitor's pull got there first
            library.delete(entry.ref)


# ---- search -------------------------------------------------------------------------------------


async def find(context: Context, request: Request) -> Response:
    """Search the Hub: a line while waiting, then one with the repos."""
    text = text_in(await json_of(request), "text", most=MAX_TEXT)
    context.spend(request, "search")
    porter = context.part(Porter)

    def work(_: Cancelled) -> Iterator[bytes]:
        yield line({"rows": [_found_json(row) for row in search(text, limit=FOUND)]})

    return stream(porter.searches, visitor_of(request), work)


def _found_json(row: RepoFound) -> dict[str, Any]:
    licences = [tag.removeprefix("license:") for tag in row.tags if tag.startswith("license:")]
    return {
        "repo": row.repo, "likes": row.likes, "downloads": row.downloads, "updated": row.updated,
        "licence": ", ".join(licences), "bytes": row.size, "gated": row.gated,
        "has_weights": bool(row.files),
    }  # fmt: skip


# ---- a pulled model ---------------------------------------------------------------------------


def _entry(ref: str) -> library.Entry:
    """Raises PageError for a model that was not pulled; `ref` is matched against a list, not a
    path."""
    name = ref.removeprefix(PULLED)
    entry = library.entry(name) if ref.startswith(PULLED) and is_pulled(name) else None
    if entry is None:
        raise PageError("gan_hub_gone", status=404)
    return entry


async def picture(context: Context, request: Request) -> Response:
    """A sample of a pulled or bundled model, rendered once; a pulled one's folder has the commit in
    its name, a bundled one's stays as it is until the server starts anew."""
    ref = request.query_params.get("ref", "")
    if ref in bundled():
        thumbs = context.part(Porter).thumbs
        png = await in_turn(
            context.batch,
            request,
            lambda: thumbs.get((ref,), lambda: drawn(context.models.get(ref))),
        )
        return Response(png, media_type="image/png", headers=NEVER)

    def make() -> Generator[object, None, Response]:
        folder = _entry(ref).path
        if not is_drawn(folder):
            yield from slow_first(context, context.models.get(ref))
        path = thumbnail(folder, lambda: context.models.get(ref))
        return FileResponse(path, media_type="image/png", headers=FOREVER)

    return await in_slices(context.batch, request, make())


async def reading(context: Context, request: Request) -> Response:
    """Samples under one reading of a model whose file is ambiguous."""
    ref, index = _entry(request.query_params.get("ref", "")).ref, number_in(request, "index", 0)

    def draw() -> Generator[object, None, bytes]:
        g = readings.generator_of(ref, index)
        if picture_seconds(g) > SLICE_S:
            yield Slow()
        count = affordable(g, READING_S, least=1, most=SHOWN)
        return encode_png(tile(sample(g, range(count)).pixels, SHOWN // 2))

    data = await in_slices(context.batch, request, draw())
    return Response(data, media_type="image/png", headers=NEVER)


async def settle(context: Context, request: Request) -> Response:
    """Fix one reading as the model; its ref changes."""
    form = await json_of(request)
    ref, index = str(form.get("ref", "")), form.get("index")
    if not context.profile.local:
        raise PageError("gan_hub_shared", status=403)
    if type(index) is not int:
        raise PageError("gan_error_request")
    new = await on(context.disk_thread, lambda: readings.choose(_entry(ref).ref, index))
    return JSONResponse(_entry_json(_entry(new)), headers=NEVER)


async def card(context: Context, request: Request) -> Response:
    """A pulled or bundled model's card as plain text; empty if it has none."""
    ref = request.query_params.get("ref", "")

    def read() -> str:
        folder = kept_folder(ref) if ref in bundled() else _entry(ref).path
        assert folder is not None, "it is bundled"
        try:
            with (folder / "README.md").open("rb") as stream_:
                return stream_.read(MAX_CARD_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    return JSONResponse({"text": await on(context.file_thread, read)}, headers=NEVER)


async def delete(context: Context, request: Request) -> Response:
    """Delete a pulled model; refused in public, where they are shared."""
    ref = str((await json_of(request)).get("ref", ""))
    if not context.profile.local:
        raise PageError("gan_hub_shared", status=403)

    def remove() -> None:
        library.delete(_entry(ref).ref)

    await on(context.file_thread, remove)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/hub", overview),
    ("POST", "/_gan/hub/pull", pull_in),
    ("POST", "/_gan/hub/search", find),
    ("GET", "/_gan/hub/thumb", picture),
    ("GET", "/_gan/hub/card", card),
    ("POST", "/_gan/hub/delete", delete),
    ("POST", "/_gan/hub/own", own_in),
    ("GET", "/_gan/hub/reading", reading),
    ("POST", "/_gan/hub/settle", settle),
)
