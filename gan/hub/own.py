"""Local weights files: type detected by content, converted like untrusted ones, kept beside pulled
models."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gan import checkpoint
from gan.checkpoint import CONFIG_FILE
from gan.config import SourceConfig
from gan.errors import HubError
from gan.files import pulled_root, sha256
from gan.hub import library
from gan.hub.choice import critic_of
from gan.hub.client import never
from gan.hub.convert import convert
from gan.hub.foreign import check_start
from gan.hub.layouts.base import shown
from gan.hub.pull import MAX_LOCAL_BYTES, Pulled, PullProgress

SLUG_LETTERS = 40
LEAST_BYTES = 16  # no format is smaller


def take(
    file: Path,
    *,
    name: str = "",
    answers: Mapping[str, str] | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[PullProgress | Pulled]:
    """Convert `file` (any extension, or none) to our format; the last item is a Pulled.

    The same file with the same answers is converted only once. `name`: its display name, by default
    the file's name. Raises HubError.
    """
    _check(file)
    called = name or file.name
    folder = _folder_name(file, called, answers or {})
    is_new = not library.has(folder)
    if is_new:
        yield PullProgress("converting")
        pulled_root().mkdir(parents=True, exist_ok=True)
        beside = critic_of(
            file.name, {p.name: 1 for p in file.parent.iterdir()} if not name else {}
        )
        with library.new_folder(folder) as new:
            convert(
                file,
                new,
                name=shown(called),
                source=SourceConfig(file=shown(called)),
                hints={},
                answers=answers,
                d_file=file.parent / beside if beside else None,
                cancelled=cancelled,
            )
            checkpoint.load(new)
    if (entry := library.entry(folder)) is None:
        raise HubError("damaged", "{name} was removed at once; take it again", name=shown(called))
    yield Pulled(entry.ref, entry.name, "", "", cached=not is_new)


def _check(file: Path) -> None:
    try:
        size = file.stat().st_size
        if file.is_file():
            check_start(file)
    except OSError as error:
        raise HubError(
            "no-file",
            "{name} cannot be read ({strerror}); check the path",
            name=shown(file.name),
            strerror=error.strerror,
        ) from error
    if not file.is_file():
        raise HubError(
            "no-file", "{name} is no file; give the file of the weights", name=shown(file.name)
        )
    if size < LEAST_BYTES:
        raise HubError(
            "damaged",
            "{name} holds {size} bytes, no weights; choose another",
            name=shown(file.name),
            size=size,
        )
    if size > MAX_LOCAL_BYTES:
        raise HubError(
            "too-large",
            "{name} has {size} MB, here a model may have {most} MB; choose another",
            name=shown(file.name),
            size=f"{size / 1000000.0:,.0f}",
            most=f"{MAX_LOCAL_BYTES / 1000000.0:,.0f}",
        )


def _folder_name(file: Path, called: str, answers: Mapping[str, str]) -> str:
    """A readable name, unique to its content and the answers."""
    text = ",".join(f"{k}={v}" for k, v in sorted(answers.items()))
    key = hashlib.sha256(f"{sha256(file)} {text}".encode()).hexdigest()[:12]
    slug = re.sub(r"[^A-Za-z0-9]+", "-", called).strip("-")[-SLUG_LETTERS:].strip("-") or "weights"
    return f"file--{slug}-{key}"


def is_file_of_ours(path: Path) -> bool:
    """Whether `path` lies in a weights folder, which is loaded directly."""
    return (path.parent / CONFIG_FILE).is_file() and path.name == checkpoint.MODEL_FILE
