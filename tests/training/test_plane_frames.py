"""Trainings of points: frames change nothing and tell the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gan.data import load_data
from gan.presets import resolve_widths, run_config
from gan.runs import RunReader
from gan.runs.commands import COMMANDS
from gan.runs.session import Session
from gan.runs.writer import RunWriter
from gan.training import PlaneFrame, Trainer
from gan.training.field import drift
from gan.training.plane import FIELD_REACH, GRID_SIDE, MOMENTS, SAMPLES, SIDE, unpacked


def _trainer(preset: str = "ring", **settings: object) -> Trainer:
    images = load_data("ring")
    trainer = Trainer(resolve_widths(run_config(preset, images.shape, data="ring")), images)
    if settings:
        trainer.change(settings)
    return trainer


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("ring", {}),
        ("ring", {"packing": 2}),
        ("ring", {"minibatch_std": True, "d_count": 2}),
        ("ring-flow", {"ode_steps": 4}),
        ("ring-drift", {}),
    ],
)
def test_frames_leave_a_training_as_it_is_bit_for_bit(
    preset: str, settings: dict[str, object]
) -> None:
    watched, alone = _trainer(preset, **settings), _trainer(preset, **settings)
    for _ in range(5):
        watched.step()
        alone.step()
        watched.frame()
    for one, other in zip(watched.modules().values(), alone.modules().values(), strict=True):
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(a, b)
    assert torch.equal(watched.noise.get_state(), alone.noise.get_state())


def test_a_frame_of_a_flow_has_the_way_of_its_points_and_the_velocity_and_nothing_of_a_d() -> None:
    trainer = _trainer("ring-flow", ode_steps=5, solver="euler")
    for _ in range(3):
        trainer.step()
    found = trainer.frame().arrays
    assert found.keys() == {
        "samples", "path", "averaged", "averaged_path", "manifold", "field",
    }  # fmt: skip
    z, g = trainer.fixed_z[:SAMPLES], trainer.g.eval()
    assert found["path"].shape == (MOMENTS, SAMPLES, 2)
    np.testing.assert_allclose(found["path"][0], z.numpy(), atol=1e-6)
    np.testing.assert_allclose(found["path"][-1], found["samples"], atol=1e-6)
    with torch.no_grad():
        x, t = z.view(-1, 2, 1, 1), torch.zeros(SAMPLES)
        first = x + 0.2 * g.velocity(x, t, torch.zeros(SAMPLES, 0))  # a fifth of the way
        place = torch.tensor([[FIELD_REACH, -FIELD_REACH]]).view(1, 2, 1, 1)
        there = g.velocity(place, torch.tensor([0.5]), torch.zeros(1, 0)).flatten()
    np.testing.assert_allclose(found["path"][2], first.flatten(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(found["field"][MOMENTS // 2, 0, -1], there.numpy(), atol=1e-5)


def test_a_frame_of_drifting_has_the_drift_of_its_points_among_as_many_real_ones() -> None:
    trainer = _trainer("ring-drift")
    for _ in range(30):
        trainer.step()
    found = trainer.frame().arrays
    assert found.keys() == {"samples", "averaged", "manifold", "drift"}
    x = torch.from_numpy(found["samples"])
    real = trainer.batches.images.pixels[:SAMPLES].flatten(1)
    expected = drift(x, real, 0.05).field
    np.testing.assert_allclose(found["drift"], expected.numpy(), atol=1e-5)
    # where the drift leads, real points are nearer
    before, after = (torch.cdist(points, real).min(1).values.mean() for points in (x, x + expected))
    assert after < 0.6 * before


def test_a_frame_holds_what_its_format_says() -> None:
    trainer = _trainer("ring-article")  # non-saturating: the gradient has a formula
    for _ in range(3):
        trainer.step()
    row = json.loads(json.dumps(trainer.frame().row()))
    found = {name: unpacked(values) for name, values in row["arrays"].items()}
    assert found["heat"].shape == (SIDE, SIDE)
    assert found["manifold"].shape == (GRID_SIDE, GRID_SIDE, 2)
    d, g = trainer.method.d.eval(), trainer.g.eval()

    def near(values: np.ndarray) -> object:
        return pytest.approx(values, rel=2e-3, abs=2e-4)  # float16

    with torch.no_grad():
        corner = torch.tensor([1 - 1 / SIDE, -1 + 1 / SIDE]).view(1, 2, 1, 1)
        assert found["heat"][0, -1] == near(d(corner).item())
        assert found["manifold"][0, -1] == near(g(torch.tensor([[2.0, -2.0]])).flatten().numpy())
        x = g(trainer.fixed_z[:SAMPLES])
        assert found["samples"] == near(x.flatten(1).numpy())
    # G minimises the mean of softplus(-D(x)): each point is asked to go along
    # sigmoid(-D(x)) * grad D(x)
    x = x.clone().requires_grad_(True)
    logits = d(x)
    (slope,) = torch.autograd.grad(logits.sum(), x)
    asked = torch.sigmoid(-logits).detach()[:, None] * slope.flatten(1)
    assert found["gradient"] == near(asked.numpy())
    assert found["scores"] == near(logits.detach().numpy())


def test_a_run_writes_frames_while_somebody_asks_for_them(tmp_path: Path) -> None:
    trainer = _trainer()
    writer = RunWriter(tmp_path / "a", trainer.config, steerable=True)
    writer.create()
    writer.reals(trainer.reals())
    session = Session(trainer, writer)
    reader = RunReader(tmp_path / "a")
    assert reader.frame() is None
    COMMANDS["frames"](session, {"command": "frames", "per_s": 30})
    frames = (e for e in trainer.run() if isinstance(e, PlaneFrame))
    session.handle(next(frames))
    found = reader.frame()
    assert found is not None
    assert found["nimg"] == trainer.nimg
    session.frames_until = 0.0
    session.handle(next(frames))
    assert trainer.frames_per_s == 0, "nobody asks any longer"
