"""From `python app.py` to the first picture, as a Space wakes: `python -m benchmarks.startup`.

In the public profile, with SPACE_ID set and nothing kept. The browser is open and asks again until
the server answers, as a visitor's does who waits.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from tests.ui.browser import FLAGS, chromium, free_port

ROOT = Path(__file__).parents[1]
FIRST_PICTURE = "Number(document.querySelector('#latent-image')?.dataset.seq) > 0"


def once(browser: Browser) -> tuple[float, float]:
    """Seconds until the server answers, and until there is a picture."""
    port, page = free_port(), browser.new_page()
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "SPACE_ID": "me/atelier", "GRADIO_SERVER_PORT": str(port),
            "GRADIO_SERVER_NAME": "127.0.0.1", "GAN_DATA_DIR": folder,
        }  # fmt: skip
        for name in ("GAN_RUNS_DIR", "GAN_HOME", "GAN_CACHE_DIR"):
            env.pop(name, None)
        begin = time.perf_counter()
        app = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
        )
        try:
            while True:
                try:
                    page.goto(f"http://127.0.0.1:{port}/#tab=explore", wait_until="commit")
                    break
                except Error:
                    time.sleep(0.1)
            answered = time.perf_counter() - begin
            page.wait_for_function(FIRST_PICTURE, timeout=120_000)
            return answered, time.perf_counter() - begin
        finally:
            app.send_signal(signal.SIGTERM)
            app.wait(30)
            page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        taken = [once(browser) for _ in range(parser.parse_args().times)]
        browser.close()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for answered, shown in taken:
        print(
            f"the server answers after {answered:5.1f} s, the first picture is there {shown:5.1f}"
        )
    print(f"median {statistics.median(shown for _, shown in taken):.1f} s")


if __name__ == "__main__":
    main()
