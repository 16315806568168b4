"""What the lesson on flow matching says of steps, on a short training of the ring."""

from __future__ import annotations

from dataclasses import replace

import torch

from gan.data import load_data
from gan.presets import fitted
from gan.sampling import sample
from gan.training import Trainer
from gan.training.flow import FlowMatching


def radii(trainer: Trainer, steps: int, solver: str) -> torch.Tensor:
    """How far samples lie from the middle of the ring."""
    g = trainer.g
    g.steps, g.solver = steps, solver
    return torch.from_numpy(sample(g, range(500)).pixels).reshape(-1, 2).norm(dim=1)


def test_points_held_out_are_judged_by_enough_of_them_to_tell_the_data_from_their_noise():
    ring = load_data("ring")
    trainer = Trainer(fitted("ring-flow", ring.shape, {}, data="ring", seed=0), ring)
    method = trainer.method
    assert isinstance(method, FlowMatching)
    looks = []
    for steps in range(12):
        trainer.steps = steps  # others of them at each
        method._held_out = None  # each second of a training
        looks.append(method.held_out("velocity_error"))
    assert max(looks) < 1.1 * min(looks)  # of 32 points the greatest was twice the least


def test_one_step_of_euler_leads_from_everywhere_to_the_mean_of_the_data():
    ring = load_data("ring")
    config = replace(fitted("ring-flow", ring.shape, {}, data="ring", seed=0), total_kimg=600)
    trainer = Trainer(config, ring)
    while trainer.nimg < 150_000:
        trainer.step()
    mean = ring.pixels.reshape(-1, 2).mean(0).norm()
    radius = ring.pixels.reshape(-1, 2).norm(dim=1).mean()
    assert mean < 0.01
    assert radii(trainer, 1, "euler").median() < 0.4 * radius
    assert abs(radii(trainer, 20, "euler").median() - radius) < 0.1 * radius
