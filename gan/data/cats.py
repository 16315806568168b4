"""Drawn cats at 64 px, each composed of five layers.

The layers are David Revoy's cat generator (2016, CC BY 4.0,
https://www.peppercarrot.com/extras/html/2016_cat-generator/), scaled to 64 px by
benchmarks/bundle_data.py. They make 360,000 different cats out of 100 KB.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan.data.imageset import ImageSet
from gan.images import untile

PX = 64
LAYERS = (15, 10, 15, 10, 16)  # coats, markings, eyes, mouths, accessories
COATS = (
    "Burgundy", "Lime", "Black", "Lilac", "Red", "Sand", "Pink", "Chocolate",
    "Blue", "Yellow", "Ochre", "Grey", "Caramel", "Cream", "Orange",
)  # fmt: skip
COUNT = 8_000
SEED = 2026
CHUNK = 256  # cats composed at once; bounds memory


def load_cats(sheet: Path) -> ImageSet:
    """8,000 different cats on white, (8000, 3, 64, 64); the class is the coat.

    sheet: an RGBA picture with a row of tiles for each kind of layer.
    """
    parts = chosen_layers(COUNT)
    labels = torch.from_numpy(parts[:, 0].astype(np.int64))
    return ImageSet(
        "cats", composed(layers_of(sheet), parts), labels, COATS,
        f"{COUNT:,} drawn cats by David Revoy's generator",
    )  # fmt: skip


def chosen_layers(count: int) -> np.ndarray:
    """(count, 5) of layers, drawn without repetition from all combinations.

    By NumPy's frozen generator, so that all versions of NumPy draw the same cats.
    """
    numbers = np.random.RandomState(SEED).permutation(prod(LAYERS))[:count]
    return np.stack(np.unravel_index(numbers, LAYERS), axis=1)


def layers_of(sheet: Path) -> list[np.ndarray]:
    """The sheet's layers by kind: uint8 (layers, 64, 64, 4) each, RGBA."""
    with Image.open(sheet) as picture:
        tiles = untile(np.asarray(picture.convert("RGBA")), PX)
    rows = np.split(tiles, len(LAYERS))
    return [row[:count] for row, count in zip(rows, LAYERS, strict=True)]


def composed(layers: list[np.ndarray], parts: np.ndarray) -> Tensor:
    """Each row of `parts` laid over white, first layer first: uint8 (N, 3, 64, 64)."""
    result = np.empty((len(parts), PX, PX, 3), np.uint8)
    boxes = [_box(tiles) for tiles in layers]
    for begin in range(0, len(parts), CHUNK):
        chunk = parts[begin : begin + CHUNK]
        picture = np.full((len(chunk), PX, PX, 3), 255, np.uint16)
        for kind, (tiles, (top, bottom, left, right)) in enumerate(zip(layers, boxes, strict=True)):
            over = tiles[chunk[:, kind], top:bottom, left:right].astype(np.uint16)
            alpha = over[..., 3:]
            under = picture[:, top:bottom, left:right]
            # at most 255 * 255 + 127, which 16 bits hold
            under[:] = (over[..., :3] * alpha + under * (255 - alpha) + 127) // 255
        result[begin : begin + CHUNK] = picture
    return torch.from_numpy(result).permute(0, 3, 1, 2).contiguous()


def _box(tiles: np.ndarray) -> tuple[int, int, int, int]:
    """Rows and columns in which any of these layers has something."""
    _, rows, columns = np.nonzero(tiles[..., 3])
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
