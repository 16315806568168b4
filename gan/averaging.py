"""Averages of a training's weights: what share each image's weights have in one, and which mixture
of kept ones comes nearest to an average of another length.

A training keeps averages whose shares are known, so that the length of an average can be chosen
afterwards: Karras et al. 2024, Analyzing and Improving the Training Dynamics of Diffusion Models,
arXiv 2312.02696, section 3. A length is the standard deviation of the shares over the images, as a
fraction of all images (their sigma_rel).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RAMP = 0.05  # a half-life is at most this fraction of the images seen; Karras et al. 2022, EDM
SHORTEST, LONGEST = 0.05, 0.25  # lengths that the kept averages can be mixed to
# Of the second average that a training keeps. The first one's length is 0.063 while its half-life
# grows and less from then on, so that alone it cannot be mixed to long averages of a long training.
SECOND = 0.12
SECOND_G = "g_second"  # its prefix in files
MOST = 32  # moments to mix, which is as good as all of them
CELLS, EARLIEST = 2**13, 1e-4  # of the time axis, and its beginning as a fraction of the whole
ALL = 1e3  # how much more the sum of all factors counts than the fit
NEGLIGIBLE = 1e-4  # a moment with less of a share is not read

Floats = NDArray[np.float64]
HalfLives = Sequence[tuple[float, float]]  # (nimg, half-life in images from there on)


class Kept(NamedTuple):
    """An average that was kept at a moment: the first, of a half-life, or the second."""

    nimg: int
    second: bool = False


class Mixture(NamedTuple):
    """Kept averages with their factors, whose sum is 1, and what they miss of the wished sums."""

    parts: tuple[tuple[Kept, float], ...]
    residual: float  # as a fraction of the wished sums' norm


@lru_cache(maxsize=64)
def exponent(length: float) -> float:
    """gamma of shares that grow as t^gamma and have this length: the root of
    length^2 (gamma + 2)^2 (gamma + 3) = gamma + 1."""
    return float(np.roots([1, 7, 16 - length**-2, 12 - length**-2]).real.max())


def power_decay(length: float, *, nimg: int, batch_size: int) -> float:
    """What is left of the average so far, after a step to nimg images."""
    return float((1 - min(1.0, batch_size / nimg)) ** (exponent(length) + 1))


def mixture(kept: Sequence[Kept], half_lives: HalfLives, length: float) -> Mixture:
    """The least-squares mixture of `kept` for an average of `length` at the last of their moments.

    half_lives: of the first averages, from the training's beginning on; none is 0.

    Running sums of shares are compared, not shares as in section 3.2: weights that wander like a
    random walk miss their average by just that. Between averages much shorter than their distance
    shares say nothing of which is nearer; errors were 0.14 to 1.0 of those by shares
    (benchmarks/RESULTS.md).
    """
    kept = thinned(kept)
    last = max(k.nimg for k in kept)
    edges = last * np.concatenate([[0.0], np.geomspace(EARLIEST, 1, CELLS)])
    decayed = _decayed(edges, half_lives)
    sums = [
        _power(edges, k.nimg, SECOND) if k.second else _first(edges, k.nimg, decayed) for k in kept
    ]
    weight = (np.diff(edges) / last) ** 0.5
    wished, mixed = _power(edges, last, length) * weight, np.stack(sums, 1) * weight[:, None]
    # one more row: factors that add up to less than 1 would make all weights smaller
    rows = np.vstack([mixed, np.full(len(kept), ALL)])
    factors = np.linalg.lstsq(rows, np.append(wished, ALL), rcond=1e-8)[0]
    factors = np.where(abs(factors) < NEGLIGIBLE, 0.0, factors)
    factors /= factors.sum()
    missed = np.linalg.norm(mixed @ factors - wished) / np.linalg.norm(wished)
    parts = tuple((k, float(f)) for k, f in zip(kept, factors, strict=True) if f)
    return Mixture(parts, float(missed))


def thinned(kept: Sequence[Kept]) -> list[Kept]:
    """At most MOST moments with all that was kept at each, the newest among them."""
    moments = sorted({k.nimg for k in kept})
    if len(moments) > MOST:
        chosen = np.linspace(0, len(moments) - 1, MOST).round().astype(int)
        moments = [moments[i] for i in chosen]
    wanted = set(moments)
    return [k for k in kept if k.nimg in wanted]


def _decayed(edges: Floats, half_lives: HalfLives) -> Floats:
    """Half-lives that have passed since the beginning, at each edge."""
    middles = (edges[1:] + edges[:-1]) / 2
    begins, lives = (np.array(column, np.float64) for column in zip(*half_lives, strict=True))
    now = lives[np.maximum(np.searchsorted(begins, middles, side="right") - 1, 0)]
    return np.concatenate([[0.0], np.cumsum(np.diff(edges) / np.minimum(now, RAMP * middles))])


def _first(edges: Floats, nimg: int, decayed: Floats) -> Floats:
    """The first average's sum of shares up to each cell's end, at nimg."""
    left = np.interp(nimg, edges, decayed) - decayed
    return (0.5 ** np.maximum(left, 0.0))[1:]


def _power(edges: Floats, nimg: int, length: float) -> Floats:
    """The same for shares that grow as a power of the images seen."""
    return np.minimum(edges / nimg, 1.0)[1:] ** (exponent(length) + 1)
