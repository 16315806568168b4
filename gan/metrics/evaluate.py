"""Evaluates a generator: one call measures all that an `Evaluation` holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from gan.config import PLANE_SHAPE, WeightsConfig
from gan.data import ImageSet, Seen, Unseen, compared_shape, unseen_images, were_shown
from gan.data.imageset import fit
from gan.data.stacked import DEPTH
from gan.errors import MetricError
from gan.images import from_pixels
from gan.messages import Message
from gan.metrics.evaluation import Evaluation, Metric, MetricName, ModesCaught, Neighbour
from gan.metrics.features import BATCH_SIZE, FeatureNet, OnProgress, extract
from gan.metrics.frechet import frechet_distance, real_floor
from gan.metrics.intervals import GROUPS, jackknife
from gan.metrics.judges import JudgeName, load_judge
from gan.metrics.kernel import kernel_distance
from gan.metrics.manifold import manifold
from gan.metrics.memorisation import (
    EXPECTED,
    FEWEST_HELD_OUT,
    SHOWN,
    Memorisation,
    memorisation,
)
from gan.metrics.missing import Groups, missing_groups
from gan.metrics.neighbours import nearest
from gan.metrics.plane import js, plane_scores
from gan.metrics.stacked import MODES, SAMPLES, stacked_modes, stacked_scores
from gan.models import Generator
from gan.sampling import sample

MIN_IMAGES = 130  # two halves with more images than the 64 features, or covariances are singular
COVERED_FRACTION = 0.01  # of the samples: a class below this counts as missing
UNSEEN_MOST = 1000  # images unseen by the model, as a reference
UNEVEN = 1.5  # times as many images of one class as of another: no chance any more
MANIFOLD_MOST = 5000  # images per side: beyond, precision and recall change by less than 0.01


def evaluate(
    generator: Generator,
    config: WeightsConfig,
    *,
    data: ImageSet,
    count: int = 10_000,
    seed: int = 0,
    revision: str = "",
    seen: Seen = (),
    judge: JudgeName = "own",
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Distances, fidelity, diversity and memorising of images from seeds seed, seed + 1, ...

    As many samples as real images, `count` each or all the real ones if they are fewer, so that
    value and floor have the same finite-sample bias; precision and related metrics use halves of
    the real images, MANIFOLD_MOST at most. Copying is measured only if `seen`, the model's training
    data, shows that it has seen these real images and which ones it has not. Real images are first
    fitted to the generator's size and channels and only then, like the samples, to the network's:
    so resizing is not held against the generator. Classes of which the real images hold more are
    drawn more often (class_shares). `judge` says on whose features all is compared
    (gan.metrics.judges): values of two judges are not comparable. Calls on_progress with 0 to 1; an
    exception from it cancels the work. Raises MetricError for too few images or a generator that
    has diverged.
    """
    started = time.perf_counter()
    _check_images(generator, data, count)
    count = min(count, len(data))
    resolution, channels = compared_shape(generator.image_shape)
    net = load_judge(judge, data.name, channels)
    chosen = _choose(data, count, seed, unseen_images(seen, data))
    images = _fitted(data, chosen, resolution=resolution, channels=channels)
    total = len(images) + count
    features = extract(net, images, on_progress=_part(on_progress, 0, len(images) / total))
    fake = _sample_features(
        net, generator, count, seed, shares=class_shares(config, data),
        on_progress=_part(on_progress, len(images) / total, 1),
    )  # fmt: skip
    real = features[: min(2 * count, len(data))]
    copying = _memorisation(features, chosen, fake)
    plane = _plane(real / net.scale, fake / net.scale, data) if channels == PLANE_SHAPE[0] else ()
    stacked = _stacked(generator, data, seed, on_progress) if channels == DEPTH else ()
    histogram = class_histogram(net, fake) if net.head is not None else None
    groups = Groups(0, ()) if plane else missing_groups(real, chosen.rows[: len(real)], fake)
    return Evaluation(
        weights=config.name,
        data=data.name,
        features=net.config.name,
        count=count,
        seed=seed,
        revision=revision,
        variance=real.var(0).sum().item(),
        metrics=(
            _fd(real, fake, seed),
            *([] if plane else [_kd(real, fake, seed)]),  # its kernel is made for 64 features
            *_manifold(real, fake),
            *_memorised(copying, count),
            *plane,
            *stacked,
        ),
        modes=_caught((*plane, *stacked), data),
        class_histogram=histogram,
        classes_covered=None if histogram is None else classes_covered(histogram),
        copying_z=copying.z if copying else None,
        nearest=_neighbours(copying, seed) if copying else _nearest(real, chosen.rows, fake, seed),
        groups=groups.of,
        missing=groups.missing,
        unseen=chosen.kind if copying or not chosen.is_known else "too-few",
        shown=were_shown(seen, data.origin),
        seconds=time.perf_counter() - started,
    )


