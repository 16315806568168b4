"""Diagnosis results for a terminal: one sentence per finding, with what to set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from gan.errors import GanError
from gan.metrics.diagnosis import Finding, FindingKind, Remedy, assess, diagnose
from gan.metrics.findings import HealthState
from gan.presets import DataShape, get_preset, run_config
from gan.quantities import things
from gan.runs import RunReader, command_line, fork_argv, setting_arguments, train_argv
from gan.training import changes

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
# what a mode is, of data with classes and without: one, several
MODES = {
    "class": ("class", "classes"),
    "cluster": ("group of look-alike real images", "groups of look-alike real images"),
}
MODES_OF_POINTS = {
    "class": ("mode", "modes"),
    "cluster": ("group of close real points", "groups of close real points"),
}
# by kind and sign; {things} are images, or points
EVIDENCE: dict[tuple[str, str], str] = {
    ("mode-collapse", "modes"): "the samples show {modes} of {classes} {kinds}",
    ("mode-collapse", "histogram"): "{largest:.0%} of the samples are of one {kind}",
    ("mode-collapse", "spread"): "the samples differ {spread:.0%} as much as real {things}",
    ("mode-collapse", "variety"): "within a {kind} samples differ {variety:.0%} as much as "
    "real ones",
    ("d-winning", "scores"): "it has {saturated:.0%} of what it can gain over G",
    (
        "d-winning",
        "gradient",
    ): "G's gradient fell from {grad_norm_g_before:.2g} to {grad_norm_g:.2g}",
    ("d-winning", "apart"): "it scores real {things} {score_real:.2g} and generated ones "
    "{score_fake:.2g}, and the samples are alike",
    ("d-losing", "scores"): "it scores real and fake alike, and FD {fd:.3g} is {times_floor:.2g} "
    "times the floor of {fd_floor:.3g}",
    ("d-losing", "reversed"): "it scores fakes {score_fake:.2g} and real {things} {score_real:.2g}",
    ("memorising", "held-out"): "it scores its own {things} {score_train:.2g}, others "
    "{score_held_out:.2g} and fakes {score_fake:.2g}",
    ("memorising", "bits"): "held-out images cost {bits_held_out:.2f} bits a value, its own "
    "{bits:.2f}",
    ("memorising", "velocity_error"): "on held-out data the velocity is off by "
    "{velocity_error_held_out:.3f}, on its own by {velocity_error:.3f}",
    ("memorising", "copies"): "{memorised:.0%} of the samples are copies of real {things}",
    ("divergence", "loss"): "{what} went from {before:.2g} to {value:.2g}",
    ("divergence", "gradient"): "{what} went from {before:.2g} to {value:.2g}",
    ("divergence", "fd"): "FD rose from {before:.2f} to {value:.2f}",
    ("divergence", "no-number"): "the loss is no longer a number",
    ("divergence", "quality"): "{high_quality_before:.0%} of the points were of high quality, now "
    "{high_quality:.0%} are",
    ("divergence", "outside"): "{outside:.0%} of the samples lie outside the plane that is drawn",
    (
        "stagnation",
        "",
    ): "FD {fd:.3g}, {times_floor:.2g} times the floor of {fd_floor:.3g}, no better "
    "for {images:,} {things}",
}

# by state and sign, of a run in which nothing was found
HEALTH: dict[tuple[HealthState, str], str] = {
    ("early", "rows"): "too early to tell how it goes: it needs more steps",
    ("early", "first"): "too early to tell how it goes: the samples are not measured yet",
    ("early", "second"): "too early to tell how it goes: the samples were measured only once",
    ("early", "short"): "too short to tell how it went: it took too few steps",
    ("early", "never"): "too short to tell how it went: past its first steps the samples were not "
    "measured twice",
    ("unjudged", "distance"): "nothing looks wrong in losses and variety; with so few {things} the "
    "distance cannot be measured",
    ("far", "nearing"): "still far from real {things} and getting nearer: FD {fd:.3g}, "
    "{times_floor:.2g} times the floor of {fd_floor:.3g}",
    (
        "far",
        "still",
    ): "far from real {things}: FD {fd:.3g}, {times_floor:.2g} times the floor of "
    "{fd_floor:.3g}, and the last measurement brought it no lower",
    ("alike", ""): "the samples differ only {spread:.0%} as much as real {things} do",
    ("alike", "scores"): "the samples differ only {spread:.0%} as much as real {things} do, and D "
    "tells them apart ({score_real:.2g} and {score_fake:.2g})",
    ("healthy", ""): "nothing looks wrong: FD {fd:.3g}, {times_floor:.2g} times the floor of "
    "{fd_floor:.3g}",
}


def sentence(finding: Finding, run_dir: Path | None = None, *, is_points: bool = False) -> str:
    """What is wrong, the evidence, and what to set or to type first against it."""
    sign = str(finding.evidence.get("sign", ""))
    modes = MODES_OF_POINTS if is_points else MODES
    kind, kinds = modes[str(finding.evidence.get("mode_kind", "class"))]
    shown = EVIDENCE[finding.kind, sign].format(
        kind=kind, kinds=kinds, things=things(is_points=is_points), **finding.evidence
    )
    text = f"{NAMES[finding.kind]}: {shown}"
    if finding.remedies:
        text += f"; {_advised(finding.remedies[0], run_dir)}"
    return text


def _advised(remedy: Remedy, run_dir: Path | None) -> str:
    if remedy.name == "fork-before" and run_dir is not None:
        argv = fork_argv(run_dir, nimg=remedy.fork_nimg, settings=remedy.settings)
        return f"go back with {command_line(argv)}"
    if remedy.name == "start-over" and run_dir is not None:
        return f"nothing is kept from before, start again with {_anew(remedy, run_dir)}"
    return f"try {setting_arguments(remedy.settings)}"


def _anew(remedy: Remedy, run_dir: Path) -> str:
    """The command for a new run with all settings of this one but the remedy's."""
    config = RunReader(run_dir).config()
    shape = DataShape(config.model.resolution, config.model.channels, config.class_names)
    usual = run_config(config.preset, shape, data=config.data)
    settings = changes(usual, config) | remedy.settings
    data = None if config.data == get_preset(config.preset).data else config.data
    return command_line(train_argv(config.preset, data=data, settings=settings, seed=config.seed))


