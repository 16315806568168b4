"""Evaluate: how good a model is, told while it is measured; and all that was measured so far."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import (
    CONFIG_FILE,
    MODEL_FILE,
    PULLED,
    Weights,
    kept_folder,
    seen_by_bundled,
)
from gan.config import WeightsConfig
from gan.data import DATA_NAMES, ImageSet, Seen, compared_shape, load_data, seen_by
from gan.data.bundled import fashion_dir
from gan.data.imageset import fit
from gan.files import read_json, sha256
from gan.images import opaque, shrink, to_pixels
from gan.latent.points import from_seeds, show
from gan.metrics.evaluate import Evaluation, evaluate
from gan.metrics.results import Results
from gan.metrics.verdict import verdicts
from gan.sampling import MAX_SEED
from gan.schema import from_json
from gan.ui.page.board import build_board
from gan.ui.server.asked import coded
from gan.ui.server.kept import Kept, one_thread
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.streams import Cancelled, Workers, line, stream
from gan.ui.server.views import PageError, evaluation_json, finite, whole_number

MIN_COUNT, MAX_COUNT, PUBLIC_COUNT = 130, 50_000, 5_000
COUNTS = (500, 2_000, 5_000, 10_000)
STEP = 0.01  # of the whole, between two lines


class _Ended(Exception):
    """Nobody waits for the answer any more."""


class Judge(Workers):
    """One evaluation at a time, a few waiting, and what was found before."""

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
    """A checked form."""

    ref: str
    data: str
    count: int
    seed: int
    fresh: bool = False  # measured anew
    kept: bool = False  # only what was measured before: otherwise there is no answer


def build() -> gr.HTML:
    """The evaluation's board."""
    return build_board("evaluate", "evaluate")


def options(*, local: bool) -> dict[str, Any]:
    """What the form offers."""
    here = [n for n in DATA_NAMES if n != "fashion-full" or fashion_dir() is not None]
    return {"data": here, "counts": [n for n in COUNTS if local or n <= PUBLIC_COUNT]}


def question_of(context: Context, form: dict[str, Any]) -> Question:
    """The form as typed values; raises GanError for what makes no sense."""
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
        fresh=form.get("fresh") is True,
        kept=form.get("kept") is True,
    )


async def begin(context: Context, request: Request) -> Response:
    """Measure: lines with the fraction that is done, then one with the answer."""
    judge, question = context.part(Judge), question_of(context, await json_of(request))

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        yield from map(line, answers(context, judge, question, cancelled))

    # looking at what is known, in another tab say, must not end what the visitor has measured
    session = "" if question.kept else session_of(request)
    return stream(judge, session, work)


def answers(
    context: Context, judge: Judge, asked: Question, cancelled: Cancelled
) -> Iterator[dict[str, Any]]:
    """The fraction that is done, again and again, then the evaluation; nothing more where it was
    given up."""
    weights = context.models.get(asked.ref)
    resolution, channels = compared_shape(weights.image_shape)
    images = load_data(asked.data, resolution=resolution, channels=channels)
    kept = judge.results.get(
        weights.revision, images, count=asked.count, seed=asked.seed, seen=weights.seen
    )
    if kept is None and asked.kept:
        return
    if kept is None or asked.fresh:
        yield {"fraction": 0.0}
        kept = yield from _measured(weights, images, asked, cancelled)
        if kept is None:
            return
        judge.results.put(kept, images, count=asked.count, seen=weights.seen)
    yield {
        "evaluation": evaluation_json(kept, verdicts(kept)),
        "nimg": weights.config.nimg,
        "pairs": _pairs(weights, images, kept),
    }


