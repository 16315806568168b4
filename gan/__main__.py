"""`python -m gan` and the command `gan`: the command line, and the app behind `serve`."""

from __future__ import annotations

import os
import signal

# Ctrl-C while libraries load has nothing to save: end quietly
signal.signal(signal.SIGINT, lambda number, frame: os._exit(0))

# before torch: idle OpenMP threads must sleep; spinning, they slow everything beside them
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import importlib
from typing import Annotated

import typer

from gan.cli import app, fail


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="any other than 127.0.0.1 is public")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 finds a free one")] = 0,
) -> None:
    """Open the app in a browser at 127.0.0.1:7860.

    Example: `python -m gan serve --port 7861`
    """
    try:
        ui = importlib.import_module("gan.ui.app")  # gradio is needed by this command alone
    except ModuleNotFoundError as error:
        fail(f"the app needs the package {error.name}; pip install -r requirements.txt")
    ui.main(host=host or None, port=port or None)


def main() -> None:
    """The command `gan`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
