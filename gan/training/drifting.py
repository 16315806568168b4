"""Training by drifting: a generator of one step learns to go where a field moves its samples.

Deng et al. 2026, "Generative Modeling via Drifting", algorithm 1 and eq. 6; gan.training.field says
what the field is. Other families move a sample step by step when it is made, this one in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gan.data import Batch
from gan.training.descent import HELD_OUT_S, Descent
from gan.training.events import DriftProgress, Progress
from gan.training.field import drift
from gan.training.method import grad_norm

if TYPE_CHECKING:
    from gan.training.learner import Learner


class Drifting(Descent):
    """E |G(z) - target|^2, in units in which the mean distance is the root of a sample's size.

    The target is G(z) where the field has moved it, and no gradient goes into it. As many samples
    as real ones, of the same classes.
    """

    def __init__(self, learner: Learner, second: nn.Module | None) -> None:
        super().__init__(learner, second)
        self.before: Batch | None = None  # of the step before the last
        self._floor: tuple[float, float] | None = None  # when, and what

    def gather(self, second: nn.Module | None) -> nn.Module:
        return self.learner.g

    def step(self) -> None:
        """One update. Raises DivergedError at NaN or infinity."""
        self.before = self.batch
        super().step()

    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        run = self.learner
        z = torch.randn(len(batch.x), run.config.model.z_dim, generator=noise).to(batch.x.device)
        x = run.g(z, batch.labels).flatten(1).float()
        found = drift(x, batch.x, run.config.train.tau, labels=batch.labels, y_labels=batch.labels)
        loss = ((x - found.target) / found.unit).square().mean()
        return {"loss": loss, "drift_size": found.size}

    def floor(self) -> float | None:
        """What real samples would drift, those of the step before in place of generated ones;
        looked at once a second at most. None after the first step."""
        run, x, y = self.learner, self.before, self.batch
        if x is None or y is None:
            return None
        if self._floor is None or run.seconds - self._floor[0] >= HELD_OUT_S:
            found = drift(x.x, y.x, run.config.train.tau, labels=x.labels, y_labels=y.labels)
            self._floor = (run.seconds, float(found.size))
        return self._floor[1]

    def progress(self, images_per_s: float) -> Progress:
        """The drift of the last step's samples, and what real ones would drift."""
        run = self.learner
        return DriftProgress(
            nimg=run.nimg,
            seconds=run.seconds,
            images_per_s=images_per_s,
            drift_size=self.last["drift_size"],
            drift_floor=self.floor(),
            grad_norm_g=grad_norm(self.trained),
            g_lr=run.config.train.g_lr * run.rate_share,
        )
