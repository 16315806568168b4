"""Two networks that learn from each other: one step of it, and all the state that it has.

Every random number comes from a generator whose state is part of `state()`, so that a resumed
training goes on bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from gan.config import RunConfig, apply_settings
from gan.data import Batch, Batches, ImageSet
from gan.errors import ConfigError, DivergedError
from gan.losses import LOSSES, gradient_penalty, zero_centred_penalty
from gan.models import Discriminator, Generator, seeded_build
from gan.training.ema import Ema
from gan.training.optimizers import build_optimizer, pick_dtype

UNSTEERABLE = ("precision", "optimizer")
Network = TypeVar("Network", Generator, Discriminator)


class Last(NamedTuple):
    """The step just done, for whoever asks how it went."""

    loss_g: Tensor
    loss_d: Tensor
    batch: Batch
    x_fake: Tensor


class Learner:
    """G, its average, D, their optimisers and their data."""

    def __init__(
        self, config: RunConfig, images: ImageSet, *, device: str | torch.device = "cpu"
    ) -> None:
        self.config = config
        self.device = torch.device(device)
        self.dtype = pick_dtype(config.train.precision, self.device)
        t = config.train
        g, d = seeded_build(config.model, config.seed)
        self.g, self.d = self._placed(g), self._placed(d)
        self.ema = Ema(self.g, half_life_kimg=t.ema_half_life_kimg)
        self.g_optimizer = build_optimizer(self.g, t.g_lr, t)
        self.d_optimizer = build_optimizer(self.d, t.d_lr, t)
        self.batches = Batches(images, t.batch_size, seed=config.seed, flip=t.flip)
        self.noise = torch.Generator().manual_seed(config.seed)
        self.nimg, self.steps, self.seconds = 0, 0, 0.0
        self.last: Last | None = None

    def _placed(self, module: Network) -> Network:
        moved = module.to(self.device)
        moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        return moved

    def step(self) -> None:
        """`d_steps` updates of D and one of G. Raises DivergedError at NaN or infinity."""
        t = self.config.train
        for _ in range(t.d_steps - 1):
            batch = self.to_device(self.batches.next())
            with torch.no_grad(), self.autocast():
                x_fake = self._fakes(batch)
            self.update_d(batch, x_fake)
        batch = self.to_device(self.batches.next())
        self.g.train()
        with self.autocast():
            x_fake = self._fakes(batch)  # one path for both: D's update sees it detached
        loss_d = self.update_d(batch, x_fake.detach())
        loss_g = self.update_g(batch, x_fake)
        self.last = Last(loss_g, loss_d, batch, x_fake.detach())
        self.nimg += t.batch_size * t.d_steps
        self.steps += 1
        self.ema.update(self.g, nimg=self.nimg, batch_size=t.batch_size * t.d_steps)

    def _fakes(self, batch: Batch) -> Tensor:
        z = torch.randn(len(batch.x), self.config.model.z_dim, generator=self.noise)
        x: Tensor = self.g(z.to(self.device), batch.labels)
        return x

    def update_d(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of D on real and (detached) fake images; returns its loss."""
        t, loss_table = self.config.train, LOSSES[self.config.train.loss]
        shift = self._draw_shift()
        x_real, x_fake = self._shifted(batch.x, shift), self._shifted(x_fake, shift)
        regularised = (t.r1 > 0 or t.r2 > 0) and self.steps % t.reg_every == 0
        if regularised:
            x_real, x_fake = x_real.requires_grad_(True), x_fake.float().requires_grad_(True)
        with self.autocast():
            real_logits, fake_logits = self._both_logits(x_real, x_fake, batch.labels)
        loss = loss_table.d(real_logits, fake_logits)
        total = loss
        if regularised:
            r1 = t.r1 * zero_centred_penalty(x_real, real_logits)
            r2 = t.r2 * zero_centred_penalty(x_fake, fake_logits)
            total = loss + t.reg_every * (r1 + r2)  # lazily: Karras et al. 2020, section 3.1
        if loss_table.gradient_penalty:
            total = total + t.gp * self._gradient_penalty(batch, x_real, x_fake)
        self._descend(self.d, self.d_optimizer, total)
        return loss.detach()

    def _both_logits(
        self, x_real: Tensor, x_fake: Tensor, labels: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """D on real and fake: in one pass, unless D has batch norm and must see them apart."""
        if self.d.mixes_batch:
            return self.d(x_real, labels).float(), self.d(x_fake, labels).float()
        x = torch.cat([x_real, x_fake.to(x_real.dtype)])
        both = None if labels is None else torch.cat([labels, labels])
        real_logits, fake_logits = self.d(x, both).float().chunk(2)
        return real_logits, fake_logits

    def _gradient_penalty(self, batch: Batch, x_real: Tensor, x_fake: Tensor) -> Tensor:
        mix = torch.rand(len(x_real), generator=self.noise).to(self.device)

        def critic(x: Tensor) -> Tensor:
            logits: Tensor = self.d(x, batch.labels)
            return logits

        return gradient_penalty(critic, x_real.detach(), x_fake.detach().float(), mix)

    def update_g(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """One update of G through the D that has just learned; returns its loss."""
        table = LOSSES[self.config.train.loss]
        shift = self._draw_shift()
        self.d.requires_grad_(False)
        with self.autocast():
            fake_logits = self.d(self._shifted(x_fake, shift), batch.labels).float()
            real_logits = fake_logits.detach()
            if table.paired:
                with torch.no_grad():
                    real_logits = self.d(self._shifted(batch.x, shift), batch.labels).float()
        loss = table.g(real_logits, fake_logits)
        self._descend(self.g, self.g_optimizer, loss)
        self.d.requires_grad_(True)
        return loss.detach()

    def _descend(self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        if not loss.isfinite():
            raise DivergedError(
                f"the training reached {loss.item()} after {self.nimg:,} images; resume the last "
                f"checkpoint with a lower learning rate"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.config.train.clip_norm > 0:
            nn.utils.clip_grad_norm_(module.parameters(), self.config.train.clip_norm)
        optimizer.step()

    def _draw_shift(self) -> tuple[int, int]:
        """(down, right) in px, one for real and fake alike, so that D cannot tell them by it."""
        most = self.config.train.shift_px
        if not most:
            return 0, 0
        dy, dx = torch.randint(-most, most + 1, (2,), generator=self.noise).tolist()
        return dy, dx

    def _shifted(self, x: Tensor, shift: tuple[int, int]) -> Tensor:
        if shift == (0, 0):
            return x
        (dy, dx), most = shift, self.config.train.shift_px
        height, width = x.shape[-2:]
        padded = pad(x, (most, most, most, most), mode="replicate")
        return padded[..., most - dy : most - dy + height, most - dx : most - dx + width]

    def autocast(self) -> AbstractContextManager[Any]:
        """The precision that this machine is good at."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def to_device(self, batch: Batch) -> Batch:
        """`batch` where the models are, without labels that the models do not take."""
        x = batch.x.to(self.device, memory_format=torch.channels_last)
        labels = None if batch.labels is None or not self.config.model.classes else batch.labels
        return Batch(x, None if labels is None else labels.to(self.device))

    def set(self, key: str, value: Any) -> None:
        """Change a training setting between two steps; raises ConfigError for one that cannot."""
        if key in UNSTEERABLE or not hasattr(self.config.train, key):
            raise ConfigError(f"{key} cannot be changed while training; start a new run with it")
        self.config = apply_settings(self.config, {key: value})
        self._apply_config()

    def _apply_config(self) -> None:
        t = self.config.train
        for optimizer, lr in ((self.g_optimizer, t.g_lr), (self.d_optimizer, t.d_lr)):
            for group in optimizer.param_groups:
                group["lr"] = lr
                if "betas" in group:
                    group["betas"] = (t.beta1, t.beta2)
        self.ema.half_life_kimg = t.ema_half_life_kimg
        self.batches.batch_size, self.batches.flip = t.batch_size, t.flip

    def modules(self) -> dict[str, nn.Module]:
        """What a checkpoint holds, by prefix."""
        return {"g": self.g, "g_ema": self.ema.generator, "d": self.d}

    def state(self) -> dict[str, Any]:
        """All that a bit-exact resume needs beside the modules."""
        return {
            "nimg": self.nimg,
            "steps": self.steps,
            "seconds": self.seconds,
            "noise": self.noise.get_state(),
            "batches": self.batches.state(),
            "ema_count": self.ema.count.clone(),
            "g_optimizer": self.g_optimizer.state_dict(),
            "d_optimizer": self.d_optimizer.state_dict(),
            "threads": torch.get_num_threads(),
            "torch": str(torch.__version__),
        }

    def restore(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        """Go on from `state` (modules are already loaded); returns why it may not be bit-exact."""
        self.nimg, self.steps, self.seconds = state["nimg"], state["steps"], state["seconds"]
        self.noise.set_state(state["noise"])
        self.batches.restore(state["batches"])
        self.ema.count.copy_(state["ema_count"])
        self.g_optimizer.load_state_dict(state["g_optimizer"])
        self.d_optimizer.load_state_dict(state["d_optimizer"])
        self._apply_config()  # rates given anew at resume win over those in the state
        now = {"threads": torch.get_num_threads(), "torch": str(torch.__version__)}
        return tuple(f"{k} was {state[k]}, is {v}" for k, v in now.items() if state[k] != v)
