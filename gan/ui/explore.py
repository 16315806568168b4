"""Explore: the latent board, and the routes that turn a latent into pixels."""

from __future__ import annotations

import time
from typing import NamedTuple

import gradio as gr
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.images import to_pixels
from gan.sampling import MAX_SEED, labels_of, latents, render
from gan.ui.board import build_board
from gan.ui.routes import NEVER, Context, Handler, body_of, number_in, on
from gan.ui.views import MAX_PSI, PageError, joined, latent_from_bytes, real_number, whole_number

MAX_LATENT_BYTES = 4096  # 1,024 dimensions


class Picture(NamedTuple):
    """One rendered latent."""

    data: bytes  # H x W x C uint8
    shape: tuple[int, ...]
    nimg: int
    ms: float


def build() -> gr.HTML:
    """The latent board."""
    return build_board("explore")


def paint(context: Context, ref: str, body: bytes, *, psi: float, label: int | None) -> Picture:
    """The picture of one latent."""
    started = time.perf_counter()
    weights = context.models.get(ref)
    g = weights.generator
    if label is not None and not label < g.classes:
        raise PageError("gan_error_request")
    z = torch.from_numpy(latent_from_bytes(body, g.z_dim))
    labels = torch.tensor([label or 0]) if g.classes else None
    pixels = to_pixels(render(g, z, labels=labels, psi=psi))[0]
    ms = 1e3 * (time.perf_counter() - started)
    return Picture(pixels.tobytes(), pixels.shape, weights.config.nimg, ms)


async def latent(context: Context, request: Request) -> Response:
    """POST little-endian float32 z; the reply is raw pixels, which a canvas takes as they are."""
    query = request.query_params
    label = number_in(request, "label", -1)
    picture = await on(
        context.latent_thread,
        paint,
        context,
        query.get("ref", ""),
        await body_of(request, limit=MAX_LATENT_BYTES),
        psi=real_number("psi", query.get("psi", "1"), low=0, high=MAX_PSI),
        label=label if label >= 0 else None,
    )
    headers = NEVER | {
        "x-gan-shape": joined(picture.shape),
        "x-gan-ms": f"{picture.ms:.2f}",
        "x-gan-nimg": str(picture.nimg),
    }
    return Response(picture.data, media_type="application/octet-stream", headers=headers)


async def seed_latent(context: Context, request: Request) -> Response:
    """The z and the class that a seed stands for, the same ones as in the gallery and the CLI."""
    seed = whole_number("seed", request.query_params.get("seed", "0"), low=0, high=MAX_SEED)

    def draw() -> dict[str, object]:
        g = context.models.get(request.query_params.get("ref", "")).generator
        label = int(labels_of(g.classes, [seed])[0]) if g.classes else None
        return {"z": latents(g.z_dim, [seed])[0].tolist(), "label": label}

    return JSONResponse(await on(context.latent_thread, draw), headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/gan/latent", latent),
    ("GET", "/gan/latents", seed_latent),
)
