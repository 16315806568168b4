"""The app as a process and a Chromium to look at it, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_S = 240
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str | None:
    """CHROMIUM_PATH, or one on the PATH; None for Playwright's own.

    The headless shell is the one without a browser around the page, in two thirds of the time.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = (path for path in map(shutil.which, names) if path)
    return os.environ.get("CHROMIUM_PATH") or next(found, None)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(runs_dir: Path, *, log_file: Path | None = None, **extra: str) -> Iterator[str]:
    """`python app.py` with its own folder of runs; yields its address.

    `extra` goes into its environment, what it says into `log_file`.
    """
    port = free_port()
    env = os.environ | {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "PYTHONFAULTHANDLER": "1",
        "GAN_RUNS_DIR": str(runs_dir),
        "GAN_CACHE_DIR": str(runs_dir.with_name("cache")),
        "GAN_HOME": str(runs_dir.with_name("own")),
    }
    env.pop("SPACE_ID", None)
    env |= extra
    with log_file.open("w+b") if log_file else tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
        url = f"http://127.0.0.1:{port}"
        try:
            if not is_up(url, process):
                log.seek(0)
                raise RuntimeError(f"the app did not come up:\n{log.read().decode()}")
            yield url
            if (code := process.poll()) is not None:
                log.seek(0)
                raise RuntimeError(f"the app ended by itself ({code}):\n{log.read().decode()}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_up(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the app answers; False if it ended before, or took too long."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_gan/state", timeout=2):
            return True
        time.sleep(0.1)
    return False
