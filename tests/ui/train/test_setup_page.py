"""Cards, few fields, links and comparisons of the Train tab in a real Chromium."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import choose_preset, open_tab

COPIED = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
# of the canvas in Explore, each pixel once: rows of the levels of the first channel
PICTURE = """(side) => { const c = document.querySelector('#latent-image');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const k = c.width / side;
  const at = (n) => Math.floor((n + 0.5) * k);
  return Array.from({length: side * side}, (_, i) =>
    d[4 * (at(Math.floor(i / side)) * c.width + at(i % side))]); }"""
# of one tile of the sheet that the live grid shows
TILE = """([tile, side]) => { const image = document.querySelector('#live-grid');
  const c = Object.assign(document.createElement('canvas'), {width: side, height: side});
  const g = c.getContext('2d');
  g.drawImage(image, -side * (tile % 8), -side * Math.floor(tile / 8));
  const d = g.getImageData(0, 0, side, side).data;
  return Array.from({length: side * side}, (_, i) => d[4 * i]); }"""
SIDE = 8


@pytest.fixture(scope="module")
def two(tiny_run: Path, runs_dir: Path) -> tuple[str, str]:
    """A digits run and its fork, over: (parent, fork)."""
    for name in ("kin-1", "kin-2"):
        shutil.copytree(tiny_run, runs_dir / name)
        with (runs_dir / name / "measures.jsonl").open("w") as file:
            for nimg, fd in ((500, 9.0), (1008, 4.0)):
                file.write(json.dumps({"nimg": nimg, "seconds": nimg / 500, "fd": fd}) + "\n")
    file = runs_dir / "kin-2" / "config.json"
    config = json.loads(file.read_text("utf-8"))
    config["train"] |= {"g_lr": 0.0625}
    file.write_text(json.dumps(config | {"parent": "kin-1@504"}), "utf-8")
    return "kin-1", "kin-2"


def runs_of(runs_dir: Path) -> set[str]:
    return {path.name for path in runs_dir.glob("*")}


def link_of(page: Page, button: str) -> str:
    page.evaluate(COPIED)
    page.click(button)
    return page.wait_for_function("window.copied").json_value()


def test_a_card_is_chosen_by_keys_and_settings_are_halved_doubled_found_and_put_back(page: Page):
    open_tab(page, "Train")
    page.locator("#presets [value=fashion]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#presets :checked")).to_have_value("digits")
    line = page.locator("#command")
    expect(line).to_have_value(re.compile("--preset digits"))
    page.wait_for_function(
        "[...document.querySelectorAll('.ga-preset img')].slice(0, 8).every((i) => i.naturalWidth)"
    )
    page.click("#settings-toggle")
    rate = page.locator("#settings [name=g_lr]")
    page.click("#settings [data-key=g_lr] [data-times='2']")
    expect(rate).to_have_value("0.004")
    expect(line).to_have_value(re.compile("--set g_lr=0.004"))
    page.select_option("#settings [name=loss]", "hinge")
    expect(page.locator("#settings-count")).to_have_text("2 changed")
    for _ in range(8):
        page.click("#settings [data-key=g_lr] [data-times='0.5']")
    expect(rate).to_have_value("0.000015625")  # never 1.5625e-5
    page.fill("#settings-find", "rate of g")
    expect(page.locator("#settings .ga-set-box:visible")).to_have_count(1)
    page.get_by_role("button", name="Rate of G back to 0.002").click()
    expect(rate).to_have_value("0.002")
    expect(rate).to_be_focused()
    expect(page.locator("#settings-count")).to_have_text("1 changed")
    page.fill("#settings-find", "warp drive")
    expect(page.locator("#settings-found")).to_have_text("No setting has “warp drive” in its name.")
    expect(page.locator("#settings-fields .ga-field:visible")).to_have_count(0)
    page.fill("#settings-find", "room")  # of what is no setting of the training
    expect(page.locator("#settings-fields .ga-field:visible")).to_have_count(1)
    expect(page.locator("#settings-found")).to_have_text("")


def test_a_link_fills_the_form_elsewhere_and_starts_nothing(
    page: Page, open_page, runs_dir: Path, two: tuple[str, str]
):
    open_tab(page, "Train")
    choose_preset(page, "digits")
    page.fill("#seconds", "33")
    page.fill("#train-seed", "7")
    page.click("#settings-toggle")
    page.select_option("#settings [name=loss]", "hinge")
    page.fill("#settings [name=other]", "z_dim=24")
    expect(page.locator("#command")).to_have_value(re.compile("loss=hinge.*z_dim=24"))
    address = link_of(page, "#setup-link")
    before, command = runs_of(runs_dir), page.input_value("#command")

    spoilt = "&sparkle=1"
    address = address.replace("&set=", "&set=d_lr:-4,nonsense,") + spoilt
    other = open_page(address[address.index("/#") :], landing="train")
    said = other.locator("#from-link")
    expect(said).to_contain_text("preset digits, data digits, seed 7, Loss hinge, z_dim=24.")
    expect(said).to_contain_text("Nothing has started.")
    expect(said.locator(".ga-left-out")).to_have_count(3)
    for wrong in ("“Rate of D” must be from 0 to 10, got -4", "“nonsense”", "sparkle"):
        expect(said).to_contain_text(wrong)
    expect(other.locator("#command")).to_have_value(command)
    other.click("#language-zh")
    expect(said).to_contain_text("还没有开始训练")
    other.click("#language-en")
    other.click("#from-link-close")
    expect(said).to_be_hidden()
    assert runs_of(runs_dir) == before

    page.locator(f"#runs-list tr[data-run={two[1]}] [data-act=watch]").click()
    expect(page.locator("#run-select")).to_have_value(two[1])
    expect(page.locator("#live-grid")).to_be_visible()
    page.click("#moment-back")
    there = page.locator("#moment-at").inner_text()
    address = link_of(page, "#run-link")
    assert "g_lr:0.0625" in address
    third = open_page(address[address.index("/#") :], landing="train")
    expect(third.locator("#from-link")).to_contain_text(f"its training, {two[1]}")
    expect(third.locator("#run-select")).to_have_value(two[1])
    expect(third.locator("#moment-at")).to_have_text(there)
    expect(third.locator("#presets :checked")).to_have_value("digits")


def test_once_started_nothing_says_that_nothing_has_started(open_page):
    page = open_page("/#tab=train&preset=digits&seconds=600", landing="train")
    expect(page.locator("#from-link")).to_contain_text("Nothing has started.")
    page.click("#start")
    expect(page.locator("#from-link")).to_be_hidden()
    expect(page.locator("#stop")).to_be_enabled()
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text(re.compile("Stopped|Cancelled|Idle|Finished"))


def test_a_tile_opens_as_that_very_tile(page: Page, two: tuple[str, str]):
    open_tab(page, "Train")
    page.locator(f"#runs-list tr[data-run={two[0]}] [data-act=watch]").click()
    expect(page.locator("#run-select")).to_have_value(two[0])
    expect(page.locator("#live-grid")).to_be_visible()
    page.click("#moment-now") if page.locator("#moment-now").is_enabled() else None
    tile = page.evaluate(TILE, [13, SIDE])
    page.locator("#grid-frame button").nth(13).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#what")).to_contain_text("after 1,008 images")
    page.wait_for_function("!document.querySelector('#latent-image').hasAttribute('data-busy')")
    shown = page.evaluate(PICTURE, SIDE)
    assert max(abs(a - b) for a, b in zip(tile, shown, strict=True)) <= 2
    expect(page.locator("#what")).not_to_contain_text("kept nearest")


def test_runs_are_compared_by_curves_pictures_settings_and_kin(page: Page, two: tuple[str, str]):
    open_tab(page, "Train")
    for run in two:
        page.locator(f"#runs-list tr[data-run={run}] [data-act=pick]").check()
    expect(page.locator("#compare-series")).to_have_value("fd")
    expect(page.locator(".ga-compare-plot")).to_have_attribute("data-curves", "2")
    expect(page.locator(".ga-compare-plot canvas")).to_be_visible()
    page.wait_for_function(
        "document.querySelectorAll('#compare-pictures canvas[data-painted]').length === 2"
    )
    expect(page.locator("#compare-pictures figcaption").first).to_contain_text("after 1,008")
    slider = page.locator("#compare-at")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#compare-at-said")).to_have_text("0 images")
    expect(page.locator("#compare-pictures figcaption").nth(1)).to_contain_text("after 0")
    rows = page.locator("#compare-settings tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(re.compile("Rate of G.*0.0625"))
    kin = page.locator("#compare-family li")
    expect(kin).to_have_count(2)
    expect(kin.nth(1)).to_contain_text("forked at 504 images")
    kin.nth(1).get_by_role("button").click()  # out, and in again from the tree
    expect(page.locator(".ga-compare-legend li")).to_have_count(1)
    kin.nth(1).get_by_role("button").click()
    expect(page.locator(".ga-compare-legend li")).to_have_count(2)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_steering_leaves_the_curves_in_sight_of_a_small_window(page: Page, two: tuple[str, str]):
    page.set_viewport_size({"width": 1280, "height": 800})
    open_tab(page, "Train")
    game = page.locator("#game-body")
    expect(game).to_be_visible()
    expect(page.locator("#presets")).to_be_visible()
    page.click("#steer-toggle")
    expect(game).to_be_hidden()
    expect(page.locator("#presets")).to_be_hidden()
    page.evaluate("scrollTo(0, 0)")
    for chart in page.locator("[data-chart] .ga-curve").all()[:4]:
        box = chart.bounding_box()
        assert box["y"] + box["height"] <= 800
    page.click("#steer-toggle")
    expect(game).to_be_visible()
    expect(page.locator("#presets")).to_be_visible()


def test_the_code_of_what_is_set_is_saved_as_a_script_and_as_a_notebook(page: Page):
    open_tab(page, "Train")
    choose_preset(page, "ring")
    page.click("#settings-toggle")
    page.fill("#settings [name=other]", "z_dim=3")
    for button, ending in (("#show-code", "py"), ("#show-notebook", "ipynb")):
        with page.expect_download() as saved:
            page.click(button)
        assert saved.value.suggested_filename == f"ring.{ending}"
        text = Path(saved.value.path()).read_text("utf-8")
        assert re.search(r"Z_DIM = 3\b", text)
