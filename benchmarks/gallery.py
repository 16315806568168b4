"""The gallery in a real Chromium: `python -m benchmarks.gallery`.

From the click on the tab to the first full screen of samples; the time between animation frames
while 2,000 samples scroll by; JavaScript's memory and the page's nodes after each ten pages of 50.
"""

from __future__ import annotations

import datetime
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.ui.browser import FLAGS, chromium, serving

OPENINGS, PAGES, PAGE_PX = 5, 50, 900
FIRST = """async () => {
  const shown = () => document.querySelectorAll(".ga-tile canvas").length >= 60;
  const begin = performance.now();
  [...document.querySelectorAll('.tab-container button[role="tab"]')]
    .find((b) => b.textContent.trim() === "Gallery").click();
  while (!shown()) await new Promise(requestAnimationFrame);
  return performance.now() - begin;
}"""
SCROLL = """async (until) => {
  const times = [];
  let last = performance.now();
  while (Number(document.querySelector(".ga-tile")?.dataset.seed ?? 0) < until) {
    scrollBy(0, 20);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times;
}"""


def open_page(page: Page, url: str) -> None:
    page.goto(f"{url}/#tab=explore")
    page.wait_for_function("Number(document.querySelector('#latent-image')?.dataset.seq) > 0")
    page.wait_for_timeout(3000)


def memory(page: Page) -> tuple[float, int]:
    """MB of JavaScript after a collection, and nodes of the page."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    values = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return values["JSHeapUsedSize"] / 2**20, int(values["Nodes"])


def main() -> None:
    print(f"{os.cpu_count()} cores, {datetime.date.today()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with serving(Path(folder)) as url:
            opened = []
            for _ in range(OPENINGS):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                open_page(page, url)
                opened.append(page.evaluate(FIRST))
                if len(opened) < OPENINGS:
                    page.close()
            print(f"click to a full screen: {', '.join(f'{ms:.0f}' for ms in opened)} ms")
            times = page.evaluate(SCROLL, 2000)
            late = sum(t > 50 for t in times)
            print(
                f"2,000 samples in {len(times):,} frames: median {statistics.median(times):.1f}, "
                f"p95 {statistics.quantiles(times, n=20)[-1]:.1f} ms, longest {max(times):.0f}, "
                f"{late} over 50 ms"
            )
            for number in range(PAGES + 1):
                if number % 10 == 0:
                    megabytes, nodes = memory(page)
                    print(f"after {number} more pages: {megabytes:.1f} MB, {nodes:,} nodes")
                page.evaluate(f"scrollBy(0, {PAGE_PX})")
                page.wait_for_timeout(500)
        browser.close()


if __name__ == "__main__":
    main()
