"""What is going wrong in a training, told from its rows and measures alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gan.config import RunConfig
from gan.metrics.detectors import DETECTORS
from gan.metrics.findings import FINDING_KINDS, REMEDY_NAMES, Finding, FindingKind, Remedy
from gan.metrics.remedies import remedies
from gan.metrics.story import Story, kept

__all__ = ["FINDING_KINDS", "REMEDY_NAMES", "Finding", "FindingKind", "Remedy", "diagnose"]

Rows = Sequence[dict[str, Any]]


def diagnose(rows: Rows, measures: Rows, config: RunConfig) -> tuple[Finding, ...]:
    """What goes wrong now, warnings before notices; nothing where all is well or too young to say.

    rows and measures as RunReader gives them, all of them and in order; config is the run's current
    one, so that no remedy is proposed that is already on.
    """
    story = Story(kept(_usable(rows)), _usable(measures), config)
    if story.is_young:
        return ()
    nimg, found = story.rows[-1]["nimg"], []
    for kind, detect in DETECTORS.items():
        signal = detect(story)
        if signal is not None:
            cures = remedies(kind, config, signal.evidence)
            found.append(Finding(kind, signal.severity, nimg, signal.evidence, cures))
    return tuple(sorted(found, key=lambda finding: finding.severity != "warning"))


def _usable(rows: Rows) -> Rows:
    """The rows that say when they are: a damaged file may hold others."""
    return [row for row in rows if isinstance(row.get("nimg"), int)]
