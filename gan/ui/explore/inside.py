"""Look inside: feature maps, D's score, and the nearest real pictures for one latent point."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from torch import Tensor

from gan.checkpoint import Weights
from gan.data import load_data, were_shown
from gan.errors import DataError
from gan.images import Pixels, normalise, shrink, to_pixels
from gan.latent.inside import Layer, activations, scores_alone, view_of
from gan.latent.points import Points, from_seeds, show
from gan.metrics.features import extract
from gan.metrics.neighbours import nearest
from gan.ui.server.in_turn import in_slices
from gan.ui.server.pace import at_pace, check_pace, is_at_pace, slow_first
from gan.ui.server.parameters import coded, features_of, points_of, psi_of
from gan.ui.server.real_features import Reals, data_of
from gan.ui.server.routes import NEVER, Context, Handler, body_of
from gan.ui.server.views import finite
from gan.ui.server.workers import PanelWorkers, UsualScores

MAX_POINT = 4 * 2048
MAPS_SHOWN = 48  # per layer
SIDE_SHOWN = 64  # px of a map
NEIGHBOURS = 6
FEWEST, COMPARED = 8, 128  # pictures of either kind whose scores a score is ranked against
COMPARED_S = 10.0  # of rendering them; a slow model gets fewer
PICTURE_SIDE = 256  # px of the picture shown beside its maps


async def inside(context: Context, request: Request) -> Response:
    """POST one point; its layers and D's output."""
    return await _looked(context, request, look)


async def neighbours(context: Context, request: Request) -> Response:
    """POST one point; its nearest real pictures, or the progress of feature extraction."""
    return await _looked(context, request, compare)


async def _looked(context: Context, request: Request, work: Any) -> Response:
    ref, psi = request.query_params.get("ref", ""), psi_of(request)
    body = await body_of(request, limit=MAX_POINT)

    def answer() -> Generator[object, None, dict[str, Any]]:
        weights = context.models.get(ref)
        check_pace(context, weights, 1)
        yield from slow_first(context, weights)
        found: dict[str, Any] = work(context, weights, points_of(body, weights), psi)
        return found

    return JSONResponse(await in_slices(context.look, request, answer()), headers=NEVER)


# ---- layers and D -----------------------------------------------------------------------------


def look(context: Context, weights: Weights, point: Points, psi: float) -> dict[str, Any]:
    """The generator's activations, and D's score of the result."""
    layers = activations(weights.generator, point, psi=psi)
    x = show(weights.generator, point, psi=psi)
    picture = to_pixels(shrink(x, PICTURE_SIDE))
    return {
        "layers": [layer_json(layer) for layer in layers],
        "judgement": judgement_json(context, weights, x[0], point.weights),
        "picture": coded(picture),
        "shape": [*picture.shape[1:]],
        "nimg": weights.config.nimg,
    }


def layer_json(layer: Layer) -> dict[str, Any]:
    """A strip of feature maps on the layer's own range; only the most active where there are many.

    The picture itself is not rescaled: stretched, a flat grey one would be all noise.
    """
    maps = shrink(layer.maps[None], SIDE_SHOWN)[0]
    total = len(maps)
    if total > MAPS_SHOWN:
        busiest = maps.flatten(1).std(1).topk(MAPS_SHOWN).indices.sort().values
        maps = maps[busiest]
    low, high = (-1.0, 1.0) if layer.kind == "image" else (float(maps.min()), float(maps.max()))
    scaled = (maps.clamp(low, high) - low) / max(high - low, 1e-12) * 255
    pixels: Pixels = scaled.round().to(torch.uint8).numpy()
    return {
        "kind": layer.kind, "name": layer.name, "total": total,
        "count": len(maps), "height": maps.shape[1], "width": maps.shape[2],
        "low": low, "high": high, "maps": coded(pixels),
    }  # fmt: skip


