"""Samples of trainings side by side, the same seeds of each.

    python -m benchmarks.before_after OUT.png --columns 3 OLD-15 OLD-60 OLD-300 NEW-15 NEW-60 \
        NEW-300

A cell holds the samples of seeds 0 to 31, unpicked, each pixel drawn twice as large.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from gan import load
from gan.images import Pixels, tile, to_pil
from gan.sampling import sample

COUNT, COLUMNS, TIMES, GAP = 32, 8, 2, 12
GROUND = 255


def cell(run: str) -> Pixels:
    """(H, W, C) 32 samples of a run's averaged generator."""
    sheet = tile(sample(load(run).generator, range(COUNT)).pixels, COLUMNS)
    return sheet.repeat(TIMES, axis=0).repeat(TIMES, axis=1)


def main() -> None:
    """Draws them into one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--columns", type=int, default=3)
    asked = parser.parse_args()
    cells = np.stack([cell(run) for run in asked.runs])
    drawn = to_pil(tile(cells, asked.columns, gap=GAP, background=GROUND))
    drawn.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(asked.out, optimize=True)


if __name__ == "__main__":
    main()
