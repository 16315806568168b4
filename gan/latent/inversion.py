"""From a picture back to the point that makes it: an encoder's guess, then optimisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from gan.latent.direction import Features
from gan.latent.points import Points
from gan.models import Generator

Encode = Callable[[Tensor], Points]  # x (N, C, H, W) in [-1, 1] -> where it may lie
Cancel = Callable[[], bool]


@dataclass(frozen=True)
class InversionProgress:
    """The best picture so far."""

    step: int
    of: int
    distance: float  # to the target, in features
    x: Tensor  # (C, H, W) in [-1, 1]


@dataclass(frozen=True)
class Inverted:
    """Where the picture lies, as well as the generator can make it."""

    z: Tensor  # (z_dim,)
    weights: Tensor | None  # (classes,) summing to 1
    distance: float  # to the target, in features
    start_distance: float  # the same, of the point it started from
    before: Tensor  # (C, H, W), the picture it started from
    after: Tensor  # (C, H, W), the picture of (z, weights)
    cancelled: bool = False

    @property
    def points(self) -> Points:
        """The one point, for walks and arithmetic."""
        return Points(self.z[None], None if self.weights is None else self.weights[None])


def invert(
    g: Generator,
    target: Tensor,
    *,
    features: Features,
    encoder: Encode | None = None,
    restarts: int = 4,
    steps: int = 200,
    seed: int = 0,
    cancel: Cancel | None = None,
) -> Iterator[InversionProgress | Inverted]:
    """Find the point whose picture is nearest to target (C, H, W) in [-1, 1]; Inverted comes last.

    Starts from the encoder's guess and from the best of some hundred samples, `restarts` at once,
    and minimises feature and pixel distance, z kept near the sphere that noise lives on. Stops
    soon after `cancel()` is true, with the best so far. Raises ConfigError for another shape.
    """
    raise NotImplementedError