def _measured(
    weights: Weights, images: ImageSet, asked: Question, cancelled: Cancelled
) -> Iterator[Any]:
    """Yields the progress, returns the evaluation; None where it was given up.

    The work runs in a thread of its own, because it calls back where a stream wants to be asked.
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
                    on_progress=report,
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
    """The samples nearest to training images, then the image that each is nearest to."""
    resolution, channels = compared_shape(weights.image_shape)
    shape = [resolution, resolution, channels]
    rows = [n for n in found.nearest if n.image < len(images)]
    if not rows:
        return {"shape": shape, "count": 0, "pixels": ""}
    fakes = show(weights.generator, from_seeds(weights.generator, [n.seed for n in rows]))
    reals = images.subset(torch.tensor([n.image for n in rows]))
    reals = fit(reals, resolution=resolution, channels=channels)
    shown = np.concatenate(
        [to_pixels(shrink(opaque(fakes), resolution)), reals.pixels.permute(0, 2, 3, 1).numpy()]
    )
    return {"shape": shape, "count": len(rows), "pixels": coded(shown)}


# ---- what was measured so far -----------------------------------------------------------------


async def leaderboard(context: Context, request: Request) -> Response:
    """Every model with the newest of what was found of it."""

    def look() -> list[dict[str, Any]]:
        return [_row(context, model) for model in context.models.listed()]

    # its first look hashes every model: seconds, for which nobody's poll waits
    thread = context.part(Judge).board_thread
    return JSONResponse({"rows": await on(thread, look)}, headers=NEVER)


def _row(context: Context, model: dict[str, Any]) -> dict[str, Any]:
    ref = model["ref"]
    revision = _revision(context, ref, model["nimg"])
    found = context.part(Judge).results.of(revision, seen=_seen(context, ref, revision))
    seconds, data = _training_of(context, ref)
    row = {key: model[key] for key in ("ref", "kind", "name", "nimg", "state")}
    row |= {"seconds": finite(seconds), "data": data, "evaluation": None, "card": _card(ref)}
    if found:
        row["evaluation"] = evaluation_json(found[0], verdicts(found[0]))
    return row


def _training_of(context: Context, ref: str) -> tuple[float, str]:
    """Seconds of training, and the name of the data (never a path)."""
    if ref.startswith("run:"):
        status = context.runs.status(ref.removeprefix("run:"))
        data = status.data if context.profile.local else status.data.partition(":")[0]
        return status.seconds, data
    return _folder_training(ref)


def _card(ref: str) -> dict[str, Any] | None:
    """The distance that a model's folder states, and how it was measured; None of runs."""
    if ref.startswith("run:") or (config := _folder_config(ref)).fd is None:
        return None
    return {
        "fd": finite(config.fd), "floor": finite(config.fd_floor), "features": config.fd_features,
        "data": config.fd_data, "count": config.fd_count, "seed": config.fd_seed,
    }  # fmt: skip


@lru_cache(256)
def _folder_training(ref: str) -> tuple[float, str]:
    config = _folder_config(ref)
    return config.seconds, config.data


@lru_cache(256)
def _folder_config(ref: str) -> WeightsConfig:
    folder = kept_folder(ref)
    assert folder is not None, "asked of listed models"
    return from_json(WeightsConfig, read_json(folder / CONFIG_FILE))


def _seen(context: Context, ref: str, revision: str) -> Seen:
    """What a model was trained on, without loading it."""
    if ref.startswith("run:"):
        config = context.runs.config(ref.removeprefix("run:"))
        return seen_by(config) if config else ()
    return () if ref.startswith(PULLED) else seen_by_bundled(_folder_config(ref), revision)


def _revision(context: Context, ref: str, nimg: int) -> str:
    if not ref.startswith("run:"):
        return _hash(context, kept_folder(ref) / MODEL_FILE)
    path = context.runs.status(ref.removeprefix("run:")).path
    return _hash(context, path / "weights" / f"{nimg:010d}.safetensors")


def _hash(context: Context, path: Path) -> str:
    """SHA-256 of a file, worked out once for as long as it stays as it is."""
    try:
        info = path.stat()
        key = (path, info.st_mtime_ns, info.st_size)
        return context.part(Judge).hashes.get(key, lambda: sha256(path))
    except OSError:
        return ""


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/evaluate", begin),
    ("GET", "/_gan/leaderboard", leaderboard),
)
