"""Downloads of many samples: rendered in slices, written to disk, fetched once complete.

A zip of a thousand large pictures is gigabytes: neither this server nor the browser holds it in
memory. A request that would take too long or be too large is refused with the count that would
pass.
"""

from __future__ import annotations

import csv
import io
import math
import secrets
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gan.checkpoint import Weights
from gan.files import temporary_folder
from gan.images import Pixels, encode_png, tile
from gan.sampling import affordable, picture_seconds
from gan.ui.gallery.routes import PNG_KEY, Tiles, draw, in_parts, recipe, tiles_of
from gan.ui.server.fair_queue import Later, Slow
from gan.ui.server.in_turn import visitor_of
from gan.ui.server.pace import check_pace, slow_first
from gan.ui.server.parameters import file_stem
from gan.ui.server.routes import NEVER, Context, Handler, json_of, session_of
from gan.ui.server.state import class_names_for
from gan.ui.server.streams import Cancelled, Turn, Workers, line, stream
from gan.ui.server.views import PageError, whole_number

MAX_FILES = 1000  # per download
SHEET_SCALE_TO = 64  # minimum px per tile; small pictures are upscaled by integer factors
SHEET_PIXELS = 2**25  # whole sheet: 100 MB while it is encoded; larger tiles are downscaled
ENCODED_S = 0.1  # polling interval of an encoder on another thread
FORMULA = ("=", "+", "-", "@", "|", "%")  # how a formula begins
KEPT, KEPT_S = 6, 3600.0  # finished files kept, and for how long


class Cap(NamedTuple):
    """Limits of one download."""

    seconds: int  # of rendering on one core
    bytes: int  # all pictures before compression


HOME, PUBLIC = Cap(1800, 4 * 2**30), Cap(120, 2**29)


@dataclass(frozen=True)
class FinishedDownload:
    """A finished file, ready to be fetched."""

    session: str
    path: Path
    name: str
    media_type: str
    made_at: float = field(default_factory=time.monotonic)


class Downloads(Workers):
    """Downloads in progress, one per visitor, and finished ones waiting to be fetched.
    Thread-safe."""

    def __init__(self) -> None:
        super().__init__("download", most=6)
        self._folder = temporary_folder("downloads")
        self._lock = threading.Lock()
        self._finished: OrderedDict[str, FinishedDownload] = OrderedDict()

    def new_path(self) -> Path:
        """A path for a new file."""
        return Path(self._folder.name) / secrets.token_hex(16)

    def keep(self, finished: FinishedDownload) -> str:
        """Register a file and return its id; the oldest and the visitor's previous one are
        deleted."""
        job = secrets.token_hex(16)
        with self._lock:
            now = time.monotonic()
            old = [
                key
                for key, known in self._finished.items()
                if known.session == finished.session or now - known.made_at > KEPT_S
            ]
            left = [key for key in self._finished if key not in old]
            for key in (*old, *left[: max(0, len(left) + 1 - KEPT)]):
                self._finished.pop(key).path.unlink(missing_ok=True)
            self._finished[job] = finished
        return job

    def find(self, job: str, session: str) -> FinishedDownload:
        """Raises PageError for a file that is gone or belongs to another visitor."""
        with self._lock:
            found = self._finished.get(job)
        if found is None or found.session != session:
            raise PageError("gan_error_no_download", status=404)
        return found

    def close(self) -> None:
        """Cancel downloads in progress and delete all files."""
        super().close()
        self._folder.cleanup()


