"""Explore: the latent board, and the routes that turn a latent into pixels."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from torch import Tensor

from gan.images import encode_webp, to_pixels
from gan.latent.points import Points, one_hot
from gan.sampling import MAX_SEED, affordable, labels_of, latents
from gan.ui.server.fair_queue import SLICE_S, FairQueue
from gan.ui.server.gpu import show
from gan.ui.server.in_turn import in_slices, in_turn
from gan.ui.server.pace import check_pace, paced, slow_first
from gan.ui.server.routes import NEVER, Context, Handler, body_of, number_in
from gan.ui.server.views import (
    MAX_PSI,
    PageError,
    joined,
    real_number,
    rows_from_bytes,
    whole_number,
)

MAX_ROW_BYTES = 4 * 2048  # dimensions and classes together
MAX_BATCH = 64
SMALL_PX = 160  # px of a thumbnail
RAW_PX = 128  # a larger picture is sent as WebP: raw, the transfer would take most of the time


class Pictures(NamedTuple):
    """Rendered latents, all of one size."""

    data: bytes  # N x H x W x C uint8, or a WebP of one
    shape: tuple[int, ...]  # H, W, C
    nimg: int
    ms: float
    media_type: str = "application/octet-stream"

    def reply(self) -> Response:
        """Raw pixels, which a canvas can use directly."""
        headers = NEVER | {
            "x-gan-shape": joined(self.shape),
            "x-gan-ms": f"{self.ms:.2f}",
            "x-gan-nimg": str(self.nimg),
        }
        return Response(self.data, media_type=self.media_type, headers=headers)


def paint(
    context: Context, ref: str, body: bytes, *, psi: float, label: int | None, most: int
) -> Generator[object, None, Pictures]:
    """Render 1 to `most` latents, in slices; `label` applies where no class weights are sent.

    A single one has the model's full size, several are thumbnails.
    """
    started = time.perf_counter()
    weights = context.models.get(ref)
    g = weights.generator
    if label is not None and not label < g.classes:
        raise PageError("gan_error_request")
    rows = rows_from_bytes(body, z_dim=g.z_dim, classes=g.classes, most=most)
    if rows.weights is not None:
        mixed: Tensor | None = torch.from_numpy(rows.weights)
    else:
        mixed = one_hot(g, torch.full((len(rows.z),), label or 0) if g.classes else None)
    points = Points(torch.from_numpy(rows.z), mixed)
    side, step = SMALL_PX if most > 1 else None, affordable(g, SLICE_S, least=1, most=most)
    check_pace(context, weights, len(points))
    yield from slow_first(context, weights)
    parts = []
    for start in range(0, len(points), step):
        check_pace(context, weights, len(points) - start)  # what was measured meanwhile counts
        part = points.at(slice(start, start + step))
        with paced(context, weights, len(part)):
            parts.append(to_pixels(show(g, part, psi=psi, side=side)))
        if start + step < len(points):
            yield None
    pixels = np.concatenate(parts)
    large = most == 1 and max(pixels.shape[1:3]) > RAW_PX
    data = encode_webp(pixels[0], lossless=False, quality=95) if large else pixels.tobytes()
    ms = 1e3 * (time.perf_counter() - started)
    kind = {"media_type": "image/webp"} if large else {}
    return Pictures(data, pixels.shape[1:], weights.config.nimg, ms, **kind)


async def _painted(context: Context, request: Request, queue: FairQueue, *, most: int) -> Response:
    query = request.query_params
    label = number_in(request, "label", -1)
    body = await body_of(request, limit=most * MAX_ROW_BYTES)
    with context.painting:
        work = paint(
            context,
            query.get("ref", ""),
            body,
            psi=real_number("psi", query.get("psi", "1"), low=0, high=MAX_PSI),
            label=label if label >= 0 else None,
            most=most,
        )
        pictures = await in_slices(queue, request, work)
    return pictures.reply()


async def latent(context: Context, request: Request) -> Response:
    """POST z, or z and class weights, as little-endian float32."""
    return await _painted(context, request, context.latent, most=1)


async def batch(context: Context, request: Request) -> Response:
    """POST several rows for thumbnails: z, always with class weights in a model with classes.

    Runs on its own thread, so that thumbnails never delay the main picture.
    """
    return await _painted(context, request, context.batch, most=MAX_BATCH)


async def seed_latent(context: Context, request: Request) -> Response:
    """The z and the class of a seed, the same as in the gallery and the CLI."""
    seed = whole_number("seed", request.query_params.get("seed", "0"), low=0, high=MAX_SEED)

    def draw() -> dict[str, object]:
        g = context.models.get(request.query_params.get("ref", "")).generator
        label = int(labels_of(g.classes, [seed])[0]) if g.classes else None
        return {"z": latents(g.z_dim, [seed])[0].tolist(), "label": label}

    return JSONResponse(await in_turn(context.latent, request, draw), headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/latent", latent),
    ("POST", "/_gan/latents/batch", batch),
    ("GET", "/_gan/latents", seed_latent),
)