def class_shares(config: WeightsConfig, data: ImageSet) -> Tensor | None:
    """How many images each of the model's classes has in `data`, (classes,).

    A model learns its classes one by one, so that what it makes of few images would else count as
    much as what it makes of many. None, for classes drawn equally often, if `data` has other
    classes, or about as many images of each.
    """
    names = config.class_names
    if data.labels is None or not names or names != data.class_names:
        return None
    counts = torch.bincount(data.labels, minlength=len(names))
    return counts if counts.max() > UNEVEN * counts.min() else None


def _fd(real: Tensor, fake: Tensor, seed: int) -> Metric:
    count = len(fake)
    bounds = jackknife(frechet_distance, real[:count], fake, groups=GROUPS, seed=seed)
    return Metric(
        name="fd", value=bounds.value, low=bounds.low, high=bounds.high, count=count,
        floor=real_floor(real, count, seed=seed), lower_is_better=True,
    )  # fmt: skip


def _kd(real: Tensor, fake: Tensor, seed: int) -> Metric:
    bounds = kernel_distance(real[: len(fake)], fake, seed=seed)
    # unbiased: between two sets of real images only chance remains, on either side of 0
    return Metric(
        name="kd", value=bounds.value, low=bounds.low, high=bounds.high, count=len(fake),
        floor=0.0, lower_is_better=True,
    )  # fmt: skip


def _manifold(real: Tensor, fake: Tensor) -> list[Metric]:
    size = min(len(real) // 2, len(fake), MANIFOLD_MOST)
    one, other = real[:size], real[size : 2 * size]
    found, floor = manifold(one, fake[:size]), manifold(one, other)
    names: tuple[MetricName, ...] = ("precision", "recall", "density", "coverage")
    return [
        Metric(name=name, value=getattr(found, name), floor=getattr(floor, name), count=size)
        for name in names
    ]


def _plane(real: Tensor, fake: Tensor, data: ImageSet) -> tuple[Metric, ...]:
    """Of points (N, 2): floors from other real points, as many as the samples where there are."""
    count = len(fake)
    other = real[count:] if len(real) > count else real
    found = [
        Metric(
            name="js", value=js(fake, real[:count]), floor=js(other, real[:count]), count=count,
            lower_is_better=True,
        )
    ]  # fmt: skip
    if data.truth is None:
        return tuple(found)
    mine, theirs = plane_scores(fake, data.truth), plane_scores(real, data.truth)
    rows: list[tuple[MetricName, float | None, float | None]] = [
        ("high_quality", mine.high_quality, theirs.high_quality),
        ("modes", mine.caught, theirs.caught),
        ("mode_kl", mine.mode_kl, theirs.mode_kl),
    ]
    return tuple(found) + tuple(
        Metric(name=name, value=value, floor=floor, count=count, lower_is_better=name == "mode_kl")
        for name, value, floor in rows
        if value is not None and floor is not None
    )


def _stacked(
    generator: Generator, data: ImageSet, seed: int, on_progress: OnProgress | None
) -> tuple[Metric, ...]:
    """Of stacked digits: SAMPLES of the generator beside as many real pictures."""
    if data.stack is None:
        return ()
    parts = []
    for start in range(seed, seed + SAMPLES, BATCH_SIZE):
        pixels = sample(generator, range(start, min(start + BATCH_SIZE, seed + SAMPLES))).pixels
        parts.append(stacked_modes(torch.from_numpy(pixels).movedim(-1, 1), data.stack))
        if on_progress:
            on_progress(1.0)  # raises if it was cancelled meanwhile
    mine = stacked_scores(torch.cat(parts), data.stack)
    theirs = stacked_scores(stacked_modes(data.pixels[:SAMPLES], data.stack), data.stack)
    return (
        Metric(name="modes", value=mine.caught, floor=theirs.caught, count=SAMPLES),
        Metric(
            name="mode_kl", value=mine.mode_kl, floor=theirs.mode_kl, count=SAMPLES,
            lower_is_better=True,
        ),
    )  # fmt: skip


def _caught(found: tuple[Metric, ...], data: ImageSet) -> ModesCaught | None:
    counts = [int(m.value) for m in found if m.name == "modes"]
    if not counts:
        return None
    return ModesCaught(caught=counts[0], of=len(data.truth.centres) if data.truth else MODES)


class _Chosen(NamedTuple):
    """The real images: random rows of the data, then further images of it that are unseen by the
    model, then unseen images of another set."""

    rows: Tensor
    extra: ImageSet | None
    unseen: Tensor  # (N,) bool, over all of these
    kind: str
    is_known: bool


def _choose(data: ImageSet, count: int, seed: int, unseen: Unseen) -> _Chosen:
    draw = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(data), generator=draw)[: 2 * count]
    held_out = unseen.rows.nonzero()[:, 0]
    rows = torch.cat([rows, held_out[~torch.isin(held_out, rows)]])
    extra, marks = unseen.extra, unseen.rows[rows]
    if extra is not None:
        extra = extra.subset(torch.randperm(len(extra), generator=draw)[:UNSEEN_MOST])
        marks = torch.cat([marks, torch.ones(len(extra), dtype=torch.bool)])
    return _Chosen(rows, extra, marks, unseen.kind, unseen.is_known)


