"""One detector per kind of finding: the evidence in a training's history, or None.

Evidence must persist: in the medians of two blocks of rows, or in two measurements of the samples.
The thresholds were tuned on runs made to fail and on healthy ones (benchmarks/detectors.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from gan.kinds import Kind
from gan.metrics.findings import Evidence, FindingKind, Severity
from gan.metrics.lost import lost_quality
from gan.metrics.story import (
    BLOCK,
    Row,
    Story,
    distance,
    middle,
    number,
    numbers,
    seconds_of,
    times_floor,
)

SATURATED = 0.97  # of D's possible gain
NEARLY_SATURATED = 0.9  # counts if samples stop improving
APART = 6.0  # logits from fake to real: odds of an error are 1 to 20 on either side
ALIKE = 0.5  # of the real images' spread
VANISHED = 0.01  # of the early gradient norm of G
REVERSED = -0.1  # D's loss is worse than chance
BLIND = 0.03
FAR = 10.0  # times the floor: samples that anyone can tell from real ones
VERY_FAR = 30.0  # times the floor: mush, or a single picture
COVERED_LEAST = 0.6  # of the modes
NEAR = 2.2  # times the distance from real to real; an untrained G has 2.3 or more
LARGEST = 0.6  # share of one mode among five or more
SPREAD_LEAST = 0.35
VARIETY_LEAST = 0.3
ONE_IMAGE = 0.08  # spread of one image and its shades; an untrained G has more
FLAT = 0.02  # of FD
RECOVERING = 1.15  # growth of spread over all earlier values: not a collapse but a start
DRIFT = 0.45  # of the way from training images' scores to those of fakes
DRIFT_GROWTH = 0.15
DRIFT_ROWS = 400
COPIES = 0.3
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
SAME = 0.95  # of the best FD before: no improvement
MODE_KINDS = ("class", "cluster")  # of gan.metrics.modes
STALLED_LOOKS = 3  # in the second half of the run
FLAT_LOOKS = 2  # if FD does not move at all
SETTLED_STEPS = 500  # before, samples that change at all are on their way from noise


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


def mode_collapse(story: Story) -> Signal | None:
    """Samples cover few of the real images' modes, or all look alike."""
    looks = story.last_looks(lambda m: _collapse_sign(m) is not None)
    if len(looks) < 2 or _recovers(story):
        return None
    last = looks[-1]
    if _never_began(story) and not _below(last, "spread", ONE_IMAGE):
        return None  # it has not dropped from anything; stagnation reports it
    if _flown_away(story):
        return None  # divergence reports it
    evidence: Evidence = {"sign": str(_collapse_sign(last)), "seconds": seconds_of(looks)}
    for key in ("modes", "classes"):
        if isinstance(last.get(key), int):
            evidence[key] = last[key]
    if last.get("mode_kind") in MODE_KINDS:
        evidence["mode_kind"] = last["mode_kind"]
    return Signal("warning", evidence | _some(last, "largest", "spread", "variety"))


def _collapse_sign(measure: Row) -> str | None:
    modes, classes = number(measure, "modes"), number(measure, "classes")
    # samples far from all real images hit a mode only by chance
    is_near = (number(measure, "nearest") or 0) < NEAR or _below(measure, "spread", SPREAD_LEAST)
    if modes is not None and classes and classes >= 5 and is_near:
        if modes <= COVERED_LEAST * classes:
            return "modes"
        if (number(measure, "largest") or 0) >= LARGEST:
            return "histogram"
    if _below(measure, "spread", SPREAD_LEAST):
        return "spread"
    return "variety" if _below(measure, "variety", VARIETY_LEAST) else None


def _below(measure: Row, key: str, least: float) -> bool:
    value = number(measure, key)
    return value is not None and value < least


def _recovers(story: Story) -> bool:
    """Whether diversity is still growing: more modes or more spread than ever before.

    Compared with all measurements, not only the previous one: oscillation is no recovery.
    """
    *earlier, now = story.seasoned
    spread, modes = number(now, "spread") or 0.0, number(now, "modes") or 0.0
    wider = spread > RECOVERING * max(numbers(earlier, "spread"), default=spread)
    return wider or modes > max(numbers(earlier, "modes"), default=modes)


