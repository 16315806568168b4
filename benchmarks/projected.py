"""A projected discriminator beside the plain one, at equal process seconds: what a frozen ImageNet
network would be worth as D (benchmarks/projected_game.py).

    OMP_NUM_THREADS=1 python -m benchmarks.projected cost emoji
    OMP_NUM_THREADS=1 python -m benchmarks.projected race emoji --seconds 15 30 --seeds 0 1 \
        --try plain --try projected --try "frozen features alone: pixels=false"

A contestant is `name: key=value ...`, with keys of `Settings` or of the preset; the one called
"plain" is the preset itself. All are judged by features that nobody here trained against, this
project's own; those of ImageNet (`--imagenet`) favour what used them. `--grid FOLDER` keeps 64
samples of each, unpicked.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from benchmarks.machine import here
from benchmarks.projected_game import ENDS, Projected, Settings, Trunk
from benchmarks.search import Contestant
from gan.data import load_data
from gan.images import encode_png, tile, to_pixels
from gan.metrics.features import extract
from gan.metrics.frechet import frechet_distance
from gan.metrics.judges import JudgeName, load_judge
from gan.metrics.manifold import manifold
from gan.presets import fitted, get_preset
from gan.sampling import sample
from gan.settings import apply_settings, parse_setting
from gan.training.adversarial import Adversarial
from gan.training.learner import Learner


def contestant(preset: str, text: str, seed: int, seconds: float) -> Contestant:
    """One from `name: key=value ...`."""
    name, _, settings = text.partition(":")
    projected = name.strip() != "plain"
    kinds: dict[str, Any] = {f.name: type(f.default) for f in fields(Settings) if projected}
    own: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for pair in settings.split():
        key, _, value = pair.partition("=")
        if key in kinds:
            own[key] = value == "true" if kinds[key] is bool else kinds[key](value)
        else:
            theirs |= dict([parse_setting(pair)])
    data = get_preset(preset).data
    images = load_data(data)
    config = fitted(preset, images.shape, {}, data=data, seed=seed)
    config = replace(apply_settings(config, theirs), total_seconds=seconds)
    learner = Learner(config, images)
    if projected:
        d = cast(Adversarial, learner.method).d
        learner.method = Projected(learner, d, Settings(**own))
    return Contestant(name.strip(), seed, learner)


@dataclass(frozen=True)
class Found:
    """What a contestant's samples are worth."""

    own: float
    precision: float
    recall: float
    imagenet: float = float("nan")


def judge(data: str, count: int, names: tuple[JudgeName, ...]) -> Callable[[Contestant], Found]:
    """Samples against all real images; the first of `names` also says precision and recall."""
    real = load_data(data)
    nets = [load_judge(name, data, real.pixels.shape[1]) for name in names]
    reals = [extract(net, real.pixels) for net in nets]
    counts = None if real.labels is None else torch.bincount(real.labels)

    def found(one: Contestant) -> Found:
        g = one.learner.ema.generator
        pixels = sample(g, range(count), shares=counts if g.classes else None).pixels
        x = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        fakes = [extract(net, x) for net in nets]
        distances = [frechet_distance(r, f) for r, f in zip(reals, fakes, strict=True)]
        covered = manifold(reals[0], fakes[0])
        return Found(distances[0], covered.precision, covered.recall, *distances[1:])

    return found


def race(options: argparse.Namespace) -> None:
    """All in turns of a second of process time, measured at every mark."""
    marks = sorted(options.seconds)
    tries = options.tries or ["plain", "projected"]
    all_of_them = [
        contestant(options.preset, text, seed, marks[-1])
        for text in tries
        for seed in options.seeds
    ]
    judges: tuple[JudgeName, ...] = ("own", "imagenet") if options.imagenet else ("own",)
    judged, until = judge(get_preset(options.preset).data, options.count, judges), 0.0
    print(here())
    for mark in marks:
        while until < mark:
            until = min(until + 1.0, mark)
            for one in all_of_them:
                one.train(until)
        print(
            f"\n| at {mark:g} s | seed | thousand images | FD own | precision | recall | "
            "FD imagenet |\n|---|---|---|---|---|---|---|"
        )
        for one in all_of_them:
            f = None if one.diverged else judged(one)
            told = (
                "diverged | | | |" if f is None else
                f"{f.own:.2f} | {f.precision:.2f} | {f.recall:.2f} | {f.imagenet:.1f} |"
            )  # fmt: skip
            print(f"| {one.name} | {one.seed} | {one.learner.nimg / 1000:.1f} | {told}", flush=True)
            if options.grid:
                draw(Path(options.grid), one, mark)


@torch.no_grad()
def draw(folder: Path, one: Contestant, mark: float) -> None:
    """64 samples, unpicked: the run's own snapshot."""
    folder.mkdir(parents=True, exist_ok=True)
    z, labels = one.learner.fixed()
    x = one.learner.ema.generator(z, labels).clamp(-1, 1)
    name = f"{one.name.replace(' ', '-')}-{one.seed}-{mark:g}.png"
    (folder / name).write_bytes(encode_png(tile(to_pixels(x), 8)))


def cost(options: argparse.Namespace) -> None:
    """What an image takes: the frozen network alone, and whole steps of both."""
    print(here())
    print("\n| px, scales | forward, ms an image | and back to the picture |\n|---|---|---|")
    batch = get_preset(options.preset).batch_size
    for px in (32, 64):
        for taps in range(1, len(ENDS) + 1):
            trunk, x = Trunk(Settings(px=px, taps=taps)), torch.randn(batch, 3, px, px)
            forward = median_ms(torch.no_grad()(partial(trunk, x))) / batch
            both = median_ms(_there_and_back(trunk, x)) / batch
            print(f"| {px}, {taps} | {forward:.2f} | {both:.2f} |", flush=True)
    print("\n| a whole step | ms an image |\n|---|---|")
    for text in options.tries or ["plain", "projected", "projected, 64 px: px=64"]:
        learner = contestant(options.preset, text, 0, 1e9).learner
        print(f"| {text} | {median_ms(learner.step) / batch:.2f} |", flush=True)
        if isinstance(game := learner.method, Projected):
            game.cached = game.trunk(learner.next_batch().x)
            without = median_ms(learner.step) / batch
            print(f"| the same, features of reals for nothing | {without:.2f} |", flush=True)


def _there_and_back(trunk: Trunk, x: Tensor) -> Callable[[], object]:
    def work() -> None:
        leaf = x.clone().requires_grad_(True)
        torch.stack([h.sum() for h in trunk(leaf)]).sum().backward()

    return work


def median_ms(work: Callable[[], object]) -> float:
    """Milliseconds of process time, the median over half a second after one call."""
    work()
    found, end = [], time.process_time() + 0.5
    while time.process_time() < end:
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return 1000 * statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cost", "race"))
    parser.add_argument("preset", nargs="?", default="emoji")
    parser.add_argument("--seconds", type=float, nargs="+", default=[60])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--count", type=int, default=3900)
    parser.add_argument("--try", dest="tries", action="append", default=[])
    parser.add_argument("--imagenet", action="store_true", help="also by the features in D")
    parser.add_argument("--grid", default="")
    options = parser.parse_args()
    torch.set_num_threads(1)
    {"cost": cost, "race": race}[options.what](options)


if __name__ == "__main__":
    main()
