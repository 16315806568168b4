"""G and D with their optimisers: one adversarial step, and all the training state.

Every random number comes from a generator whose state is part of `state()`, so that a resumed
training continues bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from gan.config import RunConfig
from gan.data import Batch, Batches, ImageSet
from gan.errors import DivergedError
from gan.losses import LOSSES
from gan.messages import Message
from gan.models import (
    Discriminator,
    DOutput,
    Generator,
    keep_weights,
    seeded_build,
    seeded_discriminator,
)
from gan.schema import from_json, to_json
from gan.training import objective
from gan.training.augmenter import Augmenter
from gan.training.ema import Ema
from gan.training.optimizers import build_optimizer, pick_dtype, retune
from gan.training.ranks import ALONE, Ranks
from gan.training.steering import checked_change, differs_in_d

Network = TypeVar("Network", Generator, Discriminator)


REBUILT = "D was rebuilt, {kept} of {count} tensors were kept; its optimiser is new"


class Last(NamedTuple):
    """The last step, for inspection."""

    loss_g: Tensor
    loss_d: Tensor
    batch: Batch
    x_fake: Tensor


class Learner:
    """G, its EMA, D, their optimisers and data."""

    def __init__(
        self,
        config: RunConfig,
        images: ImageSet,
        *,
        device: str | torch.device = "cpu",
        ranks: Ranks = ALONE,
    ) -> None:
        self.config = config
        self.ranks = ranks
        self.device = torch.device(device)
        self.dtype = pick_dtype(config.train.precision, self.device)
        t = config.train
        g, d = seeded_build(config.model, config.seed)
        self.g, self.d = self._placed(g), self._placed(d)
        self.ema = Ema(self.g, half_life_kimg=t.ema_half_life_kimg)
        self.g_optimizer = build_optimizer(self.g, t.g_lr, t)
        self.d_optimizer = build_optimizer(self.d, t.d_lr, t)
        self.batches = Batches(self._share(images), t.batch_size, seed=config.seed, flip=t.flip)
        self.noise = torch.Generator().manual_seed(self._own_seed())
        self.augmenter = Augmenter(t, self.noise)
        self.nimg, self.steps, self.seconds = 0, 0, 0.0
        self.penalty = torch.zeros(())  # of D's last update that had one
        self.last: Last | None = None

    def _share(self, images: ImageSet) -> ImageSet:
        """This rank's share of a batch; all shares are equal."""
        index, count = self.ranks.index, self.ranks.count
        if count == 1:
            return images
        return images.subset(torch.arange(index, len(images) - len(images) % count, count))

    def _own_seed(self, nimg: int = 0) -> int:
        return self.config.seed + (self.ranks.index << 40) + nimg

    def _per_update(self) -> int:
        """Real images per update, over all ranks."""
        return self.config.train.batch_size * self.ranks.count

    def _placed(self, module: Network) -> Network:
        moved = module.to(self.device)
        moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        return moved

    def step(self) -> None:
        """`d_steps` updates of D and one of G. Raises DivergedError at NaN or infinity."""
        t = self.config.train
        for _ in range(t.d_steps - 1):
            self._update_d_alone()
        batch = self.next_batch()
        self.g.train()
        with self.autocast():
            x_fake = self._fakes(batch)  # same path for both: D's update gets it detached
        loss_d = self.update_d(batch, x_fake.detach())
        loss_g = self.update_g(batch, x_fake)
        self.last = Last(loss_g, loss_d, batch, x_fake.detach())
        self.nimg += self._per_update() * t.d_steps
        self.steps += 1
        self.ema.update(self.g, nimg=self.nimg, batch_size=self._per_update() * t.d_steps)

    def step_d(self) -> None:
        """One update of D alone, on the next batch; G stays unchanged, batch statistics
        included."""
        buffers = [b.clone() for b in self.g.buffers()]
        loss_d, batch, x_fake = self._update_d_alone()
        for buffer, was in zip(self.g.buffers(), buffers, strict=True):
            buffer.copy_(was)
        self.nimg += self._per_update()
        self.steps += 1
        self.last = Last(self._loss_of_g(batch, x_fake), loss_d, batch, x_fake)

    def step_g(self) -> None:
        """One update of G alone, on the next batch; D stays unchanged."""
        batch = self.next_batch()
        self.g.train()
        with self.autocast():
            x_fake = self._fakes(batch)
        loss_g = self.update_g(batch, x_fake)
        self.nimg += self._per_update()
        self.ema.update(self.g, nimg=self.nimg, batch_size=self._per_update())
        self.last = Last(loss_g, self._loss_of_d(batch, x_fake), batch, x_fake.detach())

    def _update_d_alone(self) -> tuple[Tensor, Batch, Tensor]:
        batch = self.next_batch()
        with torch.no_grad(), self.autocast():
            x_fake = self._fakes(batch)
        return self.update_d(batch, x_fake), batch, x_fake

    def next_batch(self) -> Batch:
        """The next real batch, on the models' device."""
        return self.to_device(self.batches.next())

    def _fakes(self, batch: Batch) -> Tensor:
        z = torch.randn(len(batch.x), self.config.model.z_dim, generator=self.noise)
        x: Tensor = self.g(z.to(self.device), batch.labels)
        return x

    def update_d(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of D on real and (detached) fake images; returns its loss."""
        t, table, labels = self.config.train, LOSSES[self.config.train.loss], batch.labels
        shift = self.augmenter.draw_shift()
        x_real, x_fake = (self.augmenter.shown(x, shift) for x in (batch.x, x_fake))
        regularised = (t.r1 > 0 or t.r2 > 0) and self.steps % t.reg_every == 0
        if regularised:
            # detached: without augmentation these are the batch itself, which `last` keeps
            x_real = x_real.detach().requires_grad_(True)
            x_fake = x_fake.detach().float().requires_grad_(True)
        with self.autocast():
            real, fake = objective.judge_both(self.d, x_real, x_fake, labels)
        total, loss = objective.d_objective(self.config, real, fake, labels)
        penalty = loss.new_zeros(())
        if regularised:
            penalty = objective.lazy_penalty(self.config, x_real, x_fake, real, fake)
            total = total + t.reg_every * penalty  # lazily: Karras et al. 2020, section 3.1
        if table.gradient_penalty:
            mix = torch.rand(len(x_real), generator=self.noise).to(self.device)
            line = objective.line_penalty(self.config, self.d, x_real, x_fake, labels, mix)
            total, penalty = total + line, penalty + line
        self._descend(self.d, self.d_optimizer, total)
        if regularised or table.gradient_penalty:
            self.penalty = penalty.detach()
        if t.augment == "ada":
            signs = self.ranks.mean(table.signs(real.logits, fake.logits).detach())
            self.augmenter.observe(signs, images=self._per_update())
        return loss.detach()

    def update_g(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of G against the just updated D; returns its loss."""
        shift = self.augmenter.draw_shift()
        self.d.requires_grad_(False)
        with self.autocast():
            fake = self.d.outputs(self.augmenter.shown(x_fake, shift), batch.labels)
            real_logits = fake.logits.detach()
            if LOSSES[self.config.train.loss].paired:
                with torch.no_grad():
                    x_real = self.augmenter.shown(batch.x, shift)
                    real_logits = self.d.outputs(x_real, batch.labels).logits
        total, loss = objective.g_objective(
            self.config, real_logits.float(), objective.as_float(fake), batch.labels
        )
        self._descend(self.g, self.g_optimizer, total)
        self.d.requires_grad_(True)
        return loss.detach()

    @torch.no_grad()
    def _loss_of_g(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """G's current loss, for the curves; no update, no random numbers."""
        real, fake = self._judged(batch, x_fake)
        return objective.g_objective(self.config, real.logits, fake, batch.labels)[1]

    @torch.no_grad()
    def _loss_of_d(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """D's current loss, likewise."""
        real, fake = self._judged(batch, x_fake)
        return LOSSES[self.config.train.loss].d(real.logits, fake.logits)

    def _judged(self, batch: Batch, x_fake: Tensor) -> tuple[DOutput, DOutput]:
        self.d.eval()
        with self.autocast():
            judged = objective.judge_both(self.d, batch.x, x_fake.detach(), batch.labels)
        self.d.train()
        return judged

    def _descend(self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        if not self.ranks.everywhere(bool(loss.isfinite())):
            raise DivergedError(
                "the training reached {item} after {nimg} images; resume the last checkpoint "
                "with a lower learning rate",
                item=loss.item(),
                nimg=f"{self.nimg:,}",
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.ranks.average(module)
        if self.config.train.clip_norm > 0:
            nn.utils.clip_grad_norm_(module.parameters(), self.config.train.clip_norm)
        optimizer.step()

    def autocast(self) -> AbstractContextManager[Any]:
        """Autocast to the chosen dtype; disabled for float32."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def to_device(self, batch: Batch) -> Batch:
        """`batch` on the models' device, without labels if the models are unconditional."""
        x = batch.x.to(self.device, memory_format=torch.channels_last)
        labels = None if batch.labels is None or not self.config.model.classes else batch.labels
        return Batch(x, None if labels is None else labels.to(self.device))

    def change(self, settings: Mapping[str, Any]) -> Message:
        """Change settings between two steps, all or none; returns a note for the user, if any.

        Raises ConfigError for one that cannot change, and then nothing has changed. A D of another
        structure keeps every weight that fits; this, or another optimiser, resets the optimiser
        state.
        """
        before, config = self.config, checked_change(self.config, settings)
        rebuilt, note = None, Message()
        if differs_in_d(before.model, config.model):
            rebuilt = self._placed(seeded_discriminator(config.model, config.seed))
            kept, count = keep_weights(self.d, rebuilt)
            note = Message(REBUILT, kept=kept, count=count)
        self.config, t = config, config.train
        if rebuilt is not None:
            self.d = rebuilt
        if before.train.optimizer != t.optimizer:
            note = note or Message("the optimisers are new")
            self.g_optimizer = build_optimizer(self.g, t.g_lr, t)
        if rebuilt is not None or before.train.optimizer != t.optimizer:
            self.d_optimizer = build_optimizer(self.d, t.d_lr, t)
        self._apply_config()
        return note

    def set(self, key: str, value: Any) -> Message:
        """Change one setting; see `change`."""
        return self.change({key: value})

    def _apply_config(self) -> None:
        t = self.config.train
        retune(self.g_optimizer, t.g_lr, t)
        retune(self.d_optimizer, t.d_lr, t)
        self.dtype = pick_dtype(t.precision, self.device)
        self.ema.half_life_kimg = t.ema_half_life_kimg
        self.batches.batch_size, self.batches.flip = t.batch_size, t.flip
        self.augmenter.reconfigure(t)

    def modules(self) -> dict[str, nn.Module]:
        """The modules of a checkpoint, by prefix."""
        return {"g": self.g, "g_ema": self.ema.generator, "d": self.d}

    def state(self) -> dict[str, Any]:
        """Everything a bit-exact resume needs besides the modules."""
        return {
            "nimg": self.nimg,
            "steps": self.steps,
            "seconds": self.seconds,
            "noise": self.noise.get_state(),
            "batches": self.batches.state(),
            "ada": self.augmenter.state(),
            "penalty": float(self.penalty),
            "config": json.dumps(to_json(self.config)),
            "ema_count": self.ema.count.clone(),
            "g_optimizer": self.g_optimizer.state_dict(),
            "d_optimizer": self.d_optimizer.state_dict(),
            "threads": torch.get_num_threads(),
            "torch": str(torch.__version__),
        }

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        """Restore `state` (modules are already loaded); returns why it may not be bit-exact.

        Without "batches" the order of the images restarts, without "noise" the random numbers do.
        """
        self.nimg, self.steps, self.seconds = state["nimg"], state["steps"], state["seconds"]
        if self.ranks.index or "noise" not in state:  # a checkpoint has the noise of rank 0 only
            self.noise.manual_seed(self._own_seed(self.nimg))
        else:
            self.noise.set_state(state["noise"])
        if "batches" in state:
            self.batches.restore(state["batches"])
        self.augmenter.restore(state.get("ada", {}))
        self.penalty = torch.tensor(state.get("penalty", 0.0))
        self.ema.count.copy_(state["ema_count"])
        self.g_optimizer.load_state_dict(state["g_optimizer"])
        self.d_optimizer.load_state_dict(state["d_optimizer"])
        self._apply_config()  # learning rates given at resume override those in the state
        now = {"threads": torch.get_num_threads(), "torch": str(torch.__version__)}
        different = [f"{k} was {state[k]}, is {v}" for k, v in now.items() if state[k] != v]
        if self.ranks.count > 1:
            different.append(f"{self.ranks.count} processes, of which one keeps its noise")
        return tuple(different)

    def begin_from(self, nimg: int, seconds: float) -> None:
        """Start from weights alone (modules are already loaded) with fresh optimisers and noise.

        G starts as its average, and the average continues from there.
        """
        self.g.load_state_dict(self.ema.generator.state_dict())
        self.nimg, self.seconds = nimg, seconds
        self.ema.count.fill_(1)  # otherwise its first update would copy G


def config_in(state: Mapping[str, Any]) -> RunConfig | None:
    """The settings in force when a checkpoint's state was saved; older checkpoints lack them."""
    text = state.get("config")
    return None if text is None else from_json(RunConfig, json.loads(text))
