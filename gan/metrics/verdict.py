"""Grades scores as a kind and its numbers, so that each interface can phrase them itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gan.metrics.evaluation import Evaluation, Metric, MetricName

Grade = Literal["like-real", "close", "apart", "far", "none"]  # "none": a precision of exactly 0

# Excess of FD over its floor, relative to the real images' variance: independent of the image
# count, which moves value and floor alike. The bands are our own: `fashion` is at 1 %,
# `fashion-mlp` at 14.
AT_FLOOR, CLOSE, APART = 0.0025, 0.04, 0.2
SHARE_LIKE, SHARE_CLOSE, SHARE_APART = 0.95, 0.8, 0.5  # of the value for real images
KD_PER_BLOCK = 0.02  # the largest difference between two real sets of 500
KL_BANDS, JS_BANDS = (0.05, 0.3, 1.0), (0.02, 0.1, 0.3)  # our own: nats, and bits of at most 1
COPIES = 3.0  # times as many close samples as unseen images
# by the grade of the memorising score
COPYING: dict[Grade, str] = {
    "like-real": "there is no sign of copying",
    "close": "there is hardly a sign of copying",
    "apart": "it may copy training images",
    "far": "it copies training images",
}
# note beside a memorising score, or instead of it, by `Evaluation.unseen`
UNSEEN = {
    "own-split": "copying is judged beside images of this set that its training held out",
    "test-split": "copying is judged beside images of the test split, which no training here uses",
    "unknown": "it is not known which of these images the model saw in training, so nothing is "
    "said of copying",
    "other-data": "the model was not trained on these images, so nothing is said of copying; "
    "give its own --data for that",
    "points": "in the plane a good sample lies near some real point by chance, so nothing is said "
    "of copying",
    "too-few": "fewer than 20 of these images were held out of its training, too few to judge "
    "copying",
}


@dataclass(frozen=True)
class Verdict:
    """One metric's grade.

    `ratio`: of the value to that of real images; for FD, the excess over their variance.
    """

    metric: MetricName
    grade: Grade
    ratio: float


def verdicts(found: Evaluation) -> tuple[Verdict, ...]:
    """A grade for every metric of an evaluation."""
    return tuple(_verdict(metric, found) for metric in found.metrics)


def _verdict(metric: Metric, found: Evaluation) -> Verdict:
    if metric.name == "fd":
        excess = max(0.0, metric.value - metric.floor) / max(found.variance, 1e-12)
        return Verdict("fd", _banded(excess, AT_FLOOR, CLOSE, APART), excess)
    ratio = metric.value / metric.floor if metric.floor else 0.0
    return Verdict(metric.name, GRADERS[metric.name](metric), ratio)


def _kernel(metric: Metric) -> Grade:
    if metric.low is not None and metric.low <= 0:
        return "like-real"  # its bounds include 0, as those of real images do
    return _banded(metric.value, KD_PER_BLOCK, 10 * KD_PER_BLOCK, 100 * KD_PER_BLOCK)


def _share(metric: Metric) -> Grade:
    share = metric.value / max(metric.floor, 1e-12)
    return _banded(-share, -SHARE_LIKE, -SHARE_CLOSE, -SHARE_APART)


def _quality(metric: Metric) -> Grade:
    return "none" if metric.value == 0 else _share(metric)


def _copies(metric: Metric) -> Grade:
    times = metric.value / metric.floor
    return _banded(times, 1.5, COPIES, 2 * COPIES)


def _banded(value: float, first: float, second: float, third: float) -> Grade:
    if value <= first:
        return "like-real"
    if value <= second:
        return "close"
    return "apart" if value <= third else "far"


GRADERS: dict[MetricName, Callable[[Metric], Grade]] = {
    "kd": _kernel,
    "precision": _quality,
    "recall": _share,
    "density": _share,
    "coverage": _share,
    "memorised": _copies,
    "high_quality": _share,
    "modes": _share,
    "mode_kl": lambda metric: _banded(metric.value, *KL_BANDS),
    "js": lambda metric: _banded(metric.value - metric.floor, *JS_BANDS),
}
