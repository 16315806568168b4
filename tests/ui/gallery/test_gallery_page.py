"""The gallery in a real Chromium."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import PIXELS, open_tab, picture_after

# chunks are filled side by side: the nth tile of the page is not that of the nth seed meanwhile
FILLED = """() => { const chunk = document.querySelector('.ga-chunk')?.chunk;
  return chunk?.drawn && chunk.grid.children.length === chunk.entries.length; }"""
FIRST = "document.querySelector('.ga-tile canvas').toDataURL()"


@pytest.fixture
def gallery(page: Page) -> Page:
    open_tab(page, "Gallery")
    page.wait_for_function(FILLED)
    return page


def tile_of(gallery: Page, seed: int):
    return gallery.locator(f".ga-tile[data-seed='{seed}']")


def test_a_sample_of_the_gallery_opens_as_the_same_picture(gallery: Page):
    tile = tile_of(gallery, 5)
    source = tile.locator("canvas").evaluate("c => c.toDataURL()")
    tile.click()
    gallery.wait_for_function(f"(src) => {PIXELS} === src", arg=source)
    assert gallery.input_value("#seed") == "5"


def test_it_has_no_end_and_keeps_only_what_is_near_the_screen(gallery: Page):
    first = "Number(document.querySelector('.ga-tile')?.dataset.seed ?? 0)"
    for _ in range(500):  # a busy machine lays out less for each turn of the wheel
        gallery.mouse.wheel(0, 3000)
        gallery.wait_for_timeout(60)
        if gallery.evaluate(first) > 2000:
            break
    gallery.wait_for_function(f"{first} > 2000")  # for a moment there may be none at all
    drawn = gallery.evaluate("document.querySelectorAll('.ga-tile canvas').length")
    laid_out = gallery.evaluate("document.querySelectorAll('.ga-chunk').length")
    assert laid_out > 12
    assert drawn < 700
    gallery.evaluate("scrollTo(0, 0)")
    expect(gallery.locator(".ga-tile[data-seed='0'] canvas")).to_be_visible()


def test_rows_of_classes_and_of_psi_share_their_seeds(gallery: Page):
    gallery.select_option("#gallery-view", "classes")
    expect(gallery.locator(".ga-chunk h3")).to_have_text(
        ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
         "Ankle boot"]
    )  # fmt: skip
    expect(gallery.locator(".ga-tile").first).to_have_accessible_name(
        "T-shirt, seed 0; open in Explore"
    )
    gallery.click("#language-zh")
    expect(gallery.locator(".ga-chunk h3").first).to_have_text("T 恤")
    expect(gallery.locator(".ga-tile").first).to_have_accessible_name(re.compile("^T 恤"))
    gallery.click("#language-en")
    gallery.select_option("#gallery-view", "psis")
    expect(gallery.locator(".ga-chunk h3").first).to_have_text("ψ 0.0")
    gallery.select_option("#gallery-view", "compare")
    expect(gallery.locator(".ga-tile").first.locator("canvas")).to_have_count(2)
    assert gallery.locator("#gallery-other option").first.inner_text() == "fashion-mlp"


def test_an_order_that_nobody_can_make_is_not_offered_and_says_why(gallery: Page):
    clear = gallery.locator("#gallery-rank option", has_text="how clear its class is")
    expect(clear).to_have_count(2)
    gallery.select_option("#gallery-rank", "confidence_high")
    gallery.select_option("#model-select", "emoji")
    expect(clear).to_have_text(["how clear its class is: no classifier knows such pictures"])
    expect(clear).to_be_disabled()
    expect(gallery.locator("#gallery-rank")).to_have_value("seed")


def test_samples_are_ranked_by_what_d_thinks(gallery: Page):
    gallery.select_option("#gallery-rank", "d_high")
    expect(gallery.locator("#gallery-says")).to_contain_text("Ordered by D's score")
    gallery.wait_for_function(FILLED)
    captions = gallery.locator(".ga-tile span").all_text_contents()[:40]
    scores = [float(text.split("·")[1].replace("%", "")) for text in captions]
    assert scores == sorted(scores, reverse=True)
    gallery.select_option("#gallery-keep", "0.1")
    expect(gallery.locator(".ga-tile")).to_have_count(50)
    gallery.select_option("#gallery-rank", "d_low")
    expect(gallery.locator(".ga-tile canvas").first).to_be_visible()
    first = gallery.locator(".ga-tile span").first
    expect(first).not_to_have_text(captions[0])


def test_favourites_outlive_a_reload(gallery: Page):
    tile_of(gallery, 3).hover()
    gallery.locator(".ga-pin").click()
    tile_of(gallery, 7).press("p")
    gallery.reload()
    open_tab(gallery, "Gallery")
    gallery.select_option("#gallery-view", "pins")
    expect(gallery.locator(".ga-tile")).to_have_count(2)
    expect(gallery.locator(".ga-tile").nth(1)).to_have_attribute("data-seed", "7")
    gallery.locator(".ga-cell").first.hover()
    gallery.locator(".ga-pin").click()
    expect(gallery.locator(".ga-tile")).to_have_count(1)


@pytest.mark.expects_refusal
def test_a_saved_picture_dropped_on_the_page_opens_again(gallery: Page, tmp_path: Path):
    gallery.select_option("#gallery-class", label="Bag")
    expect(gallery.locator(".ga-tile").first).to_have_accessible_name(
        "Bag, seed 0; open in Explore"
    )
    tile_of(gallery, 11).hover()
    with gallery.expect_download() as download:
        gallery.locator(".ga-keep").click()
    data = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == "fashion-11.png"
    open_tab(gallery, "Train")
    drop = """(coded) => {
        const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
        const files = new DataTransfer();
        files.items.add(new File([bytes], 'a.png', {type: 'image/png'}));
        document.body.dispatchEvent(new DragEvent('drop', {
            bubbles: true, cancelable: true, dataTransfer: files}));
    }"""
    picture_after(gallery, lambda: gallery.evaluate(drop, base64.b64encode(data).decode()))
    assert gallery.input_value("#seed") == "11"
    expect(gallery.locator("#what")).to_contain_text("Bag")
    gallery.evaluate(drop, base64.b64encode(b"\x89PNG no picture").decode())
    expect(gallery.locator("#panel-picture .ga-note")).not_to_be_empty()  # not a picture either


def test_a_sheet_and_a_zip_are_saved(gallery: Page):
    for button, ending in (("#save-sheet", "-sheet.png"), ("#save-zip", "-samples.zip")):
        with gallery.expect_download() as download:
            gallery.click(button)
        assert download.value.suggested_filename == f"fashion{ending}"
