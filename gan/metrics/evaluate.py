"""How close a generator's images are to real ones: one call, one answer that JSON can hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from gan.config import WeightsConfig
from gan.data import ImageSet
from gan.data.imageset import fit
from gan.errors import MetricError
from gan.images import from_pixels
from gan.metrics.features import (
    BATCH_SIZE,
    FeatureNet,
    OnProgress,
    extract,
    features_for,
    load_features,
)
from gan.metrics.frechet import frechet_distance, real_floor
from gan.models import Generator
from gan.sampling import sample

MIN_IMAGES = 130  # two halves with more images than the 64 features, or covariances are singular
COVERED_FRACTION = 0.01  # of the samples: a class below this counts as lost


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was measured. A distance means little without its floor."""

    weights: str
    data: str
    features: str  # name of the feature network
    fd: float
    fd_floor: float
    count: int  # images on either side
    class_histogram: dict[str, float] | None = None  # fraction of the samples a class
    classes_covered: int | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`."""
        return asdict(self)


def evaluate(
    generator: Generator,
    config: WeightsConfig,
    *,
    data: ImageSet,
    count: int = 10_000,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """FD of generator's images from seeds seed, seed + 1, ... to `data`, and the floor of it.

    As many samples as real images, `count` each or all the real ones if they are fewer, so that
    value and floor (`real_floor`) hold the same bias from finite sets. Real images are first fitted
    to the generator's size and channels and only then, like the samples, to the network's: so
    resizing counts as nobody's fault. Calls on_progress with 0 to 1. Raises MetricError for too few
    images or a generator that has diverged.
    """
    started = time.perf_counter()
    _check_images(generator, data, count)
    count = min(count, len(data))
    channels, resolution, _ = generator.image_shape
    net = load_features(features_for(data.name, channels))
    draw = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(data), generator=draw)[: 2 * count]
    images = fit(data.subset(chosen), resolution=resolution, channels=channels).pixels
    total = len(chosen) + count
    real = extract(net, images, on_progress=_part(on_progress, 0, len(chosen) / total))
    fake = _sample_features(
        net, generator, count, seed, on_progress=_part(on_progress, len(chosen) / total, 1)
    )
    histogram = class_histogram(net, fake) if net.head is not None else None
    return Evaluation(
        weights=config.name,
        data=data.name,
        features=net.config.name,
        fd=frechet_distance(real[:count], fake),
        fd_floor=real_floor(real, count, seed=seed),
        count=count,
        class_histogram=histogram,
        classes_covered=None if histogram is None else classes_covered(histogram),
        seconds=time.perf_counter() - started,
    )


def class_histogram(net: FeatureNet, features: Tensor) -> dict[str, float]:
    """The fraction of images that `net` takes for each of its classes, by class name."""
    guess = net.classify(features).argmax(1)
    names = net.config.class_names
    fractions = torch.bincount(guess, minlength=len(names)).double() / len(features)
    return dict(zip(names, fractions.tolist(), strict=True))


def classes_covered(histogram: dict[str, float]) -> int:
    """How many classes have at least 1 % of the images."""
    return sum(fraction >= COVERED_FRACTION for fraction in histogram.values())


def _check_images(generator: Generator, data: ImageSet, count: int) -> None:
    if min(len(data), count) < MIN_IMAGES:
        raise MetricError(
            f"an evaluation needs {MIN_IMAGES} real images and samples or more, got {len(data)} "
            f"and {count}; {'raise the count' if count < MIN_IMAGES else 'add images'}"
        )
    if not all(bool(torch.isfinite(p).all()) for p in generator.parameters()):
        raise MetricError(
            "the generator's weights must be finite, got NaN or infinity: its training diverged; "
            "take weights from before"
        )


def _sample_features(
    net: FeatureNet,
    generator: Generator,
    count: int,
    seed: int,
    *,
    on_progress: OnProgress | None,
) -> Tensor:
    """Features (count, num_features) of samples, made and judged batch by batch to save memory."""
    parts = []
    for start in range(0, count, BATCH_SIZE):
        stop = min(start + BATCH_SIZE, count)
        pixels = sample(generator, range(seed + start, seed + stop), batch_size=BATCH_SIZE).pixels
        parts.append(extract(net, from_pixels(pixels)))
        if on_progress:
            on_progress(stop / count)
    return torch.cat(parts)


def _part(on_progress: OnProgress | None, low: float, high: float) -> Callable[[float], None]:
    """`on_progress` for a stage that takes the whole from `low` to `high`."""

    def report(fraction: float) -> None:
        if on_progress:
            on_progress(low + (high - low) * fraction)

    return report
