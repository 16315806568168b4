"""The detector of memorising: training images score unlike others, or samples are copies."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from gan.metrics.findings import Evidence
from gan.metrics.signals import ONE_LOSS, Signal, known, scores_of
from gan.metrics.story import BLOCK, Row, Story, middle, number, seconds_of

DRIFT = 0.45  # of the way from training images' scores to those of fakes
DRIFT_GROWTH = 0.15
DRIFT_ROWS = 400
COPIES = 0.3


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
        evidence |= known(looks[-1], "memorised", "nearest")
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
        evidence |= known(looks[-1], "memorised", "nearest")
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
    found = scores_of(rows)
    evidence: Evidence = {"drift": round(_drift(rows) or 0.0, 3)}
    for key, value in (
        ("score_train", found.get("score_real")),
        ("score_fake", found.get("score_fake")),
        ("score_held_out", middle(rows, "score_held_out")),
    ):
        if value is not None:
            evidence[key] = value
    return evidence
