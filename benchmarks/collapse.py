"""The collapse clinic: a training that collapses beside the same with one remedy each.

    OMP_NUM_THREADS=1 python -m benchmarks.collapse

The preset `ring-article` (eight Gaussians, the article's loss and optimiser) is trained for STEPS
steps on each seed, and so is every row of REMEDIES, which changes a few settings and nothing else.
The averaged generator is measured by `gan.metrics.evaluate`. Steps are counted, not seconds, so a
busy machine changes none of that. Time is measured apart, as process time: all rows take turns of
SLICE steps, and a row's is the median over ROUNDS of its ratio to the base in the same round.

The table is written to gan/ui/lab/clinic.json, which the Lab shows, and printed in Markdown.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from benchmarks.preset_cards import machine
from gan import __version__
from gan.config import RunConfig, WeightsConfig
from gan.data import ImageSet, load_data
from gan.errors import DivergedError
from gan.metrics.evaluate import evaluate
from gan.presets import fitted, get_preset
from gan.settings import parse_setting
from gan.training import Trainer

PRESET = "ring-article"
STEPS = 5000
SEEDS = (0, 1, 2, 3, 4)
WARM_UP_STEPS = 20  # not part of the time: the first ones allocate
SLICE, ROUNDS = 104, 15  # a multiple of the steps between two penalties
SAMPLES = 2500  # as in Srivastava et al. 2017, section 4.1
FIRST_SAMPLE = 10**6  # seeds that no training uses
TABLE = Path(__file__).parents[1] / "gan/ui/lab/clinic.json"
BASE = "base"
LEARNED = 0.05  # share of high-quality samples from which modes mean something
Verdict = Literal["more", "alike", "fewer", "not-learned"]


class Remedy(NamedTuple):
    """A row: where it stands, and what it changes, as typed after --set."""

    group: str
    settings: dict[str, str]


# Values come from the remedies that the app proposes (gan.metrics.remedies), from the preset `ring`
# or from the paper. Only R1's and R2's weight was chosen here, on seed 100, which is none of SEEDS.
REMEDIES: dict[str, Remedy] = {
    BASE: Remedy("base", {}),
    "clipping": Remedy("article", {"clip_norm": "1"}),
    "sgd": Remedy("article", {"optimizer": "sgd", "g_lr": "0.02", "d_lr": "0.02"}),
    "several": Remedy("article", {"d_count": "3"}),
    "classes": Remedy("article", {"aux_classes": "true"}),
    "deeper": Remedy("article", {"depth": "2"}),
    "smaller": Remedy("article", {"width": "0.5"}),
    "rmsprop": Remedy("article", {"optimizer": "rmsprop"}),
    "minibatch-std": Remedy("sameness", {"minibatch_std": "true"}),
    "packing": Remedy("sameness", {"packing": "2"}),
    "spectral": Remedy("gentle", {"spectral_norm": "true"}),
    "r1": Remedy("gentle", {"r1": "0.1"}),
    "r1-r2": Remedy("gentle", {"r1": "0.1", "r2": "0.1"}),
    "rates": Remedy("rates", {"g_lr": "0.004", "d_lr": "0.004"}),  # those of `ring`
    "ttur": Remedy("rates", {"d_lr": "0.0008"}),  # 4 to 1: Heusel et al. 2017's largest ratio
    "ema-off": Remedy("rates", {"ema_half_life_kimg": "0"}),
    "minimax": Remedy("loss", {"loss": "minimax"}),
    "least-squares": Remedy("loss", {"loss": "least-squares"}),
    "hinge": Remedy("loss", {"loss": "hinge"}),
    "wasserstein": Remedy("loss", {"loss": "wasserstein-gp"}),
    "relativistic": Remedy("loss", {"loss": "relativistic"}),
    "ring": Remedy("all", {  # all that the preset `ring` has
        "loss": "relativistic", "g_lr": "0.004", "d_lr": "0.004", "beta1": "0", "beta2": "0.99",
        "r1": "0.01", "r2": "0.01", "reg_end": "0.05", "lr_schedule": "cosine",
        "fall_after": "0.02", "batch_size": "256", "ema_half_life_kimg": "40", "depth": "2",
    }),
}  # fmt: skip
# Remedies that are asked for and not in the table; the page says why.
LEFT_OUT = ("multi-scale", "diffaug", "weight-clipping")


class Outcome(NamedTuple):
    """The end of one training."""

    seed: int
    caught: int  # of the modes
    high_quality: float  # share of the samples, 0 to 1
    mode_kl: float | None  # nats; None where no sample is a number
    diverged: bool = False


class Spread(NamedTuple):
    """A number over the seeds."""

    mean: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Mean, least and most of at least one value."""
    return Spread(statistics.fmean(values), min(values), max(values))


def summary(outcomes: Sequence[Outcome], base: Sequence[Outcome]) -> dict[str, Any]:
    """A row's numbers: spreads over the seeds, how many diverged, and what that says."""
    kls = [o.mode_kl for o in outcomes if o.mode_kl is not None]
    return {
        "modes": rounded(spread([o.caught for o in outcomes])),
        "high_quality": rounded(spread([o.high_quality for o in outcomes])),
        "mode_kl": rounded(spread(kls)) if kls else None,
        "diverged": sum(o.diverged for o in outcomes),
        "verdict": verdict(outcomes, base),
    }


def rounded(found: Spread) -> dict[str, float]:
    """For JSON, to three digits after the point."""
    return {name: round(value, 3) for name, value in found._asdict().items()}


