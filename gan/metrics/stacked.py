"""Which three digits samples show, and how many of the 1,000 modes (gan.data.stacked).

Lin et al. 2018 (PacGAN), section 4.2: of 26,000 samples, the modes that at least one shows, and the
KL divergence of their shares from the data's: 0.019 for a perfect generator, by chance. They tell
digits by a trained network; here each channel gets the class of its nearest example (1.2 % of
scikit-learn's digits get another's so, each told by the others). The same is done to real pictures:
that is the floor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan.data.imageset import Stack
from gan.data.stacked import CLASSES, DEPTH
from gan.metrics.plane import kl

SAMPLES = 26_000  # as in the papers
MODES = CLASSES**DEPTH
CHUNK = 2048


class StackedScores(NamedTuple):
    """How samples share the modes."""

    caught: int
    mode_kl: float  # nats, from the data's shares


def stacked_modes(pixels: Tensor, stack: Stack) -> Tensor:
    """The mode (N,) int64 of each picture (N, 3, H, W) uint8: its digits as a number, red first.

    Pictures of another size than the examples' are resized.
    """
    side = stack.examples.shape[-1]
    examples = stack.examples.flatten(1).double()
    middle = examples.mean(0)  # subtracted: small differences of large products are exact then
    examples = (examples - middle).float()
    squares = examples.square().sum(1)
    digits = []
    for some in pixels.split(CHUNK):
        x = some.float()
        if x.shape[-1] != side:
            x = interpolate(x, size=(side, side), mode="bilinear", antialias=True)
        flat = (x.flatten(0, 1).flatten(1) - middle.float()) @ examples.T  # (3 n, M)
        digits.append(stack.labels[(squares - 2 * flat).argmin(1)].view(len(some), DEPTH))
    hundreds = torch.tensor([100, 10, 1])
    return torch.cat([(d * hundreds).sum(1) for d in digits])


def stacked_scores(modes: Tensor, stack: Stack) -> StackedScores:
    """Of samples' modes (N,): the data's shares are the products of their digits' shares."""
    mine = torch.bincount(modes, minlength=MODES)
    digit = torch.bincount(stack.labels, minlength=CLASSES).double()
    theirs = digit[:, None, None] * digit[:, None] * digit
    return StackedScores(int((mine > 0).sum()), kl(mine, theirs.flatten()))
