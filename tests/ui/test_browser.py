"""The app in a real Chromium: every hook that the README names, and a real training."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

PIXELS = "document.querySelector('#latent-image').toDataURL()"
SEQ = "Number(document.querySelector('#latent-image').dataset.seq)"


def picture_after(page: Page, act) -> tuple[str, str]:
    """The picture before and after `act`; `act` must lead to a new one."""
    before, seq = page.evaluate(PIXELS), page.evaluate(SEQ)
    act()
    page.wait_for_function(f"{SEQ} > {seq}")
    settle(page)
    return before, page.evaluate(PIXELS)


def settle(page: Page) -> None:
    """Until no new picture has come for 200 ms."""
    page.evaluate(
        f"""async () => {{ let seq = -1;
        while (seq !== {SEQ}) {{ seq = {SEQ}; await new Promise((r) => setTimeout(r, 200)); }} }}"""
    )


def set_slider(page: Page, index: int, value: float) -> None:
    page.locator(".latent-slider").nth(index).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); "
        "e.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def nimg(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("#live-nimg").inner_text()))


# ---- Explore ----------------------------------------------------------------------------------


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


# ---- Gallery ----------------------------------------------------------------------------------


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


# ---- Train ------------------------------------------------------------------------------------


def test_a_training_is_started_watched_paused_resumed_and_stopped(page: Page, open_page):
    open_tab(page, "Train")
    expect(page.locator("#command")).to_contain_text("gan train --preset fashion")
    page.select_option("#preset", "digits")
    page.fill("#seconds", "120")
    expect(page.locator("#command")).to_contain_text("--preset digits --seconds 120")
    page.click("#start")
    grid = page.locator("#live-grid")
    expect(grid).to_be_visible()
    first, seen = grid.get_attribute("src"), nimg(page)
    expect(grid).not_to_have_attribute("src", first)
    page.wait_for_function(
        "(n) => Number(document.querySelector('#live-nimg').textContent.replace(/\\D/g, '')) > n",
        arg=seen,
    )
    expect(page.locator(".ga-plot path.is-accent")).to_have_count(2)

    page.reload()  # nothing is lost, and the header says so on every tab
    expect(page.locator("#run-chip")).to_contain_text("digits-1")
    page.click("#run-chip")
    expect(grid).to_be_visible()
    expect(page.locator("#run-state")).to_have_text("Running")

    other = open_page()  # a second tab sees the same
    other.click("#run-chip")
    expect(other.locator("#live-grid")).to_be_visible()

    page.click("#pause")
    expect(page.locator("#run-state")).to_have_text("Paused")
    paused = nimg(page)
    page.wait_for_timeout(700)
    assert nimg(page) == paused
    expect(page.locator("#pause")).to_have_text("Resume")
    page.click("#pause")
    expect(page.locator("#run-state")).to_have_text("Running")
    page.wait_for_function(
        "(n) => Number(document.querySelector('#live-nimg').textContent.replace(/\\D/g, '')) > n",
        arg=paused,
    )
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")

    page.click("#pause")  # a stopped run goes on from its checkpoint
    expect(page.locator("#run-state")).to_have_text("Running")
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")

    newest = grid.get_attribute("src")  # the time machine
    page.click("#moment-back")
    expect(grid).not_to_have_attribute("src", newest)
    page.click("#moment-now")
    expect(grid).to_have_attribute("src", newest)
    page.click("#open-explore")
    expect(page.locator("#what")).to_contain_text("images")
    assert page.input_value("#model-select") == "run:digits-1"


def test_what_makes_no_sense_is_said_in_one_sentence(page: Page):
    open_tab(page, "Train")
    page.click("#settings-toggle")
    page.fill("[name=g_lr]", "fast")
    expect(page.locator("#train-note")).to_contain_text("g_lr must be a number, got 'fast'")
    expect(page.locator("[name=g_lr]")).to_have_attribute("aria-invalid", "true")
    page.fill("[name=g_lr]", "0.001")
    expect(page.locator("#train-note")).to_be_empty()
    expect(page.locator("#command")).to_contain_text("--set g_lr=0.001")


@pytest.mark.expects_refusal
def test_own_images_that_are_not_there_are_refused_in_a_sentence(page: Page, runs_dir: Path):
    open_tab(page, "Train")
    page.select_option("#data", "own")
    page.fill("#data-path", "folder:/nowhere/at/all")
    page.click("#start")
    expect(page.locator("#train-note")).to_contain_text("/nowhere/at/all")
    assert not list(runs_dir.glob("fashion*"))


# ---- words, sizes, themes -----------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["zh-CN", "zh"])
def test_a_chinese_browser_gets_chinese(open_page, locale: str):
    page = open_page(locale=locale)
    expect(page.get_by_role("tab", name="探索")).to_be_visible()
    expect(page.locator("#randomise")).to_have_text("换一张")


def test_the_language_switch_changes_everything_and_stays(page: Page):
    page.click("#language-zh")
    expect(page.get_by_role("tab", name="训练")).to_be_visible()
    expect(page.locator("#dimensions")).to_have_text("64 个维度")
    page.reload()
    expect(page.locator("#randomise")).to_have_text("换一张")
    page.click("#language-en")
    expect(page.get_by_role("tab", name="Train")).to_be_visible()


def test_the_theme_switch_stays(page: Page):
    page.click("#theme-toggle")
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.locator("body")).to_have_class(re.compile("dark"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(open_page, width: int, theme: str):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    for tab in ("Explore", "Train", "Gallery"):
        open_tab(page, tab)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, tab


def test_every_control_has_a_name(page: Page):
    for tab in ("Explore", "Train", "Gallery"):
        open_tab(page, tab)
        page.wait_for_timeout(200)
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('.ga button, .ga input, .ga select, .ga img')]
            .filter((e) => e.checkVisibility() && !e.ariaLabel && !e.alt && !e.innerText?.trim()
                && !e.labels?.length).map((e) => e.outerHTML)"""
        )
        assert unnamed == []


def test_another_host_name_is_refused(base_url: str):
    request = urllib.request.Request(base_url + "/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)
