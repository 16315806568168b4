"""From slider to paint in a real Chromium: `python -m benchmarks.latency` (or `--quick`).

Models with random weights; each change is timed from the input event to the animation frame after
the picture is on the canvas. "updates/s" is counted while a slider is dragged, one input a frame
(60/s), and "lag" is the same time during that drag. Beside it, in the same run, an app of plain
gr.Slider and gr.Image with Gradio's defaults: there a paint is the frame after the image loaded;
and a page that only fills a canvas, which is what the frames of the screen cost by themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.slow_network import slow_network
from tests.ui.browser import FLAGS, ROOT, chromium, free_port, serving
from tests.ui.fakes import add_model

PIXELS, SLIDERS, PLAIN_SLIDERS = (28, 32, 64), (8, 64, 256), (8, 64)
DELAY_MS = 80
FRAME_S = 1 / 60
PARTS = ("idle", "delay", "training", "plain")
HEAD = (
    "| where | sliders | px | beside | slider to paint, median / p95 ms | updates/s |"
    " lag while dragging, median / p95 ms | changes |\n|---|---|---|---|---|---|---|---|"
)

# `board()` gives the sliders; `painted(f)` calls f after each paint, with its lag where known.
OURS = """() => {
  const open = document.querySelector("#open-dimensions");
  if (open?.getAttribute("aria-expanded") === "false") open.click();
  const picture = document.querySelector("#latent-image");
  window.bench = {
    board: () => [...document.querySelectorAll(".latent-slider")],
    painted: (f) => picture.addEventListener("painted", (e) => f(e.detail.totalMs)),
  };
}"""
BARE = """() => {
  document.body.innerHTML = '<input type=range min=-3 max=3 step=.01><canvas></canvas>';
  const [slider, canvas] = document.body.children;
  let tell = () => {};
  slider.addEventListener("input", () => {
    const since = performance.now();
    canvas.getContext("2d").fillStyle = `rgb(${Math.floor(128 + 40 * slider.value)} 0 0)`;
    canvas.getContext("2d").fillRect(0, 0, 28, 28);
    requestAnimationFrame(() => tell(performance.now() - since));
  });
  window.bench = { board: () => [slider], painted: (f) => { tell = f; } };
}"""
PLAIN = """() => {
  window.bench = {
    board: () => [...document.querySelectorAll("input[type=range]")],
    painted: (f) => document.addEventListener("load", (e) => {
      if (e.target.tagName === "IMG") requestAnimationFrame(() => f(null));
    }, true),
  };
}"""
MEASURE = """async ({ count, inputs, everyFrames }) => {
  const { board, painted } = window.bench;
  let tell = () => {}, seen = 0;
  const lags = [], times = [];
  painted((lag) => { seen += 1; if (lag !== null) lags.push(lag); tell(); });
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const frame = () => new Promise(requestAnimationFrame);
  const set = (slider, value) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const sliders = board();
  for (let i = 0; i < count; i++) {
    await wait(60 + 40 * Math.random());
    const begin = performance.now();
    const next = new Promise((resolve) => { tell = resolve; });
    set(sliders[i % sliders.length], 4 * Math.random() - 2);
    await Promise.race([next, wait(5000)]);
    if (i >= count / 5) times.push(performance.now() - begin);  // the first fifth warms up
  }
  await wait(500);
  lags.length = seen = 0;
  const begin = performance.now();
  for (let i = 0; i < inputs; i++) {
    set(sliders[0], 2 * Math.sin(i / 20));
    for (let f = 0; f < everyFrames; f++) await frame();
  }
  const seconds = (performance.now() - begin) / 1000;
  const during = seen;
  await wait(1000);
  return { times, lags, perS: during / seconds, inputsPerS: inputs / seconds, seen };
}"""


class Case(NamedTuple):
    """One line of the table."""

    where: str  # server, browser, plain
    sliders: int
    px: int
    beside: str = "idle"


def report(case: Case, found: dict[str, Any]) -> None:
    def two(values: list[float]) -> str:
        if len(values) < 2:
            return "–"
        return f"{statistics.median(values):.1f} / {statistics.quantiles(values, n=20)[-1]:.1f}"

    speed = f"{found['perS']:.1f} of {found['inputsPerS']:.1f}"
    cells = (*case, two(found["times"]), speed, two(found["lags"]), len(found["times"]))
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def measure(page: Page, options: argparse.Namespace, *, every_frames: int = 1) -> dict[str, Any]:
    inputs = round(options.seconds / FRAME_S / every_frames)
    values = {"count": options.count, "inputs": inputs, "everyFrames": every_frames}
    found: dict[str, Any] = page.evaluate(MEASURE, values)
    return found


def open_ours(
    browser: Browser, url: str, ref: str, where: str, sliders: int, *, home: bool = False
) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wanted = "on" if where == "browser" else "off"
    page.add_init_script(f"localStorage.setItem('gan-in-browser', '{wanted}')")
    if home:  # the wall has moved before, its model in the browser where it can
        page.goto(f"{url}/#tab=welcome&model={ref}")
        page.wait_for_function(
            "Number(document.querySelector('#wall')?.dataset.painted) > 60", timeout=90_000
        )
        page.get_by_role("tab", name="Explore").click()
    else:
        page.goto(f"{url}/#tab=explore&model={ref}&seed=42")
    page.wait_for_function(
        "Number(document.querySelector('#latent-image')?.dataset.seq) > 0", timeout=90_000
    )
    page.evaluate(OURS)
    page.wait_for_function(f"document.querySelectorAll('.latent-slider').length === {sliders}")
    if where == "browser":
        page.wait_for_function(
            "document.querySelector('#engine-why').textContent === ''", timeout=90_000
        )
    page.wait_for_timeout(1500)  # thumbnails and the like
    return page


def ours(browser: Browser, url: str, cases: list[Case], options: argparse.Namespace) -> None:
    for case in cases:
        with contextlib.closing(
            open_ours(
                browser, url, ref_of(case), case.where, case.sliders, home=options.through_home
            )
        ) as page:
            report(case, measure(page, options))
            if case.beside.endswith("ms") and case.where == "server":
                slow = case._replace(beside=f"{case.beside}, 30 inputs/s")
                report(slow, measure(page, options, every_frames=2))


def ref_of(case: Case) -> str:
    return f"run:px{case.px}-z{case.sliders}"


@contextlib.contextmanager
def plain(folder: Path, count: int) -> Iterator[int]:
    """The plain app as a process; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.plain_app", str(folder), str(count), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}"):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def bare(browser: Browser, options: argparse.Namespace) -> None:
    """The line of a page that has nothing to do."""
    with contextlib.closing(browser.new_page()) as page:
        page.evaluate(BARE)
        report(Case("bare canvas", 1, 28), measure(page, options))


