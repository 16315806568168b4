"""Presentation: the picture or the live grid on the whole screen, driven by keys.

Its QR code is read off the screen by a library that did not draw it.
"""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.ui.acting import choose_preset, visit_tab

COVER = ".ga-cover"
CODE = ".ga-present-code canvas"
# the smallest type of what is said, in px
TYPE = """() => Math.min(...[...document.querySelectorAll('.ga-cover *')].filter((e) =>
  e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""


def step_of(page: Page, place: int) -> str:
    return page.locator(".ga-direction output").nth(place).inner_text()


def read_code(page: Page, link: str) -> str:
    """What a phone reads off the screen, once the code of `link` is there."""
    page.wait_for_function(
        f"(link) => {{ const c = document.querySelector('{CODE}');"
        "return c.clientWidth && c.dataset.link === link; }",
        arg=link,
    )
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert len(codes) == 1
    return codes[0].text


def test_the_picture_is_shown_by_keys(open_page):
    page = open_page(viewport={"width": 1280, "height": 800})
    expect(page.locator(".direction-slider").first).to_be_visible()
    names = page.locator(".ga-direction-name").all_inner_texts()
    page.keyboard.press("p")  # outside the board it is nobody's
    expect(page.locator(COVER)).to_have_count(0)
    page.locator(".direction-slider").first.press("p")  # as after a drag
    expect(page.locator(COVER)).to_be_visible()
    expect(page.locator(".ga-present-title")).to_have_text("fashion")
    expect(page.locator(".ga-present-sub")).to_have_text("Ankle boot · seed 42")
    picture = page.locator(".ga-present-stage canvas").bounding_box()
    assert picture["height"] >= 0.7 * 800
    assert page.evaluate(TYPE) >= 24

    # arrows move along the two strongest directions, there and back
    hints = page.locator(".ga-present-keys").inner_text()
    assert all(name in hints for name in names[:2])
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert [step_of(page, i) for i in (0, 1)] == ["+0.20 σ", "+0.20 σ"]

    before = page.evaluate("location.hash")
    page.keyboard.press(" ")
    page.wait_for_function("(old) => location.hash !== old", arg=before)
    page.keyboard.press("q")  # and what the code holds opens this very picture
    assert read_code(page, page.url) == page.url
    side = page.locator(".ga-present-side")
    assert side.evaluate("(e) => e.scrollHeight - e.clientHeight") <= 1  # all of it is in sight
    page.keyboard.press("r")  # it follows the picture
    page.wait_for_function("(old) => location.href !== old", arg=page.url)
    assert read_code(page, page.url) == page.url
    page.keyboard.press("q")
    expect(page.locator(CODE)).to_be_hidden()

    page.keyboard.press("n")
    expect(page.locator(".ga-present-title")).not_to_have_text("fashion")
    page.keyboard.press("Escape")
    expect(page.locator(COVER)).to_have_count(0)
    assert page.evaluate("document.fullscreenElement") is None
    page.click("#present")  # by buttons, without a keyboard
    expect(page.locator(COVER)).to_be_visible()
    page.get_by_role("button", name="Esc Close").click()
    expect(page.locator(COVER)).to_have_count(0)
    expect(page.locator("#present")).to_be_focused()
    page.locator("#seed").press("p")  # typed, not meant
    expect(page.locator(COVER)).to_have_count(0)


def test_a_training_is_presented_started_and_stopped_where_full_screen_is_refused(open_page):
    page = open_page(viewport={"width": 1280, "height": 800})
    page.evaluate("() => { Element.prototype.requestFullscreen = () => Promise.reject(Error()); }")
    visit_tab(page, "Train")
    choose_preset(page, "digits")
    page.fill("#seconds", "120")
    page.click("#present-training")
    expect(page.locator(COVER)).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".ga-present-sub")).to_contain_text("Running")
    page.wait_for_function("document.querySelector('.ga-present-stage canvas').width > 560")
    grid = page.locator(".ga-present-stage canvas").bounding_box()
    assert grid["height"] >= 0.7 * 800
    assert page.evaluate(TYPE) >= 24
    page.keyboard.press("q")
    link = f"{page.url.split('#')[0]}#tab=train&run={page.locator('#run-select').input_value()}"
    assert read_code(page, link) == link
    expect(page.get_by_role("button", name="S Stop the training")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".ga-present-sub")).to_contain_text("Stopped")
    page.keyboard.press("Escape")
    expect(page.locator(COVER)).to_have_count(0)
    expect(page.locator("#run-state")).to_have_text("Stopped")
