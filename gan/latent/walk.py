"""Between points and around them: interpolation, closed loops, arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from gan.errors import ConfigError
from gan.latent.points import Points, show
from gan.models import Generator
from gan.sampling import at_once, slerp, truncate

Space = Literal["z", "w"]
Measure = Callable[[Points], Tensor]  # N points -> (N, F): what a constant speed is constant in
MIN_KEYFRAMES, MAX_KEYFRAMES = 2, 8
MAX_STEPS = 600  # a stretch
FINER = 4  # places looked at per frame, where the speed is made constant


def between(
    keyframes: Points,
    steps: int,
    *,
    space: Space = "z",
    loop: bool = False,
    measure: Measure | None = None,
) -> Points:
    """A path through 2 to 8 keyframes with `steps` frames a stretch.

    Spherical in z; straight for space "w", which is linear in w wherever w is z and the class
    embedding (`walk` renders any mapping). Class weights go straight. An open path has
    (K - 1) * steps + 1 frames and holds both ends; a loop has K * steps and its last frame is one
    step before its first. With `measure` the frames are placed anew so that neighbours are equally
    far apart in it: constant speed. Raises ConfigError for other numbers.
    """
    stretches = _stretches(keyframes, steps, loop=loop)
    if measure is None:
        return _path(keyframes, _places(stretches, steps, loop=loop), space)
    fine = _places(stretches, FINER * steps, loop=False)  # a loop's end is its first keyframe
    seen = measure(_path(keyframes, fine, space)).double()
    count = stretches * steps + (0 if loop else 1)
    return _path(keyframes, _evenly(fine, seen, count, loop=loop), space)


def walk(
    g: Generator,
    keyframes: Points,
    steps: int,
    *,
    space: Space = "z",
    loop: bool = False,
    psi: float = 1.0,
    even: bool = False,
) -> Tensor:
    """The pictures (F, C, H, W) of a path; in space "w" exactly linear in w for every mapping.

    `even`: at a constant speed, as the pictures' pixels change.
    """
    if space == "w":
        return _walk_in_w(g, keyframes, steps, loop=loop, psi=psi, even=even)
    measure = (lambda p: show(g, p, psi=psi).flatten(1)) if even else None
    return show(g, between(keyframes, steps, loop=loop, measure=measure), psi=psi)


@torch.no_grad()
def _walk_in_w(
    g: Generator, keyframes: Points, steps: int, *, loop: bool, psi: float, even: bool
) -> Tensor:
    w = truncate(g, g.mapping(keyframes.z, keyframes.weights), psi=psi, labels=keyframes.weights)

    def paint(points: Points) -> Tensor:
        return torch.cat([g.synthesis(part) for part in points.z.split(min(128, at_once(g)))])

    measure = (lambda p: paint(p).flatten(1)) if even else None
    return paint(between(Points(w), steps, space="w", loop=loop, measure=measure))


def combine(a: Points, b: Points, c: Points) -> Points:
    """A - B + C, one point of each (or N): the length of z restored, weights kept a mixture.

    Radford et al. 2016. Where samples are three, their sum is sqrt(3) times too long for the
    sphere that noise lives on: it is brought back to the mean length of the three.
    """
    z = a.z - b.z + c.z
    length = (a.z.norm(dim=1) + b.z.norm(dim=1) + c.z.norm(dim=1)) / 3
    z = z * (length / z.norm(dim=1).clamp_min(1e-12))[:, None]
    if a.weights is None or b.weights is None or c.weights is None:
        return Points(z)
    return Points(z, mixture(a.weights - b.weights + c.weights))


def mixture(weights: Tensor) -> Tensor:
    """Class weights (N, classes) made a mixture: none negative, all adding up to 1."""
    weights = weights.clamp_min(0)
    return weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-12)


def _stretches(keyframes: Points, steps: int, *, loop: bool) -> int:
    count = len(keyframes)
    if not MIN_KEYFRAMES <= count <= MAX_KEYFRAMES:
        raise ConfigError(
            f"a walk needs {MIN_KEYFRAMES} to {MAX_KEYFRAMES} keyframes, got {count}; "
            f"{'add some' if count < MIN_KEYFRAMES else 'take some away'}"
        )
    if not 1 <= steps <= MAX_STEPS:
        raise ConfigError(f"a stretch may have 1 to {MAX_STEPS} steps, got {steps}; correct it")
    return count if loop else count - 1


def _places(stretches: int, steps: int, *, loop: bool) -> Tensor:
    """Where the frames lie, from 0 to `stretches`: 1.25 is a quarter past keyframe 1."""
    count = stretches * steps
    places = torch.arange(count + 1, dtype=torch.float64) * (stretches / count)
    return places[:-1] if loop else places


def _path(keyframes: Points, places: Tensor, space: Space) -> Points:
    """The points at `places` (F,)."""
    count = len(keyframes)
    start = places.floor().long()
    t = (places - start)[:, None].float()  # (F, 1)
    one, other = keyframes.at(start % count), keyframes.at((start + 1) % count)
    z = one.z.lerp(other.z, t) if space == "w" else slerp(one.z, other.z, t)
    if one.weights is None or other.weights is None:
        return Points(z)
    return Points(z, one.weights.lerp(other.weights, t))


def _evenly(places: Tensor, seen: Tensor, count: int, *, loop: bool) -> Tensor:
    """`count` of the places (M,), equally far apart along what was seen at them (M, F)."""
    lengths = (seen[1:] - seen[:-1]).norm(dim=1)
    # a stretch where nothing changes still takes a moment, or its places would be undefined
    lengths = lengths + 1e-6 * lengths.mean().clamp_min(1e-12)
    along = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    wanted = along[-1] * torch.arange(count, dtype=torch.float64) / (count if loop else count - 1)
    right = torch.searchsorted(along, wanted, right=True).clamp(1, len(along) - 1)
    left = right - 1
    t = ((wanted - along[left]) / lengths[left]).clamp(0, 1)
    evenly: Tensor = places[left] + t * (places[right] - places[left])
    return evenly
