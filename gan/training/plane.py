"""What a training of points in the plane looks like at a moment: the pictures of a playground.

`plane_frame` draws no random numbers and changes nothing, so that a training is bit for bit the
same with and without it. The command {"command": "frames", "per_s": 10} to a run makes it write
the newest to `plane.json`, for five seconds after each such command; Trainer.frame makes one at any
time. Of saved weights: `plane_frame` with their G and D, and gan.training.learner.fixed_noise.

A frame as JSON (`PlaneFrame.row`) is an object of

    nimg, steps, seconds  the moment; steps is null for saved weights
    side, grid            cells a side of the heat map, points a side of the grid of z
    arrays                {name: {"shape": [...], "data": base64 of little-endian float16}}

with these arrays, where x and y are in [-1, 1], y up. Of every family:

    manifold  (grid, grid, 2)  G (not its average) on a grid over z from -2 to 2: [i, j] is
                               z = (u_j, v_i); only with z_dim 2, else missing
    samples   (N, 2)           G's samples for the fixed noise: row i is the same z in every frame,
                               so that it traces a path
    averaged  (N, 2)           the averaged generator's, for the same noise

Of a GAN:

    heat      (side, side)     D's logit at the cells' centres, [row, column]: the first row at
                               y = -1 + 1 / side, x ascending
    gradient  (N, 2)           the negative gradient of G's loss at each sample, times N: where its
                               own part of the mean asks it to go
    scores    (N,)             D's logit of each sample
    real_scores (M,)           D's logit of each real point it was given

Of a flow, at MOMENTS times t, evenly from 0 (the noise) to 1 (the samples):

    path      (MOMENTS, N, 2)  where each sample is at t; averaged_path: the averaged generator's
    field     (MOMENTS, F, F, 2)  the velocity at t (at 1: shortly before) on a grid, [row, column]:
                               from -FIELD_REACH to FIELD_REACH, y and x ascending

Of a drifting model:

    drift     (N, 2)           the field at each sample, among the others and as many real points:
                               the mean of the temperatures, as in gan.training.field

Values beyond float16 are its largest; what is no number is NaN. With classes, all of this is at the
labels of the fixed noise, heat and manifold at class 0. Real points are drawn from the data.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.config import RunConfig
from gan.kinds import kind_of
from gan.models import Discriminator, Generator
from gan.models.flow import FlowGenerator
from gan.training import objective
from gan.training.field import drift

SIDE, GRID_SIDE, SAMPLES = 48, 21, 256
MOMENTS, FIELD_SIDE, FIELD_REACH = 11, 13, 1.1
Z_REACH = 2.0  # standard deviations: 91 % of the samples lie within
FLOAT16_MOST = 65504.0


@dataclass(frozen=True)
class PlaneFrame:
    """One moment; `arrays` as this module's docstring says, float32."""

    nimg: int
    seconds: float
    steps: int | None = None
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The frame as JSON."""
        return {
            "nimg": self.nimg,
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "side": SIDE,
            "grid": GRID_SIDE,
            "arrays": {name: packed(values) for name, values in self.arrays.items()},
        }


def packed(values: NDArray[np.float32]) -> dict[str, Any]:
    """An array as its shape and base64 of little-endian float16."""
    halves = np.clip(values, -FLOAT16_MOST, FLOAT16_MOST).astype("<f2")
    return {"shape": list(values.shape), "data": base64.b64encode(halves.tobytes()).decode()}


def unpacked(packed: dict[str, Any]) -> NDArray[np.float32]:
    """The inverse of `packed`, to float16's precision."""
    halves = np.frombuffer(base64.b64decode(packed["data"]), "<f2")
    return halves.reshape(packed["shape"]).astype(np.float32)


def plane_frame(
    config: RunConfig,
    g: Generator,
    d: Discriminator | None,
    z: Tensor,
    labels: Tensor | None,
    x_real: Tensor,
    *,
    nimg: int,
    seconds: float,
    steps: int | None = None,
    averaged: Generator | None = None,
) -> PlaneFrame:
    """The frame of these networks.

    d: of a GAN. z (N, z_dim) and labels: the fixed noise. x_real (M, 2, 1, 1): real points, which
    only a drift and the losses that compare with real ones look at.
    """
    assert config.model.is_plane, "frames are of points in the plane"
    z, labels = z[:SAMPLES], None if labels is None else labels[:SAMPLES]
    modes = {network: network.training for network in (g, d) if network is not None}
    for network in modes:
        network.eval()
    try:
        with torch.no_grad():
            arrays = _sampled(g, z, labels, "samples", "path")
            if config.model.z_dim == 2:
                arrays["manifold"] = _manifold(g)
            if averaged is not None:
                arrays |= _sampled(averaged, z, labels, "averaged", "averaged_path")
            if isinstance(g, FlowGenerator):
                arrays["field"] = _field(g)
            if d is not None:
                arrays["heat"] = _heat(d)
        if kind_of(config.model.family) == "drift":
            arrays["drift"] = _drift(config, arrays["samples"], labels, x_real)
        if d is not None:
            arrays |= _gradient_and_scores(config, d, arrays["samples"], labels, x_real)
    finally:
        for network, training in modes.items():
            network.train(training)
    plain = {name: a.detach().float().cpu().numpy() for name, a in arrays.items()}
    return PlaneFrame(nimg, seconds, steps, plain)


