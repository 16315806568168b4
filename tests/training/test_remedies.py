"""Every remedy trains, all together in every family, and resumes bit for bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import softplus

from gan.config import RunConfig
from gan.losses import LOSSES, gradient_penalty, worst, zero_centred_penalties
from gan.models import DOutput
from gan.presets import resolve_widths
from gan.settings import apply_settings
from gan.training import Trainer, objective
from gan.training.augmenter import ADA_EVERY, ADA_KIMG, Ada, Augmenter
from gan.training.objective import d_objective, g_objective

REMEDIES = {
    "several": {"d_count": 2},
    "worst": {"d_count": 3, "d_reduce": "worst"},
    "multi-scale": {"d_scales": 2},
    "packing": {"packing": 2},
    "packing-3": {"packing": 3},
    "minibatch-std": {"minibatch_std": True},
    "spectral-norm": {"spectral_norm": True},
    "aux": {"aux_classes": True},
    "diffaug": {"augment": "diffaug"},
    "ada": {"augment": "ada"},
    "sgd": {"optimizer": "sgd", "clip_norm": 1.0, "beta1": 0.5},
    "deeper": {"width": 0.5, "depth": 1},
    "all": {
        "d_count": 2, "d_scales": 2, "packing": 2, "minibatch_std": True, "spectral_norm": True,
        "aux_classes": True, "augment": "ada", "d_reduce": "worst", "clip_norm": 1.0,
    },
}  # fmt: skip


def config_of(base: RunConfig, family: str = "conv", **settings: object) -> RunConfig:
    model = replace(base.model, family=family, g_widths=(), d_widths=())
    config = replace(base, model=model, train=replace(base.train, reg_every=2))
    return resolve_widths(apply_settings(config, settings))


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


FAMILIES = ("mlp", "conv", "dcgan")
# each alone in one family, all of them together in each
TRAINED = [(name, FAMILIES[i % 3]) for i, name in enumerate(REMEDIES) if name != "all"]
TRAINED += [("all", family) for family in FAMILIES]


@pytest.mark.slow
@pytest.mark.parametrize(("remedy", "family"), TRAINED)
def test_every_remedy_trains_and_resumes_bit_for_bit(digits, make_config, remedy, family):
    config = config_of(make_config(), family, **REMEDIES[remedy])
    whole, first, second = (Trainer(config, digits) for _ in range(3))
    start = weights(whole.method.d)
    for _ in range(4):
        whole.step()
    assert not same(start, weights(whole.method.d))
    for _ in range(2):
        first.step()
    for name, module in first.modules().items():
        second.modules()[name].load_state_dict(module.state_dict())
    second.restore(first.state())
    for _ in range(2):
        second.step()
    for name in ("g", "d"):
        assert same(weights(whole.modules()[name]), weights(second.modules()[name]))
    assert second.method.augmenter.state() == whole.method.augmenter.state()
    row = second.progress(1.0)
    assert row.penalty > 0
    assert (row.augment_p > 0) == ("augment" in REMEDIES[remedy])


@pytest.mark.parametrize("loss", LOSSES)
def test_all_remedies_together_go_with_every_loss(digits, make_config, loss):
    rates = {"g_lr": 2e-4, "d_lr": 2e-4}
    trainer = Trainer(config_of(make_config(), loss=loss, **rates, **REMEDIES["all"]), digits)
    for _ in range(2):
        trainer.step()
    assert all(p.isfinite().all() for p in trainer.g.parameters())


def test_the_worst_of_several_is_the_largest_loss():
    real, fake = torch.tensor([[3.0, 3], [0, 0]]), torch.tensor([[0.0, 0], [-2, -2]])
    loss = LOSSES["relativistic"].g
    assert worst(loss, real, fake).item() == pytest.approx(softplus(torch.tensor(3.0)).item())
    config = apply_settings(RunConfig(preset="x"), {"d_count": 2, "d_reduce": "worst"})
    assert g_objective(config, real, DOutput(fake), None)[1] == worst(loss, real, fake)
    mean = g_objective(replace(config, model=replace(config.model, d_reduce="mean")), real,
                       DOutput(fake), None)[1]  # fmt: skip
    each = [loss(r, f).item() for r, f in zip(real, fake, strict=True)]
    assert mean.item() == pytest.approx(sum(each) / 2)


def test_each_of_several_critics_learns_as_if_alone():
    real, fake = torch.tensor([[3.0, 1], [0, 2]]), torch.tensor([[0.0, 1], [-2, 2]])
    config = RunConfig(preset="x")
    total, loss = d_objective(config, DOutput(real), DOutput(fake), None)
    alone = [
        d_objective(config, DOutput(r[None]), DOutput(f[None]), None)[0]
        for r, f in zip(real, fake, strict=True)
    ]
    assert total.item() == pytest.approx(sum(a.item() for a in alone))
    assert loss.item() == pytest.approx(total.item() / 2)


def test_penalties_of_packs_and_of_critics_are_what_a_hand_computes():
    x = torch.ones(4, 1, 1, 1, requires_grad=True)
    each = 3 * x.flatten()
    assert zero_centred_penalties([(x, each)])[0].item() == pytest.approx(0.5 * 9)
    packs = each.view(2, 2).sum(1)  # a pack's gradient has squared norm 9 + 9
    assert zero_centred_penalties([(x, packs)])[0].item() == pytest.approx(0.5 * 18)
    two = torch.stack([each, 2 * each])
    assert zero_centred_penalties([(x, two)])[0].item() == pytest.approx(0.5 * 9 + 0.5 * 36)
    point, mix = torch.zeros(4, 1, 1, 1), torch.zeros(4)
    penalty = gradient_penalty(
        lambda y: (3 * y.flatten()).view(2, 2).sum(1), point, point, mix, packing=2
    )
    assert penalty.item() == pytest.approx((18**0.5 - 1) ** 2)


def test_the_auxiliary_class_is_in_both_losses_by_its_weight(make_config):
    labels = torch.tensor([0, 1])
    sure = torch.tensor([[[9.0, -9], [-9, 9]]])
    logits = torch.zeros(1, 2)
    for weight in (0.0, 2.0):
        config = apply_settings(RunConfig(preset="x"), {"aux_weight": weight})
        right, wrong = DOutput(logits, sure), DOutput(logits, sure.flip(2))
        g = [g_objective(config, logits, j, labels)[0].item() for j in (right, wrong)]
        d = [d_objective(config, j, right, labels)[0].item() for j in (right, wrong)]
        assert g[1] - g[0] == pytest.approx(weight * 18, rel=1e-4)
        assert d[1] - d[0] == pytest.approx(weight * 18, rel=1e-4)


@pytest.mark.parametrize(("sure", "direction"), [(1.0, 1), (0.0, -1)])
def test_ada_augments_more_when_d_is_too_sure_and_less_when_it_is_not(sure, direction):
    ada = Ada(0.5)
    for _ in range(ADA_EVERY):
        assert ada.p == 0.5  # it looks every fourth time
        ada.observe(torch.full((64,), sure), target=0.6, images=64)
    assert ada.p == pytest.approx(0.5 + direction * 64 * ADA_EVERY / (ADA_KIMG * 1000))
    for _ in range(10_000):
        ada.observe(torch.full((64,), sure), target=0.6, images=64)
    assert ada.p == (1.0 if direction > 0 else 0.0)


def test_adas_measure_knows_where_each_loss_draws_the_line():
    real, fake = torch.tensor([[0.7, 0.3]]), torch.tensor([[0.5, 0.5]])
    assert LOSSES["nonsaturating"].signs(real, fake).tolist() == [[1, 1]]
    assert LOSSES["least-squares"].signs(real, fake).tolist() == [[1, -1]]
    assert LOSSES["relativistic"].signs(real, fake + 1).tolist() == [[-1, -1]]


def test_d_is_shown_changed_images_and_gradients_reach_g_through_them(digits, make_config):
    trainer = Trainer(config_of(make_config(), augment="diffaug", augment_p=1.0), digits)
    seen = []
    outputs = trainer.method.d.outputs
    trainer.method.d.outputs = lambda x, labels=None: (seen.append(x.detach()), outputs(x, labels))[
        1
    ]
    before = weights(trainer.g)
    trainer.step()
    assert not same(before, weights(trainer.g))
    batch = trainer.method.last.batch.x
    assert not torch.allclose(seen[0][: len(batch)], batch, atol=0.05)


def test_ada_starts_anew_where_it_is_told_and_goes_on_otherwise(make_config):
    config = make_config(augment="ada", augment_p=0.2).train
    augmenter = Augmenter(config, torch.Generator())
    augmenter.ada.p = 0.5  # what it has come to
    augmenter.reconfigure(replace(config, d_lr=1e-4))
    assert augmenter.p == 0.5
    augmenter.reconfigure(replace(config, augment_p=0.7))
    assert augmenter.p == 0.7


def test_real_and_generated_images_are_shifted_alike_and_each_update_anew(
    digits, make_config, monkeypatch
):
    trainer = Trainer(make_config(shift_px=3), digits)
    shifts = []
    shown = trainer.method.augmenter.shown
    monkeypatch.setattr(
        trainer.method.augmenter,
        "shown",
        lambda x, shift: (shifts.append(shift), shown(x, shift))[1],
    )
    for _ in range(4):
        trainer.step()  # D sees real and fake, then G's loss, which is paired, both again
    pairs = [shifts[i : i + 2] for i in range(0, len(shifts), 2)]
    assert len(pairs) == 8
    assert all(a == b for a, b in pairs)
    assert len({a for a, _ in pairs}) > 1


def test_a_penalty_every_so_many_steps_weighs_so_many_times_as_much(
    digits, make_config, monkeypatch
):
    trainer = Trainer(make_config(reg_every=4), digits)
    totals = []
    monkeypatch.setattr(trainer, "descend", lambda module, optimizer, loss: totals.append(loss))
    batch = trainer.next_batch()
    loss = trainer.method.update_d(batch, torch.rand_like(batch.x))
    assert trainer.method.penalty > 0
    torch.testing.assert_close(totals[0].detach(), loss + 4 * trainer.method.penalty)


def test_both_penalties_take_one_backward_pass_and_leave_images_without_a_gradient(
    digits, make_config, monkeypatch
):
    trainer, asked, judged = Trainer(make_config(), digits), [], []
    grad, both = torch.autograd.grad, objective.judge_both
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: (asked.append(1), grad(*a, **k))[1])
    monkeypatch.setattr(
        objective, "judge_both", lambda d, *x: (judged.extend(x[:2]), both(d, *x))[1]
    )
    trainer.step()
    assert trainer.method.penalty > 0
    assert len(asked) == 1
    assert [x.requires_grad for x in judged] == [True, True]
    assert [x.grad for x in judged] == [None, None]
