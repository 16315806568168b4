"""A training is deterministic, resumable bit for bit, steerable and honest about divergence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gan.config import LossName, OptimizerName
from gan.data import load_data
from gan.errors import ConfigError, DivergedError
from gan.presets import PRESETS, resolve_widths, run_config
from gan.training import Finished, Progress, Snapshot, Trainer
from gan.training.ema import Ema
from gan.training.optimizers import pick_dtype
from gan.training.worktime import WorkTime


def train(trainer: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        trainer.step()
    return trainer


def same_weights(a: Trainer, b: Trainer) -> bool:
    return all(
        torch.equal(x, y)
        for name, module in a.modules().items()
        for x, y in zip(
            module.state_dict().values(), b.modules()[name].state_dict().values(), strict=True
        )
    )


def test_a_seed_fixes_the_whole_training(digits, make_config):
    one, two = (train(Trainer(make_config(), digits), 12) for _ in range(2))
    assert same_weights(one, two)
    other = train(Trainer(replace(make_config(), seed=1), digits), 12)
    assert not same_weights(one, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"shift_px": 1, "flip": True},
        {"loss": "wasserstein-gp", "d_steps": 3},
        {"optimizer": "rmsprop", "clip_norm": 1.0},
        {"optimizer": "muon", "beta1": 0.5},
    ],
    ids=["plain", "augmented", "critic", "rmsprop", "muon"],
)
def test_a_resumed_training_goes_on_bit_for_bit(digits, make_config, settings):
    whole = train(Trainer(make_config(**settings), digits), 25)
    first = train(Trainer(make_config(**settings), digits), 13)
    state = first.state()
    second = Trainer(make_config(**settings), digits)
    for name, module in first.modules().items():
        second.modules()[name].load_state_dict(module.state_dict())
    assert second.restore(state) == ()
    train(second, 12)
    assert same_weights(whole, second)
    assert second.nimg == whole.nimg


def test_watching_does_not_change_what_is_learned(digits, make_config):
    """Rows and snapshots come at times of the clock; they must leave no trace in the weights."""
    watched, alone = Trainer(make_config(), digits), Trainer(make_config(), digits)
    for _ in range(8):
        watched.step()
        watched.progress(0.0)
        watched.snapshot()
        alone.step()
    assert same_weights(watched, alone)


def test_batch_norm_in_d_is_not_disturbed_by_watching():
    images = load_data("digits", resolution=16)  # at 8 px D has no batch norm
    config = resolve_widths(run_config("dcgan-small", images.shape, data="digits"))
    watched, alone = Trainer(config, images), Trainer(config, images)
    assert any("running_mean" in name for name in alone.method.d.state_dict())
    for trainer in (watched, alone):
        trainer.step()
    watched.progress(0.0)
    assert same_weights(watched, alone)


@pytest.mark.parametrize("loss", LossName.__args__)
def test_every_loss_trains(digits, make_config, loss):
    config = make_config(loss=loss, r1=0.0, r2=0.0, g_lr=2e-4, d_lr=2e-4)
    trainer = Trainer(config, digits)
    before = [p.clone() for p in trainer.g.parameters()]
    train(trainer, 5)
    assert all(p.isfinite().all() for p in trainer.g.parameters())
    assert any(not torch.equal(p, q) for p, q in zip(before, trainer.g.parameters(), strict=True))


@pytest.mark.parametrize("optimizer", OptimizerName.__args__)
def test_every_optimizer_trains_with_clipping(digits, make_config, optimizer):
    trainer = train(Trainer(make_config(optimizer=optimizer, clip_norm=0.5, g_lr=1e-3), digits), 4)
    assert trainer.nimg == 64


@pytest.mark.slow
@pytest.mark.parametrize("preset", [p for p in PRESETS if p != "dcgan"])
def test_every_preset_takes_a_step_on_its_own_data(preset):
    images = load_data(PRESETS[preset].data)
    config = resolve_widths(run_config(preset, images.shape, data=PRESETS[preset].data))
    config = replace(config, train=replace(config.train, batch_size=8))
    trainer = train(Trainer(config, images), 2)  # a drift's floor is told from the second on
    row = trainer.progress(1.0).row()
    assert all(v is not None for v in row.values())
    points = config.model.is_plane
    assert trainer.snapshot().pixels.shape[0] == (1024 if points else 64)


def test_gradients_are_clipped_to_their_norm(digits, make_config):
    trainer = train(Trainer(make_config(clip_norm=1e-3), digits), 1)
    progress = trainer.progress(1.0)
    assert progress.grad_norm_g <= 1.001e-3
    assert progress.grad_norm_d <= 1.001e-3
    free = train(Trainer(make_config(), digits), 1).progress(1.0)
    assert free.grad_norm_d > 1e-2


def test_d_and_g_have_rates_of_their_own(digits, make_config):
    trainer = Trainer(make_config(g_lr=0.0), digits)
    g = [p.clone() for p in trainer.g.parameters()]
    d = [p.clone() for p in trainer.method.d.parameters()]
    train(trainer, 2)
    assert all(torch.equal(p, q) for p, q in zip(g, trainer.g.parameters(), strict=True))
    assert any(not torch.equal(p, q) for p, q in zip(d, trainer.method.d.parameters(), strict=True))


def test_d_steps_show_d_more_images_than_g(digits, make_config):
    trainer = train(Trainer(make_config(d_steps=3), digits), 2)
    assert trainer.nimg == 2 * 3 * 16


def test_not_a_number_stops_the_training_at_once(digits, make_config):
    trainer = train(Trainer(make_config(), digits), 1)
    next(trainer.method.d.parameters()).data.view(-1)[0] = float("nan")
    with pytest.raises(DivergedError, match="lower learning rate"):
        trainer.step()


def test_events_come_in_order_and_end_with_the_budget(digits, make_config):
    trainer = Trainer(replace(make_config(), total_kimg=0.5), digits)
    events = list(trainer.run())
    assert isinstance(events[0], Snapshot)
    assert isinstance(events[-1], Finished)
    assert trainer.nimg == 512
    rows = [e for e in events if isinstance(e, Progress)]
    assert [r.nimg for r in rows] == sorted(r.nimg for r in rows)
    assert rows[-1].nimg == 512


@pytest.mark.parametrize("augment", ["none", "diffaug"])
def test_what_is_kept_of_a_step_has_no_graph_and_no_gradient(digits, make_config, augment):
    config = make_config(r1=0.2, r2=0.2, reg_every=1, augment=augment, shift_px=0)
    trainer = Trainer(config, digits)
    for step in (trainer.step, trainer.method.step_d, trainer.method.step_g):
        step()
        last = trainer.method.last
        for kept in (last.batch.x, last.x_fake, last.loss_g, last.loss_d):
            assert (kept.requires_grad, kept.grad, kept.grad_fn) == (False, None, None)


class FakeClocks:
    """A clock on the wall and one of the processor; a step takes a second of both."""

    def __init__(self, **stands_still: float) -> None:
        self.wall = self.worked = 0.0
        self.stands_still = stands_still  # seconds in which nothing runs, in the second step
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        pause = self.stands_still if self.steps == 2 else {}
        self.wall += 1.0 + sum(pause.values())
        self.worked += 1.0 + pause.get("at_work", 0.0)


@pytest.mark.parametrize(
    ("second_step", "seconds"),
    [
        ({"suspended": 8 * 3600.0}, 3.0),  # the lid was closed, or Ctrl-Z pressed, for a night
        ({"at_work": 60.0}, 63.0),  # a slow step is a slow step
        ({"suspended": 5.0}, 8.0),  # shares a busy machine, say
    ],
)
def test_time_in_which_the_process_stands_still_is_not_training(
    digits, make_config, monkeypatch, second_step, seconds
):
    trainer = Trainer(replace(make_config(), total_kimg=0.048), digits)
    clocks, learn = FakeClocks(**second_step), trainer.step
    trainer.work_time = WorkTime(lambda: clocks.wall, lambda: clocks.worked)
    monkeypatch.setattr(trainer, "step", lambda: (learn(), clocks.step()))
    *_, finished = trainer.run()
    assert finished.seconds == pytest.approx(seconds)


def test_a_setting_can_change_between_steps(digits, make_config):
    trainer = train(Trainer(make_config(), digits), 1)
    trainer.set("g_lr", 0.5)
    trainer.set("batch_size", 32)
    assert trainer.method.g_optimizer.param_groups[0]["lr"] == 0.5
    assert train(trainer, 1).nimg == 16 + 32


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer", "momentum"),
        ("z_dim", 3),
        ("d_scales", 3),
        ("d_widths", [8, 8]),
        ("nothing", 1),
        ("g_lr", True),
        ("g_lr", -1.0),
        ("r1", [1]),
    ],
)
def test_a_setting_that_cannot_change_is_refused_and_nothing_changes(
    digits, make_config, key, value
):
    trainer = Trainer(make_config(), digits)
    before = trainer.config
    with pytest.raises(ConfigError):
        trainer.set(key, value)
    assert trainer.config == before


def test_the_average_lies_between_and_keeps_up_at_first(digits, make_config):
    trainer = Trainer(make_config(), digits)
    start = next(trainer.g.parameters()).clone()
    train(trainer, 1)
    now = next(trainer.g.parameters())
    averaged = next(trainer.ema.generator.parameters())
    assert torch.equal(averaged, now)  # the first update copies
    train(trainer, 20)
    assert (averaged - now).norm() < (start - now).norm()


def test_the_half_life_of_the_average_is_what_it_says(digits, make_config):
    trainer = Trainer(make_config(), digits)
    ema = Ema(trainer.g, half_life_kimg=1.0)
    ema.update(trainer.g, nimg=10**9, batch_size=100)
    start = next(ema.generator.parameters()).clone()
    with torch.no_grad():
        next(trainer.g.parameters()).add_(1.0)
    for _ in range(10):  # one half-life
        ema.update(trainer.g, nimg=10**9, batch_size=100)
    moved = (next(ema.generator.parameters()) - start).mean().item()
    assert moved == pytest.approx(0.5, abs=1e-4)


def test_bf16_is_used_only_where_the_processor_has_it(monkeypatch):
    cpu = torch.device("cpu")
    for has, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: {"avx512_bf16": has})
        assert pick_dtype("auto", cpu) is dtype
        assert pick_dtype("fp32", cpu) is torch.float32
