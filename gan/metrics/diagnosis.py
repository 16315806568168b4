"""What is going wrong in a training, told from its rows and measures alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gan.config import RunConfig
from gan.metrics.findings import FINDING_KINDS, REMEDY_NAMES, Finding, FindingKind, Remedy

__all__ = ["FINDING_KINDS", "REMEDY_NAMES", "Finding", "FindingKind", "Remedy", "diagnose"]

Rows = Sequence[dict[str, Any]]


def diagnose(rows: Rows, measures: Rows, config: RunConfig) -> tuple[Finding, ...]:
    """What goes wrong now, warnings before notices; nothing where all is well or too young to say.

    rows and measures as RunReader gives them, all of them and in order; config is the run's current
    one, so that no remedy is proposed that is already on.
    """
    return ()
