"""What the page shows is never stale: after another tab, another theme, an end that nobody saw."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gan.files import write_atomic, write_json
from gan.runs import RunReader
from tests.ui.acting import open_tab, visit_tab

LATER = 123_456


@pytest.fixture
def young(tiny_run: Path, runs_dir: Path) -> Iterator[Path]:
    """A run that goes on, as far as anyone can tell, and gets no further."""
    path = runs_dir / "fresh-1"
    shutil.copytree(tiny_run, path)
    write(path, state="running", nimg=896, host="elsewhere", updated_at=4e9, started_at=4e9)
    yield path
    shutil.rmtree(path)


def write(path: Path, **changes) -> None:
    status = json.loads((path / "status.json").read_text("utf-8"))
    write_json(path / "status.json", status | changes)  # whole at once, as a training does it


def ends(path: Path) -> None:
    """What a training leaves behind that ends: status, a row, weights."""
    row = RunReader(path).rows()[-1] | {"nimg": LATER, "seconds": 61.0}
    with (path / "progress.jsonl").open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    weights = sorted((path / "weights").glob("*.safetensors"))[-1]
    write_atomic(weights.with_name(f"{LATER:010d}.safetensors"), weights.read_bytes())
    write(path, state="finished", nimg=LATER, seconds=61.0)


def hide(page: Page, hidden: bool) -> None:
    """As a browser does it with a tab that is left."""
    page.evaluate(
        """(hidden) => { Object.defineProperty(document, 'hidden', {get: () => hidden,
        configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }""",
        hidden,
    )


def shows(page: Page, run: str, nimg: str, state: str) -> None:
    expect(page.locator("#live-nimg")).to_have_text(nimg)
    expect(page.locator("#run-state")).to_have_text(state)
    row = page.locator(f"#runs-list tr[data-run={run}]")
    expect(row).to_contain_text(state)
    expect(row).to_contain_text(nimg)


@pytest.mark.parametrize("way", ["another tab of ours", "another tab of the browser"])
def test_a_run_that_ends_while_nobody_looks_reads_as_ended_when_it_is_shown_again(
    open_page, young: Path, way: str
):
    page = open_page(viewport={"width": 1280, "height": 500})  # the list lies below the fold
    visit_tab(page, "Train")
    page.select_option("#run-select", young.name)
    shows(page, young.name, "896", "Running")
    page.locator(f"#runs-list tr[data-run={young.name}] [data-act=pick]").check()
    page.select_option("#compare-series", "loss_g")  # FD is in rows of their own
    page.evaluate("scrollTo(0, 0)")
    if way.endswith("ours"):
        open_tab(page, "Explore")
        page.select_option("#model-select", f"run:{young.name}")
        expect(page.locator("#what")).to_contain_text("1,008 images")
        open_tab(page, "Gallery")
        ends(young)
        expect(page.locator("#run-chip")).to_be_hidden()  # the header hears of it on every tab
        open_tab(page, "Explore")
        expect(page.locator("#what")).to_contain_text("123,456 images")
        open_tab(page, "Train")
    else:
        hide(page, True)
        page.wait_for_timeout(2500)  # whatever was on its way has come
        ends(young)
        page.wait_for_timeout(1000)
        assert "896" in page.locator("#live-nimg").inner_text()  # a hidden page asks nothing
        hide(page, False)
    shows(page, young.name, f"{LATER:,}", "Finished")
    expect(page.locator("#model-select")).not_to_contain_text(f"{young.name} (")


def test_the_leaderboard_hears_of_an_end_while_it_is_shown(page: Page, young: Path):
    visit_tab(page, "Evaluate")
    row = page.locator("#leaders-table tr").filter(has_text=young.name)
    expect(row).to_contain_text("1")
    ends(young)
    expect(row).to_contain_text("123")


# pixels of the losses' chart in the colour that text has now
INKED = """() => { const canvas = document.querySelector('[data-chart=losses] canvas');
  const ink = getComputedStyle(canvas.closest('.ga')).getPropertyValue('--ga-ink').trim();
  const probe = new OffscreenCanvas(1, 1).getContext('2d');
  probe.fillStyle = ink;
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    found += data[i + 3] > 200 && [0, 1, 2].every((k) => Math.abs(data[i + k] - wanted[k]) < 8);
  return found; }"""


def test_curves_are_drawn_in_the_colours_of_a_theme_that_changes_while_they_are_shown(
    open_page, tiny_run: Path, runs_dir: Path
):
    shutil.copytree(tiny_run, runs_dir / "inked")
    page = open_page(color_scheme="light")
    visit_tab(page, "Train")
    page.select_option("#run-select", "inked")
    expect(page.locator("#run-state")).to_have_text("Finished")
    page.wait_for_function(f"({INKED})() > 50")
    page.emulate_media(color_scheme="dark")  # the system's, at sunset
    page.wait_for_function("document.documentElement.dataset.gaTheme === 'dark'")
    page.wait_for_function(f"({INKED})() > 50")
    page.click("#theme-toggle")
    page.wait_for_function("document.documentElement.dataset.gaTheme === 'light'")
    page.wait_for_function(f"({INKED})() > 50")
    shutil.rmtree(runs_dir / "inked")
