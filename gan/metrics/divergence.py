"""The detector of divergence: losses, gradients or points fly off, or samples get worse again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from gan.kinds import Kind
from gan.metrics.findings import Evidence
from gan.metrics.lost import lost_quality
from gan.metrics.signals import FAR, ONE_LOSS, Signal
from gan.metrics.story import Row, Story, number, numbers, seconds_of, times_floor

LIMIT = 25.0  # of a loss: a mean logit this large is certainty to eleven digits
LIMITS = {"wasserstein-gp": 1000.0, "least-squares": 100.0}  # a critic's scale is arbitrary
GRADIENT_LIMIT = 1000.0
FD_WORSE = 2.0  # times the best, where samples are very far
FD_SEVERAL = 4.0  # times the best
EXCESS_WORSE = 1.5  # times the least excess over the floor
FD_MARGIN = 1.25  # times the best FD: what chance does to few samples
WORSE_LOOKS = 4  # in a row, and as many before them
OUTSIDE = 0.5  # of the points: real ones fill the picture, an untrained G's lie in its middle
OUTSIDE_LOOKS = 2


def divergence(story: Story) -> Signal | None:
    """Losses, scores or gradients explode, or samples that were better deteriorate."""
    if story.ended_in_no_number():
        row = story.rows[-1] if story.rows else {}
        return Signal("warning", {"sign": "no-number", "seconds": 0.0, "since_nimg": nimg_of(row)})
    limit = LIMITS.get(story.config.train.loss, LIMIT)
    for what, sign, least in (
        _wild_without_d(story.kind)
        if story.kind != "gan"
        else (
            ("loss_d", "loss", limit),
            ("loss_g", "loss", limit),
            ("score_real", "loss", 4 * limit),
            ("grad_norm_d", "gradient", GRADIENT_LIMIT),
            ("grad_norm_g", "gradient", GRADIENT_LIMIT),
        )
    ):
        found = _exploded(story, what, sign, least)
        if found is not None:
            return found
    found = flown_away(story) or _lost(story)
    return found or (None if story.is_young else _fell_apart(story))


def flown_away(story: Story) -> Signal | None:
    """Points of which most have left the picture: a loss of bounded size does not tell it."""

    def share(look: Row) -> float:
        return (number(look, "outside") or 0.0) / (number(look, "count") or math.inf)

    looks = story.last_looks(lambda look: share(look) > OUTSIDE)
    if not story.config.model.is_plane or len(looks) < OUTSIDE_LOOKS:
        return None
    evidence: Evidence = {"sign": "outside", "outside": round(share(looks[-1]), 4)}
    evidence |= {"seconds": seconds_of(looks), "since_nimg": nimg_of(looks[0])}
    return Signal("warning", evidence)


def _lost(story: Story) -> Signal | None:
    """Points that were where real ones are, and are no more."""
    lost = lost_quality(story)
    if lost is None:
        return None
    value = number(lost.looks[-1], "high_quality") or 0.0
    evidence: Evidence = {"sign": "quality", "high_quality": value}
    evidence |= {"high_quality_before": lost.before, "seconds": seconds_of(lost.looks)}
    return Signal("warning", evidence | {"since_nimg": nimg_of(lost.looks[0])})


def _wild_without_d(kind: Kind) -> tuple[tuple[str, str, float], ...]:
    loss = ONE_LOSS[kind]
    return ((loss.name, "loss", loss.limit), ("grad_norm_g", "gradient", GRADIENT_LIMIT))


def _exploded(story: Story, what: str, sign: str, least: float) -> Signal | None:
    """Blocks in which `what` exceeds `least`, or is not finite."""

    def is_wild(block: Sequence[Row]) -> bool:
        values = [abs(x) for x in numbers(block, what)]
        return not values or median(values) > least

    rows = story.tail(is_wild)
    if not rows:
        return None
    value = median([abs(x) for x in numbers(rows, what)] or [0.0])
    calm = abs((numbers(story.rows, what) or [0.0])[0])
    times = round(value / max(calm, 1e-6), 1)
    what = what.removesuffix("_real")
    evidence: Evidence = {"sign": sign, "what": what, "value": value, "before": calm}
    evidence |= {"times": times, "seconds": seconds_of(rows), "since_nimg": nimg_of(rows[0])}
    return Signal("warning", evidence)


def nimg_of(row: Row) -> int:
    return int(row.get("nimg", 0))


def _fell_apart(story: Story) -> Signal | None:
    fds = numbers(story.measures, "fd")
    if len(fds) < 3:
        return None
    best = min(fds[:-2])
    looks = story.last_looks(lambda m: (number(m, "fd") or 0) > FD_WORSE * best)
    far = story.times_floor() or 0.0
    several = all(
        (number(m, "fd") or 0) > FD_SEVERAL * best and (times_floor(m) or 0) >= FAR
        for m in looks[-2:]
    )
    # it must have learned something before, or there is nothing to lose
    if len(looks) < 2 or not (several or far >= 2 * FAR) or best > fds[0] / FD_WORSE:
        best, looks = _worsened(story)
    if not looks:
        return None
    evidence: Evidence = {"sign": "fd", "what": "fd", "value": fds[-1], "before": best}
    times = round(fds[-1] / best, 1) if best else 0.0
    evidence |= {"times": times, "seconds": seconds_of(looks), "since_nimg": nimg_of(looks[0])}
    return Signal("warning", evidence)


def _worsened(story: Story) -> tuple[float, Sequence[Row]]:
    """The best FD so far and the latest measurements, all of which are clearly farther; none if
    they are not. FD holds the floor, so that near it a quality that halves shows in the excess.
    Of images only: points of the plane jump to and fro near a floor of almost 0."""
    looks = [m for m in story.seasoned if times_floor(m) is not None]
    before, recent = looks[:-WORSE_LOOKS], looks[-WORSE_LOOKS:]
    if len(before) < WORSE_LOOKS or story.config.model.is_plane:
        return 0.0, ()
    # medians of three in a row: a single lucky measurement is no best
    triples = [before[i : i + 3] for i in range(len(before) - 2)]
    best = min(median(numbers(triple, "fd")) for triple in triples)
    least = min(median(_excess(m) for m in triple) for triple in triples)
    is_worse = min(map(_excess, recent)) > EXCESS_WORSE * least
    return best, recent if is_worse and min(numbers(recent, "fd")) > FD_MARGIN * best else ()


def _excess(measure: Row) -> float:
    return (times_floor(measure) or 1.0) - 1