def judgement_json(
    context: Context, weights: Weights, x: Tensor, labels: Tensor | None
) -> dict[str, Any] | None:
    """D's score, its rank among others and its gradient map; None without a D."""
    said = view_of(weights.discriminator, x, labels)
    if said is None:
        return None
    signed = said.gradient.mean(0)  # (H, W): brighter or darker, over all channels
    strength = shrink((said.pull * torch.sign(signed))[None, None], PICTURE_SIDE)[0, 0]
    levels = (127 + 127 * strength.clamp(-1, 1)).round().to(torch.uint8)
    usual = context.part(PanelWorkers).usual_scores.get(
        (weights.revision,), lambda: usual_scores(context, weights)
    )
    return {
        "score": finite(said.score), "pull": coded(np.asarray(levels)),
        "over_fakes": _over(said.score, usual.fakes), "over_reals": _over(said.score, usual.reals),
    }  # fmt: skip


def usual_scores(context: Context, weights: Weights) -> UsualScores:
    """D's scores of some fakes and reals; a relativistic D's score means something only against
    these."""
    d, g = weights.discriminator, weights.generator
    assert d is not None
    if not is_at_pace(context, weights, FEWEST):
        return UsualScores(None, None)
    count = at_pace(context, weights, COMPARED_S, least=FEWEST, most=COMPARED)
    points = from_seeds(g, range(count))
    fakes = scores_alone(d, show(g, points), points.weights)
    spec = data_of(weights, local=context.profile.local)
    if spec is None:
        return UsualScores(fakes, None)
    try:
        images = load_data(spec, resolution=g.image_shape[1], channels=g.image_shape[0])
    except DataError:
        return UsualScores(fakes, None)
    some = images.subset(
        torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:COMPARED]
    )
    if g.classes and (some.labels is None or int(some.labels.max()) >= g.classes):
        return UsualScores(fakes, None)
    labels = some.labels if g.classes else None
    return UsualScores(fakes, scores_alone(d, normalise(some.pixels), labels))


def _over(score: float, usual: Tensor | None) -> float | None:
    """The share of reference scores that are lower."""
    return None if usual is None else round(float((usual < score).double().mean()), 4)


# ---- the nearest real pictures ----------------------------------------------------------------


def compare(context: Context, weights: Weights, point: Points, psi: float) -> dict[str, Any]:
    """The nearest real pictures with their distances, and the usual distance among reals.

    Until then the state of feature extraction: {"state": "none"}, or "studying" and a fraction.
    """
    spec = data_of(weights, local=context.profile.local)
    net = features_of(weights)
    found = context.part(PanelWorkers).studies.ask(spec, weights, net) if spec else None
    if found is None:
        return {"state": "none"}
    if not isinstance(found, Reals):
        return {"state": "studying", "fraction": round(found, 2)}
    x = show(weights.generator, point, psi=psi)
    near = nearest(extract(net, x), found.features, min(NEIGHBOURS, len(found.features)))
    shown = were_shown(weights.seen, found.origin)
    told = {"state": "ready", "shown": shown}
    return told | reals_json(found, near.distances[0], near.indices[0])


def reals_json(reals: Reals, distances: Tensor, indices: Tensor) -> dict[str, Any]:
    """Real pictures by increasing distance."""
    images = reals.images.subset(indices)
    pixels = images.pixels.permute(0, 2, 3, 1).contiguous().numpy()
    names = images.class_names
    labels = [] if images.labels is None else images.labels.tolist()
    return {
        "pixels": coded(pixels), "shape": [*pixels.shape[1:]],
        "distances": [round(float(d), 4) for d in distances],
        "labels": [names[i] if i < len(names) else str(i) for i in labels],
        "usual": reals.usual, "close": reals.close,
        "count": len(reals.images), "subset": reals.subset, "data": reals.images.name,
    }  # fmt: skip


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/inside", inside),
    ("POST", "/_gan/neighbours", neighbours),
)
