"""How well a picture is found again: `python -m benchmarks.inversion fashion --count 20`.

Feature distances of generated pictures that the search does not know, and of test images of
Fashion-MNIST that no training saw; beside them the same search from the mean picture alone, and how
far random samples lie apart.
"""

from __future__ import annotations

import argparse
import time
from statistics import fmean, geometric_mean

import torch
from torch import Tensor

from gan.checkpoint import Weights, load
from gan.data import fashion_test
from gan.images import normalise
from gan.latent.encoder import load_encoder
from gan.latent.inversion import Encode, Inverted, invert
from gan.latent.points import Points, from_seeds, show
from gan.metrics.features import FeatureNet, features_for, load_features

UNSEEN = 10_000  # seeds from here on are not among those that a search looks at
RANDOM = 128


def mean_start(weights: Weights) -> Encode:
    """The point that truncation pulls to: z = 0, all classes alike."""
    g = weights.generator

    def start(x: Tensor) -> Points:
        even = torch.full((len(x), g.classes), 1 / g.classes) if g.classes else None
        return Points(torch.zeros(len(x), g.z_dim), even)

    return start


def search(
    weights: Weights, net: FeatureNet, targets: Tensor, encoder: Encode | None, restarts: int
) -> tuple[list[Inverted], float]:
    """What was found, and seconds of processor time a picture."""
    started, found = time.process_time(), []
    for target in targets:
        *_, last = invert(
            weights.generator, target, features=net, encoder=encoder, restarts=restarts
        )
        found.append(last)
    return found, (time.process_time() - started) / len(targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=20)
    args = parser.parse_args()
    torch.set_num_threads(1)
    weights = load(args.name)
    g = weights.generator
    net = load_features(features_for(weights.config.data, weights.image_shape[0]))
    with torch.no_grad():
        apart = float(torch.pdist(net(show(g, from_seeds(g, range(RANDOM))))).mean())
    print(f"{args.name}: random samples are {apart:.2f} apart")
    seeds = range(UNSEEN, UNSEEN + args.count)
    sets = {}
    if weights.config.data.startswith("fashion"):
        sets["test images"] = normalise(fashion_test().pixels[: args.count])
    sets["generated"] = show(g, from_seeds(g, seeds)).clone()
    for what, targets in sets.items():
        found, seconds = search(weights, net, targets, load_encoder(weights), 4)
        ends, starts = [f.distance for f in found], [f.start_distance for f in found]
        print(
            f"{what}: start {fmean(starts):.2f}, end {fmean(ends):.3f} (worst {max(ends):.3f}), "
            f"{apart / fmean(ends):.0f} times nearer than random (worst {apart / max(ends):.0f}), "
            f"{seconds:.1f} s a picture",
            flush=True,
        )
        plain, _ = search(weights, net, targets, mean_start(weights), 1)
        others, first = [f.distance for f in plain], [f.start_distance for f in plain]
        factor = geometric_mean(o / e for o, e in zip(others, ends, strict=True))
        print(
            f"  from the mean picture: start {fmean(first):.2f}, end {fmean(others):.3f}; ours is "
            f"{fmean(others) / fmean(ends):.2f} times nearer in the mean, {factor:.2f} "
            f"geometrically, nearer in {sum(o > e for o, e in zip(others, ends, strict=True))} of "
            f"{len(ends)}; the mean picture is {fmean(first) / fmean(ends):.1f} times as far",
            flush=True,
        )


if __name__ == "__main__":
    main()
