"""Own images: chunked uploads, crop previews, and data sets stored for training."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import RESOLUTIONS
from gan.data import check_spec, survey_data
from gan.data.limits import JPEG_PIXELS, LOCAL, PUBLIC
from gan.data.own import SIDE, OwnSet, OwnSets
from gan.data.taking import Taken
from gan.errors import DataError
from gan.files import home_root
from gan.images import encode_webp
from gan.runs import userpresets
from gan.runs.decoding import Decoder
from gan.ui.server.resources import Quota, Room, one_thread
from gan.ui.server.routes import NEVER, Context, Handler, json_of, number_in, on, session_of
from gan.ui.server.uploads import (
    MAX_UPLOAD,
    PUBLIC_KEEP_S,
    PUBLIC_UPLOAD,
    check_uploads,
    takes_uploads,
)
from gan.ui.server.views import PageError
from gan.ui.server.visitors import address_of

PREFIX = "own:"
PUBLIC_TOTAL = 2 * 2**30  # stored for all visitors
PIECE = 2**20
MAX_TAKING = 8  # sets that are decoded or wait for it, once they have come
MAX_COMING = 2**30  # bytes of uploads that are still coming, in public
TAKING_S = 300.0  # in public: slower uploads are dropped


class Own:
    """This server's own sets, and upload quotas per visitor. Thread-safe."""

    def __init__(self) -> None:
        self.sets = OwnSets(home_root() / "images")
        self.thread = one_thread("own")
        self.decoding = one_thread("own-decoding")  # so that nobody's list waits for another's set
        self._lock = threading.Lock()
        self.uploads = Quota(most=PUBLIC_UPLOAD)
        self.coming = Room(most=MAX_COMING)
        self._taking = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among the sets that are taken in; raises PageError if there is none.

        It is taken once the files are here, so that slow senders hold none.
        """
        with self._lock:
            if self._taking >= MAX_TAKING:
                raise PageError("gan_error_own_busy", status=429)
            self._taking += 1
        try:
            yield
        finally:
            with self._lock:
                self._taking -= 1

    def close(self) -> None:
        """Stop the thread."""
        self.thread.shutdown(wait=False, cancel_futures=True)
        self.decoding.shutdown(wait=False, cancel_futures=True)


def mine(context: Context, session: str) -> list[OwnSet]:
    """All sets at home; the visitor's own in public."""
    own = context.part(Own)
    if context.profile.local:
        return own.sets.listed()
    own.sets.remove_old(older_than_s=PUBLIC_KEEP_S)
    return [s for s in own.sets.listed() if context.owners.owns(session, PREFIX + s.id)]


def expire(context: Context) -> int:
    """In public delete sets that are older than a day; returns how many."""
    if context.profile.local:
        return 0
    return len(context.part(Own).sets.remove_old(older_than_s=PUBLIC_KEEP_S))


def find(context: Context, session: str, set_id: str) -> OwnSet:
    """One of the visitor's sets; raises DataError, the same for foreign and unknown ones."""
    for found in mine(context, session):
        if found.id == set_id:
            return found
    raise DataError("this set of images is not there any more; choose or upload another")


class Uploaded(NamedTuple):
    """A stored set as training arguments."""

    spec: str  # value of --data
    settings: dict[str, Any]  # values of --set


def resolve(context: Context, session: str, data: str) -> Uploaded | None:
    """Resolve `own:ID` if it is this visitor's; None for any other data."""
    if not data.startswith(PREFIX):
        return None
    found = find(context, session, data.removeprefix(PREFIX))
    folder = context.part(Own).sets.folder(found.id)
    settings = {"resolution": found.resolution, "channels": found.channels, "flip": found.flip}
    return Uploaded(f"folder:{folder}", settings)


def is_mine(context: Context, session: str, spec: str) -> bool:
    """Whether `folder:PATH` points to one of the visitor's sets."""
    sets = context.part(Own).sets
    return any(spec == f"folder:{sets.folder(s.id)}" for s in mine(context, session))


def to_base(context: Context, form: dict[str, Any]) -> dict[str, Any]:
    """The form with a saved preset replaced by the built-in one it is based on."""
    name = form.get("preset")
    if not context.profile.local or not isinstance(name, str):
        return form
    mine = userpresets.load_presets().get(name)
    return form | {"preset": mine.base} if mine else form


def own_json(own: Own, found: OwnSet) -> dict[str, Any]:
    """A set for the page, with its classes."""
    classes = list(own.sets.classes(found.id).items())
    return asdict(found) | {"spec": PREFIX + found.id, "class_list": classes}


def limits_json(context: Context) -> dict[str, Any]:
    """Upload limits, so that the page can state them up front."""
    local = context.profile.local
    limits = context.profile.reads
    return {
        "images": limits.images,
        "file_bytes": limits.file_bytes,
        "jpeg_megapixels": JPEG_PIXELS // 10**6,
        "megapixels": limits.pixels // 10**6,
        "bytes": MAX_UPLOAD if local else PUBLIC_UPLOAD,
        "off": not takes_uploads(context.profile),
    }


def survey_json(taken: Taken) -> dict[str, Any]:
    """A folder's contents judged by file names, in the format of `own_json`."""
    return {
        "count": len(taken.paths),
        "drawn_of": taken.drawn_of,
        "skipped": dict(taken.skipped),
        "classes": len(taken.classes.names),
        "class_list": list(taken.classes.counts.items()),
    }


