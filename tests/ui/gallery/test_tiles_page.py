"""Tiles of the live grid: apart from each other, and each of them opens as itself in Explore."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from gan.images import untile
from gan.runs import RunReader, start
from tests.conftest import tiny_config
from tests.ui.acting import LEVELS, open_tab, settle, visit_tab


@pytest.fixture(scope="module", params=["with classes", "without classes"])
def run(request, digits, runs_dir: Path) -> Iterator[RunReader]:
    """A short training whose kept weights all have a snapshot of their very moment."""
    config = tiny_config()
    classes = 10 if request.param == "with classes" else 0
    names = digits.class_names if classes else ()
    config = replace(config, model=replace(config.model, classes=classes), class_names=names)
    path = runs_dir / f"tiles-{classes}"
    start(replace(config, total_kimg=0.6), digits, path)
    return RunReader(path)


def tile_of(run: RunReader, nimg: int, index: int) -> np.ndarray:
    sheet = np.asarray(Image.open(io.BytesIO(run.snapshot(nimg))).convert("RGB"))
    return untile(sheet, sheet.shape[0] // 8)[index].astype(int)


def shown(page: Page, side: int) -> np.ndarray:
    settle(page)
    return np.array(page.evaluate(LEVELS)).reshape(side, side, 4)[..., :3]


def watch(page: Page, run: RunReader) -> None:
    visit_tab(page, "Train")
    page.select_option("#run-select", run.path.name)
    expect(page.locator("#grid-tiles")).to_be_visible()


@pytest.mark.painted_by("server")
def test_a_tile_opens_in_explore_as_itself_by_mouse_and_by_keyboard(page: Page, run: RunReader):
    nimg = run.weights()[-1]
    watch(page, run)
    expect(page.locator("[data-tile]")).to_have_count(64)
    named = page.get_by_role("button", name="Sample 14", exact=False)
    if run.config().model.classes:
        named = page.get_by_role("button", name="Sample 14: 3, open in Explore")
    named.click()
    expect(page.locator("#what")).to_contain_text(f"{nimg:,} images")
    wanted = tile_of(run, nimg, 13)
    assert np.abs(shown(page, len(wanted)) - wanted).max() <= 2
    assert np.abs(wanted - tile_of(run, nimg, 14)).max() > 20  # its neighbour is another

    open_tab(page, "Train")
    first = page.locator("[data-tile='13']")
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-tile='22']")).to_be_focused()
    expect(page.locator("#grid-frame [tabindex='0']")).to_have_count(1)
    page.keyboard.press("Enter")
    wanted = tile_of(run, nimg, 22)
    page.wait_for_function("document.querySelector('#latent-image').offsetParent !== null")
    page.wait_for_function("location.hash.includes('tab=explore')")
    assert np.abs(shown(page, len(wanted)) - wanted).max() <= 2

    open_tab(page, "Train")  # the button opens the sample that was pointed at last
    page.locator("[data-tile='40']").hover()
    page.click("#open-explore")
    expect(page.locator("#open-explore")).to_be_hidden()
    wanted = tile_of(run, nimg, 40)
    assert np.abs(shown(page, len(wanted)) - wanted).max() <= 2


GUTTERS = """(selector) => { const canvas = document.querySelector(selector);
  const { width } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, canvas.height);
  const clear = (x) => { for (let y = 0; y < canvas.height; y += 1)
    if (data[4 * (y * width + x) + 3]) return false;
    return true; };
  const columns = [...Array(width).keys()].filter(clear);
  const starts = columns.filter((x) => !columns.includes(x - 1));
  return { gutters: starts.length, wide: columns.length / starts.length / devicePixelRatio }; }"""


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}},
                                     {"device_scale_factor": 1.5}])  # fmt: skip
def test_tiles_stand_apart_at_every_size_and_zoom(open_page, run: RunReader, options: dict):
    if not run.config().model.classes:
        pytest.skip("the same sheets")
    nimg = run.status().nimg  # it rests at this step
    step = {"number": 1, "what": "g", "nimg": nimg, "fake_scores_before": [0.0] * 64}
    step |= {"fake_scores_after": [1.0] * 64, "loss": 1, "grad_norm": 1, "lr": 1}
    step |= {"scores_before": {}, "scores_after": {}}
    (run.path / "step.json").write_text(json.dumps(step))
    for when in ("before", "after"):
        (run.path / f"step-{when}.webp").write_bytes(run.snapshot(run.snapshots()[-1]))
    page = open_page(**options)
    watch(page, run)
    page.click("#reals-toggle")
    expect(page.locator("#reals-tiles")).to_be_visible()
    if page.locator("#game-toggle").get_attribute("aria-expanded") == "false":
        page.click("#game-toggle")  # folded on a phone, and the step with it
    for canvas in ("#grid-tiles", "#reals-tiles", ".ga-tiles canvas"):
        page.wait_for_function(f"({GUTTERS})({canvas!r}).gutters === 7")
        assert 1 <= page.evaluate(GUTTERS, canvas)["wide"] <= 2
    page.click("#moment-back")  # the time machine's too
    page.wait_for_function(f"({GUTTERS})('#grid-tiles').gutters === 7")
