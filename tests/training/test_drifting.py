"""Drifting against its formulas in plain Python, and what its numbers say on a short training."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan.data import load_data
from gan.metrics.plane import plane_scores
from gan.presets import fitted
from gan.training import Trainer
from gan.training.drifting import Drifting
from gan.training.field import drift

TAU = 0.1


def by_loops(x: np.ndarray, y: np.ndarray, labels: list[int], y_labels: list[int]) -> dict:
    """Deng et al. 2026, algorithm 2 and eqs. 18 to 25, pair by pair."""
    n, m, size = len(x), len(y), x.shape[1]
    real = [[math.dist(x[i], y[j]) for j in range(m)] for i in range(n)]
    other = [[math.dist(x[i], x[j]) for j in range(n)] for i in range(n)]
    mean = (sum(map(sum, real)) + sum(map(sum, other))) / (n * m + n * (n - 1))
    fields, target, lengths = [], x.copy(), []
    for tau in (0.4 * TAU, TAU, 4 * TAU):
        kernel = np.zeros((n, m + n))
        for i in range(n):
            for j in range(m):
                if labels[i] == y_labels[j]:
                    kernel[i, j] = math.exp(-real[i][j] / mean / tau)
            for j in range(n):
                if i != j and labels[i] == labels[j]:
                    kernel[i, m + j] = math.exp(-other[i][j] / mean / tau)
        over_y = kernel.sum(1)
        over_x = kernel.sum(0)
        v, step = np.zeros_like(x), np.zeros_like(x)
        for i in range(n):
            w = [
                math.sqrt(k / over_y[i] * k / over_x[j]) if k else 0.0
                for j, k in enumerate(kernel[i])
            ]
            near_real, near_other = sum(w[:m]), sum(w[m:])
            for j in range(m):
                v[i] += w[j] / near_real * (y[j] - x[i])
                step[i] += w[j] * near_other * y[j]
            for j in range(n):
                v[i] -= w[m + j] / near_other * (x[j] - x[i])
                step[i] -= w[m + j] * near_real * x[j]
        fields.append(v)
        lengths.append(np.mean([math.hypot(*row) for row in v]) / mean)
        root_mean_square = math.sqrt(sum(c * c for row in step for c in row) / (n * size))
        target = target + step / root_mean_square * mean / math.sqrt(size)
    return {"field": sum(fields) / 3, "size": sum(lengths) / 3, "target": target, "mean": mean}


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("size", [2, 100])  # distances by differences, and by matrix products
def test_the_field_is_that_of_the_formulas_pair_by_pair(classes, size):
    draw = np.random.default_rng(3)
    x, y = draw.normal(0, 1, (7, size)), draw.normal(0.5, 1.5, (9, size))
    labels, y_labels = [i % classes for i in range(7)], [i % classes for i in range(9)]
    expected = by_loops(x, y, labels, y_labels)
    told = (torch.tensor(labels), torch.tensor(y_labels)) if classes > 1 else (None, None)
    found = drift(
        torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32), TAU,
        labels=told[0], y_labels=told[1],
    )  # fmt: skip
    np.testing.assert_allclose(found.field.numpy(), expected["field"], rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(found.target.numpy(), expected["target"], rtol=5e-4, atol=5e-4)
    assert float(found.size) == pytest.approx(expected["size"], rel=2e-4)
    assert float(found.unit) == pytest.approx(expected["mean"] / math.sqrt(size), rel=1e-4)


def test_a_sample_alone_in_its_class_and_equal_samples_have_numbers_too():
    x, y = torch.zeros(3, 2), torch.ones(4, 2)
    labels, y_labels = torch.tensor([0, 1, 1]), torch.tensor([0, 1, 1, 2])
    for found in (drift(x, y, TAU, labels=labels, y_labels=y_labels), drift(x, x, TAU)):
        assert all(bool(part.isfinite().all()) for part in found)


def test_the_loss_sends_each_sample_to_its_target_and_no_gradient_into_that():
    ring = load_data("ring")
    trainer = Trainer(fitted("ring-drift", ring.shape, {}, data="ring", seed=0), ring)
    method = trainer.method
    assert isinstance(method, Drifting)
    seen = {}
    trainer.g.register_forward_hook(lambda *a: seen.setdefault("x", a[2]).retain_grad())
    batch = trainer.next_batch()
    found = method.parts(batch, torch.Generator().manual_seed(1))
    found["loss"].backward()
    x = seen["x"]
    expected = drift(x, batch.x, trainer.config.train.tau)
    towards = (x.detach().flatten(1) - expected.target) / expected.unit**2 * 2 / x.numel()
    torch.testing.assert_close(x.grad.flatten(1), towards)
    assert float(found["drift_size"]) == pytest.approx(float(expected.size))


@pytest.mark.slow
def test_samples_drift_to_all_of_the_ring_and_then_hardly_more_than_real_ones_would():
    ring = load_data("ring")
    config = replace(fitted("ring-drift", ring.shape, {}, data="ring", seed=0), total_kimg=102.4)
    trainer = Trainer(config, ring)
    trainer.step()
    first = trainer.method.progress(0)
    assert first.drift_floor is None  # of a step before there is none
    while trainer.nimg < 102_400:
        trainer.step()
    last = trainer.method.progress(0)
    assert first.drift_size > 0.5 > 10 * last.drift_size > 10 * last.drift_floor
    with torch.no_grad():
        z = torch.randn(2000, 2, generator=torch.Generator().manual_seed(5))
        scores = plane_scores(trainer.ema.generator(z).flatten(1), ring.truth)
    assert scores.caught == 8
