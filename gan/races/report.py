"""A race's report: one HTML file with its pictures inside, and Markdown with them beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from gan.files import json_bytes, write_atomic
from gan.kinds import PLANE
from gan.quantities import QUANTITIES
from gan.races.curves import draw_svg
from gan.runs.folder import REALS_FILE

PICTURES = "pictures"
RACE_FILE = "race.json"
NOTHING = "–"
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&])")
IMAGE_METRICS = ("fd", "fd_floor", "modes", "mode_kl", "precision", "recall", "coverage")
MEASURED = ("finished", "stopped")  # states of a training that may be the best
POINT_METRICS = ("fd", "fd_floor", "modes", "high_quality", "js", "precision", "recall", "coverage")


class Cell(NamedTuple):
    """A number of one contestant."""

    text: str
    band: str = ""  # the least and the most over the seeds
    is_best: bool = False


class Row(NamedTuple):
    """A number of all contestants."""

    title: str
    help: str
    cells: list[Cell]
    real: str = ""  # the same of real images, where that is one number


class Grid(NamedTuple):
    """Samples of one contestant at one moment; None where it had ended."""

    name: str
    colour: int
    due: str
    told: str
    file: Path | None
    picture: str  # its name in the folder of pictures


def write_report(out: Path, found: dict[str, Any], *, runs: Path | None = None) -> None:
    """race.json, report.html, report.md and its pictures, into the race's folder.

    runs: the folder that its trainings' folders are in; None for the race's own.
    """
    out.mkdir(parents=True, exist_ok=True)
    told = context(runs or out, found)
    environment = Environment(
        loader=PackageLoader("gan.races", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": markdown, "data_uri": data_uri}
    for name in ("report.html", "report.md"):
        write_atomic(out / name, environment.get_template(name).render(told).encode())
    _write_pictures(out, told)
    write_atomic(out / RACE_FILE, json_bytes(found))  # last: with it the report is whole


def _write_pictures(out: Path, told: dict[str, Any]) -> None:
    folder = out / PICTURES
    folder.mkdir(exist_ok=True)
    for moment in told["moments"]:
        for grid in moment["grids"]:
            if grid.file is not None:
                write_atomic(folder / grid.picture, grid.file.read_bytes())
    if told["reals"] is not None:
        write_atomic(folder / "real.webp", told["reals"].read_bytes())
    if told["curves_alone"]:
        write_atomic(folder / "curves.svg", told["curves_alone"].encode())


def context(runs: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What the templates show; `runs` has the trainings' folders."""
    contestants = found["contestants"]
    is_points = any(c["family"] in PLANE for c in contestants)
    unit = "points" if is_points else "images"
    moments = _moments(runs, found, unit)
    reals = [runs / run["folder"] / REALS_FILE for c in contestants for run in c["runs"]]
    return {
        "race": found,
        "heading": " · ".join(c["name"] for c in contestants),
        "unit": unit,
        "many": len(found["seeds"]) > 1,
        "verdict": verdict(found),
        "same": [same_text(names) for names in found.get("same", [])],
        "outcomes": [_outcome(c) for c in contestants],
        "rows": _rows(found, is_points, unit),
        "differences": _differences(found),
        "moments": moments,
        "journeys": list(zip(*(m["grids"] for m in moments[:0:-1]), strict=True)),
        "reals": next((file for file in reals if file.is_file()), None),
        "is_points": is_points,
        # draw_svg has escaped the names
        "curves_wide": Markup(
            draw_svg(found, width=880, height=380, unit=unit)
        ),  # names escaped there
        "curves_narrow": Markup(draw_svg(found, width=360, height=300, unit=unit, labels=False)),
        "curves_alone": draw_svg(found, width=880, height=380, unit=unit, alone=True),
        "floor_differs": len(_floors(found)) > 1,
    }


def same_text(names: Sequence[str]) -> str:
    """What is to be known of contestants with the same set-up."""
    return f"{' and '.join(names)} are the same set-up: what they differ by is chance."


