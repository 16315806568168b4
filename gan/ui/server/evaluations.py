"""Evaluations with streamed progress, for the Evaluate tab and for API clients."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gan.checkpoint import (
    Weights,
)
from gan.config import PLANE_SHAPE
from gan.data import DATA_NAMES, ImageSet, compared_shape, load_data
from gan.data.bundled import BUNDLED, fashion_dir
from gan.data.imageset import fit
from gan.images import opaque, shrink, to_pixels
from gan.latent.points import from_seeds, show
from gan.metrics.evaluate import evaluate
from gan.metrics.evaluation import Evaluation
from gan.metrics.judges import JUDGES, PACKAGE, JudgeName, checked_judge, judges_here
from gan.metrics.results import Results
from gan.metrics.verdict import verdicts
from gan.sampling import MAX_SEED
from gan.ui.server.pace import check_pace
from gan.ui.server.parameters import coded
from gan.ui.server.resources import Kept, one_thread
from gan.ui.server.routes import Context
from gan.ui.server.streams import Cancelled, Workers
from gan.ui.server.views import PageError, evaluation_json, whole_number

MIN_COUNT, MAX_COUNT, PUBLIC_COUNT = 130, 50_000, 5_000
COUNTS = (500, 2_000, 5_000, 10_000)
PUBLIC_S = 300.0  # of rendering; one at a time is measured, beside what all visitors wait for
STEP = 0.01  # of the total, between two progress lines


class _Ended(Exception):
    """The result is no longer wanted."""


class Judge(Workers):
    """One evaluation at a time with a few waiting, and the cache of results."""

    def __init__(self) -> None:
        super().__init__("judge", most=4)
        self.results = Results()
        self.board_thread = one_thread("leaderboard")
        self.hashes: Kept[str] = Kept(capacity=1024)

    def close(self) -> None:
        super().close()
        self.board_thread.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Question:
    """A checked evaluation request."""

    ref: str
    data: str
    count: int
    seed: int
    judge: JudgeName = "own"  # on whose features
    fresh: bool = False  # measure again despite a cached result
    kept: bool = False  # cached results only: if there is none, there is no answer


def options(*, local: bool) -> dict[str, Any]:
    """The choices of the form."""
    here = [n for n in DATA_NAMES if n != "fashion-full" or fashion_dir() is not None]
    return {
        "data": here,
        "points": [n for n in here if BUNDLED[n].shape.resolution == 1],
        "counts": [n for n in COUNTS if local or n <= PUBLIC_COUNT],
        "judges": [{"name": name, "here": name in judges_here()} for name in JUDGES],
        "judge_package": PACKAGE,
    }


def question_of(context: Context, form: dict[str, Any]) -> Question:
    """The form as typed values; raises GanError for invalid ones."""
    local = context.profile.local
    data = str(form.get("data", ""))
    most = MAX_COUNT if local else PUBLIC_COUNT
    if data not in options(local=local)["data"] and not (local and data.startswith("folder:")):
        raise PageError("gan_error_local_data")
    return Question(
        ref=str(form.get("ref", "")),
        data=data,
        count=whole_number("count", form.get("count", ""), low=MIN_COUNT, high=most),
        seed=whole_number("seed", form.get("seed", "0"), low=0, high=MAX_SEED - most),
        judge=checked_judge(str(form.get("judge", "own"))),
        fresh=form.get("fresh") is True,
        kept=form.get("kept") is True,
    )


def answers(
    context: Context, judge: Judge, asked: Question, cancelled: Cancelled
) -> Iterator[dict[str, Any]]:
    """The fraction done, repeatedly, then the evaluation; ends early if cancelled."""
    weights = context.models.plain(asked.ref)
    resolution, channels = compared_shape(weights.image_shape)
    images = load_data(asked.data, resolution=resolution, channels=channels)
    kept = judge.results.get(
        weights.revision, images, count=asked.count, seed=asked.seed, seen=weights.seen,
        judge=asked.judge,
    )  # fmt: skip
    if kept is None and asked.kept:
        return
    if kept is None or asked.fresh:
        check_pace(context, weights, asked.count, most_s=PUBLIC_S)
        yield {"fraction": 0.0}
        kept = yield from _measured(weights, images, asked, cancelled)
        if kept is None:
            return
        judge.results.put(kept, images, count=asked.count, seen=weights.seen, judge=asked.judge)
    yield {
        "evaluation": evaluation_json(kept, verdicts(kept)),
        "asked": asked.count,  # above `evaluation.count` if there are fewer real images
        "nimg": weights.config.nimg,
        "pairs": _pairs(weights, images, kept),
        "missing": _missing(weights, images, kept),
    }


def _measured(
    weights: Weights, images: ImageSet, asked: Question, cancelled: Cancelled
) -> Generator[Any, None, Evaluation | None]:
    """Yields progress, returns the evaluation; None if cancelled.

    Runs in its own thread, because the work reports through callbacks while a stream is pulled.
    """
    told: queue.Queue[float | Evaluation | Exception] = queue.Queue()

    def report(fraction: float) -> None:
        if cancelled():
            raise _Ended
        told.put(fraction)

    def run() -> None:
        try:
            told.put(
                evaluate(
                    weights.generator, weights.config, data=images, count=asked.count,
                    seed=asked.seed, revision=weights.revision, seen=weights.seen,
                    judge=asked.judge, on_progress=report,
                )
            )  # fmt: skip
        except Exception as error:
            told.put(error)

    threading.Thread(target=run, name="evaluation", daemon=True).start()
    shown = 0.0
    while not isinstance(news := told.get(), Evaluation):
        if isinstance(news, _Ended):
            return None
        if isinstance(news, Exception):
            raise news
        if news >= shown + STEP:
            shown = news
            yield {"fraction": news}
    return news


def _pairs(weights: Weights, images: ImageSet, found: Evaluation) -> dict[str, Any]:
    """The samples nearest to training images, each with its nearest image."""
    resolution, channels = compared_shape(weights.image_shape)
    shape = [resolution, resolution, channels]
    rows = [n for n in found.nearest if n.image < len(images)]
    if not rows or weights.image_shape == PLANE_SHAPE:  # two points say nothing side by side
        return {"shape": shape, "count": 0, "pixels": ""}
    fakes = show(weights.generator, from_seeds(weights.generator, [n.seed for n in rows]))
    reals = images.subset(torch.tensor([n.image for n in rows]))
    reals = fit(reals, resolution=resolution, channels=channels)
    shown = np.concatenate(
        [to_pixels(shrink(opaque(fakes), resolution)), reals.pixels.permute(0, 2, 3, 1).numpy()]
    )
    return {"shape": shape, "count": len(rows), "pixels": coded(shown)}


def _missing(weights: Weights, images: ImageSet, found: Evaluation) -> dict[str, Any]:
    """Real images of the groups that the samples miss, as many of each group."""
    resolution, channels = compared_shape(weights.image_shape)
    shape = [resolution, resolution, channels]
    groups = [m for m in found.missing if max(m.images) < len(images)]
    if not groups:
        return {"shape": shape, "each": 0, "pixels": ""}
    rows = torch.tensor([m.images for m in groups]).flatten()
    reals = fit(images.subset(rows), resolution=resolution, channels=channels)
    pixels = reals.pixels.permute(0, 2, 3, 1).numpy()
    return {"shape": shape, "each": len(groups[0].images), "pixels": coded(pixels)}
