"""Evaluate in a real Chromium."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.ui.acting import open_tab
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fakes import add_model


def test_a_model_is_measured_and_takes_its_place_among_all(page: Page):
    open_tab(page, "Evaluate")
    expect(page.locator(".ga-card")).to_have_count(7)
    # the evaluation that comes with the model stands there at once
    expect(page.locator("#evaluate-verdict")).to_contain_text("Close to real images")
    expect(page.locator("#evaluate-about")).to_contain_text("10,000 samples")
    expect(page.locator(".ga-card.is-empty")).to_have_count(0)
    expect(page.locator(".ga-card strong").first).to_have_text("0.29")
    # cats' and emoji's were measured against other images, emoji's by another judge, too: groups
    # of their own, not drawn
    expect(page.locator(".ga-point:not(.is-stated)")).to_have_count(4)
    expect(page.locator("#leaders-table .ga-leaders-group")).to_have_count(4)
    shown = page.locator("#leaders-table .ga-leaders-group.is-shown")
    expect(shown).to_contain_text("Against fashion, by the garment network’s features")
    expect(page.locator("#leaders-about")).to_contain_text("features; an FD compares only")
    for place in (shown, page.locator("#evaluate-about")):  # and what that network is
        place.locator(".ga-term").click()
        expect(page.locator(".ga-help-pop")).to_contain_text("tells the ten kinds of garment apart")
        page.keyboard.press("Escape")
    page.select_option("#evaluate-data", "fashion")
    page.select_option("#evaluate-count", "500")
    page.click("#evaluate-start")
    expect(page.locator("#evaluate-stop")).to_be_enabled()
    expect(page.locator("#evaluate-differs")).to_contain_text("500 instead of 10,000")
    # so few do not tell it from real images, and the sentence says how few they were
    expect(page.locator("#evaluate-verdict")).to_contain_text("measured with 500 samples")
    expect(page.locator("#evaluate-classes li")).to_have_count(10)
    expect(page.locator("#evaluate-nearest canvas")).to_have_count(16)
    expect(page.locator("#leaders-table tr.is-chosen")).to_contain_text("fashion")
    page.click("#language-zh")
    expect(page.locator("#evaluate-verdict")).to_contain_text("以 500 个样本")
    page.reload()  # what was measured stands there again, with its pictures
    expect(page.locator("#evaluate-nearest canvas")).to_have_count(16)


def test_an_evaluation_can_be_cancelled_and_begun_again(page: Page):
    open_tab(page, "Evaluate")
    page.select_option("#evaluate-data", "fashion")
    page.select_option("#evaluate-count", "10000")
    page.click("#evaluate-start")
    expect(page.locator("#evaluate-left")).to_contain_text("left")
    page.click("#evaluate-stop")
    expect(page.locator("#evaluate-stop")).to_be_disabled()
    expect(page.locator("#evaluate-start")).to_be_enabled()
    expect(page.locator("#evaluate-note")).to_be_empty()


def asked(request: Request) -> dict[str, str]:
    """What an evaluation was asked for."""
    return json.loads(request.post_data or "")


@pytest.fixture
def unmeasured(runs_dir: Path) -> Iterator[str]:
    """A model of digits that nobody has measured; others' tests do not see it."""
    shape = {"resolution": 8, "channels": 1, "z_dim": 16, "classes": 10, "family": "mlp"}
    yield add_model(runs_dir, "unmeasured", **shape)
    shutil.rmtree(runs_dir / "unmeasured")


def test_a_model_is_measured_against_its_own_data_however_soon_one_presses(
    open_page, unmeasured: str
):
    page = open_page()
    page.route("**/_gan/leaderboard", lambda route: None)
    open_tab(page, "Evaluate")
    expect(page.locator("#evaluate-what")).to_have_text("fashion")
    expect(page.locator("#evaluate-start")).to_be_disabled()  # against what is not known yet
    page.unroute("**/_gan/leaderboard")  # what was held goes on
    expect(page.locator("#evaluate-start")).to_be_enabled()
    expect(page.locator("#evaluate-data")).to_have_value(re.compile("^fashion"))

    with page.expect_request(lambda r: r.url.endswith("/_gan/evaluate")) as request:
        page.get_by_role("button", name="Measure unmeasured").click()
    assert (asked(request.value)["ref"], asked(request.value)["data"]) == (unmeasured, "digits")
    page.click("#evaluate-stop")


def test_a_row_of_the_table_chooses_the_model_and_what_its_judge_found(page: Page):
    open_tab(page, "Evaluate")
    table, shown = page.locator("#leaders-table"), page.locator(".ga-leaders-group.is-shown")
    for network, judge in (("general", "own"), ("ImageNet", "imagenet")):
        features = f"the {network} network’s features"
        heading = f"Against emoji-groups, by {features}"
        group = table.locator("tbody").filter(has=page.get_by_text(heading, exact=True))
        group.get_by_role("button", name="emoji", exact=True).click()
        expect(page.locator("#model-select")).to_have_value("emoji")
        expect(shown).to_contain_text(heading)
        expect(page.locator(".ga-point")).to_have_count(1)
        expect(page.locator("#evaluate-what")).to_have_text("emoji")
        expect(page.locator("#evaluate-data")).to_have_value("emoji-groups")
        expect(page.locator("#evaluate-judge")).to_have_value(judge)
        expect(page.locator("#evaluate-about")).to_contain_text(features)
        expect(table.get_by_role("button", pressed=True)).to_have_count(1)


def test_another_judge_measures_and_stands_in_a_group_of_its_own(page: Page):
    open_tab(page, "Evaluate")
    page.select_option("#model-select", "fashion-mlp")
    expect(page.locator("#evaluate-what")).to_have_text("fashion-mlp")
    expect(page.locator("#evaluate-about")).to_contain_text("10,000 samples")
    page.select_option("#evaluate-data", "digits")  # fewer images: the judge looks at each
    page.select_option("#evaluate-count", "500")
    page.select_option("#evaluate-judge", "imagenet")
    expect(page.locator("#evaluate-judged")).to_contain_text("compare only with each other")
    page.click("#evaluate-start")
    by_imagenet = "500 samples, by the ImageNet"
    # that network takes ten seconds of an idle core
    expect(page.locator("#evaluate-about")).to_contain_text(by_imagenet, timeout=6 * PATIENCE_MS)
    expect(page.locator("#evaluate-differs")).to_contain_text("the two cannot be compared")
    expect(page.locator("#evaluate-missing figure").first).to_contain_text("of real images")
    expect(page.locator("#evaluate-missing figure").first.locator("canvas")).to_have_count(6)
    expect(page.locator("#leaders-table .ga-leaders-group.is-shown")).to_contain_text(
        "Against digits, by the ImageNet network’s features"
    )
