"""The README's film: `python -m benchmarks.readme_film`. Twenty seconds of the product in Chromium.

The wall breathes, one is dragged and opened, a direction is dragged, a training is started and
garments are born. Writes .github/pictures/film.webp, at the highest quality of QUALITIES that stays
below 2 MB.

The page's clock is the film's: it stands still while a frame is drawn and taken, so a busy machine
makes the same film, only later. A training runs by the real clock, and its frames are taken evenly
over its seconds, which the page shows.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from gan.images import encode_film_pictures
from tests.ui.browser import FLAGS, ROOT, chromium, serving

OUT = ROOT / ".github" / "pictures" / "film.webp"
SCREEN = {"width": 1120, "height": 700}
SHOWN = (896, 560)
FPS = 10
MS = 1000 // FPS
MOST_BYTES = 2_000_000
QUALITIES = (45, 35, 30, 25, 20)  # of WebP; the first are tried first
TILE = 12  # of the wall: which one is dragged and opened
SETTLE_MS = 60  # real time, in which what the page asked for comes
TRAINING_S = 60
TRAINING_FRAMES = 70
# what a screenshot does not have
POINTER = """() => {
  const dot = document.createElement("div");
  dot.id = "film-pointer";
  Object.assign(dot.style, { position: "fixed", zIndex: 999, width: "18px", height: "18px",
    margin: "-9px 0 0 -9px", borderRadius: "50%", background: "rgb(102 203 183 / 55%)",
    border: "2px solid #fff", boxShadow: "0 0 3px #0008", pointerEvents: "none", left: "-40px" });
  document.body.append(dot);
  addEventListener("pointermove", (e) => {
    dot.style.left = `${e.clientX}px`; dot.style.top = `${e.clientY}px`; }, true);
  addEventListener("pointerdown", () => { dot.style.transform = "scale(0.75)"; }, true);
  addEventListener("pointerup", () => { dot.style.transform = ""; }, true);
}"""
WALL = "document.querySelector('#wall')?.dataset.engine === 'browser'"
NIMG = "Number(document.querySelector('#live-nimg').textContent.replace(/\\D/g, ''))"


class Film:
    """Frames of one page, ten a second of the page's own clock."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.at = (SCREEN["width"] * 0.62, SCREEN["height"] * 0.9)

    def take(self) -> None:
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(picture.resize(SHOWN, Image.Resampling.LANCZOS))

    def rest(self, seconds: float) -> None:
        """Let the page go on for `seconds` of the film."""
        for _ in range(round(seconds * FPS)):
            self.page.clock.run_for(MS)
            self.page.wait_for_timeout(SETTLE_MS)
            self.take()

    def move(self, to: tuple[float, float], seconds: float) -> None:
        """The mouse goes there, slow at both ends."""
        (x, y), steps = self.at, round(seconds * FPS)
        for step in range(1, steps + 1):
            share = step / steps
            eased = share * share * (3 - 2 * share)
            self.page.mouse.move(x + (to[0] - x) * eased, y + (to[1] - y) * eased)
            self.rest(1 / FPS)
        self.at = to

    def middle(self, selector: str, *, index: int = 0, across: float = 0.5) -> tuple[float, float]:
        box = self.page.locator(selector).nth(index).bounding_box()
        assert box is not None, selector
        return box["x"] + box["width"] * across, box["y"] + box["height"] / 2

    def press(self, selector: str, seconds: float, *, index: int = 0) -> None:
        self.move(self.middle(selector, index=index), seconds)
        self.page.mouse.down()
        self.rest(1 / FPS)
        self.page.mouse.up()

    def wait(self, condition: str, *, seconds: float = 90) -> None:
        """Until it is so; the page's clock goes on, and nothing of it is in the film."""
        for _ in range(round(seconds * FPS)):
            if self.page.evaluate(condition):
                return
            self.page.clock.run_for(MS)
            self.page.wait_for_timeout(SETTLE_MS)
        raise TimeoutError(condition)


def home(film: Film) -> None:
    """The wall breathes; one is dragged to another look, and opened."""
    film.rest(2.4)
    tile = film.middle(".ga-wall-tile", index=TILE)
    film.move(tile, 0.6)
    film.page.mouse.down()
    film.move((tile[0] - 90, tile[1] - 10), 1.2)
    film.page.mouse.up()
    film.rest(0.3)
    film.press(".ga-wall-tile", 0.4, index=TILE)


def explore(film: Film) -> None:
    """One direction is dragged to both of its ends."""
    film.wait("document.querySelectorAll('.direction-slider').length > 3")
    film.wait("document.querySelectorAll('.ga-direction canvas').length > 3")
    film.rest(0.4)
    slider = ".direction-slider"
    film.move(film.middle(slider), 0.5)
    film.page.mouse.down()
    for across, seconds in ((0.92, 1.1), (0.12, 1.6), (0.7, 0.8)):
        film.move(film.middle(slider, across=across), seconds)
    film.page.mouse.up()
    film.rest(0.3)


def train(film: Film) -> None:
    """Start, and a minute of it in seven seconds."""
    page = film.page
    film.press('.tab-container [data-tab-id="train"]:visible', 0.4)
    film.wait("document.querySelector('.ga-train:not([inert]) .ga-preset img') !== null")
    page.fill("#seconds", str(TRAINING_S))
    film.rest(0.5)
    film.press("#start", 0.6)
    film.wait(f"{NIMG} > 0")
    page.click("#game-toggle")  # the pictures and the curves share the screen
    page.evaluate("document.querySelector('.ga-run').scrollIntoView()")
    page.mouse.move(4, 4)
    page.evaluate("document.querySelector('#film-pointer').remove()")
    page.clock.resume()
    for _ in range(TRAINING_FRAMES):
        page.wait_for_timeout(1000 * TRAINING_S / TRAINING_FRAMES - 100)
        film.take()
    page.wait_for_timeout(4000)
    film.take()
    film.frames += film.frames[-1:] * FPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=Path, help="a folder for single frames, to look at")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "runs") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport=SCREEN, locale="en-US")
        page.goto(url)
        page.wait_for_function(WALL, timeout=120_000)
        page.evaluate(POINTER)
        page.clock.install()
        film = Film(page)
        for scene in (home, explore, train):
            scene(film)
        browser.close()
    if options.frames:
        options.frames.mkdir(parents=True, exist_ok=True)
        for i, frame in enumerate(film.frames):
            frame.save(options.frames / f"{i:03d}.png")
    for quality in QUALITIES:
        content = encode_film_pictures(film.frames, ms_per_frame=MS, quality=quality)
        print(f"{len(film.frames) / FPS:.1f} s, {len(content) / 1e6:.2f} MB at quality {quality}")
        if len(content) < MOST_BYTES:
            OUT.write_bytes(content)
            return
    raise SystemExit("above 2 MB at every quality: make SHOWN smaller")


if __name__ == "__main__":
    main()
