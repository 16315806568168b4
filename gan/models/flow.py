"""Flow matching (Lipman et al. 2023; rectified flow, Liu et al. 2023): a network learns the
velocity that carries noise to data.

Between noise z and data x a point moves on the straight path x_t = (1 - t) z + t x, t from 0 to 1,
with velocity x - z. The network learns its mean over all paths through x_t; a sample follows that
mean from a z, in a fixed number of steps, so that the same z gives the same sample. z has the size
of the data.
"""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan.config import ModelConfig, SolverName
from gan.errors import ConfigError
from gan.families import halvings, layers_of, odd_pixels, pixels_of
from gan.models.protocol import IdentityGenerator, embed_labels
from gan.models.waves import Waves

TIME_WAVES = 8  # half periods in [0, 1] of the fastest sine of t
TOLD = 64  # width of what a layer is told of t and the class
MIXED = 128  # units between the places of the smallest map
LAST_WIDTH = 16  # channels at the picture's own size
BACK_ROUNDS = 12  # of the fixed point by which a step is undone

Velocity = Callable[[Tensor, float], Tensor]


def waves_of(t: Tensor) -> Tensor:
    """t (N,) in [0, 1] -> its cosines and sines (N, 2 * TIME_WAVES)."""
    angle = t[:, None] * (math.pi * torch.arange(1, TIME_WAVES + 1, device=t.device, dtype=t.dtype))
    return torch.cat([angle.cos(), angle.sin()], dim=1)


def _euler(v: Velocity, x: Tensor, t: float, step: float) -> Tensor:
    return step * v(x, t)


def _midpoint(v: Velocity, x: Tensor, t: float, step: float) -> Tensor:
    return step * v(x + step / 2 * v(x, t), t + step / 2)


# how far x goes in a step from t; Hairer et al. 1993, sections I.7 and II.1
SOLVERS: dict[SolverName, Callable[[Velocity, Tensor, float, float], Tensor]] = {
    "euler": _euler,
    "midpoint": _midpoint,
}
ASKS: dict[SolverName, int] = {"euler": 1, "midpoint": 2}  # of the network, a step


class FlowGenerator(IdentityGenerator):
    """z -> noise -> x, along the learned velocity."""

    layered = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        if config.z_dim != pixels_of(config):
            raise ConfigError(
                "{field} of family {family} must be the {values} values of a picture, got {got}; "
                "leave it out",
                field="z_dim",
                family=config.family,
                values=pixels_of(config),
                got=config.z_dim,
            )
        self.adopt(config)

    def adopt(self, config: ModelConfig) -> None:
        self.steps, self.solver = config.ode_steps, config.solver

    def repeated(self) -> tuple[FlowGenerator, int]:
        """One step of Euler's asks the network once."""
        once = copy.copy(self)
        once.steps, once.solver = 1, "euler"
        return once, self.steps * ASKS[self.solver]

    @abstractmethod
    def velocity(self, x: Tensor, t: Tensor, klass: Tensor) -> Tensor:
        """x (N, C, H, W) at t (N,), with the class embedding (N, E), E 0 without classes ->
        dx/dt (N, C, H, W)."""

    @abstractmethod
    def noise(self, z: Tensor) -> Tensor:
        """z (N, z_dim) -> the noise (N, C, H, W) that it stands for."""

    @abstractmethod
    def z_of(self, noise: Tensor) -> Tensor:
        """The inverse of `noise`."""

    def bounded(self, x: Tensor) -> Tensor:
        """The end of a path as a sample."""
        return x

    def embedded(self, labels: Tensor | None, count: int) -> Tensor:
        """The class embedding (count, E) of labels (count,) or class weights."""
        if self.condition.embed is None:
            return next(self.parameters()).new_zeros(count, 0)
        assert labels is not None, "a class-conditional flow needs labels"
        return embed_labels(self.condition.embed, labels)

    def _at(self, klass: Tensor) -> Velocity:
        # klass.shape[0] and not len: tracing would freeze it
        return lambda x, t: self.velocity(x, x.new_full((klass.shape[0],), t), klass)

    def path(self, w: Tensor) -> Iterator[Tensor]:
        """x (N, C, H, W) at t = 0, 1 / steps, ..., 1, not bounded."""
        v, step = self._at(w[:, self.z_dim :]), 1 / self.steps
        x = self.noise(w[:, : self.z_dim])
        yield x
        for i in range(self.steps):
            x = x + SOLVERS[self.solver](v, x, i * step, step)
            yield x

    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> x (N, C, H, W)."""
        *_, x = self.path(w)
        return self.bounded(x)

    def way(self, w: Tensor) -> Iterator[Tensor]:
        return self.path(w)

    @torch.no_grad()
    def noise_of(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) whose path ends at x (N, C, H, W): each step undone, by a fixed point, which
        exists where a step is short for how fast the velocity changes."""
        v, step = self._at(self.embedded(labels, len(x))), 1 / self.steps
        for i in reversed(range(self.steps)):
            end = x
            for _ in range(BACK_ROUNDS):
                x = end - SOLVERS[self.solver](v, x, i * step, step)
        return self.z_of(x)


