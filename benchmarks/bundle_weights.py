"""A run as a bundled model: `python -m benchmarks.bundle_weights runs/fashion weights/fashion`.

Writes config.json, model.safetensors, samples.png, the whole evaluation (evaluation.json) and the
card (README.md) with the recipe as the command line that trained it and its scores.
"""

from __future__ import annotations

import argparse
import datetime
import json
from dataclasses import replace
from pathlib import Path

import torch

from gan import checkpoint
from gan.checkpoint import Weights
from gan.config import RunConfig
from gan.data import load_data
from gan.files import sha256
from gan.hub.card import RESEMBLES, Facts, beside, card, rows_of, source_of
from gan.hub.index import write_index
from gan.hub.recipe import training_recipe
from gan.images import encode_png, tile
from gan.metrics.card import measured, save_scores
from gan.metrics.evaluate import evaluate
from gan.models import count_parameters
from gan.runs import RunReader
from gan.sampling import sample

MAX_BYTES = 5 * 2**20  # of bundled weights; where D does not fit, G goes alone
SUMMARIES = {
    "fashion": "Garments at 28 px, class by class.",
    "cats": "Cats that do not exist, 64 px in colour, coat by coat.",
    "emoji-groups": "Emoji that do not exist, 32 px in colour, in eleven groups.",
}
LIMITS = {
    "fashion": "Straps, laces and prints are blurred or broken at this size; rare cuts are "
    "missing.",
    "fashion-vae": "Soft outlines: a decoder shows the mean of what a code stands for. It is here "
    "to be compared with `fashion`, and because it encodes pictures.",
    "fashion-rnn": "Cloth looks grainy: each pixel is drawn, none averaged. Its z is the noise "
    "of the pixels, so that few directions mean anything. Compare it with `fashion`.",
    "fashion-mlp": "The article's fully connected network: speckled outlines, since no weight is "
    "shared between neighbouring pixels. It is here to be compared with `fashion`.",
    "cats": "One pose, fifteen coats. Bows, hats, collars and eyes come out; scarves and headphones"
    " are smeared or missing, and so is part of the variety of the real layers (recall).",
    "emoji": "Faces, people, couples and flags come out best; animals, objects and signs are often "
    "no more than a shape and its colours, since 3,916 pictures hold few of each.",
}


def facts_of(
    name: str, run: RunConfig, loaded: Weights, *, folder: Path, trained: str, distance: str
) -> Facts:
    """What the card of the bundled model `name` says; folder: the run's."""
    source = source_of(run.data)
    d = loaded.discriminator
    rows = dict(
        rows_of(
            loaded.config,
            g_parameters=count_parameters(loaded.generator),
            d_parameters=count_parameters(d or loaded.encoder or torch.nn.Identity()),
            train=run.train,
        )
    )
    return Facts(
        name=name,
        load_as=name,
        shape=loaded.image_shape,
        rows=tuple((rows | {"trained": trained, "Fréchet distance": distance}).items()),
        limits=LIMITS.get(name, RESEMBLES),
        summary=SUMMARIES[run.data if run.data in SUMMARIES else "fashion"],
        licence=source.licence,
        datasets=source.datasets,
        pictures=(("samples.png", "64 samples, seeds 0 to 63"),),
        recipe=training_recipe(run, nimg=loaded.config.nimg, folder=folder),
        files=f"`model.safetensors` holds the averaged generator (`g_ema.*`)"
        f"{beside(d is not None, loaded.encoder is not None)}",
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
    found = evaluate(
        loaded.generator, loaded.config, data=data, count=options.count, seen=loaded.seen
    )
    config = measured(replace(loaded.config, name=name, seconds=round(status.seconds, 1)), found)
    g, d = loaded.generator, loaded.discriminator
    if d is not None and 4 * (count_parameters(g) + count_parameters(d)) > MAX_BYTES:
        d = None
    checkpoint.save_weights(options.weights, config, g, d, loaded.encoder)
    pixels = sample(loaded.generator, range(64)).pixels
    (options.weights / "samples.png").write_bytes(
        encode_png(tile(pixels, 8).repeat(2, 0).repeat(2, 1))
    )
    kept = replace(loaded, config=config, discriminator=d)
    facts = facts_of(
        name,
        run,
        kept,
        folder=options.run.resolve(),
        trained=f"{status.nimg / 1000:,.0f} thousand images in {status.seconds / 60:.0f} minutes "
        f"on one thread of {options.machine}, {datetime.date.today().isoformat()}",
        distance=f"**{found.fd:.2f}** (floor, real against real: {found.fd_floor:.2f}), "
        f"{found.count:,} images, features `{found.features}`: it compares models here, not with "
        f"published FID; lower is better, the floor is what two halves of the real images give",
    )
    (options.weights / "README.md").write_text(card(facts), "utf-8")
    revision = sha256(options.weights / checkpoint.MODEL_FILE)
    save_scores(options.weights, replace(found, weights=name, revision=revision))
    write_index()
    print(json.dumps(found.to_json(), indent=2))


if __name__ == "__main__":
    main()
