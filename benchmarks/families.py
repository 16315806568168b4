"""GAN, VAE, RNN and flow on the same garments: `python -m benchmarks.families --seconds 60 300`.

Each trains on one thread for so many seconds of process time (so that other programs on a busy
machine do not count), from the same seed; each budget is a training of its own, since rates may
fall towards its end. FD, precision and recall are those of
`gan evaluate`, on the averaged generator, with the floor beside them. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import torch

from gan.config import WeightsConfig
from gan.data import load_data
from gan.metrics.evaluate import evaluate
from gan.models import count_parameters
from gan.presets import get_preset, resolve_widths, run_config
from gan.sampling import sample
from gan.training import Trainer

PRESETS = ("fashion", "vae", "rnn", "flow")
DRAWN = 256


def raced(preset: str, budget: float, *, seed: int, count: int) -> str:
    """A row of the table."""
    data = get_preset(preset).data
    images = load_data(data)
    planned = replace(run_config(preset, images.shape, data=data, seed=seed), total_seconds=budget)
    trainer = Trainer(resolve_widths(planned), images)
    config = WeightsConfig(
        name=preset, data=data, class_names=trainer.config.class_names, model=trainer.config.model
    )
    while trainer.seconds < budget:
        begin = time.process_time()
        trainer.step()
        trainer.seconds += time.process_time() - begin
    g = trainer.ema.generator
    begin = time.process_time()
    sample(g, range(DRAWN))
    each_ms = 1000 * (time.process_time() - begin) / DRAWN
    found = evaluate(g, config, data=images, count=count)
    bits = trainer.progress(0.0).row().get("bits_held_out")
    return (
        f"| {preset} | {budget:g} | {found.fd:.2f} | {found.fd_floor:.2f} | "
        f"{found['precision'].value:.2f} | {found['recall'].value:.2f} | "
        f"{'-' if bits is None else f'{bits:.2f}'} | {trainer.nimg / budget:,.0f} | "
        f"{each_ms:.1f} | {sum(map(count_parameters, _networks(trainer))):,} |"
    )


def _networks(trainer: Trainer) -> list[torch.nn.Module]:
    return [trainer.g, *trainer.method.modules().values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 300.0])
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| preset | s | FD | floor | precision | recall | bits held out | images/s | ms a sample "
          "| parameters |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for preset in options.presets:
        for budget in options.seconds:
            print(raced(preset, budget, seed=options.seed, count=options.count), flush=True)


if __name__ == "__main__":
    main()
