"""One detector per kind of finding: the evidence in a training's history, or None.

Evidence must persist: in the medians of two blocks of rows, or in two measurements of the samples.
The thresholds were tuned on runs made to fail and on healthy ones (benchmarks/detectors.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from gan.metrics.divergence import divergence, flown_away
from gan.metrics.findings import Evidence, FindingKind
from gan.metrics.memorising import memorising
from gan.metrics.signals import FAR, SAME, Signal, improves, is_below, is_flat, known, scores_of
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
VERY_FAR = 30.0  # times the floor: mush, or a single picture
COVERED_LEAST = 0.6  # of the modes
NEAR = 2.2  # times the distance from real to real; an untrained G has 2.3 or more
LARGEST = 0.6  # share of one mode among five or more
SPREAD_LEAST = 0.35
VARIETY_LEAST = 0.3
ONE_IMAGE = 0.08  # spread of one image and its shades; an untrained G has more
RECOVERING = 1.15  # growth of spread over all earlier values: not a collapse but a start
MODE_KINDS = ("class", "cluster")  # of gan.metrics.modes
STALLED_LOOKS = 3  # in the second half of the run
FLAT_LOOKS = 2  # if FD does not move at all
SETTLED_STEPS = 500  # before, samples that change are on their way from noise


def mode_collapse(story: Story) -> Signal | None:
    """Samples cover few of the real images' modes, or all look alike."""
    looks = story.last_looks(lambda m: _collapse_sign(m) is not None)
    if len(looks) < 2 or _recovers(story) or _begins(story):
        return None
    last = looks[-1]
    if _never_began(story) and not is_below(last, "spread", ONE_IMAGE):
        return None  # it has not dropped from anything; stagnation reports it
    if flown_away(story):
        return None  # divergence reports it
    evidence: Evidence = {"sign": str(_collapse_sign(last)), "seconds": seconds_of(looks)}
    for key in ("modes", "classes"):
        if isinstance(last.get(key), int):
            evidence[key] = last[key]
    if last.get("mode_kind") in MODE_KINDS:
        evidence["mode_kind"] = last["mode_kind"]
    return Signal("warning", evidence | known(last, "largest", "spread", "variety"))


def _collapse_sign(measure: Row) -> str | None:
    modes, classes = number(measure, "modes"), number(measure, "classes")
    # samples far from all real images hit a mode only by chance
    is_near = (number(measure, "nearest") or 0) < NEAR or is_below(measure, "spread", SPREAD_LEAST)
    if modes is not None and classes and classes >= 5 and is_near:
        if modes <= COVERED_LEAST * classes:
            return "modes"
        if (number(measure, "largest") or 0) >= LARGEST:
            return "histogram"
    if is_below(measure, "spread", SPREAD_LEAST):
        return "spread"
    return "variety" if is_below(measure, "variety", VARIETY_LEAST) else None


def _recovers(story: Story) -> bool:
    """Whether diversity is still growing: more modes or more spread than ever before.

    Compared with all measurements, not only the previous one: oscillation is no recovery.
    """
    *earlier, now = story.seasoned
    spread, modes = number(now, "spread") or 0.0, number(now, "modes") or 0.0
    wider = spread > RECOVERING * max(numbers(earlier, "spread"), default=spread)
    return wider or modes > max(numbers(earlier, "modes"), default=modes)


def _begins(story: Story) -> bool:
    """Whether samples are still on their way from noise: after few steps, far from the data, never
    varied so far, and yet more varied than a single image in shades."""
    looks = story.seasoned
    if story.steps(story.rows[-1]["nimg"]) >= SETTLED_STEPS or not looks:
        return False
    varied = max(numbers(looks, "spread"), default=0.0)
    is_mush = not is_below(looks[-1], "spread", ONE_IMAGE)
    return is_mush and varied < ALIKE and (number(looks[-1], "nearest") or 0.0) >= NEAR


def _never_began(story: Story) -> bool:
    """Whether the samples have not changed since the start, with the FD of noise."""
    return len(story.seasoned) >= 3 and is_flat(story)


def d_winning(story: Story) -> Signal | None:
    """D separates all reals from all fakes, so that G gets no useful gradient."""
    rows = story.tail(lambda block: (story.saturation(block) or 0) >= SATURATED)
    if not rows and not improves(story):
        rows = story.tail(lambda block: (story.saturation(block) or 0) >= NEARLY_SATURATED)
    if not rows and _is_alike(story) and not _begins(story):
        rows = story.tail(_is_apart)
    sign = "scores"
    if not rows:
        rows, sign = _vanished(story), "gradient"
    if not rows:
        return None
    evidence = scores_of(rows) | {"sign": sign, "seconds": seconds_of(rows)}
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
    return len(last) == 2 and all(is_below(m, "spread", ALIKE) for m in last)


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
    is_poor = far is not None and far >= FAR and not improves(story) and not is_flat(story)
    if not rows and is_poor:
        rows, sign = story.tail(lambda block: _is_blind(story, block)), "scores"
    if not rows:
        return None
    evidence = scores_of(rows) | {"sign": sign, "seconds": seconds_of(rows)}
    return Signal("warning", evidence | story.distance())


def _is_reversed(story: Story, block: Sequence[Row]) -> bool:
    saturation = story.saturation(block)
    return _ahead(block) < 0.1 and (saturation is None or saturation < REVERSED)


def _is_blind(story: Story, block: Sequence[Row]) -> bool:
    saturation = story.saturation(block)
    return saturation is not None and REVERSED <= saturation < BLIND


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
    if story.steps(now) < SETTLED_STEPS and not is_flat(story):
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
    enough = FLAT_LOOKS if is_flat(story) or _is_hopeless(recent) else STALLED_LOOKS
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


DETECTORS: dict[FindingKind, Callable[[Story], Signal | None]] = {
    "divergence": divergence,
    "mode-collapse": mode_collapse,
    "d-winning": d_winning,
    "d-losing": d_losing,
    "memorising": memorising,
    "stagnation": stagnation,
}
