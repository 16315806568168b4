"""The pulled models: a folder each, and a record of what each requested name resolved to."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gan.checkpoint import CONFIG_FILE, MODEL_FILE, PULLED, is_pulled, pulled
from gan.config import SourceConfig, WeightsConfig
from gan.errors import ConfigError, GanError, HubError
from gan.files import (
    fsync_folder,
    json_bytes,
    parse_json,
    pulled_root,
    read_json,
    write_atomic,
)
from gan.hub.names import Repo, folder_name, repo_prefix
from gan.schema import from_json

CACHE = ".cache"  # of a pull in progress; a finished model needs nothing in it
NAMES = ".names.json"
LEFTOVER_S = 3600.0  # left half-written by a killed pull
_names_lock = threading.Lock()


class Entry(NamedTuple):
    """A pulled model, without loading its weights."""

    ref: str  # hub:FOLDER
    name: str
    source: SourceConfig
    size: int  # size of its folder in bytes
    path: Path
    config: WeightsConfig


def listed() -> list[Entry]:
    """All readable pulled models, most recently pulled first."""
    entries = [found for name in pulled() if (found := entry(name)) is not None]
    return sorted(entries, key=lambda e: -e.path.stat().st_mtime)


def entry(name: str) -> Entry | None:
    """A pulled model by its folder's name; None if missing or unreadable."""
    path = pulled_root() / name
    try:
        config = from_json(WeightsConfig, read_json(path / CONFIG_FILE))
        size = sum(f.stat().st_size for f in path.iterdir() if f.is_file())
    except (GanError, OSError):
        return None
    return Entry(f"{PULLED}{name}", config.name or name, config.source, size, path, config)


def delete(ref: str) -> None:
    """Remove a pulled model, `hub:FOLDER`; raises HubError if there is none."""
    name = ref.removeprefix(PULLED)
    if not is_pulled(name):
        raise HubError(
            "not-found",
            "{name} is not among the pulled models; see the list",
            name=repr(name[:120]),
        )
    # rename first: nobody may open a half-deleted model
    gone = pulled_root() / f".{uuid.uuid4().hex}.tmp"
    (pulled_root() / name).rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep() -> None:
    """Remove partial downloads of pulls that were killed an hour ago or more."""
    for leftover in [*pulled_root().glob(".*.tmp"), *(pulled_root() / CACHE).glob("*")]:
        try:
            if leftover.stat().st_mtime < time.time() - LEFTOVER_S:
                shutil.rmtree(leftover)
        except OSError:
            continue  # somebody else is removing it


def cache_of(repo: Repo) -> Path:
    """Download folder of a repo's files."""
    return pulled_root() / CACHE / repo_prefix(repo).strip("-")


def has(folder: str) -> bool:
    """Whether a pulled model is there."""
    return (pulled_root() / folder / CONFIG_FILE).is_file()


def kept(repo: Repo) -> list[Entry]:
    """A repo's pulled models, most recently pulled first."""
    return [e for e in listed() if e.path.name.startswith(repo_prefix(repo))]


def remember(repo: Repo, folder: str) -> None:
    """Record that a request for `repo` (its revision, its file) resolved to `folder`."""
    with _names_lock:
        names = _names() | {_key(repo): folder}
        write_atomic(pulled_root() / NAMES, json_bytes({k: v for k, v in names.items() if has(v)}))


def recall(repo: Repo) -> Entry | None:
    """What `repo` resolved to when the Hub was last queried; None if never.

    Models pulled at a commit are found even if that commit was never requested by name.
    """
    if has(name := _names().get(_key(repo), "")) and name:
        return entry(name)
    if repo.is_pinned:
        name = folder_name(repo, repo.revision, file=repo.file)
        return entry(name) if has(name) else None
    if repo.revision:
        return None
    found = [e for e in kept(repo) if repo.file in ("", e.source.file)]
    return found[0] if found else None


def _key(repo: Repo) -> str:
    return f"{repo.title}@{repo.revision}:{repo.file}"


def _names() -> dict[str, str]:
    try:
        names = parse_json((pulled_root() / NAMES).read_bytes())
        return {str(k): str(v) for k, v in names.items()}
    except (OSError, ValueError, AttributeError):
        return {}


@contextmanager
def new_folder(name: str) -> Iterator[Path]:
    """A folder to fill, which becomes the pulled model `name` on success and is deleted
    otherwise."""
    root = pulled_root()
    temporary = root / f".{uuid.uuid4().hex}.tmp"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if not all((temporary / part).is_file() for part in (CONFIG_FILE, MODEL_FILE)):
            raise ConfigError(
                "{name} must hold {config_file} and {model_file}; pull it again",
                name=name,
                config_file=CONFIG_FILE,
                model_file=MODEL_FILE,
            )
        fsync_folder(temporary)
        if not has(name):  # another process was quicker: its result is the same
            temporary.rename(root / name)
            fsync_folder(root)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
