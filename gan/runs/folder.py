"""The run folder: the only thing between training and watching. One writer, any number of readers.

runs/<id>/config.json  progress.jsonl  snapshots/<nimg>.webp  weights/<nimg>.safetensors
          checkpoints/<nimg>/  status.json  log.txt
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from gan.checkpoint import (
    CONFIG_FILE,
    checkpoints,
    save_modules,
    sweep,
    weights_of_run,
)
from gan.config import RunConfig, from_json, to_json
from gan.errors import GanError, RunError
from gan.files import read_json, write_atomic, write_json
from gan.images import encode_webp, tile
from gan.training import Progress, Snapshot, Trainer

State = Literal["starting", "running", "paused", "finished", "stopped", "interrupted", "failed"]
STATES: tuple[State, ...] = get_args(State)
LIVE: frozenset[str] = frozenset({"starting", "running", "paused"})
MEASURES_FILE = "measures.jsonl"
HEARTBEAT_S = 60.0  # a live run writes its status at least once a second
GRID_COLUMNS = 8
TRASH = ".trash"  # in the runs root; gan.runs.manage moves runs there
MAX_WEIGHTS = 24
MAX_SNAPSHOTS = 1200


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
    message: str = ""  # one sentence, or nothing
    steerable: bool = False
    started_at: float = 0.0  # unix seconds
    preset: str = ""
    data: str = ""


def runs_root() -> Path:
    """Where runs live: GAN_RUNS_DIR, or runs/ in the current folder."""
    return Path(os.environ.get("GAN_RUNS_DIR", "runs"))


def home_root() -> Path:
    """Where own images and presets live: GAN_HOME, or own/ beside the runs."""
    home = os.environ.get("GAN_HOME")
    return Path(home) if home else runs_root().absolute().with_name("own")


def new_run_dir(preset: str) -> Path:
    """A folder name nobody has yet, not even in the trash: preset and a number."""
    root, number = runs_root(), 1
    while (root / f"{preset}-{number}").exists() or any(
        (root / TRASH).glob(f"{preset}-{number}@*")
    ):
        number += 1
    return root / f"{preset}-{number}"


def is_run(path: Path) -> bool:
    """Whether `path` is a run folder."""
    return (path / CONFIG_FILE).is_file() and (path / "status.json").is_file()


def has_checkpoint(path: Path) -> bool:
    """Whether there is anything that a run could go on from."""
    return bool(checkpoints(path / "checkpoints"))


def list_runs(root: Path | None = None) -> list[RunStatus]:
    """All runs in `root`, newest first; folders that are no runs are passed over."""
    found = []
    for path in (root or runs_root()).glob("*"):
        if is_run(path):
            try:
                found.append(RunReader(path).status())
            except GanError:
                continue  # being written or damaged: not a run that anyone can watch
    return sorted(found, key=lambda s: s.started_at, reverse=True)


class RunReader:
    """What a viewer may ask of a run folder. It writes nothing."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def status(self) -> RunStatus:
        """Its state; a live run whose process is gone reads as interrupted."""
        data = read_json(self.path / "status.json")
        if not _is_status(data):
            raise RunError(f"status.json of {self.path.name} is damaged; the run cannot be watched")
        status = RunStatus(
            id=self.path.name,
            path=self.path,
            **{k: data[k] for k in _STATUS_KEYS if k in data},
        )
        if status.state in LIVE and _is_gone(data):
            message = "its process is gone; resume goes on from the last checkpoint"
            return replace(status, state="interrupted", message=message, steerable=False)
        return status

    def config(self) -> RunConfig:
        """What it was started with."""
        return from_json(RunConfig, read_json(self.path / CONFIG_FILE))

    def rows(self, after_nimg: int = -1) -> list[dict[str, Any]]:
        """Rows of the curves past `after_nimg`."""
        return [row for row in self.tail(0)[0] if row["nimg"] > after_nimg]

    def tail(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Rows written past byte `offset`, and the offset to go on from."""
        return tail_rows(self.path / "progress.jsonl", offset)

    def measures(self, after_nimg: int = -1) -> list[dict[str, Any]]:
        """What was measured of the samples past `after_nimg`; a row has

        nimg, seconds, fd, fd_floor, count (samples), modes (covered), classes (modes there are),
        mode_kind "class" | "cluster", histogram (share of the samples a class; None for clusters),
        largest (share of the commonest mode), spread and variety (pairwise feature distance of
        fakes over that of reals: overall, within a mode), nearest (median distance to the nearest
        real image over that of real to real), memorised (share of the samples that are copies).
        Numbers that could not be had are None.
        """
        rows, _ = tail_rows(self.path / MEASURES_FILE, 0)
        return [row for row in rows if row["nimg"] > after_nimg]

    def snapshots(self) -> list[int]:
        """The moments, in nimg, of which there is a grid."""
        files = (self.path / "snapshots").glob("*.webp")
        return sorted(int(p.stem) for p in files if p.stem.isdigit())

    def snapshot(self, nimg: int) -> bytes:
        """The grid of 8 x 8 at `nimg`, WebP; raises RunError where there is none."""
        try:
            return (self.path / "snapshots" / f"{nimg:010d}.webp").read_bytes()
        except OSError as error:
            raise RunError(f"{self.path.name} has no snapshot at {nimg:,}; take another") from error

    def weights(self) -> list[int]:
        """The moments, in nimg, of which there are weights."""
        return weights_of_run(self.path)


def tail_rows(file: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Rows of a .jsonl written past byte `offset`, and the offset to go on from.

    A last, half-written line is left for next time, one that a full disk cut short is passed over,
    and a file that has become shorter (its run went back) is read from its beginning.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            start = stream.seek(offset if offset <= size else 0)
            data = stream.read()
    except OSError:
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    rows = []
    for line in whole.splitlines():
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("nimg"), int):
                rows.append(row)
    return rows, start + len(whole)


_NUMBER = (int, float)
_STATUS_TYPES: dict[str, type | tuple[type, ...]] = {
    "state": str, "nimg": int, "seconds": _NUMBER, "images_per_s": _NUMBER,
    "fraction": (*_NUMBER, type(None)), "message": str, "steerable": bool,
    "started_at": _NUMBER, "preset": str, "data": str,
}  # fmt: skip
_STATUS_KEYS = tuple(_STATUS_TYPES)


def _is_status(data: object) -> bool:
    """Whether status.json holds what a run writes, and not what anyone else may have put there."""
    types = _STATUS_TYPES | {"pid": int, "born": str, "host": str, "updated_at": _NUMBER}
    return (
        isinstance(data, dict)
        and data.get("state") in STATES
        and all(isinstance(data[k], kind) for k, kind in types.items() if k in data)
    )


def _is_gone(status: dict[str, Any]) -> bool:
    """Whether a live run's process is over: by its pid on this host, elsewhere by its heartbeat."""
    if os.name == "posix" and status.get("host") == socket.gethostname():
        pid = status.get("pid", 0)
        return not _is_alive(pid) or _born(pid) != status.get("born", "")
    return time.time() - float(status.get("updated_at", 0)) > HEARTBEAT_S


def _born(pid: int) -> str:
    """When a process started, in ticks since boot, so that a pid given anew is not mistaken."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""  # no /proc: the pid alone must do


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


class RunWriter:
    """The one process that writes a run folder."""

    def __init__(self, path: Path, config: RunConfig, *, steerable: bool) -> None:
        self.path, self.config, self.steerable = path, config, steerable
        self.started_at = time.time()
        self.status = RunStatus(id=path.name, path=path, state="starting", steerable=steerable)

    def create(self) -> None:
        """A new folder; raises RunError where it exists already or cannot be written."""
        if is_run(self.path):
            raise RunError(
                f"{str(self.path)!r} already holds a run; choose another --run-dir, or go on with "
                f"--resume {shlex.quote(str(self.path))}"
            )
        if self.path.is_dir() and any(self.path.iterdir()):
            raise RunError(
                f"--run-dir must be a new or empty folder, {str(self.path)!r} holds other files; "
                f"choose another"
            )
        try:
            for name in ("snapshots", "weights", "checkpoints"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            write_json(self.path / CONFIG_FILE, to_json(self.config))
        except OSError as error:
            raise RunError(
                f"the run folder {str(self.path)!r} cannot be written ({error.strerror}); choose "
                f"another --run-dir"
            ) from error
        self.report("starting")

    def reopen(self, nimg: int) -> None:
        """Go on in an existing folder at `nimg`: what came after it is cut, and will come again."""
        if (self.path / "status.json").is_file():
            self.started_at = RunReader(self.path).status().started_at
        for folder in ("snapshots", "weights", "checkpoints"):
            (self.path / folder).mkdir(exist_ok=True)
            sweep(self.path / folder)
        for file in [*self.path.glob("snapshots/*.webp"), *self.path.glob("weights/*.safetensors")]:
            if file.stem.isdigit() and int(file.stem) > nimg:
                file.unlink()
        for name in ("progress.jsonl", MEASURES_FILE):
            self._cut(self.path / name, nimg)
        write_json(self.path / CONFIG_FILE, to_json(self.config))
        self.report("starting")

    def _cut(self, file: Path, nimg: int) -> None:
        """Drop the rows of a .jsonl that came after `nimg`."""
        if file.is_file():
            kept = [row for row in tail_rows(file, 0)[0] if row["nimg"] <= nimg]
            write_atomic(file, "".join(json.dumps(row) + "\n" for row in kept).encode())

    def reconfigure(self, config: RunConfig) -> None:
        """What was changed in mid-run holds after a resume too."""
        self.config = config
        write_json(self.path / CONFIG_FILE, to_json(config))

    def report(self, state: State, *, message: str = "", **numbers: Any) -> None:
        """Write status.json."""
        self.status = replace(self.status, state=state, message=message, **numbers)
        if state not in LIVE:
            self.status = replace(self.status, steerable=False)
        data = {k: v for k, v in asdict(self.status).items() if k in _STATUS_KEYS}
        data |= {
            "started_at": self.started_at,
            "preset": self.config.preset,
            "data": self.config.data,
            "pid": os.getpid(),
            "born": _born(os.getpid()),
            "host": socket.gethostname(),
            "updated_at": time.time(),
        }
        write_atomic(self.path / "status.json", json.dumps(data).encode(), durable=False)

    def progress(self, event: Progress, fraction: float | None) -> None:
        """One more row, and the status."""
        with (self.path / "progress.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(event.row()) + "\n")
        self.report(
            "running",
            nimg=event.nimg,
            seconds=event.seconds,
            images_per_s=event.images_per_s,
            fraction=fraction,
        )

    def measure(self, row: dict[str, Any]) -> None:
        """One more row of what was measured of the samples."""
        with (self.path / MEASURES_FILE).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")

    def snapshot(self, event: Snapshot) -> None:
        """One more grid; half of the older ones go when there are too many."""
        folder = self.path / "snapshots"
        sheet = encode_webp(tile(event.pixels, GRID_COLUMNS))
        write_atomic(folder / f"{event.nimg:010d}.webp", sheet, durable=False)
        _thin(folder, "*.webp", MAX_SNAPSHOTS)

    def weights(self, trainer: Trainer) -> Path:
        """Keep the averaged generator and D as they are now."""
        modules = {"g_ema": trainer.ema.generator, "d": trainer.d}
        file = self.path / "weights" / f"{trainer.nimg:010d}.safetensors"
        save_modules(file, modules)
        _thin(self.path / "weights", "*.safetensors", MAX_WEIGHTS)
        return file


def _thin(folder: Path, pattern: str, most: int) -> None:
    """Past `most` files, drop every second of the older half: the recent past stays dense."""
    files = sorted(folder.glob(pattern))
    if len(files) > most:
        for file in files[1 : len(files) // 2 : 2]:
            file.unlink(missing_ok=True)
