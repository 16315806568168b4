"""Every control of every tab is pressed once; the page must neither complain nor send nonsense.

The controls are found in the DOM, so that one that is added later is pressed too. What cannot be
reached is named below, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import ElementHandle, Error, FileChooser, Page, Request, Response

from tests.hub.conftest import OWNER_TOKEN
from tests.hub.server import hub_server
from tests.ui.acting import visit_tab
from tests.ui.browser import serving
from tests.ui.fakes import add_model

SCRIPT = Path(__file__).with_name("pressing.js").read_text("utf-8")
PANEL = """document.getElementById(document.querySelector('[role=tab][aria-selected=true]')
  .getAttribute('aria-controls'))"""
HEADER = "document.querySelector('.ga-header')"
CALM_S = 1.5  # without anything new to press
# For what a press has opened to be there, once its script has come. Where a control was missed,
# what opens others is pressed once more, with more patience.
OPENS_S = (0.12, 1.5, 6.0)
LOADS_S = 10.0  # for answers to what a press asked for
BUSY_S = 40.0  # for work that a press began and that shows its progress
PRESS_MS = 3000  # until a control can be clicked; one that cannot has gone meanwhile

SKIP: dict[str, str] = {
    "#language-zh": "the last thing that the header's test presses itself",
    "#language-en": "likewise",
    "#theme-toggle": "likewise",
    "#run-chip": "leads to another tab; test_train_page presses it",
}
# What ends others' work comes last in its tab, or there would be nothing to press.
LAST = (
    "#stop",
    "#race-stop",
    "#play-stop",
    "[name=play-data]",  # what was begun is left for other data
    "[data-act=delete]",
    "[data-act=bin]",
    "#pins-delete",
    "#gallery-pins-delete",
)
# Pressed once, whatever the lists beside them say: a thorough search takes a minute.
ONCE = ("#picture-find",)
# Lists of which every choice counts, as other controls come and go with it.
WHOLE = ("#gallery-view", "#data", "#play-recipe")
# What hides others, though it does not look like it, waits for them.
LATE = (
    "#lab-row-play",
    "#play-recipe",  # a flow has no parts of D's
    "#undo",
    "#reset",
    "#redo",
    "#pins-close",
    "#gallery-pins-close",
    "#presets input",
    "#data",
    "#clear",
    "[data-help=gan_fork_help]",
    ".ga-mix-chip button",
)
# What halts a training waits until it has two moments to choose from.
HALTS = ("#play-pause", "#play-stop")
NO_MOMENTS = "#play-again:disabled"
# Into empty fields; others get what they hold already.
TYPED = {
    "#direction-name": "longer",
    "#mypreset-name": "mine",
    "#push-repo": "owner/mine",
    "#walk-seeds": "3, 17",
    "[inputmode=numeric]": "3",
}
# Small settings before the first press: a training of digits that Stop ends, a film of a second,
# few samples.
SMALL = {
    "Home": {},
    "Explore": {"#walk-seconds": "1"},
    "Train": {"#presets [value=digits]": "digits", "#seconds": "3600"},
    "Compare": {"#race-seconds": "2"},
    "Lab": {},
    "Gallery": {"#gallery-count": "500"},
    "Evaluate": {"#evaluate-count": None},
    "Hub": {},
}
# What wants others first: two pinned pictures to compare.
BEFORE = {"Explore": ("#pin", "#randomise", "#pin")}
# Controls that are in the DOM and are not reached by pressing, and why.
UNREACHED: dict[str, set[str]] = {
    "Home": set(),
    "Explore": {
        "#make-direction",  # wants marks on several samples: test_directions_page
        "#draw-colour",  # of models in colour
        "#film-cancel", "#picture-cancel",  # on a quick machine it is over before
    },
    "Train": {
        "#chart-whole",  # after a drag over a chart
        "#runs-show-more",  # with more runs than a page holds
        "#averaging",  # with several moments kept: test_averaging_page
        "#fork-cancel",  # once weights have been saved, which a slow machine has not by then
    },
    "Lab": {
        "#lab-select",  # on a phone: test_lab_page
        "#play-step-both",  # of a flow under way: test_playground_page
        "#lab-next",  # the last lesson, to which the list has led by then, has none
    },
    "Gallery": {  # with nothing on the shelf yet: test_shelf_page
        f"#gallery-pins-{name}"
        for name in ["sheet", "save", "name", "open", "compare", "png", "delete", "close", "other"]
    },
    "Evaluate": {"#evaluate-stop"},  # on a quick machine it is over before
    "Hub": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app of its own: what is pressed here deletes, trains and pulls."""
    folder = tmp_path_factory.mktemp("every-control")
    (folder / "runs").mkdir()
    add_model(folder / "runs", "tiny", resolution=8, channels=1, z_dim=16, classes=10, family="mlp")
    with (
        hub_server() as hub,
        serving(
            folder / "runs", HF_ENDPOINT=hub.url, HF_HOME=str(folder / "hf"),
            HF_HUB_CACHE=str(folder / "hf" / "hub"), HF_HUB_DISABLE_XET="1",
            HF_HUB_DISABLE_TELEMETRY="1", HF_TOKEN=OWNER_TOKEN, NO_PROXY="127.0.0.1",
            no_proxy="127.0.0.1",
        ) as url,
    ):  # fmt: skip
        hub.tokens[OWNER_TOKEN] = "owner"
        yield url


