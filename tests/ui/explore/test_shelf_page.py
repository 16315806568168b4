"""The shelf, named directions and the pad in a real Chromium."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import (
    PIXELS,
    begin_painting,
    drag_to,
    linked,
    open_part,
    picture_after,
    settle,
)

pytestmark = pytest.mark.painted_by("server")
ITEMS = "#pins-list .ga-pins-item"
# a server that keeps nothing of visitors
PUBLIC = (
    "Object.defineProperty(window, 'GAN', { get: () => window.held, "
    "set: (data) => { window.held = { ...data, local: false }; } });"
)


def ready(page: Page) -> Page:
    expect(page.locator(".direction-slider").first).to_be_visible()
    settle(page)
    return page


def names(page: Page) -> list[str]:
    return page.locator(f"{ITEMS} span").all_inner_texts()


def pin(page: Page, count: int) -> None:
    page.locator("#pin").press("k")
    expect(page.locator(ITEMS)).to_have_count(count)


@pytest.fixture
def board(page: Page) -> Page:
    """With two pins, the second one made of the first; each picture is the other's other."""
    ready(page)
    pin(page, 1)
    picture_after(page, lambda: drag_to(page, ".direction-slider", 1.2, index=1))
    pin(page, 2)
    assert names(page) == ["Ankle boot 2", "Ankle boot 1"]
    return page


def test_pins_outlive_a_reload_and_know_where_they_came_from(board: Page):
    moved = board.evaluate(PIXELS)
    direction = board.locator(".ga-direction-name").nth(1).inner_text()
    board.locator(ITEMS).first.click()
    expect(board.locator("#pins-origin")).to_have_text(f"Ankle boot 1 + 1.2 {direction}")
    settings = f"seed 42 · Ankle boot · ψ 1.00 · {direction} +1.20 σ"
    expect(board.locator("#pins-settings")).to_have_text(settings)
    open_part(board, "mutate")
    picture_after(board, lambda: board.locator(".ga-neighbour").first.click())
    pin(board, 3)
    board.fill("#pins-name", "heeled <b>")
    board.locator("#pins-name").press("Enter")
    expect(board.locator(ITEMS).nth(1)).to_have_text("heeled <b>")
    board.reload()
    ready(board)
    assert names(board) == ["Ankle boot 3", "heeled <b>", "Ankle boot 1"]
    board.locator(ITEMS).first.click()
    expect(board.locator("#pins-origin")).to_have_text("Mutated from heeled <b>")
    board.locator("#pins-family button").click()  # to its parent
    expect(board.locator("#pins-name")).to_have_value("heeled <b>")
    expect(board.locator("#pins-family button")).to_have_text(["Ankle boot 1", "Ankle boot 3"])
    before, opened = picture_after(board, lambda: board.click("#pins-open"))
    assert opened == moved
    expect(board.locator(".direction-slider").nth(1)).to_have_value("1.2")
    assert picture_after(board, lambda: board.click("#undo"))[1] == before


def test_undo_reaches_pins_names_and_models(board: Page):
    board.locator(ITEMS).first.click()
    board.fill("#pins-name", "mine")
    board.locator("#pins-name").press("Enter")
    board.keyboard.press("Delete")
    expect(board.locator(ITEMS)).to_have_text(["Ankle boot 1"])
    picture_after(board, lambda: board.select_option("#model-select", "emoji"))
    _, back = picture_after(board, lambda: board.click("#undo"))
    expect(board.locator("#model-select")).to_have_value("fashion")
    expect(board.locator(".direction-slider").nth(1)).to_have_value("1.2")
    for expected in (["mine", "Ankle boot 1"], ["Ankle boot 2", "Ankle boot 1"], ["Ankle boot 1"]):
        board.click("#undo")
        expect(board.locator(ITEMS)).to_have_text(expected)
    assert board.evaluate(PIXELS) == back  # none of these moved the point
    for expected in (["Ankle boot 2", "Ankle boot 1"], ["mine", "Ankle boot 1"], ["Ankle boot 1"]):
        board.click("#redo")
        expect(board.locator(ITEMS)).to_have_text(expected)


