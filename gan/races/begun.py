"""A race that broke off: what was raced, and what its runs have kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gan.config import RunConfig
from gan.errors import ConfigError, GanError
from gan.files import json_bytes, parse_json, write_atomic
from gan.races.engine import Race
from gan.races.plan import RacePlan, plan_race
from gan.runs import RunReader, check_free, is_run

PLAN_FILE = "plan.json"  # in a race's folder until it has its report
# what reading a damaged plan may raise
DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


def keep_plan(folder: Path, plan: RacePlan, *, count: int) -> None:
    """What is raced, for `left_race`; count: samples that measure each contestant."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / PLAN_FILE, json_bytes(plan.typed() | {"count": count}))


def drop_plan(folder: Path) -> None:
    """It has its report."""
    (folder / PLAN_FILE).unlink(missing_ok=True)


def left_race(folder: Path) -> tuple[Race, int]:
    """The race that broke off in `folder`, as far as it had come, and its count of samples.

    Raises ConfigError where there is none, its plan is damaged or nothing has trained, RunError
    where it still goes on.
    """
    plan, count = _read_plan(folder)
    check_free(folder)
    race = as_left(Race(plan, folder))
    if all(standing.state == "waiting" for standing in race.standings):
        raise ConfigError(
            "the race in {path} ended before any contestant began, so there is nothing to report; "
            "delete the folder and race again",
            path=repr(str(folder)),
        )
    return race, count


def _read_plan(folder: Path) -> tuple[RacePlan, int]:
    try:
        typed = parse_json((folder / PLAN_FILE).read_bytes())
        count = int(typed.pop("count"))
        if any(type(seed) is not int for seed in typed["seeds"]):
            raise ValueError
        return plan_race(typed.pop("named"), **typed), count
    except ConfigError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigError(
            "{path} holds no race that broke off; give --report the --out of one that was killed",
            path=repr(str(folder)),
        ) from error
    except DAMAGED as error:
        raise ConfigError(
            "the race in {path} cannot be reported: its {name} is damaged; its runs are kept, "
            "gan evaluate measures each, or race again with another --out",
            path=repr(str(folder)),
            name=PLAN_FILE,
        ) from error


def _trained_with(race: Race) -> tuple[RunConfig, ...]:
    """Each contestant's config as its first run has it: its preset may have changed since."""
    configs = list(race.plan.configs)
    for standing in race.standings[::-1]:
        if is_run(standing.run_dir):
            with suppress(GanError):
                number = race.plan.contestants.index(standing.contestant)
                configs[number] = RunReader(standing.run_dir).config()
    return tuple(configs)


def as_left(race: Race) -> Race:
    """`race`, ended, with what its runs have kept and by the settings that they have."""
    for standing in race.standings:
        if is_run(standing.run_dir):
            standing.read()
    race.plan = replace(race.plan, configs=_trained_with(race))
    race.is_stopped = any(s.state not in ("finished", "failed") for s in race.standings)
    return race
