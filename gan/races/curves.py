"""FD against process seconds as SVG, in the colours of the page that it stands in."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from markupsafe import escape

from gan.messages import Message

LEAST_FD = 1e-4
LABEL_PX = 132  # at the right, for names
CHARACTERS = 17  # of a name that fits there
ALONE = """<style>
svg{--c0:#0b6a5c;--c1:#964b00;--c2:#3d5a9e;--c3:#8a3b78;--c4:#6b6a1c;--ink:#1f1d1a;--quiet:#66625a;
--line:#dedad0;background:#fffefb;font:13px system-ui,sans-serif}
@media(prefers-color-scheme:dark){svg{--c0:#66cbb7;--c1:#e6a356;--c2:#93b0f0;--c3:#dc96c9;
--c4:#c9c765;--ink:#ece9e1;--quiet:#a8a398;--line:#35322d;background:#1e1d1a}}
</style>"""


class Curve(NamedTuple):
    """The mean over the seeds, and the least and the most; one x for all."""

    name: str
    colour: int
    x: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]
    is_out: bool  # it ended before its time


def curves_of(found: dict[str, Any]) -> list[Curve]:
    """A curve for each contestant that has one."""
    curves = []
    for colour, contestant in enumerate(found["contestants"]):
        lines = [run["curve"] for run in contestant["runs"] if run["curve"]]
        if not lines:
            continue
        x = _shared([[p["seconds"] for p in line] for line in lines])
        rows = np.array(
            [np.interp(x, [p["seconds"] for p in line], [p["fd"] for p in line]) for line in lines]
        )
        is_out = any(run["state"] == "failed" for run in contestant["runs"])
        curves.append(
            Curve(
                contestant["name"], colour, x, rows.mean(0).tolist(), rows.min(0).tolist(),
                rows.max(0).tolist(), is_out,
            )
        )  # fmt: skip
    return curves


def _shared(columns: Sequence[Sequence[float]]) -> list[float]:
    """The first one's seconds, as far as all have some."""
    if len(columns) == 1:
        return list(columns[0])
    first, last = max(c[0] for c in columns), min(c[-1] for c in columns)
    inner = [s for s in columns[0] if first < s < last]
    return [first, *inner, last] if last > first else [first]


@dataclass(frozen=True)
class _Frame:
    """From seconds and FD to pixels."""

    width: int
    height: int
    right: int
    seconds: float
    low: float
    high: float
    left: int = 52
    top: int = 14
    bottom: int = 44

    def x(self, seconds: float) -> float:
        share = seconds / self.seconds
        return round(self.left + share * (self.width - self.left - self.right), 1)

    def y(self, fd: float) -> float:
        share = math.log(max(fd, LEAST_FD) / self.low) / math.log(self.high / self.low)
        return round(self.height - self.bottom - share * (self.height - self.top - self.bottom), 1)


def draw_svg(
    found: dict[str, Any],
    *,
    width: int,
    height: int,
    unit: str = "images",
    labels: bool = True,
    alone: bool = False,
    say: Callable[[Message], str] = str,
) -> str:
    """The curves of a race; an empty text where there are none.

    labels: names at the ends of the lines. alone: with colours of its own, for a file. say:
    writes a message in the reader's language.
    """
    curves = curves_of(found)
    if not curves:
        return ""
    floor = _floor(found)
    values = [v for c in curves for v in (*c.low, *c.high)] + ([floor] if floor else [])
    low, high = max(min(values), LEAST_FD) / 1.25, max(max(values), LEAST_FD) * 1.25
    seconds = max(found["seconds"], *(c.x[-1] for c in curves))
    frame = _Frame(width, height, LABEL_PX if labels else 14, seconds, low, high)
    told = say(_told(curves))
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    parts = [
        f'<svg{space} viewBox="0 0 {width} {height}" role="img" class="curves">',
        f"<title>{escape(told)}</title>",
        ALONE if alone else "",
        *_axes(frame, say(Message("process seconds"))),
        *_floor_line(frame, floor, say(Message("real {unit}", unit=unit))),
        *(part for curve in curves for part in _line(frame, curve)),
        *(_labels(frame, curves) if labels else []),
        "</svg>",
    ]
    return "".join(parts)


def _told(curves: Sequence[Curve]) -> Message:
    ends = [
        Message("{name}: {fd} after {seconds} s", name=c.name, fd=f"{c.mean[-1]:.3g}",
                seconds=f"{c.x[-1]:.3g}")
        for c in curves
    ]  # fmt: skip
    return Message("Fréchet distance over process seconds. {ends}", ends=ends)


def _floor(found: dict[str, Any]) -> float | None:
    floors = [c["summary"]["fd_floor"]["mean"] for c in found["contestants"]
              if "fd_floor" in c["summary"]]  # fmt: skip
    return max(sum(floors) / len(floors), LEAST_FD) if floors else None


def _axes(frame: _Frame, label: str) -> list[str]:
    parts = []
    for value in log_ticks(frame.low, frame.high):
        y = frame.y(value)
        parts.append(
            f'<path d="M{frame.left} {y}H{frame.width - frame.right}" stroke="var(--line)"/>'
            f'<text x="{frame.left - 8}" y="{y + 4}" text-anchor="end" fill="var(--quiet)">'
            f"{value:g}</text>"
        )
    base = frame.height - frame.bottom
    for value in ticks(frame.seconds, 4 if frame.width < 500 else 6):
        parts.append(
            f'<text x="{frame.x(value)}" y="{base + 20}" text-anchor="middle" fill="var(--quiet)">'
            f"{value:g}</text>"
        )
    middle = (frame.left + frame.width - frame.right) / 2
    parts.append(
        f'<text x="{middle}" y="{base + 38}" text-anchor="middle" fill="var(--quiet)">'
        f"{escape(label)}</text>"
    )
    return parts


def _floor_line(frame: _Frame, floor: float | None, label: str) -> list[str]:
    if floor is None:
        return []
    y = frame.y(floor)
    return [
        f'<path d="M{frame.left} {y}H{frame.width - frame.right}" stroke="var(--quiet)" '
        'stroke-dasharray="5 4"/>'
        f'<text x="{frame.left + 6}" y="{y - 5}" fill="var(--quiet)">{escape(label)}</text>'
    ]


def _line(frame: _Frame, curve: Curve) -> list[str]:
    at = [(frame.x(s), frame.y(v)) for s, v in zip(curve.x, curve.mean, strict=True)]
    colour = f"var(--c{curve.colour})"
    parts = []
    if curve.low != curve.high:
        edge = [(frame.x(s), frame.y(v)) for s, v in zip(curve.x, curve.high, strict=True)]
        edge += [(frame.x(s), frame.y(v)) for s, v in zip(curve.x, curve.low, strict=True)][::-1]
        points = " ".join(f"{x},{y}" for x, y in edge)
        parts.append(f'<polygon points="{points}" fill="{colour}" opacity=".16"/>')
    points = " ".join(f"{x},{y}" for x, y in at)
    parts.append(
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
        'stroke-linejoin="round"/>'
    )
    parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in at]
    if curve.is_out:
        x, y = at[-1]
        cross = f"M{x - 6} {y - 6}l12 12m0 -12l-12 12"
        parts.append(f'<path d="{cross}" stroke="{colour}" stroke-width="2"/>')
    return parts


def _fitted(name: str) -> str:
    """A name in the room for `CHARACTERS`; a Chinese one is two wide."""
    widths = [2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in name]
    if sum(widths) <= CHARACTERS:
        return name
    kept = next(n for n in range(len(name), -1, -1) if sum(widths[:n]) < CHARACTERS)
    return f"{name[:kept].rstrip()}…"


def _labels(frame: _Frame, curves: Sequence[Curve]) -> list[str]:
    """Names beside the ends of their lines, moved apart where these are close."""
    ends = sorted(curves, key=lambda c: frame.y(c.mean[-1]))
    parts, above = [], -math.inf
    for curve in ends:
        y = max(frame.y(curve.mean[-1]) + 4, above + 16)
        above = y
        parts.append(
            f'<text x="{frame.x(curve.x[-1]) + 12}" y="{round(y, 1)}" '
            f'fill="var(--c{curve.colour})">{escape(_fitted(curve.name))}</text>'
        )
    return parts


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between the two; fewer over many decades."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 300 else (1,)
    return [v for d in decades for s in steps if low <= (v := s * 10.0**d) <= high]


def ticks(most: float, count: int) -> list[float]:
    """Round numbers from 0 to `most`, about `count` steps."""
    rough = most / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    return [round(i * step, 10) for i in range(int(most / step + 1e-9) + 1)]
