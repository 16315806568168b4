"""The races of this server: one under way, and those that were written before."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gan.errors import GanError
from gan.files import home_root, json_bytes, write_atomic
from gan.races import Race, RacePlan, as_left, measure_race, plan_race, race_so_far, write_report
from gan.races.measure import Hurry
from gan.races.report import RACE_FILE
from gan.runs import manage
from gan.runs.space import check_room
from gan.ui.compare.setup import count_for, plan_of
from gan.ui.server.routes import Context
from gan.ui.server.training_queue import WALL_S, Turns, note_viewer
from gan.ui.server.views import PageError, cannot_write, error_json

log = logging.getLogger(__name__)
FRESH_S = 0.5  # requests within this time share one look at the disk
KEEP_PUBLIC = 40  # of a public server's races, the newest
KEPT = 64  # race.json files in memory
AT_ONCE_PUBLIC = 1  # trainings: a public server trains one thing at a time
LISTED = 50
DELETED = ".deleted"  # beside the races: reports that can be taken back
PLAN = "plan"
BEGUN_FILE = "begun.json"  # a race that has no report yet: its form, and what is trained


def races_root() -> Path:
    """Folder of finished races, beside the user's other own things."""
    return home_root() / "races"


@dataclass
class UnderWay:
    """A race that trains or is being measured, or the last one that was."""

    id: str
    race: Race
    form: dict[str, Any]
    context: Context
    stage: str = "training"  # then "measuring", "over"
    measuring: dict[str, Any] = field(default_factory=dict)  # name, fraction
    problem: dict[str, Any] | None = None
    hurried: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    began_at: float = field(default_factory=time.monotonic)
    _seen: tuple[float, dict[str, Any]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def so_far(self) -> dict[str, Any]:
        """As `race_so_far`, read once for all viewers."""
        with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > FRESH_S:
                self._seen = (now, race_so_far(self.race))
            return self._seen[1]

    def stop(self) -> None:
        """End the trainings; what is measured already, end the measuring."""
        (self.hurried.set if self.stage == "measuring" else self.race.stop)()

    def run(self, *, trains: bool = True) -> None:
        """Train, measure and write the report; every error becomes `problem`.

        trains: False for one that a server before this one began: what there is, is measured.
        """
        try:
            for _ in self.race.run() if trains else ():
                self._guard()
            if not self.closing.is_set():
                self._finish()
        except Exception as error:
            self.problem = error_json(error)
            if cannot_write(error):
                log.error("the race %s cannot be kept: %s", self.id, error)
            elif not isinstance(error, GanError):
                log.exception("the race %s broke off", self.id)
        finally:
            self.stage = "over"
            self.context.runs.forget()
            if not self.context.profile.local:
                self.context.part(Turns).release(self.id)

    def _guard(self) -> None:
        """A public server's race ends with its time, and where one of its trainings was stopped."""
        if self.context.profile.local:
            return
        late = time.monotonic() - self.began_at > WALL_S
        if late or any(s.state == "stopped" for s in self.race.standings):
            self.race.stop()
        for standing in self.race.standings:
            if standing.state not in ("waiting", "starting"):
                manage.mark_visitors(standing.run_dir)

    def _finish(self) -> None:
        self.stage = "measuring"

        def look(name: str, fraction: float) -> None:
            self.measuring = {"name": name, "fraction": fraction}
            if self.hurried.is_set() or self.closing.is_set():
                raise Hurry

        count = count_for(self.context.profile)
        found = measure_race(self.race, count=count, on_progress=look)
        if self.closing.is_set():  # the next server measures it
            return
        folder = races_root() / self.id
        write_report(folder, found | {"setup": self.form}, runs=self.race.runs)
        (folder / BEGUN_FILE).unlink(missing_ok=True)


class Races:
    """One race at a time, and the reports of earlier ones. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: UnderWay | None = None
        self._is_caught_up = False  # with the races of servers before this one
        self._read: LRUCache[tuple[Path, int], dict[str, Any]] = LRUCache(KEPT)

    def begin(self, context: Context, session: str, plan: RacePlan, form: dict[str, Any]) -> str:
        """Start a race; returns its id. Raises PageError while another is under way, RunError where
        a training or the report could not be kept."""
        with self._lock:
            if self._now is not None and self._now.stage != "over":
                raise PageError("gan_race_error_busy", status=409)
            for folder in (context.runs.root, races_root()):
                check_room(folder)
            race_id = self._new_id(str(form.get("ready") or "race"), context.runs.root)
            race = Race(
                plan,
                context.runs.root,
                prefix=f"{race_id}-",
                supervisor=context.supervisor,
                at_once=None if context.profile.local else AT_ONCE_PUBLIC,
            )
            self._now = now = UnderWay(race_id, race, form, context)
            with suppress(OSError):  # the race goes on without
                file = races_root() / race_id / BEGUN_FILE
                file.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(file, json_bytes(form | {PLAN: plan.typed()}))
        for owned in (key_of(race_id), *(s.run_dir.name for s in race.standings)):
            context.owners.claim(session, owned)
        if not context.profile.local:
            context.part(Turns).hold(race_id)
            manage.prune_visitors(context.runs.root)
            _prune()
        threading.Thread(target=now.run, name="race", daemon=True).start()
        return race_id

    def catch_up(self, context: Context) -> None:
        """Once: measure and report, one after another, the races that a server before this one
        began and did not end."""
        with self._lock:
            if self._is_caught_up or (self._now is not None and self._now.stage != "over"):
                return
            self._is_caught_up = True
        left = sorted(races_root().glob(f"*/{BEGUN_FILE}"), key=_mtime)
        if left:
            threading.Thread(
                target=self._report_left, args=(context, left), name="races left", daemon=True
            ).start()

    def _report_left(self, context: Context, left: list[Path]) -> None:
        for file in left:
            try:
                race = _left(context, file)
            except Exception as error:  # of another version, or damaged
                log.warning("the race %s cannot be reported: %s", file.parent.name, error)
                file.unlink(missing_ok=True)
                continue
            with self._lock:
                if self._now is not None and self._now.stage != "over":
                    self._is_caught_up = False  # when that one is over
                    return
                self._now = race
            if not context.profile.local:
                context.part(Turns).hold(race.id)
            race.run(trains=False)
            if race.problem is not None and race.problem.get("key") != "gan_error_disk":
                file.unlink(missing_ok=True)  # another server would not come farther

    def _new_id(self, name: str, runs: Path) -> str:
        """NAME-NUMBER of which there is no report, and no training in the list or in the trash."""
        folders = races_root(), races_root() / DELETED, runs
        taken = [path.name for folder in folders for path in folder.glob("*")]
        taken += [entry.id for entry in manage.deleted_runs(runs)]
        taken += [self._now.id] if self._now else []
        number = 1
        while any(f"{t}-".startswith(f"{name}-{number}-") for t in taken):
            number += 1
        return f"{name}-{number}"

    def stop(self, context: Context, session: str, race_id: str) -> None:
        """End the race under way; unknown and foreign look the same."""
        now = self._now
        if now is None or now.id != race_id or not self.may_stop(context, session, now):
            raise PageError("gan_race_error_unknown", status=404)
        now.stop()

    def end(self, race_id: str) -> None:
        """End a race whose visitor has left."""
        now = self._now
        if now is not None and now.id == race_id:
            now.stop()

    def may_stop(self, context: Context, session: str, race: UnderWay) -> bool:
        """Whether this visitor may end it; at home everybody may."""
        if race.stage == "over":
            return False
        return context.profile.local or context.owners.owns(session, key_of(race.id))

    def now(self) -> UnderWay | None:
        """The race under way, or the last one."""
        return self._now

    def watch(self, context: Context, race: UnderWay) -> None:
        """A race has a viewer: its trainings need not pause."""
        for standing in race.race.standings:
            note_viewer(context, standing.run_dir.name)

    # ---- those that are over --------------------------------------------------------------------

    def find(self, race_id: str) -> Path:
        """The folder of a finished race; an id is matched, never joined."""
        for path in races_root().glob("*"):
            if path.name == race_id and not path.is_symlink() and (path / RACE_FILE).is_file():
                return path
        raise PageError("gan_race_error_unknown", status=404)

    def read(self, race_id: str) -> dict[str, Any]:
        """A finished race's numbers."""
        return self._found(self.find(race_id) / RACE_FILE)

    def _found(self, file: Path) -> dict[str, Any]:
        key = (file, file.stat().st_mtime_ns)
        with self._lock:
            if key in self._read:
                return self._read[key]
        try:
            found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except (ValueError, RecursionError):
            raise PageError("gan_race_error_damaged", name=file.parent.name) from None
        with self._lock:
            self._read[key] = found
        return found

    def earlier(self) -> list[tuple[str, dict[str, Any]]]:
        """(id, numbers) of finished races, the newest first; damaged ones are skipped."""
        return self._listed(races_root().glob(f"*/{RACE_FILE}"), _mtime)

    def deleted(self) -> list[tuple[str, dict[str, Any]]]:
        """The same of reports that can be taken back, the one deleted last first."""
        files = (races_root() / DELETED).glob(f"*/{RACE_FILE}")
        late = time.time() - manage.KEEP_TRASH_S
        kept = (file for file in files if _mtime(file.parent) > late)
        return self._listed(kept, lambda file: _mtime(file.parent))

    def _listed(
        self, files: Iterable[Path], made: Callable[[Path], float]
    ) -> list[tuple[str, dict[str, Any]]]:
        races = []
        for file in sorted(files, key=made, reverse=True)[:LISTED]:
            with suppress(OSError, PageError):
                races.append((file.parent.name, self._found(file)))
        return races

    def delete(self, race_id: str) -> None:
        """Put a finished race's report aside, for a day; its trainings stay in the list of runs."""
        folder, aside = self.find(race_id), races_root() / DELETED
        aside.mkdir(exist_ok=True)
        for old in aside.glob("*"):
            if old.name == race_id or time.time() - _mtime(old) > manage.KEEP_TRASH_S:
                shutil.rmtree(old, ignore_errors=True)
        os.utime(folder)
        folder.rename(aside / race_id)

    def restore(self, race_id: str) -> None:
        """Take back what `delete` put aside, if another page has not; an id is matched, never
        joined."""
        for path in (races_root() / DELETED).glob("*"):
            if path.name == race_id and not path.is_symlink():
                path.rename(races_root() / race_id)  # no other race has taken the id
                return
        self.find(race_id)

    def close(self) -> None:
        """End the race under way; the next server reports it."""
        if self._now is not None:
            self._now.closing.set()
            self._now.race.stop()


def _left(context: Context, file: Path) -> UnderWay:
    """A race that was begun and has no report, as far as it had come."""
    form, race_id = json.loads(file.read_text("utf-8")), file.parent.name
    typed = form.pop(PLAN, None)  # not in what was begun before this was kept
    plan = plan_race(**typed) if typed else plan_of(context, form)
    race = Race(plan, context.runs.root, prefix=f"{race_id}-", supervisor=context.supervisor)
    return UnderWay(race_id, as_left(race), form, context, stage="measuring")


def key_of(race_id: str) -> str:
    """What the owners know a race by; no run is called that."""
    return f"race:{race_id}"


def _mtime(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _prune() -> None:
    for file in sorted(races_root().glob(f"*/{RACE_FILE}"), key=_mtime, reverse=True)[KEEP_PUBLIC:]:
        shutil.rmtree(file.parent, ignore_errors=True)
