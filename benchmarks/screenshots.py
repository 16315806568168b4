"""The README's pictures, from the running app: `python -m benchmarks.screenshots RUN`.

RUN is a run folder to show in Train. Writes .github/pictures/*.png.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.hub.server import Hub, hub_server
from tests.ui.browser import FLAGS, ROOT, chromium, serving

OUT = ROOT / ".github" / "pictures"
LICENCES = {"emoji": "ofl-1.1", "fashion": "mit"}
SIZE = {"width": 1280, "height": 860}


def open_app(browser: Browser, address: str, **options: object) -> Page:
    page = browser.new_context(**({"viewport": SIZE, "locale": "en-US"} | options)).new_page()
    page.goto(address if "#" in address else f"{address}/#tab=explore")
    page.wait_for_function("Number(document.querySelector('#latent-image')?.dataset.seq) > 0")
    page.wait_for_timeout(600)
    return page


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(1500)
    page.screenshot(path=OUT / f"{name}.png")


def shoot_home(page: Page) -> None:
    """The first screen, its model in the browser."""
    visit(page, "tab=welcome")
    page.wait_for_selector("#wall[data-engine=browser]", timeout=60_000)
    page.set_viewport_size({"width": 1120, "height": 760})
    shoot(page, "home")


def shoot_train(page: Page) -> None:
    """The run; the cards are folded, as they are while one is on show."""
    visit(page, "tab=train")
    page.wait_for_selector("#grid-tiles:visible", timeout=60_000)
    page.set_viewport_size({"width": 1280, "height": 1200})
    page.evaluate("document.querySelector('#cards-toggle[aria-expanded=true]')?.click()")
    shoot(page, "train")


def shoot_others(page: Page) -> None:
    """In the dark, in Chinese, and on a phone."""
    browser, url = page.context.browser, page.url.split("/#")[0]
    assert browser is not None
    dark = open_app(browser, url, color_scheme="dark", locale="zh-CN")
    dark.click('.tab-container [data-tab-id="train"]:visible')
    dark.wait_for_selector("#grid-tiles:visible", timeout=60_000)
    dark.evaluate("document.querySelector('#cards-toggle[aria-expanded=true]')?.click()")
    shoot(dark, "train-dark-zh")
    phone = open_app(browser, url, viewport={"width": 390, "height": 844})
    shoot(phone, "explore-phone")
    phone.get_by_role("tab", name="Train").click()
    phone.wait_for_selector("#grid-tiles:visible", timeout=60_000)
    shoot(phone, "train-phone")
    for other in (dark, phone):
        other.close()


def shoot_game(page: Page) -> None:
    """The picture of the game above a running training."""
    visit(page, "tab=train")
    page.click("#start")
    page.wait_for_timeout(30_000)
    page.mouse.move(4, 400)
    page.evaluate("document.querySelector('.ga-run').scrollIntoView()")
    shoot(page, "game")
    page.click("#stop")


def stock(hub: Hub) -> None:
    """Two of the bundled models as repos of a stand-in Hub, and a login."""
    for name, likes in (("emoji", 12), ("fashion", 31)):
        folder = ROOT / "weights" / name
        files = {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.startswith("enc")}
        hub.add(f"gan-atelier/{name}", files, likes=likes, tags=(f"license:{LICENCES[name]}",))


def shoot_hub(page: Page) -> None:
    """The tab after two pulls, with what would be published."""
    page.set_viewport_size({"width": 1280, "height": 1140})
    page.get_by_role("tab", name="Hub").click()
    page.locator("#hub-list tr").first.wait_for()
    for name in ("emoji", "fashion"):
        page.fill("#hub-repo", f"gan-atelier/{name}")
        page.keyboard.press("Enter")
        page.locator(f"#shelf-list [data-ref*=gan-atelier][data-ref*={name}]").wait_for()
    shoot(page, "hub")


def visit(page: Page, place: str) -> None:
    """Open a link as from outside: a change of the hash alone is not."""
    address = page.url.split("#")[0]
    page.goto("about:blank")
    page.goto(f"{address}#{place}")


def shoot_playground(page: Page) -> None:
    """A drawn heart, learned for 40 seconds."""
    visit(page, "tab=lab&play=draw")
    page.wait_for_selector("#play-data-draw:checked", state="attached")
    box = page.locator("#play-plane").bounding_box()
    assert box is not None
    for k in range(81):
        turn = k / 40 * math.pi
        x = 16 * math.sin(turn) ** 3 / 19
        y = sum(n * math.cos(m * turn) for m, n in ((1, 13), (2, -5), (3, -2), (4, -1))) / 19 + 0.1
        page.mouse.move(
            box["x"] + box["width"] * (x / 2.3 + 0.5), box["y"] + box["height"] * (0.5 - y / 2.3)
        )
        if k == 0:
            page.mouse.down()
    page.mouse.up()
    page.click("#play-start")
    page.wait_for_timeout(40_000)
    page.mouse.move(4, 400)
    shoot(page, "playground")
    page.click("#play-stop")


def shoot_compare(page: Page) -> None:
    """A GAN, a VAE, an RNN and a flow after 20 seconds each on garments."""
    visit(page, "tab=compare&race=families&for=20")
    page.click("#race-start")
    page.wait_for_function(
        "document.querySelector('#race-state')?.textContent === 'Finished'", timeout=900_000
    )
    page.set_viewport_size({"width": 1280, "height": 1180})
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(4, 400)
    shoot(page, "compare")


def shoot_explore(page: Page) -> None:
    """Directions with both ends."""
    visit(page, "tab=explore&seed=42")
    page.wait_for_selector(".ga-direction canvas, .ga-tip canvas", timeout=60_000)
    shoot(page, "explore")


def shoot_gallery(page: Page) -> None:
    """Emoji."""
    visit(page, "tab=gallery&model=emoji")
    page.wait_for_selector(".ga-tile canvas", timeout=60_000)
    shoot(page, "gallery")


def shoot_evaluate(page: Page) -> None:
    """The evaluation that comes with the model."""
    visit(page, "tab=evaluate&model=fashion")
    page.wait_for_selector("#evaluate-classes li", timeout=60_000)
    page.set_viewport_size({"width": 1280, "height": 1040})
    shoot(page, "evaluate")


# in this order: the first are of RUN as the newest one
SHOTS = {
    "home": shoot_home,
    "explore": shoot_explore,
    "train": shoot_train,
    "others": shoot_others,
    "gallery": shoot_gallery,
    "evaluate": shoot_evaluate,
    "hub": shoot_hub,
    "compare": shoot_compare,
    "playground": shoot_playground,
    "game": shoot_game,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--only", nargs="+", choices=SHOTS, default=[*SHOTS])
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, hub_server() as hub:
        stock(hub)
        runs = Path(folder) / "runs"
        shutil.copytree(options.run, runs / "fashion-1")
        asked = {"HF_ENDPOINT": hub.url, "HF_HOME": f"{folder}/hf", "NO_PROXY": "127.0.0.1"}
        with serving(runs, **asked) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = open_app(browser, url)
            for name in options.only:
                page.set_viewport_size(SIZE)
                SHOTS[name](page)
            browser.close()


if __name__ == "__main__":
    main()
