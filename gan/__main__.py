"""`python -m gan` and the command `gan`: the command line, and the app via `serve`."""

from __future__ import annotations

import atexit
import os
import signal
import threading

# Ctrl-C while libraries load has nothing to save: exit quietly
signal.signal(signal.SIGINT, lambda number, frame: os._exit(0))

# before torch: idle OpenMP threads must sleep; spinning, they slow everything else down
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Gradio recomputes a summary over this many calls after each failure; nobody here reads it
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "16")

import importlib
from collections.abc import Sequence
from typing import Annotated

import typer

from gan.cli import app, errors, fail

COMPUTES_S = 2.0  # for what still computes when the server has ended


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="any but 127.0.0.1 is public, with its limits")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="7860 if left out")
    ] = None,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="let agents use it too; on your own computer only")
    ] = False,
) -> None:
    """Serve the app at http://127.0.0.1:7860.

    Example: `python -m gan serve --port 7861`
    """
    with errors():
        try:
            ui = importlib.import_module("gan.ui")
            ui.main(host, port, mcp=mcp)
        except ModuleNotFoundError as error:  # only this command needs gradio
            fail(f"the app needs the package {error.name}; pip install -r requirements.txt")
    _leave_soon()


def _leave_soon() -> None:
    """End even though threads compute, for example the features of 60,000 images.

    The interpreter waits for them as it ends. What counts has been saved by now, and a file takes
    its place only when it is whole.
    """

    def leave() -> None:
        atexit._run_exitfuncs()  # temporary folders go, as at any other end
        os._exit(0)

    leaving = threading.Timer(COMPUTES_S, leave)
    leaving.daemon = True
    leaving.start()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command `gan`, with `arguments` or those of the process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    app(arguments)


if __name__ == "__main__":
    main()
