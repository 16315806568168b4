"""A training with its run folder: write what happens, keep checkpoints, obey commands, end well."""

from __future__ import annotations

import errno
import json
import queue
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from gan.checkpoint import (
    checkpoints,
    load_checkpoint,
    newest_checkpoint,
    save_checkpoint,
    sweep,
)
from gan.config import RunConfig
from gan.data import ImageSet
from gan.errors import ConfigError, DivergedError, GanError, RunError
from gan.runs.folder import RunStatus, RunWriter, State
from gan.runs.monitor import Monitor
from gan.training import Event, Finished, Progress, Snapshot, Trainer

CHECKPOINT_S = 30.0
WEIGHTS_S = 5.0
WEIGHTS_FRACTION = 1 / 20  # of the time trained
KEEP_CHECKPOINTS = 3
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
END_OF_INPUT = {"command": "interrupt"}

Watcher = Callable[[Event, RunStatus], None]


class Session:
    """One process's work on one run."""

    def __init__(
        self,
        trainer: Trainer,
        writer: RunWriter,
        *,
        commands: queue.Queue[dict[str, Any]] | None = None,
        watcher: Watcher | None = None,
        monitor: Monitor | None = None,
    ) -> None:
        self.trainer, self.writer = trainer, writer
        self.commands = commands or queue.Queue()
        self.watcher = watcher
        self.monitor = monitor
        self.saved_nimg = -1
        self._checkpoint_at = self._weights_at = trainer.seconds
        self._ending: tuple[State, str] | None = None

    def run(self) -> RunStatus:
        """Train to the end of the budget, a stop, or a failure; returns the last status.

        Raises DivergedError, or RunError where the disk is full and nobody can be waited for.
        """
        events = self.trainer.run()
        with self._signals():
            while self._ending is None:
                try:
                    event = next(events)
                    self._handle(event)
                    self._obey()
                except OSError as error:
                    self._out_of_space(error)
                    events = self.trainer.run()
                except DivergedError as error:
                    self.writer.report("failed", message=str(error))
                    raise
            state, message = self._ending
            self._save_all()  # still deaf to signals: an impatient second Ctrl-C must lose nothing
            self.writer.report(
                state, message=message, nimg=self.trainer.nimg, seconds=self.trainer.seconds
            )
        return self.writer.status

    def _handle(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.writer.progress(event, self.trainer.fraction())
            self._save_when_due()
        elif isinstance(event, Snapshot):
            self.writer.snapshot(event)
        elif isinstance(event, Finished):
            self._ending = ("finished", "")
        if self.monitor is not None:
            self.monitor.after(event)
        if self.watcher is not None:
            self.watcher(event, self.writer.status)

    def _save_when_due(self) -> None:
        seconds = self.trainer.seconds
        if seconds - self._weights_at >= max(WEIGHTS_S, seconds * WEIGHTS_FRACTION):
            self._weights_at = seconds
            self.writer.weights(self.trainer)
        if seconds - self._checkpoint_at >= CHECKPOINT_S:
            self._checkpoint_at = seconds
            self.checkpoint()

    def checkpoint(self) -> None:
        """Save all that a bit-exact resume needs; older ones go only once this one is whole."""
        folder = self.writer.path / "checkpoints"
        if self.saved_nimg == self.trainer.nimg:
            return
        save_checkpoint(folder, self.trainer.nimg, self.trainer.modules(), self.trainer.state())
        self.saved_nimg = self.trainer.nimg
        for old in checkpoints(folder)[:-KEEP_CHECKPOINTS]:
            shutil.rmtree(old, ignore_errors=True)

    def _save_all(self) -> None:
        """The last row, grid, weights and checkpoint all tell of the same moment."""
        try:
            if self._ending is not None and self._ending[0] != "finished":
                self._tell()
            self.checkpoint()
            self.writer.weights(self.trainer)
        except OSError as error:
            raise RunError(
                f"the last checkpoint could not be written ({error.strerror}); the one before it "
                f"is whole, free some space and go on with --resume {self.writer.path}"
            ) from error

    def _tell(self) -> None:
        """A row and a grid of this very moment, for when nothing will follow soon."""
        if self.trainer.last is None:
            return
        status = self.writer.status
        if status.nimg != self.trainer.nimg:  # else its row is there
            row = self.trainer.progress(status.images_per_s)
            self.writer.progress(row, self.trainer.fraction())
        self.writer.snapshot(self.trainer.snapshot())

    # -- commands ---------------------------------------------------------------------------

    def _obey(self) -> None:
        """Carry out what has come in; while paused, wait here."""
        with suppress(queue.Empty):
            while True:
                self._do(self.commands.get_nowait())

    def _do(self, command: dict[str, Any]) -> None:
        name = command.get("command")
        if name == "stop":
            self._ending = ("stopped", "")
        elif name == "interrupt":
            self._ending = ("interrupted", "resume goes on from here")
        elif name == "pause":
            self._pause("")
        elif name == "set":
            self._set(command)

    def _set(self, command: dict[str, Any]) -> None:
        key = str(command.get("key"))
        try:
            self.trainer.set(key, command.get("value"))
            self.writer.reconfigure(self.trainer.config)
            self.writer.report(self.writer.status.state)
        except ConfigError as error:  # a wrong value changes nothing and the run says so
            self.writer.report(self.writer.status.state, message=str(error))

    def _pause(self, message: str) -> None:
        """Wait for resume or stop, with a checkpoint on disk and a heartbeat in the status."""
        if not message:
            self._tell()
            self.checkpoint()
            self.writer.weights(self.trainer)
        while self._ending is None:
            with suppress(OSError):
                self.writer.report(
                    "paused",
                    message=message,
                    nimg=self.trainer.nimg,
                    seconds=self.trainer.seconds,
                    images_per_s=0.0,
                )
            try:
                command = self.commands.get(timeout=1.0)
            except queue.Empty:
                continue
            if command.get("command") == "resume":
                self.writer.report("running")
                return
            if command.get("command") == "step":
                self._step_once()
            else:
                self._do({} if command.get("command") == "pause" else command)

    def _step_once(self) -> None:
        """One update of D and of G while paused, and what they did."""
        begin = time.perf_counter()
        self.trainer.step()
        elapsed = time.perf_counter() - begin
        self.trainer.seconds += elapsed
        speed = self.trainer.config.train.batch_size / elapsed
        self._handle(self.trainer.progress(speed))
        self._handle(self.trainer.snapshot())

    def _out_of_space(self, error: OSError) -> None:
        if error.errno not in NO_SPACE:
            raise error
        reason = "read-only" if error.errno == errno.EROFS else "full"
        message = f"the disk is {reason}; the last checkpoint is whole: make room, then resume"
        if not self.writer.steerable:
            with suppress(OSError):
                self.writer.report("interrupted", message=message)
            raise RunError(f"{message} with --resume {self.writer.path}") from error
        self._pause(message)

    # -- signals ----------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM become a command, so that a step is never torn."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            self.commands.put(END_OF_INPUT)

        numbers = [signal.SIGINT, signal.SIGTERM]
        before = [signal.signal(n, interrupt) for n in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def start(
    config: RunConfig,
    images: ImageSet,
    run_dir: Path,
    *,
    device: str = "cpu",
    steer: TextIO | None = None,
    watcher: Watcher | None = None,
) -> RunStatus:
    """Train from the beginning in a new folder."""
    trainer = Trainer(config, images, device=device)  # first: what is interrupted leaves no folder
    writer = RunWriter(run_dir, config, steerable=steer is not None)
    writer.create()
    with _failures_reported(writer):
        monitor = Monitor(trainer, writer.measure)
        session = Session(
            trainer, writer, commands=_listen(steer), watcher=watcher, monitor=monitor
        )
        return session.run()


def resume(
    config: RunConfig,
    images: ImageSet,
    run_dir: Path,
    *,
    device: str = "cpu",
    steer: TextIO | None = None,
    watcher: Watcher | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> RunStatus:
    """Go on from the newest whole checkpoint, bit for bit; `say` hears what was passed over."""
    folder = run_dir / "checkpoints"
    sweep(folder)
    found = newest_checkpoint(folder)
    if found.skipped:
        say(
            f"checkpoint {', '.join(found.skipped)} is damaged and was skipped; "
            f"going on from {found.path.name}"
        )
    trainer = Trainer(config, images, device=device)
    for difference in trainer.restore(load_checkpoint(found.path, trainer.modules())):
        say(f"not bit-exact: {difference}")
    if trainer.is_done():
        raise RunError(
            f"{run_dir.name} has trained {trainer.nimg:,} images in {trainer.seconds:.0f} s, which "
            f"is all of its budget; give a larger --seconds or --kimg (counted from its beginning)"
        )
    writer = RunWriter(run_dir, config, steerable=steer is not None)
    writer.reopen(trainer.nimg)
    with _failures_reported(writer):
        monitor = Monitor(trainer, writer.measure)
        session = Session(
            trainer, writer, commands=_listen(steer), watcher=watcher, monitor=monitor
        )
        session.saved_nimg = trainer.nimg
        return session.run()


@contextmanager
def _failures_reported(writer: RunWriter) -> Iterator[None]:
    """Whoever watches the folder learns of a failure too."""
    try:
        yield
    except GanError as error:
        if writer.status.state not in ("failed", "interrupted"):
            with suppress(OSError):
                writer.report("failed", message=str(error))
        raise
    except Exception as error:
        with suppress(OSError):
            writer.report(
                "failed", message=f"the training broke off: {type(error).__name__}: {error}"
            )
        raise


def _listen(stream: TextIO | None) -> queue.Queue[dict[str, Any]]:
    """Commands from JSON lines; the end of the stream means that the server is gone."""
    commands: queue.Queue[dict[str, Any]] = queue.Queue()

    def read() -> None:
        try:
            for line in stream or ():
                with suppress(ValueError, RecursionError):
                    command = json.loads(line)
                    if isinstance(command, dict):
                        commands.put(command)
        finally:
            commands.put(END_OF_INPUT)

    if stream is not None:
        threading.Thread(target=read, name="steer", daemon=True).start()
    return commands
