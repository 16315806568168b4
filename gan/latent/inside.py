"""What happens between z and the picture, and what the discriminator makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from gan.latent.points import Points
from gan.models import Discriminator, Generator

LayerKind = Literal["dense", "start", "up", "conv", "image"]


@dataclass(frozen=True)
class Layer:
    """One stage of the generator, after its normalisation and nonlinearity."""

    kind: LayerKind  # dense: a vector; start: the first map; up: doubled; conv: refined; image
    name: str  # in words: "upsampling to 14 px, 36 maps"
    maps: Tensor  # (C, h, w) float32; a dense layer is one map of its units, row by row


@dataclass(frozen=True)
class Judgement:
    """What D says of one picture."""

    score: float  # the logit: above 0 is rather real, for losses with a fixed zero
    pull: Tensor  # (H, W) in [0, 1]: where a change would move the score most
    gradient: Tensor  # (C, H, W): the smoothed gradient itself; + is "brighter is more real"


def activations(g: Generator, points: Points, *, psi: float = 1.0) -> list[Layer]:
    """Every stage's feature maps for the first of `points`, input to output, for every family."""
    raise NotImplementedError


def judge(
    d: Discriminator | None, x: Tensor, labels: Tensor | None = None, *, seed: int = 0
) -> Judgement | None:
    """D's score of x (C, H, W) in [-1, 1] and where it comes from; None where there is no D.

    labels: (1,) int64 or class weights (1, classes). The gradient is averaged over noisy copies
    (Smilkov et al. 2017, SmoothGrad) and blurred a little.
    """
    raise NotImplementedError