def _heat(d: Discriminator) -> Tensor:
    line = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y], -1).reshape(-1, 2, 1, 1)
    return _alone(d, points, _class_0(d, len(points))).view(SIDE, SIDE)


def _manifold(g: Generator) -> Tensor:
    line = torch.linspace(-Z_REACH, Z_REACH, GRID_SIDE)
    v, u = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([u, v], -1).reshape(-1, 2).to(next(g.parameters()).device)
    found: Tensor = g(z, _class_0(g, len(z))).view(GRID_SIDE, GRID_SIDE, 2)
    return found


def _sampled(
    g: Generator, z: Tensor, labels: Tensor | None, name: str, path: str
) -> dict[str, Tensor]:
    """The samples (N, 2) as `name`; of a flow also where they are on the way, as `path`: between
    two of its steps on the straight line."""
    if not isinstance(g, FlowGenerator):
        return {name: g(z, labels).flatten(1)}
    steps = torch.stack([x.flatten(1) for x in g.path(g.mapping(z, labels))])
    at = torch.linspace(0, len(steps) - 1, MOMENTS)
    before = at.long().clamp_max(len(steps) - 2)
    share = (at - before).to(steps)[:, None, None]
    return {name: steps[-1], path: torch.lerp(steps[before], steps[before + 1], share)}


def _field(g: FlowGenerator) -> Tensor:
    device = next(g.parameters()).device
    line = torch.linspace(-FIELD_REACH, FIELD_REACH, FIELD_SIDE)
    y, x = torch.meshgrid(line, line, indexing="ij")
    places = torch.stack([x, y], -1).reshape(-1, 2, 1, 1).to(device)
    t = torch.linspace(0, 1, MOMENTS).clamp_max(1 - 1 / (2 * g.steps)).to(device)
    many = places.repeat(MOMENTS, 1, 1, 1)
    klass = g.embedded(_class_0(g, len(many)), len(many))
    found = g.velocity(many, t.repeat_interleave(len(places)), klass)
    return found.view(MOMENTS, FIELD_SIDE, FIELD_SIDE, 2)


def _drift(config: RunConfig, samples: Tensor, labels: Tensor | None, x_real: Tensor) -> Tensor:
    """The drift of samples (N, 2) towards the first N real points."""
    real = x_real[: len(samples)].to(samples.device)
    return drift(samples, real, config.train.tau).field


def _class_0(network: Generator | Discriminator, count: int) -> Tensor | None:
    device = next(network.parameters()).device
    return torch.zeros(count, dtype=torch.int64, device=device) if network.classes else None


def _alone(d: Discriminator, x: Tensor, labels: Tensor | None) -> Tensor:
    """D's logits (N,) of x, each judged with copies of itself where D judges several together."""
    x = x.to(next(d.parameters()).device)
    size = d.grouping
    if size == 1:
        logits: Tensor = d(x, labels)
        return logits
    several = None if labels is None else labels.repeat_interleave(size)
    copies: Tensor = d(x.repeat_interleave(size, 0), several)
    return copies.view(-1, size).mean(1)


def _gradient_and_scores(
    config: RunConfig, d: Discriminator, samples: Tensor, labels: Tensor | None, x_real: Tensor
) -> dict[str, Tensor]:
    """The negative gradient of G's loss at samples (N, 2), times N, and D's logits of them and of
    as many real points."""
    x = samples.view(-1, 2, 1, 1).detach().requires_grad_(True)
    real = x_real[torch.arange(len(x)) % len(x_real)].to(x.device)
    with torch.enable_grad():
        fake = objective.as_float(d.outputs(x, labels))
        with torch.no_grad():
            real_logits = d.outputs(real, labels).logits.float()
        loss, _ = objective.g_objective(config, real_logits, fake, labels)
        (gradient,) = torch.autograd.grad(loss, x)
        scores, real_scores = d(x.detach(), labels), d(real, labels)
    return {
        "gradient": -gradient.flatten(1) * len(x),
        "scores": scores.detach(),
        "real_scores": real_scores.detach(),
    }