async def listing(context: Context, request: Request) -> Response:
    """The visitor's sets, and the remaining upload quota."""
    session, own = session_of(request), context.part(Own)
    sets = await on(own.thread, mine, context, session)
    left = None if context.profile.local else own.uploads.left(session, address_of(request))
    told = await on(own.thread, lambda: [own_json(own, s) for s in sets])
    body = {"sets": told, "left": left, "limits": limits_json(context)}
    return JSONResponse(body, headers=NEVER)


async def upload(context: Context, request: Request) -> Response:
    """Several files in one body (see gan.data.own.framed), written to disk as they arrive."""
    session, own = session_of(request), context.part(Own)
    name = request.query_params.get("name", "")[:200]
    check_uploads(context.profile)
    context.spend(request, "upload")
    try:
        with tempfile.TemporaryFile() as file:
            async with asyncio.timeout(None if context.profile.local else TAKING_S):
                await _receive(context, request, file)
            file.seek(0)
            with own.place():
                found = await on(own.decoding, _take_in, context, file, name)
    except TimeoutError:
        raise PageError("gan_error_own_slow", status=408) from None
    if not context.profile.local:
        context.owners.claim(session, PREFIX + found.id)
    return JSONResponse(await on(own.thread, own_json, own, found), headers=NEVER)


async def _receive(context: Context, request: Request, file: BinaryIO) -> None:
    """Stream the body into `file`; counted while it is read, whatever its header says."""
    own, session = context.part(Own), session_of(request)
    address = address_of(request)
    most = MAX_UPLOAD
    size, parts, held = 0, [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if not context.profile.local:  # an aborted upload counts too, and one beside this
                most = size - len(part) + own.uploads.left(session, address)
                own.uploads.add(session, address, len(part))
                if not own.coming.take(len(part)):
                    raise PageError("gan_error_own_busy", status=429)
            if size > most:
                raise PageError("gan_error_own_large", status=413, most=most // 2**20)
            parts.append(part)
            held += len(part)
            if held >= PIECE:
                await on(context.file_thread, file.write, b"".join(parts))
                parts, held = [], 0
        await on(context.file_thread, file.write, b"".join(parts))
    finally:
        if not context.profile.local:
            own.coming.give_back(size)


def _take_in(context: Context, file: BinaryIO, name: str) -> OwnSet:
    own = context.part(Own)
    if not context.profile.local:
        own.sets.remove_old(older_than_s=PUBLIC_KEEP_S)
        if sum(s.bytes for s in own.sets.listed()) > PUBLIC_TOTAL:
            raise PageError("gan_error_own_busy", status=429)
        with Decoder() as decoder:
            shrink = partial(decoder.shrink, side=SIDE)
            return own.sets.add(file, name, limits=PUBLIC, shrink=shrink)
    return own.sets.add(file, name, limits=LOCAL)


async def preview(context: Context, request: Request) -> Response:
    """A few pictures of a set, uncropped above and cropped below."""
    session, own = session_of(request), context.part(Own)
    set_id = request.query_params.get("id", "")
    size, channels = number_in(request, "resolution", 32), number_in(request, "channels", 3)
    if size not in RESOLUTIONS or channels not in (1, 3):
        raise PageError("gan_error_request")

    def draw() -> bytes:
        found = find(context, session, set_id)
        return encode_webp(own.sets.preview(found.id, resolution=size, channels=channels))

    return Response(await on(own.thread, draw), media_type="image/webp", headers=NEVER)


async def change(context: Context, request: Request) -> Response:
    """Set the resolution, the channels and whether to mirror."""
    form, session, own = await json_of(request), session_of(request), context.part(Own)
    size, channels, flip = (form.get(k) for k in ("resolution", "channels", "flip"))
    if type(size) is not int or type(channels) is not int or not isinstance(flip, bool):
        raise PageError("gan_error_request")

    def write() -> OwnSet:
        found = find(context, session, str(form.get("id", "")))
        return own.sets.change(found.id, resolution=size, channels=channels, flip=flip)

    changed = await on(own.thread, write)
    return JSONResponse(await on(own.thread, own_json, own, changed), headers=NEVER)


async def survey(context: Context, request: Request) -> Response:
    """What a folder or zip on this computer contains, before training on it; nothing is decoded."""
    if not context.profile.local:
        raise PageError("gan_error_local_only", status=403)
    own, spec = context.part(Own), request.query_params.get("data", "")

    def look() -> dict[str, Any]:
        check_spec(spec)
        taken = survey_data(spec)
        return {} if taken is None else survey_json(taken)

    return JSONResponse(await on(own.thread, look), headers=NEVER)


async def remove(context: Context, request: Request) -> Response:
    """Permanently delete a set."""
    form, session, own = await json_of(request), session_of(request), context.part(Own)

    def delete() -> None:
        own.sets.remove(find(context, session, str(form.get("id", ""))).id)

    await on(own.thread, delete)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/own", listing),
    ("POST", "/_gan/own/upload", upload),
    ("GET", "/_gan/own/preview", preview),
    ("GET", "/_gan/own/survey", survey),
    ("POST", "/_gan/own/change", change),
    ("POST", "/_gan/own/delete", remove),
)