def plainly(browser: Browser, runs: Path, beside: str, options: argparse.Namespace) -> None:
    """The plain app's lines."""
    for count in options.plain:
        with plain(runs / f"px28-z{count}", count) as port, contextlib.ExitStack() as stack:
            if beside.startswith("+"):
                port = stack.enter_context(slow_network(port, added_ms=DELAY_MS))
            page = stack.enter_context(contextlib.closing(browser.new_page()))
            page.goto(f"http://127.0.0.1:{port}")
            page.wait_for_selector("img[src*=http], img[src*=blob]", timeout=60_000)
            page.wait_for_function(
                f"document.querySelectorAll('input[type=range]').length === {count}", timeout=60_000
            )
            page.evaluate(PLAIN)
            report(Case("plain", count, 28, beside), measure(page, options))


@contextlib.contextmanager
def training(runs: Path) -> Iterator[None]:
    """A training of the fashion preset beside it."""
    folder = runs / "beside"
    command = [sys.executable, "-m", "gan", "train", "--preset", "fashion", "--run-dir", folder]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while not list(folder.glob("snapshots/*.webp")) and process.poll() is None:
            time.sleep(0.2)
        time.sleep(3)
        yield
    finally:
        process.terminate()
        process.wait(30)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="single changes a line; 150, quickly 40")
    parser.add_argument("--seconds", type=float, help="of dragging a line; 6, quickly 3")
    parser.add_argument("--quick", action="store_true", help="few lines, few repetitions")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts of it")
    parser.add_argument("--through-home", action="store_true", help="past the wall of Home")
    options = parser.parse_args()
    options.px, options.sliders, options.plain = PIXELS, SLIDERS, PLAIN_SLIDERS
    options.count = options.count or (40 if options.quick else 150)
    options.seconds = options.seconds or (3.0 if options.quick else 6.0)
    return options


def grid(options: argparse.Namespace, beside: str) -> list[Case]:
    """Every size by every number of sliders; in a hurry, one row and one column of it."""
    pairs = [(s, p) for p in options.px for s in options.sliders]
    if options.quick:
        pairs = [(s, p) for s, p in pairs if (s == 64) or (p == 28 and beside == "idle")]
    return [Case(where, s, p, beside) for where in ("server", "browser") for s, p in pairs]


def measure_ours(browser: Browser, runs: Path, url: str, options: argparse.Namespace) -> None:
    """Our lines."""
    if "idle" in options.only:
        ours(browser, url, grid(options, "idle"), options)
    if "delay" in options.only:
        port = int(url.rsplit(":", 1)[1])
        with slow_network(port, added_ms=DELAY_MS) as far:
            cases = [Case(where, 64, 28, f"+{DELAY_MS} ms") for where in ("server", "browser")]
            ours(browser, f"http://127.0.0.1:{far}", cases, options)
    if "training" in options.only:
        with training(runs):
            ours(browser, url, grid(options, "training"), options)


def main() -> None:
    options = parse()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
          f"{datetime.date.today()}, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = Path(folder)
        for px in options.px:
            for z in options.sliders:
                shape = {"family": "conv", "resolution": px, "z_dim": z}
                add_model(runs, f"px{px}-z{z}", channels=1 if px == 28 else 3, **shape)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        bare(browser, options)
        with serving(runs) as url:
            measure_ours(browser, runs, url, options)
        if "plain" in options.only:
            for beside in ("idle", f"+{DELAY_MS} ms"):
                plainly(browser, runs, beside, options)
        browser.close()


if __name__ == "__main__":
    main()
