"""The table of a race's report: a row for each number, a cell for each contestant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gan.messages import Message
from gan.quantities import QUANTITIES, help_of
from gan.races.verdict import fd_text, is_of_points

NOTHING = "–"
IMAGE_METRICS = ("fd", "fd_floor", "modes", "mode_kl", "precision", "recall", "coverage")
POINT_METRICS = ("fd", "fd_floor", "modes", "high_quality", "js", "precision", "recall", "coverage")
MEASURED = ("finished", "stopped", "interrupted")  # states of a training that may be the best
Say = Callable[[Message], str]


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


def unit_of(found: dict[str, Any]) -> Message:
    """What is learned from: images or points."""
    return Message("points") if is_of_points(found) else Message("images")


def rows_of(found: dict[str, Any], say: Say = str) -> list[Row]:
    """Every row that the race has numbers for; `say` writes a message."""
    table = _Table(found, say)
    names = POINT_METRICS if is_of_points(found) else IMAGE_METRICS
    told = {"fd_floor"} if len(floors_of(found)) < 2 else set()  # by the column of real ones
    has = {name for c in found["contestants"] for name in c["summary"]}
    rows = [table.metric(name) for name in names if name in has and name not in told]
    rows += table.outside()
    return [*rows, *table.costs(), *table.parameters(), table.memory()]


def floors_of(found: dict[str, Any], name: str = "fd") -> set[float]:
    """The values that real data have, one where the contestants share it."""
    key = f"{name}_floor"
    return {
        round(c["summary"][key]["mean"], 6) for c in found["contestants"] if key in c["summary"]
    }


class _Table:
    def __init__(self, found: dict[str, Any], say: Say) -> None:
        self.found, self.say = found, say

    def metric(self, name: str) -> Row:
        """A measured number, with that of real data beside it."""
        if name == "fd_floor":
            unit = unit_of(self.found)
            title = Message("FD of real {unit} (floor)", unit=unit)
            help = Message(
                "The distance of real {unit} from other real {unit}: what a perfect model reads.",
                unit=unit,
            )
            return self._row(name, title, help, fd_text, "")
        quantity = QUANTITIES[name]
        show: Callable[[float], str] = fd_text if name == "fd" else quantity.text
        if name == "modes":
            show = self._caught
        floors = {show(value) for value in floors_of(self.found, name)}
        title = Message(quantity.name)
        help = help_of(name, is_points=is_of_points(self.found))
        row = self._row(name, title, help, show, quantity.better)
        return row._replace(real=floors.pop() if len(floors) == 1 else "")

    def _caught(self, value: float) -> str:
        of = next(
            (r["modes"]["of"] for c in self.found["contestants"] for r in c["runs"] if r["modes"]),
            0,
        )
        return self.say(Message("{caught} of {of}", caught=f"{round(value, 1):g}", of=of))

    def outside(self) -> list[Row]:
        """Points that no picture shows, where there are such: a blank picture needs a reason."""
        known = [c["summary"].get("outside") for c in self.found["contestants"]]
        if not any(one and one["high"] > 0 for one in known):
            return []
        title = Message("Outside the picture")
        help = Message("Share of the points beyond -1 to 1, which no picture here shows.")
        return [self._row("outside", title, help, lambda v: f"{100 * v:.1f} %", "lower")]

    def costs(self) -> list[Row]:
        """Seconds, and how much was seen."""
        unit, is_points = unit_of(self.found), is_of_points(self.found)
        short: Callable[[float], str] = lambda value: f"{value:.3g}"  # noqa: E731
        return [
            self._row(
                "training_s_per_1000",
                Message("Training, s per 1,000 {unit}", unit=unit),
                Message("Process seconds until 1,000 real ones were shown."),
                short,
                "lower",
            ),
            self._row(
                "sampling_s_per_1000",
                Message("Sampling, s per 1,000 {unit}", unit=unit),
                Message("Process seconds that 1,000 samples take, on one thread."),
                short,
                "lower",
            ),
            self._row(
                "nimg",
                Message("Points seen") if is_points else Message("Images seen"),
                Message("Real ones shown, each as often as it was."),
                lambda value: f"{value:,.0f}",
            ),
            self._row(
                "process_seconds",
                Message("Process seconds"),
                Message("What the processor spent on the training."),
                lambda value: f"{value:.1f}",
            ),
        ]

    def parameters(self) -> list[Row]:
        """How large the networks are."""
        known = [c["parameters"] for c in self.found["contestants"]]
        g = [Cell(NOTHING if p["g"] is None else f"{p['g']:,}") for p in known]
        second = [
            Cell(
                NOTHING if p["second"] is None else f"{p['second']:,}",
                self.say(Message("encoder")) if p["second_name"] == "encoder" else "",
            )
            for p in known
        ]
        return [
            self._told(
                Message("Parameters of G"), Message("Numbers that the generator learns."), g
            ),
            self._told(
                Message("Parameters of D"),
                Message("Of what it is trained against; a VAE has an encoder."),
                second,
            ),
        ]

    def memory(self) -> Row:
        """What a training held at once."""
        return self._row(
            "peak_memory_mb",
            Message("Peak memory, MB"),
            Message("The most that the process held at once, PyTorch itself included."),
            lambda value: f"{value:,.0f}",
            "lower",
            missing=self.say(Message("unknown")),
        )

    def _row(
        self,
        name: str,
        title: Message,
        help: Message,
        show: Callable[[float], str],
        better: str = "",
        missing: str = NOTHING,
    ) -> Row:
        contestants = self.found["contestants"]
        known = [c["summary"].get(name) for c in contestants]
        values = [
            one["mean"]
            for one, c in zip(known, contestants, strict=True)
            if one is not None and any(run["state"] in MEASURED for run in c["runs"])
        ]
        best = (min if better == "lower" else max)(values) if better and len(values) > 1 else None
        shown = {show(value) for value in values}  # what reads the same is equally good
        cells = []
        for one in known:
            if one is None:
                cells.append(Cell(missing))
                continue
            band = band_text(show(one["low"]), show(one["high"])) if one["of"] > 1 else ""
            is_best = best is not None and show(one["mean"]) == show(best) and len(shown) > 1
            cells.append(Cell(show(one["mean"]), band, is_best))
        return self._told(title, help, cells)

    def _told(self, title: Message, help: Message, cells: list[Cell]) -> Row:
        return Row(self.say(title), self.say(help), cells)


def band_text(low: str, high: str) -> str:
    """`0.1–0.4 %`: what both end in is said once; empty where they read the same."""
    if low == high:
        return ""
    number, space, unit = high.partition(" ")
    return f"{low.removesuffix(space + unit)}–{number}{space}{unit}"
