"""Explore in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import PIXELS, SEQ, open_tab, picture_after, set_slider, settle


def test_it_opens_with_a_picture(page: Page):
    assert page.title() == "GAN Atelier"
    assert page.evaluate("new Set(document.querySelector('#latent-image').getContext('2d')"
                         ".getImageData(0, 0, 28, 28).data).size") > 8  # fmt: skip
    expect(page.locator("#what")).to_contain_text("seed 42")


def test_a_slider_changes_the_picture_and_counts_it(page: Page):
    seq = page.evaluate(SEQ)
    before, after = picture_after(page, lambda: set_slider(page, 0, 2.9))
    assert before != after
    assert page.evaluate(SEQ) == seq + 1
    expect(page.locator("#moved")).to_have_text("1 moved")


def test_there_is_a_slider_for_every_dimension_of_the_model(page: Page):
    expect(page.locator(".latent-slider")).to_have_count(64)
    expect(page.locator("#dimensions")).to_have_text("64 dimensions")


def test_double_click_sets_a_slider_to_zero(page: Page):
    picture_after(page, lambda: page.locator(".latent-slider").nth(4).dblclick())
    assert float(page.locator(".latent-slider").nth(4).input_value()) == 0


def test_arrow_keys_move_a_slider(page: Page):
    slider = page.locator(".latent-slider").nth(1)
    slider.focus()
    before = float(slider.input_value())
    picture_after(page, lambda: page.keyboard.press("ArrowRight"))
    assert float(slider.input_value()) == pytest.approx(before + 0.01, abs=0.006)


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


def test_class_and_psi_change_the_picture(page: Page):
    before, trouser = picture_after(
        page, lambda: page.select_option("#class-select", label="Trouser")
    )
    assert before != trouser
    expect(page.locator("#what")).to_contain_text("Trouser")
    psi = page.locator("#psi")
    _, average = picture_after(page, lambda: psi.fill("0"))
    assert average != trouser


def test_a_copied_link_opens_the_same_picture(page: Page, open_page):
    picture_after(page, lambda: page.select_option("#class-select", label="Bag"))
    _, wanted = picture_after(page, lambda: set_slider(page, 9, -2.25))
    other = open_page(page.url[page.url.index("/#") :])
    settle(other)
    assert other.evaluate(PIXELS) == wanted
    expect(other.locator("#what")).to_contain_text("Bag")


def test_the_model_selector_serves_all_tabs(page: Page):
    picture_after(page, lambda: page.select_option("#model-select", "emoji"))
    expect(page.locator(".is-class").first).to_be_hidden()
    assert page.evaluate("document.querySelector('#latent-image').width") == 32
    open_tab(page, "Gallery")
    expect(page.locator("#gallery img").first).to_have_attribute("alt", "seed 0")
