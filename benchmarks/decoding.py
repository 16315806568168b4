"""Processor seconds of the slowest honest pictures that a public server takes.

    python -m benchmarks.decoding

Each is as large as the limits allow (`gan/data/limits.py`): photograph-like noise (1/f, seed 0) and
flat drawings, in each format: size, then the least and the most of three tries.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from gan.data.limits import PUBLIC
from gan.data.pictures import shrink_picture
from gan.errors import DataError

SIDE = 128
TRIES = 3


def photograph(width: int, height: int, *, rough: int = 0) -> Image.Image:
    """Octaves of noise; `rough`: levels of finest grain, which is what codecs pay for."""
    draw = np.random.default_rng(0)
    image = Image.new("RGB", (width, height), (128, 128, 128))
    for octave in range(8, 2, -1):
        size = (width >> octave, height >> octave)
        noise = draw.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        blown = Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR)
        image = Image.blend(image, blown, 0.3)
    if rough:
        grain = draw.integers(0, rough, (height, width, 1), dtype=np.uint8)
        image = Image.fromarray(np.asarray(image) // 2 + grain)
    return image


def tiled(image: Image.Image, across: int, down: int) -> Image.Image:
    """A large picture of copies side by side."""
    width, height = image.size
    large = Image.new("RGB", (across * width, down * height))
    for i in range(across * down):
        large.paste(image, (i % across * width, i // across * height))
    return large


def drawing(width: int, height: int) -> Image.Image:
    """Flat areas with sharp edges: what a screenshot or a plot is to a codec."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    levels = ((x // 97) ^ (y // 61)).astype(np.uint8)
    return Image.fromarray(np.stack([levels * 37, levels * 91, levels * 13], -1))


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def files() -> Iterator[tuple[str, bytes]]:
    """What each is called, and the file."""
    photo = photograph(4800, 3300)
    yield "PNG, grey, smooth, 16 MP", encoded(photo.convert("L"), "PNG", compress_level=6)
    small = photo.crop((0, 0, 3200, 2200))
    yield "PNG, smooth, 7 MP", encoded(small, "PNG", compress_level=6)
    yield "WebP, lossless, smooth, 7 MP", encoded(small, "WEBP", lossless=True, method=0)
    few = photo.quantize(64, method=Image.Quantize.FASTOCTREE)
    yield "GIF, 16 MP", encoded(few, "GIF")
    yield "JPEG, smooth, q 40, 142 MP", encoded(tiled(photo, 3, 3), "JPEG", quality=40)
    progressive: dict[str, Any] = {"quality": 80, "progressive": True}
    wide = tiled(photo, 5, 1)
    yield "JPEG, smooth, progressive, q 80, 79 MP", encoded(wide, "JPEG", **progressive)
    del photo, small, wide
    flat = drawing(4800, 3300)
    yield "PNG, flat, RGBA, 16 MP", encoded(flat.convert("RGBA"), "PNG")
    yield "WebP, lossless, flat, 16 MP", encoded(flat, "WEBP", lossless=True, method=0)
    grainy = photograph(4800, 3300, rough=24)
    yield "WebP, grainy, q 90, 16 MP", encoded(grainy, "WEBP", quality=90, method=0)
    yield "JPEG, grainy, q 90, 16 MP", encoded(grainy, "JPEG", quality=90)
    progressive = {"quality": 90, "progressive": True, "subsampling": 0}
    yield "JPEG, grainy, progressive 4:4:4, q 90, 16 MP", encoded(grainy, "JPEG", **progressive)


def main() -> None:
    """Print one line a picture."""
    for name, data in files():
        head, spent = f"{name:46} {len(data) / 2**20:5.1f} MB ", list[float]()
        try:
            for _ in range(TRIES):
                began = time.process_time()
                shrink_picture(data, side=SIDE, limits=PUBLIC)
                spent.append(time.process_time() - began)
            print(f"{head} {min(spent):.2f} to {max(spent):.2f} s", flush=True)
        except DataError as error:
            print(head, error, flush=True)


if __name__ == "__main__":
    main()
