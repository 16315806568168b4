"""Measuring samples while they are trained: it costs little and changes nothing."""

from __future__ import annotations

import queue
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from gan.data import ImageSet
from gan.runs import RunReader, resume, start
from gan.runs.monitor import Monitor
from gan.runs.session import Session
from gan.runs.writer import RunWriter
from gan.training import Finished, Trainer


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
    monkeypatch.setattr("gan.runs.monitor.COUNTS", (128, 64))


@pytest.fixture
def at_leisure(monkeypatch):
    """A look is taken whole at every event, however fast this machine trains."""
    monkeypatch.setattr("gan.runs.monitor.AT_ONCE_S", 60.0)
    monkeypatch.setattr("gan.runs.monitor.HEAD_START_S", 600.0)
    monkeypatch.setattr("gan.runs.monitor.REALS", (512, 512))


def trained(config, images, *, monitored: bool) -> tuple[Trainer, list[dict]]:
    """A trainer at the end of its run, and what the monitor said on the way."""
    trainer, rows = Trainer(config, images), []
    monitor = Monitor(trainer, rows.append)
    for event in trainer.run():
        if monitored:
            monitor.after(event)
    return trainer, rows


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_row_holds_what_the_reader_promises(make_config, digits, at_leisure):
    _, rows = trained(replace(make_config(), total_kimg=0.8), digits, monitored=True)
    assert set(rows[-1]) == {
        "nimg", "seconds", "count", "fd", "fd_floor", "fd_count", "modes", "classes", "mode_kind",
        "histogram", "largest", "spread", "variety", "nearest", "memorised", "high_quality",
        "mode_kl", "js", "outside", "spent_s",
    }  # fmt: skip
    assert {rows[-1][key] for key in ("high_quality", "mode_kl", "js", "outside")} == {
        None
    }  # of points alone
    assert rows[-1]["fd"] > rows[-1]["fd_floor"] > 0
    assert rows[-1]["modes"] <= rows[-1]["classes"] == 20  # 8-px digits cannot be told by class
    assert 0 < rows[-1]["largest"] <= 1


@pytest.fixture
def simulated(make_config, digits, monkeypatch):
    """simulated(seconds, busy=, ends=, **budget): a training of so many seconds, in no time.

    This process gets one part in `busy` of them. Images cost a processor's usual time and have
    features drawn at random.
    """
    clock = Clock(0.0)

    def features(count: int, cost: float) -> torch.Tensor:
        clock.now += count * cost
        return torch.randn(count, 64, generator=torch.Generator().manual_seed(count))

    def render(g, z, labels):
        clock.now += len(z) * 0.0004
        return z

    def of_samples(monitor, g, part):
        if part.start == 0:
            clock.now += 0.01
        return features(part.stop - part.start, 0.0012)

    def run(seconds: float, *, busy: float = 1.0, ends: bool = True, **budget):
        config = replace(make_config(), **{"total_kimg": None} | budget)
        trainer, rows = Trainer(config, digits), []
        trainer.step()
        trainer.nimg = 0
        monitor = Monitor(trainer, rows.append, clock=clock)
        event = trainer.snapshot()
        while trainer.seconds < seconds:
            trainer.seconds += 0.25
            trainer.nimg += 32
            clock.now += 0.25 / busy
            monitor.after(event)
        if ends:
            monitor.after(Finished(trainer.nimg, trainer.seconds))
        return monitor, rows, clock

    monkeypatch.setattr("gan.runs.monitor.extract", lambda net, x: features(len(x), 0.0008))
    monkeypatch.setattr("gan.runs.monitor.render", render)
    monkeypatch.setattr(Monitor, "_features", of_samples)
    monkeypatch.setattr("gan.runs.monitor.COUNTS", (512, 256, 128, 64))
    return run


