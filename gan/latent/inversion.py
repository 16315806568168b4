"""GAN inversion: from a picture to its latent, by an encoder's guess and optimisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gan.errors import ConfigError
from gan.latent.direction import Features
from gan.latent.points import Points, concatenate, from_seeds, show
from gan.models import Generator

Encode = Callable[[Tensor], Points]  # x (N, C, H, W) in [-1, 1] -> an initial guess
Cancel = Callable[[], bool]

POOL = 256  # samples from which the other starts are chosen
MAX_RESTARTS, MAX_STEPS = 16, 2000
LR, LR_END = 0.2, 0.005  # of Adam on z, whose entries have a standard deviation of 1
WARM_FRACTION = 0.3  # of the steps at the full rate
PIXEL_WEIGHT = 1.0  # features capture content, pixels position
PRIOR_WEIGHT = 0.02
SLACK = 1.1  # z may be this much longer than typical noise before it is penalised
SURE = 5.0  # logit of a start's class: e^5 against 1 for every other
TELL_EVERY = 10  # steps
POLISH_STEPS = 40


@dataclass(frozen=True)
class InversionProgress:
    """The best picture so far."""

    step: int
    of: int
    distance: float  # distance to the target, in features
    x: Tensor  # (C, H, W) in [-1, 1]


@dataclass(frozen=True)
class Inverted:
    """The latent whose picture is closest to the target."""

    z: Tensor  # (z_dim,)
    weights: Tensor | None  # (classes,) summing to 1
    distance: float  # distance to the target, in features
    start_distance: float  # the same for the starting point
    before: Tensor  # (C, H, W), the picture at the starting point
    after: Tensor  # (C, H, W), the picture of (z, weights)
    cancelled: bool = False

    @property
    def points(self) -> Points:
        """As a single point, for walks and arithmetic."""
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
    """Find the point whose picture is closest to target (C, H, W) in [-1, 1]; Inverted comes last.

    Starts from the encoder's guess and the best of some hundred samples, `restarts` at once, and
    minimises feature and pixel distance, keeping z near the sphere of typical noise. Stops soon
    after `cancel()` is true, with the best so far. An RNN, which has no gradient, is not searched:
    its encoder gives the noise of the picture. Raises ConfigError for another shape.
    """
    _check(g, target, restarts, steps)
    aim = Aim.of(g, target, features, seed=seed)
    starts = aim.starts(encoder, restarts)
    first = aim.best_of(starts)
    if not g.gradients:
        steps = 0  # nothing to descend; its encoder is exact
    best, cancelled = first, False
    search = Search(aim, starts, max(steps, 1))
    for step in range(1, steps + 1):
        cancelled = cancel is not None and cancel()
        if cancelled:
            break
        search.step(step)
        if step % TELL_EVERY == 0 or step == steps:
            best = aim.better(best, aim.best_of(search.points()))
            yield InversionProgress(step, steps, best.distance, best.x)
    if steps and not cancelled:
        best = aim.better(best, aim.best_of(polished(aim, best.point)))
    weights = best.point.weights
    yield Inverted(
        z=best.point.z[0],
        weights=None if weights is None else weights[0],
        distance=best.distance,
        start_distance=first.distance,
        before=first.x,
        after=best.x,
        cancelled=cancelled,
    )


def _check(g: Generator, target: Tensor, restarts: int, steps: int) -> None:
    if tuple(target.shape) != g.image_shape or not bool(torch.isfinite(target).all()):
        raise ConfigError(
            "the picture must be {image_shape} and finite, got {got}; resize it",
            image_shape=g.image_shape,
            got=tuple(target.shape),
        )
    if not 1 <= restarts <= MAX_RESTARTS or not 1 <= steps <= MAX_STEPS:
        raise ConfigError(
            "a search takes 1 to {max_restarts} restarts and 1 to {max_steps} steps, got {got} "
            "and {steps}; correct them",
            max_restarts=MAX_RESTARTS,
            max_steps=MAX_STEPS,
            got=restarts,
            steps=steps,
        )


class PointFound(NamedTuple):
    """One point and the loss of its picture."""

    point: Points  # one point
    loss: float
    distance: float
    x: Tensor  # (C, H, W)


@dataclass(frozen=True)
class Aim:
    """The target and the loss, scaled so that random samples have distances of 1."""

    g: Generator
    features: Features
    target: Tensor  # (1, C, H, W)
    seen: Tensor  # (1, F)
    feature_scale: float
    pixel_scale: float
    pool: Points
    pool_losses: Tensor  # (POOL,)

    @staticmethod
    @torch.no_grad()
    def of(g: Generator, target: Tensor, features: Features, *, seed: int) -> Aim:
        """Measure the pool of samples once."""
        pool = from_seeds(g, range(seed, seed + POOL))
        x = show(g, pool).clone()  # inference-mode tensors cannot be used outside of it
        f = features(x)
        pixel_scale = float(2 * x.var(0).mean())
        feature_scale = float(2 * f.var(0).sum())
        seen = features(target[None])
        feature_part = (f - seen).square().sum(1) / max(feature_scale, 1e-12)
        pixel_part = (x - target).square().flatten(1).mean(1) / max(pixel_scale, 1e-12)
        return Aim(
            g, features, target[None], seen, max(feature_scale, 1e-12), max(pixel_scale, 1e-12),
            pool, feature_part + PIXEL_WEIGHT * pixel_part,
        )  # fmt: skip

    def starts(self, encoder: Encode | None, restarts: int) -> Points:
        """The encoder's guess and the closest samples of the pool."""
        chosen = []
        if encoder is not None:
            with torch.no_grad():
                guess = encoder(self.target)
            chosen.append(Points(guess.z.clone(), guess.weights))
        wanted = restarts - len(chosen)
        if wanted:
            chosen.append(self.pool.at(self.pool_losses.argsort()[:wanted]))
        return concatenate(chosen)

    def losses(self, points: Points) -> tuple[Tensor, Tensor, Tensor]:
        """Losses (N,), squared feature distances (N,) and pictures (N, C, H, W)."""
        x = self.g.synthesis(self.g.mapping(points.z, points.weights)).float()
        squared = (self.features(x) - self.seen).square().sum(1)
        pixel = (x - self.target).square().flatten(1).mean(1)
        loss = squared / self.feature_scale + PIXEL_WEIGHT * pixel / self.pixel_scale
        length = points.z.norm(dim=1) / math.sqrt(points.z.shape[1])
        too_long = (length - SLACK).clamp_min(0).square()
        return loss + PRIOR_WEIGHT * too_long * points.z.shape[1], squared, x

    @torch.no_grad()
    def best_of(self, points: Points) -> PointFound:
        """The best of the points."""
        losses, squared, x = self.losses(points)
        i = int(losses.nan_to_num(math.inf).argmin())
        return PointFound(points.at([i]), float(losses[i]), float(squared[i].sqrt()), x[i].clone())

    def better(self, one: PointFound, other: PointFound) -> PointFound:
        """The better of two."""
        return other if other.loss < one.loss else one


