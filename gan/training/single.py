"""Single updates with before and after: for watching what a step does."""

from __future__ import annotations

import torch
from torch import Tensor

from gan.images import to_pixels
from gan.training.method import SingleStep, What
from gan.training.trainer import Trainer


def single_step(trainer: Trainer, what: What) -> SingleStep:
    """One update on the next batch, of D alone, G alone, or all there is, and its effect.

    Before and after are judged on the same images: that batch, and G's own samples (not the
    average's) from the fixed noise, in eval mode. They use no random numbers of the training.
    """
    method = trainer.method
    assert what in method.turns, "the caller offers no others"
    trainer.follow_schedule()
    batch = trainer.peek()
    x_before = _samples(trainer)
    before = method.scores(batch, x_before)
    losses, grad_norms, lrs = method.single(what)
    x_after = _samples(trainer)
    return SingleStep(
        what=what,
        nimg=trainer.nimg,
        losses=losses,
        grad_norms=grad_norms,
        lrs=lrs,
        before=before,
        after=method.scores(batch, x_after),
        pixels_before=to_pixels(x_before),
        pixels_after=to_pixels(x_after),
    )


@torch.no_grad()
def _samples(trainer: Trainer) -> Tensor:
    trainer.g.eval()
    x: Tensor = trainer.g(*trainer.fixed())
    trainer.g.train()
    return x
