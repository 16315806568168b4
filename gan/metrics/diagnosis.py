"""Diagnoses problems of a training from its rows and measures alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gan.config import RunConfig
from gan.kinds import Kind
from gan.metrics.detectors import DETECTORS
from gan.metrics.findings import (
    FINDING_KINDS,
    OF_THE_GAME,
    REMEDY_NAMES,
    Finding,
    FindingKind,
    Health,
    Past,
    Remedy,
)
from gan.metrics.health import health
from gan.metrics.remedies import MOST, remedies
from gan.metrics.story import Story, kept
from gan.metrics.wayback import way_back

__all__ = [
    "FINDING_KINDS", "REMEDY_NAMES", "Finding", "FindingKind", "Health", "Past", "Remedy",
    "assess", "diagnose",
]  # fmt: skip

NO_PAST = Past()
# only a GAN has a D that could win
FINDS: dict[Kind, tuple[FindingKind, ...]] = {
    "gan": FINDING_KINDS,
    "vae": tuple(k for k in FINDING_KINDS if k not in OF_THE_GAME),
    "rnn": tuple(k for k in FINDING_KINDS if k not in OF_THE_GAME),
    "flow": tuple(k for k in FINDING_KINDS if k not in OF_THE_GAME),
    "drift": tuple(k for k in FINDING_KINDS if k not in OF_THE_GAME),
}
Rows = Sequence[dict[str, Any]]


def diagnose(
    rows: Rows, measures: Rows, config: RunConfig, past: Past = NO_PAST
) -> tuple[Finding, ...]:
    """Current findings, warnings before notices; empty if all is well or it is too early to say.

    rows and measures as returned by RunReader, complete and in order; config is the run's current
    one, so that no remedy already in use is proposed; past says which states can be forked.
    """
    story = _story(rows, measures, config, past)
    if not story.has_losses and not story.ended_in_no_number():
        return ()
    nimg, found = story.rows[-1]["nimg"] if story.rows else 0, []
    kinds: tuple[FindingKind, ...] = ("divergence",) if story.is_young else FINDS[story.kind]
    for kind in kinds:
        signal = DETECTORS[kind](story)
        if signal is not None:
            back = way_back(kind, story, signal.evidence, past)
            cures = remedies(kind, config, signal.evidence)
            cures = (back, *cures)[:MOST] if back else cures
            found.append(Finding(kind, signal.severity, nimg, signal.evidence, cures))
    return tuple(sorted(found, key=lambda finding: finding.severity != "warning"))


def assess(
    rows: Rows, measures: Rows, config: RunConfig, past: Past = NO_PAST, *, is_over: bool = False
) -> Health:
    """The health of a run for which `diagnose` finds nothing."""
    return health(_story(rows, measures, config, past), is_over=is_over)


def _story(rows: Rows, measures: Rows, config: RunConfig, past: Past) -> Story:
    return Story(kept(_usable(rows)), _usable(measures), config, past.events)


def _usable(rows: Rows) -> Rows:
    """The rows with a valid nimg and time: a damaged file may hold others."""
    return [row for row in rows if isinstance(row.get("nimg"), int)]
