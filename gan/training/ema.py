"""The averaged generator: torch's AveragedModel with a half-life in images that ramps up, and a
second, longer average beside it."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from gan.averaging import RAMP, SECOND, power_decay
from gan.models import Generator


class Ema:
    """Exponential moving average of a generator's weights and batch-norm statistics."""

    def __init__(self, g: Generator, *, half_life_kimg: float) -> None:
        self.half_life_kimg = half_life_kimg
        self._averaged = AveragedModel(g, use_buffers=True)
        self.generator = cast(Generator, self._averaged.module)
        self.generator.eval().requires_grad_(False)
        self._pairs: tuple[list[Tensor], ...] = ()

    @torch.no_grad()
    def update(self, g: Generator, *, nimg: int, batch_size: int) -> None:
        """Update from g after a step of `batch_size` images, `nimg` seen in total.

        As AveragedModel.update_parameters, which walks through all modules each time: a sixth of a
        small network's step.
        """
        decay = self._decay(nimg, batch_size)
        averaged, current, counters, counted = self._of(g)
        first = not self.count
        if first:
            torch._foreach_copy_(averaged, current)
        else:
            torch._foreach_lerp_(averaged, current, 1 - decay)
        if counters:  # of batch norm
            torch._foreach_copy_(counters, counted)
        self.count.add_(1)

    def _decay(self, nimg: int, batch_size: int) -> float:
        """What is left of the average so far."""
        half_life = min(self.half_life_kimg * 1000, nimg * RAMP)
        return 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0

    def _of(self, g: Generator) -> tuple[list[Tensor], ...]:
        """Floats of the average and of g, then what is no float of either."""
        if not self._pairs:
            both = [[*m.parameters(), *m.buffers()] for m in (self.generator, g)]
            floats, others = ([[t for t in ts if t.is_floating_point() == kind] for ts in both]
                              for kind in (True, False))  # fmt: skip
            self._pairs = (*floats, *others)
        return self._pairs

    @property
    def count(self) -> Tensor:
        """How many updates were averaged; saved so that a resumed run continues bit for bit."""
        return self._averaged.n_averaged


class SecondEma(Ema):
    """An average whose shares grow as a power of the images seen: kept for other lengths that are
    mixed afterwards, see gan.averaging."""

    def __init__(self, g: Generator) -> None:
        super().__init__(g, half_life_kimg=0.0)

    def _decay(self, nimg: int, batch_size: int) -> float:
        return power_decay(SECOND, nimg=nimg, batch_size=batch_size)
