"""The run folder: the only link between training and watching. One writer, any number of readers.

runs/<id>/config.json  progress.jsonl  snapshots/<nimg>.webp  weights/<nimg>.safetensors
          checkpoints/<nimg>/  status.json  images.json  log.txt  .lock
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from gan.checkpoint import (
    CONFIG_FILE,
    checkpoints,
    stranded,
    weights_of_run,
)
from gan.config import RunConfig
from gan.data import ImagesId
from gan.errors import GanError, RunError
from gan.files import HISTORY_FILE, is_moment, read_json, runs_root, tail_rows
from gan.messages import NO_MESSAGE, Message, literal
from gan.metrics.findings import Past
from gan.schema import from_json

State = Literal["starting", "running", "paused", "finished", "stopped", "interrupted", "failed"]
STATES: tuple[State, ...] = get_args(State)
LIVE: frozenset[str] = frozenset({"starting", "running", "paused"})
MEASURES_FILE = "measures.jsonl"
STEP_FILE, REALS_FILE = "step.json", "reals.webp"
IMAGES_FILE = "images.json"
PLANE_FILE = "plane.json"  # the newest frame of a training of points; gan.training.plane
STEPS = ("d", "g", "both")
HEARTBEAT_S = 60.0  # a live run writes its status at least once a second
TRASH = ".trash"  # in the runs root; gan.runs.manage moves runs there


@dataclass(frozen=True)
class RunStatus:
    """One run at a glance."""

    id: str
    path: Path
    state: State
    nimg: int = 0
    seconds: float = 0.0
    images_per_s: float = 0.0
    fraction: float | None = None  # of its budget, 0 to 1
    message: Message = NO_MESSAGE  # one sentence, or empty
    steerable: bool = False
    started_at: float = 0.0  # Unix time in seconds
    preset: str = ""
    data: str = ""
    steps_per_s: float = 0.0  # slow motion; 0 is full speed


def new_run_dir(preset: str, *, taken: Collection[str] = ()) -> Path:
    """An unused folder name, not even in the trash: the preset and a number.

    taken: names of starting runs that have no folder yet.
    """
    root = runs_root()
    with suppress(OSError):
        trash = {entry.name.rpartition("@")[0] for entry in os.scandir(root / TRASH)}
        taken = {*taken, *trash}
    number = 1
    while (name := f"{preset}-{number}") in taken or (root / name).exists():
        number += 1
    return root / name


def claim_run_dir(preset: str) -> Path:
    """A new folder that no other process chooses; empty, so that it can still be given up.

    Raises RunError where none can be made.
    """
    while True:
        path = new_run_dir(preset)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir()
        except FileExistsError:
            if path.parent.is_dir():
                continue  # somebody was faster: take the next number
            raise
        except OSError as error:
            raise RunError(
                "the run folder {path} cannot be written ({strerror}); choose another --run-dir",
                path=repr(str(path)),
                strerror=error.strerror,
            ) from error
        return path


def is_run(path: Path) -> bool:
    """Whether `path` is a run folder."""
    return (path / CONFIG_FILE).is_file() and (path / "status.json").is_file()


def has_checkpoint(path: Path) -> bool:
    """Whether there is anything to resume from."""
    folder = path / "checkpoints"
    return bool(checkpoints(folder) or stranded(folder))


def list_runs(root: Path | None = None) -> list[RunStatus]:
    """All runs in `root`, newest first; other folders are skipped."""
    found = []
    for path in (root or runs_root()).glob("*"):
        if is_run(path):
            try:
                found.append(RunReader(path).status())
            except GanError:
                continue  # half-written or damaged: not a run that anyone can watch
    return sorted(found, key=lambda s: s.started_at, reverse=True)


class RunReader:
    """Read-only access to a run folder for viewers."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def status(self) -> RunStatus:
        """Its status; a live run whose process is gone reads as interrupted."""
        return self.status_in(read_json(self.path / "status.json"))

    def status_in(self, data: Any) -> RunStatus:
        """The status that `data` states, the content of a status.json."""
        if not is_status(data):
            raise RunError(
                "status.json of {path} is damaged; the run cannot be watched", path=self.path.name
            )
        known = {k: data[k] for k in STATUS_KEYS if k in data} | {"message": _message(data)}
        status = RunStatus(id=self.path.name, path=self.path, **known)
        if status.state in LIVE and _is_gone(data):
            return replace(
                status, state="interrupted", message=self._what_is_left(), steerable=False
            )
        return status

    def _what_is_left(self) -> Message:
        """What can be recovered of a run whose process is gone."""
        if has_checkpoint(self.path):
            return Message("its process is gone; resume goes on from the last checkpoint")
        if self.weights():
            return Message("its process is gone; it has weights and no checkpoint: fork it")
        return Message("its process is gone before anything was kept; start a new run")

    def overtime_s(self) -> float:
        """Seconds by which it is past its time limit by now, the step in progress included; 0 for
        none. In slow motion and while paused, time passes that does not count."""
        try:
            data, limit = read_json(self.path / "status.json"), self.config().total_seconds
        except GanError:
            return 0.0
        counts = is_status(data) and data["state"] in ("starting", "running")
        if limit is None or not counts or data.get("steps_per_s"):
            return 0.0
        now = time.time()
        since = max(0.0, now - float(data.get("updated_at", now)))
        return max(0.0, float(data.get("seconds", 0.0)) + since - limit)

    def writer_pid(self) -> int:
        """PID of the process that last wrote the status; 0 if none."""
        data = read_json(self.path / "status.json")
        return int(data.get("pid", 0)) if is_status(data) else 0

    def config(self) -> RunConfig:
        """The config it was started with."""
        return from_json(RunConfig, read_json(self.path / CONFIG_FILE))

    def images_id(self) -> ImagesId | None:
        """Fingerprint of its training images; None for a run of an older version."""
        file = self.path / IMAGES_FILE
        return from_json(ImagesId, read_json(file)) if file.is_file() else None

    def rows(self, after_nimg: int = -1) -> list[dict[str, Any]]:
        """Rows of the curves past `after_nimg`."""
        return [row for row in self.tail(0)[0] if row["nimg"] > after_nimg]

    def tail(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Rows past byte `offset`, and the offset to continue from."""
        return tail_rows(self.path / "progress.jsonl", offset)

    def measures(self, after_nimg: int = -1) -> list[dict[str, Any]]:
        """What was measured of the samples past `after_nimg`; a row has

        nimg, seconds, count (samples), fd, fd_floor, fd_count (images on either side of these two,
        which fall as it grows), modes (covered), classes (modes there are), mode_kind "class" |
        "cluster", histogram (share of the samples a class; None for clusters), largest (share of
        the commonest mode), spread and variety (pairwise feature distance of fakes over that of
        reals: overall, within a mode), nearest (median distance to the nearest real image over that
        of real to real), memorised (share of the samples that are copies); of
        points in the plane high_quality (share of them), mode_kl (nats) and js (bits), as in
        gan.metrics.plane, and outside (how many no picture shows: beyond -1 to 1).
        Numbers that could not be had are None.
        """
        rows, _ = tail_rows(self.path / MEASURES_FILE, 0)
        return [row for row in rows if row["nimg"] > after_nimg]

    def history(self) -> list[dict[str, Any]]:
        """What was done to the run, in order; a row has nimg, seconds, time (unix), event and,

        where there is something to say, key, old, new and note. Events: start, fork, resume, pause,
        set, refused (of a change that made no sense), step, slow, stop, checkpoint-skipped,
        stream (its next images could not be had), diverged (the loss was no number, which ended the
        training).
        """
        rows = tail_rows(self.path / HISTORY_FILE, 0)[0]
        return [row for row in rows if isinstance(row.get("event"), str)]

    def past(self) -> Past:
        """What the diagnosis needs beside the rows: the history, and the saved nimg."""
        kept = {int(path.name) for path in checkpoints(self.path / "checkpoints")}
        return Past(self.history(), sorted(kept | set(self.weights())))

    def last_step(self) -> dict[str, Any] | None:
        """The latest single step: number, what, nimg, loss, grad_norm, lr, and D's scores.

        scores_before and scores_after: {"real", "fake"}, means; fake_scores_before and -after: one
        for each of the 64 samples of G in `step_image`. None where no step was taken.
        """
        try:
            data = read_json(self.path / STEP_FILE)
        except GanError:
            return None
        whole = isinstance(data, dict) and isinstance(data.get("number"), int)
        return data if whole and data.get("what") in STEPS else None

    def frame(self) -> dict[str, Any] | None:
        """The newest frame of a training of points (gan.training.plane); None without one."""
        try:
            data = read_json(self.path / PLANE_FILE)
        except GanError:
            return None
        return data if isinstance(data, dict) and isinstance(data.get("nimg"), int) else None

    def step_image(self, moment: Literal["before", "after"]) -> bytes:
        """The grid of 8 x 8 samples of G before or after the latest single step, WebP."""
        return self._image(
            f"step-{moment}.webp",
            RunError("{run} has no single step; take one", run=self.path.name),
        )

    def reals(self) -> bytes:
        """A grid of 8 x 8 real images, WebP; ordered by class like the samples if there are
        classes."""
        return self._image(
            REALS_FILE,
            RunError("{run} has no grid of real images; start a new run", run=self.path.name),
        )

    def _image(self, name: str, missing: RunError) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise missing from error

    def snapshots(self) -> list[int]:
        """The image counts (nimg) with a saved grid."""
        files = (self.path / "snapshots").glob("*.webp")
        return sorted(int(p.stem) for p in files if is_moment(p.stem))

    def snapshot(self, nimg: int) -> bytes:
        """The grid of 8 x 8 at `nimg`, WebP; raises RunError where there is none."""
        try:
            return (self.path / "snapshots" / f"{nimg:010d}.webp").read_bytes()
        except OSError as error:
            raise RunError(
                "{path} has no snapshot at {nimg}; take another",
                path=self.path.name,
                nimg=f"{nimg:,}",
            ) from error

    def weights(self) -> list[int]:
        """The image counts (nimg) with saved weights."""
        return weights_of_run(self.path)


_NUMBER = (int, float)
STATUS_TYPES: dict[str, type | tuple[type, ...]] = {
    "state": str, "nimg": int, "seconds": _NUMBER, "images_per_s": _NUMBER,
    "fraction": (*_NUMBER, type(None)), "message": str, "steerable": bool,
    "started_at": _NUMBER, "preset": str, "data": str, "steps_per_s": _NUMBER,
}  # fmt: skip
STATUS_KEYS = tuple(STATUS_TYPES)


def is_status(data: object) -> bool:
    """Whether status.json has the format that runs write; anything may have been put there."""
    types = STATUS_TYPES | {"pid": int, "born": str, "host": str, "updated_at": _NUMBER}
    return (
        isinstance(data, dict)
        and data.get("state") in STATES
        and all(isinstance(data[k], kind) for k, kind in types.items() if k in data)
    )


def _message(status: dict[str, Any]) -> Message:
    """The message as data, unless the English sentence beside it is another: an older version
    writes that alone."""
    sentence = status.get("message", "")
    message = Message.from_json(status.get("message_data"))
    return message if str(message) == sentence else literal(sentence)


def _is_gone(status: dict[str, Any]) -> bool:
    """Whether a live run's process is gone: by its PID on this host, elsewhere by its heartbeat."""
    if os.name == "posix" and status.get("host") == socket.gethostname():
        pid = status.get("pid", 0)
        return not _is_alive(pid) or born(pid) != status.get("born", "")
    return time.time() - float(status.get("updated_at", 0)) > HEARTBEAT_S


def born(pid: int) -> str:
    """A process's start time in ticks since boot, to detect a reused PID."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""  # no /proc: the PID alone must do


def _is_alive(pid: int) -> bool:
    if pid <= 0 or _is_zombie(pid):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
