"""Run state for the page: files are read once for all viewers, whichever process trains."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cachetools import LRUCache, TTLCache

from gan.config import RunConfig
from gan.errors import GanError
from gan.messages import NO_MESSAGE
from gan.metrics.diagnosis import assess, diagnose
from gan.metrics.findings import Finding, Health
from gan.runs import LIVE, RunReader, RunStatus, Start, is_run, runs_root
from gan.runs.moments import Moment, parse_moment
from gan.ui.server.views import MEASURES, PageError, event_json, row_json, thin

log = logging.getLogger(__name__)
FRESH_S = 0.25  # requests within this time share one disk read
SLOW_S = 1.0  # rarely changing: measures, history, findings
LISTED = 60  # newest runs, included in every poll; the run list has all others
WATCHED = 64  # runs whose files are cached in memory
KEEP_ROWS = 20_000  # rows per run in memory; thinned at twice that
KEEP_MEASURES = 2_000
KEEP_EVENTS = 500
WATCHING_S = 6.0  # a session counts as a viewer this long after its last request
MAX_VIEWERS = 1000  # counted at most
EARLY = Health("early", {"sign": "rows"})


@dataclass
class Watched:
    """One run's files as read so far."""

    reader: RunReader
    config: RunConfig | None = None
    config_mark: int = 0  # changes with config.json
    rows: list[dict[str, Any]] = field(default_factory=list)
    last_nimg: int = -1
    offset: int = 0  # bytes of progress.jsonl read so far
    read_at: float = -FRESH_S
    slow_at: float = -SLOW_S
    measures: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    health: Health = EARLY
    step: dict[str, Any] | None = None
    has_reals: bool = False
    snapshots: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    thinned: tuple[int, list[dict[str, Any]]] = (-1, [])  # cached for new viewers: last nimg, rows
    viewers: TTLCache[str, bool] = field(default_factory=lambda: TTLCache(MAX_VIEWERS, WATCHING_S))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, nimg: int) -> None:
        """Read what is new; everything again if the run was resumed from an older checkpoint."""
        if self.last_nimg > nimg:
            self.rows, self.last_nimg, self.offset = [], -1, 0
            self.read_at = self.slow_at = -SLOW_S
        now = time.monotonic()
        if now - self.read_at >= FRESH_S:
            self.read_at = now
            self._read_rows()
            self.snapshots, self.weights = self.reader.snapshots(), self.reader.weights()
        if now - self.slow_at >= SLOW_S:
            self.slow_at = now
            self._read_slow()

    def rows_after(self, nimg: int, limit: int) -> list[dict[str, Any]]:
        """The curves past `nimg`, at most `limit` rows."""
        if nimg >= 0:
            return thin([row for row in self.rows if row["nimg"] > nimg], limit)
        if self.thinned[0] != self.last_nimg:
            self.thinned = (self.last_nimg, thin(self.rows, limit))
        return self.thinned[1]

    def _read_rows(self) -> None:
        fresh, self.offset = self.reader.tail(self.offset)
        fresh = [row for row in fresh if row["nimg"] > self.last_nimg]
        if not fresh:
            return
        self.rows += [row_json(row) for row in fresh]
        self.last_nimg = int(fresh[-1]["nimg"])
        if len(self.rows) > 2 * KEEP_ROWS:
            self.rows = thin(self.rows, KEEP_ROWS)

    def _read_slow(self) -> None:
        self._read_config()
        measures = self.reader.measures()
        self.measures = thin([row_json(row, MEASURES) for row in measures], KEEP_MEASURES)
        self.events = [event_json(event) for event in self.reader.history()[-KEEP_EVENTS:]]
        self.step = self.reader.last_step()
        self.has_reals = (self.reader.path / "reals.webp").is_file()
        if self.config is not None:
            self._diagnose(measures, self.config)

    def _diagnose(self, measures: list[dict[str, Any]], config: RunConfig) -> None:
        try:
            past = self.reader.past()
            self.findings = diagnose(self.rows, measures, config, past)
            self.health = assess(self.rows, measures, config, past)
        except Exception:  # whatever a run's files contain, it can be watched
            log.exception("the diagnosis of %s failed", self.reader.path.name)
            self.findings, self.health = (), EARLY

    def _read_config(self) -> None:
        try:
            mark = zlib.crc32((self.reader.path / "config.json").read_bytes())
            if mark != self.config_mark:
                self.config, self.config_mark = self.reader.config(), mark
        except (GanError, OSError):
            return  # not written yet or unreadable: keep the old one

    def seen_by(self, session: str) -> int:
        """Count one viewer; returns the number of current viewers."""
        self.viewers[session] = True
        return len(self.viewers)


