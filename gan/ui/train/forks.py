"""Forks: the run and the saved moment that a new training begins with, as the form has them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.checkpoint import checkpoints
from gan.config import RunConfig
from gan.data import is_shared
from gan.runs import Origin, find_origin
from gan.ui.server import drawings
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError
from gan.ui.train import own_images


@dataclass(frozen=True)
class ForkPoint:
    """A fork's starting point: a run and one of its saved nimg."""

    run_id: str
    path: Path
    asked: int | None  # None: the newest
    origin: Origin

    @property
    def nimg(self) -> int:
        """The actual image count: the nearest saved one."""
        return self.origin.nimg

    def json(self) -> dict[str, Any]:
        """For the page, which shows where the fork really begins, not only what was requested."""
        whole = self.origin.checkpoint is not None
        return {"id": self.run_id, "nimg": self.nimg, "asked": self.asked, "whole": whole}


def read_fork(context: Context, fork: object) -> ForkPoint | None:
    """A form's fork; None where it has none. Raises PageError for what names no run or moment."""
    if not fork:
        return None
    if not isinstance(fork, dict):
        raise PageError("gan_error_request")
    nimg = fork.get("nimg")
    if nimg is not None and (isinstance(nimg, bool) or not isinstance(nimg, int) or nimg < 0):
        raise PageError("gan_error_request")
    status = context.runs.status(str(fork.get("id", "")))
    reader = context.runs.watched(status.id).reader
    kept = (*checkpoints(reader.path / "checkpoints"), *reader.weights())
    origin = _origin(status.path, nimg, kept, status.started_at)
    return ForkPoint(status.id, status.path, nimg, origin)


@functools.lru_cache(maxsize=32)
def _origin(run: Path, nimg: int | None, kept: tuple[object, ...], since: float) -> Origin:
    """Resolve a fork's starting point; cached until the run's saved nimg change, or another run
    has its name."""
    return find_origin(f"{run}" if nimg is None else f"{run}@{nimg}")


def config_of(context: Context, fork: ForkPoint, session: str) -> RunConfig:
    """The parent's config at that nimg; a fork's changes apply on top of it.

    Another visitor's own pictures are for nobody else to train on.
    """
    now, then = context.runs.config(fork.run_id), fork.origin.config
    if now is None:
        raise PageError("gan_error_no_run", status=404)
    for config in (now, then):
        theirs = not is_shared(config.data) and not context.profile.local
        if theirs and not _is_mine(context, session, config.data):
            raise PageError("gan_error_foreign_data")
    return then


def _is_mine(context: Context, session: str, spec: str) -> bool:
    return own_images.is_mine(context, session, spec) or drawings.is_mine(context, session, spec)


def text_of(context: Context, fork: ForkPoint, *, shown: bool) -> str:
    """RUN@NIMG; in public without this machine's paths."""
    path = f"runs/{fork.run_id}" if shown and not context.profile.local else str(fork.path)
    return f"{path}@{fork.nimg}"


def typed_fork(context: Context, text: str) -> dict[str, Any]:
    """RUN@NIMG as a form value; RUN must be listed, wherever it is stored."""
    name = text.rstrip("/").replace("/@", "@").rpartition("/")[2]
    moment = context.runs.moment(name)
    # an average that was mixed afterwards has nothing to train on
    status = context.runs.status(moment.run if moment.length is None else name)
    return {"id": status.id, "nimg": moment.nimg}
