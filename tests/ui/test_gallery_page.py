"""The gallery in a real Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.acting import PIXELS, open_tab


def test_a_sample_of_the_gallery_opens_as_the_same_picture(page: Page):
    open_tab(page, "Gallery")
    expect(page.locator("#gallery button")).to_have_count(96)
    tile = page.locator("#gallery button").nth(5)
    source = tile.locator("img").get_attribute("src")
    assert re.fullmatch(r".+, seed 5", tile.locator("img").get_attribute("alt"))
    tile.click()
    expect(page.locator("#latent-image")).to_be_visible()
    page.wait_for_function(f"(src) => {PIXELS} === src", arg=source)
    assert page.input_value("#seed") == "5"


def test_the_gallery_turns_pages_and_filters_by_class(page: Page):
    open_tab(page, "Gallery")
    expect(page.locator("#page-range")).to_have_text("seeds 0 to 95")
    page.select_option("#per-page", "48")
    page.click("#page-on")
    expect(page.locator("#page-range")).to_have_text("seeds 48 to 95")
    page.select_option("#gallery-class", label="Sneaker")
    expect(page.locator("#gallery img").last).to_have_attribute("alt", "Sneaker, seed 95")
    page.click("#page-back")
    expect(page.locator("#gallery img").first).to_have_attribute("alt", "Sneaker, seed 0")
