"""The averaged generator: torch's AveragedModel with a half-life in images that ramps up."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from gan.models import Generator

RAMP = 0.05  # the half-life is at most this fraction of the images seen; Karras et al. 2022, EDM


class Ema:
    """Exponential moving average of a generator's weights and batch-norm statistics."""

    def __init__(self, g: Generator, *, half_life_kimg: float) -> None:
        self.half_life_kimg = half_life_kimg
        self._decay = 0.0
        self._averaged = AveragedModel(g, multi_avg_fn=self._lerp, use_buffers=True)
        self.generator = cast(Generator, self._averaged.module)
        self.generator.eval().requires_grad_(False)

    @torch.no_grad()
    def _lerp(self, averaged: Any, current: Any, _count: Any) -> None:
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(list(averaged), list(current), 1 - self._decay)
        else:  # batch norm's counters
            torch._foreach_copy_(list(averaged), list(current))

    def update(self, g: Generator, *, nimg: int, batch_size: int) -> None:
        """Update from g after a step of `batch_size` images, `nimg` seen in total."""
        half_life = min(self.half_life_kimg * 1000, nimg * RAMP)
        self._decay = 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0
        self._averaged.update_parameters(g)

    @property
    def count(self) -> Tensor:
        """How many updates were averaged; saved so that a resumed run continues bit for bit."""
        return self._averaged.n_averaged
