"""Directions for the latent board: found once per weights, drawn by visitors, saved by the
owner."""

from __future__ import annotations

import base64
import math
import threading
import zlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import Weights
from gan.config import WeightsConfig
from gan.errors import WeightsError
from gan.latent.direction import Direction, cosine
from gan.latent.directions import (
    ANCHORS,
    class_directions,
    pca_directions,
    pictures_drawn,
    rank,
    sefa_directions,
)
from gan.latent.drawing import fit_direction
from gan.latent.files import (
    FOUND_AGAIN_COSINE,
    all_directions,
    load_directions,
    own_directions_path,
    save_directions,
    with_given_names,
)
from gan.metrics.features import FeatureNet, features_for, load_features
from gan.ui.server.in_turn import in_slices, in_turn
from gan.ui.server.pace import at_pace, is_at_pace, slow_first
from gan.ui.server.resources import Kept
from gan.ui.server.routes import NEVER, Context, Handler, body_of, json_of, number_in, session_of
from gan.ui.server.state import class_names_for
from gan.ui.server.views import PageError, finite, rows_from_bytes

KEPT = 16  # models whose directions are cached; about 30 KB each
OF_A_KIND = 24
CANDIDATES = 12  # per kind, for the short list: each costs 16 pictures
RANKED_S = 20.0  # of rendering; a slower model's directions are ordered by their share of variance
RANKED = 16
MOST_OWN = 32  # drawn directions of one model
MOST_MARKED = 64  # samples that a direction is fitted to
MAX_ROW_BYTES = 4 * 2048
MAX_NAME = 40
MAX_REACH = 10.0  # bound on a drawn vector's entries

_found: Kept[dict[str, Any]] = Kept(capacity=KEPT)
_writing = threading.Lock()


def find(context: Context, weights: Weights) -> dict[str, Any]:
    """All directions of a model as JSON, deterministic for given weights; cached for KEPT models.

    Runs on one thread, so that no model is analysed twice at once.
    """
    return _found.get((weights.revision,), lambda: _find(context, weights))


def without_names(
    found: dict[str, Any], config: WeightsConfig, names: tuple[str, ...]
) -> dict[str, Any]:
    """`found`; where `names` are not the model's own, its classes by number."""
    if names == config.class_names:
        return found
    known = set(config.class_names)
    shown = [
        entry | {"name": entry["id"].removeprefix("class-")}
        if entry["kind"] == "class" and entry["name"] in known
        else entry
        for entry in found["directions"]
    ]
    return found | {"directions": shown}


def is_found(weights: Weights) -> bool:
    """Whether `find` has its answer at once."""
    return _found.find((weights.revision,)) is not None


def _find(context: Context, weights: Weights) -> dict[str, Any]:
    g, config = weights.generator, weights.config
    net = _eyes(features_for(config.data, g.image_shape[0]))
    drawn = pictures_drawn(g)
    sees_classes = net.head is not None and not g.classes
    looks = sees_classes and is_at_pace(context, weights, drawn.of_classes)
    names = net.config.class_names if sees_classes else config.class_names
    with torch.inference_mode():
        groups = (
            pca_directions(g, count=OF_A_KIND) if is_at_pace(context, weights, drawn.pca) else (),
            sefa_directions(g, count=OF_A_KIND) if is_at_pace(context, weights, drawn.sefa) else (),
            class_directions(g, class_names=names, classify=net.logits if looks else None),
        )
        found = [d for group in groups for d in group]
        candidates = [d for group in groups for d in group[:CANDIDATES]]
        cost = 2 * ANCHORS * len(candidates)
        if at_pace(context, weights, RANKED_S, least=0, most=cost) == cost:
            best = rank(g, candidates, count=RANKED, features=net)
        else:  # interleaved, the largest of each kind first
            turns = zip_longest(*groups)
            best = tuple(d for turn in turns for d in turn if d is not None)[:RANKED]
    ids = {id(d): direction_id(d, names, i) for group in groups for i, d in enumerate(group)}
    order = {(d.kind, d.name): ids[id(d)] for d in found}
    ranked = [order[d.kind, d.name] for d in best]
    directions = [direction_json(d, id=ids[id(d)]) for d in found]
    return {"ranked": ranked, "directions": directions}


@cache
def _eyes(kind: str) -> FeatureNet:
    return load_features(kind)


