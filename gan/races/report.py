"""A race's report: one HTML file with its pictures inside, and Markdown with them beside it.

Written in English; in another language it is drawn from race.json and the pictures that lie beside
it, by whoever has that language's words.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from gan.config import ModelConfig, TrainConfig
from gan.files import json_bytes, write_atomic
from gan.messages import Message
from gan.races.curves import draw_svg
from gan.races.table import NOTHING, Say, floors_of, rows_of, unit_of
from gan.races.verdict import is_of_points, outcome_of, same_text, verdict
from gan.runs.folder import REALS_FILE

PICTURES = "pictures"
RACE_FILE = "race.json"
REAL, CURVES = "real.webp", "curves.svg"
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&])")
TEXTS = {
    "title": Message("Race: {names}"),
    "early": Message("This race was ended before its time; what is here is what there was."),
    "data": Message("Data"),
    "each": Message("Each trains"),
    "seconds": Message("{seconds} process seconds"),
    "seed": Message("Seed"),
    "seeds": Message("Seeds"),
    "with": Message("Measured with"),
    "samples": Message("{count} samples"),
    "processor": Message("Processor"),
    "on": Message("On"),
    "numbers": Message("Numbers"),
    "outcome": Message("Outcome"),
    "best": Message("Bold is the best of the race."),
    "means": Message("Each number is the mean over the seeds, below it the least and the most."),
    "means_md": Message(
        "Each number is the mean over the seeds, in brackets the least and the most."
    ),
    "floors": Message(
        "The contestants' pictures differ in size or channels, so their distances are on different "
        "features and have floors of their own."
    ),
    "clock": Message(
        "Seconds are those of the processor on the training itself, without measuring and saving."
    ),
    "curves": Message("Fréchet distance over process seconds"),
    "nearer": Message(
        "Lower is nearer to real {unit}, on a logarithmic scale; each point is measured as in the "
        "table."
    ),
    "band": Message(
        "The line is the mean over the seeds, the band reaches from the least to the most."
    ),
    "moments": Message("Samples at equal seconds"),
    "after": Message("after {due} s"),
    "gone": Message("had ended"),
    "alt": Message("Samples of {name} after {due} seconds"),
    "real": Message("real {unit}"),
    "compared": Message("for comparison"),
    "journey": Message("{name} on the way"),
    "noise": Message("The same noise at every moment, drawn by the averaged generator."),
    "noise_first": Message(
        "The same noise at every moment, drawn by the averaged generator; the first seed."
    ),
    "differ": Message("Settings that differ"),
    "lacks": Message(
        "A dash: this family has no such setting, or it has no effect beside the others."
    ),
    "again": Message("Again"),
}


@dataclass(frozen=True)
class Wording:
    """A language: how it writes a message, and its BCP 47 tag."""

    say: Say = str
    tag: str = "en"

    def text(self, name: str, /, **values: Any) -> str:
        """One of TEXTS, filled in."""
        return self.say(Message(TEXTS[name].key, **values))


ENGLISH = Wording()


class Grid(NamedTuple):
    """Samples of one contestant at one moment; `file` is None where it had ended."""

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
    _copy_pictures(runs or out, out / PICTURES, found)
    for kind in ("html", "md"):
        write_atomic(out / f"report.{kind}", rendered(out, found, kind).encode())
    if curves := rendered_curves(found):
        write_atomic(out / PICTURES / CURVES, curves.encode())
    write_atomic(out / RACE_FILE, json_bytes(found))  # last: with it the report is whole


def _copy_pictures(runs: Path, pictures: Path, found: dict[str, Any]) -> None:
    """The samples of the first seed, and real ones, out of the trainings' folders."""
    pictures.mkdir(exist_ok=True)
    for contestant in found["contestants"]:
        for run in contestant["runs"][:1]:
            for grid in run["grids"]:
                file = runs / run["folder"] / "snapshots" / f"{grid['nimg']:010d}.webp"
                _copy(file, pictures / picture_name(run["folder"], grid["due"]))
    reals = (runs / r["folder"] / REALS_FILE for c in found["contestants"] for r in c["runs"])
    if (real := next((file for file in reals if file.is_file()), None)) is not None:
        _copy(real, pictures / REAL)


def _copy(file: Path, to: Path) -> None:
    if file.is_file():
        write_atomic(to, file.read_bytes())


