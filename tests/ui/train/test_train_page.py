"""Train in a real Chromium, with a real training."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import NIMG, choose_preset, nimg, open_tab

# of the picture that is shown, once it is the one that was asked for
MOMENT = """() => { const { src, alt } = document.querySelector('#live-grid');
  const shown = new URLSearchParams(src).get('nimg');
  return shown === alt.match(/after ([\\d,]+) images/)[1].replaceAll(',', '') && shown; }"""


def moment(page: Page) -> int:
    return int(page.wait_for_function(MOMENT).json_value())


def test_a_training_is_started_watched_paused_resumed_and_stopped(page: Page, open_page):
    with page.expect_request("**/_gan/train/prepare"):
        open_tab(page, "Train")
    expect(page.locator("#command")).to_have_value(re.compile("gan train --preset fashion"))
    choose_preset(page, "digits")
    page.fill("#seconds", "900")  # longer than this takes on a busy machine
    expect(page.locator("#command")).to_have_value(re.compile("--preset digits --seconds 900"))
    page.click("#start")
    grid = page.locator("#live-grid")
    expect(grid).to_be_visible()
    first, seen = grid.get_attribute("src"), nimg(page)
    expect(grid).not_to_have_attribute("src", first)
    page.wait_for_function(f"{NIMG} > {seen}")
    expect(page.locator("#charts canvas")).to_have_count(4)

    page.reload()  # nothing is lost, and the header says so on every tab
    expect(page.locator("#run-chip")).to_contain_text("digits-")
    run = page.locator("#run-chip").get_attribute("data-run")
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
    page.wait_for_function(f"{NIMG} > {paused}")
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")

    page.click("#pause")  # a stopped run goes on from its checkpoint
    expect(page.locator("#run-state")).to_have_text("Running")
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")

    page.click("#moment-back")  # the time machine
    back = moment(page)
    page.click("#moment-now")
    newest = moment(page)
    assert newest > back
    page.click("#moment-back")
    assert moment(page) < newest
    page.click("#open-explore")
    expect(page.locator("#what")).to_contain_text("images")
    assert page.input_value("#model-select") == f"run:{run}"


def test_what_makes_no_sense_is_said_in_one_sentence(page: Page):
    open_tab(page, "Train")
    page.click("#settings-toggle")
    rate = page.locator("#settings [name=g_lr]")
    rate.fill("fast")
    expect(page.locator("#train-note")).to_contain_text("“Rate of G” must be a number, got 'fast'")
    expect(rate).to_have_attribute("aria-invalid", "true")
    page.click("#language-zh")  # what the library says is Chinese there too
    rate.fill("faster")
    expect(page.locator("#train-note")).to_contain_text(re.compile("G 的学习率.*faster"))
    expect(rate).to_have_attribute("aria-invalid", "true")
    page.click("#language-en")
    rate.fill("0.001")
    expect(page.locator("#train-note")).to_be_empty()
    expect(page.locator("#command")).to_have_value(re.compile("--set g_lr=0.001"))


def test_a_command_fills_the_form_and_what_is_none_is_refused_in_a_sentence(page: Page):
    open_tab(page, "Train")
    expect(page.locator("#presets :checked")).to_have_value(
        "fashion"
    )  # the form is filled, and listens
    line = page.locator("#command")
    line.fill("python -m gan train --preset digits --seconds 30 --set packing=2 --set z_dim=24")
    line.press("Enter")
    expect(page.locator("#presets :checked")).to_have_value("digits")
    expect(page.locator("#seconds")).to_have_value("30")
    expect(page.locator("#settings [name=packing]")).to_have_value("2")
    expect(page.locator("#settings [name=other]")).to_have_value("z_dim=24")
    expect(line).to_have_value(re.compile("--set packing=2 --set z_dim=24 --seconds 30"))
    line.fill("python -m gan train --presett digits")
    line.press("Enter")
    expect(page.locator("#command-note")).to_contain_text("did you mean --preset")
    line.press("Escape")
    expect(page.locator("#command-note")).to_be_empty()
    expect(line).to_have_value(re.compile("--preset digits"))

    idle = page.locator("#settings label:has([name=aux_classes]) .ga-idle")
    expect(idle).to_be_hidden()
    page.select_option("#data", "emoji")  # there are no classes to name
    expect(idle).to_have_text("no effect")
    page.select_option("#data", "emoji-groups")
    expect(idle).to_be_hidden()

    modulation = page.locator("#settings label:has([name=modulation]) .ga-idle")
    expect(modulation).to_be_hidden()
    line.fill("python -m gan train --preset article")  # whose G has no layers to modulate
    line.press("Enter")
    expect(modulation).to_have_text("no effect")
    line.fill("python -m gan train --preset article --set modulation=true")
    line.press("Enter")
    expect(page.locator("#train-note")).to_contain_text("needs family conv or vae or drift")


@pytest.mark.expects_refusal
def test_own_images_that_are_not_there_are_refused_in_a_sentence(page: Page, runs_dir: Path):
    before = set(runs_dir.glob("fashion*"))
    open_tab(page, "Train")
    page.select_option("#data", "own")
    expect(page.locator("#command")).to_have_value("")  # not what the preset before would train
    expect(page.locator("#copy-command")).to_be_disabled()
    page.fill("#data-path", "folder:/nowhere/at/all")
    page.click("#start")
    expect(page.locator("#train-note")).to_contain_text("/nowhere/at/all")
    assert set(runs_dir.glob("fashion*")) == before
