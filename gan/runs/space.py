"""Error messages for a full disk: the same sentence wherever it occurs."""

from __future__ import annotations

import errno
import shlex
from pathlib import Path

from gan.checkpoint import weights_of_run
from gan.errors import RunError
from gan.files import NO_SPACE, can_write
from gan.runs.folder import has_checkpoint


def is_no_space(error: BaseException) -> bool:
    """Whether `error` means that the disk is full."""
    return isinstance(error, OSError) and error.errno in NO_SPACE


def no_space(path: Path, error: OSError) -> str:
    """What happened, what is intact of the run at `path`, and what to do."""
    reason = "read-only" if error.errno == errno.EROFS else "full"
    if has_checkpoint(path):
        return f"the disk is {reason}; the last checkpoint is whole: make room, then resume"
    if weights_of_run(path):
        return f"the disk is {reason}; there are weights, no checkpoint: make room, then fork it"
    return f"the disk is {reason}; nothing is kept yet: make room, then start again"


def in_a_terminal(sentence: str, path: Path) -> str:
    """`sentence` plus the command line option that helps."""
    place = shlex.quote(str(path))
    for verb, option in (("resume", "--resume"), ("fork it", "--fork")):
        if sentence.endswith(f"then {verb}"):
            return f"{sentence} with {option} {place}"
    return sentence


def check_room(folder: Path) -> None:
    """Raises RunError if a training could not even write its first line."""
    if not can_write(folder):
        raise RunError(
            f"nothing can be written in {folder.name}/: the disk is full or read-only; make room, "
            f"then start again"
        )
