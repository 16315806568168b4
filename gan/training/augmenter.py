"""What is done to images before D sees them, and how often: shifts, DiffAugment, ADA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan.config import TrainConfig
from gan.data import augment

ADA_EVERY = 4  # updates of D between two looks; Karras et al. 2020 (ADA), section 3.1
ADA_KIMG = 50  # thousand images from p = 0 to 1; theirs is 500, our trainings are shorter


class Ada:
    """How often to augment, from how sure D is on real images; Karras et al. 2020, section 3.1.

    `p` rises while D's sureness r = E[sign(D(x_real))] is above its target, and falls below it.
    Departures: the changes are DiffAugment's, and a step of p is ten times theirs.
    """

    def __init__(self, p: float) -> None:
        self.p, self.signs, self.count, self.images = p, 0.0, 0, 0

    def observe(self, signs: Tensor, *, target: float, images: int) -> None:
        """Take note of the signs (any shape) that D gave after `images` more images."""
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
    """Draws from the training's own noise, so that a resumed training sees the same changes."""

    def __init__(self, config: TrainConfig, noise: torch.Generator) -> None:
        self.config, self.noise = config, noise
        self.ada = Ada(config.augment_p)

    @property
    def p(self) -> float:
        """How often an image is changed now."""
        if self.config.augment == "none":
            return 0.0
        return self.ada.p if self.config.augment == "ada" else self.config.augment_p

    def reconfigure(self, config: TrainConfig) -> None:
        """Go on with other settings; ADA begins anew where it is switched on or given a start."""
        before, self.config = self.config, config
        if (before.augment, before.augment_p) != (config.augment, config.augment_p):
            self.ada = Ada(config.augment_p)

    def draw_shift(self) -> tuple[int, int]:
        """(down, right) in px, one for real and fake alike, so that D cannot tell them by it."""
        most = self.config.shift_px
        if not most:
            return 0, 0
        dy, dx = torch.randint(-most, most + 1, (2,), generator=self.noise).tolist()
        return dy, dx

    def shown(self, x: Tensor, shift: tuple[int, int]) -> Tensor:
        """x (N, C, H, W) as D gets to see it; real and fake go through here alike."""
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
        """Let ADA learn how sure D was."""
        if self.config.augment == "ada":
            self.ada.observe(signs, target=self.config.ada_target, images=images)

    def state(self) -> dict[str, float]:
        """ADA's memory."""
        return dict(vars(self.ada))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        vars(self.ada).update(state)
