"""What is known of a race while it trains, in the shape that `measure_race` gives it at the end.

The distances are those that each training measures of itself: fewer samples than at the end.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from gan.errors import GanError
from gan.races.engine import Race, Standing
from gan.races.measure import parameters_of, steps_in, summary_of, told_of
from gan.runs import RunReader, is_run

METRICS = ("fd", "high_quality", "js")


def race_so_far(race: Race) -> dict[str, Any]:
    """As `measure_race`, as far as it goes: state "running", and each run's newest grid (nimg) as
    `newest_grid`, None where there is none yet."""
    plan = race.plan
    return {
        "data": plan.data,
        "seconds": plan.seconds,
        "seeds": list(plan.seeds),
        "state": "running",
        "same": plan.same_setups(),
        "contestants": [
            _contestant(race, number) for number, _ in enumerate(race.plan.contestants)
        ],
    }


def _contestant(race: Race, number: int) -> dict[str, Any]:
    contestant, config = race.plan.contestants[number], race.plan.configs[number]
    runs = [_run(s) for s in race.standings if s.contestant is contestant]
    summary = summary_of(runs)
    return {
        "name": contestant.name,
        "preset": config.preset,
        "family": config.model.family,
        "steps": steps_in(summary, config),
        "parameters": _parameters(config.model),
        "runs": runs,
        "summary": summary,
    }


_parameters = cache(parameters_of)  # asked for again and again


def _run(standing: Standing) -> dict[str, Any]:
    row = told_of(standing) | {"newest_grid": None}
    if not is_run(standing.run_dir):
        return row
    reader = RunReader(standing.run_dir)
    with suppress(GanError, OSError):
        row["newest_grid"] = next(iter(reader.snapshots()[::-1]), None)
        measures = [m for m in reader.measures() if m.get("fd") is not None]
        row["curve"] = [{key: m[key] for key in ("nimg", "seconds", "fd")} for m in measures]
        if measures and standing.state != "failed":
            last = measures[-1]
            row["metrics"] = {
                name: {"value": last[name], "floor": last.get(f"{name}_floor") or 0.0}
                for name in METRICS
                if last.get(name) is not None
            } | {"modes": {"value": last["modes"], "floor": last["classes"]}}
            row["modes"] = {"caught": last["modes"], "of": last["classes"]}
    return row
