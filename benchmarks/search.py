"""Searches for a training recipe: contestants in turns in one process, so that all meet the same
machine.

    OMP_NUM_THREADS=1 python -m benchmarks.search fashion --seconds 15 60 --seeds 0 1 2 \
        --try "now" --try "batch 16: batch_size=16 reg_every=16"

A contestant is `name: key=value ...`, settings that differ from the preset's. Each gets a second of
process time after the other until the last of `--seconds`; at each of these its averaged generator
is measured: the Fréchet distance of 5,000 samples on this project's features, or, of stacked
digits, the KL divergence of the modes of 26,000, with how many were caught. Only its steps count as
its time; a run also draws snapshots, writes rows and measures itself (about a tenth).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from gan.data import load_data
from gan.data.imageset import ImageSet, fit
from gan.errors import DivergedError
from gan.metrics.features import extract, features_for, load_features
from gan.metrics.frechet import frechet_distance
from gan.metrics.stacked import MODES, SAMPLES, stacked_modes, stacked_scores
from gan.presets import fitted, get_preset
from gan.sampling import sample
from gan.settings import apply_settings, parse_setting
from gan.training.learner import Learner

TURN_S = 1.0
Judge = Callable[["Contestant"], tuple[float, str]]  # what counts, and how the table shows it


@dataclass
class Contestant:
    """A recipe with one seed, its training and what was measured of it."""

    name: str
    seed: int
    learner: Learner
    distances: dict[float, float] = field(default_factory=dict)  # by process seconds
    shown: dict[float, str] = field(default_factory=dict)
    images: dict[float, int] = field(default_factory=dict)
    diverged: bool = False

    def train(self, until: float) -> None:
        """Steps until its process seconds are `until`."""
        run = self.learner
        while run.seconds < until and not self.diverged:
            begin = time.process_time()
            try:
                run.step()
            except DivergedError:
                self.diverged = True
            run.seconds += time.process_time() - begin


def contestants(
    preset: str, tries: list[str], seeds: list[int], data: str, images: ImageSet, seconds: float
) -> list[Contestant]:
    """One for each try and seed."""
    shape = images.shape
    found = []
    for text in tries:
        name, _, settings = text.partition(":")
        changes = dict(parse_setting(pair) for pair in settings.split())
        for seed in seeds:
            config = fitted(preset, shape, {}, data=data, seed=seed)
            config = replace(apply_settings(config, changes), total_seconds=seconds)
            found.append(Contestant(name.strip(), seed, Learner(config, images)))
    return found


def judge(data: str, images: ImageSet, like: Contestant, count: int) -> Judge:
    """The distance of a contestant's samples to the images."""
    model = like.learner.config.model
    real = fit(images, resolution=model.resolution, channels=model.channels)
    net = load_features(features_for(data, model.channels))
    real_features = extract(net, real.pixels)
    counts = (
        None if real.labels is None else torch.bincount(real.labels)
    )  # as real images have them

    def distance(one: Contestant) -> tuple[float, str]:
        shares = None if one.learner.ema.generator.classes != len(real.class_names) else counts
        pixels = sample(one.learner.ema.generator, range(count), shares=shares).pixels
        fake = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        found = frechet_distance(real_features, extract(net, fake))
        return found, f"{found:.2f}"

    return distance


def judge_modes(images: ImageSet) -> Judge:
    """The KL divergence of a contestant's modes from the data's, of stacked digits."""
    stack = images.stack
    assert stack is not None

    def divergence(one: Contestant) -> tuple[float, str]:
        pixels = sample(one.learner.ema.generator, range(SAMPLES)).pixels
        modes = stacked_modes(torch.from_numpy(pixels).movedim(-1, 1), stack)
        found = stacked_scores(modes, stack)
        return found.mode_kl, f"{found.mode_kl:.3f} ({found.caught} of {MODES})"

    return divergence


def race(all_of_them: list[Contestant], marks: list[float], judged: Judge, measure: str) -> None:
    """Train all in turns and measure each at every mark."""
    until = 0.0
    for mark in marks:
        while until < mark:
            until = min(until + TURN_S, mark)
            for one in all_of_them:
                one.train(until)
        for one in all_of_them:
            diverged = float("nan"), "diverged"
            one.distances[mark], one.shown[mark] = diverged if one.diverged else judged(one)
            one.images[mark] = one.learner.nimg
        print_table(all_of_them, mark, measure)


def print_table(all_of_them: list[Contestant], mark: float, measure: str) -> None:
    """Names, images and distances at `mark`; the ratio is to the first, seed by seed."""
    names = list(dict.fromkeys(one.name for one in all_of_them))
    first = {one.seed: one.distances[mark] for one in all_of_them if one.name == names[0]}
    print(
        f"\n| at {mark:g} s | thousand images | {measure} by seed | mean | of the first |\n"
        "|---|---|---|---|---|"
    )
    for name in names:
        mine = [one for one in all_of_them if one.name == name]
        values = [one.distances[mark] for one in mine]
        seen = statistics.mean(one.images[mark] for one in mine) / 1000
        ratio = statistics.geometric_mean(one.distances[mark] / first[one.seed] for one in mine)
        print(
            f"| {name} | {seen:.1f} | {', '.join(one.shown[mark] for one in mine)} | "
            f"{statistics.mean(values):.3g} | {ratio:.2f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset")
    parser.add_argument("--seconds", type=float, nargs="+", default=[15])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--data", default="")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--try", dest="tries", action="append", default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = options.data or get_preset(options.preset).data
    images = load_data(data)
    all_of_them = contestants(
        options.preset,
        options.tries or ["now"],
        options.seeds,
        data,
        images,
        max(options.seconds),
    )
    judged = (
        judge(data, images, all_of_them[0], options.count)
        if images.stack is None
        else judge_modes(images)
    )
    race(all_of_them, sorted(options.seconds), judged, "KL" if images.stack else "FD")


if __name__ == "__main__":
    main()
