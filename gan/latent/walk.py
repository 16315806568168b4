"""Between points and around them: interpolation, closed loops, arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from gan.latent.points import Points
from gan.models import Generator

Space = Literal["z", "w"]
Measure = Callable[[Points], Tensor]  # N points -> (N, F): what a constant speed is constant in
MAX_KEYFRAMES = 8


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
    raise NotImplementedError


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
    raise NotImplementedError


def combine(a: Points, b: Points, c: Points) -> Points:
    """A - B + C, one point of each (or N): the length of z restored, weights kept a mixture."""
    raise NotImplementedError
