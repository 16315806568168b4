"""Points of one's own: letters as `letter:TEXT`, and a file as `points:FILE`."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan.data.imageset import ImageSet
from gan.data.plane import COUNT, EDGE, SEED, as_images
from gan.errors import DataError
from gan.files import parse_json

MAX_LETTERS = 4
LETTER_PX = 256  # height of the letters that points are drawn from
INK = 128
FEWEST_POINTS, MOST_POINTS = 8, 10_000
MOST_BYTES = 2**20  # SAFETY: of a file


def load_letters(text: str) -> ImageSet:
    """Points spread evenly over the shapes of one to four letters.

    Raises DataError for others: none, too many, or of which Pillow's own font has no shape.
    """
    if not 1 <= len(text) <= MAX_LETTERS or not text.isprintable():
        raise DataError(
            "letter: takes {most} letters at most, got {got}; for example letter:A",
            most=MAX_LETTERS,
            got=repr(text[: 2 * MAX_LETTERS]),
        )
    font = ImageFont.load_default(LETTER_PX)
    unknown = _shape("\uffff", font)
    missing = [c for c in text if not _shape(c, font).any() or _same(_shape(c, font), unknown)]
    if missing:
        raise DataError(
            "the font here has no shape for {letter}; use others, such as A to Z",
            letter=repr(missing[0]),
        )
    shape = _shape(text, font)
    rows, columns = np.nonzero(shape)
    draw = torch.Generator().manual_seed(SEED)
    which = torch.randint(len(rows), (COUNT,), generator=draw)
    at = torch.stack([torch.from_numpy(columns)[which], -torch.from_numpy(rows)[which]], 1)
    points = at + torch.rand(COUNT, 2, generator=draw)  # anywhere in the pixel
    recipe = f"letter:{text} {COUNT} {SEED}"
    return ImageSet(
        f"letter:{text}",
        as_images(_centred(points.double(), EDGE)),
        report=f"{COUNT:,} points of {text!r}",
        origin=hashlib.sha256(recipe.encode()).hexdigest(),
    )


def _shape(text: str, font: Any) -> NDArray[np.bool_]:
    """Which pixels of the text's bounding box are inked."""
    left, top, right, bottom = map(round, font.getbbox(text))
    sheet = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(sheet).text((-left, -top), text, fill=255, font=font)
    return np.asarray(sheet) > INK


def _same(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def load_points(path: Path) -> ImageSet:
    """The points of a CSV file of two columns, or of a JSON list of pairs.

    Within [-1, 1] they stay where they are, else they are centred and scaled to fit. Raises
    DataError for a file that is missing or holds anything else, too few points or too many.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise DataError(
            "there is no file {path} to read points from; check the path after points:",
            path=repr(str(path)),
        ) from error
    if size > MOST_BYTES:
        raise DataError(
            "a file of points may have {most} KB, {name} has {got}; take fewer of them",
            most=MOST_BYTES // 1024,
            name=path.name,
            got=size // 1024,
        )
    points = _checked(_read(data, path), path)
    if float(points.abs().max()) > 1:
        points = _centred(points, EDGE)
    return ImageSet(
        path.stem,
        as_images(points),
        report=f"{len(points):,} points of {path.name}",
        origin=hashlib.sha256(points.numpy().tobytes()).hexdigest(),
    )


def _read(data: bytes, path: Path) -> Tensor:
    """The file's numbers (N, 2) float64, whatever they are."""
    try:
        rows = _json(data) if path.suffix.lower() == ".json" else _csv(data)
        pairs = [[float(x), float(y)] for x, y in rows]
    except (ValueError, TypeError, csv.Error, RecursionError, OverflowError) as error:
        raise DataError(
            "{name} must hold two numbers a row, x and y, as CSV or as a JSON list of pairs; "
            "correct it",
            name=path.name,
        ) from error
    return torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)


def _json(data: bytes) -> Any:
    found = parse_json(data)
    return found.get("points") if isinstance(found, dict) else found


def _csv(data: bytes) -> list[list[str]]:
    """Rows of a CSV file; a first row of names is left out."""
    text = data.decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if rows and not any(_is_number(cell) for cell in rows[0]):
        rows = rows[1:]
    return rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _checked(points: Tensor, path: Path) -> Tensor:
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS:
        raise DataError(
            "{name} must hold {fewest} to {most} points, got {got}; add some or take fewer",
            name=path.name,
            fewest=FEWEST_POINTS,
            most=f"{MOST_POINTS:,}",
            got=f"{len(points):,}",
        )
    bad = ~torch.isfinite(points.float()).all(1)  # in float32, as they will be
    if bool(bad.any()):
        row = int(bad.nonzero()[0]) + 1
        raise DataError(
            "{name} must hold finite numbers, got another at point {row}; correct it",
            name=path.name,
            row=row,
        )
    if bool((points == points[0]).all()):
        raise DataError(
            "the points of {name} are all the same one; draw a few more elsewhere", name=path.name
        )
    return points


def _centred(points: Tensor, edge: float) -> Tensor:
    """points (N, 2), moved and scaled by one factor to fill [-edge, edge]."""
    low, high = points.amin(0), points.amax(0)
    return (points - (low + high) / 2) * (2 * edge / (high - low).max())
