"""How near a training comes to what the machine can do, and where the rest goes.

    OMP_NUM_THREADS=1 python -m benchmarks.roofline [PRESET ...] [--steps 64] [--seed 0]

First the machine's limits, on one thread: fp32 GFLOP/s of a square matrix product and of a 3x3
convolution (which may save multiplications), GB/s of a copy. Then, for each preset, a training on
its own data (WARM steps first): FLOPs an image, counted by torch's FlopCounterMode, images a second
of process time, the share of the larger GFLOP/s that it reaches, and the three groups of operators
that lose most: a group's loss is the time it takes beyond what its FLOPs would take at the limit.
How the time divides is told by torch's profiler, how much it is by the steps without it (it reads
the wall's clock and costs time itself). Milliseconds are per 1,000 images. Rows of the log,
snapshots and measures are no steps and not in it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # the profiler's own messages

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.machine import here
from gan.data import load_data
from gan.presets import PRESETS, fitted
from gan.training.learner import Learner

WARM = 16
BEST_OF = 5  # of a limit: what disturbs only slows
SHOWN = ("fashion", "emoji", "cats", "fashion-mlp", "dcgan-small", "vae", "rnn", "flow", "ring")
# operators of one kind, by what stands in the profiler's name of them
GROUPS = {
    "convolutions backward": ("convolution_backward", "conv_backward"),
    "convolutions": ("convolution", "conv2d", "conv_transpose"),
    "matrix products": ("::mm", "::addmm", "::bmm", "::baddbmm", "mkldnn_linear", "::linear"),
    "activations": ("leaky_relu", "::relu", "threshold", "gelu", "silu", "tanh", "sigmoid"),
    "normalisation": ("batch_norm", "layer_norm", "group_norm", "::var", "::rsqrt"),
    "optimiser": ("_foreach_", "_fused_adam", "::lerp", "addcdiv", "addcmul"),
    "copies": ("::copy_", "::clone", "::cat", "::contiguous", "::index", "::flip", "::roll"),
}


class Limits(NamedTuple):
    """What one thread reaches here."""

    product: float  # FLOP/s
    convolution: float  # FLOP/s
    copy: float  # bytes/s, read and written

    @property
    def flops(self) -> float:
        """The most FLOP/s that were seen."""
        return max(self.product, self.convolution)


class Loss(NamedTuple):
    """A group of operators, in seconds an image."""

    group: str
    seconds: float  # that it takes
    lost: float  # beyond what its FLOPs would take at the limit


def fastest(act: Callable[[], object], seconds: float = 0.2) -> float:
    """Process seconds of one call, in the best of BEST_OF rounds of at least `seconds`."""
    act()
    best = float("inf")
    for _ in range(BEST_OF):
        calls, begin = 0, time.process_time()
        while (took := time.process_time() - begin) < seconds:
            act()
            calls += 1
        best = min(best, took / calls)
    return best


def limits() -> Limits:
    """The machine's, measured now."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    conv, x = nn.Conv2d(128, 128, 3, padding=1), torch.randn(16, 128, 32, 32)
    source, target = torch.randn(32, 2**20), torch.empty(32, 2**20)
    with torch.inference_mode():
        return Limits(
            2 * 1024**3 / fastest(lambda: a @ b),
            2 * x.numel() * 128 * 9 / fastest(lambda: conv(x)),
            2 * 4 * source.numel() / fastest(lambda: target.copy_(source)),
        )


def group_of(operator: str) -> str:
    """Its row in the table; what is in no group stands for itself."""
    return next(
        (name for name, words in GROUPS.items() if any(w in operator for w in words)), operator
    )


def steps_of(learner: Learner, steps: int) -> tuple[float, float]:
    """Images and process seconds of so many steps."""
    before, begin = learner.nimg, time.process_time()
    for _ in range(steps):
        learner.step()
    return learner.nimg - before, time.process_time() - begin


def flops_by_group(learner: Learner, steps: int) -> dict[str, float]:
    """FLOPs an image, as FlopCounterMode counts them (a multiply-add is two)."""
    before = learner.nimg
    with FlopCounterMode(display=False) as counter:
        for _ in range(steps):
            learner.step()
    found: dict[str, float] = {}
    for operator, flops in counter.get_flop_counts()["Global"].items():
        group = group_of(f"::{str(operator).split('.')[-1]}")
        found[group] = found.get(group, 0.0) + flops / (learner.nimg - before)
    return found


def losses(
    learner: Learner, steps: int, flops: dict[str, float], limit: float, per_image: float
) -> list[Loss]:
    """Groups of operators, what loses most first; their times add up to `per_image` seconds."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(steps):
            learner.step()
    seconds: dict[str, float] = {}
    for row in profiled.key_averages():
        group = group_of(row.key)
        seconds[group] = seconds.get(group, 0.0) + row.self_cpu_time_total * 1e-6
    scale = per_image / sum(seconds.values())
    found = [Loss(g, s * scale, s * scale - flops.get(g, 0.0) / limit) for g, s in seconds.items()]
    return sorted(found, key=lambda one: -one.lost)


def row(preset: str, seed: int, steps: int, found: Limits) -> str:
    """A preset's line of the table."""
    data = PRESETS[preset].data
    images = load_data(data)
    learner = Learner(fitted(preset, images.shape, {}, data=data, seed=seed), images)
    steps_of(learner, WARM)
    count, seconds = steps_of(learner, steps)
    every = max(learner.config.train.reg_every, 1)
    whole = max(1, round(steps / every)) * every  # steps with the penalties, in their share
    flops = flops_by_group(learner, whole)
    lost = losses(learner, whole, flops, found.flops, seconds / count)
    told = ", ".join(
        f"{one.group} {1e6 * one.lost:,.0f} of {1e6 * one.seconds:,.0f} ms" for one in lost[:3]
    )
    per_image, speed = sum(flops.values()), count / seconds
    share = per_image * speed / found.flops
    return f"| `{preset}` | {per_image / 1e6:,.2f} | {speed:,.0f} | {share:.0%} | {told} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=SHOWN)
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = limits()
    print(f"{here()}, seed {options.seed}, {options.steps} steps\n\n"
          f"One thread: {found.product / 1e9:.0f} GFLOP/s in a product of 1,024 x 1,024, "
          f"{found.convolution / 1e9:.0f} in a 3x3 convolution of 128 channels at 32 px, "
          f"{found.copy / 1e9:.1f} GB/s in a copy of 128 MB.\n\n"
          "| preset | MFLOP an image | images/s | of the limit | what loses most, ms per 1,000 "
          "images |\n|---|---|---|---|---|")  # fmt: skip
    for preset in options.presets:
        print(row(preset, options.seed, options.steps, found), flush=True)


if __name__ == "__main__":
    main()
