"""lightweight-gan's attention: linear over the whole map and, since 0.21, over 3 x 3 px too."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEADS, HEAD_DIM = 8, 64
WIDTH = HEADS * HEAD_DIM
SCALE = HEAD_DIM**-0.5
NEAR = 3  # px
EPS = 1e-5


class Attended(nn.Module):
    """Pre-norm residual attention over the maps."""

    def __init__(self, width: int, edition: str) -> None:
        super().__init__()
        self.fn = (LinearAttention if edition == "0.20" else TwofoldAttention)(width)
        self.norm = ChannelNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, width, H, W), the same shape after."""
        attended: Tensor = self.fn(self.norm(x))
        return x + attended


class ChannelNorm(nn.Module):
    """Normalisation over channels at each position, with a learned scale and shift."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, width, 1, 1))
        self.b = nn.Parameter(torch.zeros(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, width, H, W), the same shape after."""
        centred = x - x.mean(1, keepdim=True)
        variance = centred.square().mean(1, keepdim=True)
        return centred / (variance + EPS).sqrt() * self.g + self.b


class Depthwise(nn.Module):
    """Depthwise 3x3 convolution, then a pointwise one."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        alone = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
        self.net = nn.Sequential(alone, nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """x (N, before, H, W) -> (N, after, H, W)."""
        h: Tensor = self.net(x)
        return h


class LinearAttention(nn.Module):
    """Softmax over q's channels and over k's places; Shen et al. 2021 (efficient attention)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_q = nn.Conv2d(width, WIDTH, 1, bias=False)
        self.to_kv = Depthwise(width, 2 * WIDTH)
        self.to_out = nn.Conv2d(WIDTH, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, width, H, W), the same shape after."""
        out: Tensor = self.to_out(F.gelu(linear_attention(self.to_q(x), self.to_kv(x))))
        return out


class TwofoldAttention(nn.Module):
    """Linear attention plus full attention over the surrounding 3 x 3 px."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_lin_q = nn.Conv2d(width, WIDTH, 1, bias=False)
        self.to_lin_kv = Depthwise(width, 2 * WIDTH)
        self.to_q = nn.Conv2d(width, WIDTH, 1, bias=False)
        self.to_kv = nn.Conv2d(width, 2 * WIDTH, 1, bias=False)
        self.to_out = nn.Conv2d(2 * WIDTH, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, width, H, W), the same shape after."""
        far = F.gelu(linear_attention(self.to_lin_q(x), self.to_lin_kv(x)))
        near = near_attention(self.to_q(x), self.to_kv(x))
        out: Tensor = self.to_out(torch.cat((far, near), dim=1))
        return out


def linear_attention(q: Tensor, kv: Tensor) -> Tensor:
    """q (N, WIDTH, H, W), kv (N, 2 WIDTH, H, W) -> (N, WIDTH, H, W)."""
    k, v = kv.chunk(2, dim=1)
    q, k, v = (t.unflatten(1, (HEADS, HEAD_DIM)).flatten(3) for t in (q, k, v))  # (N, 8, 64, H W)
    context = k.softmax(dim=3) @ v.transpose(2, 3)  # (N, 8, 64, 64)
    out = context.transpose(2, 3) @ (q.softmax(dim=2) * SCALE)  # (N, 8, 64, H W)
    whole: Tensor = out.flatten(1, 2).unflatten(2, kv.shape[2:])
    return whole


def near_attention(q: Tensor, kv: Tensor) -> Tensor:
    """The same shapes; positions beyond the border count as zeros."""
    k, v = (_around(t) for t in kv.chunk(2, dim=1))  # (N, 8, 64, 9, H W)
    q = q.unflatten(1, (HEADS, HEAD_DIM)).flatten(3) * SCALE  # (N, 8, 64, H W)
    likeness = (q[:, :, :, None] * k).sum(2)  # (N, 8, 9, H W)
    out = (likeness.softmax(dim=2)[:, :, None] * v).sum(3)  # (N, 8, 64, H W)
    whole: Tensor = out.flatten(1, 2).unflatten(2, kv.shape[2:])
    return whole


def _around(x: Tensor) -> Tensor:
    """(N, WIDTH, H, W) -> (N, 8, 64, 9, H W): each position's 3 x 3 neighbourhood."""
    unfolded = F.unfold(x, kernel_size=NEAR, padding=NEAR // 2)  # (N, WIDTH 9, H W)
    around: Tensor = unfolded.unflatten(1, (HEADS, HEAD_DIM, NEAR * NEAR))
    return around
