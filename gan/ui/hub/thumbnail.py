"""Thumbnail of a model: rendered once, cheap for slow ones, a pulled one's kept in its folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan.checkpoint import Weights
from gan.files import write_atomic
from gan.images import Pixels
from gan.sampling import sample

THUMB_FILE = "thumb.png"
SIDE = 128
QUICK_PX = 64  # up to this size four samples; above, one


def thumbnail(folder: Path, weights: Callable[[], Weights]) -> Path:
    """Path of a PNG of at most 128 x 128; `weights` is called only if there is none yet."""
    path = folder / THUMB_FILE
    if not is_drawn(folder):
        write_atomic(path, drawn(weights()), durable=False)
    return path


def is_drawn(folder: Path) -> bool:
    """Whether there is one."""
    return (folder / THUMB_FILE).is_file()


def drawn(weights: Weights) -> bytes:
    """The PNG that `thumbnail` keeps."""
    return _encoded(_drawn(weights))


def _drawn(weights: Weights) -> Pixels:
    """(H, W, C): one sample, or two by two for a small model."""
    _, height, _ = weights.image_shape
    seeds = range(4) if height <= QUICK_PX else range(1)
    with torch.inference_mode():
        pixels = sample(weights.generator, list(seeds)).pixels
    if len(pixels) == 1:
        alone: Pixels = pixels[0]
        return alone
    rows = [np.concatenate([pixels[i], pixels[i + 1]], axis=1) for i in (0, 2)]
    return np.concatenate(rows, axis=0)


def _encoded(pixels: Pixels) -> bytes:
    """PNG; small pictures keep their pixels, large ones are downscaled to 128."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    if max(image.size) > SIDE:
        image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
