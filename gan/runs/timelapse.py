"""A run as a video: its snapshots in sequence, with image count and distance in a caption."""

from __future__ import annotations

import bisect
import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from gan.errors import RunError
from gan.film import LONGEST_S, SHORTEST_S, FilmFormat, encode_film, largest_scale
from gan.images import Pixels
from gan.quantities import things
from gan.runs.folder import RunReader

FRAMES_PER_S = 20.0  # maximum; more than anyone can distinguish
MAX_TIMELAPSE_FRAMES = 1000
MAX_DURATION_S = 120.0
REST_S = 1.2  # hold time of the last frame


class Timelapse(NamedTuple):
    """A planned video: which snapshots, and how long each is shown."""

    moments: list[int]  # nimg per frame, the last one repeated
    seconds_per_frame: float


def plan(
    snapshots: Sequence[int], *, duration_s: float, max_frames: int = MAX_TIMELAPSE_FRAMES
) -> Timelapse:
    """At most `max_frames` evenly spaced snapshots, to last `duration_s` plus the hold at the end.

    The first and the last are always included. Raises RunError for fewer than two.
    """
    if len(snapshots) < 2:
        raise RunError("a film needs two snapshots, this run has fewer; let it train a few seconds")
    duration = min(max(duration_s, 0.1), MAX_DURATION_S)
    count = min(len(snapshots), max_frames, max(2, int(duration * FRAMES_PER_S)))
    each = min(max(duration / count, SHORTEST_S), LONGEST_S)
    index = np.linspace(0, len(snapshots) - 1, count).round().astype(int)
    rest = round(REST_S / each)
    return Timelapse([snapshots[i] for i in index] + [snapshots[-1]] * rest, each)


def captions(
    moments: Sequence[int],
    rows: Sequence[dict[str, Any]],
    measures: Sequence[dict[str, Any]],
    *,
    what: str = "images",
) -> list[str]:
    """One caption per frame, `128.0 k images   1:04   FD 3.21`; unknown parts are omitted."""
    times = [row["nimg"] for row in rows]
    known = [m for m in measures if isinstance(m.get("fd"), int | float)]
    measured = [m["nimg"] for m in known]
    found = []
    for nimg in moments:
        parts = [f"{nimg / 1000:.1f} k {what}"]
        if (row := _at(times, rows, nimg)) is not None:
            seconds = round(float(row.get("seconds") or 0))
            parts.append(f"{seconds // 60}:{seconds % 60:02d}")
        if (measure := _at(measured, known, nimg)) is not None:
            parts.append(f"FD {measure['fd']:.2f}")
        found.append("   ".join(parts))
    return found


def _at(keys: Sequence[int], rows: Sequence[dict[str, Any]], nimg: int) -> dict[str, Any] | None:
    """The last of `rows` at or before `nimg`."""
    place = bisect.bisect_right(keys, nimg)
    return rows[place - 1] if place else None


def snapshot_pixels(reader: RunReader, nimg: int) -> Pixels:
    """A snapshot's grid as (H, W, C), with C = 1 if it is grey."""
    try:
        with Image.open(io.BytesIO(reader.snapshot(nimg)), formats=["WEBP"]) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError) as error:
        raise RunError(
            "the snapshot at {nimg} is damaged; choose other moments", nimg=f"{nimg:,}"
        ) from error
    is_grey = (pixels[..., :1] == pixels).all()
    return pixels[..., :1] if is_grey else pixels


def _pictures(reader: RunReader, moments: Sequence[int]) -> dict[int, Pixels]:
    """The frames' snapshots; one that a running training has just thinned is skipped."""
    found: dict[int, Pixels] = {}
    for nimg in dict.fromkeys(moments):
        try:
            found[nimg] = snapshot_pixels(reader, nimg)
        except RunError:
            if nimg in reader.snapshots():  # it exists but is damaged
                raise
    return found


def timelapse(
    reader: RunReader,
    *,
    format: FilmFormat,
    duration_s: float = 10.0,
    scale: int = 1,
    caption: bool = True,
    max_frames: int = MAX_TIMELAPSE_FRAMES,
    progress: Callable[[float], None] = lambda fraction: None,
) -> bytes:
    """The video of a run so far; too large a scale is reduced to fit.

    `progress` is called with the fraction done and may raise to cancel. Raises RunError.
    """
    chosen = plan(reader.snapshots(), duration_s=duration_s, max_frames=max_frames)
    pictures = _pictures(reader, chosen.moments)
    moments = [nimg for nimg in chosen.moments if nimg in pictures]
    if any(p.shape[-1] == 3 for p in pictures.values()):  # a black first frame is no grey video
        pictures = {n: np.repeat(p, 3, 2) if p.shape[-1] == 1 else p for n, p in pictures.items()}
    frames = [pictures[nimg] for nimg in moments]
    room = largest_scale(len(frames), *frames[0].shape[:2])
    what = things(is_points=reader.config().model.is_plane)
    text = captions(moments, reader.rows(), reader.measures(), what=what) if caption else None
    return encode_film(
        frames,
        format=format,
        seconds_per_frame=chosen.seconds_per_frame,
        scale=max(1, min(scale, room)),
        captions=text,
        progress=lambda frame: progress(frame / len(frames)),
    )
