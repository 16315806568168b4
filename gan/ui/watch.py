"""Runs as the page sees them: read once for all viewers, whoever trains them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan.config import RunConfig
from gan.errors import GanError
from gan.runs import RunReader, RunStatus, list_runs, runs_root
from gan.ui.views import PageError, row_json

FRESH_S = 0.25  # viewers that ask within this time share one look at the disk
LISTED = 60  # runs in the page's lists, newest first


@dataclass
class Watched:
    """One run's files, read so far."""

    reader: RunReader
    config: RunConfig | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    last_nimg: int = -1
    offset: int = 0  # bytes of progress.jsonl read so far
    read_at: float = -FRESH_S


class Runs:
    """The run folders under one root, shared by all viewers; thread-safe."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._lock = threading.RLock()
        self._statuses: list[RunStatus] = []
        self._looked_at = -FRESH_S
        self._watched: dict[Path, Watched] = {}

    @property
    def root(self) -> Path:
        """The folder that holds them."""
        return self._root or runs_root()

    def statuses(self) -> list[RunStatus]:
        """Newest first."""
        with self._lock:
            if time.monotonic() - self._looked_at >= FRESH_S:
                self._statuses = list_runs(self._root)[:LISTED]
                self._looked_at = time.monotonic()
            return self._statuses

    def forget(self) -> None:
        """Look at the disk again next time: something was just started or stopped."""
        with self._lock:
            self._looked_at = -FRESH_S

    def status(self, run_id: str) -> RunStatus:
        """One run; raises PageError unless it is listed, so that an id is never a path."""
        for status in self.statuses():
            if status.id == run_id:
                return status
        raise PageError("gan_error_no_run", status=404)

    def watched(self, run_id: str) -> Watched:
        """What has been read of a run."""
        path = self.status(run_id).path
        with self._lock:
            if path not in self._watched:
                self._watched[path] = Watched(RunReader(path))
            return self._watched[path]

    def config(self, run_id: str) -> RunConfig | None:
        """A run's config, or None while it is not written or not readable."""
        watched = self.watched(run_id)
        if watched.config is None:
            try:
                watched.config = watched.reader.config()
            except (GanError, OSError):
                return None
        return watched.config

    def rows(self, run_id: str, *, after: int) -> list[dict[str, Any]]:
        """The curve's points after `after` images.

        A run that was resumed from an older checkpoint goes back; then all of it is read again.
        """
        watched = self.watched(run_id)
        with self._lock:
            if watched.last_nimg > self.status(run_id).nimg:
                watched.rows, watched.last_nimg, watched.offset = [], -1, 0
                watched.read_at = -FRESH_S
            if time.monotonic() - watched.read_at < FRESH_S:
                return [row for row in watched.rows if row["nimg"] > after]
            watched.read_at = time.monotonic()
            fresh, watched.offset = watched.reader.tail(watched.offset)
            fresh = [row for row in fresh if row["nimg"] > watched.last_nimg]
            if fresh:
                watched.rows += [row_json(row) for row in fresh]
                watched.last_nimg = int(fresh[-1]["nimg"])
            return [row for row in watched.rows if row["nimg"] > after]
