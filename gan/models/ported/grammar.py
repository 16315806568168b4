"""The grammar of chain layers: each word's syntax, output shape and module."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

Shape = tuple[int, ...]  # (units,) or (C, H, W)
Numbers = dict[str, float]

BN_EPS = 1e-5  # torch's own


class Kind(NamedTuple):
    """One word of the grammar."""

    pattern: str  # of its arguments
    after: Callable[[Numbers, Shape], Shape | None]  # the output shape; None if invalid
    build: Callable[[Numbers, Shape], nn.Module]


class Signed(nn.Module):
    """Maps [0, 1] to [-1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return 2 * x - 1


class Clip(nn.Module):
    """Clamp to [-1, 1]: for a generator without a final activation."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return x.clamp(-1, 1)


class Crop(nn.Module):
    """The upper left corner of each map."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, side, side)."""
        return x[:, :, : self.side, : self.side]


class Enlarge(nn.Module):
    """Upsampling by `factor`, nearest or bilinear."""

    def __init__(self, factor: int, *, bilinear: bool) -> None:
        super().__init__()
        self.factor, self.bilinear = factor, bilinear

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, factor H, factor W)."""
        scale = float(self.factor)
        if not self.bilinear:
            return F.interpolate(x, scale_factor=scale, mode="nearest")
        return F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)


class Pool(nn.Module):
    """Global pooling of (N, C, H, W) to (N, C): the sum, or the mean."""

    def __init__(self, *, mean: bool) -> None:
        super().__init__()
        self.mean = mean

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C)."""
        pooled: Tensor = x.mean(dim=(2, 3)) if self.mean else x.sum(dim=(2, 3))
        return pooled


def _linear_after(n: Numbers, shape: Shape) -> Shape | None:
    return (int(n["o"]),) if shape == (n["i"],) else None