def verdict(found: dict[str, Any]) -> str:
    """Who came nearest to real images, and how sure that is."""
    ranked = sorted(
        (c for c in found["contestants"] if "fd" in c["summary"]),
        key=lambda c: c["summary"]["fd"]["mean"],
    )
    if not ranked:
        return "No contestant could be measured."
    best = ranked[0]
    fd = best["summary"]["fd"]
    told = _number(fd["mean"])
    first = [c["name"] for c in ranked if _number(c["summary"]["fd"]["mean"]) == told]
    how = "nearest" if len(first) == 1 else "equally near"
    text = f"{' and '.join(first)} came {how} to the real data: FD {told}"
    if len(ranked) == 1:
        return f"{text}; no other could be measured."
    if rest := ranked[len(first) :]:
        text += ", then " + ", ".join(
            f"{c['name']} {_number(c['summary']['fd']['mean'])}" for c in rest
        )
    second = ranked[1]["summary"]["fd"]
    seeds = min(fd["of"], second["of"])  # who diverged on one was not measured there
    if seeds == 1:
        return f"{text}. One seed: another may order them otherwise."
    if len(first) > 1:
        return f"{text}. These are means over the seeds."
    overlap = fd["high"] >= second["low"]
    return text + (
        ". The first two overlap over the seeds." if overlap
        else f". On each of {seeds} seeds it was ahead of the second."
    )  # fmt: skip


def _outcome(contestant: dict[str, Any]) -> dict[str, Any]:
    """How its trainings ended: a word, and a sentence for each that went wrong."""
    runs = contestant["runs"]
    ended = sum(run["state"] == "finished" for run in runs)
    reasons = []
    for run in runs:
        which = f"seed {run['seed']}: " if len(runs) > 1 else ""
        if run["state"] == "waiting":
            reasons.append(f"{which}not begun")
        elif run["state"] != "finished":
            verb = "out" if run["state"] == "failed" else "ended early"
            why = f": {run['reason']}" if run["reason"] else ""
            reasons.append(f"{which}{verb} after {run['process_seconds']:.1f} s{why}")
        if "unmeasured" in run:
            reasons.append(f"{which}{run['unmeasured']}")
    word = "finished" if ended == len(runs) else f"{ended} of {len(runs)} finished"
    if len(runs) == 1 and not ended:
        word = {"failed": "out", "waiting": "not begun"}.get(runs[0]["state"], "ended early")
    return {
        "name": contestant["name"], "word": word, "reasons": reasons,
        "is_well": ended == len(runs),
    }  # fmt: skip


def _rows(found: dict[str, Any], is_points: bool, unit: str) -> list[Row]:
    names = POINT_METRICS if is_points else IMAGE_METRICS
    told = {"fd_floor"} if len(_floors(found)) < 2 else set()  # by the column of real ones
    rows = [_metric_row(found, n) for n in names if _has(found, n) and n not in told]
    seconds: Callable[[float], str] = lambda value: f"{value:.3g}"  # noqa: E731
    plain = [
        ("training_s_per_1000", f"Training, s per 1,000 {unit}",
         "Process seconds until 1,000 real ones were shown.", seconds, "lower"),
        ("sampling_s_per_1000", f"Sampling, s per 1,000 {unit}",
         "Process seconds that 1,000 samples take, on one thread.", seconds, "lower"),
        ("nimg", f"{unit.capitalize()} seen", "Real ones shown, each as often as it was.",
         lambda value: f"{value:,.0f}", ""),
        ("process_seconds", "Process seconds", "What the processor spent on the training.",
         lambda value: f"{value:.1f}", ""),
    ]  # fmt: skip
    rows += [_row(found, *one) for one in plain]
    rows += _parameter_rows(found)
    rows.append(
        _row(found, "peak_memory_mb", "Peak memory, MB",
             "The most that the process held at once, PyTorch itself included.",
             lambda value: f"{value:,.0f}", "lower", missing="unknown")
    )  # fmt: skip
    return rows


def _has(found: dict[str, Any], name: str) -> bool:
    return any(name in c["summary"] for c in found["contestants"])