def _never_began(story: Story) -> bool:
    """Whether the samples have not changed since the start, with the FD of noise."""
    return len(story.seasoned) >= 3 and _is_flat(story)


def _is_flat(story: Story) -> bool:
    """Whether all measurements are the same: G does not move at all."""
    fds = numbers(story.measures, "fd")
    return len(fds) > 1 and max(fds) - min(fds) < FLAT * max(fds)


def d_winning(story: Story) -> Signal | None:
    """D separates all reals from all fakes, so that G gets no useful gradient."""
    rows = story.tail(lambda block: (story.saturation(block) or 0) >= SATURATED)
    if not rows and not _improves(story):
        rows = story.tail(lambda block: (story.saturation(block) or 0) >= NEARLY_SATURATED)
    if not rows and _is_alike(story):
        rows = story.tail(_is_apart)
    sign = "scores"
    if not rows:
        rows, sign = _vanished(story), "gradient"
    if not rows:
        return None
    evidence = _scores(rows) | {"sign": sign, "seconds": seconds_of(rows)}
    saturation, before = story.saturation(rows), story.early("grad_norm_g")
    if sign == "scores" and (saturation is None or saturation < NEARLY_SATURATED):
        evidence["sign"] = "apart"
    if saturation is not None:
        evidence["saturated"] = round(saturation, 4)
    if before is not None:
        evidence["grad_norm_g_before"] = before
    now = middle(rows, "grad_norm_g")
    return Signal("warning", evidence if now is None else evidence | {"grad_norm_g": now})


def _is_alike(story: Story) -> bool:
    """Whether the samples vary much less than real images, in the last two measurements."""
    last = story.seasoned[-2:]
    return len(last) == 2 and all(_below(m, "spread", ALIKE) for m in last)


def _is_apart(block: Sequence[Row]) -> bool:
    """Whether D, scored in eval mode, is confident on both kinds of images.

    The loss alone does not tell: it is computed in training mode, softened by augmentation.
    """
    real, fake = middle(block, "score_real"), middle(block, "score_fake")
    return real is not None and fake is not None and real - fake >= APART and real > 0 > fake


def _vanished(story: Story) -> Sequence[Row]:
    """Rows in which G's gradient has almost vanished, with D ahead and poor samples."""
    early, far = story.early("grad_norm_g"), story.times_floor()
    if not early or far is None or far < FAR:
        return ()

    def is_gone(block: Sequence[Row]) -> bool:
        gradient = middle(block, "grad_norm_g")
        return gradient is not None and gradient < VANISHED * early and _ahead(block) > 0.9

    return story.tail(is_gone)


def _ahead(rows: Sequence[Row]) -> float:
    """The share of rows in which D scores real images above fakes."""
    gaps = _gaps(rows)
    return sum(gap > 0 for gap in gaps) / len(gaps) if gaps else 0.5


def _gaps(rows: Sequence[Row]) -> list[float]:
    pairs = [(number(row, "score_real"), number(row, "score_fake")) for row in rows]
    return [real - fake for real, fake in pairs if real is not None and fake is not None]


def d_losing(story: Story) -> Signal | None:
    """D cannot tell fakes from real images although they are poor, so that G learns nothing."""
    rows, sign = story.tail(lambda block: _is_reversed(story, block)), "reversed"
    far = story.times_floor()
    is_poor = far is not None and far >= FAR and not _improves(story) and not _is_flat(story)
    if not rows and is_poor:
        rows, sign = story.tail(lambda block: _is_blind(story, block)), "scores"
    if not rows:
        return None
    evidence = _scores(rows) | {"sign": sign, "seconds": seconds_of(rows)}
    return Signal("warning", evidence | story.distance())


def _is_reversed(story: Story, block: Sequence[Row]) -> bool:
    saturation = story.saturation(block)
    return _ahead(block) < 0.1 and (saturation is None or saturation < REVERSED)


def _is_blind(story: Story, block: Sequence[Row]) -> bool:
    saturation = story.saturation(block)
    return saturation is not None and REVERSED <= saturation < BLIND


