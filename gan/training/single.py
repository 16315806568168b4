"""Single updates with before and after scores: for watching how D and G respond to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from gan.images import Pixels, to_pixels
from gan.training.trainer import Trainer, grad_norm

What = Literal["d", "g", "both"]


class Scores(NamedTuple):
    """D's logits before or after an update."""

    real: float  # mean over the next batch
    fake: tuple[float, ...]  # one per sample of G from the fixed noise

    def means(self) -> dict[str, float]:
        """As in step.json."""
        return {"real": _short(self.real), "fake": _short(sum(self.fake) / len(self.fake))}


@dataclass(frozen=True)
class SingleStep:
    """The effect of one update; the pixels are copies."""

    what: What
    nimg: int
    losses: dict[str, float]
    grad_norms: dict[str, float]
    lrs: dict[str, float]
    before: Scores
    after: Scores
    pixels_before: Pixels  # (N, H, W, C)
    pixels_after: Pixels

    def row(self) -> dict[str, Any]:
        """As in step.json; for an update of both, `loss` and the like are G's."""
        main = "d" if self.what == "d" else "g"
        return {
            "what": self.what,
            "nimg": self.nimg,
            "loss": _short(self.losses[main]),
            "grad_norm": _short(self.grad_norms[main]),
            "lr": self.lrs[main],
            "losses": {k: _short(v) for k, v in self.losses.items()},
            "grad_norms": {k: _short(v) for k, v in self.grad_norms.items()},
            "scores_before": self.before.means(),
            "scores_after": self.after.means(),
            "fake_scores_before": [_short(v) for v in self.before.fake],
            "fake_scores_after": [_short(v) for v in self.after.fake],
        }


def single_step(trainer: Trainer, what: What) -> SingleStep:
    """Update D alone, G alone, or both, on the next batch, and report the effect.

    Scores are taken before and after on the same images: that batch, and G's own samples (not the
    average's) from the fixed noise, in eval mode. They use no random numbers.
    """
    x_real, labels = trainer.peek()
    x_before = _samples(trainer)
    before = _scores(trainer, x_real, labels, x_before)
    {"d": trainer.step_d, "g": trainer.step_g, "both": trainer.step}[what]()
    x_after = _samples(trainer)
    last, t = trainer.last, trainer.config.train
    assert last is not None, "a step has just been done"
    return SingleStep(
        what=what,
        nimg=trainer.nimg,
        losses={"d": last.loss_d.item(), "g": last.loss_g.item()},
        grad_norms={"d": grad_norm(trainer.d), "g": grad_norm(trainer.g)},
        lrs={"d": t.d_lr, "g": t.g_lr},
        before=before,
        after=_scores(trainer, x_real, labels, x_after),
        pixels_before=to_pixels(x_before),
        pixels_after=to_pixels(x_after),
    )


@torch.no_grad()
def _samples(trainer: Trainer) -> Tensor:
    trainer.g.eval()
    x: Tensor = trainer.g(*trainer.fixed())
    trainer.g.train()
    return x


@torch.no_grad()
def _scores(trainer: Trainer, x_real: Tensor, labels: Tensor | None, x_fake: Tensor) -> Scores:
    trainer.d.eval()
    with trainer.autocast():
        real = trainer.d(x_real, labels).float().mean().item()
        fake = trainer.d(x_fake, trainer.fixed()[1]).float()
    trainer.d.train()
    return Scores(real, tuple(fake.tolist()))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
