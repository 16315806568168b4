"""Races: several trainings on the same data, seeds and process seconds, measured and reported."""

from __future__ import annotations

from gan.races.begun import as_left, drop_plan, keep_plan, left_race
from gan.races.changes import change_in, changes_of, settings_of
from gan.races.engine import Race, Standing
from gan.races.live import race_so_far
from gan.races.measure import measure_race
from gan.races.plan import Contestant, RacePlan, check_out, plan_race
from gan.races.ready import READY, Ready
from gan.races.report import write_report
from gan.races.verdict import same_text

__all__ = [
    "READY", "Contestant", "Race", "RacePlan", "Ready", "Standing", "as_left", "change_in",
    "changes_of", "check_out", "drop_plan", "keep_plan", "left_race", "measure_race", "plan_race",
    "race_so_far", "same_text", "settings_of",
    "write_report",
]  # fmt: skip
