"""Where points of the plane are trained and measured, the page says so, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gan.data import load_data
from gan.presets import resolve_widths, run_config
from gan.runs import start
from tests.ui.acting import open_part, open_tab
from tests.ui.browser import serving

# What can be read, heard or asked for within `roots` and speaks of images, but for files and maps.
OF_IMAGES = """async ([roots, wrong]) => {
  const { explained, sentenceOf } = await import(
    new URL(`${window.GAN.assets}/page/kit/explained.js`, document.baseURI).href);
  const speaks = new RegExp(wrong, 'i');
  const seen = (e) => e.checkVisibility({ visibilityProperty: true });
  const nodes = [...document.querySelectorAll(`:is(${roots}), :is(${roots}) *`)].filter(seen);
  const said = nodes.flatMap((e) => {
    const why = e.matches('button, input, select, canvas, [data-help]') ? explained(e) : null;
    const own = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data);
    const of = why && !/film|lapse|shelf_open/.test(why.key) ? [sentenceOf(why)] : [];
    return [...own, e.title, e.ariaLabel, e.alt, e.placeholder, ...of];
  });
  return [...new Set(said)].filter((text) => text && speaks.test(text));
}"""
WRONG = {"en": r"\b(image|picture)s?\b", "zh": "真图|生成图|张图|图片|图像"}
PARTS = ("pad", "dimensions", "mutate", "draw", "walk", "mix", "map", "inside")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("points") / "runs"


@pytest.fixture(scope="module")
def base_url(runs: Path) -> Iterator[str]:
    """An app without a training."""
    with serving(runs) as url:
        yield url


def train_ring(folder: Path) -> None:
    images = load_data("ring")
    config = resolve_widths(run_config("ring", images.shape, data="ring"))
    start(replace(config, total_kimg=2.0), images, folder)


def test_points_are_not_called_images_nor_have_a_game_s_curves_without_a_d(page: Page, runs: Path):
    curves = page.locator("#charts .ga-chart-list h3")
    open_tab(page, "Train")
    expect(curves).to_have_text(["Losses", "Scores of D", "Distance", "Variety"])
    copies = page.locator("#charts [data-chip=copies]")
    expect(copies).to_be_visible()
    page.select_option("#data", "ring")  # the preset follows, and what its training would draw
    expect(copies).to_be_hidden()  # of points nobody counts them
    expect(curves).to_have_text(["Losses", "Scores of D", "Quality of points", "Divergence"])
    axes = page.get_by_role("group", name="X axis").get_by_role("button")
    expect(axes).to_have_text(["Points", "Time"])
    assert axes.first.get_attribute("data-help") == "gan_axis_points_help"
    page.click("#settings-toggle")
    expect(page.locator("#settings [name=g_lr]")).to_be_visible()
    expect(page.locator("#settings [name=augment]")).to_be_hidden()
    expect(page.locator("#settings [name=resolution]")).to_be_hidden()
    home = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{home}#tab=train&preset=ring-drift&seconds=20")
    expect(curves).to_have_text(["Drift", "Quality of points", "Divergence"])

    train_ring(runs / "ring-1")
    open_tab(page, "Evaluate")
    page.select_option("#model-select", "run:ring-1")
    expect(page.locator("header.ga-header")).to_contain_text("points of the plane")
    expect(page.locator("#evaluate-data option")).to_have_text(
        ["Points: ring of 8", "Points: 5 × 5 grid", "Points: spiral", "Points: two moons",
         "Points: line"]
    )  # fmt: skip
    expect(page.locator("#evaluate-judge")).to_be_hidden()
    # before and after the measuring, and how both are told in the other language
    said = page.locator("#evaluate-form, .ga-scores")
    expect(page.locator(".ga-card")).to_have_count(7)
    before = said.all_inner_texts()
    page.select_option("#evaluate-count", "500")
    page.click("#evaluate-start")
    expect(page.locator(".ga-card")).to_have_count(9)  # the ring has modes, too
    after = said.all_inner_texts()
    page.click("#language-zh")
    expect(page.locator("#evaluate-about")).to_contain_text("坐标")
    chinese = said.all_inner_texts()
    assert "image" not in " ".join(before + after).lower()
    assert "图" not in " ".join(chinese)


def test_a_model_of_points_is_not_told_of_as_of_pictures(page: Page, runs: Path):
    for name in ("ring-2", "ring-3"):
        train_ring(runs / name)
    page.select_option("#model-select", "run:ring-2")
    expect(page.locator("#what")).to_contain_text("seed")
    expect(page.locator("#open-picture")).to_be_hidden()  # no picture can be looked for
    found: dict[str, list[str]] = {}

    def look(place: str, roots: str) -> None:
        for language, wrong in WRONG.items():
            page.click(f"#language-{language}")
            told = page.evaluate(OF_IMAGES, [roots, wrong])
            found.update({f"{place} {language}": told} if told else {})
        page.click("#language-en")

    for part in PARTS:
        open_part(page, part)
        page.wait_for_function("!document.querySelector('.ga-explore .ga-panel-wait')")
        if part == "walk":
            page.get_by_role("button", name="Begin with four").click()
            expect(page.locator(".ga-keys li")).to_have_count(4)
        look(part, ".ga-explore, #model-facts")
    page.click("#pin")
    expect(page.locator("#pins-list button")).to_contain_text("Point")
    open_tab(page, "Gallery")
    expect(page.locator("#gallery canvas").first).to_be_visible()
    look("Gallery", ".ga-gallery")
    open_tab(page, "Train")
    for name in ("ring-2", "ring-3"):
        page.locator(f"[data-run={name}] [data-act=pick]").check()
    expect(page.locator("#compare-pictures figure")).to_have_count(2)
    look("comparison", "#compare, [data-run=ring-2]")
    assert found == {}
    page.locator("[data-run=ring-2]").get_by_role("button", name="Watch").click()
    expect(page.locator("#tile-said")).to_contain_text("same 1,024 noise vectors")
    expect(page.locator("figcaption:has(#tile-said) [data-t]")).to_have_text("Fixed noise")
