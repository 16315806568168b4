"""What CONTRIBUTING.md says of adding a family and a loss, done here by its recipes and trained."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan.config import ModelConfig
from gan.families import FAMILIES, FamilyRow
from gan.losses import LOSSES, Loss
from gan.models import NETWORKS, Networks
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import IdentityGenerator
from gan.presets import resolve_widths
from gan.training import Trainer


class ToyGenerator(IdentityGenerator):
    """One dense layer."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.to_image = nn.Linear(self.w_dim, config.channels * config.resolution**2)

    def synthesis(self, w: Tensor) -> Tensor:
        return self.to_image(w).tanh().view(-1, *self.image_shape)


class ToyDiscriminator(Critic):
    """One dense layer, then the head."""

    def __init__(self, shape: CriticShape) -> None:
        super().__init__(shape)
        self.hidden = nn.Linear(self.in_channels * shape.resolution**2, shape.widths[0])
        self.head = self.head_for(shape.widths[0], shape)

    def features(self, x: Tensor) -> Tensor:
        return self.hidden(x.flatten(1)).relu()


def margin_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return F.softplus(1 - real_logits).mean() + F.softplus(1 + fake_logits).mean()


def margin_g(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return F.softplus(-fake_logits).mean()


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "toy", FamilyRow("one layer each", lambda *_: ((8,), (8,))))
    monkeypatch.setitem(NETWORKS, "toy", Networks(ToyGenerator, ToyDiscriminator))
    monkeypatch.setitem(LOSSES, "margin", Loss(margin_d, margin_g))


def test_a_family_and_a_loss_are_a_row_each(toy, digits, make_config):
    config = make_config()
    model = replace(config.model, family="toy", g_widths=(), d_widths=())
    train = replace(config.train, loss="margin")
    config = resolve_widths(replace(config, model=model, train=train))
    assert (config.model.g_widths, config.model.d_widths) == ((8,), (8,))
    trainer = Trainer(config, digits)
    before = [p.clone() for p in trainer.modules()["g"].parameters()]
    for _ in range(3):
        trainer.step()
    row = trainer.progress(0.0)
    assert torch.isfinite(torch.tensor([row.loss_g, row.loss_d])).all()
    after = trainer.modules()["g"].parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
