"""Samples embedded in the plane, so that similar ones are close together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.errors import ConfigError, suggest
from gan.latent.direction import Classify, Features
from gan.latent.directions import principal_components
from gan.latent.points import from_seeds, show
from gan.models import Generator

Method = Literal["pca", "tsne"]
METHODS: tuple[Method, ...] = ("pca", "tsne")
MIN_SAMPLES, MAX_SAMPLES = 10, 2000
MAX_FEATURES = 256  # pixels are many: t-SNE gets their first principal components
PERPLEXITY = 30.0  # van der Maaten & Hinton 2008: 5 to 50
ITERATIONS = 400  # at 1,000 the classes are separated no better, and it takes twice as long


@dataclass(frozen=True)
class LatentMap:
    """N samples in the plane; each has the same seed (and label) as everywhere else in the app."""

    xy: NDArray[np.float32]  # (N, 2) in [-1, 1]
    seeds: NDArray[np.int64]  # (N,)
    labels: NDArray[np.int64] | None  # (N,) the class it was drawn with or classified as
    x: Tensor  # (N, C, H, W) in [-1, 1], for thumbnails
    method: Method


def latent_map(
    g: Generator,
    count: int = 600,
    *,
    seed: int = 0,
    features: Features | None = None,
    classify: Classify | None = None,
    method: Method = "pca",
    psi: float = 1.0,
    side: int | None = None,
) -> LatentMap:
    """A map of the samples of seeds seed, seed + 1, ...; deterministic.

    Close in `features` (else in pixels) is close on the map: "pca" preserves directions and
    distances as well as two axes can, "tsne" preserves neighbours. No UMAP: it would add numba,
    llvmlite and pynndescent, and scikit-learn is here already. With `side` the pictures are first
    downscaled to that many px. `classify` labels the samples of a model without classes. Raises
    ConfigError for fewer than 10 or more than 2,000 samples.
    """
    if method not in METHODS:
        raise ConfigError(
            "there is no map {method}; {hint}", method=repr(method), hint=suggest(method, METHODS)
        )
    if not MIN_SAMPLES <= count <= MAX_SAMPLES:
        raise ConfigError(
            "a map takes {min_samples} to {max_samples} samples, got {got}; correct it",
            min_samples=MIN_SAMPLES,
            max_samples=MAX_SAMPLES,
            got=count,
        )
    seeds = np.arange(seed, seed + count)
    points = from_seeds(g, seeds.tolist())
    x = show(g, points, psi=psi, side=side)
    seen = _in_batches(features, x) if features is not None else x.flatten(1)
    labels = None
    if points.weights is not None:
        labels = points.weights.argmax(1).numpy()
    elif classify is not None:
        labels = _in_batches(classify, x).argmax(1).numpy()
    return LatentMap(_framed(_laid_out(seen, method)), seeds, labels, x, method)


@torch.no_grad()
def _in_batches(look: Features, x: Tensor) -> Tensor:
    return torch.cat([look(part) for part in x.split(256)])


def _laid_out(seen: Tensor, method: Method) -> NDArray[Any]:
    if method == "pca":
        return principal_components(seen, 2).coordinates.numpy()
    from sklearn.manifold import TSNE  # noqa: PLC0415 - two seconds to import

    if seen.shape[1] > MAX_FEATURES:
        seen = principal_components(seen, MAX_FEATURES).coordinates
    start = principal_components(seen, 2).coordinates
    # like TSNE's init="pca", with the signs fixed to be the same on every machine
    start = (start / start[:, 0].std().clamp_min(1e-12) * 1e-4).float()
    tsne = TSNE(
        init=start.numpy(),
        perplexity=min(PERPLEXITY, (len(seen) - 1) / 3),
        max_iter=ITERATIONS,
        random_state=0,
        n_jobs=1,
    )
    laid_out: NDArray[Any] = tsne.fit_transform(seen.float().numpy())
    return laid_out


def _framed(xy: NDArray[Any]) -> NDArray[np.float32]:
    """Centred, and scaled so that the farthest point lies on the edge of [-1, 1] x [-1, 1]."""
    xy = xy - (xy.max(0) + xy.min(0)) / 2
    framed: NDArray[np.float32] = (xy / max(float(np.abs(xy).max()), 1e-12)).astype(np.float32)
    return framed