def _metric_row(found: dict[str, Any], name: str) -> Row:
    if name == "fd_floor":
        help = "The distance of real images from other real images: what a perfect model reads."
        return _row(found, name, "FD of real images (floor)", help, _number, "")
    quantity = QUANTITIES[name]
    show: Callable[[float], str] = _number if name == "fd" else quantity.text
    if name == "modes":
        of = next(
            (r["modes"]["of"] for c in found["contestants"] for r in c["runs"] if r["modes"]), 0
        )
        show = lambda value: f"{round(value, 1):g} of {of}"  # noqa: E731
    floors = {show(v) for v in _floors(found, name)}
    row = _row(found, name, quantity.name, quantity.help, show, quantity.better)
    return row._replace(real=floors.pop() if len(floors) == 1 else "")


def _floors(found: dict[str, Any], name: str = "fd") -> set[float]:
    key = f"{name}_floor"
    return {
        round(c["summary"][key]["mean"], 6) for c in found["contestants"] if key in c["summary"]
    }


def _row(
    found: dict[str, Any],
    name: str,
    title: str,
    help: str,
    show: Callable[[float], str],
    better: str,
    missing: str = NOTHING,
) -> Row:
    known = [c["summary"].get(name) for c in found["contestants"]]
    values = [
        one["mean"]
        for one, c in zip(known, found["contestants"], strict=True)
        if one is not None and any(run["state"] in MEASURED for run in c["runs"])
    ]
    best = (min if better == "lower" else max)(values) if better and len(values) > 1 else None
    shown = {show(value) for value in values}  # what reads the same is equally good
    cells = []
    for one in known:
        if one is None:
            cells.append(Cell(missing))
            continue
        band = _band(show(one["low"]), show(one["high"])) if one["of"] > 1 else ""
        is_best = best is not None and show(one["mean"]) == show(best) and len(shown) > 1
        cells.append(Cell(show(one["mean"]), band, is_best))
    return Row(title, help, cells)


def _band(low: str, high: str) -> str:
    """`0.1–0.4 %`: what both end in is said once; empty where they read the same."""
    if low == high:
        return ""
    number, space, unit = high.partition(" ")
    return f"{low.removesuffix(space + unit)}–{number}{space}{unit}"


def _parameter_rows(found: dict[str, Any]) -> list[Row]:
    parameters = [c["parameters"] for c in found["contestants"]]
    g = [Cell(NOTHING if p["g"] is None else f"{p['g']:,}") for p in parameters]
    second = [
        Cell(NOTHING if p["second"] is None else f"{p['second']:,}", _beside(p["second_name"]))
        for p in parameters
    ]
    return [
        Row("Parameters of G", "Numbers that the generator learns.", g),
        Row("Parameters of D", "Of what it is trained against; a VAE has an encoder.", second),
    ]


def _beside(name: str | None) -> str:
    return name if name not in (None, "D") else ""


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _differences(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        (key, [_setting(value) for value in values.values()])
        for key, values in found["differences"].items()
    ]


def _setting(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value)


def _moments(runs: Path, found: dict[str, Any], unit: str) -> list[dict[str, Any]]:
    """The samples of the first seed, the last moment first."""
    first = [c["runs"][0] if c["runs"] else None for c in found["contestants"]]
    dues = sorted({g["due"] for run in first if run for g in run["grids"]}, reverse=True)
    moments = []
    for due in dues:
        grids = []
        for colour, (contestant, run) in enumerate(zip(found["contestants"], first, strict=True)):
            grid = next((g for g in run["grids"] if g["due"] == due), None) if run else None
            told, file = "had ended", None
            if grid is not None and run is not None:
                told = f"{grid['nimg']:,} {unit}"
                file = runs / run["folder"] / "snapshots" / f"{grid['nimg']:010d}.webp"
                with suppress(OSError):
                    file = file if file.is_file() else None
            picture = picture_name(run["folder"], due) if run else ""
            grids.append(Grid(contestant["name"], colour, f"{due:.3g}", told, file, picture))
        moments.append({"due": f"{due:.3g}", "grids": grids})
    return moments


def picture_name(folder: str, due: float) -> str:
    """The name, among the report's pictures, of a training's samples at a moment."""
    return f"{folder}-{due:g}s.webp"


def data_uri(file: Path) -> str:
    """A picture as a URL that holds it."""
    return f"data:image/webp;base64,{base64.b64encode(file.read_bytes()).decode()}"


def markdown(text: object) -> str:
    """`text` as Markdown that reads the same: nothing in it is markup."""
    return MARKDOWN.sub(r"\\\1", str(text)).replace("\n", " ")