def test_a_saved_shelf_is_the_same_elsewhere_and_a_bad_one_changes_nothing(
    board: Page, open_page, tmp_path: Path
):
    wanted = board.evaluate(PIXELS)
    with board.expect_download() as saving:
        board.click("#pins-save")
    path = tmp_path / "shelf.json"
    saving.value.save_as(path)
    with board.expect_download() as saving:
        board.click("#pins-sheet")
    sheet = saving.value.path().read_text("utf-8")
    for part in (
        "Ankle boot 2",
        "Ankle boot 1 + 1.2",
        "seed 42 · Ankle boot",
        "fashion",
        "data:image",
    ):
        assert part in sheet, part

    other = ready(open_page())
    whole = json.loads(path.read_text("utf-8"))
    gone = whole["pins"][0] | {"id": "f00d", "name": "lost", "ref": "run:gone", "model": "gone"}
    path.write_text(json.dumps(whole | {"pins": [*whole["pins"], gone]}))
    other.set_input_files("#pins-file", path)
    expect(other.locator(ITEMS)).to_have_text(["lost", "Ankle boot 2", "Ankle boot 1"])
    expect(other.locator("#pins-says")).to_contain_text("1 of them are of models that are not here")
    other.locator(ITEMS).nth(1).click()
    assert picture_after(other, lambda: other.click("#pins-open"))[1] == wanted
    other.locator(ITEMS).first.click()
    expect(other.locator("#pins-pin")).to_contain_text("Its model, gone, is not here")
    expect(other.locator("#pins-open")).to_be_disabled()

    image = whole["pins"][0] | {"id": "bad", "picture": "data:image/svg+xml;base64,PHN2Zz4="}
    for content, sentence in (
        ("{" * 9, "no saved shelf"),
        (json.dumps({"format": "gan-shelf/2", "pins": []}), "another version"),
        (json.dumps(whole | {"pins": [image]}), "no saved shelf"),
        (json.dumps(whole | {"pins": [gone] * 501}), "500 samples"),
        (" " * (17 * 2**20), "16 MB"),
    ):
        path.write_text(content)
        other.set_input_files("#pins-file", path)
        expect(other.locator("#pins-says")).to_contain_text(sentence)
    other.evaluate(
        """() => { const { setItem } = Storage.prototype;
        Storage.prototype.setItem = function (key, value) {
          if (key === "gan-shelf") throw new DOMException("", "QuotaExceededError");
          return setItem.call(this, key, value); }; }"""
    )
    picture_after(other, lambda: other.click("#randomise"))
    other.click("#pin")
    expect(other.locator("#pins-says")).to_contain_text("no room")
    expect(other.locator(ITEMS)).to_have_text(["lost", "Ankle boot 2", "Ankle boot 1"])


def test_a_and_b_are_shown_and_the_way_between_them_is_played_and_pinned(board: Page):
    b = board.evaluate(PIXELS)
    a = picture_after(board, lambda: board.click("#reset"))[1]
    picture_after(board, lambda: board.click("#randomise"))
    now = board.evaluate(PIXELS)
    board.locator(ITEMS).last.click()
    board.click("#pins-compare")
    board.select_option("#pins-other", label=names(board)[0])
    assert picture_after(board, lambda: board.click("#pins-show-a"))[1] == a
    assert picture_after(board, lambda: board.click("#pins-show-b"))[1] == b
    board.locator("#pins-show-a").hover()
    picture_after(board, board.mouse.down)
    board.wait_for_timeout(400)  # held: B comes back with the finger
    assert picture_after(board, board.mouse.up)[1] == b
    assert picture_after(board, lambda: board.press("#pins-show-b", "Enter"))[1] == now
    half = picture_after(board, lambda: drag_to(board, "#pins-way", 0.5))[1]
    assert half not in (a, b, now)
    count = board.locator(ITEMS).count()
    board.click("#pin")
    expect(board.locator(ITEMS)).to_have_count(count + 1)
    board.locator(ITEMS).first.click()
    expect(board.locator("#pins-origin")).to_contain_text("Between Ankle boot 1 and")
    assert picture_after(board, lambda: board.click("#pins-open"))[1] == half
    board.click("#pins-compare")
    begin_painting(board, lambda: board.click("#pins-morph"))
    board.click("#pins-morph")
    board.click("#pins-film")
    expect(board.locator("#panel-walk .ga-key-shot")).to_have_count(2)


def test_a_direction_is_renamed_and_its_name_goes_with_the_link(open_page):
    def visit(address: str) -> Page:
        page = open_page("/#tab=welcome", landing="welcome", locale="en-US")
        page.add_init_script(PUBLIC)
        root = page.url.split("/#")[0]
        page.goto("about:blank")
        page.goto(root + address)
        return ready(page)

    page = visit("/#tab=explore&model=fashion")
    before = page.locator(".ga-direction-name").first.inner_text()
    page.locator(".ga-direction-name").first.click()
    page.keyboard.type("heel: height, 1 %")
    page.keyboard.press("Enter")
    first = page.locator(".ga-direction-name").first
    expect(first).to_have_text("heel: height, 1 %")
    page.click("#undo")
    expect(first).to_have_text(before)
    page.click("#redo")
    expect(first).to_have_text("heel: height, 1 %")
    page.reload()
    expect(page.locator(".ga-direction-name").first).to_have_text("heel: height, 1 %")
    page.wait_for_function("location.hash.includes('names=')")
    fresh = visit(linked(page))
    expect(fresh.locator(".ga-direction-name").first).to_have_text("heel: height, 1 %")
    fresh.locator(".ga-direction-name").first.click()
    fresh.keyboard.press("Delete")
    fresh.keyboard.press("Enter")
    expect(fresh.locator(".ga-direction-name").first).to_have_text(before)