def config_of(name: str, seed: int, images: ImageSet) -> RunConfig:
    """The config that a row trains with; that of the base for `base`."""
    settings = dict(
        parse_setting(f"{key}={value}") for key, value in REMEDIES[name].settings.items()
    )
    return fitted(PRESET, images.shape, settings, data=get_preset(PRESET).data, seed=seed)


def planned(name: str, seed: int, images: ImageSet) -> RunConfig:
    """`config_of` with the end that rates and penalties of `ring` fall towards."""
    return replace(config_of(name, seed, images), total_kimg=kimg(name))


def run_to(trainer: Trainer, steps: int) -> None:
    """Train until so many steps are done; raises DivergedError."""
    while trainer.steps < steps:
        trainer.step()


def train(name: str, seed: int, images: ImageSet) -> Outcome:
    """Train a row on a seed and measure its average."""
    config = planned(name, seed, images)
    trainer = Trainer(config, images)
    try:
        run_to(trainer, STEPS)
    except DivergedError:
        return Outcome(seed, 0, 0.0, None, diverged=True)
    weights = WeightsConfig(
        name=name, data=config.data, class_names=config.class_names, model=config.model
    )
    found = evaluate(trainer.ema.generator, weights, data=images, count=SAMPLES, seed=FIRST_SAMPLE)
    assert found.modes is not None
    kl = found["mode_kl"].value
    return Outcome(
        seed, found.modes.caught, found["high_quality"].value, kl if math.isfinite(kl) else None
    )


def time_rows(images: ImageSet) -> list[dict[str, float]]:
    """Process seconds of SLICE steps of each row, round by round."""
    trainers = {name: Trainer(planned(name, SEEDS[0], images), images) for name in REMEDIES}
    for trainer in trainers.values():
        run_to(trainer, WARM_UP_STEPS)
    rounds = []
    for _ in range(ROUNDS):
        seconds = {}
        for name, trainer in trainers.items():
            begin = time.process_time()
            run_to(trainer, trainer.steps + SLICE)
            seconds[name] = time.process_time() - begin
        rounds.append(seconds)
    return rounds


def time_ratios(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each row's time as a ratio to the base's in the same round; the median over the rounds."""
    return {
        name: round(statistics.median(seconds[name] / seconds[BASE] for seconds in rounds), 2)
        for name in rounds[0]
    }


def kimg(name: str) -> float:
    """Thousands of points that a row is trained on."""
    batch = int(REMEDIES[name].settings.get("batch_size", get_preset(PRESET).batch_size))
    return STEPS * batch / 1000


def verdict(outcomes: Sequence[Outcome], base: Sequence[Outcome]) -> Verdict:
    """What a remedy did to the modes, seed by seed; a small difference on few seeds is none.

    "more" or "fewer" where all seeds but one say so and none says the opposite; "not-learned" where
    next to no sample is near a mode, so that modes say nothing yet.
    """
    if statistics.fmean(o.high_quality for o in outcomes) < LEARNED:
        return "not-learned"
    of_base = {o.seed: o.caught for o in base}
    signs = [(o.caught > of_base[o.seed]) - (o.caught < of_base[o.seed]) for o in outcomes]
    found = {sign for sign in signs if sign}
    if len(found) != 1 or signs.count(0) > 1:
        return "alike"
    return "more" if found == {1} else "fewer"


def table(
    measured: Mapping[str, Sequence[Outcome]], times: Mapping[str, float], made: dict[str, Any]
) -> dict[str, Any]:
    """All that is written: how it was made, and a row for each of REMEDIES."""
    rows = [
        {
            "name": name,
            **REMEDIES[name]._asdict(),
            "kimg": kimg(name),
            **summary(measured[name], measured[BASE]),
            "time": times[name],
            "runs": [o._asdict() for o in measured[name]],
        }
        for name in REMEDIES
    ]  # fmt: skip
    return {"made": made, "preset": PRESET, "rows": rows, "left_out": list(LEFT_OUT)}


def made_now(images: ImageSet) -> dict[str, Any]:
    """When, how and on what the table is made."""
    assert images.truth is not None
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python -m benchmarks.collapse",
        "machine": machine(),
        "versions": {
            "gan-atelier": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "steps": STEPS,
        "seeds": list(SEEDS),
        "samples": SAMPLES,
        "of": len(images.truth.centres),
    }


def markdown(found: Mapping[str, Any]) -> str:
    """The table for benchmarks/RESULTS.md."""
    lines = [
        f"| row | changes | modes of {found['made']['of']}: mean (least to most) | high quality "
        "| KL of modes | time |",
        "|---|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        m, q, kl = row["modes"], row["high_quality"], row["mode_kl"]
        changes = " ".join("=".join(pair) for pair in row["settings"].items()) or "nothing"
        diverged = f"; {row['diverged']} diverged" if row["diverged"] else ""
        lines.append(
            f"| {row['name']} | `{changes}` | {m['mean']:.1f} ({m['low']:.0f} to {m['high']:.0f})"
            f"{diverged} | {q['mean']:.0%} ({q['low']:.0%} to {q['high']:.0%}) | "
            f"{'-' if kl is None else format(kl['mean'], '.2f')} | {row['time']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    torch.set_num_threads(1)
    images = load_data(get_preset(PRESET).data)
    times = time_ratios(time_rows(images))
    measured: dict[str, list[Outcome]] = {name: [] for name in REMEDIES}
    for seed in SEEDS:
        for name, outcomes in measured.items():
            outcomes.append(train(name, seed, images))
            print(name, *outcomes[-1], flush=True)
    made = table(measured, times, made_now(images))
    TABLE.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    print(markdown(made))


if __name__ == "__main__":
    main()