def direction_id(direction: Direction, class_names: Sequence[str], index: int) -> str:
    """A direction's id in links and on the page: `pca-1`, `class-7`, `drawn-1f2e3d4c`."""
    if direction.kind == "drawn":
        return f"drawn-{zlib.crc32(direction.name.encode()):08x}"
    if direction.kind == "class":
        known = direction.name in class_names
        return f"class-{[*class_names].index(direction.name) if known else index}"
    return f"{direction.kind}-{index + 1}"


def direction_json(direction: Direction, *, id: str) -> dict[str, Any]:
    """A direction for the page; vectors as base64 of little-endian float32."""
    return {
        "id": id,
        "name": direction.name,
        "kind": direction.kind,
        "share": finite(direction.share),
        "vector": packed(direction.vector),
        "classes": None if direction.classes is None else packed(direction.classes),
    }


def packed(values: torch.Tensor) -> str:
    """base64 of little-endian float32."""
    return base64.b64encode(values.detach().numpy().astype("<f4").tobytes()).decode()


def unpacked(text: object, length: int, *, bound: float = MAX_REACH) -> NDArray[np.float32]:
    """The inverse of `packed`; raises PageError unless it holds `length` finite numbers within
    `bound`."""
    try:
        raw = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except ValueError:
        raise PageError("gan_error_request") from None
    if len(raw) != 4 * length:
        raise PageError("gan_error_request")
    values = np.frombuffer(raw, dtype="<f4").astype(np.float32)
    if not (np.abs(values) <= bound).all():  # NaN included
        raise PageError("gan_error_request")
    return values


# ---- saved directions -------------------------------------------------------------------------


def kept(weights: Weights) -> list[Direction]:
    """A model's drawn directions: those shipped with it, then the owner's."""
    drawn = {d.name: d for d in all_directions(weights) if d.kind == "drawn"}
    return list(drawn.values())


def given_names(weights: Weights, found: dict[str, Any]) -> dict[str, str]:
    """{id: name} of the found directions that the owner has renamed."""
    own = [_direction(entry, weights) for entry in found["directions"]]
    named = with_given_names(own, all_directions(weights))
    return {
        entry["id"]: after.name
        for entry, before, after in zip(found["directions"], own, named, strict=True)
        if after.name != before.name
    }


def change_kept(context: Context, weights: Weights, order: dict[str, Any]) -> list[Direction]:
    """Save, rename or delete one of the owner's directions, or name a found one; raises PageError
    or WeightsError."""
    with _writing:
        path = own_directions_path(weights)
        saved = load_directions(path, weights.generator)
        found = [d for d in saved if d.kind != "drawn"]
        mine = {d.name: d for d in saved if d.kind == "drawn"}
        if order.get("do") == "name":
            found = _named(context, order, weights, found)
        else:
            _change_drawn(order, weights, mine)
        if len(mine) > MOST_OWN or len(found) > 2 * MOST_OWN:
            raise PageError("gan_error_directions_full", count=MOST_OWN)
        save_directions(path, [*found, *mine.values()], weights.generator)
    return kept(weights)


def _change_drawn(order: dict[str, Any], weights: Weights, mine: dict[str, Direction]) -> None:
    name = checked_name(order.get("name"))
    if order.get("do") == "save":
        mine[name] = _sent(order, name, weights)
    elif name not in mine or order.get("do") not in ("rename", "delete"):
        raise PageError("gan_error_direction", status=404)
    elif order["do"] == "rename":
        to = checked_name(order.get("to"))
        changed = {to if k == name else k: d for k, d in mine.items()}
        changed[to] = replace(changed[to], name=to)
        mine.clear()
        mine.update(changed)
    else:
        del mine[name]


def _named(
    context: Context, order: dict[str, Any], weights: Weights, found: list[Direction]
) -> list[Direction]:
    """The saved ones with a name for the found direction `id`; without one where `to` is null."""
    entries = {entry["id"]: entry for entry in find(context, weights)["directions"]}
    entry = entries.get(str(order.get("id")))
    if entry is None:
        raise PageError("gan_error_direction", status=404)
    direction = _direction(entry, weights)
    others = [
        d for d in found if d.kind != direction.kind or cosine(d, direction) <= FOUND_AGAIN_COSINE
    ]
    if order.get("to") is None:
        return others
    return [*others, replace(direction, name=checked_name(order["to"]))]


