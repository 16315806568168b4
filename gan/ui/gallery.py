"""Gallery: pages of samples by seed, one binary reply a page."""

from __future__ import annotations

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response

from gan.sampling import MAX_SEED, Samples, sample
from gan.ui.board import build_board
from gan.ui.routes import Context, Handler, number_in, on
from gan.ui.views import MAX_PSI, PageError, joined, real_number

MAX_PAGE = 192


def build() -> gr.HTML:
    """The gallery's board."""
    return build_board("gallery")


async def page(context: Context, request: Request) -> Response:
    """`count` samples from seed `start` on: raw pixels in a row, labels in a header.

    The address holds the weights' nimg, so a page may be kept by the browser.
    """
    query = request.query_params
    start, count = number_in(request, "start", 0), number_in(request, "count", 1)
    label = number_in(request, "label", -1)
    psi = real_number("psi", query.get("psi", "1"), low=0, high=MAX_PSI)
    if not (0 <= start <= MAX_SEED and 1 <= count <= MAX_PAGE):
        raise PageError("gan_error_request")
    seeds = range(start, min(start + count, MAX_SEED + 1))

    def draw() -> Samples:
        g = context.models.get(query.get("ref", "")).generator
        return sample(g, seeds, psi=psi, label=label if label >= 0 and g.classes else None)

    samples = await on(context.page_thread, draw)
    headers = {
        "Cache-Control": "private, max-age=600",
        "x-gan-shape": joined(samples.pixels.shape[1:]),
        "x-gan-labels": joined([] if samples.labels is None else samples.labels),
    }
    return Response(
        samples.pixels.tobytes(), media_type="application/octet-stream", headers=headers
    )


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/gan/gallery", page),)
