"""The health of a run without findings: "healthy" requires measured samples."""

from __future__ import annotations

from collections.abc import Sequence

from gan.metrics.detectors import ALIKE, APART
from gan.metrics.findings import Evidence, Health
from gan.metrics.signals import FAR, SAME
from gan.metrics.story import BLOCK, Row, Story, distance, middle, number, numbers, times_floor

ENOUGH = 2  # measurements past the first steps
VARIED = 0.6  # of the real images' spread


def health(story: Story, *, is_over: bool = False) -> Health:
    """The health of a run without findings; the strongest objection comes first."""
    looks = story.seasoned
    if story.is_young or len(looks) < ENOUGH:
        if is_over:
            return Health("early", {"sign": "short" if story.is_young else "never"})
        return Health("early", {"sign": _awaited(story)})
    last = looks[-1]
    spread, far = number(last, "spread") or 0.0, times_floor(last)
    if spread < VARIED:
        return Health("alike", _alike(story, spread))
    if far is None:
        return Health("unjudged", {"sign": "distance", "spread": spread})
    evidence: Evidence = distance(last)
    if far >= FAR:
        return Health("far", evidence | {"sign": "nearing" if _nears(looks) else "still"})
    return Health("healthy", evidence)


def _awaited(story: Story) -> str:
    return "rows" if story.is_young else ("first", "second")[len(story.seasoned)]


def _alike(story: Story, spread: float) -> Evidence:
    rows = story.rows[-2 * BLOCK :]
    real, fake = middle(rows, "score_real"), middle(rows, "score_fake")
    evidence: Evidence = {"sign": "", "spread": spread}
    if spread < ALIKE and real is not None and fake is not None and real - fake >= APART:
        evidence |= {"sign": "scores", "score_real": real, "score_fake": fake}
    return evidence


def _nears(looks: Sequence[Row]) -> bool:
    """Whether one of the last two measurements has a lower FD than all before them."""
    fds = numbers(looks, "fd")
    recent = fds[-2:] if len(fds) > 2 else fds[-1:]
    return len(fds) > 1 and min(recent) < SAME * min(fds[: -len(recent)])
