"""Every tab on screens from a phone's to a wall's: the width is used, nothing is cut or covered.

One page walks all tabs and is resized, so that a width costs no page of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import choose_preset, visit_tab

SCRIPT = Path(__file__).with_name("geometry.js").read_text("utf-8")
SCREENS = {
    320: 640, 390: 844, 768: 1024, 1024: 768, 1280: 800, 1920: 1080, 2560: 1440, 3840: 2160,
}  # fmt: skip
NARROW = [320, 390]  # where a text that is longer in another language may be cut
# a tab's content, and how much of the window's width it takes at least
CONTENT = {
    "Explore": (".ga-explore", 0.87),
    "Train": (".ga-train", 0.87),
    "Compare": (".ga-race", 0.87),
    "Lab": (".ga-lab", 0.87),
    "Gallery": ("#gallery", 0.94),
    "Evaluate": (".ga-evaluate", 0.87),
    "Hub": (".ga-hub", 0.87),
}


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": SCREENS[width]})
    page.evaluate("() => new Promise((r) => setTimeout(r, 120))")  # what observes sizes has drawn


def box(page: Page, selector: str) -> dict[str, float]:
    return page.locator(selector).bounding_box()


def open_tab(page: Page, name: str) -> None:
    """In any language."""
    page.locator(f'.tab-container [role=tab][data-tab-id="{name.lower()}"]:visible').click()


@pytest.mark.parametrize(("language", "widths"), [("en-US", [*SCREENS]), ("zh-CN", NARROW)])
def test_every_tab_uses_the_width_and_cuts_or_covers_nothing(
    open_page, language: str, widths: list[int]
):
    page = open_page(locale=language)
    page.evaluate(SCRIPT)
    found: list[str] = []
    sides: list[float] = []  # of the picture in Explore
    for tab, (content, least) in CONTENT.items():
        open_tab(page, tab)
        expect(page.locator(content)).to_be_visible()
        for width in widths:
            resize(page, width)
            window = page.evaluate("document.documentElement.clientWidth")
            share = box(page, content)["width"] / window
            faults = page.evaluate("geometry()")
            if share < least - (0.03 if width < 390 else 0):  # margins are 16 px at least
                faults.append(f"uses {share:.0%} of the width")
            found += [f"{tab} at {width}: {fault}" for fault in faults]
            if tab == "Explore":
                sides.append(box(page, "#latent-image")["width"])
    assert found == [], "\n".join(found)
    assert all(side % 28 == 0 for side in sides)  # every pixel of the picture has a whole size
    assert sides == sorted(sides)  # and it grows with the screen
    assert len(widths) == 2 or sides[-1] > 2 * sides[0]


def test_beside_a_training_nothing_is_cut_and_its_curves_fit(open_page):
    page = open_page("/#tab=train", landing="train")
    page.evaluate(SCRIPT)
    choose_preset(page, "ring")
    page.fill("#seconds", "300")
    page.click("#start")
    expect(page.locator("#run-chip .ga-chip-share")).to_contain_text("%")
    found = []
    for language in ("en", "zh"):
        page.click(f"#language-{language}")
        for width in SCREENS if language == "en" else NARROW:
            resize(page, width)
            found += [f"{language} at {width}: {fault}" for fault in page.evaluate("geometry()")]
    assert found == [], "\n".join(found)
    resize(page, 1280)
    page.click("#steer-toggle")
    page.evaluate("scrollTo(0, 0)")
    for shown in (box(page, "#grid-box"), box(page, "#charts")):
        assert shown["y"] + shown["height"] <= 800


def test_from_1200_px_steering_grid_and_curves_share_the_screen(page: Page):
    # the run that is shown may be another test's, which ended with something to say
    page.add_style_tag(content="#run-message { display: none !important }")
    visit_tab(page, "Train")
    page.click("#steer-toggle")
    page.click("#settings-toggle")
    for width in (1920, 2560, 3840):
        resize(page, width)
        settings, steer, grid, charts = (
            box(page, s) for s in ("#settings", "#steer", "#grid-box", "#charts")
        )
        assert settings["x"] + settings["width"] <= steer["x"]
        assert steer["x"] + steer["width"] <= grid["x"]
        assert grid["x"] + grid["width"] <= charts["x"]
        assert charts["y"] + charts["height"] <= SCREENS[width]
    page.click("#settings-toggle")  # the steering has folded cards and game
    resize(page, 1280)
    page.evaluate("scrollTo(0, 0)")
    steer, grid, charts = (box(page, s) for s in ("#steer", "#grid-box", "#charts"))
    assert steer["x"] + steer["width"] <= grid["x"]
    assert grid["x"] + grid["width"] <= charts["x"]
    assert max(b["y"] + b["height"] for b in (grid, charts)) <= 800
    resize(page, 768)  # below one another where they do not fit
    grid, charts, steer = (box(page, s) for s in ("#grid-box", "#charts", "#steer"))
    assert grid["y"] < charts["y"] < steer["y"]


def test_cards_of_presets_stand_in_rows_of_equal_length(page: Page):
    open_tab(page, "Train")
    expect(page.locator(".ga-preset").first).to_be_visible()
    for width in (1024, 1280, 1920, 2560):
        resize(page, width)
        rows = page.evaluate(
            """() => Object.values([...document.querySelectorAll('.ga-preset')]
            .reduce((rows, card) => { const { top } = card.getBoundingClientRect();
              return { ...rows, [top]: (rows[top] ?? 0) + 1 }; }, {}))"""
        )
        assert max(rows) - min(rows) < len(rows), (width, rows)  # no row of the last two alone
        least = page.locator(".ga-preset").first.bounding_box()
        assert least is not None
        assert least["width"] >= 138, width


def test_names_in_the_chart_of_all_models_cover_no_other(page: Page):
    open_tab(page, "Evaluate")
    expect(page.locator(".ga-point-name").first).to_be_visible()
    for width in (1280, 1920):
        resize(page, width)
        covered = page.evaluate(
            """() => { const boxes = [...document.querySelectorAll('.ga-point-name')]
              .map((name) => name.getBoundingClientRect());
            return boxes.filter((a, i) => boxes.slice(i + 1).some((b) => a.left < b.right
              && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length; }"""
        )
        assert covered == 0, width


def test_a_lesson_reaches_the_right_edge_of_a_wide_screen(page: Page):
    open_tab(page, "Lab")
    expect(page.locator("#lab-practice > section").first).to_be_visible()
    for width in (1920, 2560):
        resize(page, width)
        whole, practice = box(page, ".ga-lab"), box(page, "#lab-practice > section:last-child")
        assert practice["x"] + practice["width"] == pytest.approx(whole["x"] + whole["width"])
        assert (
            box(page, "#lab-steps > li:first-child")["width"] < 0.45 * whole["width"]
        )  # lines that can be read
