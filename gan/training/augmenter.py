"""Augmentation of D's inputs and its probability: shifts, DiffAugment, ADA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan.config import TrainConfig
from gan.data import augment

ADA_EVERY = 4  # updates of D between two adjustments; Karras et al. 2020 (ADA), section 3.1
ADA_KIMG = 50  # thousand images from p = 0 to 1; theirs is 500, our trainings are shorter


class Ada:
    """Adaptive augmentation probability, from D's sign on reals; Karras et al. 2020, section 3.1.

    `p` rises while r = E[sign(D(x_real))] is above the target, and falls below it. Departures: the
    augmentations are DiffAugment's, and a step of p is ten times theirs.
    """

    def __init__(self, p: float) -> None:
        self.p, self.signs, self.count, self.images = p, 0.0, 0, 0

    def observe(self, signs: Tensor, *, target: float, images: int) -> None:
        """Accumulate the signs (any shape) of D's outputs for `images` more images."""
        self.signs += float(signs.sum())
        self.count += signs.numel()
        self.images += images
        if self.images < ADA_EVERY * images:
            return
        direction = (self.signs / self.count > target) - (self.signs / self.count < target)
        step = self.images / (ADA_KIMG * 1000)
        self.p = min(max(self.p + direction * step, 0.0), 1.0)
        self.signs, self.count, self.images = 0.0, 0, 0


class Augmenter:
    """Uses the training's own RNG, so that a resumed training draws the same augmentations."""

    def __init__(self, config: TrainConfig, noise: torch.Generator) -> None:
        self.config, self.noise = config, noise
        self.ada = Ada(config.augment_p)

    @property
    def p(self) -> float:
        """The current augmentation probability."""
        if self.config.augment == "none":
            return 0.0
        return self.ada.p if self.config.augment == "ada" else self.config.augment_p

    def reconfigure(self, config: TrainConfig) -> None:
        """Apply other settings; ADA restarts if it is switched on or given an initial p."""
        before, self.config = self.config, config
        if (before.augment, before.augment_p) != (config.augment, config.augment_p):
            self.ada = Ada(config.augment_p)

    def draw_shift(self) -> tuple[int, int]:
        """(down, right) in px, the same for real and fake, so that D cannot tell them apart by
        it."""
        most = self.config.shift_px
        if not most:
            return 0, 0
        dy, dx = torch.randint(-most, most + 1, (2,), generator=self.noise).tolist()
        return dy, dx

    def shown(self, x: Tensor, shift: tuple[int, int]) -> Tensor:
        """x (N, C, H, W) as augmented for D; real and fake both go through here."""
        x = self._shifted(x, shift)
        if self.p == 0.0:
            return x
        draws = augment.draw(len(x), x.shape[-1], self.p, self.noise)
        return augment.apply(x.float(), draws)

    def _shifted(self, x: Tensor, shift: tuple[int, int]) -> Tensor:
        if shift == (0, 0):
            return x
        (dy, dx), most = shift, self.config.shift_px
        height, width = x.shape[-2:]
        padded = pad(x, (most, most, most, most), mode="replicate")
        return padded[..., most - dy : most - dy + height, most - dx : most - dx + width]

    def observe(self, signs: Tensor, *, images: int) -> None:
        """Update ADA with the signs of D's outputs."""
        if self.config.augment == "ada":
            self.ada.observe(signs, target=self.config.ada_target, images=images)

    def state(self) -> dict[str, float]:
        """ADA's state."""
        return dict(vars(self.ada))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore `state`."""
        vars(self.ada).update(state)
