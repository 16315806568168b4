"""Explore in a real Chromium."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from gan.hub.index import index
from tests.ui.acting import (
    PIXELS,
    SEQ,
    drag_to,
    linked,
    open_part,
    open_tab,
    picture_after,
    set_slider,
)

pytestmark = pytest.mark.painted_by("server")


def test_it_opens_with_a_picture(page: Page):
    assert page.title() == "GAN Atelier"
    assert page.evaluate("new Set(document.querySelector('#latent-image').getContext('2d')"
                         ".getImageData(0, 0, 28, 28).data).size") > 8  # fmt: skip
    expect(page.locator("#what")).to_contain_text("seed 42")


def test_a_model_of_ours_opens_with_a_seed_that_looks_good_until_one_is_chosen(open_page):
    seeds = {name: row.seed for name, row in index().items()}
    page = open_page("/#tab=explore&model=emoji")
    what = page.locator("#what")
    expect(what).to_contain_text(f"seed {seeds['emoji']} ")
    picture_after(page, lambda: page.select_option("#model-select", "cats"))
    expect(what).to_contain_text(f"seed {seeds['cats']} ")
    page.fill("#seed", "7")
    page.press("#seed", "Enter")
    expect(what).to_contain_text("seed 7 ")
    picture_after(page, lambda: page.select_option("#model-select", "emoji"))
    expect(what).to_contain_text("seed 7 ")
    page.reload()
    expect(what).to_contain_text("seed 7 ")


def test_a_slider_changes_the_picture_and_counts_it(page: Page):
    seq = page.evaluate(SEQ)
    before, after = picture_after(page, lambda: set_slider(page, 0, 2.9))
    assert before != after
    assert page.evaluate(SEQ) == seq + 1
    expect(page.locator("#moved")).to_have_text("1 moved")


def test_there_is_a_slider_for_every_dimension_of_the_model_once_asked_for(page: Page):
    expect(page.locator(".latent-slider")).to_have_count(0)
    expect(page.locator("#dimensions")).to_have_text("All 64 dimensions")
    open_part(page, "dimensions")
    expect(page.locator(".latent-slider")).to_have_count(64)


def test_double_click_sets_a_slider_to_zero(page: Page):
    open_part(page, "dimensions")
    picture_after(page, lambda: page.locator(".latent-slider").nth(4).dblclick())
    assert float(page.locator(".latent-slider").nth(4).input_value()) == 0


def test_arrow_keys_step_a_slider_and_shift_makes_them_fine(page: Page):
    open_part(page, "dimensions")
    slider = page.locator(".latent-slider").nth(1)
    slider.focus()
    for keys, way in {"ArrowRight": 0.1, "Shift+ArrowLeft": -0.01, "PageUp": 1}.items():
        before = float(slider.input_value())
        picture_after(page, lambda keys=keys: page.keyboard.press(keys))
        assert float(slider.input_value()) == pytest.approx(before + way, abs=0.006), keys


def test_a_locked_dimension_does_not_move_and_outlives_randomise(page: Page):
    _, first = picture_after(page, lambda: set_slider(page, 2, 1.5))
    page.locator(".ga-dim-lock").nth(2).click()
    expect(page.locator(".latent-slider").nth(2)).to_be_disabled()
    assert picture_after(page, lambda: page.click("#randomise"))[1] != first
    assert float(page.locator(".latent-slider").nth(2).input_value()) == 1.5
    expect(page.locator("#what")).to_contain_text("point of its own")


def test_randomise_undo_redo_and_reset(page: Page):
    first, second = picture_after(page, lambda: page.click("#randomise"))
    assert first != second
    assert picture_after(page, lambda: page.click("#undo"))[1] == first
    assert picture_after(page, lambda: page.click("#redo"))[1] == second
    picture_after(page, lambda: set_slider(page, 3, -2.5))
    assert picture_after(page, lambda: page.click("#reset"))[1] == second


def test_a_seed_always_means_the_same_picture(page: Page):
    def type_seed(seed: int) -> None:
        page.fill("#seed", str(seed))
        page.press("#seed", "Enter")

    _, seven = picture_after(page, lambda: type_seed(7))
    picture_after(page, lambda: type_seed(8))
    assert picture_after(page, lambda: type_seed(7))[1] == seven
    # one that is none is said to be none, and stays to be corrected
    page.fill("#seed", "-3")
    page.press("#seed", "Enter")
    expect(page.locator("#seed-wrong")).to_contain_text("whole number from 0 to 2147483647")
    expect(page.locator("#seed")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate(PIXELS) == seven
    page.click("#randomise")
    expect(page.locator("#seed-wrong")).to_be_hidden()


def test_class_and_psi_change_the_picture(page: Page):
    before, trouser = picture_after(
        page, lambda: page.select_option("#class-select", label="Trouser")
    )
    assert before != trouser
    expect(page.locator("#what")).to_contain_text("Trouser")
    psi = page.locator("#psi")
    _, average = picture_after(page, lambda: psi.fill("0"))
    assert average != trouser


def mix_bag_and_coat(page: Page) -> None:
    page.select_option("#class-select", label="Bag")
    page.click("#mix-toggle")
    page.select_option("#mix-add", label="Coat")
    drag_to(page, "#class-mix .ga-range", 1, index=0)


ACTS = {
    "seed": lambda page: (page.fill("#seed", "7"), page.press("#seed", "Enter")),
    "class": lambda page: page.select_option("#class-select", label="Bag"),
    "mixture": mix_bag_and_coat,
    "psi": lambda page: drag_to(page, "#psi", 0.4),
    "dimension": lambda page: set_slider(page, 9, -2.25),
    "direction": lambda page: drag_to(page, ".direction-slider", 2.2, index=0),
    "class direction": lambda page: (
        page.click("[data-kind=class]"), drag_to(page, ".direction-slider", 3, index=2)
    ),
    "neighbour": lambda page: (
        open_part(page, "mutate"), page.locator(".ga-neighbour").nth(1).click()
    ),
}  # fmt: skip


@pytest.fixture
def board(page: Page) -> Page:
    """The page once its directions are there."""
    expect(page.locator(".direction-slider")).to_have_count(8)
    return page


def open_anew(page: Page, base_url: str, number: int, link: str) -> None:
    """Load the page by a link, as a page of its own: another hash alone would not load it."""
    page.goto(f"{base_url}/?{number}{link.removeprefix('/')}")
    page.wait_for_function("Number(document.querySelector('#latent-image')?.dataset.seq) > 0")


def press_while(page: Page, button: str, keys: str) -> str:
    """The picture once `keys` have been pressed as often as `button` allows it."""
    page.focus("#randomise")  # in the seed's field the keys are the field's own
    while page.locator(button).is_enabled():
        picture_after(page, lambda: page.keyboard.press(keys))
    return page.evaluate(PIXELS)


def test_a_copied_link_opens_the_same_picture_and_undo_takes_it_back(
    board: Page, open_page, base_url: str
):
    other = open_page()
    for number, (name, act) in enumerate(ACTS.items()):
        before, wanted = picture_after(board, lambda act=act: act(board))
        assert wanted != before, name
        open_anew(other, base_url, number, linked(board))
        other.wait_for_function(f"{PIXELS} === {json.dumps(wanted)}")
        assert other.locator("#what").inner_text() == board.locator("#what").inner_text(), name
        assert press_while(board, "#undo", "Control+z") == before, name
        assert press_while(board, "#redo", "Control+Shift+z") == wanted, name
        press_while(board, "#undo", "Control+z")  # the next one begins there


def test_a_drag_is_one_step_of_undo(board: Page):
    before, _ = picture_after(board, lambda: drag_to(board, ".direction-slider", 2.5, index=1))
    assert picture_after(board, lambda: board.click("#undo"))[1] == before
    expect(board.locator("#undo")).to_be_disabled()


def test_an_old_link_still_opens_its_picture(open_page):
    page = open_page("/#tab=explore&model=fashion&seed=7&class=8&psi=0.9&z=9:-2.25,3:1")
    expect(page.locator("#what")).to_have_text("Bag · seed 7")
    expect(page.locator("#moved")).to_have_text("2 moved")
    expect(page.locator("#psi-value")).to_have_text("0.90")


def test_of_a_link_what_makes_no_sense_is_named_and_the_rest_is_taken(open_page, base_url: str):
    page = open_page()
    note = page.locator("#explore-note")
    for number, (nonsense, named) in enumerate({
        "seed=-4&psi=99": "seed=-4, psi=99", "seed=1&d=__proto__:1,x:9": "d=__proto__:1, d=x:9",
        "seed=1&at=AAAA&mix=999:1&z=9999:1,a:b": "at=AAAA, z=a:b, mix=999:1, z=9999:1",
        "seed=1&class=77&psi=0.5": "class=77", "seed=1&at=AADAf%2C" + "A" * 400: "at=AADAf,AAA",
    }.items()):  # fmt: skip
        open_anew(page, base_url, number, f"/#tab=explore&model=fashion&{nonsense}")
        expect(note).to_contain_text(f"left out: {named}")
        expect(page.locator("#what")).to_contain_text("seed")
    open_anew(page, base_url, 99, "/#tab=explore&model=fashion&seed=1&class=77&psi=0.5")
    expect(note).to_contain_text("class=77")
    expect(page.locator("#psi-value")).to_have_text("0.50")
    picture_after(page, lambda: page.click("#randomise"))
    expect(note).to_be_empty()


def test_a_mixture_follows_its_sliders_and_ends_with_a_class(page: Page):
    picture_after(page, lambda: page.select_option("#class-select", label="Bag"))
    page.click("#mix-toggle")
    expect(page.locator(".ga-mix-chip")).to_have_count(1)
    bag, mixed = picture_after(page, lambda: page.select_option("#mix-add", label="Coat"))
    assert mixed != bag
    expect(page.locator("#what")).to_contain_text("Bag 67 % + Coat 33 %")
    picture_after(page, lambda: page.get_by_label("Take Bag out").click())
    expect(page.locator("#what")).to_contain_text("Coat 100 %")
    page.click("#mix-toggle")
    expect(page.locator("#class-mix")).to_be_hidden()
    expect(page.locator("#class-select")).to_have_value("4")
    address = linked(page)
    page.click("#language-zh")
    expect(page.locator("#what")).to_contain_text("外套")
    expect(page.locator("#class-select option:checked")).to_have_text("外套")
    assert linked(page) == address
    page.click("#language-en")


def test_the_model_selector_serves_all_tabs(page: Page):
    picture_after(page, lambda: page.select_option("#model-select", "emoji"))
    assert page.evaluate("document.querySelector('#latent-image').width") == 32
    picture_after(page, lambda: page.select_option("#model-select", "fashion-mlp"))
    expect(page.locator(".is-class").first).to_be_hidden()
    open_tab(page, "Gallery")
    expect(page.locator(".ga-tile").first).to_have_accessible_name("seed 0; open in Explore")
