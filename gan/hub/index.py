"""`weights/index.json`: our own models by name, with each one's repo and required SHA-256.

The repos `gan-atelier/<name>` are where they will be published; until then `revision` is null and
the Hub is not contacted for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gan.checkpoint import MODEL_FILE, PULLED, bundled, weights_dir
from gan.errors import HubError, WeightsError
from gan.files import read_json, sha256, write_json
from gan.hub import library
from gan.hub.client import never
from gan.hub.failures import damaged_error
from gan.hub.pull import LIMIT_S, Pulled, PullProgress, pull
from gan.messages import Message
from gan.schema import from_json, to_json

INDEX_FILE = "index.json"
OWNER = "gan-atelier"
FIRST_SEED = 42  # of a model that names none


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """One of our models."""

    name: str
    repo: str
    revision: str | None = None  # the commit that contains it; None: not published yet
    sha256: str  # of its model.safetensors
    size: int  # its size in bytes
    licence: str = ""
    seed: int = FIRST_SEED  # what Explore opens with: one that looks good


def index() -> dict[str, Indexed]:
    """Our models by name, bundled here or not; raises WeightsError if the list is damaged."""
    file = weights_dir() / INDEX_FILE
    if not file.is_file():
        return {}
    rows = read_json(file)
    if not isinstance(rows, list):
        raise WeightsError("{file} must hold a list, it does not; fetch it anew", file=INDEX_FILE)
    return {row.name: row for row in (from_json(Indexed, row) for row in rows)}


def missing() -> list[str]:
    """Names in the index that are not bundled here."""
    here = bundled()
    return [name for name in index() if name not in here]


def fetch(
    name: str, *, limit_s: float = LIMIT_S, cancelled: Callable[[], bool] = never
) -> Iterator[PullProgress | Pulled]:
    """Pull one of our models; it must have the index's SHA-256. Raises HubError."""
    row = index()[name]
    if row.revision is None:
        raise HubError(
            "not-found",
            "{name} is not bundled here and {repo} is not published on the Hub yet; take "
            "weights/{folder} from the project's repository, or one of: {bundled}",
            name=repr(name),
            repo=row.repo,
            folder=name,
            bundled=bundled(),
        )
    for step in pull(row.repo, revision=row.revision, limit_s=limit_s, cancelled=cancelled):
        if isinstance(step, Pulled):
            _check(step.ref, row)
        yield step


def _check(ref: str, row: Indexed) -> None:
    found = library.entry(ref.removeprefix(PULLED))
    if found is None or found.source.sha256 != row.sha256:
        library.delete(ref)
        amiss = Message("another SHA-256 than {file} states", file=INDEX_FILE)
        raise damaged_error(row.repo, amiss)


def described(folder: Path, known: Indexed | None = None) -> Indexed:
    """The index row of a bundled model from its current files; its place on the Hub is kept."""
    file = folder / MODEL_FILE
    return Indexed(
        name=folder.name,
        repo=known.repo if known else f"{OWNER}/{folder.name}",
        revision=known.revision if known else None,
        sha256=sha256(file),
        size=file.stat().st_size,
        licence=_licence(folder / "README.md"),
        seed=known.seed if known else FIRST_SEED,
    )


def _licence(card: Path) -> str:
    head = card.read_text("utf-8").split("---\n")[1] if card.is_file() else ""
    found = [x.partition(":")[2].strip() for x in head.splitlines() if x.startswith("license:")]
    return found[0] if found else ""


def write_index() -> None:
    """Rebuild the list from the models bundled here: for maintainers."""
    known = index()
    rows = [described(weights_dir() / name, known.get(name)) for name in bundled()]
    write_json(weights_dir() / INDEX_FILE, [to_json(row) for row in rows])
