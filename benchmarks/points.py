"""Modes and quality on points in the plane after a minute of one core, seed by seed.

    python -m benchmarks.points --presets ring grid ring-article --seeds 0-9 --seconds 60
    python -m benchmarks.points --presets ring-drift --data grid --seeds 0-2  # on other points

Each preset is trained in this process, on one thread, without a run folder, for so many seconds of
process time, so that other work on the machine takes none of it; but a busy machine's caches are
colder and its steps slower, so read steps/s beside it. Measured are the averaged generator's
samples of 10,000 seeds that no training uses. Results stand in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import replace
from typing import NamedTuple

import torch

from gan.cli.console import parse_seeds
from gan.data import load_data
from gan.metrics.plane import plane_scores
from gan.presets import get_preset, resolve_widths, run_config
from gan.sampling import latents, render
from gan.settings import apply_settings, parse_setting
from gan.training import Trainer

FIRST_SAMPLE, SAMPLES = 10**6, 10_000
WARM_UP_STEPS = 20  # not part of steps/s: the first ones compile and allocate


class Found(NamedTuple):
    """One run's end."""

    caught: int
    of: int
    high_quality: float
    mode_kl: float
    steps: int
    steps_per_s: float
    reached_s: float | None  # when all modes and 95 % were first seen, at checks a tenth apart


def measure(trainer: Trainer) -> tuple[int, float, float]:
    """(modes caught, share of high quality, KL of the modes) of the average."""
    truth = load_data(trainer.config.data).truth
    assert truth is not None
    g = trainer.ema.generator
    x = render(g, latents(g.z_dim, range(FIRST_SAMPLE, FIRST_SAMPLE + SAMPLES)))
    scores = plane_scores(x.flatten(1), truth)
    return scores.caught or 0, scores.high_quality, scores.mode_kl or 0.0


def train(
    preset: str, seed: int, seconds: float, settings: dict[str, object], *, data: str = ""
) -> Found:
    """Train one seed of a preset, on its own data unless others are named, for its process time,
    with ten checks that do not count."""
    spec = data or get_preset(preset).data
    images = load_data(spec)
    config = run_config(preset, images.shape, data=spec, seed=seed)
    config = replace(apply_settings(config, settings), total_seconds=seconds)  # rates fall by it
    trainer = Trainer(resolve_widths(config), images)
    assert images.truth is not None
    of, reached, spent, check = len(images.truth.centres), None, 0.0, seconds / 10
    timed = 0.0
    while spent < seconds:
        begin = time.process_time()
        trainer.step()
        took = time.process_time() - begin
        spent += took
        trainer.seconds = spent
        timed += took if trainer.steps > WARM_UP_STEPS else 0.0
        if spent >= check:
            check += seconds / 10
            caught, quality, _ = measure(trainer)
            if reached is None and caught == of and quality >= 0.95:
                reached = spent
    caught, quality, kl = measure(trainer)
    speed = (trainer.steps - WARM_UP_STEPS) / timed
    return Found(caught, of, quality, kl, trainer.steps, speed, reached)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="+", default=["ring", "grid", "ring-article"])
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--data", default="", help="in the place of the presets' own")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch "
          f"{torch.__version__}, Python {sys.version.split()[0]}, {options.seconds:g} s of process "
          f"time, {SAMPLES:,} samples")  # fmt: skip
    print("| preset | seed | modes | high quality | KL | steps | steps/s | 95 % and all modes at |")
    print("|---|---|---|---|---|---|---|---|")
    settings = dict(parse_setting(text) for text in options.settings)
    for preset in options.presets:
        for seed in parse_seeds(options.seeds):
            f = train(preset, seed, options.seconds, settings, data=options.data)
            reached = "never" if f.reached_s is None else f"{f.reached_s:.0f} s"
            print(f"| {preset} | {seed} | {f.caught}/{f.of} | {f.high_quality:.1%} | "
                  f"{f.mode_kl:.3f} | {f.steps:,} | {f.steps_per_s:,.0f} | {reached} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
