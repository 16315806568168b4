"""Gallery: arbitrary samples by seed in one binary reply, or one as a file; for many see
downloads."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response

from gan.checkpoint import Weights
from gan.images import Pixels, encode_png, to_pixels
from gan.latent.points import Points, one_hot
from gan.sampling import MAX_SEED, affordable, labels_of, latents
from gan.ui.server.fair_queue import SLICE_S
from gan.ui.server.gpu import show
from gan.ui.server.in_turn import in_slices
from gan.ui.server.pace import check_pace, paced, slow_first
from gan.ui.server.parameters import file_stem
from gan.ui.server.routes import NEVER, Context, Handler, json_of
from gan.ui.server.views import MAX_PSI, PageError, joined, real_number, whole_number

MAX_TILES = 192  # per reply
TILE_PX = 256  # px of one in a reply; a file has the picture's full size
MOST_AT_ONCE = 64  # per slice
PNG_KEY = "gan-atelier"


@dataclass(frozen=True)
class Tiles:
    """Samples as the page requests them: seeds, each with a class and a psi."""

    ref: str
    seeds: tuple[int, ...]
    labels: tuple[int, ...]  # -1: the seed's own
    psis: tuple[float, ...]


def tiles_of(form: dict[str, Any], *, most: int) -> Tiles:
    """A checked request; raises GanError for an invalid one."""
    seeds, labels, psis = (form.get(key) for key in ("seeds", "labels", "psis"))
    lists = [x for x in (seeds, labels, psis) if isinstance(x, list)]
    if len(lists) != 3 or not 1 <= len(lists[0]) <= most or len({len(x) for x in lists}) != 1:
        raise PageError("gan_error_request")
    return Tiles(
        ref=str(form.get("ref", "")),
        seeds=tuple(whole_number("seed", s, low=0, high=MAX_SEED) for s in lists[0]),
        labels=tuple(whole_number("class", n, low=-1, high=999) for n in lists[1]),
        psis=tuple(real_number("psi", p, low=0, high=MAX_PSI) for p in lists[2]),
    )


def draw(weights: Weights, tiles: Tiles, *, side: int | None = None) -> tuple[Pixels, list[int]]:
    """Pixels (N, H, W, C), at most `side` px if given, and classes (N,), -1 without classes."""
    g = weights.generator
    labels = _labels(weights, tiles)
    points = Points(latents(g.z_dim, tiles.seeds), one_hot(g, labels))
    out: dict[int, Pixels] = {}
    psis = torch.tensor(tiles.psis)
    for psi in psis.unique().tolist():
        rows = (psis == psi).nonzero()[:, 0]
        pixels = to_pixels(show(g, points.at(rows), psi=psi, side=side))
        out |= dict(zip(rows.tolist(), pixels, strict=True))
    drawn = np.stack([out[i] for i in range(len(points))])
    return drawn, [-1] * len(points) if labels is None else labels.tolist()


def in_parts(weights: Weights, tiles: Tiles) -> Iterator[Tiles]:
    """The same samples, one time slice at a time."""
    step = affordable(weights.generator, SLICE_S, least=1, most=MOST_AT_ONCE)
    for start in range(0, len(tiles.seeds), step):
        part = slice(start, start + step)
        yield Tiles(tiles.ref, tiles.seeds[part], tiles.labels[part], tiles.psis[part])


def _labels(weights: Weights, tiles: Tiles) -> torch.Tensor | None:
    classes = weights.generator.classes
    if not classes:
        return None
    if max(tiles.labels) >= classes:
        raise PageError("gan_error_request")
    asked = torch.tensor(tiles.labels)
    return torch.where(asked < 0, labels_of(classes, tiles.seeds), asked)


async def page(context: Context, request: Request) -> Response:
    """Samples as concatenated raw pixels, with their classes in a header."""
    tiles = tiles_of(await json_of(request), most=MAX_TILES)

    def work() -> Generator[object, None, tuple[Pixels, list[int], int]]:
        weights = context.models.get(tiles.ref)
        parts = []
        left = len(tiles.seeds)
        check_pace(context, weights, left)
        yield from slow_first(context, weights)
        for part in in_parts(weights, tiles):
            check_pace(context, weights, left)  # each time: what was measured meanwhile counts
            with paced(context, weights, len(part.seeds)):
                parts.append(draw(weights, part, side=TILE_PX))
            left -= len(part.seeds)
            yield None
        labels = [label for _, some in parts for label in some]
        return np.concatenate([pixels for pixels, _ in parts]), labels, weights.config.nimg

    pixels, labels, nimg = await in_slices(context.drawing, request, work())
    headers = NEVER | {
        "x-gan-shape": joined(pixels.shape[1:]),
        "x-gan-labels": joined(labels),
        "x-gan-nimg": str(nimg),
    }
    return Response(pixels.tobytes(), media_type="application/octet-stream", headers=headers)


# ---- one file ---------------------------------------------------------------------------------


async def save_one(context: Context, request: Request) -> Response:
    """One sample as a full-size PNG."""
    tiles = tiles_of(await json_of(request), most=1)

    def work() -> Generator[object, None, tuple[bytes, str]]:
        weights = context.models.get(tiles.ref)
        check_pace(context, weights, 1)
        yield from slow_first(context, weights)
        pixels, labels = draw(weights, tiles)
        yield None
        data = encode_png(pixels[0], text={PNG_KEY: recipe(weights, tiles, labels, 0)})
        return data, f"{file_stem(weights)}-{tiles.seeds[0]}.png"

    data, name = await in_slices(context.drawing, request, work())
    headers = NEVER | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="image/png", headers=headers)


def recipe(weights: Weights, tiles: Tiles, labels: Sequence[int], i: int) -> str:
    """Everything needed to recreate one sample, as JSON; dropped on the app, it opens in
    Explore."""
    label = labels[i] if labels[i] >= 0 else None
    return json.dumps(
        {
            "model": tiles.ref, "revision": weights.revision, "seed": tiles.seeds[i],
            "psi": tiles.psis[i], "label": label,
        }
    )  # fmt: skip


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/gallery", page),
    ("POST", "/_gan/gallery/one", save_one),
)
