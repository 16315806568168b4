"""The generator, its average, its data and its method: one step, and all the training state.

Every random number comes from a generator whose state is part of `state()`, so that a resumed
training continues bit for bit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from gan.averaging import SECOND_G
from gan.config import RunConfig
from gan.data import Batch, Batches, ImageSet, holds_out, split_held_out
from gan.errors import DivergedError, number_text
from gan.images import normalise
from gan.kinds import Kind, kind_of
from gan.messages import Message
from gan.models import seeded_build
from gan.schema import from_json, to_json
from gan.training.adversarial import Adversarial
from gan.training.drifting import Drifting
from gan.training.ema import Ema, SecondEma
from gan.training.flow import FlowMatching
from gan.training.likelihood import EvidenceBound, ExactLikelihood
from gan.training.method import Method
from gan.training.optimizers import fall_done, penalty_share, pick_dtype, rate_share
from gan.training.ranks import ALONE, Ranks
from gan.training.steering import checked_change

Network = TypeVar("Network", bound=nn.Module)

METHODS: dict[Kind, type[Method]] = {
    "gan": Adversarial,
    "vae": EvidenceBound,
    "rnn": ExactLikelihood,
    "flow": FlowMatching,
    "drift": Drifting,
}
RATES = frozenset({"g_lr", "d_lr", "lr_schedule", "lr_end", "fall_after", "fall_kimg"})
GRID = 64  # images per snapshot
PLANE_GRID = 1024  # points per snapshot, which is one picture of all of them
FIXED_SEED = 2**20  # of the fixed noise, away from the seeds people type


def snapshot_labels(classes: int, count: int = GRID) -> Tensor | None:
    """Labels (count,) of the fixed noise: cycling through the classes."""
    return torch.arange(count) % classes if classes else None


def fixed_noise(z_dim: int, classes: int, count: int = GRID) -> tuple[Tensor, Tensor | None]:
    """The latents of every snapshot: z (count, z_dim), and the labels of a conditional model."""
    fixed = torch.Generator().manual_seed(FIXED_SEED)
    return torch.randn(count, z_dim, generator=fixed), snapshot_labels(classes, count)


class Learner:
    """G, its EMA, its data, and the method that trains it."""

    def __init__(
        self,
        config: RunConfig,
        images: ImageSet,
        *,
        device: str | torch.device = "cpu",
        ranks: Ranks = ALONE,
    ) -> None:
        train, held_out = split_held_out(images)
        # after a fork to other images, it may have been trained on those held out here
        self.held_out = held_out if holds_out(config.seen) else held_out.subset(torch.arange(0))
        self.config = config
        self.ranks = ranks
        self.device = torch.device(device)
        self.dtype = pick_dtype(config.train.precision, self.device)
        t = config.train
        g, second = seeded_build(config.model, config.seed)
        self.g = self.placed(g)
        self.ema = Ema(self.g, half_life_kimg=t.ema_half_life_kimg)
        # None after a resume or a fork from what an older version saved: its beginning is missing
        self.second_ema: SecondEma | None = SecondEma(self.g)
        self.batches = Batches(
            self._share(train), t.batch_at(0), seed=config.seed, flip=t.flip, share=self._share
        )
        self.noise = torch.Generator().manual_seed(self._own_seed())
        self.nimg, self.steps, self.seconds = 0, 0, 0.0
        self.rate_share = self.penalty_share = 1.0  # what is left of rates, R1 and R2
        count = PLANE_GRID if config.model.is_plane else GRID
        self.fixed_z, self.fixed_labels = fixed_noise(
            config.model.z_dim, config.model.classes, count
        )
        self.method = METHODS[kind_of(config.model.family)](self, second)

    def _share(self, images: ImageSet) -> ImageSet:
        """This rank's share of a batch; all shares are equal."""
        index, count = self.ranks.index, self.ranks.count
        if count == 1:
            return images
        return images.subset(torch.arange(index, len(images) - len(images) % count, count))

    def _own_seed(self, nimg: int = 0) -> int:
        return self.config.seed + (self.ranks.index << 40) + nimg

    def per_update(self) -> int:
        """Real images per update, over all ranks."""
        return self.batches.batch_size * self.ranks.count

    def placed(self, module: Network) -> Network:
        moved = module.to(self.device)
        moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        self.ranks.synchronise(moved, self.config.train.sync_batch_norm)
        return moved

    def step(self) -> None:
        """One step of the method. Raises DivergedError at NaN or infinity."""
        self.follow_schedule()
        self.method.step()

    def follow_schedule(self) -> None:
        """Let rates, penalties and batches be what is planned for this moment.

        A function of the progress alone: a resume, a fork, another duration or another schedule
        needs no state of its own.
        """
        t, done = self.config.train, self.fraction()
        if done is not None and t.follows_plan:
            done = self.ranks.first(done)  # the other ranks have clocks of their own
        done = fall_done(t, self.nimg, done)
        self.batches.batch_size = t.batch_at(self.nimg)
        self.penalty_share = penalty_share(t, done)
        share = rate_share(t, done)
        if share != self.rate_share:
            self.rate_share = share
            self.method.retune()

    def fraction(self) -> float | None:
        """The used fraction of the budget, 0 to 1; None without a budget."""
        parts = []
        if self.config.total_kimg is not None:
            parts.append(self.nimg / max(self.config.total_kimg * 1000, 1e-9))
        if self.config.total_seconds is not None:
            parts.append(self.seconds / max(self.config.total_seconds, 1e-9))
        return min(max(parts), 1.0) if parts else None

    def count(self, images: int) -> None:
        """A step on `images` was made: the average follows G."""
        self.nimg += images
        self.steps += 1
        self.average(images)

    def average(self, images: int) -> None:
        """Update the averages of G after a step on `images`."""
        for average in self.averages().values():
            average.update(self.g, nimg=self.nimg, batch_size=images)

    def averages(self) -> dict[str, Ema]:
        """The averages of G by their prefix in files."""
        second = {} if self.second_ema is None else {SECOND_G: self.second_ema}
        return {"g_ema": self.ema, **second}

    def next_batch(self) -> Batch:
        """The next real batch, on the models' device."""
        return self.to_device(self.batches.next())

    def some_held_out(self, most: int = GRID) -> Batch | None:
        """Held-out images, others at each step; None where there are none.

        A sliding window over the steps: monitoring uses no random numbers.
        """
        if not len(self.held_out):
            return None
        count = min(most, len(self.held_out))
        index = (torch.arange(count) + self.steps * count) % len(self.held_out)
        some = self.held_out.subset(index)
        return self.to_device(Batch(normalise(some.pixels), some.labels))

    def fixed(self) -> tuple[Tensor, Tensor | None]:
        """The fixed noise and its labels, on the models' device."""
        labels = self.fixed_labels
        return self.fixed_z.to(self.device), None if labels is None else labels.to(self.device)

    def descend(self, module: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        if not self.ranks.everywhere(math.isfinite(loss.item())):
            raise DivergedError(
                "the training reached {item} after {nimg} images; resume the last checkpoint "
                "with a lower learning rate",
                item=loss.item(),
                nimg=f"{self.nimg:,}",
            )
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        # as optimizer.zero_grad does, whose hooks take longer than a small network's gradients
        for parameter in parameters:
            parameter.grad = None
        loss.backward(inputs=parameters)  # not of the images that R1 and R2 are taken at
        self.ranks.average(module)
        if self.config.train.clip_norm > 0:
            nn.utils.clip_grad_norm_(module.parameters(), self.config.train.clip_norm)
        optimizer.step()

    def autocast(self) -> AbstractContextManager[Any]:
        """Autocast to the chosen dtype; nothing for float32."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

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
        new = before.train.optimizer != config.train.optimizer
        note = self.method.rebuild(config, optimizers=new)
        self.config = config
        self._apply_config()
        return note or self._rates_told(settings)

    def _rates_told(self, changed: Iterable[str]) -> Message:
        """What a change of falling rates means now."""
        t = self.config.train
        if t.lr_schedule == "constant" or not RATES.intersection(changed):
            return Message()
        done = fall_done(t, self.nimg, self.fraction())
        if done is None:
            return Message(
                "rates fall only in a run with a planned end, or by fall_kimg; in this one they "
                "stay"
            )
        share, end = f"{rate_share(t, done):.0%}", f"{t.lr_end:.0%}" if t.lr_end else "0"
        if t.fall_kimg:
            return Message(
                "the rates are {share} of what is set, and {end} after {kimg} thousand images",
                share=share, end=end, kimg=number_text(t.fall_kimg),
            )  # fmt: skip
        return Message(
            "the rates are {share} of what is set, and {end} at the planned end",
            share=share, end=end,
        )  # fmt: skip

    def set(self, key: str, value: Any) -> Message:
        """Change one setting; see `change`."""
        return self.change({key: value})

    def _apply_config(self) -> None:
        t = self.config.train
        self.method.retune()
        for g in (self.g, *(average.generator for average in self.averages().values())):
            g.adopt(self.config.model)
        for module in (self.g, *self.method.modules().values()):
            self.ranks.synchronise(module, t.sync_batch_norm)
        self.dtype = pick_dtype(t.precision, self.device)
        self.ema.half_life_kimg = t.ema_half_life_kimg
        self.batches.batch_size, self.batches.flip = t.batch_at(self.nimg), t.flip

    def modules(self) -> dict[str, nn.Module]:
        """The modules of a checkpoint, by prefix."""
        return {"g": self.g, **self.saved_modules()}

    def saved_modules(self) -> dict[str, nn.Module]:
        """The modules of a moment's weights, by prefix."""
        averages = {prefix: average.generator for prefix, average in self.averages().items()}
        return averages | self.method.modules()

    def state(self) -> dict[str, Any]:
        """Everything a bit-exact resume needs besides the modules."""
        return {
            "nimg": self.nimg,
            "steps": self.steps,
            "seconds": self.seconds,
            "noise": self.noise.get_state(),
            "batches": self.batches.state(),
            **self.method.state(),
            "config": json.dumps(to_json(self.config)),
            "ema_count": self.ema.count.clone(),
            **{name: o.state_dict() for name, o in self.method.optimizers().items()},
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
        self.method.restore(state)
        for average in self.averages().values():
            average.count.copy_(state["ema_count"])
        for name, optimizer in self.method.optimizers().items():
            optimizer.load_state_dict(state[name])
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
        for average in self.averages().values():
            average.count.fill_(1)  # otherwise its first update would copy G


def config_in(state: Mapping[str, Any]) -> RunConfig | None:
    """The settings in force when a checkpoint's state was saved; older checkpoints lack them."""
    text = state.get("config")
    return None if text is None else from_json(RunConfig, json.loads(text))
