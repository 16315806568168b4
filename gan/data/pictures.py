"""Pictures from outside: read within limits, cropped to a square, brought to one size."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from gan.errors import DataError
from gan.images import Pixels, encode_webp, from_pil, to_pil

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 16_000_000
MAX_ASPECT = 20
Result = TypeVar("Result")


def read_picture(data: bytes, *, resolution: int, channels: int) -> Pixels:
    """An encoded picture as (resolution, resolution, channels): first frame, turned, centre crop.

    Raises DataError, in one sentence, for anything that is not a picture within the limits.
    """
    return _decoded(data, lambda image: _prepare(image, resolution=resolution, channels=channels))


def shrink_picture(data: bytes, *, side: int) -> bytes:
    """An encoded picture as lossless WebP, RGB, turned, its shorter side at most `side`.

    What a camera wrote into the file (place, device) is not kept. Raises DataError as above.
    """
    return _decoded(data, lambda image: _shrunk(image, side))


def _shrunk(image: Image.Image, side: int) -> bytes:
    image.seek(0) if getattr(image, "is_animated", False) else None
    image.draft("RGB", (2 * side, 2 * side))  # JPEG decodes small at once; others don't mind
    flat = to_pil(from_pil(ImageOps.exif_transpose(image) or image, 3))
    factor = side / min(flat.size)
    if factor < 1:
        size = (max(side, round(flat.width * factor)), max(side, round(flat.height * factor)))
        flat = flat.resize(size, Image.Resampling.LANCZOS)
    return encode_webp(np.asarray(flat))


def _decoded(data: bytes, use: Callable[[Image.Image], Result]) -> Result:
    """What `use` makes of the picture in `data`; raises DataError outside the limits."""
    if len(data) > MAX_BYTES:
        raise DataError(
            f"a picture may have 10 MB, this one has {len(data) / 2**20:.1f}; shrink it"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are refused just below
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(*image.size)
                return use(image)
    except DataError:
        raise
    except Exception as error:  # a broken file can raise nearly anything inside a decoder
        raise DataError(
            f"a picture must be PNG, JPEG, WebP, BMP or GIF, this one cannot be read "
            f"({type(error).__name__}); save it anew"
        ) from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or min(width, height) < 1:
        raise DataError(f"a picture may have 16 million pixels, got {width} x {height}; shrink it")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise DataError(
            f"a picture may be 20 times as long as wide, got {width} x {height}; crop it"
        )


def _prepare(image: Image.Image, *, resolution: int, channels: int) -> Pixels:
    image.seek(0) if getattr(image, "is_animated", False) else None
    turned = ImageOps.exif_transpose(image) or image
    flat = to_pil(from_pil(turned, channels))
    square = ImageOps.fit(flat, (resolution, resolution), Image.Resampling.LANCZOS)
    return np.asarray(square).reshape(resolution, resolution, channels)