class FlowPoints(FlowGenerator):
    """For points of the plane: (x, y), t and the class -> hidden layers -> their velocity."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        told = config.channels + 2 * TIME_WAVES + self.w_dim - self.z_dim
        layers: list[nn.Module] = []
        for before, after in pairwise((told, *config.g_widths)):
            layers += [nn.Linear(before, after), nn.SiLU()]
        self.hidden = nn.Sequential(*layers)
        self.to_velocity = nn.Linear(config.g_widths[-1], config.channels)

    def velocity(self, x: Tensor, t: Tensor, klass: Tensor) -> Tensor:
        h = torch.cat([x.flatten(1), waves_of(t), klass], dim=1)
        found: Tensor = self.to_velocity(self.hidden(h))
        return found.view_as(x)

    def noise(self, z: Tensor) -> Tensor:
        found: Tensor = z.unflatten(1, self.image_shape)
        return found

    def z_of(self, noise: Tensor) -> Tensor:
        return noise.flatten(1)


class Refine(nn.Module):
    """A residual block of two 3x3 convolutions that is told t and the class; He et al. 2016.

    It begins as the identity, so that it trains without the usual norms (Zhang et al. 2019, Fixup):
    these took a third of a step on a processor, and a minute's samples were worse with them.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        self.first = nn.Sequential(nn.SiLU(), first)
        self.second = nn.Sequential(nn.SiLU(), _from_zero(second))
        self.tell = nn.Linear(TOLD, width)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """h (N, width, H, W), told (N, TOLD) -> the same shape as h."""
        y = self.first(h) + self.tell(told)[:, :, None, None]
        found: Tensor = h + self.second(y)
        return found


class MixPlaces(nn.Module):
    """A residual block in which every place of a small map learns of all others, in each channel
    alike; Tolstikhin et al. 2021. Begins as the identity."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.mix = nn.Linear(places, MIXED)
        self.tell = nn.Linear(TOLD, MIXED)
        self.back = nn.Sequential(nn.SiLU(), _from_zero(nn.Linear(MIXED, places)))

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """h (N, width, H, W), told (N, TOLD) -> the same shape as h."""
        y = self.mix(h.flatten(2)) + self.tell(told)[:, None]
        found: Tensor = h + self.back(y).unflatten(2, h.shape[2:])
        return found


class FlowUNet(FlowGenerator):
    """For pictures: a small U-Net (Ronneberger et al. 2015), none of whose blocks is at the
    picture's own size.

    g_widths: 1 + depth blocks at each halved size on the way down, the largest size first, and as
    many on the way up.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        stages = halvings(config.resolution)
        per_stage = 1 + layers_of("flow", config.resolution, config.g_widths)
        widths = config.g_widths[::per_stage]
        smallest = config.resolution >> stages
        *odd, last_odd = odd_pixels(config.resolution)
        self.waves = Waves(config.channels, config.resolution)
        self.told = nn.Sequential(
            nn.Linear(2 * TIME_WAVES + self.w_dim - self.z_dim, TOLD), nn.SiLU()
        )
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise((config.channels, *widths))
        )
        self.left = nn.ModuleList(_blocks(width, per_stage) for width in widths)
        self.right = nn.ModuleList(_blocks(width, per_stage) for width in widths[::-1])
        self.mix = MixPlaces(smallest * smallest)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, 2, 1, more)
            for (a, b), more in zip(
                pairwise((*widths[::-1], LAST_WIDTH)), (*odd, last_odd), strict=True
            )
        )
        self.own = nn.SiLU()
        last = nn.Conv2d(LAST_WIDTH + config.channels, config.channels, 3, 1, 1)
        self.last = _from_zero(last)

    def velocity(self, x: Tensor, t: Tensor, klass: Tensor) -> Tensor:
        told = self.told(torch.cat([waves_of(t), klass], dim=1))
        h, seen = x, list[Tensor]()
        for halve, blocks in zip(self.down, self.left, strict=True):
            h = _through(blocks, halve(h), told)
            seen.append(h)
        h = self.mix(h, told)
        for i, (blocks, double) in enumerate(zip(self.right, self.up, strict=True)):
            h = double(_through(blocks, h if not i else h + seen[-1 - i], told))
        found: Tensor = self.last(torch.cat([self.own(h), x], dim=1))
        return found

    def noise(self, z: Tensor) -> Tensor:
        found: Tensor = self.waves.noise(z)
        return found

    def z_of(self, noise: Tensor) -> Tensor:
        found: Tensor = self.waves.z(noise)
        return found

    def bounded(self, x: Tensor) -> Tensor:
        return x.clamp(-1, 1)


def _blocks(width: int, count: int) -> nn.ModuleList:
    return nn.ModuleList(Refine(width) for _ in range(count))


def _through(blocks: nn.Module, h: Tensor, told: Tensor) -> Tensor:
    assert isinstance(blocks, nn.ModuleList)
    for block in blocks:
        h = block(h, told)
    return h


@torch.no_grad()
def _from_zero(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        parameter.zero_()
    return layer
