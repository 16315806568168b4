"""`race`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan.cli.console import app, errors, parse_seeds, say, task, use_threads
from gan.errors import ConfigError, RunError
from gan.runs import writing

if TYPE_CHECKING:
    from gan.races import Race, Standing

LINE_EVERY_S = 5.0
COUNT = 2000  # samples that measure each


@app.command()
def race(
    contestants: Annotated[
        list[str] | None,
        typer.Argument(
            help="two to four, none with --ready: PRESET, or NAME=PRESET to give it a name"
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="the same for all; else that of the first preset")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", help="of the processor, for each contestant")
    ] = 60.0,
    out: Annotated[
        Path | None, typer.Option("--out", help="a new folder: runs, race.json, report.html, .md")
    ] = None,
    seeds: Annotated[str, typer.Option("--seeds", help="one after another: 0,1,2 or 0-4")] = "0",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="CONTESTANT:key=value, by name or number from 1; key=value for all"
        ),
    ] = None,
    ready: Annotated[
        str | None, typer.Option("--ready", help="a ready-made race; --list shows them")
    ] = None,
    list_ready: Annotated[
        bool, typer.Option("--list", help="list the ready-made races and end")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="folder of a race that was killed: report what there is"),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            "--count", min=130, max=100_000, help=f"samples to measure each with, else {COUNT}"
        ),
    ] = None,
) -> None:
    """Train two to four contestants on the same data for the same seconds, and report.

    They train at the same time, each for so many seconds of the processor: a busy machine makes the
    race longer, not unfair. Ctrl-C ends it with a report of what there is, as does closing the
    terminal.

    Examples:

    `python -m gan race fashion vae --data fashion --seconds 60 --out races/a`

    `python -m gan race fashion fashion --set 1:loss=hinge --set 2:loss=wasserstein-gp --out b`

    `python -m gan race --report races/a` after a power cut

    `python -m gan race --ready losses --seconds 30 --seeds 0,1,2 --out races/losses`
    """
    from gan import races  # noqa: PLC0415 - scipy is slow

    if list_ready:
        return _list()
    with errors():
        use_threads(1)
        if report is not None:
            return _report_left(report, count)
        if out is None:
            raise ConfigError("a race needs a folder to write to; give --out races/a")
        named = contestants or []
        plan = races.plan_race(
            named, ready=ready, data=data, seconds=seconds,
            seeds=list(dict.fromkeys(parse_seeds(seeds))), settings=settings or [],
        )  # fmt: skip
        races.check_out(out)
        count = count or COUNT
        races.keep_plan(out, plan, count=count)
        names = " against ".join(c.name for c in plan.contestants)
        many = f", seeds {', '.join(map(str, plan.seeds))}" if len(plan.seeds) > 1 else ""
        say(f"{names}: {plan.data}, {plan.seconds:g} process seconds each{many}, writing {out}")
        for same in plan.same_setups():
            say(str(races.same_text(same)))
        running = races.Race(plan, out)
        with writing(out, say):  # no --report meanwhile
            with _ended_by_ctrl_c(running) as pressed:
                _follow(running)
                found, is_whole = _measured(running, count, pressed)
            _write(out, found, is_whole=is_whole)
        _say_end(running, out, is_whole=is_whole)


def _write(out: Path, found: dict[str, Any], *, is_whole: bool) -> None:
    """The report; until it is whole, `--report` can make it again."""
    from gan import races  # noqa: PLC0415 - scipy is slow

    try:
        races.write_report(out, found)
    except OSError as error:
        raise RunError(
            "the race is over and its report cannot be written ({strerror}); make room, then "
            "python -m gan race --report {path}",
            strerror=error.strerror or type(error).__name__,
            path=shlex.quote(str(out)),
        ) from error
    if is_whole:
        races.drop_plan(out)


def _report_left(out: Path, count: int | None) -> None:
    from gan import races  # noqa: PLC0415 - scipy is slow

    running, kept = races.left_race(out)
    with _ended_by_ctrl_c(running) as pressed:
        found, is_whole = _measured(running, count or kept, pressed)
    _write(out, found, is_whole=is_whole)
    _say_end(running, out, is_whole=is_whole)


def _list() -> None:
    from gan.races import READY  # noqa: PLC0415 - scipy is slow

    width = max(map(len, READY))
    for name, made in READY.items():
        say(f"{name:{width}}  {made.data:8}  {made.summary}")
        say(f"{'':{width}}  {'':8}  {', '.join(c.partition('=')[0] for c in made.contestants)}")


@contextmanager
def _ended_by_ctrl_c(running: Race) -> Iterator[list[int]]:
    """The first Ctrl-C ends the race, the second one its measuring; yields those pressed.

    So does a terminal that closes, though not under nohup.
    """
    pressed: list[int] = []
    hup = getattr(signal, "SIGHUP", None)  # Windows has none

    def stop(number: int, frame: FrameType | None) -> None:
        if number == hup:  # nobody is left to read, and writing would fail
            with open(os.devnull, "wb") as nowhere:
                for stream in (1, 2):  # not sys.stderr, which a progress bar puts back
                    os.dup2(nowhere.fileno(), stream)
        pressed.append(number)
        running.stop()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hup is not None and signal.getsignal(hup) != signal.SIG_IGN:
        numbers.append(hup)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield pressed
    finally:
        for number, was in zip(numbers, before, strict=True):
            signal.signal(number, was)


def _follow(running: Race) -> None:
    """Train to the end, with a line every few seconds; a contestant's failure is told at once."""
    printed_at, told, waits = time.monotonic(), set[int](), False
    with task("racing") as report:
        for standings in running.run():
            report(sum(s.seconds for s in standings) / running.plan.seconds / len(standings))
            for standing in standings:
                if standing.state == "failed" and id(standing) not in told:
                    told.add(id(standing))
                    say(f"{_whose(running, standing)} is out: {standing.reason}")
            waiting = {str(s.waits) for s in standings if s.waits}
            if waiting and not waits:
                say("; ".join(waiting))
            waits = bool(waiting)
            if not sys.stderr.isatty() and time.monotonic() - printed_at >= LINE_EVERY_S:
                printed_at = time.monotonic()
                if lines := [_line(running, s) for s in standings if s.state == "running"]:
                    say("  ".join(lines))


