"""What can change in mid-run changes at once; a single step moves one network only."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from gan.errors import ConfigError
from gan.kinds import has_setting
from gan.settings import steerable_settings
from gan.training import Trainer, changes, single_step

CHANGES: dict[str, Any] = {
    "lr_schedule": "cosine", "lr_end": 0.1, "fall_after": 0.5, "fall_kimg": 50.0, "reg_end": 0.5,
    "loss": "hinge", "optimizer": "sgd", "g_lr": 1e-4, "d_lr": 1e-4, "beta1": 0.5, "beta2": 0.9,
    "batch_size": 8, "batch_growth": 2, "growth_kimg": 50.0, "d_steps": 2, "r1": 1.0, "r2": 0.0,
    "gp": 1.0, "reg_every": 1, "clip_norm": 0.5, "ema_half_life_kimg": 1.0, "flip": True,
    "shift_px": 1, "precision": "fp32", "sync_batch_norm": False, "augment": "ada",
    "augment_p": 0.9, "ada_target": 0.2, "aux_weight": 0.1, "d_widths": (8,), "d_count": 2,
    "d_reduce": "worst", "d_scales": 2, "packing": 2, "minibatch_std": True, "spectral_norm": True,
    "aux_classes": True,
}  # fmt: skip


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [t.detach().clone() for t in module.state_dict().values()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_list_below_leaves_nothing_out():
    assert set(CHANGES) == {key for key in steerable_settings() if has_setting("gan", key)}


@pytest.mark.slow
@pytest.mark.parametrize("key", CHANGES)
def test_every_setting_can_change_in_mid_run_and_resumes_bit_for_bit(digits, make_config, key):
    trainer = Trainer(make_config(), digits)
    trainer.step()
    g, before = weights(trainer.g), trainer.config
    trainer.set(key, CHANGES[key])
    assert same(g, weights(trainer.g))  # a change alone moves nothing in G
    assert changes(before, trainer.config) == {key: CHANGES[key]}
    trainer.step()
    other = Trainer(trainer.config, digits)
    for name, module in trainer.modules().items():
        other.modules()[name].load_state_dict(module.state_dict())
    other.restore(copy.deepcopy(trainer.state()))
    trainer.step()
    other.step()
    assert same(weights(trainer.g), weights(other.g))
    assert same(weights(trainer.method.d), weights(other.method.d))


def test_several_settings_change_together_or_not_at_all(digits, make_config):
    trainer = Trainer(make_config(), digits)
    before, d = trainer.config, trainer.method.d
    with pytest.raises(ConfigError):
        trainer.change({"g_lr": 0.5, "d_count": 2, "optimizer": "fast"})
    assert trainer.config == before
    assert trainer.method.d is d
    assert trainer.method.g_optimizer.param_groups[0]["lr"] == before.train.g_lr
    trainer.change({"g_lr": 0.5, "d_count": 2})
    assert trainer.method.g_optimizer.param_groups[0]["lr"] == 0.5
    assert len(trainer.method.d.outputs(*trainer.peek()).logits) == 2


def test_rates_and_momentum_reach_whatever_optimiser_there_is(digits, make_config):
    trainer = Trainer(make_config(optimizer="sgd", beta1=0.5), digits)
    trainer.change({"beta1": 0.9, "d_lr": 0.25})
    assert trainer.method.d_optimizer.param_groups[0]["momentum"] == 0.9
    assert trainer.method.d_optimizer.param_groups[0]["lr"] == 0.25
    trainer.change({"optimizer": "adam"})
    assert isinstance(trainer.method.g_optimizer, torch.optim.Adam)
    assert trainer.method.g_optimizer.param_groups[0]["betas"] == (0.9, 0.99)


def test_a_rebuilt_d_goes_on_from_what_it_knew(digits, make_config):
    trainer = Trainer(make_config(), digits)
    for _ in range(3):
        trainer.step()
    before = trainer.method.d.eval()(*trainer.peek())
    note = trainer.set("d_count", 2)
    assert "tensors were kept" in str(note)
    now = trainer.method.d.eval().outputs(*trainer.peek()).logits
    assert torch.equal(now[0], before)


@pytest.mark.parametrize(("what", "moved"), [("d", {"d"}), ("g", {"g"}), ("both", {"d", "g"})])
def test_a_single_step_moves_what_it_says_and_nothing_else(digits, make_config, what, moved):
    trainer = Trainer(make_config(), digits)
    trainer.step()
    before = {name: weights(m) for name, m in (("d", trainer.method.d), ("g", trainer.g))}
    batch, nimg = trainer.peek(), trainer.nimg
    done = single_step(trainer, what)
    after = {name: weights(m) for name, m in (("d", trainer.method.d), ("g", trainer.g))}
    assert {name for name in ("d", "g") if not same(before[name], after[name])} == moved
    assert torch.equal(trainer.method.last.batch.x, batch.x)  # the very batch that was to come
    assert trainer.nimg == done.nimg == nimg + 16
    row = done.row()
    assert len(row["fake_scores_before"]) == len(row["fake_scores_after"]) == 64
    assert row["scores_before"]["fake"] == pytest.approx(
        sum(row["fake_scores_before"]) / 64, abs=1e-4
    )
    assert row["loss"] == row["losses"]["d" if what == "d" else "g"]
    assert row["grad_norm"] > 0
    assert (done.pixels_before != done.pixels_after).any() == ("g" in moved)


def test_the_step_at_which_batches_grow_is_judged_by_the_batch_it_learns_from(digits, make_config):
    trainer = Trainer(make_config(batch_size=8, batch_growth=2, growth_kimg=0.008), digits)
    trainer.step()
    d = copy.deepcopy(trainer.method.d).eval()
    row = single_step(trainer, "d").row()
    batch = trainer.method.last.batch
    assert len(batch.x) == 16
    with torch.no_grad(), trainer.autocast():
        real = d(batch.x, batch.labels).float().mean().item()
    assert row["scores_before"]["real"] == pytest.approx(real, abs=1e-4)


def test_a_step_of_d_lowers_its_loss_and_raises_the_gap(digits, make_config):
    trainer = Trainer(make_config(r1=0.0, r2=0.0, d_lr=1e-2), digits)
    trainer.step()
    done = single_step(trainer, "d").row()
    gap = [done[f"scores_{m}"]["real"] - done[f"scores_{m}"]["fake"] for m in ("before", "after")]
    assert gap[1] > gap[0]


def test_real_images_are_shown_class_by_class_beside_the_samples(digits, make_config):
    trainer = Trainer(make_config(), digits)
    reals = trainer.reals()
    assert reals.shape == (64, 8, 8, 1)
    train = trainer.batches.images
    for i in (0, 3, 17):
        found = (train.pixels[:, 0].numpy() == reals[i, :, :, 0]).all((1, 2)).nonzero()[0]
        assert i % 10 in {int(train.labels[j]) for j in found}