class Search:
    """Adam on all starts at once; they are independent."""

    def __init__(self, aim: Aim, starts: Points, steps: int) -> None:
        self.aim, self.steps = aim, steps
        self.z = starts.z.detach().clone().requires_grad_()
        self.logits = None
        if starts.weights is not None:
            sure = starts.weights.clamp_min(math.exp(-SURE)).log()
            self.logits = sure.detach().clone().requires_grad_()
        self.tuned = [self.z] if self.logits is None else [self.z, self.logits]
        self.optimizer = torch.optim.Adam(self.tuned, lr=LR, betas=(0.9, 0.99))

    @torch.enable_grad()
    def step(self, number: int) -> None:
        """One update, `number` from 1; the learning rate follows a cosine after a while."""
        done = number / self.steps
        falling = max(0.0, (done - WARM_FRACTION) / (1 - WARM_FRACTION))
        rate = LR_END + (LR - LR_END) * 0.5 * (1 + math.cos(math.pi * falling))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        points = Points(self.z, None if self.logits is None else self.logits.softmax(1))
        _give(self.tuned, self.aim.losses(points)[0].sum())
        self.optimizer.step()

    def points(self) -> Points:
        """The current points."""
        weights = None if self.logits is None else self.logits.detach().softmax(1)
        return Points(self.z.detach().clone(), weights)


def polished(aim: Aim, start: Points) -> Points:
    """Final phase: L-BFGS on the best point alone, also with its class made one-hot."""
    starts = [start]
    if start.weights is not None:
        certain = torch.nn.functional.one_hot(start.weights.argmax(1), start.weights.shape[1])
        starts.append(Points(start.z, certain.to(start.z)))
    return concatenate([_descended(aim, point) for point in starts])


def _give(tuned: list[Tensor], loss: Tensor) -> None:
    # not backward(): the generator is shared and must not accumulate gradients
    for tensor, gradient in zip(tuned, torch.autograd.grad(loss, tuned), strict=True):
        tensor.grad = gradient


@torch.enable_grad()
def _descended(aim: Aim, start: Points) -> Points:
    z = start.z.detach().clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [z], max_iter=POLISH_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        value = aim.losses(Points(z, start.weights))[0].sum()
        _give([z], value)
        return float(value.detach())

    optimizer.step(loss)
    return Points(z.detach().clone(), start.weights)
