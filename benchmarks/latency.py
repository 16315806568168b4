"""From slider to paint in a real Chromium: `python -m benchmarks.latency`, idle and while training.

Each change is timed from the input event to the animation frame after the picture is on the canvas
(frames are 16.7 ms apart, so single figures are multiples of it, give or take).
"""

from __future__ import annotations

import argparse
import datetime
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.ui.browser import FLAGS, chromium, serving

MEASURE = """async (count) => {
  const picture = document.querySelector("#latent-image"), times = [];
  const sliders = document.querySelectorAll(".latent-slider");
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 60 + 40 * Math.random()));
    const slider = sliders[i % sliders.length], seq = Number(picture.dataset.seq);
    const begin = performance.now();
    slider.value = 4 * Math.random() - 2;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (Number(picture.dataset.seq) === seq && performance.now() - begin < 5000) await frame();
    times.push(performance.now() - begin);
  }
  return times;
}"""


def report(name: str, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"| {name} | {statistics.median(times):.1f} | {p95:.1f} | {len(times)} |", flush=True)


def start_training(page: Page) -> None:
    page.get_by_role("tab", name="Train").click()
    page.locator("#start").click()
    page.wait_for_function(
        "Number(document.querySelector('#live-nimg').textContent.replace(/[^0-9]/g, '')) > 500",
        timeout=90_000,
    )
    page.get_by_role("tab", name="Explore").click()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {datetime.date.today()}")
    print("| slider to paint | median ms | p95 ms | changes |\n|---|---|---|---|")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.wait_for_function("Number(document.querySelector('#latent-image')?.dataset.seq) > 0")
        page.evaluate(MEASURE, 20)
        report("idle", page.evaluate(MEASURE, options.count))
        start_training(page)
        report("with a training running", page.evaluate(MEASURE, options.count))
        browser.close()


if __name__ == "__main__":
    main()