def test_on_ones_own_machine_the_name_is_kept_with_the_model(
    open_page, runs_dir: Path, tiny_run: Path
):
    shutil.rmtree(runs_dir / "tiny", ignore_errors=True)
    shutil.copytree(tiny_run, runs_dir / "tiny")
    page = ready(open_page("/#model=run:tiny"))
    page.click("[data-kind=pca]")
    page.locator(".ga-direction-name").first.click()
    page.keyboard.type("darker")
    page.keyboard.press("Enter")
    expect(page.locator(".ga-direction-name").first).to_have_text("darker")
    other = ready(open_page("/#model=run:tiny"))
    other.click("[data-kind=pca]")
    expect(other.locator(".ga-direction-name").first).to_have_text("darker")
    (entry,) = json.loads((runs_dir / "tiny" / "directions.json").read_text())["directions"]
    assert (entry["name"], entry["kind"]) == ("darker", "pca")


def test_the_pad_moves_two_directions_by_pointer_and_by_keys(page: Page):
    ready(page)
    open_part(page, "pad")
    dot = page.locator("#pad-dot")
    across, up = (
        page.locator(f"#pad-{axis} option:checked").inner_text() for axis in ("across", "up")
    )
    sliders = [page.get_by_role("slider", name=name, exact=True) for name in (across, up)]
    box = page.locator("#pad-area").bounding_box()
    assert box

    def drag() -> None:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
        page.mouse.up()

    before, after = picture_after(page, drag)
    assert before != after
    for slider in sliders:
        assert abs(float(slider.input_value()) - 1.5) < 0.05
    assert picture_after(page, lambda: page.click("#undo"))[1] == before  # one drag, one step
    dot.focus()
    picture_after(page, lambda: page.keyboard.press("ArrowRight"))
    picture_after(page, lambda: page.keyboard.press("Shift+ArrowDown"))
    expect(sliders[0]).to_have_value("0.1")
    expect(sliders[1]).to_have_value("-0.01")
    expect(dot).to_have_attribute(
        "aria-valuetext", f"{across} +0.10, {up} −0.01 standard deviations"
    )
    assert picture_after(page, lambda: page.click("#pad-middle"))[1] == before


def test_a_sample_of_the_gallery_lands_on_the_shelf_of_explore(page: Page):
    ready(page)
    page.get_by_role("tab", name="Gallery").click()
    page.locator(".ga-tile").nth(3).press("p")
    page.click("#open-pins")
    item = page.locator("#gallery-pins-list .ga-pins-item")
    expect(item).to_have_count(1)
    item.click()
    expect(page.locator("#gallery-pins-origin")).to_have_text("From the gallery, seed 3")
    picture_after(page, lambda: page.click("#gallery-pins-open"))
    expect(page.locator("#seed")).to_have_value("3")
    expect(page.locator("#pin")).to_have_text("On the shelf")
    expect(page.locator(ITEMS)).to_have_count(1)


def test_what_cannot_be_read_is_set_aside_and_the_sound_pictures_stay(page: Page, tmp_path: Path):
    ready(page)
    pin(page, 1)
    whole = json.loads(page.evaluate("localStorage.getItem('gan-shelf')"))
    mine = whole["pins"][0]
    bad = [mine | {"id": "b", "picture": 5}, {"id": "c"}, None, 7, mine | {"id": "d", "made": "x"}]
    text = json.dumps(whole | {"pins": [mine | {"id": "e", "name": "<b>x</b>"}, *bad, mine]})
    page.evaluate("(text) => localStorage.setItem('gan-shelf', text)", text)
    page.reload()
    ready(page)
    assert names(page) == ["Ankle boot 1", "<b>x</b>"]
    unread = page.locator("#pins-unread")
    expect(unread).to_contain_text("cannot be read")
    with page.expect_download() as saving:
        unread.get_by_role("button", name="Save it as a file").click()
    assert json.loads(saving.value.path().read_text("utf-8")) == json.loads(text)
    page.reload()  # until it is given up
    ready(page)
    unread.get_by_role("button", name="Forget it").click()
    expect(unread).to_be_hidden()
    page.reload()
    ready(page)
    expect(unread).to_be_hidden()
    assert names(page) == ["Ankle boot 1", "<b>x</b>"]


def test_a_browser_that_keeps_nothing_has_a_shelf_until_the_page_is_closed(open_page):
    page = open_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new DOMException('', 'SecurityError'); } })"
    )
    page.reload()
    ready(page)
    page.dblclick("#pin")  # two clicks, one picture
    expect(page.locator("#pins")).to_contain_text("lasts until this page is closed")
    picture_after(page, lambda: page.click("#randomise"))
    pin(page, 2)
    with page.expect_download() as saving:
        page.click("#pins-save")
    assert len(json.loads(saving.value.path().read_text("utf-8"))["pins"]) == 2


def test_undo_reaches_locks(page: Page):
    ready(page)
    lock = page.locator("[data-act=lock]").first
    lock.click()
    expect(lock).to_have_attribute("aria-pressed", "true")
    page.click("#undo")
    expect(lock).to_have_attribute("aria-pressed", "false")
    page.click("#redo")
    expect(lock).to_have_attribute("aria-pressed", "true")
