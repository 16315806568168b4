"""Rates that fall: by the share of the plan that is done, in images or in seconds."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from gan.config import RunConfig
from gan.data import load_data
from gan.runs.newrun import new_config
from gan.training import Trainer, single_step

STEPS = 8


def planned(config: RunConfig, steps: int = STEPS, **settings: Any) -> RunConfig:
    """`config` with a plan of so many steps."""
    train = replace(config.train, lr_schedule="cosine", **settings)
    images = train.batch_size * train.d_steps * steps
    return replace(config, train=train, total_kimg=images / 1000)


def rates_of(trainer: Trainer) -> list[float]:
    return [o.param_groups[0]["lr"] for o in trainer.method.optimizers().values()]


def taken(trainer: Trainer, steps: int) -> list[list[float]]:
    """The rates that each step was made with."""
    found = []
    for _ in range(steps):
        trainer.step()
        found.append(rates_of(trainer))
    return found


def torchs(schedule: str, lr: float, hold: int = 0) -> list[float]:
    """The rates of torch's own schedulers over STEPS, the first `hold` of them at full rate."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    fall = STEPS - hold
    scheduler = (
        CosineAnnealingLR(optimizer, fall) if schedule == "cosine" else
        LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=fall)
    )  # fmt: skip
    found = [lr] * hold
    for _ in range(fall):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("hold", [0, STEPS // 4])
@pytest.mark.parametrize("d_steps", [1, 2])
def test_rates_are_those_of_torchs_schedulers(digits, make_config, schedule, hold, d_steps):
    settings = {"fall_after": hold / STEPS, "g_lr": 1e-3, "d_lr": 4e-3, "d_steps": d_steps}
    config = planned(make_config(**settings))
    config = replace(config, train=replace(config.train, lr_schedule=schedule))
    found = taken(Trainer(config, digits), STEPS)
    assert [g for g, _ in found] == pytest.approx(torchs(schedule, 1e-3, hold), abs=1e-12)
    assert [d for _, d in found] == pytest.approx(torchs(schedule, 4e-3, hold), abs=1e-12)


@pytest.mark.parametrize("family", ["vae", "rnn", "flow", "digits-drift"])
def test_the_rate_of_every_family_falls_and_its_row_tells_that_one(family):
    images = load_data("digits")
    config = planned(
        new_config(family, "digits", {"batch_size": 8, "g_lr": 2e-3, "fall_after": 0.0}, seed=0)[0],
        4,
    )
    trainer = Trainer(config, images)
    trainer.step()
    trainer.step()
    assert rates_of(trainer) == pytest.approx([2e-3 * 0.5 * (1 + math.cos(math.pi / 4))])
    assert trainer.progress(1.0).row()["g_lr"] == pytest.approx(rates_of(trainer)[0], rel=1e-5)


def test_a_plan_in_seconds_goes_by_the_clock_and_what_ends_first_counts(digits, make_config):
    config = replace(planned(make_config(g_lr=1e-3), 1000), total_seconds=10.0)
    trainer = Trainer(config, digits)
    trainer.seconds = 5.0
    trainer.step()
    assert rates_of(trainer)[0] == pytest.approx(0.5e-3)
    assert trainer.progress(1.0).g_lr == pytest.approx(0.5e-3)


def test_r1_and_r2_fall_by_half_a_cosine_to_what_is_to_be_left_of_them(digits, make_config):
    config = make_config(r1=0.5, r2=0.5, reg_every=1, reg_end=0.1, fall_after=0.2)
    whole = Trainer(replace(config, train=replace(config.train, reg_end=1.0)), digits)
    half = Trainer(replace(config, total_seconds=10.0), digits)
    half.seconds = 6.0  # in the middle between 2 and 10
    whole.step()
    half.step()
    ratio = half.progress(1.0).penalty / whole.progress(1.0).penalty
    assert ratio == pytest.approx(0.1 + 0.9 * 0.5, rel=1e-5)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_a_fall_by_images_needs_no_plan_ends_above_0_and_stays_there(digits, make_config, schedule):
    config = make_config(g_lr=1e-3, lr_schedule=schedule, lr_end=0.1, fall_after=0.25, reg_end=0.5)
    batch = config.train.batch_size
    # of eight steps in all two at full rate; torch's own scheduler counts the other six
    train = replace(config.train, fall_kimg=STEPS * batch / 1000)
    trainer = Trainer(replace(config, train=train, total_kimg=None), digits)
    found = [g for g, _ in taken(trainer, STEPS + 3)]
    falling = torchs(schedule, 1.0, STEPS // 4)
    assert found[:STEPS] == pytest.approx([1e-3 * (0.1 + 0.9 * share) for share in falling])
    assert found[STEPS:] == pytest.approx([1e-4] * 3)
    assert trainer.penalty_share == pytest.approx(0.5)
    assert "10%" in str(trainer.set("g_lr", 2e-3))
    # the end of a plan changes nothing
    ended = Trainer(replace(config, train=train, total_kimg=0.001 * batch), digits)
    assert [g for g, _ in taken(ended, STEPS)] == found[:STEPS]


def test_without_a_plan_rates_stay_and_a_change_says_so(digits, make_config):
    trainer = Trainer(make_config(lr_schedule="cosine", g_lr=1e-3), digits)
    assert {g for g, _ in taken(trainer, 3)} == {1e-3}
    assert "planned end" in str(trainer.set("g_lr", 2e-3))
    trainer.step()
    assert rates_of(trainer)[0] == 2e-3


def test_a_rate_changed_in_mid_run_falls_on_from_there_and_the_change_says_how_far(
    digits, make_config
):
    trainer = Trainer(planned(make_config(g_lr=1e-3, d_lr=1e-3)), digits)
    taken(trainer, STEPS // 2)
    assert "50%" in str(trainer.set("g_lr", 3e-3))
    trainer.step()
    assert rates_of(trainer) == pytest.approx([1.5e-3, 0.5e-3])
    assert str(trainer.change({"r1": 0.3})) == ""
    trainer.set("lr_schedule", "constant")
    assert single_step(trainer, "both").lrs == {"g": 3e-3, "d": 1e-3}  # from the next step on
    trainer.set("lr_schedule", "linear")
    assert single_step(trainer, "g").lrs["g"] == pytest.approx(3e-3 * (1 - 6 / STEPS))


def test_a_resumed_plan_goes_on_bit_for_bit_and_another_one_is_followed_from_where_it_is(
    make_config,
):
    images = load_data("digits")
    config = planned(make_config(g_lr=1e-3))
    whole = Trainer(config, images)
    taken(whole, 3)
    again = Trainer(config, images)
    for name, module in whole.modules().items():
        again.modules()[name].load_state_dict(module.state_dict())
    again.restore(copy.deepcopy(whole.state()))
    longer = Trainer(replace(config, total_kimg=2 * config.total_kimg), images)
    longer.restore(copy.deepcopy(whole.state()))
    assert taken(again, 4) == taken(whole, 4)
    assert all(
        torch.equal(a, b) for a, b in zip(whole.g.parameters(), again.g.parameters(), strict=True)
    )
    longer.step()
    assert rates_of(longer)[0] == pytest.approx(1e-3 * 0.5 * (1 + math.cos(math.pi * 3 / 16)))


@pytest.mark.parametrize("d_steps", [1, 2])
def test_batches_grow_once_so_many_images_were_seen_and_a_resume_goes_on_bit_for_bit(
    digits, make_config, d_steps
):
    config = make_config(batch_size=8, batch_growth=3, growth_kimg=0.032, d_steps=d_steps)
    few = digits.subset(torch.arange(20))  # fewer than a large batch
    trainers = Trainer(config, few), Trainer(config, few)
    sizes, seen = [], []
    for _ in range(6):
        seen.append(trainers[0].nimg)
        for trainer in trainers:
            trainer.step()
        sizes.append(len(trainers[0].method.last.batch.x))
        resumed = Trainer(config, few)
        for name, module in trainers[1].modules().items():
            resumed.modules()[name].load_state_dict(module.state_dict())
        resumed.restore(copy.deepcopy(trainers[1].state()))
        trainers = trainers[0], resumed
    assert sizes == [8 if nimg < 32 else 24 for nimg in seen]
    assert set(sizes) == {8, 24}
    assert trainers[0].nimg == sum(sizes) * d_steps
    assert config.train.steps_to(trainers[0].nimg) == 6
    one, other = (t.g.state_dict() for t in trainers)
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(("kimg", "images"), [(64.224, 64_224), (0.0162, 16), (0.0004, 0)])
def test_batches_grow_after_a_whole_number_of_images(make_config, kimg, images):
    train = make_config(batch_size=32, batch_growth=2, growth_kimg=kimg).train
    assert 1000 * 64.224 > 64_224  # in binary
    assert [train.batch_at(images - 1), train.batch_at(images)] == [32, 64]
    steps = math.ceil(images / 32)
    assert train.steps_to(steps * 32 + 64) == steps + 1
