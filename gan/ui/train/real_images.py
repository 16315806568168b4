"""A sheet of a bundled data set's images, for the picture of the game before a run exists."""

from __future__ import annotations

from functools import lru_cache

import torch
from starlette.requests import Request
from starlette.responses import Response

from gan.data import DATA_NAMES, load_data
from gan.images import are_points, encode_webp, real_sheet, tile, to_pixels
from gan.training.learner import GRID, PLANE_GRID
from gan.ui.server.in_turn import in_turn
from gan.ui.server.routes import NEVER, Context, Handler
from gan.ui.server.views import PageError

# Sets that ship; the full Fashion-MNIST may have to be downloaded, and its part looks the same.
SHIPPED = {name: "fashion" if name == "fashion-full" else name for name in DATA_NAMES}
COLUMNS = 8


@lru_cache(maxsize=len(SHIPPED))
def sheet(name: str) -> bytes:
    """8 x 8 images of a shipped set as WebP, without gaps; classes take turns."""
    images = load_data(name)
    if are_points(pixels := to_pixels(images.pixels[:PLANE_GRID])):
        return encode_webp(real_sheet(pixels, COLUMNS))
    order = torch.arange(len(images))
    if images.labels is not None:
        classes = len(images.class_names)
        pools = [order[images.labels == c] for c in range(classes)]
        picked = [int(pools[i % classes][i // classes]) for i in range(GRID)]
    else:
        picked = order[:: max(1, len(images) // GRID)][:GRID].tolist()
    pixels = images.pixels[picked].permute(0, 2, 3, 1).contiguous().numpy()
    return encode_webp(tile(pixels, COLUMNS))


async def real_images(context: Context, request: Request) -> Response:
    """The sheet of `data`; 404 for a set that doesn't ship."""
    name = SHIPPED.get(request.query_params.get("data", ""))
    if name is None:
        raise PageError("gan_error_request", status=404)
    data = await in_turn(context.batch, request, sheet, name)
    return Response(data, media_type="image/webp", headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/train/reals", real_images),)
