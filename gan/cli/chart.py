"""Models as points: distance to real images against the time it took to get there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gan.config import WeightsConfig
from gan.metrics.evaluation import Evaluation

INK, QUIET, ACCENT = "#1f1d1a", "#66625a", "#0b6a5c"


def draw_chart(
    out: Path,
    names: Sequence[str],
    configs: Sequence[WeightsConfig],
    found: Sequence[Evaluation],
) -> None:
    """FD with its bounds against seconds of training, both on a log scale, into `out`."""
    figure = Figure(figsize=(8, 5), dpi=160, layout="constrained")
    axes = figure.subplots()
    seconds = [max(c.seconds, 1.0) for c in configs]
    for x, name, one in zip(seconds, names, found, strict=True):
        fd = one["fd"]
        low, high = max(fd.low or fd.value, 1e-3), fd.high or fd.value
        axes.errorbar(
            x, fd.value, yerr=[[fd.value - low], [high - fd.value]], fmt="o", color=ACCENT,
            ecolor=QUIET, capsize=3,
        )  # fmt: skip
        axes.annotate(
            Path(name).name, (x, fd.value), textcoords="offset points", xytext=(8, 6), color=INK
        )
    axes.axhline(found[0].fd_floor, color=QUIET, linestyle="--", linewidth=1)
    axes.annotate(
        "real against real", (1, found[0].fd_floor), xycoords=("axes fraction", "data"),
        textcoords="offset points", xytext=(-4, 4), ha="right", color=QUIET,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("seconds of training")
    axes.set_ylabel(f"FD on {found[0].features}, {found[0].count:,} images (lower is better)")
    axes.margins(0.15)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(out)
