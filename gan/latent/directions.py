"""Directions for any generator: GANSpace, SeFa, classes, drawn ones, and their ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from gan.images import shrink
from gan.latent.direction import Classify, Direction, Features, Kind, cosine
from gan.latent.drawing import Fit, fit_direction
from gan.latent.points import Points, concatenate, from_seeds, one_hot, show
from gan.latent.trace import is_affine, is_nonlinear, trace, weight_matrix
from gan.models import Generator
from gan.sampling import at_once, latents

__all__ = [
    "Classify", "Direction", "Features", "Fit", "Kind", "class_directions", "fit_direction",
    "pca_directions", "principal_components", "rank", "ranked_directions", "sefa_directions",
]  # fmt: skip

MIN_SAMPLES = 512
MOST_CLASSES = 16  # samples for a PCA
MIN_OF_CLASS = 8
CANDIDATES = 12  # of each kind, before ranking
ANCHORS = 8  # samples per direction for ranking
DIFFERENCE_PX = 64  # finite-difference step along each component of w
SAME_COSINE = 0.6
CLASS_EVERY = 4  # class moves take at most every fourth place: there is a class control too


class Components(NamedTuple):
    """Principal components, the largest first."""

    axes: Tensor  # (K, D) unit vectors
    coordinates: Tensor  # (N, K)
    share: Tensor  # share of the variance


def principal_components(x: Tensor, count: int) -> Components:
    """PCA of x (N, D), exact, through the smaller of covariance and Gram matrix.

    As scikit-learn's with svd_solver="full", except for signs: here each axis's entry of largest
    magnitude is positive.
    """
    x = x.double() - x.double().mean(0)
    wide = x.shape[1] > x.shape[0]
    values, vectors = torch.linalg.eigh(x @ x.T if wide else x.T @ x)
    count = min(count, len(values))
    values, vectors = values.flip(0)[:count].clamp_min(0), vectors.flip(1)[:, :count]
    axes = (x.T @ vectors).T if wide else vectors.T  # (K, D)
    axes = axes / axes.norm(dim=1, keepdim=True).clamp_min(1e-12)
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    axes = axes * torch.where(largest < 0, -1.0, 1.0)
    return Components(axes, x @ axes.T, values / x.square().sum().clamp_min(1e-12))


def pca_directions(
    g: Generator, *, count: int = CANDIDATES, seed: int = 0
) -> tuple[Direction, ...]:
    """Principal components of w, or of the first layer's activations if w is z itself.

    Härkönen et al. 2020 (GANSpace): PCA of the activations, then for each component the z-direction
    from a regression on its coordinate. Departure: the coordinate is regressed on z, not z on the
    coordinate; for Gaussian z both point the same way, and this one is far less noisy. Each class
    is centred separately, since z cannot move between them. Best first, at most z_dim. Of an RNN
    and a flow it is the PCA of the pictures: their z has no layer of its own.
    """
    points, groups = _samples(g, seed)
    seen = _first_activations(g, points)
    found = principal_components(_centred(seen, groups), min(count, g.z_dim))
    vectors = _regressed(points.z, found.coordinates)
    return _numbered("pca", vectors, found.share)


def sefa_directions(g: Generator, *, count: int = CANDIDATES) -> tuple[Direction, ...]:
    """Eigenvectors of AᵀA, A the first affine weight applied to z; Shen & Zhou 2021 (SeFa).

    If the mapping is not the identity they are found in w, and each is carried over to z by
    regressing its coordinate. If a family's first layer is not affine, A comes from finite
    differences. An RNN and a flow have none: their z is noise of a picture's size, and no one
    layer weighs it.
    """
    if not g.layered:
        return ()
    weight = _first_weight(g)
    straight = _maps_straight(g)
    a = weight[:, : g.z_dim].double() if straight else weight.double()
    values, vectors = torch.linalg.eigh(a.T @ a)
    values, axes = values.flip(0).clamp_min(0), vectors.flip(1).T  # (K, z_dim or w_dim)
    count = min(count, len(axes), g.z_dim)
    share = values[:count] / values.sum().clamp_min(1e-12)
    if not straight:
        points, groups = _samples(g, 0)
        w = _centred(_w_of(g, points), groups)
        return _numbered("sefa", _regressed(points.z, w.double() @ axes[:count].T), share)
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return _numbered("sefa", (axes * torch.where(largest < 0, -1.0, 1.0))[:count], share)


def class_directions(
    g: Generator,
    *,
    class_names: Sequence[str] = (),
    classify: Classify | None = None,
    seed: int = 0,
) -> tuple[Direction, ...]:
    """One direction towards each class.

    A conditional model moves its class weights (`vector` is zero): 1.0 is the standard deviation of
    one-hot labels along the way, and about three of them add the whole class. A model without
    classes moves z along the difference between the mean of the samples that `classify` assigns to
    the class and the mean of all; classes with fewer than 8 samples in 512 are left out, and
    without `classify` there are none.
    """
    if g.classes:
        return _class_moves(g, class_names)
    if classify is None:
        return ()
    points = from_seeds(g, _seeds(g, seed))
    logits = torch.cat([classify(x) for x in show(g, points).split(256)])
    names = _names(class_names, logits.shape[1])
    looks = one_hot_of(logits.argmax(1), logits.shape[1])
    chosen = [c for c in range(len(names)) if looks[:, c].sum() >= MIN_OF_CLASS]
    # regressing membership on z gives the difference of means, less finite-sample noise
    vectors = _regressed(points.z, _centred(looks[:, chosen].double(), None))
    return tuple(
        Direction(names[c], "class", v.clone(), 1.0) for c, v in zip(chosen, vectors, strict=True)
    )


class Drawn(NamedTuple):
    """How many pictures of a model a search for each kind of direction draws."""

    pca: int
    sefa: int
    of_classes: int


def pictures_drawn(g: Generator) -> Drawn:
    """Counted before any is drawn."""
    samples = len(_seeds(g, 0))
    differences = 2 * g.w_dim if g.layered and _affine_weight(g) is None else 0
    return Drawn(0 if g.layered else samples, differences, 0 if g.classes else samples)


def one_hot_of(labels: Tensor, classes: int) -> Tensor:
    """labels (N,) int64 -> (N, classes) float."""
    return torch.nn.functional.one_hot(labels, classes).float()


def rank(
    g: Generator,
    directions: Sequence[Direction],
    *,
    count: int = 8,
    seed: int = 0,
    features: Features | None = None,
    after: Sequence[Direction] = (),
) -> tuple[Direction, ...]:
    """The `count` directions that change the picture most per sigma, without near-duplicates.

    Distance in `features`, else in pixels; duplicates by cosine are dropped, and class moves take
    at most every fourth place. A longer list begins with the shorter one. The list continues from
    `after`, which counts.
    """
    measured = _with_effects(g, directions, seed=seed, features=features)
    left = sorted(measured, key=lambda d: -(d.effect or 0.0))  # stable: ties keep their order
    chosen = list(after)
    while left and len(chosen) < count:
        of_class = sum(d.kind == "class" for d in chosen)
        full = of_class >= (len(chosen) + 1) // CLASS_EVERY
        best = next((d for d in left if not (full and d.kind == "class")), left[0])
        left.remove(best)
        if all(abs(cosine(best, d)) < SAME_COSINE for d in chosen):
            chosen.append(best)
    return tuple(chosen)


def ranked_directions(
    g: Generator,
    *,
    count: int = 8,
    seed: int = 0,
    features: Features | None = None,
    classify: Classify | None = None,
    class_names: Sequence[str] = (),
) -> tuple[Direction, ...]:
    """The board's short list: PCA, SeFa and class directions, ranked. Deterministic for a seed.

    A longer list begins with the shorter one. It may be shorter than `count`: in z_dim dimensions
    there are only about as many dissimilar directions.
    """
    most = max(CANDIDATES, count)
    pca, sefa = pca_directions(g, count=most, seed=seed), sefa_directions(g, count=most)
    classes = class_directions(g, class_names=class_names, classify=classify, seed=seed)
    first = [*pca[:CANDIDATES], *sefa[:CANDIDATES], *classes]
    chosen = rank(g, first, count=count, seed=seed, features=features)
    if len(chosen) == count:
        return chosen
    rest = [*pca[CANDIDATES:], *sefa[CANDIDATES:]]
    return rank(g, rest, count=count, seed=seed, features=features, after=chosen)


def _with_effects(
    g: Generator, directions: Sequence[Direction], *, seed: int, features: Features | None
) -> list[Direction]:
    """Each direction with the mean distance between pictures at -1 and +1 sigma."""
    if not directions:
        return []
    anchors = from_seeds(g, _seeds(g, seed)[:ANCHORS])
    ends = concatenate([d.move(anchors, t) for d in directions for t in (-1.0, 1.0)])
    seen = _seen(show(g, ends), features)
    low, high = seen.view(len(directions), 2, len(anchors), -1).unbind(1)
    effects = (high - low).norm(dim=2).mean(1)
    return [replace(d, effect=float(e)) for d, e in zip(directions, effects, strict=True)]


@torch.no_grad()
def _seen(x: Tensor, features: Features | None) -> Tensor:
    """x (N, C, H, W) as vectors whose distance measures visual difference."""
    if features is None:
        return x.flatten(1)
    return torch.cat([features(part) for part in x.split(256)])


def _seeds(g: Generator, seed: int) -> range:
    return range(seed, seed + max(MIN_SAMPLES, 2 * g.z_dim))


def _samples(g: Generator, seed: int) -> tuple[Points, Tensor | None]:
    """Samples balanced over at most 16 classes, and each one's class."""
    z = latents(g.z_dim, _seeds(g, seed))
    if not g.classes:
        return Points(z), None
    used = torch.linspace(0, g.classes - 1, min(g.classes, MOST_CLASSES)).round().long()
    labels = used[torch.arange(len(z)) % len(used)]
    return Points(z, one_hot(g, labels)), labels


