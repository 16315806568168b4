"""Similarity of a found picture to the target, in grades that match human judgement.

Feature networks hardly separate pictures that are unlike all their training data, so a grade uses
both pixels and features, each on the scale of the model's own samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan.images import Pixels, opaque
from gan.latent.direction import Features
from gan.latent.points import from_seeds, show
from gan.models import Generator

Grade = Literal["same", "very", "close", "kind", "far"]
SAMPLES = 128  # their nearest-neighbour distances set the scale
# tuned on 41 pictures graded by eye, none of which is in the table of benchmarks/RESULTS.md
GRADES: tuple[tuple[float, Grade], ...] = (
    (0.2, "same"), (0.37, "very"), (0.6, "close"), (0.85, "kind"),
)  # fmt: skip
CONTRAST_WEIGHT = 1.3  # of the fraction of the picture's contrast that was missed
FLAT = 0.5  # of the nearest sample's distance: a flatter picture has no contrast to miss
BORDER = 0.08  # of the side, at least a pixel
PLAIN_SPREAD = 0.5  # of the samples' borders, in [-1, 1]: above it there is no uniform background
OTHER_GROUND = 0.6  # a border this far from the samples' counts as another background


@dataclass(frozen=True)
class Likeness:
    """Distance scales and background brightness of a model's own samples."""

    pixels: float  # from a sample to the nearest other one, root mean square in [-1, 1]
    features: float  # likewise in features
    apart: float  # between random samples, in features
    ground: float | None  # brightness of the samples' borders in [-1, 1]; None where they differ

    @staticmethod
    @torch.no_grad()
    def of(g: Generator, features: Features, *, seeds: Sequence[int] = range(SAMPLES)) -> Likeness:
        """Measured on samples of `seeds`, two or more."""
        x = show(g, from_seeds(g, seeds)).clone()
        f = features(x)
        borders = border(x)
        low, middle, high = borders.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
        return Likeness(
            max(_nearest(x.flatten(1)) / x[0].numel() ** 0.5, 1e-6),
            max(_nearest(f), 1e-6),
            float(torch.pdist(f).mean()),
            middle if high - low <= PLAIN_SPREAD else None,
        )

    def miss(self, target: Tensor, found: Tensor, distance: float) -> float:
        """How much of target (C, H, W) is missing in found: 0 is identical, 1 is far.

        `distance`: between the two in features.
        """
        a, b = opaque(target[None]), opaque(found[None])
        error = float((a - b).square().mean().sqrt())
        contrast = max(float(a.std()), FLAT * self.pixels)
        return max(
            error / self.pixels, CONTRAST_WEIGHT * error / contrast, distance / self.features
        )

    def grade(self, target: Tensor, found: Tensor, distance: float) -> Grade:
        """The grade in words, from "same" to "far"."""
        miss = self.miss(target, found, distance)
        return next((grade for most, grade in GRADES if miss < most), "far")

    def is_inverted(self, target: Tensor) -> bool:
        """Whether target (C, H, W) is dark on light where samples are light on dark, or reverse."""
        if self.ground is None:
            return False
        here = float(border(target[None]))
        off, off_inverted = abs(here - self.ground), abs(-here - self.ground)
        return off > OTHER_GROUND and off_inverted < off / 2


def border(x: Tensor) -> Tensor:
    """Median brightness (N,) of the outermost pixels of x (N, C, H, W)."""
    x = opaque(x)
    light = (x.amax(1) + x.amin(1)) / 2  # (N, H, W), as HSL has it
    height, width = light.shape[1:]
    wide = max(1, round(BORDER * min(height, width)))
    inner = torch.zeros(height, width, dtype=torch.bool)
    inner[wide : height - wide, wide : width - wide] = True
    return light[:, ~inner].median(1).values


def inverted(pixels: Pixels) -> Pixels:
    """uint8 (..., C) with light and dark exchanged: the lightness of HSL, so hues stay."""
    out = pixels.copy()
    colours = pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., :1]
    rest = 255 - colours.max(-1, keepdims=True).astype(int) - colours.min(-1, keepdims=True)
    out[..., : colours.shape[-1]] = colours + rest
    return out


def _nearest(rows: Tensor) -> float:
    """The median distance from a row to the nearest other one."""
    distances = torch.cdist(rows, rows).fill_diagonal_(float("inf"))
    return float(distances.min(1).values.median())