def _whose(running: Race, standing: Standing) -> str:
    name = standing.contestant.name
    return name if len(running.plan.seeds) == 1 else f"{name}, seed {standing.seed},"


def _line(running: Race, standing: Standing) -> str:
    return f"{_whose(running, standing)} {standing.seconds:.1f} s {standing.nimg / 1000:,.1f} k"


def _measured(running: Race, count: int, pressed: list[int]) -> tuple[dict[str, object], bool]:
    """What was measured, and whether nobody broke it off."""
    from gan.races.measure import Hurry, measure_race  # noqa: PLC0415 - scipy is slow

    before, last = len(pressed), ""
    with task("measuring") as report:

        def look(name: str, fraction: float) -> None:
            nonlocal last
            if name != last:
                last = name
                say(f"measuring {name}")
            report(fraction)
            if len(pressed) > before:
                raise Hurry

        found = measure_race(running, count=count, on_progress=look)
    return found, len(pressed) == before


def _say_end(running: Race, out: Path, *, is_whole: bool) -> None:
    failed = [s for s in running.standings if s.state == "failed"]
    verb, of = "ended early" if running.is_stopped else "finished", len(running.standings)
    outs = f", {len(failed)} of {of} trainings failed" if failed else ""
    told = f"all {of} trainings failed" if len(failed) == of else f"{verb}{outs}"
    say(f"{told}; the report is {shlex.quote(str(out / 'report.html'))}")
    if not is_whole:
        again = f"python -m gan race --report {shlex.quote(str(out))}"
        say(f"not all was measured; for the rest: {again}")
