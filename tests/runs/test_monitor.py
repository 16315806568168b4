"""Looking at samples while they are trained: it costs little and changes nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from gan.data import ImageSet
from gan.runs import RunReader, resume, start
from gan.runs.monitor import HEAD_START_S, SHARE, Monitor
from gan.runs.writer import RunWriter
from gan.training import Trainer


class Clock:
    """Time that passes only when told, and a little at each look."""

    def __init__(self, tick: float) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.fixture(autouse=True)
def _few_images(monkeypatch):
    """A look at as few samples as a run ever takes: what is claimed here holds for any number."""
    monkeypatch.setattr("gan.runs.monitor.COUNTS", (128,))


@pytest.fixture
def at_leisure(monkeypatch):
    """A look is taken whole at every event, however fast this machine trains."""
    monkeypatch.setattr("gan.runs.monitor.AT_ONCE_S", 60.0)
    monkeypatch.setattr("gan.runs.monitor.HEAD_START_S", 600.0)


def trained(config, images, *, monitored: bool) -> tuple[Trainer, list[dict]]:
    """A trainer at the end of its run, and what the monitor said on the way."""
    trainer, rows = Trainer(config, images), []
    monitor = Monitor(trainer, rows.append)
    for event in trainer.run():
        if monitored:
            monitor.after(event)
    return trainer, rows


def test_a_watched_training_is_bit_for_bit_an_unwatched_one(make_config, digits, at_leisure):
    config = replace(make_config(), total_kimg=0.8)
    torch.rand(1)
    state = torch.get_rng_state()
    (watched, rows), (alone, _) = (
        trained(config, digits, monitored=monitored) for monitored in (True, False)
    )
    assert rows, "it was looked at"
    for name, module in watched.modules().items():
        for one, other in zip(
            module.state_dict().values(), alone.modules()[name].state_dict().values(), strict=True
        ):
            assert torch.equal(one, other)
    assert torch.equal(watched.noise.get_state(), alone.noise.get_state())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_row_holds_what_the_reader_promises(make_config, digits, at_leisure):
    _, rows = trained(replace(make_config(), total_kimg=0.8), digits, monitored=True)
    assert set(rows[-1]) == {
        "nimg", "seconds", "count", "fd", "fd_floor", "modes", "classes", "mode_kind", "histogram",
        "largest", "spread", "variety", "nearest", "memorised", "spent_s",
    }  # fmt: skip
    assert rows[-1]["fd"] > rows[-1]["fd_floor"] > 0
    assert rows[-1]["modes"] <= rows[-1]["classes"] == 20  # 8-px digits cannot be told by class
    assert 0 < rows[-1]["largest"] <= 1


def test_it_never_spends_more_than_its_share_a_look_and_a_piece(make_config, digits):
    trainer = Trainer(make_config(), digits)
    trainer.step()
    rows: list[dict] = []
    monitor = Monitor(trainer, rows.append, clock=Clock(0.005))
    event, longest = trainer.snapshot(), 0.0
    for _ in range(60):
        trainer.seconds += 1.0
        trainer.nimg += 1
        before = monitor.spent
        monitor.after(event)
        longest = max(longest, monitor.spent - before)
        allowed = HEAD_START_S + SHARE * trainer.seconds
        assert monitor.spent <= allowed + monitor._cost + longest
    assert rows


def test_a_look_is_of_one_moment_though_the_training_goes_on(make_config, digits, monkeypatch):
    monkeypatch.setattr("gan.runs.monitor.HEAD_START_S", 600.0)
    trainer, rows, looked_at = Trainer(make_config(), digits), [], []
    features = Monitor._features

    def note(monitor, g, part):
        looked_at.append(next(g.parameters()).detach().clone())
        return features(monitor, g, part)

    monkeypatch.setattr(Monitor, "_features", note)
    monitor = Monitor(trainer, rows.append, clock=Clock(0.06))  # a piece at every event
    while not rows:
        trainer.step()
        monitor.after(trainer.snapshot())
    assert len(looked_at) >= 2
    assert all(torch.equal(weights, looked_at[0]) for weights in looked_at)


def test_twenty_images_in_a_folder_are_looked_at_too(make_config, digits, at_leisure):
    few = digits.subset(torch.arange(20))
    _, rows = trained(replace(make_config(), total_kimg=2.0), few, monitored=True)
    assert rows[-1]["fd"] is None
    assert rows[-1]["spread"] > 0


def test_images_without_classes_are_sorted_into_clusters(make_config, digits, at_leisure):
    config = make_config()
    config = replace(config, model=replace(config.model, classes=0), total_kimg=0.8)
    plain = ImageSet("mine", digits.pixels)
    _, rows = trained(config, plain, monitored=True)
    assert (rows[-1]["mode_kind"], rows[-1]["histogram"]) == ("cluster", None)
    assert rows[-1]["classes"] == 20


def test_without_a_feature_network_the_training_goes_on_unmeasured(
    make_config, digits, monkeypatch, tmp_path, at_leisure
):
    monkeypatch.setattr("gan.metrics.features.weights_dir", lambda: tmp_path)
    trainer, rows = trained(replace(make_config(), total_kimg=1.0), digits, monitored=True)
    assert trainer.nimg >= 1000
    assert rows == []


def test_a_generator_at_infinity_gives_a_row_without_numbers(make_config, digits):
    trainer = Trainer(make_config(), digits)
    trainer.step()
    for p in trainer.ema.generator.parameters():
        p.fill_(torch.nan)
    rows: list[dict] = []
    monitor = Monitor(trainer, rows.append, share=1e9)
    trainer.seconds = 10.0
    for _ in range(50):
        monitor.after(trainer.snapshot())
    assert rows[-1]["fd"] is None


def test_a_run_folder_gets_measures_and_a_resume_cuts_what_it_repeats(
    make_config, digits, tmp_path, at_leisure
):
    config = replace(make_config(), total_kimg=0.8)
    start(config, digits, tmp_path / "run")
    reader = RunReader(tmp_path / "run")
    before = reader.measures()
    assert before[-1]["fd"] > 0
    assert reader.measures(after_nimg=before[-1]["nimg"]) == []
    RunWriter(tmp_path / "run", config, steerable=False).reopen(before[0]["nimg"])
    assert reader.measures() == before[:1]


def test_a_resumed_run_is_measured_on(make_config, digits, tmp_path, at_leisure):
    config = replace(make_config(), total_kimg=1.0)
    start(config, digits, tmp_path / "run")
    resume(replace(config, total_kimg=2.0), digits, tmp_path / "run")
    nimgs = [row["nimg"] for row in RunReader(tmp_path / "run").measures()]
    assert nimgs == sorted(set(nimgs))
    assert nimgs[-1] > 1000


def test_damaged_measures_are_passed_over(tmp_path):
    (tmp_path / "measures.jsonl").write_text('{"nimg": 1}\nnonsense\n[2]\n{"fd": 3}\n{"nimg": 9')
    assert RunReader(tmp_path).measures() == [{"nimg": 1}]
    assert RunReader(tmp_path / "absent").measures() == []


def test_a_training_starts_without_torchmetrics_and_scikit_learn():
    script = (
        "import sys, gan.runs\n"
        "sys.exit(bool({'torchmetrics', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