ENDS = ("script", "fetch", "xhr")
PAINTED = ("/_gan/latent?", "/_gan/latents/batch?")


def ends(request: Request) -> bool:
    """Whether a press waits for it: pictures of a walk that plays have no end."""
    return request.resource_type in ENDS and not any(path in request.url for path in PAINTED)


class Traffic:
    """What the page asked for in vain, and what no number was in."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.faults: list[str] = []
        self.pressing = ""  # the control that is being pressed
        self.coming = 0  # scripts and answers on their way; streams have no end
        page.on("request", self._request)
        page.on("requestfinished", self._over)
        page.on("requestfailed", self._over)
        page.on("response", self._response)
        page.on("filechooser", lambda chooser: chooser.set_files(wanted_by(chooser, pictures)))
        page.on("download", lambda download: download.cancel())
        page.on("dialog", lambda dialog: dialog.accept())

    def add(self, fault: str) -> None:
        self.faults.append(f"{self.pressing}: {fault}")

    def _over(self, request: Request) -> None:
        self.coming -= ends(request)

    def _request(self, request: Request) -> None:
        self.coming += ends(request)
        if any(word in request.url for word in ("NaN", "undefined", "%5Bobject")):
            self.add(f"asked for {request.url}")
        if nonsense(request):
            self.add(f"sent a NaN to {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.add(f"{response.status} from {response.url}")


# what is sent there is pixels, a file, or latents beside nothing else
LATENTS = (
    "/_gan/latent?",
    "/_gan/latents/batch?",
    "/_gan/film?",
    "/_gan/inside?",
    "/_gan/neighbours?",
)


def nonsense(request: Request) -> bool:
    """Whether a request's body holds something that is no number."""
    body = request.post_data_buffer if request.method == "POST" else None
    if not body:
        return False
    if any(path in request.url for path in LATENTS):
        return not np.isfinite(np.frombuffer(body[: len(body) // 4 * 4], "<f4")).all()
    return b"NaN" in body or b"undefined" in body


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures to upload, enough for a set of one's own."""
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for i in range(24):
        Image.fromarray(draw.integers(0, 256, (32, 32, 3)).astype(np.uint8)).save(
            folder / f"{i}.png"
        )
    return folder


def wanted_by(chooser: FileChooser, pictures: Path) -> Path | list[Path]:
    """What a dialog for files may take: the folder, all of its pictures, or one of them."""
    if chooser.element.get_attribute("webkitdirectory") is not None:
        return pictures
    if ".json" in (chooser.element.get_attribute("accept") or ""):
        return []
    files = sorted(pictures.iterdir())
    return files if chooser.is_multiple() else files[:1]


def press_all(page: Page, traffic: Traffic, root: str, tab: str | None) -> set[str]:
    """Press what there is under `root`; what of it with a name could not be reached."""
    page.evaluate(SCRIPT)
    missed: set[str] = set()
    for opens_s in OPENS_S:
        press_until_calm(page, traffic, root, tab, opens_s)
        missed = set(page.evaluate(f"window.pressing.missed({root}, {{skip: {[*SKIP]}}})"))
        if not (missed := missed - UNREACHED.get(tab, set())):
            break
        page.evaluate("window.pressing.openAgain()")
    return missed


def press_until_calm(
    page: Page, traffic: Traffic, root: str, tab: str | None, opens_s: float
) -> None:
    """Press what there is under `root` until nothing new has come for a while."""
    rules = {"skip": [*SKIP], "once": [*ONCE], "whole": [*WHOLE], "late": [*LATE], "last": [*LAST]}
    calm_since = pressed_at = time.monotonic()
    while time.monotonic() - calm_since < CALM_S + opens_s:
        if tab is not None:
            return_to(page, tab)
        found = page.evaluate_handle(f"(rules) => window.pressing.next({root}, rules)", rules)
        what = found.evaluate("(f) => f && [f.key, f.option, f.rank]")
        key, option, rank = what or (None, None, 9)
        waited = time.monotonic() - pressed_at
        if (rank > 0 or key in HALTS) and waited < BUSY_S:
            if is_busy(page, root, key):
                calm_since = time.monotonic()
                page.wait_for_timeout(100)
                continue
            if traffic.coming > 0 and waited < LOADS_S:
                calm_since = time.monotonic()
                page.wait_for_timeout(40)
                continue
        if key is None and page.evaluate("window.pressing.dialog() !== null"):
            page.keyboard.press("Escape")
            page.wait_for_timeout(100)
            continue
        if key is None or (rank and waited < opens_s):
            page.wait_for_timeout(40)
            continue
        found.evaluate("(f) => window.pressing.take(f)")
        traffic.pressing = key
        element = found.evaluate_handle("(f) => f.element").as_element()
        refused = press(page, element, option)
        if refused and found.evaluate("(f) => window.pressing.giveBack(f)"):
            traffic.add(f"it is there and cannot be clicked: {refused}")
            found.evaluate("(f) => window.pressing.take(f)")
        if text := page.evaluate("window.pressing.spoilt()"):
            traffic.add(f"the page says {text!r}")
        calm_since = pressed_at = time.monotonic()


def is_busy(page: Page, root: str, key: str | None) -> bool:
    """Whether something is under way whose end will show more to press."""
    if key in HALTS and page.locator(NO_MOMENTS).count():
        return True
    return bool(page.evaluate(f"window.pressing.busy({root})"))


def press(page: Page, element: ElementHandle, option: str | None) -> str | None:
    """Why it could not be done, or None."""
    tag, kind, role = element.evaluate("(e) => [e.tagName, e.type ?? '', e.role]")
    by_mouse = tag in ("BUTTON", "SUMMARY", "CANVAS") or kind in ("checkbox", "radio")
    if by_mouse:
        if refused := click(page, element):
            return refused
    elif role == "slider":  # of our own: moved by its keys
        element.focus()
        page.keyboard.press("ArrowRight")
    else:
        element.evaluate(
            "(e, [option, typed]) => window.pressing.change(e, option, typed)", [option, TYPED]
        )
    if tag == "CANVAS":
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    page.wait_for_timeout(30)
    if page.locator(".ga-cover, .ga-tour").count():
        page.keyboard.press("Escape")
    return None


def click(page: Page, element: ElementHandle) -> str | None:
    """Why it could not be clicked, or None.

    Playwright wants an element to stand still for two frames. What moves with every report of a
    training does not on a busy machine, so what lies at its centre is asked for and clicked in one
    go then, after Escape has closed what an earlier press may have opened over it.
    A choice that only a screen reader finds is made by its label.
    """
    shown = element.evaluate_handle("(e) => e.matches('.ga-sr') ? e.closest('label') ?? e : e")
    try:
        return shown.as_element().click(timeout=PRESS_MS)
    except Error:
        page.keyboard.press("Escape")
        return element.evaluate("(e) => window.pressing.clickNow(e)")


def return_to(page: Page, tab: str) -> None:
    """Some buttons lead to another tab."""
    selected = page.locator("[role=tab][aria-selected=true]").first
    if selected.inner_text().strip() != tab:
        visit_tab(page, tab)


def make_small(page: Page, tab: str) -> None:
    for selector, value in SMALL[tab].items():
        page.evaluate(
            """([selector, value]) => { const e = document.querySelector(selector);
            if (!e) return; e.value = value ?? e.options[0].value;
            if (e.type === 'radio') e.checked = true;
            for (const n of ['input', 'change'])
              e.dispatchEvent(new Event(n, {bubbles: true})); }""",
            [selector, value],
        )


def wait_for_races(page: Page) -> None:
    """A first try that failed may have left a race under way, and another would be refused."""
    page.wait_for_function("fetch('/_gan/race').then((r) => r.json()).then((race) => !race.id)")


@pytest.mark.parametrize("tab", SMALL)
def test_every_control_can_be_pressed_and_nothing_complains(open_page, pictures, tab: str):
    page = open_page()
    wait_for_races(page)
    traffic = Traffic(page, pictures)
    visit_tab(page, tab)
    page.wait_for_timeout(500)
    make_small(page, tab)
    for selector in BEFORE.get(tab, ()):
        page.click(selector)
    missed = press_all(page, traffic, PANEL, tab)
    assert traffic.faults == []
    assert missed == set()
    assert page.evaluate("window.pressing.count()") >= (6 if tab == "Home" else 10)


def test_every_control_of_the_header_can_be_pressed_and_nothing_complains(open_page, pictures):
    page = open_page()
    traffic = Traffic(page, pictures)
    press_all(page, traffic, HEADER, None)
    assert page.evaluate("window.pressing.count()") >= 2
    for control in ("#theme-toggle", "#theme-toggle", "#language-zh", "#language-en"):
        traffic.pressing = control
        page.click(control)
        assert not page.evaluate("window.pressing.spoilt()")
    assert traffic.faults == []
