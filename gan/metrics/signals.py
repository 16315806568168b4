"""A detector's result, and what several detectors ask of a training's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gan.kinds import Kind
from gan.metrics.findings import Evidence, Severity
from gan.metrics.story import Row, Story, middle, number, numbers, times_floor

FAR = 10.0  # times the floor: samples that anyone can tell from real ones
FLAT = 0.02  # of FD
SAME = 0.95  # of the best FD before: no improvement


class OneLoss(NamedTuple):
    """The one loss of a family without a D."""

    name: str
    limit: float  # above it the training has diverged
    apart: float  # of the training images' loss, by which held-out ones have more


LIKELIHOOD = OneLoss("bits", 30.0, 0.08)  # noise takes 8, an untrained network up to 15
ONE_LOSS: dict[Kind, OneLoss] = {
    "vae": LIKELIHOOD,
    "rnn": LIKELIHOOD,
    # an untrained flow has at most 2; how much an image's has to do with its t and z blurs a gap
    "flow": OneLoss("velocity_error", 10.0, 0.25),
    # a drift is shorter than the mean distance; none is measured on held-out images
    "drift": OneLoss("drift_size", 10.0, 0.25),
}


@dataclass(frozen=True)
class Signal:
    """A detector's result."""

    severity: Severity
    evidence: Evidence


def is_below(measure: Row, key: str, least: float) -> bool:
    value = number(measure, key)
    return value is not None and value < least


def is_flat(story: Story) -> bool:
    """Whether all measurements are the same: G does not move at all."""
    fds = numbers(story.measures, "fd")
    return len(fds) > 1 and max(fds) - min(fds) < FLAT * max(fds)


def improves(story: Story) -> bool:
    """Whether the last measurements are closer to the real images than all before them."""
    found = [x for x in map(times_floor, story.measures) if x is not None]
    return len(found) > 1 and min(found[-2:]) < SAME * min(found[:-2] or found[:1])


def scores_of(rows: Sequence[Row]) -> Evidence:
    real, fake = middle(rows, "score_real"), middle(rows, "score_fake")
    evidence: Evidence = {}
    if real is not None and fake is not None:
        evidence = {"score_real": real, "score_fake": fake, "gap": round(real - fake, 4)}
    return evidence


def known(row: Row, *keys: str) -> Evidence:
    found: dict[str, Any] = {key: number(row, key) for key in keys}
    return {key: value for key, value in found.items() if value is not None}
