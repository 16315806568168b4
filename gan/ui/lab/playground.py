"""The playground: what a training of points looks like at a moment, and points to train on.

The trainings themselves are started, steered and listed as in Train.
"""

from __future__ import annotations

import functools
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import config_at
from gan.data import ImageSet, is_shared, load_data
from gan.runs import LIVE, RunStatus
from gan.runs.folder import PLANE_FILE
from gan.training.learner import fixed_noise
from gan.training.plane import packed, plane_frame
from gan.ui.server import drawings
from gan.ui.server.routes import NEVER, Context, Handler, json_of, number_in, on, session_of
from gan.ui.server.views import PageError

SHOWN = 1000  # real points on the page
FRAMES_PER_S = 20
ASK_S = 2.0  # a training makes frames for five seconds after each request
KEPT_FRAMES = 256
SETS = 8  # data sets in memory: 20,000 points each
load_points = functools.lru_cache(maxsize=SETS)(load_data)


class Frames:
    """When a run was last asked for frames, and frames made from saved weights. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: LRUCache[str, float] = LRUCache(KEPT_FRAMES)
        self._made: LRUCache[tuple[str, int], dict[str, Any]] = LRUCache(KEPT_FRAMES)

    def should_ask(self, run_id: str) -> bool:
        """Whether it is time to ask this run for more."""
        now = time.monotonic()
        with self._lock:
            if now - self._asked.get(run_id, -ASK_S) < ASK_S:
                return False
            self._asked[run_id] = now
            return True

    def made(self, context: Context, status: RunStatus, nimg: int) -> dict[str, Any]:
        """The frame of the weights saved at `nimg`."""
        with self._lock:
            known = self._made.get((status.id, nimg))
        if known is not None and known["since"] == status.started_at:
            return known["frame"]  # type: ignore[no-any-return]
        weights = context.models.plain(f"run:{status.id}@{nimg}")
        config, d = config_at(status.path, weights.config.nimg), weights.discriminator
        if not config.model.is_plane:
            raise PageError("gan_error_play_pictures")
        z, labels = fixed_noise(config.model.z_dim, config.model.classes)
        x_real = _points_of(config.data).pixels[: len(z)]
        row = plane_frame(
            config, weights.generator, d, z, labels, x_real, nimg=weights.config.nimg, seconds=0
        ).row()
        with self._lock:
            self._made[status.id, nimg] = {"since": status.started_at, "frame": row}
        return row


def _points_of(spec: str) -> ImageSet:
    """Raises ConfigError for pictures."""
    images = load_points(spec)
    if tuple(images.pixels.shape[1:]) != (2, 1, 1):
        raise PageError("gan_error_play_pictures")
    return images


async def frame(context: Context, request: Request) -> Response:
    """The newest frame of a run, or {} where `mark` is still its mark or the run is gone.

    With `moment` (images) that of the nearest saved weights.

    As gan.training.plane writes it, and its mark. Asking keeps a run of this server making more.
    """
    run_id = request.query_params.get("id", "")
    mark, moment = number_in(request, "mark", -1), number_in(request, "moment", -1)

    def look() -> dict[str, Any]:
        try:
            status, reader = context.runs.status(run_id), context.runs.watched(run_id).reader
        except PageError:
            return {}  # cancelled while it was starting, or deleted: run says so
        frames = context.part(Frames)
        # asked while it is starting, it makes frames from its first step on
        if moment < 0 and status.state in LIVE and context.supervisor.owns(run_id):
            if frames.should_ask(run_id):
                context.supervisor.send(run_id, {"command": "frames", "per_s": FRAMES_PER_S})
            now = _mark(reader.path / PLANE_FILE)
            found = None if now in (None, mark) else reader.frame()
            return {} if found is None else found | {"mark": now}
        kept = reader.weights()
        if not kept or (moment < 0 and kept[-1] == mark):
            return {}
        nearest = kept[-1] if moment < 0 else min(kept, key=lambda n: abs(n - moment))
        return frames.made(context, status, nearest) | {"mark": nearest}

    return JSONResponse(await on(context.page_thread, look), headers=NEVER)


def _mark(file: Path) -> int | None:
    """Changes with every frame: a step of D alone changes a frame, but not the images seen."""
    try:
        return file.stat().st_mtime_ns // 10**6 % 10**12
    except OSError:
        return None


async def points(context: Context, request: Request) -> Response:
    """Real points, of `data` or of the run `id`, and what is known of their distribution.

    points (N, 2) as gan.training.plane packs; truth: centres (M, 2), the standard deviation around
    them, and whether they are modes to be counted or stand along a curve; null where not known.
    """
    run_id, session = request.query_params.get("id", ""), session_of(request)
    data = request.query_params.get("data", "")

    def read() -> dict[str, Any]:
        spec = _data_of(context, session, run_id) if run_id else _named(context, session, data)
        images = _points_of(spec)
        some = images.pixels[torch.linspace(0, len(images) - 1, min(SHOWN, len(images))).long()]
        truth = images.truth
        told = None if truth is None else {
            "centres": packed(_flat(truth.centres)), "sigma": truth.sigma,
            "counted": truth.counted,
        }  # fmt: skip
        return {"points": packed(_flat(some)), "count": len(images), "truth": told}

    return JSONResponse(await on(context.page_thread, read), headers=NEVER)


def _flat(values: torch.Tensor) -> Any:
    return values.flatten(1).float().numpy().astype(np.float32)


def _named(context: Context, session: str, data: str) -> str:
    """What the page may look at: shared points, and the visitor's own drawings."""
    spec = drawings.resolve(context, session, data)
    if spec is None and not is_shared(data):
        raise PageError("gan_error_request")
    return spec or data


def _data_of(context: Context, session: str, run_id: str) -> str:
    """A run's data, in public only if they are shared or this visitor's."""
    config = context.runs.config(run_id)
    if config is None:
        raise PageError("gan_error_no_run", status=404)
    if not config.model.is_plane:
        raise PageError("gan_error_play_pictures")
    mine = context.profile.local or drawings.is_mine(context, session, config.data)
    if not is_shared(config.data) and not mine:
        raise PageError("gan_error_no_run", status=404)
    return config.data


async def draw(context: Context, request: Request) -> Response:
    """Keep the points that a visitor drew; replies with `data`, the name to train on."""
    body, session = await json_of(request), session_of(request)
    pairs = drawings.checked(body.get("points"))
    context.spend(request, "upload")
    kept = await on(context.file_thread, drawings.keep, context, session, pairs)
    return JSONResponse({"data": kept}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/play/frame", frame),
    ("GET", "/_gan/play/points", points),
    ("POST", "/_gan/play/points", draw),
)
