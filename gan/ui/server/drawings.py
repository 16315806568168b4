"""Points that visitors draw: kept as small files, and trained on as `drawn:ID`."""

from __future__ import annotations

import hashlib
import json
import re
import time
from pathlib import Path

from gan.data.drawn import FEWEST_POINTS
from gan.errors import DataError
from gan.files import home_root, write_atomic
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError, is_number

PREFIX = "drawn:"
MOST_POINTS = 2000  # of a drawing: a request has 64 KB
KEPT = 200  # in public, the newest drawings
PUBLIC_KEEP_S = 24 * 3600  # a run is over by then
IDS = re.compile(r"[0-9a-f]{16}")


def folder() -> Path:
    """Where they are kept."""
    return home_root() / "points"


def keep(context: Context, session: str, pairs: list[list[float]]) -> str:
    """Keep points as `checked` gives them; returns `drawn:ID`. The same points have the same
    id."""
    text = json.dumps(pairs).encode()
    key = hashlib.sha256(text).hexdigest()[: 2 * 8]
    folder().mkdir(parents=True, exist_ok=True)
    write_atomic(_file(key), text)
    if not context.profile.local:
        _sweep()
    context.owners.claim(session, PREFIX + key)
    return PREFIX + key


def resolve(context: Context, session: str, data: str) -> str | None:
    """`points:FILE` for `drawn:ID`; None for any other data.

    Raises DataError if it is gone or another visitor's.
    """
    if not data.startswith(PREFIX):
        return None
    key = data.removeprefix(PREFIX)
    mine = context.profile.local or context.owners.owns(session, data)
    if not mine or not IDS.fullmatch(key) or not _file(key).is_file():
        raise DataError("this drawing is not there any more; draw it again")
    return f"points:{_file(key)}"


def is_mine(context: Context, session: str, spec: str) -> bool:
    """Whether `points:FILE` is one of the visitor's drawings."""
    path = Path(spec.removeprefix("points:"))
    key = path.stem.removeprefix("drawing-")
    kept = spec.startswith("points:") and path == _file(key)
    return kept and context.owners.owns(session, PREFIX + key)


def _file(key: str) -> Path:
    return folder() / f"drawing-{key}.json"


def checked(points: object) -> list[list[float]]:
    """[[x, y], ...] with x and y from -1 to 1, y up; raises PageError for anything else, too few
    or too many."""
    if not isinstance(points, list) or not all(_is_pair(p) for p in points):
        raise PageError("gan_error_request")
    pairs = [[round(float(x), 4), round(float(y), 4)] for x, y in points]
    if not FEWEST_POINTS <= len(pairs) <= MOST_POINTS:
        raise PageError(
            "gan_error_drawing_count", fewest=FEWEST_POINTS, most=MOST_POINTS, got=len(pairs)
        )
    if all(pair == pairs[0] for pair in pairs):
        raise PageError("gan_error_drawing_same")
    return pairs


def _is_pair(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(is_number(v) and -1 <= v <= 1 for v in point)
    )


def expire(context: Context) -> int:
    """In public drop what is too old or too many; returns how many."""
    return 0 if context.profile.local else _sweep()


def _sweep() -> int:
    """Drop what is too old or too many; returns how many."""
    files = sorted(folder().glob("drawing-*.json"), key=lambda f: f.stat().st_mtime)
    old = [f for f in files if time.time() - f.stat().st_mtime > PUBLIC_KEEP_S]
    dropped = {*files[:-KEPT], *old}
    for file in dropped:
        file.unlink(missing_ok=True)
    return len(dropped)
