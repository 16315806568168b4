"""The game of G and D: a discriminator, its optimiser, and the updates of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn, optim

from gan.config import RunConfig
from gan.data import Batch
from gan.losses import LOSSES
from gan.messages import Message
from gan.models import Discriminator, DOutput, keep_weights, seeded_discriminator
from gan.training import objective
from gan.training.augmenter import Augmenter
from gan.training.events import GanProgress
from gan.training.method import Method, Scores, What, grad_norm
from gan.training.optimizers import build_optimizer, retune
from gan.training.steering import differs_in_d

if TYPE_CHECKING:
    from gan.training.learner import Learner

REBUILT = "D was rebuilt, {kept} of {count} tensors were kept; its optimiser is new"


class Last(NamedTuple):
    """The last step, for inspection."""

    loss_g: Tensor
    loss_d: Tensor
    batch: Batch
    x_fake: Tensor


class Adversarial(Method):
    """D learns to tell real images from G's, and G to be taken for real."""

    turns = ("d", "g", "both")

    def __init__(self, learner: Learner, second: nn.Module | None) -> None:
        super().__init__(learner, second)
        assert isinstance(second, Discriminator), "a game needs a discriminator"
        t = learner.config.train
        self.d = learner.placed(second)
        self.g_optimizer = build_optimizer(learner.g, t.g_lr, t)
        self.d_optimizer = build_optimizer(self.d, t.d_lr, t)
        self.augmenter = Augmenter(t, learner.noise)
        self.penalty = torch.zeros(())  # of D's last update that had one
        self.last: Last | None = None

    @property
    def stepped(self) -> bool:  # type: ignore[override]
        return self.last is not None

    def step(self) -> None:
        """`d_steps` updates of D and one of G. Raises DivergedError at NaN or infinity."""
        run, t = self.learner, self.learner.config.train
        for _ in range(t.d_steps - 1):
            self._update_d_alone()
        batch = run.next_batch()
        self._let_g_train()
        with run.autocast():
            x_fake = self._fakes(batch)  # same path for both: D's update gets it detached
        loss_d = self.update_d(batch, x_fake.detach())
        loss_g = self.update_g(batch, x_fake)
        self.last = Last(loss_g, loss_d, batch, x_fake.detach())
        run.count(run.per_update() * t.d_steps)

    def step_d(self) -> None:
        """One update of D alone, on the next batch; G stays unchanged, batch statistics
        included."""
        run = self.learner
        buffers = [b.clone() for b in run.g.buffers()]
        loss_d, batch, x_fake = self._update_d_alone()
        for buffer, was in zip(run.g.buffers(), buffers, strict=True):
            buffer.copy_(was)
        run.nimg += run.per_update()
        run.steps += 1
        self.last = Last(self._loss_of_g(batch, x_fake), loss_d, batch, x_fake)

    def step_g(self) -> None:
        """One update of G alone, on the next batch; D stays unchanged."""
        run = self.learner
        batch = run.next_batch()
        self._let_g_train()
        with run.autocast():
            x_fake = self._fakes(batch)
        loss_g = self.update_g(batch, x_fake)
        run.nimg += run.per_update()
        run.average(run.per_update())
        self.last = Last(loss_g, self._loss_of_d(batch, x_fake), batch, x_fake.detach())

    def _let_g_train(self) -> None:
        """G in train mode. Walking through all modules is a hundredth of a small network's step."""
        if not self.learner.g.training:
            self.learner.g.train()

    def _hold_d(self, held: bool) -> None:
        """Whether G's update leaves D's gradients out."""
        for group in self.d_optimizer.param_groups:
            for parameter in group["params"]:
                parameter.requires_grad_(not held)

    def _update_d_alone(self) -> tuple[Tensor, Batch, Tensor]:
        batch = self.learner.next_batch()
        with torch.no_grad(), self.learner.autocast():
            x_fake = self._fakes(batch)
        return self.update_d(batch, x_fake), batch, x_fake

    def _fakes(self, batch: Batch) -> Tensor:
        run = self.learner
        z = torch.randn(len(batch.x), run.config.model.z_dim, generator=run.noise)
        x: Tensor = run.g(z.to(run.device), batch.labels)
        return x

    def update_d(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of D on real and (detached) fake images; returns its loss."""
        run, config, labels = self.learner, self.learner.config, batch.labels
        t, table = config.train, LOSSES[config.train.loss]
        shift = self.augmenter.draw_shift()
        x_real, x_fake = (self.augmenter.shown(x, shift) for x in (batch.x, x_fake))
        regularised = (t.r1 > 0 or t.r2 > 0) and run.steps % t.reg_every == 0
        if regularised:
            # detached: without augmentation these are the batch itself, which `last` keeps
            x_real = x_real.detach().requires_grad_(True)
            x_fake = x_fake.detach().float().requires_grad_(True)
        with run.autocast():
            real, fake = objective.judge_both(self.d, x_real, x_fake, labels)
        total, loss = objective.d_objective(config, real, fake, labels)
        penalty = loss.new_zeros(())
        if regularised:
            penalty = objective.lazy_penalty(config, x_real, x_fake, real, fake)
            penalty = penalty * run.penalty_share
            total = total + t.reg_every * penalty  # lazily: Karras et al. 2020, section 3.1
        if table.gradient_penalty:
            mix = torch.rand(len(x_real), generator=run.noise).to(run.device)
            line = objective.line_penalty(config, self.d, x_real, x_fake, labels, mix)
            total, penalty = total + line, penalty + line
        run.descend(self.d, self.d_optimizer, total)
        if regularised or table.gradient_penalty:
            self.penalty = penalty.detach()
        if t.augment == "ada":
            signs = run.ranks.mean(table.signs(real.logits, fake.logits).detach())
            self.augmenter.observe(signs, images=run.per_update())
        return loss.detach()

    def update_g(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of G against the just updated D; returns its loss."""
        run, config = self.learner, self.learner.config
        shift = self.augmenter.draw_shift()
        self._hold_d(True)
        with run.autocast():
            fake = self.d.outputs(self.augmenter.shown(x_fake, shift), batch.labels)
            real_logits = fake.logits.detach()
            if LOSSES[config.train.loss].paired:
                with torch.no_grad():
                    x_real = self.augmenter.shown(batch.x, shift)
                    real_logits = self.d.outputs(x_real, batch.labels).logits
        total, loss = objective.g_objective(
            config, real_logits.float(), objective.as_float(fake), batch.labels
        )
        run.descend(run.g, self.g_optimizer, total)
        self._hold_d(False)
        return loss.detach()

    @torch.no_grad()
    def _loss_of_g(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """G's current loss, for the curves; no update, no random numbers."""
        real, fake = self._judged(batch, x_fake)
        return objective.g_objective(self.learner.config, real.logits, fake, batch.labels)[1]

    @torch.no_grad()
    def _loss_of_d(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """D's current loss, likewise."""
        real, fake = self._judged(batch, x_fake)
        return LOSSES[self.learner.config.train.loss].d(real.logits, fake.logits)

    def _judged(self, batch: Batch, x_fake: Tensor) -> tuple[DOutput, DOutput]:
        self.d.eval()
        with self.learner.autocast():
            judged = objective.judge_both(self.d, batch.x, x_fake.detach(), batch.labels)
        self.d.train()
        return judged

    # -- its numbers --------------------------------------------------------------------------

    def progress(self, images_per_s: float) -> GanProgress:
        """Losses, D's scores and gradients."""
        assert self.last is not None, "progress is told after a step"
        run, t, last = self.learner, self.learner.config.train, self.last
        score_real, score_fake, score_held_out = self._scores(last)
        return GanProgress(
            nimg=run.nimg,
            seconds=run.seconds,
            images_per_s=images_per_s,
            loss_g=last.loss_g.item(),
            loss_d=last.loss_d.item(),
            score_real=score_real,
            score_fake=score_fake,
            score_held_out=score_held_out,
            grad_norm_g=grad_norm(run.g),
            grad_norm_d=grad_norm(self.d),
            g_lr=t.g_lr * run.rate_share,
            d_lr=t.d_lr * run.rate_share,
            penalty=self.penalty.item(),
            augment_p=self.augmenter.p,
        )

    @torch.no_grad()
    def _scores(self, last: Last) -> tuple[float, float, float | None]:
        """D's mean logits, in eval mode, on the last real, the last fake and held-out images."""
        run = self.learner
        self.d.eval()
        with run.autocast():
            real = self.d(last.batch.x, last.batch.labels).float().mean().item()
            fake = self.d(last.x_fake, last.batch.labels).float().mean().item()
            held_out = run.some_held_out()
            score = None
            if held_out is not None:
                score = float(self.d(held_out.x, held_out.labels).float().mean().item())
        self.d.train()
        return real, fake, score

    @torch.no_grad()
    def scores(self, batch: Batch, x_fixed: Tensor) -> Scores:
        """D's logits on the batch and on G's images for the fixed noise."""
        run = self.learner
        self.d.eval()
        with run.autocast():
            real = self.d(batch.x, batch.labels).float().mean().item()
            fake = self.d(x_fixed, run.fixed()[1]).float()
        self.d.train()
        each = tuple(fake.tolist())
        return Scores({"real": real, "fake": sum(each) / len(each)}, each)

    def single(self, what: What) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """One update of D, of G or of both."""
        {"d": self.step_d, "g": self.step_g, "both": self.step}[what]()
        last, t, share = self.last, self.learner.config.train, self.learner.rate_share
        assert last is not None, "a step has just been done"
        return (
            {"d": last.loss_d.item(), "g": last.loss_g.item()},
            {"d": grad_norm(self.d), "g": grad_norm(self.learner.g)},
            {"d": t.d_lr * share, "g": t.g_lr * share},
        )

    # -- its state ----------------------------------------------------------------------------

    def rebuild(self, config: RunConfig, *, optimizers: bool) -> Message:
        """A D of another structure keeps every weight that fits."""
        run, t = self.learner, config.train
        rebuilt, note = None, Message()
        if differs_in_d(run.config.model, config.model):
            rebuilt = run.placed(seeded_discriminator(config.model, config.seed))
            kept, count = keep_weights(self.d, rebuilt)
            note = Message(REBUILT, kept=kept, count=count)
        if rebuilt is not None:
            self.d = rebuilt
        if optimizers:
            note = note or Message("the optimisers are new")
            self.g_optimizer = build_optimizer(run.g, t.g_lr, t)
        if rebuilt is not None or optimizers:
            self.d_optimizer = build_optimizer(self.d, t.d_lr, t)
        return note

    def retune(self) -> None:
        """Both rates, and what D is shown."""
        t, share = self.learner.config.train, self.learner.rate_share
        retune(self.g_optimizer, t.g_lr * share, t)
        retune(self.d_optimizer, t.d_lr * share, t)
        self.augmenter.reconfigure(t)

    def modules(self) -> dict[str, nn.Module]:
        """D."""
        return {"d": self.d}

    def optimizers(self) -> dict[str, optim.Optimizer]:
        return {"g_optimizer": self.g_optimizer, "d_optimizer": self.d_optimizer}

    def state(self) -> dict[str, Any]:
        """ADA's, and the last penalty."""
        return {"ada": self.augmenter.state(), "penalty": float(self.penalty)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.augmenter.restore(state.get("ada", {}))
        self.penalty = torch.tensor(state.get("penalty", 0.0))