def standing(run_dir: Path) -> str:
    """The health of the run in `run_dir` if nothing was found; "" if it cannot be read."""
    reader = RunReader(run_dir)
    try:
        config, rows = reader.config(), reader.rows()
        found = assess(rows, reader.measures(), config, reader.past(), is_over=True)
    except (GanError, OSError):
        return ""
    said = HEALTH[found.state, str(found.evidence.get("sign", ""))]
    return said.format(things=things(is_points=config.model.is_plane), **found.evidence)


def advice(run_dir: Path) -> list[str]:
    """A sentence for each finding of the run in `run_dir`; none if it cannot be read."""
    if not (found := Advisor(run_dir).look()):
        return []
    is_points = RunReader(run_dir).config().model.is_plane
    return [sentence(finding, run_dir, is_points=is_points) for finding in found]


class Advisor:
    """Follows a run folder and reports current findings."""

    def __init__(self, run_dir: Path) -> None:
        self._reader = RunReader(run_dir)
        self._rows: list[dict[str, Any]] = []
        self._offset = 0
        self._looked_at = time.monotonic()
        self._amiss = ""

    def look(self) -> tuple[Finding, ...]:
        """The current findings."""
        fresh, self._offset = self._reader.tail(self._offset)
        self._rows += fresh
        if len(self._rows) > MOST_ROWS:
            half = len(self._rows) // 2
            self._rows = self._rows[:half:2] + self._rows[half:]
        try:
            reader = self._reader
            return diagnose(self._rows, reader.measures(), reader.config(), reader.past())
        except (GanError, OSError):
            return ()

    def amiss(self) -> str:
        """The warnings by name, to append to a progress line; refreshed every five seconds."""
        if time.monotonic() - self._looked_at >= EVERY_S:
            self._looked_at = time.monotonic()
            warnings = [NAMES[f.kind] for f in self.look() if f.severity == "warning"]
            self._amiss = f"  ({', '.join(warnings)})" if warnings else ""
        return self._amiss