def _conv_after(n: Numbers, shape: Shape) -> Shape | None:
    if len(shape) != 3 or shape[0] != n["i"] or min(n["k"], n["s"]) < 1:
        return None
    sides = [int((side + 2 * n["p"] - n["k"]) // n["s"] + 1) for side in shape[1:]]
    return (int(n["o"]), *sides)


def _deconv_after(n: Numbers, shape: Shape) -> Shape | None:
    if len(shape) != 3 or shape[0] != n["i"] or min(n["k"], n["s"]) < 1 or n["a"] >= n["s"]:
        return None
    sides = [int((side - 1) * n["s"] - 2 * n["p"] + n["k"] + n["a"]) for side in shape[1:]]
    return (int(n["o"]), *sides)


def _reshape_after(n: Numbers, shape: Shape) -> Shape | None:
    wanted = (int(n["c"]), int(n["h"]), int(n["w"]))
    return wanted if len(shape) == 1 and math.prod(wanted) == shape[0] else None


def _upsample_after(n: Numbers, shape: Shape) -> Shape | None:
    f = int(n["f"])
    return (shape[0], f * shape[1], f * shape[2]) if len(shape) == 3 and f > 1 else None


def _shuffle_after(n: Numbers, shape: Shape) -> Shape | None:
    if len(shape) != 3 or shape[0] % 4:
        return None
    return (shape[0] // 4, 2 * shape[1], 2 * shape[2])


def _crop_after(n: Numbers, shape: Shape) -> Shape | None:
    side = int(n["n"])
    return (shape[0], side, side) if len(shape) == 3 and side <= min(shape[1:]) else None


def _prelu_after(n: Numbers, shape: Shape) -> Shape | None:
    return shape if n["n"] in (1, shape[0]) else None


def _instance_after(n: Numbers, shape: Shape) -> Shape | None:
    # a single pixel has no variance
    return shape if len(shape) == 3 and shape[0] == n["n"] and math.prod(shape[1:]) > 1 else None


def _layer_after(n: Numbers, shape: Shape) -> Shape | None:
    return shape if shape == (n["n"],) else None


def _build_linear(n: Numbers, shape: Shape) -> nn.Module:
    return nn.Linear(int(n["i"]), int(n["o"]), bias=bool(n["bias"]))


def _build_conv(n: Numbers, shape: Shape) -> nn.Module:
    i, o, k, s, p = (int(n[key]) for key in "ioksp")
    return nn.Conv2d(i, o, k, s, p, bias=bool(n["bias"]))


def _build_deconv(n: Numbers, shape: Shape) -> nn.Module:
    i, o, k, s, p, a = (int(n[key]) for key in "iokspa")
    return nn.ConvTranspose2d(i, o, k, s, p, a, bias=bool(n["bias"]))


def _build_bn(n: Numbers, shape: Shape) -> nn.Module:
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return kind(int(n["n"]), eps=n["eps"] or BN_EPS)


def _same(n: Numbers, shape: Shape) -> Shape:
    return shape


def _pooled(n: Numbers, shape: Shape) -> Shape | None:
    return shape[:1] if len(shape) == 3 else None


def _plain(module: Callable[[], nn.Module]) -> Kind:
    return Kind("", _same, lambda n, shape: module())


_IO = r" (?P<i>\d{1,7}) (?P<o>\d{1,7})"
_KSP = r" k(?P<k>\d{1,2}) s(?P<s>\d) p(?P<p>\d)"
_BIAS = r"(?P<bias> bias)?"
_SMALL = r"\d\.\d{1,8}"

KINDS = {
    "linear": Kind(_IO + _BIAS, _linear_after, _build_linear),
    "conv": Kind(_IO + _KSP + _BIAS, _conv_after, _build_conv),
    "deconv": Kind(_IO + _KSP + r"( o(?P<a>\d))?" + _BIAS, _deconv_after, _build_deconv),
    "bn": Kind(
        rf" (?P<n>\d{{1,7}})( eps (?P<eps>{_SMALL}))?",
        lambda n, shape: shape if shape[0] == n["n"] else None,
        _build_bn,
    ),
    "relu": _plain(nn.ReLU),
    "leaky": Kind(rf" (?P<slope>{_SMALL})", _same, lambda n, shape: nn.LeakyReLU(n["slope"])),
    "tanh": _plain(nn.Tanh),
    "sigmoid": _plain(nn.Sigmoid),
    "signed": _plain(Signed),
    "elu": _plain(nn.ELU),
    "selu": _plain(nn.SELU),
    "gelu": _plain(nn.GELU),
    "silu": _plain(nn.SiLU),
    "softplus": _plain(nn.Softplus),
    "prelu": Kind(r" (?P<n>\d{1,7})", _prelu_after, lambda n, shape: nn.PReLU(int(n["n"]))),
    "instance": Kind(
        r" (?P<n>\d{1,7})",
        _instance_after,
        lambda n, shape: nn.InstanceNorm2d(int(n["n"]), affine=True),
    ),
    "layernorm": Kind(r" (?P<n>\d{1,7})", _layer_after, lambda n, shape: nn.LayerNorm(int(n["n"]))),
    "clip": _plain(Clip),
    "crop": Kind(r" (?P<n>\d{1,4})", _crop_after, lambda n, shape: Crop(int(n["n"]))),
    "upsample": Kind(
        r" (?P<f>\d)(?P<bilinear> bilinear)?",
        _upsample_after,
        lambda n, shape: Enlarge(int(n["f"]), bilinear=bool(n["bilinear"])),
    ),
    "shuffle": Kind(" 2", _shuffle_after, lambda n, shape: nn.PixelShuffle(2)),
    "reshape": Kind(
        r" (?P<c>\d{1,5}) (?P<h>\d{1,4}) (?P<w>\d{1,4})",
        _reshape_after,
        lambda n, shape: nn.Unflatten(1, (int(n["c"]), int(n["h"]), int(n["w"]))),
    ),
    "flatten": Kind("", lambda n, shape: (math.prod(shape),), lambda n, shape: nn.Flatten()),
    "sum": Kind("", _pooled, lambda n, shape: Pool(mean=False)),
    "mean": Kind("", _pooled, lambda n, shape: Pool(mean=True)),
}