@pytest.mark.parametrize("busy", [1.0, 3.0])
@pytest.mark.parametrize(
    "budget", [{"total_seconds": 30.0}, {"total_kimg": 120 * 0.032}, {}], ids=str
)
def test_half_a_minute_is_measured_three_times_the_last_at_its_end(simulated, budget, busy):
    monitor, rows, clock = simulated(30.0, busy=busy, **budget)
    assert len(rows) >= 3
    assert rows[-1]["nimg"] == monitor.trainer.nimg
    assert all(row["fd"] is not None for row in rows)
    # with the least that an FD takes; on a machine so busy that this is more than its share of the
    # process's time, it is still within it of the run's seconds
    assert monitor.spent <= 0.05 * (30.0 if busy > 1 else clock.now - monitor.spent)


@pytest.mark.parametrize("seconds", [60.0, 240.0])
@pytest.mark.parametrize("is_known", [True, False])
def test_measuring_takes_at_most_a_twentieth_of_the_training(simulated, seconds, is_known):
    budget = {"total_seconds": seconds} if is_known else {}
    monitor, rows, clock = simulated(seconds, **budget)
    assert monitor.spent <= 0.05 * (clock.now - monitor.spent)
    assert len(rows) >= 4
    assert {(row["count"], row["fd_count"]) for row in rows} == {(rows[0]["count"],) * 2}


def test_a_run_that_is_stopped_is_measured_at_its_end(simulated):
    monitor, rows, _ = simulated(31.0, ends=False, total_seconds=600.0)
    monitor.stop()
    assert rows[-1]["nimg"] == monitor.trainer.nimg
    assert len(rows) >= 3
    monitor.stop()  # of this moment there is one already
    assert [row["nimg"] for row in rows] == sorted({row["nimg"] for row in rows})


def test_stop_is_not_held_up_by_a_measurement_that_takes_long(simulated, monkeypatch):
    monitor, rows, clock = simulated(31.0, ends=False)
    before = len(rows)
    monitor._each = 0.1  # a generator so large that FD's samples would take 13 s
    begin = clock.now
    monitor.stop()
    assert clock.now - begin < 1.5
    assert (len(rows), rows[-1]["count"], rows[-1]["fd"]) == (before + 1, 64, None)
    monitor.trainer.nimg += 1
    monkeypatch.setattr("gan.runs.monitor.PATIENCE_S", 0.0)  # a machine that does not get to it
    monitor.stop()
    assert len(rows) == before + 1


@pytest.mark.slow
def test_a_stopped_and_a_paused_session_end_with_a_measurement(
    make_config, digits, tmp_path, at_leisure
):
    config, commands = replace(make_config(), total_kimg=None), queue.Queue()
    trainer = Trainer(config, digits)
    writer = RunWriter(tmp_path / "run", config, steerable=True)
    writer.create()
    reader, at_pause = RunReader(tmp_path / "run"), []

    def watch(event, status) -> None:
        if trainer.nimg >= 400 and not at_pause:
            at_pause.append(trainer.nimg)
            for name in ("pause", "resume"):
                commands.put({"command": name})
        if trainer.nimg >= 900:
            commands.put({"command": "stop"})

    Session(
        trainer, writer, commands=commands, watcher=watch, monitor=Monitor(trainer, writer.measure)
    ).run()
    nimgs = [row["nimg"] for row in reader.measures()]
    assert at_pause[0] in nimgs
    assert nimgs[-1] == trainer.nimg == reader.status().nimg
    assert reader.status().state == "stopped"


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


@pytest.mark.slow
def test_twenty_images_in_a_folder_are_looked_at_too(make_config, digits, at_leisure):
    few = digits.subset(torch.arange(20))
    _, rows = trained(replace(make_config(), total_kimg=2.0), few, monitored=True)
    assert rows[-1]["fd"] is None
    assert rows[-1]["spread"] > 0


@pytest.mark.slow
def test_images_without_classes_are_sorted_into_clusters(make_config, digits, at_leisure):
    config = make_config()
    config = replace(config, model=replace(config.model, classes=0), total_kimg=0.8)
    plain = ImageSet("mine", digits.pixels)
    _, rows = trained(config, plain, monitored=True)
    assert (rows[-1]["mode_kind"], rows[-1]["histogram"]) == ("cluster", None)
    assert rows[-1]["classes"] == 20


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_training_starts_without_torchmetrics_and_scikit_learn():
    script = (
        "import sys, gan.runs\n"
        "sys.exit(bool({'torchmetrics', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
