"""What a minute of training on one thread buys: Fréchet distance by recipe, in one run.

    make bench            # or: python -m benchmarks.recipes --seconds 60 --seeds 0 --data fashion

Every recipe is trained by `python -m gan train` for the same seconds of the same machine, one after
the other, and measured on the same features against the same 10,000 real images. Read the ratios:
absolute figures follow the machine. Results stand in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from gan import checkpoint
from gan.data import load_data
from gan.metrics.evaluate import Evaluation, evaluate
from gan.runs import RunReader, train_argv

RECIPES = ("dcgan", "article", "dcgan-small", "fashion-mlp", "fashion")


def measure(preset: str, *, seed: int, options: argparse.Namespace) -> tuple[Evaluation, float]:
    """The evaluation of a recipe after its time, and its images a second."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / preset
        argv = train_argv(
            preset, data=options.data, seed=seed, seconds=options.seconds, run_dir=run
        )
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=environment)
        status, loaded = RunReader(run).status(), checkpoint.load(run)
        shape = loaded.config.model
        data = load_data("fashion", resolution=shape.resolution, channels=shape.channels)
        found = evaluate(loaded.generator, loaded.config, data=data, count=options.count)
    return found, status.nimg / status.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--data", default="fashion")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch "
          f"{torch.__version__}, Python {sys.version.split()[0]}, {options.seconds:g} s on "
          f"{options.data}, {options.count:,} images measured")  # fmt: skip
    print("| recipe | seed | images/s | FD | times the floor | classes, least and most |")
    print("|---|---|---|---|---|---|")
    for preset in options.recipes:
        for seed in options.seeds:
            found, speed = measure(preset, seed=seed, options=options)
            classes = found.class_histogram or {}
            spread = f"{min(classes.values()):.1%} to {max(classes.values()):.1%}"
            print(f"| {preset} | {seed} | {speed:,.0f} | {found.fd:.2f} | "
                  f"{found.fd / found.fd_floor:,.0f} | {spread} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
