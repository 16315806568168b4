"""Races: several trainings on the same data, seeds and process seconds, measured and reported."""

from __future__ import annotations

from gan.races.engine import Race, Standing
from gan.races.measure import measure_race
from gan.races.plan import Contestant, RacePlan, check_out, plan_race
from gan.races.ready import READY, Ready
from gan.races.report import write_report

__all__ = [
    "READY", "Contestant", "Race", "RacePlan", "Ready", "Standing", "check_out", "measure_race",
    "plan_race", "write_report",
]  # fmt: skip
