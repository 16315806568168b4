"""Scores of the gallery's samples: D's output, distance to the nearest real image, classifier
confidence."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from gan.checkpoint import Weights
from gan.images import from_pixels
from gan.metrics.features import FeatureNet, extract
from gan.metrics.neighbours import nearest
from gan.models import Discriminator
from gan.sampling import MAX_SEED, VALUES_AT_ONCE, affordable, widest
from gan.ui.gallery.routes import Tiles, draw
from gan.ui.server.fair_queue import SLICE_S, Later, Slow
from gan.ui.server.in_turn import visitor_of
from gan.ui.server.pace import check_pace, slow_first
from gan.ui.server.parameters import features_of
from gan.ui.server.real_features import Reals, data_of
from gan.ui.server.resources import Kept
from gan.ui.server.routes import Context, Handler, json_of
from gan.ui.server.streams import Cancelled, Turn, Workers, line, stream
from gan.ui.server.views import MAX_PSI, PageError, real_number, whole_number
from gan.ui.server.workers import PanelWorkers

SCORES = ("d", "nearest", "confidence")
MAX_SCORED, PUBLIC_SCORED = 5000, 1000
SCORED_AT_ONCE = 100
WAIT_S = 0.25


class ScoreWorkers(Workers):
    """A worker thread for scores, and a cache of results."""

    def __init__(self) -> None:
        super().__init__("scores", most=4)
        self.scores: Kept[dict[str, Any]] = Kept(capacity=32)


@dataclass(frozen=True)
class Range:
    """Seeds first, first + 1, ... at one class and psi."""

    ref: str
    first: int
    count: int
    label: int
    psi: float
    by: str


def range_of(context: Context, form: dict[str, Any]) -> Range:
    """A checked request; raises GanError for an invalid one."""
    if (by := form.get("by")) not in SCORES:
        raise PageError("gan_error_request")
    most = MAX_SCORED if context.profile.local else PUBLIC_SCORED
    count = whole_number("count", form.get("count"), low=1, high=most)
    return Range(
        ref=str(form.get("ref", "")),
        first=whole_number("seed", form.get("first"), low=0, high=MAX_SEED - count),
        count=count,
        label=whole_number("class", form.get("label", -1), low=-1, high=999),
        psi=real_number("psi", form.get("psi", 1), low=0, high=MAX_PSI),
        by=by,
    )


async def scores(context: Context, request: Request) -> Response:
    """Score a range of seeds: lines with the fraction done, then one with a list per score."""
    shelf, asked = context.part(ScoreWorkers), range_of(context, await json_of(request))

    def work(cancelled: Cancelled) -> Iterator[bytes | Later | Slow]:
        weights = context.models.get(asked.ref)
        key = (weights.revision, asked.first, asked.count, asked.label, asked.psi, asked.by)
        made = shelf.scores.find(key)
        if made is None:
            made = yield from _scored(context, weights, asked, cancelled)
            if made is None:
                return
            shelf.scores.put(key, made)
        yield line({"scores": made})

    visitor = visitor_of(request)
    return stream(shelf, visitor, work, turns=Turn(context.drawing, visitor))


def _scored(
    context: Context, weights: Weights, asked: Range, cancelled: Cancelled
) -> Generator[bytes | Later | Slow, None, dict[str, Any] | None]:
    """Yields progress lines, returns the scores; None once cancelled."""
    net = features_of(weights)
    reals = None
    if asked.by == "nearest":
        reals = yield from _reals(context, weights, net, cancelled)
    values: list[float] = []
    classes: list[int] = []
    group = weights.discriminator.grouping if weights.discriminator is not None else 1
    step = affordable(weights.generator, SLICE_S, least=1, most=SCORED_AT_ONCE)
    step = max(group, step // group * group)
    check_pace(context, weights, asked.count)
    yield from slow_first(context, weights)
    for start in range(0, asked.count, step):
        if cancelled():
            return None
        count = min(step, asked.count - start)
        check_pace(context, weights, asked.count - start)  # what was measured meanwhile counts
        seeds = tuple(range(asked.first + start, asked.first + start + count))
        tiles = Tiles(asked.ref, seeds, (asked.label,) * count, (asked.psi,) * count)
        part = _score(weights, net, reals, tiles, by=asked.by)
        if part is None:
            return {"values": None}
        values += [round(float(v), 5) for v in part.values]
        classes += part.classes
        yield line({"fraction": (start + count) / asked.count})
    return {"values": values, "places": places(values, classes) if asked.by == "d" else None}


def places(values: list[float], classes: list[int]) -> list[float]:
    """Mid-rank percentile of each value within its class, 0 to 1.

    D's scores are not comparable across classes: a constant added to all pictures of a class
    cancels in its loss, which only compares real and fake images of one class.
    """
    x, kind = torch.tensor(values), torch.tensor(classes)
    found = torch.zeros(len(values))
    for one in kind.unique():
        rows = (kind == one).nonzero()[:, 0]
        ranks = x[rows].argsort(stable=True).argsort(stable=True)
        found[rows] = (ranks + 0.5) / len(rows)
    return [round(float(v), 5) for v in found]


def _reals(
    context: Context, weights: Weights, net: FeatureNet, cancelled: Cancelled
) -> Generator[bytes | Later, None, Reals | None]:
    """The model's training images, once their features are computed, or None."""
    spec = data_of(weights, local=context.profile.local)
    while spec:
        found = context.part(PanelWorkers).studies.ask(spec, weights, net)
        if found is None or isinstance(found, Reals):
            return found
        yield line({"studying": round(found, 2)})
        if cancelled():
            return None
        yield Later(WAIT_S)
    return None


def _judged(d: Discriminator, x: Tensor, labels: Tensor | None) -> Tensor:
    """D's scores (N,), batched to fit the activations of its widest layer."""
    group = (x[: d.grouping], None if labels is None else labels[: d.grouping])
    step = max(1, VALUES_AT_ONCE // widest(d, *group)) * d.grouping
    parts = [slice(i, i + step) for i in range(0, len(x), step)]
    return torch.cat([d(x[p], None if labels is None else labels[p]) for p in parts]).float()


class _Scored(NamedTuple):
    """Values of some samples; for D's scores also their classes, all 0 where unknown."""

    values: list[float]
    classes: list[int]


@torch.inference_mode()
def _score(
    weights: Weights, net: FeatureNet, reals: Reals | None, tiles: Tiles, *, by: str
) -> _Scored | None:
    """One value per sample, or None where unavailable."""
    pixels, labels = draw(weights, tiles)
    x = from_pixels(pixels)
    if by == "d":
        if weights.discriminator is None:
            return None
        given = torch.tensor(labels) if weights.generator.classes else None
        if given is None and net.head is not None:
            labels = net.logits(x).argmax(1).tolist()
        return _Scored(_judged(weights.discriminator, x, given).tolist(), labels)
    if by == "confidence":
        sure = None if net.head is None else net.logits(x).softmax(1).max(1).values.tolist()
        return None if sure is None else _Scored(sure, [])
    if reals is None:
        return None
    return _Scored(nearest(extract(net, x), reals.features, 1).distances[:, 0].tolist(), [])


ROUTES: tuple[tuple[str, str, Handler], ...] = (("POST", "/_gan/gallery/scores", scores),)
