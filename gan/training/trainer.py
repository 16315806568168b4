"""One adversarial training: models, a loss, batches and a config in, frozen events out.

No file, no thread, no UI and no print. Every random number comes from a generator whose state is
part of `state()`, so that a resumed training goes on bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from gan.config import RunConfig, apply_settings
from gan.data import Batch, Batches, ImageSet, split_held_out
from gan.errors import ConfigError, DivergedError
from gan.images import normalise, to_pixels
from gan.losses import LOSSES, gradient_penalty, zero_centred_penalty
from gan.models import seeded_build
from gan.training.ema import Ema
from gan.training.events import Event, Finished, Progress, Snapshot
from gan.training.optimizers import build_optimizer, pick_dtype

GRID = 64  # images of a snapshot
PROGRESS_S = 0.25
SNAPSHOT_S = 0.5
SNAPSHOT_FRACTION = 1 / 240  # of the time trained: a long run keeps hundreds, not thousands
SNAPSHOT_MOST_S = 10.0
FIXED_SEED = 2**20  # of the fixed noise, away from the seeds people type
UNSTEERABLE = ("precision", "optimizer")


def snapshot_labels(classes: int, count: int = GRID) -> Tensor | None:
    """Labels (count,) of the fixed noise: the classes in turn, as far as they go."""
    return torch.arange(count) % classes if classes else None


class Trainer:
    """Alternating updates of D and G, steerable between events."""

    def __init__(
        self, config: RunConfig, images: ImageSet, *, device: str | torch.device = "cpu"
    ) -> None:
        self.config = config
        self.device = torch.device(device)
        self.dtype = pick_dtype(config.train.precision, self.device)
        g, d = seeded_build(config.model, config.seed)
        layout = torch.channels_last
        self.g, self.d = (
            g.to(self.device, memory_format=layout),
            d.to(self.device, memory_format=layout),
        )  # type: ignore[call-overload]
        self.ema = Ema(self.g, half_life_kimg=config.train.ema_half_life_kimg)
        self.images, self.held_out = split_held_out(images)
        self.batches = self._batches()
        self.noise = torch.Generator().manual_seed(config.seed)
        fixed = torch.Generator().manual_seed(FIXED_SEED)
        self.fixed_z = torch.randn(GRID, config.model.z_dim, generator=fixed)
        self.fixed_labels = snapshot_labels(config.model.classes)
        self._build_optimizers()
        self.nimg, self.steps, self.seconds = 0, 0, 0.0
        self._last: dict[str, Tensor] = {}

    def _batches(self) -> Batches:
        t = self.config.train
        return Batches(self.images, t.batch_size, seed=self.config.seed, flip=t.flip)

    def _build_optimizers(self) -> None:
        t = self.config.train
        self.g_optimizer = build_optimizer(self.g, t.g_lr, t)
        self.d_optimizer = build_optimizer(self.d, t.d_lr, t)

    # -- one step ---------------------------------------------------------------------------

    def step(self) -> None:
        """`d_steps` updates of D and one of G. Raises DivergedError at NaN or infinity."""
        t = self.config.train
        for _ in range(t.d_steps - 1):
            batch = self._to_device(self.batches.next())
            with torch.no_grad(), self._autocast():
                x_fake = self._fakes(batch)
            self.update_d(batch, x_fake)
        batch = self._to_device(self.batches.next())
        self.g.train()
        with self._autocast():
            x_fake = self._fakes(batch)  # one path for both: D's update sees it detached
        self.update_d(batch, x_fake.detach())
        self.update_g(batch, x_fake)
        self.nimg += t.batch_size * t.d_steps
        self.steps += 1
        self.ema.update(self.g, nimg=self.nimg, batch_size=t.batch_size * t.d_steps)

    def _fakes(self, batch: Batch) -> Tensor:
        z = torch.randn(len(batch.x), self.config.model.z_dim, generator=self.noise)
        x: Tensor = self.g(z.to(self.device), batch.labels)
        return x

    def update_d(self, batch: Batch, x_fake: Tensor) -> None:
        """One update of D on real and (detached) fake images."""
        t, loss_table = self.config.train, LOSSES[self.config.train.loss]
        shift = self._draw_shift()
        x_real, x_fake = self._shifted(batch.x, shift), self._shifted(x_fake, shift)
        regularised = (t.r1 > 0 or t.r2 > 0) and self.steps % t.reg_every == 0
        if regularised:
            x_real, x_fake = x_real.requires_grad_(True), x_fake.float().requires_grad_(True)
        with self._autocast():
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
        self._last |= {"loss_d": loss.detach(), "x_real": batch.x, "x_fake": x_fake.detach()}

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

    def update_g(self, batch: Batch, x_fake: Tensor) -> None:
        """One update of G through the D that has just learned."""
        table = LOSSES[self.config.train.loss]
        shift = self._draw_shift()
        self.d.requires_grad_(False)
        with self._autocast():
            fake_logits = self.d(self._shifted(x_fake, shift), batch.labels).float()
            real_logits = fake_logits.detach()
            if table.paired:
                with torch.no_grad():
                    real_logits = self.d(self._shifted(batch.x, shift), batch.labels).float()
        loss = table.g(real_logits, fake_logits)
        self._descend(self.g, self.g_optimizer, loss)
        self.d.requires_grad_(True)
        self._last |= {"loss_g": loss.detach(), "labels": batch.labels}  # type: ignore[dict-item]

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

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def _to_device(self, batch: Batch) -> Batch:
        x = batch.x.to(self.device, memory_format=torch.channels_last)
        labels = None if batch.labels is None or not self.config.model.classes else batch.labels
        return Batch(x, None if labels is None else labels.to(self.device))

    # -- events -----------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        """Train until the budget is spent; an event at least every quarter second or every step.

        Between two events the caller may steer, save or stop. Time between them does not count.
        """
        yield self.snapshot()
        row_at, row_nimg = self.seconds, self.nimg
        snapshot_at = self.seconds
        while not self._is_done():
            begin = time.perf_counter()
            self.step()
            self.seconds += time.perf_counter() - begin
            if self.seconds - row_at >= PROGRESS_S or self.steps == 1:
                speed = (self.nimg - row_nimg) / max(self.seconds - row_at, 1e-9)
                row_at, row_nimg = self.seconds, self.nimg
                yield self._timed(partial(self.progress, speed))
            if self.seconds - snapshot_at >= self._snapshot_interval_s():
                snapshot_at = self.seconds
                yield self._timed(self.snapshot)
        if self._last:  # nothing to tell where the budget was spent before the first step
            yield self.progress(self.nimg / max(self.seconds, 1e-9))
        yield self.snapshot()
        yield Finished(self.nimg, self.seconds)

    def _timed(self, make: Callable[[], Event]) -> Event:
        """An event whose making counts as training time."""
        begin = time.perf_counter()
        event = make()
        self.seconds += time.perf_counter() - begin
        return event

    def _snapshot_interval_s(self) -> float:
        return min(max(SNAPSHOT_S, self.seconds * SNAPSHOT_FRACTION), SNAPSHOT_MOST_S)

    def fraction(self) -> float | None:
        """How much of the budget is spent, 0 to 1; None where there is no budget."""
        parts = []
        if self.config.total_kimg is not None:
            parts.append(self.nimg / max(self.config.total_kimg * 1000, 1e-9))
        if self.config.total_seconds is not None:
            parts.append(self.seconds / max(self.config.total_seconds, 1e-9))
        return min(max(parts), 1.0) if parts else None

    def _is_done(self) -> bool:
        fraction = self.fraction()
        return fraction is not None and fraction >= 1.0

    @torch.no_grad()
    def snapshot(self) -> Snapshot:
        """What the averaged generator makes of the fixed noise now."""
        z, labels = self.fixed_z.to(self.device), self.fixed_labels
        x = self.ema.generator(z, None if labels is None else labels.to(self.device))
        return Snapshot(self.nimg, to_pixels(x))

    def progress(self, images_per_s: float) -> Progress:
        """The row of the curves for the step just done."""
        t, last = self.config.train, self._last
        scores = self._scores()
        return Progress(
            nimg=self.nimg,
            seconds=self.seconds,
            images_per_s=images_per_s,
            loss_g=last["loss_g"].item() if last else 0.0,
            loss_d=last["loss_d"].item() if last else 0.0,
            score_real=scores[0] or 0.0,
            score_fake=scores[1] or 0.0,
            score_held_out=scores[2],
            grad_norm_g=_grad_norm(self.g),
            grad_norm_d=_grad_norm(self.d),
            g_lr=t.g_lr,
            d_lr=t.d_lr,
        )

    @torch.no_grad()
    def _scores(self) -> tuple[float | None, float | None, float | None]:
        """Mean logits of D, in eval mode, on the last real, the last fake and held-out images."""
        if not self._last:
            return None, None, None
        self.d.eval()
        labels = self._last["labels"]
        with self._autocast():
            real = self.d(self._last["x_real"], labels).float().mean().item()
            fake = self.d(self._last["x_fake"], labels).float().mean().item()
            held_out = self._held_out_score()
        self.d.train()
        return real, fake, held_out

    def _held_out_score(self) -> float | None:
        if not len(self.held_out):
            return None
        # a window that moves with the steps: no random state is spent on watching
        count = min(GRID, len(self.held_out))
        index = (torch.arange(count) + self.steps * count) % len(self.held_out)
        some = self.held_out.subset(index)
        batch = self._to_device(Batch(normalise(some.pixels), some.labels))
        return float(self.d(batch.x, batch.labels).float().mean().item())

    # -- steering and state -----------------------------------------------------------------

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


def _grad_norm(module: nn.Module) -> float:
    grads = [p.grad for p in module.parameters() if p.grad is not None]
    return float(nn.utils.get_total_norm(grads)) if grads else 0.0
