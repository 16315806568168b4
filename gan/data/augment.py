"""Differentiable augmentations of D's inputs, real and fake alike.

Zhao et al. 2020 (DiffAugment): colour, translation and cutout, with separate draws per image; here
each of the three is applied with a probability, so that p = 0 leaves the images unchanged.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

SHIFT = 1 / 8  # of the image's side; Zhao et al. 2020
HOLE = 1 / 2


class Draws(NamedTuple):
    """Augmentation parameters of N images; neutral values where none is applied."""

    brightness: Tensor  # (N,) offset, in [-0.5, 0.5]
    saturation: Tensor  # (N,) factor, in [0, 2]
    contrast: Tensor  # (N,) factor, in [0.5, 1.5]
    shift: Tensor  # (N, 2) down and right, in px
    hole: Tensor  # (N, 2) centre of the cutout, in px; far outside for none


def draw(count: int, resolution: int, p: float, generator: torch.Generator) -> Draws:
    """Parameters for `count` images, each augmentation with probability `p`, on the CPU."""
    turn = torch.rand(count, 3, generator=generator) < p
    u = torch.rand(count, 7, generator=generator)
    colour, moved, cut = turn[:, 0], turn[:, 1, None], turn[:, 2, None]
    most = int(resolution * SHIFT + 0.5)
    shift = (u[:, 3:5] * (2 * most + 1)).floor().long() - most
    hole = (u[:, 5:7] * (resolution + 1)).floor().long()
    return Draws(
        torch.where(colour, u[:, 0] - 0.5, 0.0),
        torch.where(colour, u[:, 1] * 2, 1.0),
        torch.where(colour, u[:, 2] + 0.5, 1.0),
        torch.where(moved, shift, 0),
        torch.where(cut, hole, -4 * resolution),
    )


def apply(x: Tensor, draws: Draws) -> Tensor:
    """x (N, C, H, W) augmented; differentiable in x. Padding is 0, grey."""
    draws = Draws(*(d.to(x.device) for d in draws))
    return _cut(_moved(_coloured(x, draws), draws.shift), draws.hole)


def _coloured(x: Tensor, draws: Draws) -> Tensor:
    b, s, c = (v.to(x.dtype).view(-1, 1, 1, 1) for v in draws[:3])
    x = x + b
    if x.shape[1] > 1:
        grey = x.mean(dim=1, keepdim=True)
        x = (x - grey) * s + grey
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (x - mean) * c + mean


def _moved(x: Tensor, shift: Tensor) -> Tensor:
    """Integer translation down and right, by two gathers from a padded image: cheap gradients."""
    _, channels, height, width = x.shape
    most = int(max(height, width) * SHIFT + 0.5)
    x = pad(x, (most, most, most, most))
    rows = most + torch.arange(height, device=x.device) - shift[:, :1]  # (N, H)
    columns = most + torch.arange(width, device=x.device) - shift[:, 1:]  # (N, W)
    x = x.gather(2, rows[:, None, :, None].expand(-1, channels, -1, x.shape[3]))
    return x.gather(3, columns[:, None, None, :].expand(-1, channels, height, -1))


def _cut(x: Tensor, hole: Tensor) -> Tensor:
    side = int(x.shape[2] * HOLE + 0.5)
    outside = []
    for axis, size in enumerate(x.shape[2:]):
        first = hole[:, axis : axis + 1] - side // 2
        at = torch.arange(size, device=x.device)
        outside.append((at < first) | (at >= first + side))  # (N, size)
    return x * (outside[0][:, None, :, None] | outside[1][:, None, None, :])
