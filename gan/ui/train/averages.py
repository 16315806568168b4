"""A run's fixed samples by an average of another length, mixed from what the run kept."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from gan.averaging import LONGEST, SHORTEST
from gan.checkpoint import Weights
from gan.config import ModelConfig
from gan.data import points_behind
from gan.images import are_points, encode_webp, scatter, tile, to_pixels
from gan.runs.moments import Moment, has_second, load_moment, nearest
from gan.runs.writer import GRID_COLUMNS
from gan.sampling import affordable, render
from gan.training.learner import GRID, PLANE_GRID, fixed_noise
from gan.ui.server.fair_queue import SLICE_S
from gan.ui.server.in_turn import in_slices
from gan.ui.server.pace import check_pace, paced, slow_first
from gan.ui.server.resources import Kept
from gan.ui.server.routes import NEVER, Context, Handler, number_in
from gan.ui.server.views import PageError, real_number


class Sheet(NamedTuple):
    """The samples as one WebP, and whether the run kept both averages there."""

    data: bytes
    both: bool


class Sheets(Kept[Sheet]):
    """Sheets for all visitors, by run, when it began, moment and length."""

    def __init__(self) -> None:
        super().__init__(capacity=128)


def options() -> dict[str, Any]:
    """The lengths that the page offers."""
    return {"averaging": {"low": SHORTEST, "high": LONGEST}}


async def averaged(context: Context, request: Request) -> Response:
    """The samples of a snapshot by the average of a length, at the kept weights nearest to it."""
    query = request.query_params
    length = real_number("length", query.get("length"), low=SHORTEST, high=LONGEST)
    work = _sheet(context, query.get("id", ""), number_in(request, "nimg", 0), length)
    sheet = await in_slices(context.batch, request, work)
    headers = NEVER | {"x-gan-averages": "2" if sheet.both else "1"}
    return Response(sheet.data, media_type="image/webp", headers=headers)


def _sheet(
    context: Context, run_id: str, nimg: int, length: float
) -> Generator[object, None, Sheet]:
    status = context.runs.status(run_id)
    kept = context.runs.watched(run_id).reader.weights()
    if not kept:
        raise PageError("gan_error_no_run", status=404)
    moment = Moment(run_id, nearest(kept, nimg), length)
    key, sheets = (moment, status.started_at), context.part(Sheets)
    if (known := sheets.find(key)) is not None:
        return known
    # not by context.models: whoever drags along all lengths would empty it of others' models
    weights = load_moment(status.path, moment)
    data = yield from _drawn(context, weights)
    found = Sheet(data, has_second(status.path, weights.config.nimg))
    sheets.put(key, found)
    return found


def _drawn(context: Context, weights: Weights) -> Generator[object, None, bytes]:
    """As a training draws its snapshots, in slices."""
    g = weights.generator
    model = weights.config.model
    count = PLANE_GRID if isinstance(model, ModelConfig) and model.is_plane else GRID
    z, labels = fixed_noise(g.z_dim, g.classes, count)
    check_pace(context, weights, count)
    yield from slow_first(context, weights)
    step = affordable(g, SLICE_S, least=1, most=count)
    parts = []
    for start in range(0, count, step):
        part = slice(start, start + step)
        with paced(context, weights, len(z[part])):
            x = render(g, z[part], labels=None if labels is None else labels[part])
            parts.append(to_pixels(x))
        yield None
    pixels = np.concatenate(parts)
    if not are_points(pixels):
        return encode_webp(tile(pixels, GRID_COLUMNS))
    own = context.profile.local  # in public what lies behind may be somebody's own
    behind = points_behind(weights.config.data, own=own)
    return encode_webp(scatter(pixels, behind=None if behind is None else behind.numpy()))


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/run/averaged", averaged),)