def _fitted(data: ImageSet, chosen: _Chosen, *, resolution: int, channels: int) -> Tensor:
    parts = [data.subset(chosen.rows), *([chosen.extra] if chosen.extra else [])]
    return torch.cat([fit(p, resolution=resolution, channels=channels).pixels for p in parts])


def _memorisation(features: Tensor, chosen: _Chosen, fake: Tensor) -> Memorisation | None:
    """Against images unseen by the model; None if these are unknown or too few."""
    if int(chosen.unseen.sum()) < FEWEST_HELD_OUT:
        return None
    shown = ~chosen.unseen
    found = memorisation(features[shown], features[chosen.unseen], fake)
    images = chosen.rows[shown[: len(chosen.rows)]][torch.tensor(found.images)].tolist()
    return replace(found, images=tuple(images))


def _nearest(real: Tensor, rows: Tensor, fake: Tensor, seed: int) -> tuple[Neighbour, ...]:
    """The samples nearest to real images, if copying cannot be measured.

    The reference distance is then that of these real images from one another.
    """
    others = nearest(real[:UNSEEN_MOST], real, 2).distances[:, 1]  # the first is itself
    found, by = (column[:, 0] for column in nearest(fake, real, 1))
    usual = float(others.median().clamp_min(1e-12))
    return tuple(
        Neighbour(seed + s, int(rows[by[s]]), float(found[s]) / usual)
        for s in found.argsort()[:SHOWN].tolist()
    )


def _memorised(found: Memorisation | None, count: int) -> list[Metric]:
    if found is None:
        return []
    return [
        Metric(
            name="memorised", value=found.fraction, floor=EXPECTED, count=count,
            lower_is_better=True,
        )
    ]  # fmt: skip


def _neighbours(found: Memorisation, seed: int) -> tuple[Neighbour, ...]:
    rows = zip(found.samples, found.images, found.ratios, strict=True)
    return tuple(Neighbour(seed + s, image, ratio) for s, image, ratio in rows)


def class_histogram(net: FeatureNet, features: Tensor) -> dict[str, float]:
    """The fraction of images that `net` assigns to each of its classes, by class name."""
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
            "an evaluation needs {min_images} real images and samples or more, got {got} and "
            "{count}; {advice}",
            min_images=MIN_IMAGES,
            got=len(data),
            count=count,
            advice=Message("raise the count" if count < MIN_IMAGES else "add images"),
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
    shares: Tensor | None,
    on_progress: OnProgress | None,
) -> Tensor:
    """Features (count, num_features) of samples, generated and embedded batch by batch to save
    memory."""
    parts = []
    for start in range(0, count, BATCH_SIZE):
        stop = min(start + BATCH_SIZE, count)
        seeds = range(seed + start, seed + stop)
        pixels = sample(generator, seeds, shares=shares, batch_size=BATCH_SIZE).pixels
        parts.append(extract(net, from_pixels(pixels)))
        if on_progress:
            on_progress(stop / count)
    return torch.cat(parts)


def _part(on_progress: OnProgress | None, low: float, high: float) -> Callable[[float], None]:
    """`on_progress` for a stage that spans `low` to `high` of the total."""

    def report(fraction: float) -> None:
        if on_progress:
            on_progress(low + (high - low) * fraction)

    return report
