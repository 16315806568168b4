"""Error messages for a full disk: the same sentence wherever it occurs."""

from __future__ import annotations

import errno
import shlex
import shutil
from pathlib import Path

from gan.checkpoint import checkpoints, weights_of_run
from gan.errors import RunError
from gan.files import NO_SPACE, can_write
from gan.messages import Message
from gan.runs.folder import has_checkpoint

RESUME = "the disk is {state}; the last checkpoint is whole: make room, then resume"
FORK = "the disk is {state}; there are weights, no checkpoint: make room, then fork it"
WAITS = "the disk is {state}; make room, and the training goes on by itself"
HELD = "the disk is {state}; make room, then press Resume"
AGAIN = "the disk is {state}; nothing is kept yet: make room, then start again"
LEAST_ROOM = 2**20  # bytes


def is_no_space(error: BaseException) -> bool:
    """Whether `error` means that the disk is full."""
    return isinstance(error, OSError) and error.errno in NO_SPACE


def no_space(path: Path, error: OSError) -> Message:
    """What happened, what is intact of the run at `path`, and what to do."""
    state = _state(error)
    if has_checkpoint(path):
        return Message(RESUME, state=state)
    return Message(FORK if weights_of_run(path) else AGAIN, state=state)


def waiting_for_room(error: OSError, *, held: bool = False) -> Message:
    """What a run says that goes on as soon as there is room, or with `held` when it is resumed."""
    return Message(HELD if held else WAITS, state=_state(error))


def is_about_room(message: Message) -> bool:
    """Whether `message` is one of the above: a full disk is why a training stands still."""
    return message.key in (RESUME, FORK, WAITS, HELD, AGAIN)


def _state(error: OSError) -> Message:
    return Message("read-only" if error.errno == errno.EROFS else "full")


def has_room(path: Path) -> bool:
    """Whether the run at `path` could save all again, judged by its last checkpoint's size."""
    last = checkpoints(path / "checkpoints")[-1:]
    try:
        size = sum(file.stat().st_size for folder in last for file in folder.iterdir())
        return shutil.disk_usage(path).free > LEAST_ROOM + 2 * size and can_write(path)
    except OSError:
        return False


def in_a_terminal(message: Message, path: Path) -> RunError:
    """An error with the message of `no_space` plus the command line option that helps."""
    option = {RESUME: "--resume", FORK: "--fork"}.get(message.key)
    if option is None:
        return RunError.of(message)
    command = f"{option} {shlex.quote(str(path))}"
    return RunError("{sentence} with {command}", sentence=message, command=command)


def check_room(folder: Path) -> None:
    """Raises RunError if a training or a race could not even write its first line."""
    if not can_write(folder):
        raise RunError(
            "nothing can be written in {folder}/: the disk is full or read-only; make room, then "
            "start again",
            folder=folder.name,
        )