@torch.no_grad()
def _w_of(g: Generator, points: Points) -> Tensor:
    return g.mapping(points.z, points.weights)


def _maps_straight(g: Generator) -> bool:
    """Whether the mapping is the identity: w begins with z."""
    points, _ = _samples(g, 0)
    few = points.at(slice(4))
    w = _w_of(g, few)
    return w.shape[1] >= g.z_dim and torch.equal(w[:, : g.z_dim], few.z)


def _first_activations(g: Generator, points: Points) -> Tensor:
    """(N, D): w, or if that is z itself, the output of the first nonlinearity."""
    if not g.layered:
        return show(g, points).flatten(1)
    w = _w_of(g, points)
    if not _maps_straight(g):
        return w
    steps, x = trace(g, w, until=is_nonlinear)
    return (x if x is not None else steps[-1].output).flatten(1)


@torch.no_grad()
def _affine_weight(g: Generator) -> Tensor | None:
    """A (outputs, w_dim), the first affine weight; None if none fits."""
    steps, _ = trace(g, _w_of(g, _samples(g, 0)[0].at(slice(1))), until=is_affine)
    weight = weight_matrix(steps[-1].module) if steps else None
    return weight if weight is not None and weight.shape[1] == g.w_dim else None


@torch.no_grad()
def _first_weight(g: Generator) -> Tensor:
    """The same, by finite differences at the mean w if none fits."""
    if (weight := _affine_weight(g)) is not None:
        return weight
    few = _samples(g, 0)[0].at(slice(1))
    mean = g.mean_w(1, few.weights)
    changes = [  # (..., C, H', W'): a thousand large pictures would exhaust memory
        shrink(g.synthesis(mean + small) - g.synthesis(mean - small), DIFFERENCE_PX)
        for small in (1e-2 * torch.eye(g.w_dim)).split(at_once(g))
    ]
    return torch.cat(changes).flatten(1).T / 2e-2


