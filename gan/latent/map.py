"""Samples laid out in the plane, near what looks alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gan.latent.direction import Classify, Features
from gan.models import Generator

Method = Literal["pca", "tsne"]


@dataclass(frozen=True)
class LatentMap:
    """N samples in the plane; each is its seed (and label) everywhere else in the app."""

    xy: NDArray[np.float32]  # (N, 2) in [-1, 1]
    seeds: NDArray[np.int64]  # (N,)
    labels: NDArray[np.int64] | None  # (N,) the class it was drawn with, or looks like
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
) -> LatentMap:
    """A map of the samples of seeds seed, seed + 1, ...; the same on every call.

    Near in `features` (in pixels without) is near on the map. `classify` names the classes of a
    model that has none. Raises ConfigError for fewer than 10 or more than 2,000 samples.
    """
    raise NotImplementedError