def rendered(out: Path, found: dict[str, Any], kind: str, wording: Wording = ENGLISH) -> str:
    """The report as `html` or `md`; its pictures lie in `out`."""
    environment = Environment(
        loader=PackageLoader("gan.races", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": markdown, "data_uri": data_uri}
    told = context(out / PICTURES, found, wording)
    return environment.get_template(f"report.{kind}").render(told)


def rendered_curves(found: dict[str, Any], wording: Wording = ENGLISH) -> str:
    """The curves as an SVG file; empty where there are none."""
    unit = wording.say(unit_of(found))
    return draw_svg(found, width=880, height=380, unit=unit, alone=True, say=wording.say)


def context(pictures: Path, found: dict[str, Any], wording: Wording = ENGLISH) -> dict[str, Any]:
    """What the templates show."""
    contestants, say = found["contestants"], wording.say
    unit = say(unit_of(found))
    moments = _moments(pictures, found, wording)
    real = pictures / REAL
    return {
        "t": wording.text,
        "tag": wording.tag,
        "race": found,
        "heading": " | ".join(c["name"] for c in contestants),
        "unit": unit,
        "many": len(found["seeds"]) > 1,
        "verdict": say(verdict(found)),
        "same": [say(same_text(names)) for names in found.get("same", [])],
        "outcomes": [_outcome(c, say) for c in contestants],
        "rows": rows_of(found, say),
        "differences": _differences(found, say),
        "moments": moments,
        "journeys": list(zip(*(m["grids"] for m in moments[:0:-1]), strict=True)),
        "reals": real if real.is_file() else None,
        "is_points": is_of_points(found),
        # draw_svg has escaped the names
        "curves_wide": Markup(draw_svg(found, width=880, height=380, unit=unit, say=say)),
        "curves_narrow": Markup(
            draw_svg(found, width=360, height=300, unit=unit, labels=False, say=say)
        ),
        "floor_differs": len(floors_of(found)) > 1,
    }


def _outcome(contestant: dict[str, Any], say: Say) -> dict[str, Any]:
    word, reasons, is_well = outcome_of(contestant)
    return {
        "name": contestant["name"], "word": say(word), "reasons": [say(r) for r in reasons],
        "is_well": is_well,
    }  # fmt: skip


class Difference(NamedTuple):
    """A setting in which contestants differ."""

    called: str  # as the page calls it
    key: str  # as a command line does
    about: str  # what it is; empty where the name says it
    values: list[str]


def _differences(found: dict[str, Any], say: Say) -> list[Difference]:
    abouts = {
        field.name: field.metadata.get("help", "")
        for config in (ModelConfig, TrainConfig)
        for field in dataclasses.fields(config)
    }
    return [
        Difference(
            say(Message(f"{{{key}}}")).strip("“”"),
            key,
            say(Message(abouts[key])) if abouts.get(key) else "",
            [_setting(value, say) for value in values.values()],
        )
        for key, values in found["differences"].items()
    ]


def _setting(value: Any, say: Say) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return say(Message("yes")) if value else say(Message("no"))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return f"{value:g}" if isinstance(value, float) else str(value)


def _moments(pictures: Path, found: dict[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """The samples of the first seed, the last moment first."""
    first = [c["runs"][0] if c["runs"] else None for c in found["contestants"]]
    dues = sorted({g["due"] for run in first if run for g in run["grids"]}, reverse=True)
    moments = []
    for due in dues:
        grids = []
        for colour, (contestant, run) in enumerate(zip(found["contestants"], first, strict=True)):
            grid = next((g for g in run["grids"] if g["due"] == due), None) if run else None
            picture = picture_name(run["folder"], due) if run else ""
            told, file = wording.text("gone"), None
            if grid is not None:
                told = wording.say(_seen(f"{grid['nimg']:,}", is_of_points(found)))
                file = pictures / picture if (pictures / picture).is_file() else None
            grids.append(Grid(contestant["name"], colour, f"{due:.3g}", told, file, picture))
        moments.append({"due": f"{due:.3g}", "grids": grids})
    return moments


def _seen(count: str, is_points: bool) -> Message:
    if is_points:
        return Message("{count} points", count=count)
    return Message("{count} images", count=count)


def picture_name(folder: str, due: float) -> str:
    """The name, among the report's pictures, of a training's samples at a moment."""
    return f"{folder}-{due:g}s.webp"


def data_uri(file: Path) -> str:
    """A picture as a URL that holds it."""
    return f"data:image/webp;base64,{base64.b64encode(file.read_bytes()).decode()}"


def markdown(text: object) -> str:
    """`text` as Markdown that reads the same: nothing in it is markup."""
    return MARKDOWN.sub(r"\\\1", str(text)).replace("\n", " ")
