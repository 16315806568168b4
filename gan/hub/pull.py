"""Pulls models from the Hub into our own folder, below `gan.files.pulled_root()`.

One child queries and downloads (gan.hub.fetch), another converts third-party formats
(gan.hub.convert); this module decides what to request, and only validated files are kept.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gan import checkpoint
from gan.checkpoint import CONFIG_FILE, MODEL_FILE
from gan.config import FORMAT, SourceConfig, WeightsConfig
from gan.errors import HubError
from gan.files import pulled_root, read_json, write_atomic, write_json
from gan.hub import client, library
from gan.hub.client import never
from gan.hub.convert import ConversionLimits as ConvertLimits
from gan.hub.convert import convert
from gan.hub.failures import hub_error, slow_error
from gan.hub.known import preferred_file
from gan.hub.names import Repo, folder_name, parse_repo
from gan.hub.source import source_card
from gan.messages import Message
from gan.schema import from_json, to_json

LIMIT_S = 600.0  # for a whole pull; one without progress is aborted much sooner
MAX_LOCAL_BYTES, MAX_PUBLIC_BYTES = 512 * 2**20, 64 * 2**20
# kinds of failure unrelated to the model: a previously pulled one will do
UNASKED = ("unreachable", "offline", "slow", "server", "rate", "redirect")

MAX_TEXT = 100  # characters per name in a third-party config
ASK_S = 0.1  # polling interval while another pull of the same repo runs

_busy: set[str] = set()  # repos being pulled by this process
_busy_lock = threading.Lock()

Stage = Literal["asking", "downloading", "converting", "checking"]


class PullProgress(NamedTuple):
    """Progress of a pull: bytes while downloading, else 0 of 0."""

    stage: Stage
    done: int = 0
    of: int = 0


class Pulled(NamedTuple):
    """A model that is now available locally."""

    ref: str  # hub:FOLDER, as gan.checkpoint.load and the page take it
    name: str
    repo: str
    commit: str
    cached: bool  # it was here already
    choices: tuple[str, ...] = ()  # all models of that repo, by file, if it has several
    warning: Message = Message()  # why the Hub could not be queried, so that it may be outdated


def pull(
    ref: str,
    *,
    revision: str = "",
    file: str | None = None,
    local: bool = True,
    token: str | Literal[False] = False,
    limit_s: float = LIMIT_S,
    patience_s: float = client.PATIENCE_S,
    answers: Mapping[str, str] | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[PullProgress | Pulled]:
    """Fetch, validate and keep the model of `owner/name[@revision]`; the last item is a Pulled.

    `ref` may be the URL of its page. Public (`local=False`) accepts only our own format. `answers`
    resolve what a third-party file leaves open (gan.hub.layouts.settings). `cancelled` is polled
    several times a second; closing the iterator cancels too. A commit that was pulled before is not
    requested again, and repeated requests do not need the Hub. Raises HubError, HubChoice if the
    repo has several models and `file` names none, and WeightsError or ConfigError if a file does
    not fit its config.
    """
    repo = parse_repo(ref, revision=revision, file=file or "")
    if repo.is_pinned and (entry := library.recall(repo)) is not None:
        yield _pulled(repo, entry)
        return
    yield PullProgress("asking")
    limits = _Limits(local, time.monotonic() + limit_s, patience_s, cancelled, dict(answers or {}))
    try:
        with _alone(repo, limits):
            yield from _pull(repo, token, limits)
    except _Unasked as error:
        if (entry := library.recall(repo)) is None:
            raise error.told from None
        yield _pulled(repo, entry, warning=_why_old(error.told))
    except OSError as error:
        raise hub_error(error, repo.title) from error


class _Limits(NamedTuple):
    local: bool
    ends: float
    patience_s: float
    cancelled: Callable[[], bool]
    answers: Mapping[str, str]

    @property
    def left_s(self) -> float:
        return max(0.01, self.ends - time.monotonic())


class _Unasked(Exception):
    """The Hub could not be queried; `told` says why."""

    def __init__(self, told: HubError) -> None:
        super().__init__()
        self.told = told


def _why_old(error: HubError) -> Message:
    """Why a local model may not be the newest."""
    if error.kind == "offline":
        return Message("HF_HUB_OFFLINE is set, so that whether there is a newer one was not asked")
    return error.message


@contextmanager
def _alone(repo: Repo, limits: _Limits) -> Iterator[None]:
    """One pull of a repo at a time: they share a download folder, and the next finds the result."""
    while not _takes(repo.title):
        if limits.cancelled():
            raise HubError(
                "cancelled", "pulling {repo} was cancelled; nothing was kept", repo=repo.title
            )
        if time.monotonic() > limits.ends:
            raise slow_error(repo.title)
        time.sleep(ASK_S)
    try:
        yield
    finally:
        if not limits.local:  # nor may visitors fill the disk with cancelled downloads
            shutil.rmtree(library.cache_of(repo), ignore_errors=True)
        with _busy_lock:
            _busy.discard(repo.title)


def _takes(title: str) -> bool:
    with _busy_lock:
        is_free = title not in _busy
        _busy.add(title)
        return is_free


def _pulled(
    repo: Repo,
    entry: library.Entry,
    *,
    cached: bool = True,
    choices: tuple[str, ...] = (),
    warning: Message | None = None,
) -> Pulled:
    commit = entry.source.commit
    return Pulled(entry.ref, entry.name, repo.title, commit, cached, choices, warning or Message())


def _pull(
    repo: Repo, token: str | Literal[False], limits: _Limits
) -> Iterator[PullProgress | Pulled]:
    library.sweep()
    found: dict[str, Any] = {}
    try:
        for reply in _fetch(repo, token, limits):
            found |= reply
            if "size" in found and "done" in reply:
                yield PullProgress("downloading", reply["done"], reply["of"])
    except HubError as error:
        if "commit" not in found and error.kind in UNASKED:
            raise _Unasked(error) from None
        raise
    choices = tuple(found["choices"]) if len(found["choices"]) > 1 else ()
    commit, file = found["commit"], found["file"]
    folder = folder_name(repo, commit, file="" if found["choices"] == [file] else file)
    if "have" not in found:
        try:
            yield PullProgress("checking" if found["config"] else "converting")
            _keep(repo, folder, found, limits)
        finally:
            shutil.rmtree(library.cache_of(repo), ignore_errors=True)
    library.remember(repo, folder)
    if (entry := library.entry(folder)) is None:
        raise HubError("damaged", "{repo} was removed at once; pull it again", repo=repo.title)
    yield _pulled(repo, entry, cached="have" in found, choices=choices)


def _fetch(repo: Repo, token: str | Literal[False], limits: _Limits) -> Iterator[dict[str, Any]]:
    pulled_root().mkdir(parents=True, exist_ok=True)
    task = {
        "do": "pull",
        "repo": repo.id,
        "kind": repo.kind,
        "revision": repo.revision,
        "file": repo.file,
        "prefer": preferred_file(repo.title),
        "local": limits.local,
        "max_bytes": MAX_LOCAL_BYTES if limits.local else MAX_PUBLIC_BYTES,
        "have": [[e.source.commit, e.source.file] for e in library.kept(repo)],
        "cache": str(library.cache_of(repo)),
    }
    return client.ask(
        task,
        title=repo.title,
        token=token,
        limit_s=limits.left_s,
        patience_s=limits.patience_s,
        cancelled=limits.cancelled,
    )


def _keep(repo: Repo, folder: str, found: Mapping[str, Any], limits: _Limits) -> None:
    """The fetched model as one of our folders; validated and complete, or not at all."""
    source = SourceConfig(
        repo=repo.title,
        commit=found["commit"],
        file=found["file"],
        sha256=found["sha256"],
        licence=found["licence"],
    )
    with library.new_folder(folder) as new:
        if found["config"]:
            _take(Path(found["config"]), Path(found["path"]), new, source, repo.name)
        else:
            _convert(Path(found["path"]), new, source, found, limits)
        checkpoint.load(new)  # strictly: names, shapes, dtypes, all values finite
        if time.monotonic() > limits.ends:
            raise slow_error(repo.title)


def _take(config_file: Path, file: Path, new: Path, source: SourceConfig, name: str) -> None:
    """A folder in our own format, with its origin noted in its config and card."""
    config = from_json(WeightsConfig, read_json(config_file))
    was = config.source
    licence, layout = _line(source.licence or was.licence), _line(was.layout) or FORMAT
    config = replace(
        config,
        name=_line(config.name) or name,
        preset=_line(config.preset),
        data=_line(config.data),
        fd_features=_line(config.fd_features),
        fd_data=_line(config.fd_data),
        class_names=tuple(map(_line, config.class_names)),
        source=replace(source, licence=licence, layout=layout),
    )
    _link(file.resolve(), new / MODEL_FILE)
    write_json(new / CONFIG_FILE, to_json(config))
    write_atomic(new / "README.md", source_card(config).encode())


def _line(text: str) -> str:
    """External text for shared lists: short, and only harmless characters."""
    return "".join(c for c in text if c.isprintable())[:MAX_TEXT]


def _link(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:  # another file system
        shutil.copyfile(file, to)


def _convert(
    file: Path, new: Path, source: SourceConfig, found: Mapping[str, Any], limits: _Limits
) -> None:
    name = source.repo.rpartition("/")[2]
    convert(
        file,
        new,
        name=f"{name} {source.file}" if len(found["choices"]) > 1 else name,
        source=source,
        hints=found.get("hints", {}),
        limits=ConvertLimits(wall_s=limits.left_s),
        d_file=Path(found["d_path"]) if found.get("d_path") else None,
        answers=limits.answers,
        cancelled=limits.cancelled,
    )
