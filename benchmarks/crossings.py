"""How many frames of a walk are far from every real picture: `python -m benchmarks.crossings`.

Far: farther in features from its nearest training picture than 95 % of Fashion-MNIST's test split
are from theirs.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from gan.checkpoint import load
from gan.data.bundled import DEBIAN_FASHION, read_idx
from gan.latent.points import Points, from_seeds
from gan.latent.walk import Path, between, pictures
from gan.metrics.features import extract, load_features
from gan.metrics.neighbours import nearest

PAIRS, FIRST_SEED, STEPS, CLASSES = 30, 7000, 24, 10
TRAIN, TEST = 20_000, 2_000


def straight(path: Path, keys: Points) -> Path:
    """What walks were until 0.3: class weights go straight from one class to the other."""
    assert keys.weights is not None
    one, other = (weights.expand(len(path), -1) for weights in keys.weights)
    ends = {"one": Points(path.one.z, one), "other": Points(path.other.z, other)}
    return replace(path, **ends, share=torch.zeros(len(path)))


def main() -> None:
    torch.set_num_threads(1)
    g, net = load("fashion").generator, load_features("fashion")
    files = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
    real, test = (torch.from_numpy(read_idx(DEBIAN_FASHION / f)[:, None]) for f in files)
    real, test = real[:TRAIN], test[:TEST]
    reals = extract(net, real)
    limit = float(nearest(extract(net, test), reals, 1).distances.quantile(0.95))
    draw = torch.Generator().manual_seed(11)
    far: dict[str, list[float]] = {"within one class": [], "straight": [], "dissolving": []}
    for i in range(PAIRS):
        classes = torch.randperm(CLASSES, generator=draw)[:2]
        keys = from_seeds(g, [FIRST_SEED + 2 * i, FIRST_SEED + 2 * i + 1])
        keys = Points(keys.z, torch.eye(CLASSES)[classes])
        one = Points(keys.z, torch.eye(CLASSES)[classes[[0, 0]]])
        crossing = between(keys, STEPS)
        for name, path in (
            ("within one class", between(one, STEPS)),
            ("straight", straight(crossing, keys)),
            ("dissolving", crossing),
        ):
            x = torch.cat([*pictures(g, path)])
            off = nearest(extract(net, x), reals, 1).distances > limit
            far[name].append(float(off.float().mean()))
    for name, shares in far.items():
        print(f"{name:18} {sum(shares) / len(shares):.1%} of {PAIRS} x {STEPS + 1} frames are far")


if __name__ == "__main__":
    main()
