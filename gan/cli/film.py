"""`film`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan.cli.console import app, errors, say, use_threads
from gan.errors import ConfigError
from gan.files import write_atomic
from gan.film import FILM_FORMATS
from gan.runs import RunReader
from gan.runs.manage import find_run
from gan.runs.timelapse import MAX_DURATION_S, timelapse


@app.command()
def film(
    run: Annotated[str, typer.Argument(help="a run folder, or the name of a run in runs/")],
    out: Annotated[Path, typer.Option("--out", help="FILE.webp, .gif or .mp4")],
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, max=MAX_DURATION_S, help="how long it plays")
    ] = 10.0,
    scale: Annotated[
        int, typer.Option("--scale", min=1, max=16, help="repeat pixels so many times")
    ] = 2,
    caption: Annotated[
        bool, typer.Option("--caption/--no-caption", help="images, time and FD below the picture")
    ] = True,
) -> None:
    """Make a film of a run: all of its snapshots in turn.

    Example: `python -m gan film runs/a --out a.mp4`
    """
    with errors():
        use_threads(1)
        format = next((f for f in FILM_FORMATS if out.suffix.lower() == f".{f}"), None)
        if format is None:
            raise ConfigError(
                "--out must end in .webp, .gif or .mp4, got {got}; rename it", got=repr(out.name)
            )
        reader = RunReader(find_run(run))
        data = timelapse(reader, format=format, duration_s=seconds, scale=scale, caption=caption)
        write_atomic(out, data)
        say(f"{reader.path.name} as a film of {len(data) / 1024:,.0f} KB in {out}")
