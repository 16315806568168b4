"""Points of the plane as data: distributions known exactly, letters, and a file of one's own.

A point is an image of two channels and one pixel (gan.config.PLANE_SHAPE), float32 in [-1, 1], y
up. The synthetic sets are drawn from a seed, never from a file. `ring` and `grid` are those of the
literature at another scale: Srivastava et al. 2017 (VEEGAN), section 4.1, and Lin et al. 2018
(PacGAN), section 4.1, put eight Gaussians of standard deviation 0.01 on the unit circle, and 25 of
0.05 on {-4, -2, 0, 2, 4} squared; here the circle's radius and the square's half side are 0.8, so
that the standard deviations are 0.008 and 0.01.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan.data.imageset import ImageSet, Truth

COUNT = 20_000
SEED = 20_260_102
EDGE = 0.8  # the sets lie within [-EDGE, EDGE], with room for noise
RING_SIGMA, GRID_SIGMA = 0.01 * EDGE, 0.05 / 4 * EDGE  # the papers', scaled
CURVE_SIGMA = 0.02
ALONG = 1024  # points that stand for a curve


def _ring() -> Truth:
    angle = torch.arange(8) * (2 * math.pi / 8)
    return Truth(EDGE * torch.stack([angle.cos(), angle.sin()], 1), RING_SIGMA, counted=True)


def _grid() -> Truth:
    line = torch.linspace(-EDGE, EDGE, 5)
    return Truth(torch.cartesian_prod(line, line), GRID_SIGMA, counted=True)


def _spiral() -> Truth:
    """An Archimedean spiral of one and three quarter turns, evenly spaced along its arc."""
    turn = torch.linspace(0.1, 1, 64 * ALONG) * (2 * math.pi * 1.75)
    curve = torch.stack([turn * turn.cos(), turn * turn.sin()], 1) * (EDGE / turn[-1])
    return Truth(_evenly(curve), CURVE_SIGMA)


def _moons() -> Truth:
    """Two half circles that interlock, as in scikit-learn's make_moons, centred and scaled."""
    angle = torch.linspace(0, math.pi, ALONG // 2)
    upper = torch.stack([angle.cos(), angle.sin()], 1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)
    both = torch.cat([upper, lower]) - torch.tensor([0.5, 0.25])
    return Truth(both * (EDGE / 1.5), CURVE_SIGMA)


def _line() -> Truth:
    t = torch.linspace(-EDGE, EDGE, ALONG)
    return Truth(torch.stack([t, t / 2], 1), CURVE_SIGMA)


def _evenly(curve: Tensor) -> Tensor:
    """ALONG of a dense curve's points (N, 2), the same length apart."""
    length = torch.cat([torch.zeros(1), curve.diff(dim=0).norm(dim=1).cumsum(0)])
    wanted = torch.linspace(0, float(length[-1]), ALONG)
    return curve[torch.searchsorted(length, wanted).clamp_max(len(curve) - 1)]


TRUTHS: dict[str, Callable[[], Truth]] = {
    "ring": _ring, "grid": _grid, "spiral": _spiral, "moons": _moons, "line": _line,
}  # fmt: skip
MODES = {"ring": tuple(f"{45 * i}°" for i in range(8)), "grid": tuple(
    f"{column}{row}" for column in "abcde" for row in range(1, 6)
)}  # fmt: skip


def load_plane(name: str, *, count: int = COUNT, seed: int = SEED) -> ImageSet:
    """`count` points of a synthetic set; another seed is another draw of the same distribution."""
    truth = TRUTHS[name]()
    draw = torch.Generator().manual_seed(seed)
    which = torch.randint(len(truth.centres), (count,), generator=draw)
    noise = torch.randn(count, 2, generator=draw) * truth.sigma
    recipe = f"{name} {count} {seed}"
    return ImageSet(
        name,
        as_images(truth.centres[which] + noise),
        which if truth.counted else None,
        MODES.get(name, ()),
        f"{count:,} points of {name}",
        origin=hashlib.sha256(recipe.encode()).hexdigest(),
        truth=truth,
    )


def as_images(points: Tensor) -> Tensor:
    """points (N, 2) as images (N, 2, 1, 1) float32."""
    return points.float().reshape(-1, 2, 1, 1).contiguous()
