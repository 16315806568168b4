"""A row-wise autoregressive RNN, after the Row LSTM of van den Oord et al. 2016.

A GRU reads the rows from above and tells each pixel of the next row what to expect. The row itself
comes in three passes, every fourth column, the columns half-way between, then the odd ones: a pixel
sees what earlier passes made of its neighbours, so that a picture takes three passes a row and not
one a pixel. A value has a mixture of discretised logistics, so the likelihood of a picture is
exact, and in training all rows are computed at once. Departures: a GRU for the LSTM, the row as a
whole for the row's convolution (garments stand in place), passes for a pixel at a time.

Sampling takes one number of noise a value and looks up the inverse CDF there: the same noise gives
the same picture, and every picture has a noise that gives it. z is that noise in gan.models.waves'
basis, so that its first numbers move the whole picture.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from gan.config import ModelConfig
from gan.errors import ConfigError
from gan.models.logistic import (
    BLOCK,
    Mixture,
    level_at,
    level_of,
    mixture_log_mass,
    share_of,
    value_of,
)
from gan.models.protocol import LEAK, Cost, IdentityGenerator, embed_labels
from gan.models.waves import Waves

MIXTURES = 4
ABOVE, REACH = 2, 3  # rows above that a pixel sees itself, and pixels to either side
FIRST_LOG_SCALE = -2.0


class Pass(NamedTuple):
    """Columns first, first + every, ... of a row, made at once."""

    first: int
    every: int


PASSES = (Pass(0, 4), Pass(2, 4), Pass(1, 2))


class RowPass(nn.Module):
    """What is known of a row -> features of the pixels of one pass."""

    def __init__(self, known: int, width: int, columns: Pass) -> None:
        super().__init__()
        self.first, self.every = columns
        self.look = nn.Linear(known * (2 * REACH + 1), width)
        self.think = nn.Linear(width, width)

    def forward(self, known: Tensor) -> Tensor:
        """known (N, W, K) -> (N, columns of the pass, P)."""
        # a strided convolution as a product: twice as fast for so few channels
        around = pad(known, (0, 0, REACH - self.first, REACH)).unfold(1, 2 * REACH + 1, self.every)
        seen = self.look(around.flatten(2))
        h: Tensor = leaky_relu(self.think(leaky_relu(seen, LEAK)), LEAK)
        return h


class RnnGenerator(IdentityGenerator):
    """Noise -> rows, one after another. g_widths: memory, what it tells a pixel, a pass's width."""

    gradients = layered = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        channels, size, _ = self.image_shape
        if config.z_dim != channels * size * size:
            raise ConfigError(
                "{field} of family {family} must be the {values} values of a picture, got {got}; "
                "leave it out",
                field="z_dim",
                family=config.family,
                values=channels * size * size,
                got=config.z_dim,
            )
        memory, context, width = config.g_widths
        told = channels * size + (config.embed_dim if config.classes else 0)
        self.rows = nn.GRU(told, memory, batch_first=True)
        self.to_context = nn.Linear(memory, context * size)
        self.above = nn.Conv2d(channels, context, (ABOVE, 2 * REACH + 1))
        self.passes = nn.ModuleList(RowPass(context + channels, width, p) for p in PASSES)
        self.before = channels * (channels - 1) // 2  # a channel sees those before it
        self.heads = nn.ModuleList(
            nn.Linear(width, channels * 3 * MIXTURES + self.before) for _ in PASSES
        )
        self.waves = Waves(channels, size)
        self._begin()

    @torch.no_grad()
    def _begin(self) -> None:
        """Start with means over the whole range and a middling scale."""
        for head in self.heads:
            bias = cast(Tensor, head.bias)[: self.image_shape[0] * 3 * MIXTURES]
            parts = bias.view(-1, 3, MIXTURES)
            parts[:, 0], parts[:, 2] = 0.0, FIRST_LOG_SCALE
            parts[:, 1] = torch.linspace(-1, 1, MIXTURES, device="cpu")

    def cost(self) -> Cost:
        """What one picture takes; counting it by making one would take a second."""
        channels, size, _ = self.image_shape
        products = sum(p.numel() for p in self.parameters()) * size
        ends = 2 * BLOCK * MIXTURES * channels * size
        steps = 2e7 * size  # what a row takes before it computes anything
        looked_up = 20.0 * ends * size  # a sigmoid is a dear product
        return Cost(ends, 2.0 * products + looked_up + steps)

    # -- likelihood ---------------------------------------------------------------------------

    def _told(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """What the memory reads before each row: the row above (N, H, C * W), and the class."""
        rows = pad(x, (0, 0, 1, -1)).transpose(1, 2).flatten(2)
        if self.condition.embed is None:
            return rows
        assert labels is not None, "a class-conditional generator needs labels"
        klass = embed_labels(self.condition.embed, labels)[:, None]
        return torch.cat([rows, klass.expand(-1, rows.shape[1], -1)], dim=2)

    def _contexts(self, above: Tensor, told: Tensor) -> Tensor:
        """What is known of rows before their pixels, (N, R, W, K): the memory (N, R, M), and the
        rows above, (N, C, R + 1, W)."""
        context: Tensor = self.to_context(told).unflatten(2, (self.image_shape[2], -1))
        seen: Tensor = self.above(pad(above, (REACH, REACH)))
        return context + seen.permute(0, 2, 3, 1)

    def _mixtures(self, out: Tensor, x: Tensor) -> Mixture:
        """A head's output (N, columns, O) and x (N, columns, C) -> mixtures (N, columns, C, M).

        A channel's means follow the channels before it; Salimans et al. 2017, section 2.2.
        """
        channels = self.image_shape[0]
        out = out.float()
        parts = out[..., : channels * 3 * MIXTURES].unflatten(2, (channels, 3, MIXTURES))
        share, mean, scale = parts.unbind(3)
        if self.before:
            factors, at = out[..., channels * 3 * MIXTURES :].tanh(), 0
            shifts = [torch.zeros_like(x[..., 0])]
            for c in range(1, channels):
                shifts.append((factors[..., at : at + c] * x[..., :c]).sum(-1))
                at += c
            mean = mean + torch.stack(shifts, dim=-1)[..., None]
        return Mixture(share.log_softmax(-1), mean, scale)

    def predict(self, x: Tensor, labels: Tensor | None = None) -> list[Mixture]:
        """Each pass's mixtures (N * H, columns, C, M) given what is before it, x (N, C, H, W)."""
        told, _ = self.rows(self._told(x, labels))
        context = self._contexts(pad(x, (0, 0, ABOVE, -1)), told)
        lines, row = context.flatten(0, 1), _lines(x)
        known = torch.zeros_like(row)
        found = []
        for columns, look, head in zip(PASSES, self.passes, self.heads, strict=True):
            out = head(look(torch.cat([lines, known], dim=2)))
            found.append(self._mixtures(out, _at(row, columns)))
            known = known.clone()
            _at(known, columns).copy_(_at(row, columns))
        return found

    def log_likelihood(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log P of each row, in nats: x (N, C, H, W) of 256 values in [-1, 1] -> (N, H)."""
        row = _lines(x)
        parts = [
            mixture_log_mass(_at(row, columns), mixture).sum(dim=(1, 2))
            for columns, mixture in zip(PASSES, self.predict(x, labels), strict=True)
        ]
        return torch.stack(parts).sum(0).view(len(x), -1)

    # -- sampling -----------------------------------------------------------------------------

    def _shares(self, z: Tensor) -> Tensor:
        """z (N, z_dim) -> u (N, C, H, W) in (0, 1), uniform for normal z."""
        noise = self.waves.noise(z.double())
        u: Tensor = torch.special.ndtr(noise)
        return u

    def _noise(self, u: Tensor) -> Tensor:
        """The inverse of `_shares`."""
        return self.waves.z(torch.special.ndtri(u.double().clamp(1e-12, 1 - 1e-12))).float()

    @torch.no_grad()
    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, w_dim) -> x (N, C, H, W) in [-1, 1]: 256 values, without a gradient."""
        u, klass = self._shares(w[:, : self.z_dim]).movedim(1, 3), w[:, self.z_dim :]
        channels, size, _ = self.image_shape
        x = w.new_zeros(len(w), channels, ABOVE + size, size)  # a margin of rows above
        memory = w.new_zeros(1, len(w), self.rows.hidden_size)
        for i in range(size):
            read = torch.cat([x[:, :, ABOVE + i - 1].flatten(1), klass], dim=1)
            told, memory = self.rows(read[:, None], memory)
            context = self._contexts(x[:, :, i : i + ABOVE], told)[:, 0]
            self._fill(x[:, :, ABOVE + i].transpose(1, 2), context, u[:, i])
        return x[:, :, ABOVE:].contiguous()

    def _fill(self, row: Tensor, context: Tensor, u: Tensor) -> None:
        """Make a row (N, W, C), zero so far, from its context (N, W, K) and shares u (N, W, C)."""
        for columns, look, head in zip(PASSES, self.passes, self.heads, strict=True):
            out = head(look(torch.cat([context, row], dim=2)))
            x, share = _at(row, columns), _at(u, columns)
            for c in range(u.shape[2]):
                mixture = Mixture(*(part[:, :, c] for part in self._mixtures(out, x)))
                x[:, :, c] = value_of(level_at(share[:, :, c], mixture))

    @torch.no_grad()
    def noise_of(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim) whose picture is x (N, C, H, W) of 256 values, exactly."""
        row = _lines(x)
        u = torch.zeros_like(row, dtype=torch.float64)
        for columns, mixture in zip(PASSES, self.predict(x, labels), strict=True):
            _at(u, columns).copy_(share_of(level_of(_at(row, columns)), mixture))
        return self._noise(u.view(len(x), -1, *row.shape[1:]).movedim(3, 1))


def _lines(x: Tensor) -> Tensor:
    """x (N, C, H, W) -> its rows (N * H, W, C)."""
    return x.permute(0, 2, 3, 1).flatten(0, 1)


def _at(rows: Tensor, columns: Pass) -> Tensor:
    """The columns of a pass, (N, W, C) -> (N, columns, C): a view."""
    return rows[:, columns.first :: columns.every]
