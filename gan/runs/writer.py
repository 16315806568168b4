"""The one process that writes a run folder."""

from __future__ import annotations

import json
import os
import shlex
import socket
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gan.checkpoint import CONFIG_FILE, model_note, sweep
from gan.config import RunConfig
from gan.data import ImagesId
from gan.errors import RunError
from gan.files import (
    HISTORY_FILE,
    NO_SPACE,
    append_line,
    is_moment,
    overwrite,
    tail_rows,
    write_atomic,
    write_json,
)
from gan.images import Pixels, are_points, encode_webp, real_sheet, scatter, tile
from gan.messages import NO_MESSAGE, Message
from gan.runs import news
from gan.runs.folder import (
    IMAGES_FILE,
    LIVE,
    MEASURES_FILE,
    PLANE_FILE,
    REALS_FILE,
    STATUS_KEYS,
    STEP_FILE,
    RunReader,
    RunStatus,
    State,
    born,
    is_run,
)
from gan.runs.lock import LOCK_FILE
from gan.runs.thinning import thin
from gan.schema import to_json
from gan.tensors import save_modules
from gan.training import PlaneFrame, Progress, SingleStep, Snapshot, Trainer

GRID_COLUMNS = 8
NOTE_S = 6.0  # how long a message stays in the status of a live run


