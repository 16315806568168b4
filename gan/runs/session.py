"""A training with its run folder: logging, checkpoints, commands, and a clean shutdown."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import Any

from gan.checkpoint import save_checkpoint
from gan.data.hub import end_downloads
from gan.errors import DivergedError, RunError
from gan.messages import NO_MESSAGE, Message
from gan.runs.commands import COMMANDS
from gan.runs.folder import RunStatus, State, has_checkpoint
from gan.runs.monitor import Monitor
from gan.runs.space import has_room, in_a_terminal, is_no_space, no_space, waiting_for_room
from gan.runs.writer import RunWriter
from gan.training import Event, Finished, PlaneFrame, Progress, Snapshot, Trainer

CHECKPOINT_S = 30.0
FIRST_CHECKPOINT_S = 2.0  # then after twice as long each time, up to every CHECKPOINT_S
WEIGHTS_S = 5.0
WEIGHTS_FRACTION = 1 / 20  # of the training time
ENDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # a terminal that closes; Windows' Ctrl-Break
ENDING = ("stop", "interrupt")
END_OF_INPUT, GO_ON = {"command": "interrupt"}, {"command": "resume"}

Watcher = Callable[[Event, RunStatus], None]


class Commands(queue.Queue[dict[str, Any]]):
    """Commands for a training, from any thread."""

    def put(self, item: dict[str, Any], block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        if item.get("command") in ENDING:
            end_downloads()  # a step may wait for the next part of a stream


class Session:
    """One process's work on one run."""

    def __init__(
        self,
        trainer: Trainer,
        writer: RunWriter,
        *,
        commands: Commands | None = None,
        watcher: Watcher | None = None,
        monitor: Monitor | None = None,
        weights_every_s: float = WEIGHTS_S,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.trainer, self.writer = trainer, writer
        self.commands = commands or Commands()
        self.watcher = watcher
        self.monitor = monitor
        self.weights_every_s, self.say = weights_every_s, say
        self.trouble = Message()  # with its data, as told last
        self.saved_nimg = -1
        self._checkpoint_at = self._weights_at = trainer.seconds
        self._checkpoint_every = FIRST_CHECKPOINT_S
        if has_checkpoint(writer.path):
            self._checkpoint_every = CHECKPOINT_S  # a resume: there is one to fall back to
        self._ending: tuple[State, Message] | None = None
        self.paused = False
        self.held = False  # paused by somebody, not only for lack of room
        self.steps_per_s = 0.0
        self.frames_until = 0.0  # somebody watches frames of the plane until then
        self._slow_since = 0.0

    def run(self) -> RunStatus:
        """Train to the end of the budget, a stop, or a failure; returns the last status.

        Raises DivergedError, or RunError if the disk is full and nobody is there to free space.
        """
        with self._signals():
            self._train()
            assert self._ending is not None
            state, message = self._ending
            self.note("stop", new=state)
            self._save_all()  # still ignoring signals: an impatient second Ctrl-C must lose nothing
            if self.monitor is not None and state != "finished":
                with suppress(OSError):  # a measurement that does not fit on the disk is no failure
                    self.monitor.stop()
            self.writer.report(
                state, message=message, nimg=self.trainer.nimg, seconds=self.trainer.seconds
            )
        return self.writer.status

    def _train(self) -> None:
        """Train until something ends it."""
        events = self.trainer.run()
        try:
            while self._ending is None:
                try:
                    event = next(events)
                    self.handle(event)
                    self._obey()
                    if isinstance(event, Snapshot):
                        self._be_slow()
                except OSError as error:
                    self._wait_for_room(error)
                    events = self.trainer.run()
                except DivergedError as error:
                    self.note("diverged")
                    self.writer.report(
                        "failed", message=error.message,
                        nimg=self.trainer.nimg, seconds=self.trainer.seconds,
                    )  # fmt: skip
                    raise
        finally:
            events.close()  # other ranks wait for this

    def handle(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.writer.progress(event, self.trainer.fraction())
            self._save_when_due()
            self._tell_of_trouble()
        elif isinstance(event, Snapshot):
            self.writer.snapshot(event)
        elif isinstance(event, PlaneFrame):
            self.writer.frame(event)
            if time.monotonic() > self.frames_until:
                self.trainer.frames_per_s = 0.0
        elif isinstance(event, Finished):
            self._ending = ("finished", NO_MESSAGE)
        if self.monitor is not None:
            self.monitor.after(event)
        self._show(event)

    def _tell_of_trouble(self) -> None:
        """Once, where the next part of a stream cannot be had."""
        trouble = self.trainer.batches.trouble
        if trouble and trouble != self.trouble:
            self.say(f"{trouble}; meanwhile the images at hand are trained on once more")
            self.note("stream", note=str(trouble))
        self.trouble = trouble

    def _show(self, event: Event) -> None:
        """Call the watcher; a closed terminal is ignored, a broken pipe stops the run."""
        if self.watcher is None:
            return
        try:
            self.watcher(event, self.writer.status)
        except OSError as error:
            self.watcher = None
            if isinstance(error, BrokenPipeError):
                self.commands.put(END_OF_INPUT)

    def _save_when_due(self) -> None:
        seconds = self.trainer.seconds
        if seconds - self._weights_at >= max(self.weights_every_s, seconds * WEIGHTS_FRACTION):
            self._weights_at = seconds
            self.writer.snapshot(self.trainer.snapshot())  # the images of these very weights
            self.writer.weights(self.trainer)
        if seconds - self._checkpoint_at >= min(self._checkpoint_every, CHECKPOINT_S):
            self._checkpoint_at = seconds
            self._checkpoint_every = min(2 * self._checkpoint_every, CHECKPOINT_S)
            self.checkpoint()

    def checkpoint(self) -> None:
        """Save all that a bit-exact resume needs; older checkpoints go only once this one is
        complete."""
        folder = self.writer.path / "checkpoints"
        if self.saved_nimg == self.trainer.nimg:
            return
        save_checkpoint(folder, self.trainer.nimg, self.trainer.modules(), self.trainer.state())
        self.saved_nimg = self.trainer.nimg
        self.writer.thin()

    def _save_all(self) -> None:
        """Make the last row, grid, weights and checkpoint all refer to the same step."""
        try:
            if self._ending is not None and self._ending[0] != "finished":
                self._tell()
            self.checkpoint()
            self.writer.weights(self.trainer)
        except OSError as error:
            if not is_no_space(error):
                raise
            raise self._ended_by(error) from error

    def _tell(self) -> None:
        """Write a row and a grid for the current step, when no event will follow soon."""
        if not self.trainer.method.stepped:
            return
        status = self.writer.status
        if status.nimg != self.trainer.nimg:  # otherwise its row is there already
            row = self.trainer.progress(status.images_per_s)
            self.writer.progress(row, self.trainer.fraction())
        self.writer.snapshot(self.trainer.snapshot())

    # -- commands ---------------------------------------------------------------------------

    def _obey(self) -> None:
        """Carry out pending commands; while paused, wait here."""
        with suppress(queue.Empty):
            while True:
                self.do(self.commands.get_nowait())

    def do(self, command: dict[str, Any]) -> None:
        """Carry out one command; anything else is ignored."""
        carry_out = COMMANDS.get(str(command.get("command")))
        if carry_out is not None:
            carry_out(self, command)

    def end(self, state: State, message: Message = NO_MESSAGE) -> None:
        """Save and stop as soon as the current step is done."""
        self._ending = (state, message)

    def pause(
        self,
        message: Message = NO_MESSAGE,
        *,
        then: dict[str, Any] | None = None,
        until: Callable[[], bool] | None = None,
        held: Message = NO_MESSAGE,
    ) -> None:
        """Wait for resume or stop, with a checkpoint on disk and a heartbeat in the status.

        `then` is called first. `until` is asked once a second and ends the pause, unless somebody
        pauses meanwhile: then `held` is the message.
        """
        if not message:
            self._tell()
            self.checkpoint()
            self.writer.weights(self.trainer)
            self.note("pause")
            if self.monitor is not None and then is None:
                self.writer.report("paused", message=self.writer.note(), images_per_s=0.0)
                self.monitor.pause()
        self.paused = True
        if then is not None:
            self.do(then)
        while self.paused and self._ending is None:
            if until is not None and self.held:
                message, until = held, None
            with suppress(OSError):
                self.writer.report(
                    "paused",
                    message=message or self.writer.note(),
                    nimg=self.trainer.nimg,
                    seconds=self.trainer.seconds,
                    images_per_s=0.0,
                )
            try:
                self.do(self.commands.get(timeout=1.0))
            except queue.Empty:
                if until is not None and until():
                    self.do(GO_ON)
            except OSError as error:  # a command that failed for lack of disk space
                failed = self._no_room(error)
                message = failed if until is None else message
        self.paused = False

    def _be_slow(self) -> None:
        """In slow motion: wait until the next step is due, still obeying commands."""
        while self.steps_per_s and self._ending is None:
            left = self._slow_since + self.trainer.pace / self.steps_per_s - time.monotonic()
            if left <= 0:
                break
            with suppress(queue.Empty):
                self.do(self.commands.get(timeout=min(left, 1.0)))
        self._slow_since = time.monotonic()

    def note(
        self, event: str, key: str = "", old: Any = None, new: Any = None, note: str = ""
    ) -> None:
        """Append to the run's history; a full disk drops the line, not the change it records."""
        with suppress(OSError):
            self.writer.history(event, key, old, new, trainer=self.trainer, note=note)

    def _no_room(self, error: OSError) -> Message:
        """The message for a full disk; any other error is re-raised."""
        if not is_no_space(error):
            raise error
        return no_space(self.writer.path, error)

    def _wait_for_room(self, error: OSError) -> None:
        """Pause until there is room or somebody ends it; raises RunError if nobody steers."""
        if not is_no_space(error) or not self.writer.steerable:
            raise self._ended_by(error) from error
        self.held = False
        state, held = waiting_for_room(error), waiting_for_room(error, held=True)
        self.pause(state, until=self._fits_again, held=held)

    def _fits_again(self) -> bool:
        """Whether there is room again, shown by a checkpoint: nothing larger is written."""
        if not has_room(self.writer.path):
            return False
        self.saved_nimg = -1
        try:
            self.checkpoint()
        except OSError:
            return False
        return True

    def _ended_by(self, error: OSError) -> RunError:
        """End a run whose disk is full: status interrupted, with a message."""
        message = self._no_room(error)
        with suppress(OSError):
            self.writer.report("interrupted", message=message)
        return in_a_terminal(message, self.writer.path)

    # -- signals ----------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn termination signals into commands, so that a step is never torn."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            self.commands.put(END_OF_INPUT)

        with _signals_to(interrupt):
            yield


def end_signals() -> list[int]:
    """Those that end a process, a terminal that closes among them.

    A SIGHUP that was ignored when the process started stays ignored: that is what nohup is for.
    """
    numbers = [getattr(signal, name) for name in ENDS if hasattr(signal, name)]
    hup = getattr(signal, "SIGHUP", None)
    return [n for n in numbers if n != hup or signal.getsignal(n) != signal.SIG_IGN]


@contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Route termination signals to `handler`; in the main thread only."""
    numbers = end_signals()
    before = [signal.signal(n, handler) for n in numbers]
    try:
        yield
    finally:
        for number, was in zip(numbers, before, strict=True):
            signal.signal(number, was)


def deaf_to_signals() -> AbstractContextManager[None]:
    """For a rank that stops when another one says so."""
    return _signals_to(lambda number, frame: None)
