"""Explained in place: every control has a sentence, and all ways lead to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import open_part, visit_tab
from tests.ui.page.readouts import BARE

# What needs no sentence, and why.
PLAIN = {
    "#language-en", "#language-zh",  # a language is called by its own name
    "#help-toggle", "#help-tour", "#help-glossary", "#help-close",  # they are the help
}  # fmt: skip
LACKING = """async (plain) => {
  const { explained } = await import(
    new URL(`${window.GAN.assets}/page/kit/explained.js`, document.baseURI).href);
  const controls = 'button, select, input:not([type=file]), textarea, summary, canvas[tabindex]';
  const seen = (e) => e.getClientRects().length
    && e.checkVisibility({ visibilityProperty: true });
  return [...document.querySelectorAll(`.ga :is(${controls}, .ga-key, th[scope=col], h3[data-t])`)]
    .filter((e) => seen(e) && !explained(e) && !plain.some((p) => e.matches(p)))
    .filter((e) => !e.matches('h3') || e.closest('.ga-chart'))
    .map((e) => `${e.tagName}#${e.id}.${e.className} ${JSON.stringify({ ...e.dataset })}`);
}"""
LOADING = ".ga [aria-busy=true]:visible"
PARTS = ("pad", "dimensions", "mutate", "draw", "walk", "mix", "map", "picture", "inside")


def lacking(page: Page) -> list[str]:
    """Visible controls, curves and columns of which no sentence tells."""
    return page.evaluate(LACKING, sorted(PLAIN))


@pytest.fixture
def listed(tiny_run: Path, runs_dir: Path) -> Iterator[None]:
    """A run, so that there are lists of runs, too."""
    shutil.copytree(tiny_run, runs_dir / "listed-1")
    yield
    shutil.rmtree(runs_dir / "listed-1")


def unexplained(page: Page) -> list[str]:
    """What stands there by now, without a sentence or, a number, without a unit or explanation."""
    expect(page.locator(LOADING)).to_have_count(0)
    page.wait_for_timeout(300)
    return lacking(page) + page.evaluate(BARE)


def test_whatever_can_be_pressed_or_read_off_has_a_sentence(listed, open_page):
    page = open_page("/#tab=welcome", landing="welcome")
    found = {"Home": unexplained(page)}
    visit_tab(page, "Explore")
    expect(page.locator(".ga-direction .direction-slider").first).to_be_visible()
    for kind in ("ranked", "drawn"):
        page.click(f"[data-kind={kind}]")
        found[kind] = unexplained(page)
    page.click("#pin")
    page.locator("#pins-list button").click()
    page.click("#pins-compare")
    found["shelf"] = unexplained(page)
    for part in PARTS:
        open_part(page, part)
        inside = page.locator("#panel-" + part if part in PARTS[4:] else "#open-" + part)
        expect(inside).to_be_visible()
        found[part] = unexplained(page)
    visit_tab(page, "Train")
    page.click("#settings-toggle")
    page.click("#steer-toggle")
    page.evaluate(
        "document.querySelectorAll('#charts [data-chip]').forEach((chip) => "
        "document.querySelector(`[data-chart=${chip.dataset.chip}]`) ?? chip.click())"
    )
    page.select_option("#data", "own")
    expect(page.locator("#own-drop")).to_be_visible()
    found["Train"] = unexplained(page)
    for tab in ("Compare", "Lab", "Gallery", "Evaluate", "Hub"):
        visit_tab(page, tab)
        found[tab] = unexplained(page)
    bare = {part: controls for part, controls in found.items() if controls}
    assert bare == {}, bare
    page.evaluate("document.querySelector('.ga-header').append(document.createElement('button'))")
    page.evaluate(
        "() => { const n = document.createElement('output'); n.textContent = '4.2';"
        " document.querySelector('.ga-hub').append(n); }"
    )
    button, number = unexplained(page)  # new ones are noticed
    assert button.startswith("BUTTON")
    assert "4.2" in number


def test_a_sentence_comes_by_touch_by_keys_and_by_mouse_and_goes_by_escape(open_page):
    page = open_page(has_touch=True)
    bubble = page.locator(".ga-help-pop")
    term = page.locator("#fd-term")
    term.tap()  # a hard word, with help off
    expect(bubble).to_contain_text("real images")
    page.keyboard.press("Escape")
    expect(bubble).to_be_hidden()

    page.hover("#psi")  # a resting mouse is told, one that drags is not covered
    expect(bubble).to_be_visible()
    page.mouse.down()
    expect(bubble).to_be_hidden()
    page.mouse.up()

    # what a moving page brings under a resting mouse is not pointed at
    page.mouse.move(200, 850)
    expect(bubble).to_be_hidden()
    page.evaluate(
        """() => { const box = document.querySelector('#randomise').style;
        Object.assign(box, { position: 'fixed', left: '160px', top: '834px', zIndex: 9 }); }"""
    )
    page.wait_for_timeout(1500)
    expect(bubble).to_be_hidden()
    page.mouse.move(201, 850)
    expect(bubble).to_contain_text("new seed")
    page.evaluate("document.querySelector('#randomise').removeAttribute('style')")
    page.mouse.move(4, 700)

    page.locator("#randomise").focus()
    described = page.locator("#randomise").get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_contain_text("new seed")
    page.keyboard.press("?")
    expect(page.locator("#help-toggle")).to_have_attribute("aria-pressed", "true")
    expect(bubble).to_contain_text("new seed")
    page.keyboard.press("Escape")
    expect(bubble).to_be_hidden()

    page.mouse.move(4, 4)
    page.hover("#copy-link")
    expect(bubble).to_contain_text("an address")

    # with help on, the first tap of a finger tells and the second does it
    seed = page.locator("#seed").input_value()
    page.locator("#randomise").tap()
    expect(bubble).to_contain_text("new seed")
    assert page.locator("#seed").input_value() == seed
    page.locator("#randomise").tap()
    expect(page.locator("#seed")).not_to_have_value(seed)

    # what is no control can have the keyboard, as long as help is on
    expect(page.locator("#model-facts")).to_have_attribute("tabindex", "0")
    page.click("#language-zh")
    page.hover("#copy-link")
    expect(bubble).to_contain_text("链接")
    page.click("#help-close")
    expect(page.locator("#model-facts")).not_to_have_attribute("tabindex", "0")
    expect(page.locator("#help-toggle")).to_be_focused()


def test_a_wide_screen_has_a_panel_that_follows_and_leads_to_the_glossary(open_page):
    page = open_page(viewport={"width": 1920, "height": 1080})
    page.click("#help-toggle")
    panel = page.locator("#ga-help-bar")
    page.focus("#psi")
    expect(panel).to_contain_text("pulled towards the average")
    expect(page.locator(".ga-help-pop")).to_be_hidden()
    box = page.locator(".gradio-container .tabs").bounding_box()
    assert box["x"] + box["width"] <= panel.bounding_box()["x"]  # it covers nothing
    panel.locator(".ga-link", has_text="w").click()
    expect(page.locator("#word-term_w")).to_be_visible()
    expect(page.locator("#word-term_w a")).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_leads_to_a_word_and_the_list_is_filtered(open_page, language: str):
    page = open_page("/#glossary=line_modes", landing="welcome", locale=language)
    word = page.locator("#word-line_modes")
    expect(word).to_be_in_viewport()
    texts = page.evaluate("window.GAN.wordsOf(window.GAN.language)")
    assert texts["gan_line_modes_help"] in word.inner_text()
    assert page.locator(".ga-word").count() > 80
    assert "gan_" not in page.locator(".ga-glossary").inner_text()
    page.fill("#glossary-find", "wasserstein")
    expect(page.locator(".ga-word:visible").first).to_contain_text("Wasserstein")
    assert page.locator(".ga-word:visible").count() < 8
    page.click("#glossary-close")
    expect(page.locator(".ga-glossary")).to_have_count(0)


# half a second after Start has come, something above it comes too
LATE = """() => { const timer = setInterval(() => {
  const start = document.querySelector('#start');
  if (!start?.getClientRects().length) return;
  clearInterval(timer);
  setTimeout(() => {
    const late = document.createElement('div');
    Object.assign(late, { id: 'late' }).style.height = '1200px';
    start.closest('form').before(late);
  }, 500);
}, 50); }"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 700)])
def test_the_tour_points_at_four_real_controls_and_can_be_left(open_page, width: int, height: int):
    size = {"width": width, "height": height}
    page = open_page("/#tab=welcome", landing="welcome", viewport=size)
    page.click("#show-around")
    card, ring = page.locator(".ga-tour"), page.locator(".ga-tour-ring")
    for at in ("#direction-rows", "#start", "#charts", ".ga-gallery .ga-group"):
        target = page.locator(at).first
        expect(target).to_be_visible()
        page.wait_for_function(
            """(at) => { const [a, b] = [at, '.ga-tour-ring'].map((s) =>
              document.querySelector(s).getBoundingClientRect());
              return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
                && b.top < innerHeight && b.bottom > 0; }""",
            arg=at,
        )
        expect(ring).to_be_visible()
        if at == "#direction-rows":
            page.evaluate(LATE)
        if at == "#start":
            expect(page.locator("#late")).to_have_count(1)
            expect(target).to_be_in_viewport(ratio=0.9)
        expect(card).to_be_in_viewport(ratio=0.99)
        page.keyboard.press("Tab")  # skip, then the way on is a button within the card
        page.click("#tour-next")
    expect(card).to_have_count(0)
    visit_tab(page, "Home")
    expect(page.locator("#show-around")).to_be_hidden()  # seen; the help has it still
    page.click("#help-toggle")
    page.click("#help-tour")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
