"""The wall: one picture of every tile on a few moments of its way, and what the browser needs to go
on by itself.

Each tile has a class and moves within it on an arc at the length of its own latent, so that every
moment is as likely as a sample. The reply is the same for all visitors and made once per model.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from gan.checkpoint import Weights, bundled
from gan.errors import GanError
from gan.hub.recipe import shared_data
from gan.images import Pixels, encode_webp, to_pixels
from gan.latent.directions import pca_directions
from gan.latent.points import Points, one_hot
from gan.sampling import affordable, latents, slerp
from gan.ui.server.fair_queue import SLICE_S, Later
from gan.ui.server.gpu import show
from gan.ui.server.in_turn import in_slices
from gan.ui.server.inbrowser import MAX_MODEL_BYTES, model_bytes
from gan.ui.server.resources import Kept
from gan.ui.server.routes import NEVER, Context, Handler

TILES = 48  # 12 x 4 at 2,560 px; a phone shows the first 20
MOMENTS = 6  # pictures of each tile; the page dissolves one into the next
ARC = 1.1  # radians from the first moment to the last: another garment of the same class
TILE_PX = 64  # px of a tile in the reply
QUALITY = 88
MOST_S = 4.0  # of one core; a costlier model's wall is that of the default model
MOST_AT_ONCE = 48  # pictures per slice
WAIT_S = 0.05  # between looks of a visitor for whom another has begun the same wall
KEPT = 8  # walls; about 130 KB each


@dataclass(frozen=True)
class Arcs:
    """Where the tiles go: from `begin` to `end` (N, z_dim), both of one length, in `labels`."""

    begin: Tensor
    end: Tensor
    labels: Tensor | None

    def at(self, fraction: float) -> Tensor:
        """Their z (N, z_dim) a fraction of the way along."""
        return slerp(self.begin, self.end, fraction)


def arcs_of(z_dim: int, classes: int) -> Arcs:
    """The tiles of every model with so many dimensions and classes; classes take turns."""
    begin, towards = latents(z_dim, range(TILES)), latents(z_dim, range(TILES, 2 * TILES))
    length = begin.norm(dim=1, keepdim=True)
    unit = begin / length
    across = towards - (towards * unit).sum(1, keepdim=True) * unit
    across = across / across.norm(dim=1, keepdim=True)
    end = length * (math.cos(ARC) * unit + math.sin(ARC) * across)
    # of ten classes neighbours differ, in rows and in columns of every width of the page
    i = torch.arange(TILES)
    labels = (7 * i + 5 * (i // classes)) % classes if classes else None
    return Arcs(begin, end, labels)


def is_affordable(weights: Weights) -> bool:
    """Whether a wall of this model is: for the server to draw once, and for a browser to run."""
    g, count = weights.generator, TILES * MOMENTS
    small = model_bytes(weights) <= MAX_MODEL_BYTES
    return small and affordable(g, MOST_S, least=0, most=count) == count


def build(weights: Weights, ref: str) -> Generator[None, None, bytes]:
    """The reply, in slices of work."""
    g, config = weights.generator, weights.config
    arcs = arcs_of(g.z_dim, g.classes)
    rows: list[Pixels] = []
    for pixels in _moments(weights, arcs):
        rows.append(pixels)
        yield
    axes = torch.stack([d.vector for d in pca_directions(g, count=2)])
    yield
    found: dict[str, Any] = {
        "ref": ref,
        "revision": weights.revision,
        "nimg": config.nimg,
        "data": shared_data(config.data),
        "seconds": config.seconds or None,
        "labels": None if arcs.labels is None else arcs.labels.tolist(),
        "z_dim": g.z_dim,
        "begin": _packed(arcs.begin),
        "end": _packed(arcs.end),
        "axes": _packed(axes),
        "arc": ARC,
        "moments": MOMENTS,
        "sheet": base64.b64encode(_sheet(rows)).decode(),
    }
    return json.dumps(found).encode()


def _moments(weights: Weights, arcs: Arcs) -> Iterator[Pixels]:
    """All tiles (N, H, W, C) of one moment after another."""
    g = weights.generator
    step = affordable(g, SLICE_S, least=1, most=MOST_AT_ONCE)
    classes = one_hot(g, arcs.labels)
    for moment in range(MOMENTS):
        points = Points(arcs.at(moment / (MOMENTS - 1)), classes)
        parts = [
            to_pixels(show(g, points.at(slice(i, i + step)), side=TILE_PX))
            for i in range(0, TILES, step)
        ]
        yield np.concatenate(parts)


def _sheet(rows: list[Pixels]) -> bytes:
    """One WebP: a column for each tile, a row for each moment."""
    return encode_webp(
        np.concatenate([np.concatenate(list(row), axis=1) for row in rows]),
        lossless=False,
        quality=QUALITY,
    )


def _packed(values: Tensor) -> str:
    """base64 of little-endian float32."""
    return base64.b64encode(values.detach().numpy().astype("<f4").tobytes()).decode()


class Walls:
    """The last KEPT replies, each made once. All of it runs on the one drawing thread."""

    def __init__(self) -> None:
        self._kept = Kept[bytes](capacity=KEPT)
        self._making: set[tuple[str, str]] = set()

    def made(self, ref: str, weights: Weights) -> Generator[object, None, bytes]:
        """The reply, in slices of work; further requests wait while it is being made."""
        key = (ref, weights.revision)
        while key in self._making:
            yield Later(WAIT_S)
        reply = self._kept.find(key)
        if reply is None:
            self._making.add(key)
            try:
                reply = yield from build(weights, ref)
            finally:  # the visitor may have left
                self._making.discard(key)
            self._kept.put(key, reply)
        return reply


def chosen(context: Context, ref: str) -> tuple[str, Weights]:
    """The model that is asked for, or the default one where that is gone, or costs too much."""
    if ref:
        try:
            weights = context.models.get(ref)
            if is_affordable(weights):
                return ref, weights
        except GanError:
            pass
    default = bundled()[0]
    return default, context.models.get(default)


def prepare(context: Context) -> None:
    """Begin the default model's wall before anybody has asked for it."""

    def work() -> Generator[object, None, None]:
        yield from context.part(Walls).made(*chosen(context, ""))

    context.drawing.submit(work(), urgent=True)


async def wall(context: Context, request: Request) -> Response:
    """The wall of a model as JSON, with its pictures as one sheet. `ref` may be left out."""
    asked = request.query_params.get("ref", "")
    walls = context.part(Walls)

    def work() -> Generator[object, None, bytes]:
        ref, weights = chosen(context, asked)
        return (yield from walls.made(ref, weights))

    body = await in_slices(context.drawing, request, work())
    return Response(body, media_type="application/json", headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/wall", wall),)
