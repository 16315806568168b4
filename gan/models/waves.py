"""Noise of a picture's size in the basis of cosines, coarse waves first.

Families whose noise is as large as the picture take z in this basis: its first numbers move the
whole picture. The basis is orthonormal, so that z is normal if the noise is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def cosines(size: int) -> Tensor:
    """The orthonormal cosine basis (size, size), a wave a row; Ahmed et al. 1974 (DCT-II)."""
    # on the CPU even where only shapes are built: on meta tensors torch loads its compiler for it
    k = torch.arange(size, dtype=torch.float64, device="cpu")
    n = k + 0.5
    waves = (math.pi / size * k[:, None] * n).cos() * math.sqrt(2 / size)
    waves[0] /= math.sqrt(2)
    return waves


def coarse_first(channels: int, size: int) -> Tensor:
    """The waves of (channels, size, size), flat, by their frequency."""
    k = torch.arange(size, device="cpu")
    frequency = (k[:, None].square() + k.square()).expand(channels, size, size).flatten()
    return frequency.argsort(stable=True)


class Waves(nn.Module):
    """z (N, C * H * W), coarse waves first, to noise (N, C, H, W) and back; without weights."""

    waves: Tensor
    order: Tensor
    place: Tensor

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        order = coarse_first(channels, size)
        self.shape = (channels, size, size)
        self.register_buffer("waves", cosines(size), persistent=False)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("place", order.argsort(), persistent=False)

    def noise(self, z: Tensor) -> Tensor:
        """In z's dtype."""
        waves = self.waves.to(z)
        found: Tensor = waves.T @ z[:, self.place].unflatten(1, self.shape) @ waves
        return found

    def z(self, noise: Tensor) -> Tensor:
        """The inverse of `noise`."""
        waves = self.waves.to(noise)
        return (waves @ noise @ waves.T).flatten(1)[:, self.order]