class RunWriter:
    """The one process that writes a run folder."""

    def __init__(self, path: Path, config: RunConfig, *, steerable: bool) -> None:
        self.path, self.config, self.steerable = path, config, steerable
        self.started_at = time.time()
        self.status = RunStatus(id=path.name, path=path, state="starting", steerable=steerable)
        self._note, self._note_until = NO_MESSAGE, 0.0
        self._reals: Pixels | None = None
        self._told = False  # the status went to the process that started this one instead

    def create(self) -> None:
        """A new folder; raises RunError if it exists or cannot be written."""
        self.check_new()
        try:
            for name in ("snapshots", "weights", "checkpoints"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            write_json(self.path / CONFIG_FILE, to_json(self.config))
            self.report("starting")
        except OSError as error:
            raise RunError(
                "the run folder {path} cannot be written ({strerror}); choose another --run-dir",
                path=repr(str(self.path)),
                strerror=error.strerror,
            ) from error

    def check_new(self) -> None:
        """Raises RunError if the folder holds a run, or other files."""
        if is_run(self.path):
            raise RunError(
                "{path} already holds a run; choose another --run-dir, or go on with --resume "
                "{quoted}",
                path=repr(str(self.path)),
                quoted=shlex.quote(str(self.path)),
            )
        if self.path.is_dir() and any(p.name != LOCK_FILE for p in self.path.iterdir()):
            raise RunError(
                "--run-dir must be a new or empty folder, {path} holds other files; choose another",
                path=repr(str(self.path)),
            )

    def reopen(self, nimg: int) -> None:
        """Continue in an existing folder at `nimg`: later rows are cut off and will be written
        again."""
        if (self.path / "status.json").is_file():
            self.started_at = RunReader(self.path).status().started_at
        for folder in ("snapshots", "weights", "checkpoints"):
            (self.path / folder).mkdir(exist_ok=True)
            sweep(self.path / folder)
        for file in [*self.path.glob("snapshots/*.webp"), *self.path.glob("weights/*.safetensors")]:
            if is_moment(file.stem) and int(file.stem) > nimg:
                file.unlink()
        for name in ("progress.jsonl", MEASURES_FILE):
            self._cut(self.path / name, nimg)
        write_json(self.path / CONFIG_FILE, to_json(self.config))
        self.report("starting")

    def images(self, found: ImagesId) -> None:
        """Record the fingerprint of its training images, so that a resume can check it."""
        write_json(self.path / IMAGES_FILE, to_json(found))

    def thin(self) -> None:
        """Thin the run to its budget."""
        thin(self.path, self.config.keep_mb)

    def _cut(self, file: Path, nimg: int) -> None:
        """Drop the rows of a .jsonl past `nimg`."""
        if file.is_file():
            kept = [row for row in tail_rows(file, 0)[0] if row["nimg"] <= nimg]
            write_atomic(file, "".join(json.dumps(row) + "\n" for row in kept).encode())

    def reconfigure(self, config: RunConfig) -> None:
        """Persist settings changed in mid-run, for a resume."""
        write_json(self.path / CONFIG_FILE, to_json(config))
        self.config = config

    def history(
        self,
        event: str,
        key: str = "",
        old: Any = None,
        new: Any = None,
        *,
        trainer: Trainer,
        note: str = "",
    ) -> None:
        """Append a row to the history."""
        moment = {"nimg": trainer.nimg, "seconds": round(trainer.seconds, 3), "time": time.time()}
        row = {**moment, "event": event, "key": key, "old": old, "new": new}
        append_line(self.path / HISTORY_FILE, json.dumps(row | ({"note": note} if note else {})))

    def say(self, note: Message) -> None:
        """Put a message into the status that the next rows do not overwrite at once."""
        self._note, self._note_until = note, time.monotonic() + NOTE_S
        self.report(self.status.state, message=note)

    def note(self) -> Message:
        """The last message, while it is fresh."""
        return self._note if time.monotonic() < self._note_until else NO_MESSAGE

    def report(self, state: State, *, message: Message = NO_MESSAGE, **numbers: Any) -> None:
        """Write status.json."""
        self.status = replace(self.status, state=state, message=message, **numbers)
        if state not in LIVE:
            self.status = replace(self.status, steerable=False)
        data = {k: v for k, v in asdict(self.status).items() if k in STATUS_KEYS}
        data |= {
            "message": str(self.status.message),  # for other readers of the file
            "message_data": self.status.message.to_json(),
            "started_at": self.started_at,
            "preset": self.config.preset,
            "data": self.config.data,
            "pid": os.getpid(),
            "born": born(os.getpid()),
            "host": socket.gethostname(),
            "updated_at": time.time(),
        }
        text = json.dumps(data).encode()
        try:
            self._write_status(text)
        except OSError:
            self._told = True  # viewers in the app learn of it all the same
            news.tell({"status": data})
            raise
        if self._told:
            self._told = False
            news.tell({"status": None})

    def _write_status(self, text: bytes) -> None:
        try:
            write_atomic(self.path / "status.json", text, durable=False)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            overwrite(self.path / "status.json", text)

    def progress(self, event: Progress, fraction: float | None) -> None:
        """Append a row to the curves, and update the status."""
        append_line(self.path / "progress.jsonl", json.dumps(event.row()))
        self.report(
            "running",
            message=self.note(),
            nimg=event.nimg,
            seconds=event.seconds,
            images_per_s=event.images_per_s,
            fraction=fraction,
        )

    def frame(self, event: PlaneFrame) -> None:
        """The newest frame of a training of points, above the last one."""
        text = json.dumps(event.row()).encode()
        write_atomic(self.path / PLANE_FILE, text, durable=False)

    def measure(self, row: dict[str, Any]) -> None:
        """Append a row of measurements of the samples."""
        append_line(self.path / MEASURES_FILE, json.dumps(row))

    def snapshot(self, event: Snapshot) -> None:
        """Write a grid of samples."""
        folder = self.path / "snapshots"
        sheet = encode_webp(self._sheet(event.pixels))
        write_atomic(folder / f"{event.nimg:010d}.webp", sheet, durable=False)

    def reals(self, pixels: Pixels) -> None:
        """Write the grid of real images, for comparison."""
        write_atomic(
            self.path / REALS_FILE, encode_webp(real_sheet(pixels, GRID_COLUMNS)), durable=False
        )
        self._reals = pixels

    def _sheet(self, pixels: Pixels) -> Pixels:
        """Samples as one picture; points of the plane lie above the real ones."""
        if are_points(pixels):
            return scatter(pixels, behind=self._reals)
        return tile(pixels, GRID_COLUMNS)

    def single_step(self, step: SingleStep) -> None:
        """The latest single step: images first, so that whoever reads its number finds them."""
        last = RunReader(self.path).last_step() or {"number": 0}
        for moment, pixels in (("before", step.pixels_before), ("after", step.pixels_after)):
            sheet = encode_webp(self._sheet(pixels))
            write_atomic(self.path / f"step-{moment}.webp", sheet, durable=False)
        data = {"number": last["number"] + 1, **step.row()}
        write_atomic(self.path / STEP_FILE, json.dumps(data).encode(), durable=False)

    def weights(self, trainer: Trainer) -> Path:
        """Save the current averages of G, and D."""
        file = self.path / "weights" / f"{trainer.nimg:010d}.safetensors"
        save_modules(file, trainer.saved_modules(), notes=model_note(trainer.config.model))
        self.thin()
        return file
