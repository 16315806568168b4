"""Resolves any model name: bundled, a folder, a run, or a repo on the Hub, which is then pulled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from gan import checkpoint
from gan.checkpoint import PULLED, Weights, bundled
from gan.errors import HubError
from gan.files import expanded
from gan.hub import index
from gan.hub.names import names_a_repo
from gan.hub.own import is_file_of_ours, take
from gan.hub.pull import Pulled, PullProgress, pull
from gan.messages import Message

Watch = Callable[[PullProgress | Pulled], None]


def load(ref: str | Path, *, watch: Watch | None = None) -> Weights:
    """The model that `ref` names, ready to sample from.

    A bundled name, a weights folder, a run, `hub:NAME` (pulled before) or `owner/name[@revision]`
    on the Hugging Face Hub, which is pulled if missing; an existing folder or weights file takes
    precedence over a repo of that name, and a file is converted. `watch` gets the pull's progress.
    Raises WeightsError, HubError.
    """
    text = str(ref)
    steps = _steps(text)
    if steps is None:
        return checkpoint.load(ref)
    found = text
    for step in steps:
        if watch is not None:
            watch(step)
        if isinstance(step, Pulled):
            found = step.ref
    return checkpoint.load(found)


def _steps(text: str) -> Iterator[PullProgress | Pulled] | None:
    """The pull for what `text` names; None if it is here already, or cannot be pulled."""
    if text in bundled() or text.startswith(PULLED):
        return None
    if _exists(text):
        return _own(expanded(text))
    if text in index.index():
        return index.fetch(text)
    if names_a_repo(text) and not _is_path(text):
        return _pull(text)
    return None


def _own(path: Path) -> Iterator[PullProgress | Pulled] | None:
    """The conversion of a local file; None for a folder."""
    if not path.is_file() or is_file_of_ours(path):
        return None
    return take(path)


def _exists(text: str) -> bool:
    try:
        return expanded(text).exists()
    except (OSError, ValueError):
        return False


def _is_path(text: str) -> bool:
    """Whether the first part is a folder here: a mistyped `runs/a` must not be sent to the Hub."""
    return "://" not in text and Path(text.split("/")[0]).is_dir()


def _pull(text: str) -> Iterator[PullProgress | Pulled]:
    try:
        yield from pull(text)
    except HubError as error:
        if "://" not in text:
            error.message = Message(
                "there is no folder {folder} here, and on the Hub: {error}",
                folder=repr(text),
                error=error.message,
            )
        raise
