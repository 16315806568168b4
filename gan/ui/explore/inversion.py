"""Inversion of a visitor's own picture: decoding it within limits, then finding its latent
point."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from gan.checkpoint import Weights
from gan.data.pictures import read_picture
from gan.images import from_pixels, to_pixels
from gan.latent.encoder import load_encoder
from gan.latent.inversion import InversionProgress, Inverted, invert
from gan.latent.likeness import SAMPLES, Likeness
from gan.runs.decoding import Decoder
from gan.ui.server.in_turn import in_turn, visitor_of
from gan.ui.server.pace import at_pace, check_pace
from gan.ui.server.parameters import coded, features_of
from gan.ui.server.routes import NEVER, Context, Handler, body_of, session_of
from gan.ui.server.streams import Cancelled, line, stream
from gan.ui.server.views import PageError, finite, joined, whole_number
from gan.ui.server.visitors import address_of
from gan.ui.server.workers import PanelWorkers

UPLOAD_S = 60.0
MAX_RAW = 4 * 1024 * 1024  # one picture at a model's size
RESTARTS, STEPS, LONGEST_S = 8, 600, 120.0
PUBLIC_RESTARTS, PUBLIC_STEPS, PUBLIC_LONGEST_S = 4, 200, 30.0
TOLD_EVERY_S = 0.1
SAMPLES_S = 5.0  # of rendering the samples that calibrate "far"; a slow model gets fewer
GRADIENT = 3  # pictures' worth of work in a picture and its gradient
STARTS_S = 1.0  # of one forward pass of all starts; a slow model gets fewer


# ---- decoding ---------------------------------------------------------------------------------


async def picture(context: Context, request: Request) -> Response:
    """POST an encoded picture; the reply is raw square pixels at the model's size.

    `x-gan-inverted` says whether it is dark on light where the model's pictures are light on dark,
    or the reverse.
    """
    desk, ref = context.part(PanelWorkers), request.query_params.get("ref", "")
    most = context.profile.reads.file_bytes
    try:
        async with asyncio.timeout(UPLOAD_S):
            body = await body_of(request, limit=most + 1, room=desk.coming)
    except TimeoutError:
        raise PageError("gan_error_slow", status=408) from None
    _count(context, request, len(body))
    # only now: half a picture takes nobody's turn
    pixels, other_ground = await in_turn(context.look, request, _read, context, ref, body)
    headers = NEVER | {
        "x-gan-shape": joined(pixels.shape),
        "x-gan-inverted": str(int(other_ground)),
    }
    return Response(pixels.tobytes(), media_type="application/octet-stream", headers=headers)


def _count(context: Context, request: Request, size: int) -> None:
    """In public, count an upload; raises PageError past the visitor's or the address's quota."""
    if context.profile.local:
        return
    uploads, who = context.part(PanelWorkers).uploads, (session_of(request), address_of(request))
    left = uploads.left(*who)
    uploads.add(*who, size)
    if size > left:
        raise PageError("gan_error_uploads", status=429)


def _read(context: Context, ref: str, body: bytes) -> tuple[np.ndarray, bool]:
    weights = context.models.get(ref)
    channels, height, _ = weights.image_shape
    if context.profile.local:
        limits = context.profile.reads
        pixels = read_picture(body, resolution=height, channels=channels, limits=limits)
    else:
        with Decoder() as decoder:
            pixels = decoder.read(body, resolution=height, channels=channels)
    likeness = likeness_of(context, weights)
    return pixels, likeness.is_inverted(from_pixels(pixels[None])[0])


# ---- searching --------------------------------------------------------------------------------


class InversionRequest(NamedTuple):
    """How many starts and steps to search with, and for how long."""

    ref: str
    restarts: int
    steps: int
    seconds: float


def search_of(context: Context, request: Request) -> InversionRequest:
    """The settings of a search; raises ConfigError outside the profile's limits."""
    query, local = request.query_params, context.profile.local
    most_restarts, most_steps = (RESTARTS, STEPS) if local else (PUBLIC_RESTARTS, PUBLIC_STEPS)
    restarts = whole_number("restarts", query.get("restarts", "4"), low=1, high=most_restarts)
    steps = whole_number("steps", query.get("steps", "200"), low=10, high=most_steps)
    seconds = LONGEST_S if local else PUBLIC_LONGEST_S
    return InversionRequest(query.get("ref", ""), restarts, steps, seconds)


async def search(context: Context, request: Request) -> Response:
    """POST raw pixels (H, W, C) at the model's size; the reply streams progress line by line."""
    wanted = search_of(context, request)
    body = await body_of(request, limit=MAX_RAW)
    desk = context.part(PanelWorkers)

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        return find(context, wanted, body, cancelled)

    return stream(desk.search, visitor_of(request), work)


def find(
    context: Context, wanted: InversionRequest, body: bytes, cancelled: Cancelled
) -> Iterator[bytes]:
    """The best picture so far a few times a second, and finally the latent point found."""
    weights, desk = context.models.get(wanted.ref), context.part(PanelWorkers)
    channels, height, width = weights.image_shape
    if len(body) != channels * height * width:
        raise PageError("gan_error_request")
    pixels = np.frombuffer(body, np.uint8).reshape(1, height, width, channels).copy()
    key, target = (weights.revision,), from_pixels(pixels)[0]
    check_pace(context, weights, GRADIENT)
    likeness = likeness_of(context, weights)
    ends_at, told_at = time.monotonic() + wanted.seconds, 0.0
    for news in invert(
        weights.generator,
        target,
        features=features_of(weights),
        encoder=desk.encoders.get(key, lambda: load_encoder(weights)),
        restarts=at_pace(context, weights, STARTS_S, least=1, most=wanted.restarts),
        steps=wanted.steps,
        cancel=lambda: cancelled() or time.monotonic() > ends_at,
    ):
        if isinstance(news, Inverted):
            yield line(
                found_json(news, likeness.apart)
                | {"grade": likeness.grade(target, news.after, news.distance)}
            )
        elif time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            yield line(progress_json(news, likeness.apart))


def progress_json(news: InversionProgress, far: float) -> dict[str, Any]:
    """One step; `apart` is the distance between random pictures."""
    return {
        "step": news.step, "of": news.of, "distance": finite(news.distance), "apart": far,
        "pixels": coded(to_pixels(news.x[None])),
    }  # fmt: skip


def found_json(found: Inverted, far: float) -> dict[str, Any]:
    """The result of a search, with everything the sliders need."""
    return {
        "z": found.z.tolist(), "mix": None if found.weights is None else found.weights.tolist(),
        "distance": finite(found.distance), "start_distance": finite(found.start_distance),
        "apart": far, "stopped": found.cancelled,
        "before": coded(to_pixels(found.before[None])),
        "pixels": coded(to_pixels(found.after[None])),
    }  # fmt: skip


def likeness_of(context: Context, weights: Weights) -> Likeness:
    """This model's likeness scale, measured once."""

    def measured() -> Likeness:
        g = weights.generator
        seeds = range(at_pace(context, weights, SAMPLES_S, least=4, most=SAMPLES))
        return Likeness.of(g, features_of(weights), seeds=seeds)

    return context.part(PanelWorkers).scales.get((weights.revision,), measured)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/picture", picture),
    ("POST", "/_gan/invert", search),
)
