"""Quality that a run had and has lost, in a short run too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gan.metrics.story import Row, Story, number

GOOD = 0.5  # share of high quality: points that are where real ones are
LEFT = 0.4  # of the share of high quality that it had, in two measurements
GONE = 0.2  # of it, in one: an average of weights does not jump there by chance


class Lost(NamedTuple):
    """What there was, and the measurements since there is so much less."""

    before: float
    looks: Sequence[Row]


def lost_quality(story: Story) -> Lost | None:
    """Points whose share of high quality fell far below what two earlier measurements had."""
    looks = [m for m in story.measures if number(m, "high_quality") is not None]
    had = _second_best(looks[:-1])
    if had < GOOD:
        return None
    start = len(looks)
    while start and _quality(looks[start - 1]) <= LEFT * had:
        start -= 1
    recent = looks[start:]
    sure = len(recent) > 1 or (recent and _quality(recent[-1]) <= GONE * had)
    return Lost(had, recent) if sure else None


def _second_best(looks: Sequence[Row]) -> float:
    """A share that two measurements have: one alone may be luck."""
    return sorted(map(_quality, looks), reverse=True)[1] if len(looks) > 1 else 0.0


def _quality(look: Row) -> float:
    return number(look, "high_quality") or 0.0
