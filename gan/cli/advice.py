"""What the diagnosis found in a run, for a terminal: one sentence a finding, with what to set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from gan.errors import GanError
from gan.metrics.diagnosis import Finding, FindingKind, diagnose
from gan.runs import RunReader, setting_arguments

EVERY_S = 5.0
MOST_ROWS = 4000

NAMES: dict[FindingKind, str] = {
    "mode-collapse": "mode collapse",
    "d-winning": "D is winning",
    "d-losing": "D is losing",
    "memorising": "memorising",
    "divergence": "divergence",
    "stagnation": "standing still",
}
# by kind and sign
EVIDENCE: dict[tuple[str, str], str] = {
    ("mode-collapse", "modes"): "the samples show {modes} of {classes} kinds of images",
    ("mode-collapse", "histogram"): "{largest:.0%} of the samples are of one kind",
    ("mode-collapse", "spread"): "the samples differ {spread:.0%} as much as real images",
    ("mode-collapse", "variety"): "within a kind samples differ {variety:.0%} as much as real ones",
    ("d-winning", "scores"): "it has {saturated:.0%} of what it can gain over G",
    (
        "d-winning",
        "gradient",
    ): "G's gradient fell from {grad_norm_g_before:.2g} to {grad_norm_g:.2g}",
    ("d-losing", "scores"): "it scores real and fake alike, at {times_floor:.0f} times the floor",
    ("d-losing", "reversed"): "it scores fakes {score_fake:.2g} and real images {score_real:.2g}",
    ("memorising", "held-out"): "it scores its own images {score_train:.2g}, others "
    "{score_held_out:.2g} and fakes {score_fake:.2g}",
    ("memorising", "copies"): "{memorised:.0%} of the samples are copies of real images",
    ("divergence", "loss"): "{what} went from {before:.2g} to {value:.2g}",
    ("divergence", "gradient"): "{what} went from {before:.2g} to {value:.2g}",
    ("divergence", "fd"): "FD rose from {before:.2f} to {value:.2f}",
    ("stagnation", ""): "FD {fd:.2f}, {times_floor:.0f} times the floor, no better for {images:,} "
    "images",
}


def sentence(finding: Finding) -> str:
    """What is wrong, by what it shows, and the settings that would help first."""
    sign = str(finding.evidence.get("sign", ""))
    shown = EVIDENCE[finding.kind, sign].format(**finding.evidence)
    text = f"{NAMES[finding.kind]}: {shown}"
    if finding.remedies:
        text += f"; try {setting_arguments(finding.remedies[0].settings)}"
    return text


def advice(run_dir: Path) -> list[str]:
    """A sentence for each finding of the run in `run_dir`; none where it cannot be read."""
    return [sentence(finding) for finding in Advisor(run_dir).look()]


class Advisor:
    """Follows a run folder and says now and then what is amiss."""

    def __init__(self, run_dir: Path) -> None:
        self._reader = RunReader(run_dir)
        self._rows: list[dict[str, Any]] = []
        self._offset = 0
        self._looked_at = time.monotonic()
        self._amiss = ""

    def look(self) -> tuple[Finding, ...]:
        """The findings now."""
        fresh, self._offset = self._reader.tail(self._offset)
        self._rows += fresh
        if len(self._rows) > MOST_ROWS:
            half = len(self._rows) // 2
            self._rows = self._rows[:half:2] + self._rows[half:]
        try:
            return diagnose(self._rows, self._reader.measures(), self._reader.config())
        except (GanError, OSError):
            return ()

    def amiss(self) -> str:
        """The warnings by name, to stand behind a line of progress; looks every five seconds."""
        if time.monotonic() - self._looked_at >= EVERY_S:
            self._looked_at = time.monotonic()
            warnings = [NAMES[f.kind] for f in self.look() if f.severity == "warning"]
            self._amiss = f"  ({', '.join(warnings)})" if warnings else ""
        return self._amiss
