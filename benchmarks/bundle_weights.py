"""A run as a bundled model: `python -m benchmarks.bundle_weights runs/fashion weights/fashion`.

Writes config.json, model.safetensors, samples.png and the card (README.md) with the recipe as the
command line that trained it, the Fréchet distance and its floor.
"""

# ruff: noqa: E501 - the card is Markdown, a line is a paragraph
from __future__ import annotations

import argparse
import datetime
import json
from dataclasses import replace
from pathlib import Path

import torch

from gan import checkpoint
from gan.config import RunConfig
from gan.data import load_data
from gan.hub.index import write_index
from gan.images import encode_png, tile
from gan.metrics.evaluate import evaluate
from gan.models import count_parameters
from gan.presets import resolve_widths, run_config
from gan.runs import RunReader
from gan.sampling import sample
from gan.schema import to_json

MAX_BYTES = 5 * 2**20  # of bundled weights; where D does not fit, G goes alone
ABOUT = {  # licence, data, summary
    "fashion": (
        "mit",
        "Fashion-MNIST (Zalando Research, MIT licence), all 60,000 train images",
        "Garments at 28 px, class by class.",
    ),
    "emoji": (
        "ofl-1.1",
        "Noto Emoji (Google, SIL Open Font License 1.1), 3,916 emoji at 32 px",
        "Emoji that do not exist, 32 px in colour, without classes.",
    ),
}
CARD = """---
license: {licence}
library_name: gan-atelier
pipeline_tag: unconditional-image-generation
tags:
- gan
- unconditional-image-generation
- pytorch
---

# {name}

{summary}

![64 samples, seeds 0 to 63](samples.png)

| | |
|---|---|
| architecture | `{family}`, G {g_parameters:,} parameters{d_parameters}, z {z_dim}{conditional} |
| data | {data} |
| loss | {loss} |
| trained | {kimg:,.0f} thousand images in {minutes:.0f} minutes on one thread of {machine}, {date} |
| Fréchet distance | **{fd:.2f}** (floor, real against real: {floor:.2f}), {count:,} images, features `{features}` |

The distance is taken on this project's own features ([features](../{features})): it compares models
here, not with published FID. Lower is better; the floor is what two halves of the real images give.

## Recipe

```
{command}
```

## Use

```
python -m gan sample --weights {name} --count 64 --out samples.png
```

```python
from gan.checkpoint import load
from gan.sampling import sample

images = sample(load("{name}").generator, range(64)).pixels  # uint8 (64, {size}, {size}, {channels})
```

`model.safetensors` holds the averaged generator (`g_ema.*`){and_d}.

## Limits

{limits}
"""
LIMITS = {
    "fashion": "Straps, laces and prints are blurred or broken at this size; rare cuts are missing.",
    "fashion-mlp": "The article's fully connected network: speckled outlines, since no weight is "
    "shared between neighbouring pixels. It is here to be compared with `fashion`.",
    "emoji": "Faces and flags come out best; small print, tools and letters are smeared. With 3,916 "
    "pictures to learn from, some samples are near copies of real emoji.",
}


def command_of(config: RunConfig, nimg: int) -> str:
    """The command line that repeats the run."""
    shape = load_data(config.data).shape
    plain = resolve_widths(run_config(config.preset, shape, data=config.data))
    changed = {
        key: value
        for key, value in (to_json(config)["train"] | to_json(config)["model"]).items()
        if (to_json(plain)["train"] | to_json(plain)["model"])[key] != value
    }
    settings = "".join(f" --set {k}={v}" for k, v in changed.items())
    return (
        f"python -m gan train --preset {config.preset} --data {config.data} "
        f"--kimg {nimg / 1000:g} --seed {config.seed}{settings}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--machine", default="a shared AMD EPYC core (AVX2), torch 2.13 CPU")
    options = parser.parse_args()
    torch.set_num_threads(1)
    name, reader = options.weights.name, RunReader(options.run)
    run, status, loaded = reader.config(), reader.status(), checkpoint.load(options.run)
    # the reference is what ships, so that anyone can repeat the figure
    reference = "fashion" if "fashion" in run.data else run.data
    data = load_data(reference, resolution=run.model.resolution, channels=run.model.channels)
    found = evaluate(loaded.generator, loaded.config, data=data, count=options.count)
    config = replace(
        loaded.config,
        name=name,
        seconds=round(status.seconds, 1),
        fd=round(found.fd, 3),
        fd_floor=round(found.fd_floor, 3),
        fd_features=found.features,
    )
    g, d = loaded.generator, loaded.discriminator
    if d is not None and 4 * (count_parameters(g) + count_parameters(d)) > MAX_BYTES:
        d = None
    checkpoint.save_weights(options.weights, config, g, d)
    pixels = sample(loaded.generator, range(64)).pixels
    (options.weights / "samples.png").write_bytes(
        encode_png(tile(pixels, 8).repeat(2, 0).repeat(2, 1))
    )
    licence, about_data, summary = ABOUT["emoji" if run.data == "emoji" else "fashion"]
    card = CARD.format(
        name=name,
        licence=licence,
        summary=summary,
        data=about_data,
        family=run.model.family,
        g_parameters=count_parameters(g),
        d_parameters="" if d is None else f", D {count_parameters(d):,}",
        z_dim=g.z_dim,
        conditional=f", {g.classes} classes" if g.classes else "",
        loss=f"{run.train.loss}, R1 {run.train.r1:g} and R2 {run.train.r2:g} every "
        f"{run.train.reg_every} steps, {run.train.optimizer} {run.train.g_lr:g}, batch "
        f"{run.train.batch_size}",
        kimg=status.nimg / 1000,
        minutes=status.seconds / 60,
        machine=options.machine,
        date=datetime.date.today().isoformat(),
        fd=found.fd,
        floor=found.fd_floor,
        count=found.count,
        features=found.features,
        command=command_of(run, status.nimg),
        size=run.model.resolution,
        channels=run.model.channels,
        and_d=" alone" if d is None else " and the discriminator (`d.*`)",
        limits=LIMITS.get(name, "See the samples."),
    )
    (options.weights / "README.md").write_text(card, "utf-8")
    write_index()
    print(json.dumps(found.to_json(), indent=2))


if __name__ == "__main__":
    main()
