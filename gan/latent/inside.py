"""The generator's intermediate activations, and D's view of the picture."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.latent.points import Points
from gan.latent.trace import TracedLayer, is_affine, trace
from gan.models import Discriminator, Generator
from gan.sampling import truncate

LayerKind = Literal["dense", "start", "up", "conv", "step", "image"]
MOST_STEPS = 10
SIZES = (nn.Upsample, nn.AdaptiveAvgPool2d, nn.ZeroPad2d)
NOISY_COPIES = 16
NOISE = 0.1  # noise standard deviation, with pixels in [-1, 1]
BLUR_PX = 3


@dataclass(frozen=True)
class Layer:
    """One stage of the generator, after its normalisation and nonlinearity."""

    kind: LayerKind  # dense: a vector; start: the first map; up: larger; conv: refined
    name: str  # in words: "doubled to 14 x 14 px, 36 maps"
    maps: Tensor  # (C, h, w) float32; a dense layer is one map of its units, row by row


@dataclass(frozen=True)
class DiscriminatorView:
    """D's output for one picture."""

    score: float  # the logit: above 0 leans to real, for losses with a fixed zero
    pull: Tensor  # (H, W) in [0, 1]: where a change would affect the score most
    gradient: Tensor  # (C, H, W): the smoothed gradient itself; + is "brighter is more real"


@torch.no_grad()
def activations(g: Generator, points: Points, *, psi: float = 1.0) -> list[Layer]:
    """Every stage's feature maps for the first of `points`, input to output, for every family.

    A stage is an affine layer plus its normalisation and nonlinearity, up to the next one; of a
    family that makes a picture in steps, the picture after some of them. The last is the picture.
    """
    point = points.at(slice(1))
    w = truncate(g, g.mapping(point.z, point.weights), psi=psi, labels=point.weights)
    if (way := g.way(w)) is not None:
        return [*_on_the_way([x[0] for x in way]), _image(g.synthesis(w)[0])]
    steps, x = trace(g, w)
    assert x is not None
    outputs = _stages(steps)
    layers: list[Layer] = []
    size = 0  # px of the last map
    for output in outputs[:-1]:
        layers.append(_layer(output, size))
        size = output.shape[-1] if _is_maps(output) else size
    return [*layers, _image(x[0])]


def _on_the_way(pictures: list[Tensor]) -> list[Layer]:
    """All before the last, or MOST_STEPS of them, evenly; t goes from 0 to 1."""
    before = len(pictures) - 1
    chosen = torch.linspace(0, before, min(before, MOST_STEPS) + 1).long()[:-1].tolist()
    return [Layer("step", f"t = {i / before:.2f}", pictures[i].float()) for i in chosen]


def _stages(steps: list[TracedLayer]) -> list[Tensor]:
    """The output of each stage's last leaf module, (1, ...).

    A stage begins at an affine leaf, or at one that resizes the maps before it.
    """
    stages: list[Tensor] = []
    waits = False  # a stage has begun, and its affine leaf is yet to come
    for step in steps:
        affine, sizes = is_affine(step.module), isinstance(step.module, SIZES)
        if not stages or ((affine or sizes) and not waits):
            stages.append(step.output)
        else:
            stages[-1] = step.output
        waits = (waits or sizes) and not affine
    return stages


def _is_maps(output: Tensor) -> bool:
    return output.dim() == 4 and output.shape[-1] > 1


def _layer(output: Tensor, size_before: int) -> Layer:
    if not _is_maps(output):  # (1, units), or gates for maps: (1, units, 1, 1)
        units = output.flatten()
        return Layer("dense", f"{len(units):,} units", _as_map(units))
    _, count, height, width = output.shape
    size = f"{height} × {width} px, {count} maps"
    if size_before == 0:
        return Layer("start", f"first maps, {size}", output[0].float())
    if height > size_before:
        grown = "doubled" if height == 2 * size_before else "enlarged"
        return Layer("up", f"{grown} to {size}", output[0].float())
    return Layer("conv", f"refined at {size}", output[0].float())


def _image(x: Tensor) -> Layer:
    channels, height, width = x.shape
    what = {1: "grey", 4: "colour with transparency"}.get(channels, "colour")
    return Layer("image", f"the picture, {height} × {width} px, {what}", x.float())


def _as_map(units: Tensor) -> Tensor:
    """Units (U,) as one map (1, rows, columns), nearly square, zero-padded."""
    columns = math.ceil(math.sqrt(len(units)))
    rows = -(-len(units) // columns)
    return F.pad(units.float(), (0, rows * columns - len(units))).view(1, rows, columns)


def view_of(
    d: Discriminator | None, x: Tensor, labels: Tensor | None = None, *, seed: int = 0
) -> DiscriminatorView | None:
    """D's score of x (C, H, W) in [-1, 1] and its gradient map; None if there is no D.

    labels: (1,) int64 or class weights (1, classes). The gradient is averaged over noisy copies
    (Smilkov et al. 2017, SmoothGrad) and slightly blurred. D runs in eval mode on a copy.
    """
    if d is None:
        return None
    d = copy.deepcopy(d).eval().requires_grad_(False)
    draw = torch.Generator().manual_seed(seed)
    noise = NOISE * torch.randn((NOISY_COPIES, *x.shape), generator=draw).to(x)
    gradient = torch.stack([_gradient(d, x + n, labels) for n in noise]).mean(0)
    gradient = _blurred(gradient)
    pull = gradient.abs().sum(0)
    with torch.no_grad():
        score = float(d(x.clone()[None], labels).mean())
    return DiscriminatorView(score, pull / pull.max().clamp_min(1e-12), gradient)


@torch.no_grad()
def scores_alone(d: Discriminator, x: Tensor, labels: Tensor | None = None) -> Tensor:
    """D's scores (N,) of x (N, C, H, W), one picture per pass as in `view_of`.

    A D with packing or batch statistics scores a picture differently within a batch.
    """
    alone = [
        d(x[i : i + 1], None if labels is None else labels[i : i + 1]).mean() for i in range(len(x))
    ]
    return torch.stack(alone).float()


def _gradient(d: Discriminator, x: Tensor, labels: Tensor | None) -> Tensor:
    """The gradient (C, H, W) of D's score of x; one picture per pass, as D may use batch
    statistics."""
    with torch.enable_grad():
        x = x.clone()[None].requires_grad_()
        (gradient,) = torch.autograd.grad(d(x, labels).sum(), x)
    return gradient[0]


def _blurred(maps: Tensor) -> Tensor:
    """(C, H, W) through a small Gaussian blur."""
    radius = BLUR_PX // 2
    taps = torch.exp(-torch.arange(-radius, radius + 1).float().square() / 2).to(maps)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    padded = F.pad(maps[:, None], (radius,) * 4, mode="replicate")
    return F.conv2d(padded, kernel[None, None])[:, 0]
