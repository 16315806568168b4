"""Routes of Evaluate: measuring a model's quality, and the leaderboard of all results so far."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import (
    CONFIG_FILE,
    MODEL_FILE,
    PULLED,
    bundled,
    kept_folder,
    seen_by_bundled,
)
from gan.config import WeightsConfig
from gan.data import Seen, seen_by
from gan.files import read_json, sha256
from gan.metrics.card import saved_scores
from gan.metrics.evaluation import Evaluation
from gan.metrics.judges import JUDGES, JudgeName, judge_of
from gan.metrics.verdict import verdicts
from gan.schema import from_json
from gan.ui.server.evaluations import Judge, answers, question_of
from gan.ui.server.in_turn import visitor_of
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on
from gan.ui.server.streams import Cancelled, line, stream
from gan.ui.server.views import evaluation_json, finite


async def begin(context: Context, request: Request) -> Response:
    """Run an evaluation: lines with the fraction done, then one with the result."""
    judge, question = context.part(Judge), question_of(context, await json_of(request))

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        yield from map(line, answers(context, judge, question, cancelled))

    # showing cached results, say in another tab, must not cancel the visitor's running evaluation
    visitor = visitor_of(request)
    return stream(judge, visitor._replace(session="") if question.kept else visitor, work)


# ---- leaderboard ------------------------------------------------------------------------------


async def leaderboard(context: Context, request: Request) -> Response:
    """Every model with its newest evaluation."""

    def look() -> list[dict[str, Any]]:
        return [row for model in context.models.listed() for row in _rows(context, model)]

    # the first call hashes every model, which takes seconds; nobody's poll waits for it
    thread = context.part(Judge).board_thread
    return JSONResponse({"rows": await on(thread, look)}, headers=NEVER)


def _rows(context: Context, model: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each judge that a model was measured by, our own features' first; one at least."""
    ref = model["ref"]
    revision = _revision(context, ref, model["nimg"])
    measured = context.part(Judge).results.newest(revision, seen=_seen(context, ref, revision))
    found = {judge_of(one.features): one for one in measured}
    if ref in bundled():
        shipped = {judge: saved_scores(_folder(ref), revision, judge=judge) for judge in JUDGES}
        found = {judge: one for judge, one in shipped.items() if one} | found
    seconds, data = _training_of(context, ref)
    row = {key: model[key] for key in ("ref", "kind", "name", "nimg", "state")}
    row |= {"seconds": finite(seconds), "data": data, "evaluation": None, "card": _card(ref)}
    shown: list[tuple[JudgeName, Evaluation | None]] = [
        (judge, found.get(judge))
        for judge in JUDGES
        if judge in found or judge == "own"  # what its card states is on our own features
    ]
    return [
        row | {"evaluation": one and evaluation_json(one, verdicts(one))}
        | ({} if judge == "own" else {"card": None})
        for judge, one in shown
    ]  # fmt: skip


def _training_of(context: Context, ref: str) -> tuple[float, str]:
    """Seconds of training, and the name of the data set (never a path)."""
    if ref.startswith("run:"):
        status = context.runs.status(ref.removeprefix("run:"))
        data = status.data if context.profile.local else status.data.partition(":")[0]
        return status.seconds, data
    return _folder_training(ref)


def _card(ref: str) -> dict[str, Any] | None:
    """The distance stated in a model's folder and how it was measured; None for runs."""
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
    return from_json(WeightsConfig, read_json(_folder(ref) / CONFIG_FILE))


def _folder(ref: str) -> Path:
    """Of a listed model that is no run."""
    folder = kept_folder(ref)
    assert folder is not None, "asked of listed models"
    return folder


def _seen(context: Context, ref: str, revision: str) -> Seen:
    """What a model was trained on, without loading it."""
    if ref.startswith("run:"):
        config = context.runs.config(ref.removeprefix("run:"))
        return seen_by(config) if config else ()
    return () if ref.startswith(PULLED) else seen_by_bundled(_folder_config(ref), revision)


def _revision(context: Context, ref: str, nimg: int) -> str:
    if not ref.startswith("run:"):
        return _hash(context, _folder(ref) / MODEL_FILE)
    path = context.runs.status(ref.removeprefix("run:")).path
    return _hash(context, path / "weights" / f"{nimg:010d}.safetensors")


def _hash(context: Context, path: Path) -> str:
    """SHA-256 of a file, cached until its mtime or size changes."""
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