def _direction(entry: dict[str, Any], weights: Weights) -> Direction:
    """A found direction from its JSON for the page."""
    g = weights.generator
    vector = torch.from_numpy(unpacked(entry["vector"], g.z_dim, bound=math.inf))
    classes = entry["classes"]
    moves = None
    if classes is not None:
        moves = torch.from_numpy(unpacked(classes, g.classes, bound=math.inf))
    return Direction(
        entry["name"], entry["kind"], vector, float(vector.norm()), entry["share"], moves
    )


def checked_name(name: object) -> str:
    """A visitor's name for a direction; raises PageError for an invalid one."""
    text = " ".join(name.split()) if isinstance(name, str) else ""
    if not text.isprintable() or not 1 <= len(text) <= MAX_NAME:
        raise PageError("gan_error_direction_name", count=MAX_NAME)
    return text


def _sent(order: dict[str, Any], name: str, weights: Weights) -> Direction:
    g = weights.generator
    vector = torch.from_numpy(unpacked(order.get("vector"), g.z_dim))
    classes = order.get("classes")
    moves = torch.from_numpy(unpacked(classes, g.classes)) if classes is not None else None
    return Direction(name, "drawn", vector, float(vector.norm()), classes=moves)


# ---- routes -------------------------------------------------------------------------------------


async def listed(context: Context, request: Request) -> Response:
    """All directions of a model, and the nimg of the weights they belong to."""
    ref = request.query_params.get("ref", "")

    def look() -> Generator[object, None, dict[str, Any]]:
        weights = context.models.get(ref)
        if not is_found(weights):
            yield from slow_first(context, weights)
        found = find(context, weights)
        names = class_names_for(context, session_of(request), ref, weights.config)
        return without_names(found, weights.config, names) | {
            "names": _readable_names(weights, found),
            "nimg": weights.config.nimg,
            "drawn": [direction_json(d, id=direction_id(d, (), 0)) for d in _readable(weights)],
        }

    return JSONResponse(await in_slices(context.direction, request, look()), headers=NEVER)


def _readable(weights: Weights) -> list[Direction]:
    try:
        return kept(weights)
    except WeightsError:  # a damaged file of drawn directions must not hide the others
        return []


def _readable_names(weights: Weights, found: dict[str, Any]) -> dict[str, str]:
    try:
        return given_names(weights, found)
    except WeightsError:
        return {}


async def fit(context: Context, request: Request) -> Response:
    """POST rows of z (and class weights), the first `plus` of them marked more, the rest less."""
    plus = number_in(request, "plus", 0)
    body = await body_of(request, limit=MOST_MARKED * MAX_ROW_BYTES)

    def draw() -> dict[str, Any]:
        g = context.models.get(request.query_params.get("ref", "")).generator
        rows = rows_from_bytes(body, z_dim=g.z_dim, classes=g.classes, most=MOST_MARKED)
        if not 0 <= plus <= len(rows.z):
            raise PageError("gan_error_request")
        z = torch.from_numpy(rows.z)
        mixes = None if rows.weights is None else torch.from_numpy(rows.weights)
        fitted = fit_direction(
            z[:plus],
            z[plus:],
            plus_weights=None if mixes is None else mixes[:plus],
            minus_weights=None if mixes is None else mixes[plus:],
        )
        told = {"held_out": fitted.held_out, "guessing": fitted.is_guessing}
        return direction_json(fitted.direction, id="drawn") | told

    return JSONResponse(await in_turn(context.direction, request, draw), headers=NEVER)


async def keep(context: Context, request: Request) -> Response:
    """POST {ref, do: save | rename | delete, name, ...} or {ref, do: name, id, to}: only for the
    owner, on their own machine."""
    if not context.profile.local:
        raise PageError("gan_error_local_directions", status=403)
    order = await json_of(request)

    def change() -> dict[str, Any]:
        weights = context.models.get(str(order.get("ref", "")))
        drawn = change_kept(context, weights, order)
        return {"drawn": [direction_json(d, id=direction_id(d, (), 0)) for d in drawn]}

    return JSONResponse(await in_turn(context.direction, request, change), headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/directions", listed),
    ("POST", "/_gan/directions/fit", fit),
    ("POST", "/_gan/directions/keep", keep),
)