def memorising(story: Story) -> Signal | None:
    """D scores its training images unlike other real images, or samples are copies of them."""
    looks = story.last_looks(lambda m: (number(m, "memorised") or 0) >= COPIES)
    if story.kind != "gan":
        return _overfitted(story, looks)
    rows = _drifted(story)
    early = _drift(story.rows[BLOCK : max(2 * BLOCK, len(story.rows) // 4)])
    drifted = bool(rows) and _won_something(story, rows)
    if drifted and early is not None and len(looks) < 2:
        # held-out images of a small set may score low from the start: the gap must have grown
        drifted = (_drift(rows) or 0) >= early + DRIFT_GROWTH
    if not drifted and len(looks) < 2:
        return None
    evidence: Evidence = {
        "sign": "copies" if len(looks) > 1 else "held-out",
        "seconds": max(seconds_of(rows), seconds_of(looks)),
    }
    if rows:
        evidence |= _drift_evidence(rows)
    if looks:
        evidence |= _some(looks[-1], "memorised", "nearest")
    return Signal("warning" if len(looks) > 1 or len(rows) >= 4 * BLOCK else "notice", evidence)


def _overfitted(story: Story, looks: Sequence[Row]) -> Signal | None:
    """The loss is clearly higher on held-out images than on training images."""
    loss = ONE_LOSS[story.kind]
    rows = story.tail(lambda block: _gap(block, loss.name) >= loss.apart)
    if not rows and len(looks) < 2:
        return None
    evidence: Evidence = {
        "sign": "copies" if len(looks) > 1 else loss.name,
        "seconds": max(seconds_of(rows), seconds_of(looks)),
    }
    for key in (loss.name, f"{loss.name}_held_out"):
        if (value := middle(rows, key)) is not None:
            evidence[key] = value
    if looks:
        evidence |= _some(looks[-1], "memorised", "nearest")
    return Signal("warning" if len(looks) > 1 else "notice", evidence)


def _gap(block: Sequence[Row], name: str) -> float:
    seen, held_out = middle(block, name), middle(block, f"{name}_held_out")
    return 0.0 if seen is None or held_out is None else held_out / max(seen, 1e-6) - 1


def _drifted(story: Story) -> Sequence[Row]:
    """The last quarter of the run if held-out scores drifted in both its halves, else none."""
    count = max(2 * BLOCK, min(len(story.rows) // 4, DRIFT_ROWS))
    rows = story.rows[-count:]
    halves = (_drift(rows[: count // 2]) or 0, _drift(rows[count // 2 :]) or 0)
    return rows if (_drift(rows) or 0) >= DRIFT and min(halves) >= 0.8 * DRIFT else ()


def _drift(rows: Sequence[Row]) -> float | None:
    """Drift of held-out scores from train's towards the fakes', 0 to 1 and beyond; a median."""
    found = []
    for row in rows:
        real, fake = number(row, "score_real"), number(row, "score_fake")
        held_out = number(row, "score_held_out")
        if real is not None and fake is not None and held_out is not None and real > fake:
            found.append((real - held_out) / (real - fake))
    return median(found) if 2 * len(found) > len(rows) else None


def _won_something(story: Story, rows: Sequence[Row]) -> bool:
    """Whether D separates train from fakes well enough for the drift to be meaningful."""
    saturation = story.saturation(rows)
    return saturation is None or saturation > 0.3


def _drift_evidence(rows: Sequence[Row]) -> Evidence:
    found = _scores(rows)
    evidence: Evidence = {"drift": round(_drift(rows) or 0.0, 3)}
    for key, value in (
        ("score_train", found.get("score_real")),
        ("score_fake", found.get("score_fake")),
        ("score_held_out", middle(rows, "score_held_out")),
    ):
        if value is not None:
            evidence[key] = value
    return evidence


def divergence(story: Story) -> Signal | None:
    """Losses, scores or gradients explode, or samples that were better deteriorate."""
    if story.ended_in_no_number():
        row = story.rows[-1] if story.rows else {}
        return Signal("warning", {"sign": "no-number", "seconds": 0.0, "since_nimg": _nimg(row)})
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
    found = _flown_away(story) or _lost(story)
    return found or (None if story.is_young else _fell_apart(story))


def _flown_away(story: Story) -> Signal | None:
    """Points of which most have left the picture: a loss of bounded size does not tell it."""

    def share(look: Row) -> float:
        return (number(look, "outside") or 0.0) / (number(look, "count") or math.inf)

    looks = story.last_looks(lambda look: share(look) > OUTSIDE)
    if not story.config.model.is_plane or len(looks) < OUTSIDE_LOOKS:
        return None
    evidence: Evidence = {"sign": "outside", "outside": round(share(looks[-1]), 4)}
    evidence |= {"seconds": seconds_of(looks), "since_nimg": _nimg(looks[0])}
    return Signal("warning", evidence)


def _lost(story: Story) -> Signal | None:
    """Points that were where real ones are, and are no more."""
    lost = lost_quality(story)
    if lost is None:
        return None
    value = number(lost.looks[-1], "high_quality") or 0.0
    evidence: Evidence = {"sign": "quality", "high_quality": value}
    evidence |= {"high_quality_before": lost.before, "seconds": seconds_of(lost.looks)}
    return Signal("warning", evidence | {"since_nimg": _nimg(lost.looks[0])})


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
    evidence |= {"times": times, "seconds": seconds_of(rows), "since_nimg": _nimg(rows[0])}
    return Signal("warning", evidence)


def _nimg(row: Row) -> int:
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
    evidence |= {"times": times, "seconds": seconds_of(looks), "since_nimg": _nimg(looks[0])}
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


def stagnation(story: Story) -> Signal | None:
    """Samples are far from real ones and have not improved while the images seen doubled."""
    now = story.rows[-1]["nimg"]
    measured = [m for m in story.measures if number(m, "fd") is not None]
    measured = [m for m in measured if story.steps(m["nimg"]) >= BLOCK]
    recent = [m for m in measured if 2 * m["nimg"] > now]
    before = [m for m in measured if 2 * m["nimg"] <= now]
    far = [x for x in map(times_floor, recent) if x is not None]
    # most of them: points that were near and jump away for a moment do not stand still
    if not before or not far or min(far[-1], median(far)) < FAR:
        return None
    if not _stands_still(story, before, recent):
        return None
    if story.steps(now) < SETTLED_STEPS and not _is_flat(story):
        return None
    best = min(before, key=lambda m: m["fd"])
    evidence: Evidence = distance(recent[-1])
    since = [best, *recent]
    return Signal(
        "warning",
        evidence
        | {"best": min(best["fd"], *numbers(recent, "fd"))}
        | {"since_nimg": best["nimg"], "images": now - best["nimg"]}
        | {"seconds": seconds_of(since)},
    )


def _stands_still(story: Story, before: Sequence[Row], recent: Sequence[Row]) -> bool:
    """Whether FD in the second half of the run is no lower than in the first.

    Not lower at any measurement; or, if it oscillates, not lower in the median of a run with enough
    of them, as a single lucky measurement is no progress.
    """
    then, now = numbers(before, "fd"), numbers(recent, "fd")
    enough = FLAT_LOOKS if _is_flat(story) or _is_hopeless(recent) else STALLED_LOOKS
    if len(now) < enough:
        return False
    if min(now) >= SAME * min(then):
        return True
    swings = len(then) >= STALLED_LOOKS and len(now) >= STALLED_LOOKS
    return swings and median(now) >= SAME * median(then) and now[-1] >= SAME * min(then)


def _is_hopeless(recent: Sequence[Row]) -> bool:
    """Whether FD is so high that two measurements of the second half suffice."""
    far = [x for x in map(times_floor, recent) if x is not None]
    return bool(far) and min(far) >= VERY_FAR


def _improves(story: Story) -> bool:
    """Whether the last measurements are closer to the real images than all before them."""
    found = [x for x in map(times_floor, story.measures) if x is not None]
    return len(found) > 1 and min(found[-2:]) < SAME * min(found[:-2] or found[:1])


def _scores(rows: Sequence[Row]) -> Evidence:
    real, fake = middle(rows, "score_real"), middle(rows, "score_fake")
    evidence: Evidence = {}
    if real is not None and fake is not None:
        evidence = {"score_real": real, "score_fake": fake, "gap": round(real - fake, 4)}
    return evidence


def _some(row: Row, *keys: str) -> Evidence:
    found: dict[str, Any] = {key: number(row, key) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


DETECTORS: dict[FindingKind, Callable[[Story], Signal | None]] = {
    "divergence": divergence,
    "mode-collapse": mode_collapse,
    "d-winning": d_winning,
    "d-losing": d_losing,
    "memorising": memorising,
    "stagnation": stagnation,
}
