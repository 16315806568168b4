"""`export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan import export as exporting
from gan.cli.console import WeightsOption, app, errors, load_weights, say, use_threads
from gan.errors import ConfigError
from gan.files import write_atomic


@app.command()
def export(
    weights: WeightsOption,
    to: Annotated[str, typer.Option("--to", help="onnx or torchscript")],
    out: Annotated[Path, typer.Option("--out", help="the file to write")],
) -> None:
    """Write a generator as one file that runs without this code, checked against torch.

    It takes z (N, z_dim), class weights (N, classes) where the model has classes, and psi, (N,) or
    (1,); and gives x (N, C, H, W) in [-1, 1].

    Examples:

    `python -m gan export --weights fashion --to onnx --out fashion.onnx`

    `python -m gan export --weights runs/a --to torchscript --out a.pt`
    """
    with errors():
        use_threads(1)
        if out.is_dir() or not out.parent.is_dir():
            raise ConfigError(
                "--out must be a file in a folder that exists, {out} is not; choose another",
                out=repr(str(out)),
            )
        loaded = load_weights(weights)
        exported = exporting.export(loaded, to=to)
        write_atomic(out, exported.data)
        say(
            f"{loaded.config.name or weights} in {out}, {len(exported.data) / 1e6:.1f} MB; "
            f"{exported.checked_with} gives torch's pictures to {exported.difference:.1g}"
        )
