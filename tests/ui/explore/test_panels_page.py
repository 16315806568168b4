"""The panels under the latent board in a real Chromium."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests.ui.acting import PIXELS, open_tab, picture_after, settle
from tests.ui.conftest import PATIENCE_MS

DROP = """([coded, name, type]) => {
    const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name, {type}));
    document.body.dispatchEvent(new DragEvent('drop', {
        bubbles: true, cancelable: true, dataTransfer: files}));
}"""
RESULT = "document.querySelector('#mix-result').toDataURL()"
WAITING = "document.querySelector('.ga-map-box.is-waiting')"


class Held:
    """Requests that are kept from the server until they are released."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.holds, self.routes = page, True, list[Route]()
        page.route(pattern, self._meet)

    def _meet(self, route: Route) -> None:
        if self.holds:
            self.routes.append(route)
        else:
            route.continue_()

    def wait_for(self, wanted: Callable[[Request], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not any(wanted(route.request) for route in self.routes):
            assert time.monotonic() < deadline, "it was never asked for"
            self.page.wait_for_timeout(20)

    def release(self) -> None:
        self.holds = False
        for route in self.routes:
            route.continue_()


def is_of_one(request: Request) -> bool:
    """Whether a batch is of one point of `fashion`: z and a weight for each class, as float32."""
    body = request.post_data_buffer
    return "latents/batch" in request.url and body is not None and len(body) == 4 * (64 + 10)


def test_a_walk_is_begun_scrubbed_stayed_at_and_saved(page: Page):
    page.click("#open-walk")
    expect(page.locator("#walk-play")).to_be_disabled()
    page.get_by_role("button", name="Begin with four").click()
    expect(page.locator(".ga-keys li")).to_have_count(4)
    expect(page.locator("#walk-play")).to_have_accessible_name("Pause")  # it has begun
    before, after = picture_after(page, lambda: page.locator("#walk-scrubber").fill("0.4"))
    assert before != after
    page.click("#walk-use")
    expect(page.locator("#walk-use")).to_be_disabled()
    page.wait_for_function(f"(wanted) => {PIXELS} === wanted", arg=after)
    page.locator(".ga-keys li").first.get_by_role("button", name="Remove").click()
    expect(page.locator(".ga-keys li")).to_have_count(3)
    page.locator("#walk-seconds").fill("1")
    with page.expect_download() as download:
        page.click("#film-make")
    assert download.value.suggested_filename == "fashion-walk-24-frames-224x224.webp"
    page.click("#open-walk")
    expect(page.locator("#panel-walk")).to_be_hidden()


def test_a_mix_is_painted_and_used_and_can_be_undone(page: Page):
    first = page.evaluate(PIXELS)
    page.click("#open-mix")
    expect(page.locator("#mix-use")).to_be_enabled()
    # B and C were picked so that the result is another picture than A
    shown = "(id) => document.querySelector(id).toDataURL()"
    own = page.evaluate(shown, ".ga-mix-slot canvas")
    page.wait_for_function(f"(own) => ({shown})('#mix-result') !== own", arg=own)
    seed = page.locator("#mix-seed-b").input_value()
    page.fill("#mix-seed-b", "-3")
    page.press("#mix-seed-b", "Tab")
    expect(page.locator("#mix-seed-b-wrong")).to_contain_text("whole number from 0 to 2147483647")
    page.fill("#mix-seed-b", seed)
    page.press("#mix-seed-b", "Tab")
    expect(page.locator("#mix-seed-b-wrong")).to_be_hidden()
    _, mixed = picture_after(page, lambda: page.locator("#mix-amount-c").fill("1.5"))
    assert mixed != first
    page.click("#mix-use")
    page.wait_for_function(f"(wanted) => {PIXELS} === wanted", arg=mixed)
    assert picture_after(page, lambda: page.click("#undo"))[1] == first


@pytest.mark.painted_by("server")
def test_a_late_answer_is_not_the_result_of_a_mix_any_more(page: Page):
    page.click("#open-mix")
    # whose pictures are there, so that what is asked for next is of another amount
    page.wait_for_function(
        "[...document.querySelectorAll('.ga-mix canvas')].every((c) => c.width > 1)"
    )
    settle(page)
    result, before = page.locator("#mix-result"), page.evaluate(RESULT)
    late = Held(page, "**/_gan/latents/batch?*")
    page.locator("#mix-amount-c").fill("0")
    late.wait_for(is_of_one)
    late.holds = False
    page.locator("#mix-amount-c").fill("1.5")
    page.wait_for_function(f"(before) => {RESULT} !== before", arg=before)
    newest = page.evaluate(RESULT)
    with page.expect_response(lambda reply: is_of_one(reply.request)):
        late.release()
    result.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate(RESULT) == newest


@pytest.mark.painted_by("server")
def test_a_mix_that_is_opened_before_the_first_point_fills_itself(open_page):
    page = open_page("/#tab=lab", landing="lab")
    held = Held(page, "**/_gan/latents?*")
    with page.expect_request("**/_gan/latents?*"):
        page.get_by_role("tab", name="Explore").click()
    page.click("#open-mix")
    expect(page.locator("#mix-seed-a")).to_be_visible()
    held.release()
    expect(page.locator("#mix-use")).to_be_enabled()
    page.wait_for_function("document.querySelector('#mix-result').width > 1")


def test_undo_reaches_what_is_mixed(page: Page):
    page.click("#open-mix")
    expect(page.locator("#mix-use")).to_be_enabled()
    trio = "['a', 'b', 'c'].map((n) => document.querySelector(`#mix-seed-${n}`).value).join()"
    amount, length = page.locator("#mix-amount-c"), page.locator("#mix-length")

    def after(act) -> str:
        """The seeds once `act` has changed them."""
        before = page.evaluate(trio)
        act()
        page.wait_for_function(f"(before) => {trio} !== before", arg=before)
        return page.evaluate(trio)

    first = page.evaluate(trio)
    second = after(lambda: page.click("#mix-chance-b"))
    amount.fill("1.5")
    length.uncheck()
    again = page.locator("#mix-again")
    third = after(again.click)  # A is another at once, B and C are found for it
    page.wait_for_function(
        f"([before, b, c]) => {trio} !== before && {trio}.split(',')[1] !== b && "
        f"{trio}.split(',')[2] !== c",
        arg=[second, *second.split(",")[1:]],
    )
    third = page.evaluate(trio)
    settle(page)

    assert after(lambda: page.click("#undo")) == second  # one press, one step
    length.press("Control+z")  # a box is no field in which text is undone
    expect(length).to_be_checked()
    page.click("#open-mix")
    expect(page.locator("#panel-mix")).to_be_hidden()
    page.click("#undo")
    expect(page.locator("#panel-mix")).to_be_visible()  # what is undone is seen
    expect(amount).to_have_value("1")
    assert after(lambda: page.click("#undo")) == first
    expect(page.locator("#undo")).to_be_disabled()  # the first trio was nobody's doing
    assert after(lambda: page.click("#redo")) == second
    page.click("#redo")
    expect(amount).to_have_value("1.5")
    page.click("#redo")
    expect(length).not_to_be_checked()
    assert after(lambda: page.click("#redo")) == third


def test_the_map_is_walked_with_the_keyboard_and_a_cell_of_the_grid_is_gone_to(page: Page):
    page.click("#open-map")
    page.wait_for_function(f"document.querySelector('#map-canvas') && !{WAITING}")
    page.focus("#map-canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".ga-map-tip")).to_contain_text("seed")
    before, after = picture_after(page, lambda: page.keyboard.press("Enter"))
    assert before != after
    page.click("#map-show-grid")
    expect(page.locator("#grid-cells button")).to_have_count(49)
    before, after = picture_after(page, lambda: page.locator("#grid-cells button").first.click())
    assert before != after


def test_a_picture_is_uploaded_found_and_used(page: Page):
    buffer = io.BytesIO()
    Image.new("L", (40, 40), 120).save(buffer, "PNG")
    page.click("#open-picture")
    expect(page.locator("#picture-find")).to_be_disabled()
    expect(page.locator(".ga-picture-mine")).to_contain_text("GIF, TIFF, or AVIF, at most 100 MB")
    page.select_option("#picture-effort", "quick")
    file = {"name": "grey.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.set_input_files("#picture-file", file)
    expect(page.locator("#picture-use")).to_be_visible()
    before, after = picture_after(page, lambda: page.click("#picture-use"))
    assert before != after


def test_a_picture_dropped_anywhere_is_looked_for(page: Page):
    """One that this app did not save has nothing to open again, and is what one wants to see."""
    buffer = io.BytesIO()
    Image.new("L", (40, 40), 120).save(buffer, "PNG")
    open_tab(page, "Evaluate")
    page.evaluate(DROP, [base64.b64encode(buffer.getvalue()).decode(), "photo.png", "image/png"])
    expect(page.locator("#panel-picture")).to_be_visible()
    expect(page.locator("#picture-use")).to_be_visible()
    page.evaluate(DROP, [base64.b64encode(b"text").decode(), "list.txt", "text/plain"])
    expect(page.locator("#drop-note")).to_contain_text("drop a picture")
    open_tab(page, "Gallery")
    expect(page.locator("#drop-note")).to_be_empty()


def test_the_inside_follows_the_point_and_speaks_both_languages(page: Page):
    held: list[Route] = []
    page.route("**/_gan/inside?*", lambda route: held.append(route))
    page.click("#open-inside")
    expect(page.locator("#inside-score")).to_be_attached()
    expect(page.locator("#inside-pull")).to_be_hidden()  # nothing is tinted yet
    for route in held:
        route.continue_()
    page.unroute("**/_gan/inside?*")
    expect(page.locator("#inside-pull")).to_be_visible()
    expect(page.locator("#inside-layers figure")).to_have_count(4)
    first = page.locator("#inside-score").inner_text()
    page.click("#randomise")
    expect(page.locator("#inside-score")).not_to_have_text(first)
    page.click("#language-zh")
    expect(page.locator("#open-inside")).to_have_text("看内部")
    expect(page.locator("#inside-score")).to_contain_text("得分")
