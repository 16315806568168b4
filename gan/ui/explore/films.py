"""The panels under the latent board: walk videos and the map; own pictures and the inside have
their own modules."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.film import FILM_FORMATS, FILM_TYPES, FilmFormat, encode_film, largest_scale
from gan.images import Pixels, opaque, to_pixels
from gan.latent.map import METHODS
from gan.latent.points import Points
from gan.latent.walk import MAX_KEYFRAMES, SPACES, Path, Space, between, pictures
from gan.sampling import affordable
from gan.ui.explore.maps import draw_map, named
from gan.ui.server.fair_queue import SLICE_S, Later, Slow
from gan.ui.server.in_turn import in_slices, visitor_of
from gan.ui.server.pace import check_pace, paced, slow_first
from gan.ui.server.parameters import file_stem, points_of, psi_of
from gan.ui.server.routes import NEVER, Context, Handler, body_of, session_of
from gan.ui.server.state import class_names_for
from gan.ui.server.streams import Cancelled, Turn, line, parts_of, stream
from gan.ui.server.views import PageError, real_number, whole_number
from gan.ui.server.workers import PanelWorkers

MAX_BODY = 4 * MAX_KEYFRAMES * 2048  # dimensions and classes together
FRAMES_PER_S = 24
MAX_SECONDS = 30
PUBLIC_SECONDS = 12
SCALES = (1, 2, 4, 8, 12, 16)
FRAME_PX, PUBLIC_SIDE = 512, 384  # a larger model's frames are downscaled
RENDERED_AT_ONCE = 24
ENCODED_S = 0.1  # polling interval of the encoder


# ---- videos of walks --------------------------------------------------------------------------


class WalkFilm(NamedTuple):
    """A checked request."""

    ref: str
    format: FilmFormat
    seconds: float
    scale: int
    space: Space
    loop: bool
    psi: float


def film_of(context: Context, request: Request) -> WalkFilm:
    """The settings of a walk video; raises PageError or ConfigError for invalid ones."""
    query = request.query_params
    longest = MAX_SECONDS if context.profile.local else PUBLIC_SECONDS
    form, asked = query.get("format", "webp"), query.get("space", "z")
    space = next((known for known in SPACES if known == asked), None)
    scale = whole_number("scale", query.get("scale", "4"), low=1, high=max(SCALES))
    if form not in FILM_FORMATS or space is None:
        raise PageError("gan_error_request")
    seconds = real_number("seconds", query.get("seconds", "6"), low=1, high=longest)
    looped = query.get("loop") == "1"
    return WalkFilm(query.get("ref", ""), form, seconds, scale, space, looped, psi_of(request))


def frames_of(film: WalkFilm, keyframes: Points) -> Path:
    """Yields the path's frames at a steady rate."""
    stretches = len(keyframes) - (0 if film.loop else 1)
    steps = max(1, round(film.seconds * FRAMES_PER_S / stretches))
    return between(keyframes, steps, space=film.space, loop=film.loop)


def make_film(
    context: Context, film: WalkFilm, body: bytes, cancelled: Cancelled
) -> Iterator[bytes | Later | Slow]:
    """Progress lines, then one line that describes the file, then its bytes."""
    weights = context.models.get(film.ref)
    path = frames_of(film, points_of(body, weights, least=2, most=MAX_KEYFRAMES))
    longest = FRAME_PX if context.profile.local else PUBLIC_SIDE
    frames: list[Pixels] = []
    step = affordable(weights.generator, SLICE_S, least=1, most=RENDERED_AT_ONCE)
    check_pace(context, weights, len(path))
    yield from slow_first(context, weights)
    rendered = pictures(weights.generator, path, psi=film.psi, side=longest, batch_size=step)
    while len(frames) < len(path):
        if cancelled():
            return
        check_pace(context, weights, len(path) - len(frames))  # what was measured meanwhile counts
        with paced(context, weights, min(step, len(path) - len(frames))):
            x = next(rendered)
        frames += [*to_pixels(opaque(x))]
        yield line({"step": len(frames), "of": len(path)})
    yield line({"encoding": True})
    height, width = frames[0].shape[:2]
    scale = min(film.scale, largest_scale(len(frames), height, width))
    if not context.profile.local:
        scale = max(1, min(scale, PUBLIC_SIDE // max(height, width)))
    each_s = 1 / FRAMES_PER_S
    encode = partial(encode_film, format=film.format, seconds_per_frame=each_s, scale=scale)
    encoded = context.part(PanelWorkers).film.thread.submit(encode, frames)
    while not encoded.done():  # other jobs render meanwhile
        yield Later(ENCODED_S)
    data = encoded.result()
    side = f"{width * scale}x{height * scale}"
    name = f"{file_stem(weights)}-walk-{len(frames)}-frames-{side}.{film.format}"
    yield line({"name": name, "type": FILM_TYPES[film.format], "size": len(data)})
    yield from parts_of(data)


async def film(context: Context, request: Request) -> Response:
    """POST 2 to 8 keyframes; the reply is JSON lines and then the video, see `make_film`."""
    wanted = film_of(context, request)
    body = await body_of(request, limit=MAX_BODY)

    def work(cancelled: Cancelled) -> Iterator[bytes | Later | Slow]:
        return make_film(context, wanted, body, cancelled)

    film_makers, visitor = context.part(PanelWorkers).film, visitor_of(request)
    return stream(
        film_makers, visitor, work, media_type="application/octet-stream",
        turns=Turn(context.drawing, visitor),
    )  # fmt: skip


# ---- the map ----------------------------------------------------------------------------------


async def map_of(context: Context, request: Request) -> Response:
    """The map of a model's samples; psi is rounded to tenths, so that few cached maps serve all."""
    asked, psi = request.query_params.get("method", "pca"), round(psi_of(request), 1)
    method = next((known for known in METHODS if known == asked), None)
    if method is None:
        raise PageError("gan_error_request")
    desk, ref = context.part(PanelWorkers), request.query_params.get("ref", "")

    def draw() -> Generator[object, None, dict[str, Any]]:
        weights = context.models.get(ref)
        key = (weights.revision, method, psi)
        if desk.maps.find(key) is None:
            yield from slow_first(context, weights)
        found = desk.maps.get(key, lambda: draw_map(context, weights, method, psi))
        if found["guessed"]:
            return found
        names = class_names_for(context, session_of(request), ref, weights.config)
        return found | {"class_names": named(names, found["labels"])}

    return JSONResponse(await in_slices(context.map, request, draw()), headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/film", film),
    ("GET", "/_gan/map", map_of),
)
