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
from tests.ui.acting import open_tab
from tests.ui.browser import serving


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