def check_cost(weights: Weights, count: int, cap: Cap) -> None:
    """Raises PageError with the largest count that would pass if `count` samples are too many."""
    channels, height, width = weights.image_shape
    each_s, each_bytes = picture_seconds(weights.generator), channels * height * width
    quick = affordable(weights.generator, cap.seconds, least=1, most=MAX_FILES)
    small = max(1, min(MAX_FILES, cap.bytes // each_bytes))
    if count <= min(quick, small):
        return
    if quick <= small:
        raise PageError(
            "gan_error_download_long", count=count, seconds=math.ceil(count * each_s),
            most=cap.seconds, fits=quick,
        )  # fmt: skip
    raise PageError(
        "gan_error_download_large", count=count, size=math.ceil(count * each_bytes / 2**20),
        most=cap.bytes // 2**20, fits=small,
    )  # fmt: skip


async def begin(context: Context, request: Request) -> Response:
    """Make a sheet (one PNG), or a zip of PNGs with a table of seeds and settings.

    Lines with how many are rendered; the last one names the file to fetch.
    """
    form, session = await json_of(request), session_of(request)
    tiles, kind = tiles_of(form, most=MAX_FILES), form.get("kind")
    if kind not in ("sheet", "zip"):
        raise PageError("gan_error_request")
    columns = whole_number("columns", form.get("columns", 8), low=1, high=64)
    context.spend(request, "download")
    downloads = context.part(Downloads)

    def work(cancelled: Cancelled) -> Iterator[bytes | Later | Slow]:
        weights = context.models.get(tiles.ref)
        cap = HOME if context.profile.local else PUBLIC
        check_cost(weights, len(tiles.seeds), cap)
        check_pace(context, weights, len(tiles.seeds), most_s=cap.seconds)
        yield from slow_first(context, weights)
        path, job = downloads.new_path(), ""
        try:
            if kind == "zip":
                names = class_names_for(context, session, tiles.ref, weights.config)
                yield from _zip(weights, names, tiles, path, cancelled)
            else:
                yield from _sheet(downloads, weights, tiles, columns, path, cancelled)
            if not cancelled():
                made = _finished(session, path, file_stem(weights), kind)
                job = downloads.keep(made)
                size = path.stat().st_size
                yield line({"file": job, "name": made.name, "bytes": size})
        finally:
            if not job:
                path.unlink(missing_ok=True)

    visitor = visitor_of(request)
    return stream(downloads, visitor, work, turns=Turn(context.drawing, visitor))


def _finished(session: str, path: Path, stem: str, kind: str) -> FinishedDownload:
    if kind == "zip":
        return FinishedDownload(session, path, f"{stem}-samples.zip", "application/zip")
    return FinishedDownload(session, path, f"{stem}-sheet.png", "image/png")


async def fetch(context: Context, request: Request) -> Response:
    """Send a finished file."""
    found = context.part(Downloads).find(request.query_params.get("id", ""), session_of(request))
    return FileResponse(
        found.path, media_type=found.media_type, filename=found.name,
        headers=NEVER | {"X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


# ---- writers ----------------------------------------------------------------------------------


def _zip(
    weights: Weights, names: tuple[str, ...], tiles: Tiles, path: Path, cancelled: Cancelled
) -> Iterator[bytes]:
    config = weights.config
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["file", "seed", "class", "psi", "model", "revision"])
    done, of = 0, len(tiles.seeds)
    with zipfile.ZipFile(path, "w") as archive:  # PNGs do not compress any further
        for part in in_parts(weights, tiles):
            if cancelled():
                return
            pixels, labels = draw(weights, part)
            for i, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
                name = names[label] if 0 <= label < len(names) else "" if label < 0 else str(label)
                file = f"{done + i:04d}-seed{part.seeds[i]}.png"
                writer.writerow(
                    [
                        file,
                        part.seeds[i],
                        as_text(name),
                        part.psis[i],
                        as_text(config.name),
                        weights.revision,
                    ]
                )
                made_by = {PNG_KEY: recipe(weights, part, labels, i)}
                archive.writestr(file, encode_png(picture, text=made_by))
            done += len(pixels)
            yield line({"done": done, "of": of})
        archive.writestr("samples.csv", table.getvalue())


def as_text(cell: str) -> str:
    """A table's cell that no spreadsheet computes; a stranger chose a model's names. OWASP, CSV
    injection."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) else cell


def _sheet(
    downloads: Downloads,
    weights: Weights,
    tiles: Tiles,
    columns: int,
    path: Path,
    cancelled: Cancelled,
) -> Iterator[bytes | Later]:
    of = len(tiles.seeds)
    side = min(weights.image_shape[1], math.isqrt(SHEET_PIXELS // of))
    parts: list[Pixels] = []
    for part in in_parts(weights, tiles):
        if cancelled():
            return
        parts += [*draw(weights, part, side=side)[0]]
        yield line({"done": len(parts), "of": of})
    encoded = downloads.thread.submit(_write_sheet, parts, columns, path)
    while not encoded.done():
        yield Later(ENCODED_S)
    encoded.result()


def _write_sheet(pixels: list[Pixels], columns: int, path: Path) -> None:
    scale = max(1, math.ceil(SHEET_SCALE_TO / pixels[0].shape[0]))
    large = np.stack(pixels).repeat(scale, 1).repeat(scale, 2)
    path.write_bytes(encode_png(tile(large, min(columns, len(large)), gap=2, background=255)))


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/gallery/download", begin),
    ("GET", "/_gan/gallery/file", fetch),
)
