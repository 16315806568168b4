"""The first screen in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import LEVELS, SEQ, open_tab, settle

PAINTED = "Number(document.querySelector('#wall').dataset.painted)"
TILES = "[...document.querySelectorAll('.ga-wall-tile canvas')].map((c) => c.toDataURL())"
TILE_LEVELS = """[...document.querySelectorAll('.ga-wall-tile canvas')].map((c) =>
  [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data])"""


def selected(page: Page, name: str) -> None:
    expect(page.get_by_role("tab", name=name, selected=True)).to_be_visible()


def still(page: Page) -> list[str]:
    """All pictures, once none changes any more."""
    before, now = None, page.evaluate(TILES)
    while before != now:
        page.wait_for_timeout(150)
        before, now = now, page.evaluate(TILES)
    return now


def changed(before: list[str], after: list[str]) -> set[int]:
    return {i for i, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]}


def drag(page: Page, tile: int, by_tiles: float) -> None:
    box = page.locator(".ga-wall-tile").nth(tile).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.3, 0.7, 1):
        page.mouse.move(x + part * by_tiles * box["width"], y - part * 5)
    page.mouse.up()


@pytest.mark.painted_by("browser")
def test_the_wall_moves_a_drag_changes_one_tile_and_a_click_opens_that_picture(open_page):
    page = open_page("/", landing="welcome")
    selected(page, "Home")
    expect(page.locator("#wall-sentence")).to_contain_text("28 minutes")
    page.wait_for_function(
        f"""(() => {{ const now = {TILES}; const first = window.firstTiles ??= now;
        return now.filter((tile, i) => tile !== first[i]).length > first.length / 2; }})()"""
    )
    page.wait_for_selector("#wall[data-engine=browser]")
    asked = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert sum("/_gan/wall" in name for name in asked) == 1  # the early reply is the chosen model's
    here = page.evaluate(PAINTED)
    page.wait_for_function(f"{PAINTED} > {here} + 5")

    page.click("#wall-pause")
    before = still(page)
    drag(page, 4, 0.8)
    page.wait_for_function(f"{TILES}[4] !== '{before[4]}'")
    after = still(page)
    assert changed(before, after) == {4}
    page.locator(".ga-wall-tile").nth(5).focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_function(f"{TILES}[5] !== '{after[5]}'")
    assert changed(after, still(page)) == {5}
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".ga-wall-tile").nth(4)).to_be_focused()

    wanted = page.evaluate(f"{TILE_LEVELS}[4]")
    page.locator(".ga-wall-tile").nth(4).click()
    selected(page, "Explore")
    page.wait_for_function(f"{SEQ} > 0")
    settle(page)
    shown = page.evaluate(LEVELS)
    assert max(abs(a - b) for a, b in zip(shown, wanted, strict=True)) <= 2
    expect(page.locator("#class-select option:checked")).to_have_text("Bag")
    assert "&at=" in page.url
    at_rest = page.evaluate(PAINTED)
    page.wait_for_timeout(400)
    assert page.evaluate(PAINTED) == at_rest  # another tab is open


@pytest.mark.expects_refusal
def test_without_a_runtime_in_the_browser_the_wall_moves_and_can_be_dragged(open_page, regular):
    regular.route("**/*.mjs", lambda route: route.abort())
    try:
        page = open_page("/", landing="welcome")
        page.wait_for_function(f"{PAINTED} > 3")
        page.wait_for_timeout(1500)  # by then it has been tried
        here = page.evaluate(PAINTED)
        page.wait_for_function(f"{PAINTED} > {here} + 3")
        page.click("#wall-pause")
        before = still(page)
        with page.expect_response("**/_gan/latents/batch*"):
            drag(page, 2, 0.8)
        assert changed(before, still(page)) == {2}
        page.click("#wall-pause")
        here = page.evaluate(TILES)
        page.wait_for_function(f"{TILES}[2] !== '{here[2]}'")
    finally:
        regular.unroute("**/*.mjs")


def test_doors_open_a_visitor_comes_back_to_his_place_and_links_lead_where_they_point(
    open_page, base_url: str
):
    page = open_page("/", landing="welcome")
    page.click("#door-train")
    selected(page, "Train")
    expect(page.locator("#start")).to_be_focused()
    expect(page.locator("#presets :checked")).to_have_value("fashion")
    expect(page.locator("#seconds")).to_have_value("60")
    page.click("#home")
    selected(page, "Home")
    page.click("#door-hub")
    selected(page, "Hub")
    page.click("#home")
    page.click("#door-explore")
    selected(page, "Explore")
    page.wait_for_function(f"{SEQ} > 0")
    page.click("#randomise")
    page.wait_for_function("!location.hash.includes('seed=42')")
    settle(page)
    here = page.evaluate("location.hash")

    def come(address: str, tab: str) -> None:
        page.goto("about:blank")
        page.goto(base_url + address)
        selected(page, tab)

    come("/", "Explore")
    page.wait_for_function(f"{SEQ} > 0")
    assert page.evaluate("location.hash") == here
    come("/#model=emoji&seed=3", "Explore")
    page.wait_for_function("document.querySelector('#model-select').value === 'emoji'")
    come("/#tab=gallery", "Gallery")
    come("/", "Gallery")
    come("/#tab=welcome&model=emoji", "Home")
    expect(page.locator("#wall-sentence")).to_contain_text("emoji")

    # what is chosen before Explore was ever open is what it opens with
    open_tab(page, "Gallery")
    page.locator(".ga-tile").nth(7).click()
    page.wait_for_function(f"{SEQ} > 0")
    expect(page.locator("#seed")).to_have_value("7")


def test_reduced_motion_holds_the_wall_still_until_asked_in_chinese_too(open_page):
    page = open_page("/", landing="welcome", reduced_motion="reduce", locale="zh-CN")
    expect(page.get_by_role("tab", name="首页", selected=True)).to_be_visible()
    expect(page.locator("#wall-sentence")).to_contain_text("28 分钟")
    first = page.evaluate(TILES)
    page.wait_for_timeout(800)
    assert page.evaluate(TILES) == first
    page.click("#wall-pause")
    page.wait_for_function(f"{PAINTED} > 3")
    assert changed(first, page.evaluate(TILES))
