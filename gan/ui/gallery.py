"""Gallery: any samples by seed in one binary reply, and files to take away."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response

from gan.checkpoint import Weights
from gan.images import Pixels, encode_png, tile, to_pixels
from gan.latent.points import Points, one_hot
from gan.sampling import MAX_SEED, labels_of, latents
from gan.ui.asked import file_stem
from gan.ui.board import build_board
from gan.ui.gpu import show
from gan.ui.routes import NEVER, Context, Handler, json_of, on
from gan.ui.views import MAX_PSI, PageError, joined, real_number, whole_number

MAX_TILES = 192  # of one reply
TILE_PX = 256  # of one in a reply; a file has the picture's full size
MAX_FILES = 1000  # of one download
SHEET_SCALE_TO = 64  # px a tile at least; small pictures are enlarged by whole factors
PNG_KEY = "gan-atelier"


@dataclass(frozen=True)
class Tiles:
    """Samples as the page names them: seeds with a class and a psi each."""

    ref: str
    seeds: tuple[int, ...]
    labels: tuple[int, ...]  # -1: the seed's own
    psis: tuple[float, ...]


def build() -> gr.HTML:
    """The gallery's board."""
    return build_board("gallery")


def tiles_of(form: dict[str, Any], *, most: int) -> Tiles:
    """A checked request; raises GanError for what makes no sense."""
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
    """Pixels (N, H, W, C), at most `side` px where given, and classes (N,), -1 without classes."""
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


def _labels(weights: Weights, tiles: Tiles) -> torch.Tensor | None:
    classes = weights.generator.classes
    if not classes:
        return None
    if max(tiles.labels) >= classes:
        raise PageError("gan_error_request")
    asked = torch.tensor(tiles.labels)
    return torch.where(asked < 0, labels_of(classes, tiles.seeds), asked)


async def page(context: Context, request: Request) -> Response:
    """Samples as raw pixels in a row, their classes in a header."""
    tiles = tiles_of(await json_of(request), most=MAX_TILES)

    def work() -> tuple[Pixels, list[int], int]:
        weights = context.models.get(tiles.ref)
        return *draw(weights, tiles, side=TILE_PX), weights.config.nimg

    pixels, labels, nimg = await on(context.page_thread, work)
    headers = NEVER | {
        "x-gan-shape": joined(pixels.shape[1:]),
        "x-gan-labels": joined(labels),
        "x-gan-nimg": str(nimg),
    }
    return Response(pixels.tobytes(), media_type="application/octet-stream", headers=headers)


# ---- files ------------------------------------------------------------------------------------


async def download(context: Context, request: Request) -> Response:
    """The samples as one PNG, a sheet, or a zip of PNGs with a table of what made them."""
    form = await json_of(request)
    tiles, kind = tiles_of(form, most=MAX_FILES), str(form.get("kind", ""))
    if kind not in ("png", "sheet", "zip"):
        raise PageError("gan_error_request")

    def work() -> tuple[bytes, str, str]:
        weights = context.models.get(tiles.ref)
        pixels, labels = draw(weights, tiles)
        stem = file_stem(weights)
        if kind == "zip":
            return _zip(weights, tiles, pixels, labels), "application/zip", f"{stem}-samples.zip"
        if kind == "sheet":
            columns = whole_number("columns", form.get("columns", 8), low=1, high=64)
            return _sheet(pixels, columns), "image/png", f"{stem}-sheet.png"
        data = encode_png(pixels[0], text={PNG_KEY: recipe(weights, tiles, labels, 0)})
        return data, "image/png", f"{stem}-{tiles.seeds[0]}.png"

    data, kind_of_file, name = await on(context.page_thread, work)
    headers = NEVER | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind_of_file, headers=headers)


def recipe(weights: Weights, tiles: Tiles, labels: Sequence[int], i: int) -> str:
    """What makes one sample again, as JSON; dropped on the app, it opens in Explore."""
    label = labels[i] if labels[i] >= 0 else None
    return json.dumps(
        {
            "model": tiles.ref, "revision": weights.revision, "seed": tiles.seeds[i],
            "psi": tiles.psis[i], "label": label,
        }
    )  # fmt: skip


def _sheet(pixels: Pixels, columns: int) -> bytes:
    scale = max(1, math.ceil(SHEET_SCALE_TO / pixels.shape[1]))
    large = pixels.repeat(scale, 1).repeat(scale, 2)
    return encode_png(tile(large, min(columns, len(large)), gap=2, background=255))


def _zip(weights: Weights, tiles: Tiles, pixels: Pixels, labels: Sequence[int]) -> bytes:
    names = weights.config.class_names
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["file", "seed", "class", "psi", "model", "revision"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # PNGs do not shrink any more
        for i, picture in enumerate(pixels):
            label = labels[i]
            name = names[label] if 0 <= label < len(names) else "" if label < 0 else str(label)
            file = f"{i:04d}-seed{tiles.seeds[i]}.png"
            writer.writerow(
                [file, tiles.seeds[i], name, tiles.psis[i], weights.config.name, weights.revision]
            )
            archive.writestr(
                file, encode_png(picture, text={PNG_KEY: recipe(weights, tiles, labels, i)})
            )
        archive.writestr("samples.csv", table.getvalue())
    return buffer.getvalue()


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/gan/gallery", page),
    ("POST", "/gan/gallery/download", download),
)