class Statuses:
    """The status of every run in a folder; a finished run's file is read once."""

    def __init__(self) -> None:
        self._over: dict[Path, tuple[tuple[int, int, int], RunStatus]] = {}

    def read(self, root: Path) -> list[RunStatus]:
        """All of them, newest first; half-written and damaged ones are skipped."""
        found, over = [], {}
        for path in root.glob("*"):
            try:
                info = (path / "status.json").stat()
                mark = (info.st_mtime_ns, info.st_size, info.st_ino)
                before = self._over.get(path)
                if before is None or before[0] != mark:
                    if not is_run(path):
                        continue
                    before = (mark, RunReader(path).status())
                if before[1].state not in LIVE and not _is_lost(before[1]):
                    over[path] = before
                found.append(before[1])
            except (GanError, OSError):
                continue
        self._over = over
        return sorted(found, key=lambda s: s.started_at, reverse=True)


def _is_lost(status: RunStatus) -> bool:
    """A live run whose process is gone: its file does not say so, and may still be written."""
    return status.state == "interrupted"


class Runs:
    """The run folders under one root, shared by all viewers; thread-safe.

    While a run's files are read, only that run's own lock is held.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._lock = threading.Lock()  # guards the dictionaries
        self._looking = threading.Lock()  # one disk scan at a time
        self._files = Statuses()
        self._statuses: dict[str, RunStatus] = {}
        self._looked_at = -FRESH_S
        self.changes = 0  # how often something was started, stopped or changed from here
        # by when it began too: another run may have taken the name of a deleted one
        self._watched: LRUCache[tuple[Path, float], Watched] = LRUCache(WATCHED)
        self.starting: Callable[[], list[Start]] = list  # runs that have no folder yet
        self.told: Callable[[], dict[str, dict[str, Any]]] = dict  # instead of a status.json

    @property
    def root(self) -> Path:
        """The folder that contains them."""
        return self._root or runs_root()

    def statuses(self) -> list[RunStatus]:
        """All runs, newest first; starting ones come before."""
        known = self._read()
        beginning = [_beginning(start, known) for start in self.starting()]
        names = {status.id for status in beginning}
        return [*beginning, *(s for s in known.values() if s.id not in names)]

    def newest(self, *also: str) -> list[RunStatus]:
        """What every poll reports: the newest and the active runs, plus requested ones."""
        return [
            status
            for number, status in enumerate(self.statuses())
            if number < LISTED or status.state in LIVE or status.id in also
        ]

    def _read(self) -> dict[str, RunStatus]:
        with self._looking:
            began = time.monotonic()
            with self._lock:
                if began - self._looked_at < FRESH_S:
                    return self._statuses
                self._looked_at = began
            statuses = {status.id: status for status in self._files.read(self.root)}
            for run_id, data in self.told().items():
                if run_id in statuses:
                    statuses[run_id] = _told(statuses[run_id], data)
            with self._lock:
                self._statuses = statuses
            return statuses

    def forget(self) -> None:
        """Invalidate the cache: something was just started or stopped."""
        with self._lock:
            self._looked_at = -FRESH_S
            self.changes += 1

    def status(self, run_id: str) -> RunStatus:
        """One run's status; raises PageError if unknown, so that an id is never used as a path."""
        known = self._read()
        for start in self.starting():
            if start.run_id == run_id:
                return _beginning(start, known)
        if run_id not in known:  # it may just have started
            self._looked_at = -FRESH_S
            known = self._read()
        if run_id not in known:
            raise PageError("gan_error_no_run", status=404)
        return known[run_id]

    def moment(self, text: str) -> Moment:
        """RUN[@NIMG][~LENGTH], where a run of exactly that name comes first."""
        known, starting = self._read(), {start.run_id for start in self.starting()}
        return parse_moment(text, lambda name: name in known or name in starting)

    def watched(self, run_id: str) -> Watched:
        """A run's cached files."""
        status = self.status(run_id)
        key = (status.path, status.started_at)
        with self._lock:
            return self._watched.setdefault(key, Watched(RunReader(status.path)))

    def look(self, run_id: str) -> tuple[RunStatus, Watched]:
        """A run's status, and its files re-read."""
        status = self.status(run_id)
        watched = self.watched(run_id)
        with watched.lock:
            watched.read(status.nimg)
        return status, watched

    def config(self, run_id: str) -> RunConfig | None:
        """A run's config, or None while it is missing or unreadable."""
        watched = self.watched(run_id)
        if watched.config is None:
            watched._read_config()
        return watched.config

    def rows(self, run_id: str, *, after: int) -> list[dict[str, Any]]:
        """The curve's points after `after` images."""
        _, watched = self.look(run_id)
        with watched.lock:
            return [row for row in watched.rows if row["nimg"] > after]


def _told(status: RunStatus, data: dict[str, Any]) -> RunStatus:
    """What its process told us, its disk being full, unless the file was written since."""
    try:
        if (status.path / "status.json").stat().st_mtime > float(data["updated_at"]):
            return status
        return RunReader(status.path).status_in(data)
    except (GanError, OSError, KeyError, TypeError, ValueError):
        return status


def _beginning(start: Start, known: dict[str, RunStatus]) -> RunStatus:
    """A starting run: one without a folder yet, or one being resumed."""
    status = known.get(start.run_id) or RunStatus(
        start.run_id, start.run_dir, "starting", preset=start.preset, data=start.data,
        started_at=start.began_at,
    )  # fmt: skip
    return replace(status, state="starting", message=NO_MESSAGE, steerable=True)
