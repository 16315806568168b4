"""How a training looks in a terminal and in a pipe."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rich.progress

from gan.cli.advice import Advisor, advice, standing
from gan.cli.console import say
from gan.config import RunConfig
from gan.quantities import things
from gan.runs import RunStatus
from gan.training import Event, Progress

LINE_EVERY_S = 5.0

Watcher = Callable[[Event, RunStatus], None]
Counter = Callable[[int], str]


@contextmanager
def display(run_dir: Path, config: RunConfig) -> Any:
    """A progress bar on a terminal, a plain line every few seconds in a pipe."""
    say(f"{config.preset}: {config.data}, seed {config.seed}, writing {run_dir}")
    count = _counter(config)
    if not sys.stdout.isatty():
        yield _line_printer(Advisor(run_dir), count)
        return
    columns = (
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TextColumn("{task.description}"),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns) as bar:
        known = config.total_seconds is not None or config.total_kimg is not None
        task = bar.add_task("starting", total=1.0 if known else None)
        advisor = Advisor(run_dir)

        def watch(event: Event, status: RunStatus) -> None:
            if isinstance(event, Progress):
                amiss = advisor.amiss()
                text = f"{count(event.nimg)}  {event.images_per_s:,.0f}/s{amiss}"
                bar.update(task, completed=status.fraction or 0.0, description=text)

        yield watch


def _line_printer(advisor: Advisor, count: Counter) -> Watcher:
    printed_at = -LINE_EVERY_S

    def watch(event: Event, status: RunStatus) -> None:
        nonlocal printed_at
        if isinstance(event, Progress) and time.monotonic() - printed_at >= LINE_EVERY_S:
            printed_at = time.monotonic()
            say(
                f"{count(event.nimg):>15}  {event.seconds:7.1f} s  "
                f"{event.images_per_s:7,.0f}/s  {_loss(event)}"
                f"{advisor.amiss()}"
            )

    return watch


def _loss(event: Progress) -> str:
    """The loss as a kind of training has it."""
    row = event.row()
    if "bits" in row:
        return f"{row['bits']:.3f} bits a value"
    if "drift_size" in row:
        return f"drift {row['drift_size']:.3f}"
    if "velocity_error" in row:
        return f"velocity error {row['velocity_error']:.3f}"
    return f"loss G {row['loss_g']:.3f} D {row['loss_d']:.3f}"


def _counter(config: RunConfig) -> Counter:
    """Says how much has been seen: thousands of images, or of points."""
    what = things(is_points=config.model.is_plane)
    return lambda nimg: f"{nimg / 1000:,.1f} k {what}"


def say_end(status: RunStatus, config: RunConfig) -> None:
    place = shlex.quote(str(status.path))
    verb = {"finished": "finished", "stopped": "stopped"}.get(status.state, "interrupted")
    say(f"{verb} after {_counter(config)(status.nimg)} and {status.seconds:.1f} s")
    for sentence in advice(status.path) or filter(None, [standing(status.path)]):
        say(sentence)
    if status.state == "interrupted":
        say(f"go on with: python -m gan train --resume {place}")
    else:
        say(f"sample it with: python -m gan sample --weights {place} --count 64 --out a.png")
