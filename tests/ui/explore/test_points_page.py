"""What becomes of a point in a real Chromium: class walks, mixtures, Reset, links, numbers."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import PIXELS, begin_painting, drag_to, open_tab, picture_after

pytestmark = pytest.mark.painted_by("server")
MODULE = """async ([name, call]) => { const core = performance.getEntriesByType('resource')
  .map((r) => r.name).find((n) => n.endsWith('/page/kit/core.js'));
  const found = await import(core.replace('page/kit/core.js', name));
  return new Function('m', 'return ' + call)(found); }"""
ONE_HOT = "window.mixes.every((m) => m.filter((v) => v > 1e-6).length === 1)"
NOTE_MIXES = """() => { window.mixes = []; const send = window.fetch;
  window.fetch = (to, options) => {
    if (String(to).includes('/latent?') && options?.body?.length > 64)
      window.mixes.push([...options.body.slice(64)]);
    return send(to, options); }; }"""


def module(page: Page, name: str, call: str):
    """What an expression over a module `m` of the page gives."""
    return page.evaluate(MODULE, [name, call])


def begin_walk(page: Page, *, within: bool = True) -> None:
    page.click("#open-walk")
    page.locator("#walk-within").set_checked(within)
    for seed in ("4", "5", "6"):
        page.fill("#walk-seeds", seed)
        page.press("#walk-seeds", "Enter")
    expect(page.locator(".ga-keys li")).to_have_count(3)


def test_a_walk_along_a_class_direction_paints_and_asks_for_numbers(page: Page):
    expect(page.locator(".direction-slider")).to_have_count(8)
    page.evaluate(NOTE_MIXES)
    page.click("#open-walk")
    expect(page.locator("#walk-direction option").filter(has_text="PCA 1")).not_to_have_count(0)
    page.locator("#walk-direction").select_option("class-8")
    begin_painting(page, lambda: page.click("#walk-along"))
    page.wait_for_function("window.mixes.length > 4")
    assert page.evaluate("window.mixes.flat().every(Number.isFinite)")
    expect(page.locator("#explore-note")).to_be_empty()
    page.click("#walk-play")


def test_a_grid_along_a_class_direction_changes_its_pictures(page: Page):
    expect(page.locator(".direction-slider")).to_have_count(8)
    page.click("#open-map")
    page.click("#map-show-grid")
    page.locator("#grid-down").select_option("class-8")
    cell = "document.querySelectorAll('#grid-cells canvas')[{}].toDataURL()"
    page.wait_for_function(f"{cell.format(3)} !== {cell.format(45)}")
    expect(page.locator("#grid-cells .is-current")).to_have_count(1)


def test_directions_are_applied_to_z_and_classes_in_one_place(page: Page):
    point = "{z: [1, 2], mix: [1, 0, 0]}"
    toward = "{vector: [0, 0], weights: null, target: 2}"
    drawn = "{vector: [2, 0], weights: [0.5, -0.5, 0], target: null}"
    plain = "{vector: [0, 1], weights: null, target: null}"
    call = f"m.moved({point}, [[{toward}, 1.5], [{drawn}, 0.5], [{plain}, -1]])"
    found = module(page, "explore/moves.js", f"(p => [[...p.z], p.mix])({call})")
    assert found == [[2, 1], [0.75, -0.25, 0.5]]


def test_between_classes_a_place_is_of_one_class_but_for_a_short_dissolve(page: Page):
    a, b = "{z: [1, 0], mix: [1, 0]}", "{z: [0, 1], mix: [0, 1]}"
    at = f"[0, 0.3, 0.45, 0.5, 0.55, 1].map((t) => m.between({a}, {b}, t))"
    found = module(page, "explore/points.js", f"{at}.map((p) => [p.mix, p.fade?.share ?? 0])")
    assert [mix for mix, _ in found] == [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]
    shares = [share for _, share in found]
    assert [bool(share) for share in shares] == [False, False, True, True, True, False]
    assert shares[3] == 0.5
    assert shares[2] == pytest.approx(shares[4])


def test_a_walk_stays_in_one_class_unless_it_may_not(page: Page):
    begin_walk(page)
    page.evaluate(NOTE_MIXES)
    for at in ("0.1", "0.45", "0.7"):
        picture_after(page, lambda at=at: page.locator("#walk-scrubber").fill(at))
    assert page.evaluate(f"{ONE_HOT} && new Set(window.mixes.map(String)).size === 1")


def test_a_walk_through_classes_shows_no_mixture_and_leaves_a_plain_class(page: Page):
    begin_walk(page, within=False)
    page.evaluate(NOTE_MIXES)
    for at in ("0.05", "0.16", "0.3", "0.5"):
        picture_after(page, lambda at=at: page.locator("#walk-scrubber").fill(at))
    assert page.evaluate(f"{ONE_HOT} && new Set(window.mixes.map(String)).size > 1")


def test_a_paused_walks_link_opens_the_picture_on_show(page: Page, open_page):
    begin_walk(page)
    _, wanted = picture_after(page, lambda: page.locator("#walk-scrubber").fill("0.23"))
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.click("#copy-link")
    page.wait_for_function("window.copied")
    copied = page.evaluate("window.copied")
    other = open_page(copied[copied.index("/#") :])
    other.wait_for_function(f"{PIXELS} === {json.dumps(wanted)}")


def test_randomise_and_reset_lead_from_a_mixture_to_plain_pictures(page: Page):
    page.click("#open-mix")
    expect(page.locator("#mix-use")).to_be_enabled()
    for name, seed in (("a", "4"), ("b", "5"), ("c", "6")):
        page.fill(f"#mix-seed-{name}", seed)
        page.press(f"#mix-seed-{name}", "Enter")
    page.click("#mix-use")
    expect(page.locator("#what")).to_contain_text("point of its own")
    expect(page.locator("#class-mix")).to_be_hidden()  # the directions stay where they were
    expect(page.locator("#reset")).to_be_enabled()
    picture_after(page, lambda: page.click("#reset"))
    expect(page.locator("#what")).to_contain_text("seed 42")
    expect(page.locator("#class-select")).to_have_value("")
    expect(page.locator("#reset")).to_be_disabled()
    page.click("#undo")
    expect(page.locator("#what")).to_contain_text("point of its own")
    picture_after(page, lambda: page.click("#randomise"))
    expect(page.locator("#what")).not_to_contain_text("+")
    expect(page.locator("#class-select")).to_have_value("")
    expect(page.locator("#reset")).to_be_disabled()


def test_a_class_that_was_chosen_stays_until_it_is_released(page: Page):
    page.select_option("#class-select", label="Bag")
    expect(page.locator("#class-hold")).to_have_attribute("aria-pressed", "true")
    picture_after(page, lambda: page.click("#randomise"))
    expect(page.locator("#what")).to_contain_text("Bag")
    page.click("#class-hold")
    picture_after(page, lambda: page.click("#randomise"))
    expect(page.locator("#class-select")).to_have_value("")


def test_a_tile_of_the_gallery_opens_without_pinning_its_class(page: Page):
    open_tab(page, "Gallery")
    page.locator(".ga-tile").nth(3).click()
    expect(page.locator("#what")).to_contain_text("seed 3")
    expect(page.locator("#class-select")).to_have_value("")
    expect(page.locator("#reset")).to_be_disabled()


def test_a_share_fully_right_is_all_of_the_mixture_and_the_caption_names_every_class(page: Page):
    page.select_option("#class-select", label="Bag")
    page.click("#mix-toggle")
    page.select_option("#mix-add", label="Coat")
    page.select_option("#mix-add", label="Dress")
    for name in ("Bag", "Coat", "Dress"):
        expect(page.locator("#what")).to_contain_text(name)
    drag_to(page, "#class-mix .ga-range", 1, index=1)
    expect(page.locator(".ga-mix-chip output")).to_have_text(["0 %", "100 %", "0 %"])
    drag_to(page, "#class-mix .ga-range", 0.5, index=1)
    expect(page.locator(".ga-mix-chip output").nth(1)).to_have_text("50 %")


def test_numbers_keep_their_minus_and_fit_an_axis(page: Page):
    wanted = {
        -2e7: "−20M", -123456: "−123k", -1234: "−1,234", -0.5: "−0.5", -0.00012: "−1.2e−4",
        999_999: "1M", 1e5: "100k", 3.3e18: "3e18", 0: "0", 12.345: "12.3",
    }  # fmt: skip
    found = module(page, "page/kit/figures.js", f"{json.dumps([*wanted])}.map(m.named)")
    assert found == [*wanted.values()]
    assert max(map(len, found)) <= 8
    assert module(page, "page/kit/figures.js", "[m.short(-5.5), m.short(-12345)]") == [
        "−5.50",
        "−1.2e4",
    ]
