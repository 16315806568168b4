"""A race as the page shows it, under way or over: one shape for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from gan.kinds import PLANE
from gan.races.curves import curves_of
from gan.races.report import picture_name
from gan.ui.compare.races import UnderWay
from gan.ui.server.views import PageError, finite

T = TypeVar("T")
SHOWN = (
    "fd", "modes", "high_quality", "coverage", "training_s_per_1000", "sampling_s_per_1000",
    "peak_memory_mb", "nimg",
)  # fmt: skip


def race_json(
    race_id: str, found: dict[str, Any], *, stage: str = "over", now: UnderWay | None = None
) -> dict[str, Any]:
    """The race `found` (as of measure_race or race_so_far).

    stage: training, measuring or over. A contestant's picture is a path below /_gan/.
    """
    return {
        "id": race_id,
        "stage": stage,
        "state": found["state"],
        "data": found["data"],
        "seconds": found["seconds"],
        "seeds": found["seeds"],
        "count": found.get("count"),
        "made": found.get("made"),
        "setup": now.form if now else found.get("setup"),
        "measuring": now.measuring if now else {},
        "problem": now.problem if now else None,
        "fraction": _fraction(found),
        "same": found.get("same", []),
        "contestants": [_contestant(race_id, c) for c in found["contestants"]],
        "curves": [
            {
                "of": curve.colour,
                "x": curve.x,
                "mean": finite_all(curve.mean),
                "low": finite_all(curve.low),
                "high": finite_all(curve.high),
            }
            for curve in curves_of(found)
        ],
    }


def without_deleted(race: dict[str, Any], there: set[str]) -> dict[str, Any]:
    """A race that is over with those of its trainings that are `there` still; a contestant that has
    lost all of them is marked."""
    for contestant in race["contestants"]:
        runs = contestant["runs"]
        contestant["runs"] = [run for run in runs if run in there]
        contestant["deleted"] = bool(runs) and not contestant["runs"]
    return race


DAMAGED = (KeyError, TypeError, AttributeError, ValueError, IndexError)  # not what was written


def viewed(view: Callable[[str, dict[str, Any]], T], race_id: str, found: dict[str, Any]) -> T:
    """`view` of a race that was read from a file; raises PageError where this is no such file."""
    try:
        return view(race_id, found)
    except DAMAGED:
        raise PageError("gan_race_error_damaged", name=race_id) from None


def finite_all(values: list[float]) -> list[float | None]:
    """Numbers that JSON has; None for others."""
    return [finite(value) for value in values]


def _fraction(found: dict[str, Any]) -> float:
    """How much of the process seconds are over; a training that has ended counts as whole."""
    runs = [run for c in found["contestants"] for run in c["runs"]]
    whole = found["seconds"] * max(len(runs), 1)
    over = ("finished", "failed", "stopped", "interrupted")
    done: float = sum(
        found["seconds"] if run["state"] in over else run["process_seconds"] for run in runs
    )
    share: float = min(1.0, done / whole)
    return share


def _contestant(race_id: str, contestant: dict[str, Any]) -> dict[str, Any]:
    runs = contestant["runs"]
    begun = [run for run in runs if run["state"] != "waiting"]
    latest = begun[-1] if begun else runs[0] if runs else None
    return {
        "name": contestant["name"],
        "preset": contestant["preset"],
        "plane": contestant["family"] in PLANE,
        "steps": _steps(contestant),
        "parameters": contestant["parameters"],
        "state": latest["state"] if latest else "waiting",
        "seed": latest["seed"] if latest else None,
        "seconds": latest["process_seconds"] if latest else 0.0,
        "runs": [r["folder"] for r in begun if r.get("kept", True) or r["state"] == "starting"],
        "troubles": [
            {"seed": run["seed"], "reason": run["reason_data"], "seconds": run["process_seconds"]}
            for run in runs
            if run["state"] in ("failed", "interrupted")
        ],
        "waits": latest.get("waits") if latest else None,
        "numbers": {
            name: {key: finite(value) for key, value in contestant["summary"][name].items()}
            for name in SHOWN
            if name in contestant["summary"]
        },
        "modes_of": next((run["modes"]["of"] for run in runs if run["modes"]), None),
        "outside": _shown(begun).get("outside"),
        "picture": _picture(race_id, begun),
    }


def _steps(contestant: dict[str, Any]) -> float | None:
    """Of a report of 0.4, which has none, by its batch size."""
    if "steps" in contestant:
        return finite(contestant["steps"])
    seen, batch = contestant["summary"].get("nimg"), contestant.get("batch_size")
    return finite(seen["mean"] / batch) if seen and batch else None


def _shown(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The training whose samples are shown: the one that goes on; of a race that is over, that of
    the first seed, which the report keeps."""
    if not runs:
        return {}
    return runs[-1] if "newest_grid" in runs[-1] else runs[0]


def _picture(race_id: str, runs: list[dict[str, Any]]) -> str | None:
    """The newest grid of the training that is shown."""
    run = _shown(runs)
    if "newest_grid" in run:
        nimg = run["newest_grid"]
        known = {"id": run["folder"], "nimg": nimg}
        return None if nimg is None else f"snapshot?{urlencode(known)}"
    if not run or not run["grids"]:
        return None
    name = picture_name(run["folder"], run["grids"][-1]["due"])
    return f"race/picture?{urlencode({'id': race_id, 'name': name})}"


def listed_json(race_id: str, found: dict[str, Any]) -> dict[str, Any]:
    """A row of the list of earlier races."""
    ranked = sorted(
        (c for c in found["contestants"] if "fd" in c["summary"]),
        key=lambda c: c["summary"]["fd"]["mean"],
    )
    return {
        "id": race_id,
        "made": found["made"],
        "names": [c["name"] for c in found["contestants"]],
        "data": found["data"],
        "seconds": found["seconds"],
        "seeds": len(found["seeds"]),
        "state": found["state"],
        "best": {"name": ranked[0]["name"], "fd": finite(ranked[0]["summary"]["fd"]["mean"])}
        if ranked
        else None,
    }
