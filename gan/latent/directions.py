"""Directions through latent space, for every family: found, drawn, ranked.

A direction is a move of z, of the class weights, or of both. A slider at 1.0 is one standard
deviation of where the model's own samples lie along it, so that a step means the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from torch import Tensor

from gan.latent.points import Points
from gan.models import Generator

Kind = Literal["pca", "sefa", "class", "drawn"]
Features = Callable[[Tensor], Tensor]  # x (N, C, H, W) in [-1, 1] -> (N, F)
Classify = Callable[[Tensor], Tensor]  # x (N, C, H, W) in [-1, 1] -> class logits (N, classes)


@dataclass(frozen=True)
class Direction:
    """One slider. Compared by identity; `to_json` and `from_json` live in gan.latent.files."""

    name: str  # "pca 1", "sefa 3", a class name, or what its drawer called it
    kind: Kind
    vector: Tensor  # (z_dim,) float32: what 1.0 adds to z; zero for a pure move of class weights
    sigma: float  # length of `vector`: the standard deviation of z along it
    share: float | None = None  # of variance (pca), of squared singular values (sefa), else None
    classes: Tensor | None = None  # (classes,) what 1.0 adds to the class weights; sums to 0
    effect: float | None = None  # how far the pictures at -1 and +1 lie apart; set by `rank`

    def move(self, points: Points, amount: float) -> Points:
        """`points` moved by `amount` sigmas."""
        z = points.z + amount * self.vector
        if self.classes is None or points.weights is None:
            return Points(z, points.weights)
        return Points(z, points.weights + amount * self.classes)


class Fit(NamedTuple):
    """A drawn direction, and how well it tells the samples apart that it was drawn from."""

    direction: Direction
    separated: float  # fraction of the marked samples on their right side
    held_out: float  # the same, each judged by a fit without it: 0.5 is chance


def pca_directions(g: Generator, *, count: int = 12, seed: int = 0) -> tuple[Direction, ...]:
    """Principal components of w, or of the first layer's activations where w is z itself.

    Härkönen et al. 2020 (GANSpace): PCA of what z makes, then for each component the z-direction
    that regression finds for its coordinate. Best first, at most `count` and at most z_dim.
    """
    raise NotImplementedError


def sefa_directions(g: Generator, *, count: int = 12) -> tuple[Direction, ...]:
    """Eigenvectors of AᵀA, A the first affine weight that meets z; Shen & Zhou 2021 (SeFa)."""
    raise NotImplementedError


def class_directions(
    g: Generator,
    *,
    class_names: Sequence[str] = (),
    classify: Classify | None = None,
    seed: int = 0,
) -> tuple[Direction, ...]:
    """One direction towards each class.

    A conditional model moves its class weights: `classes` = (one-hot - 1/classes) / 3 or so, so
    that 1.0 is the standard deviation of one-hot labels along it; `vector` is zero. A model without
    classes moves z towards the mean of the samples that `classify` takes for the class; classes
    with fewer than 8 of the samples are left out, and so is everything without `classify`.
    """
    raise NotImplementedError


def fit_direction(
    plus_z: Tensor,
    minus_z: Tensor,
    *,
    name: str = "drawn",
    plus_weights: Tensor | None = None,
    minus_weights: Tensor | None = None,
) -> Fit:
    """ "Draw me a direction": from samples marked less to samples marked more.

    Regularised logistic regression, from 2 + 2 samples on. plus_z (P, z_dim), minus_z (M, z_dim);
    with class weights (P, classes) and (M, classes) the direction moves these too. Raises
    ConfigError for fewer samples or shapes that differ.
    """
    raise NotImplementedError


def rank(
    g: Generator,
    directions: Sequence[Direction],
    *,
    count: int = 8,
    seed: int = 0,
    features: Features | None = None,
) -> tuple[Direction, ...]:
    """The `count` directions that change the picture most per sigma, no two alike.

    Distance in `features`, or in pixels without; duplicates by cosine are dropped, class moves take
    at most every fourth place. A longer list begins with the shorter one.
    """
    raise NotImplementedError


def ranked_directions(
    g: Generator,
    *,
    count: int = 8,
    seed: int = 0,
    features: Features | None = None,
    classify: Classify | None = None,
    class_names: Sequence[str] = (),
) -> tuple[Direction, ...]:
    """The short list for the board: PCA, SeFa and class directions, ranked. Same for same seed."""
    raise NotImplementedError