def _centred(x: Tensor, groups: Tensor | None) -> Tensor:
    """x (N, D) minus its group mean, or the overall mean."""
    if groups is None:
        return x - x.mean(0)
    out = x.clone()
    for group in groups.unique():
        mask = groups == group
        out[mask] -= x[mask].mean(0)
    return out


def _regressed(z: Tensor, coordinates: Tensor) -> Tensor:
    """Unit z-directions (K, z_dim) along which coordinates (N, K) grow fastest; least squares."""
    centred = z.double() - z.double().mean(0)
    slopes = torch.linalg.lstsq(centred, coordinates.double()).solution.T  # (K, z_dim)
    units: Tensor = slopes / slopes.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return units.float()


def _numbered(kind: Kind, vectors: Tensor, share: Tensor) -> tuple[Direction, ...]:
    # z is drawn from N(0, 1), so that a unit vector is one sigma long
    return tuple(
        Direction(f"{kind} {i + 1}", kind, v.float().clone(), 1.0, share=float(s))
        for i, (v, s) in enumerate(zip(vectors, share, strict=True))
    )


def _names(class_names: Sequence[str], classes: int) -> list[str]:
    return [class_names[c] if c < len(class_names) else str(c) for c in range(classes)]


def _class_moves(g: Generator, class_names: Sequence[str]) -> tuple[Direction, ...]:
    away = torch.eye(g.classes) - 1 / g.classes  # from the mean of all towards each class
    # one-hot labels have a standard deviation of 1 / sqrt(classes) in any such direction
    moves = away / away.norm(dim=1, keepdim=True).clamp_min(1e-12) / math.sqrt(g.classes)
    zero = torch.zeros(g.z_dim)
    names = _names(class_names, g.classes)
    return tuple(
        Direction(n, "class", zero, 0.0, classes=m.clone())
        for n, m in zip(names, moves, strict=True)
    )
