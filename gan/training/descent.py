"""Training by one loss that all networks descend together: that of every family but a GAN."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn, optim

from gan.config import RunConfig
from gan.data import Batch
from gan.messages import Message
from gan.training.method import Method, Scores, What, grad_norm
from gan.training.optimizers import build_optimizer, retune

if TYPE_CHECKING:
    from gan.training.learner import Learner

HELD_OUT_S = 1.0  # seconds of training between two looks at held-out images
HELD_OUT, HELD_OUT_POINTS = 32, 1024  # few points tell of their noise and not of the data
NOISE_SEED = 2**22  # of the noise with which a batch is judged, away from a training's


class Descent(Method):
    """One loss, one optimiser, one rate."""

    def __init__(self, learner: Learner, second: nn.Module | None) -> None:
        super().__init__(learner, second)
        self.trained: nn.Module = self.gather(second)
        t = learner.config.train
        self.optimizer = build_optimizer(self.trained, t.g_lr, t)
        self._held_out: tuple[float, float] | None = None  # when, and what
        self.batch: Batch | None = None  # of the last step

    @abstractmethod
    def gather(self, second: nn.Module | None) -> nn.Module:
        """All that is trained, in one module."""

    @abstractmethod
    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        """The `loss` to descend, and the numbers that tell of it."""

    def step(self) -> None:
        """One update. Raises DivergedError at NaN or infinity."""
        run = self.learner
        self.batch = batch = run.next_batch()
        self.trained.train()
        with run.autocast():
            found = self.parts(batch, run.noise)
        run.descend(self.trained, self.optimizer, found["loss"])
        self.last: Mapping[str, float] = {k: float(v.detach()) for k, v in found.items()}
        self.stepped = True
        run.count(run.per_update())

    @torch.no_grad()
    def judged(self, batch: Batch) -> dict[str, float]:
        """The same numbers in eval mode, always with the same noise."""
        self.trained.eval()
        with self.learner.autocast():
            found = self.parts(batch, torch.Generator().manual_seed(NOISE_SEED))
        self.trained.train()
        return {k: float(v) for k, v in found.items()}

    def held_out(self, name: str) -> float | None:
        """`name` of the parts on held-out images, looked at once a second at most; None where
        there are none."""
        run = self.learner
        if self._held_out is None or run.seconds - self._held_out[0] >= HELD_OUT_S:
            is_plane = run.config.model.is_plane
            some = run.some_held_out(HELD_OUT_POINTS if is_plane else HELD_OUT)
            if some is None:
                return None
            self._held_out = (run.seconds, self.judged(some)[name])
        return self._held_out[1]

    def scores(self, batch: Batch, x_fixed: Tensor) -> Scores:
        """The parts on the batch."""
        return Scores({k: v for k, v in self.judged(batch).items() if k != "loss"})

    def single(self, what: What) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """One update of all there is."""
        self.step()
        norm, run = grad_norm(self.trained), self.learner
        lr = run.config.train.g_lr * run.rate_share
        return {"g": self.last["loss"]}, {"g": norm}, {"g": lr}

    def rebuild(self, config: RunConfig, *, optimizers: bool) -> Message:
        if not optimizers:
            return Message()
        self.optimizer = build_optimizer(self.trained, config.train.g_lr, config.train)
        return Message("the optimiser is new")

    def retune(self) -> None:
        t = self.learner.config.train
        retune(self.optimizer, t.g_lr * self.learner.rate_share, t)

    def optimizers(self) -> dict[str, optim.Optimizer]:
        return {"g_optimizer": self.optimizer}
