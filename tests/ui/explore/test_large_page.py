"""Models from elsewhere on the page: transparent ones, and ones larger than the screen shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.acting import SEQ, drag_to, open_tab, picture_after
from tests.ui.explore.test_large_routes import LARGE, RGBA
from tests.ui.fakes import add_pulled

ALPHA = """(() => { const c = document.querySelector('#latent-image');
  const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  return data.filter((_, i) => i % 4 === 3).some((a) => a < 255); })()"""


@pytest.fixture
def _home(runs_dir: Path, base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_HOME", str(runs_dir.with_name("own")))


@pytest.mark.usefixtures("_home")
def test_a_transparent_model_is_explored_with_sliders_and_keeps_its_transparency(open_page):
    ref = add_pulled("faces", *RGBA, resolution=8, channels=4, z_dim=8)
    page = open_page(f"/#model={ref}&seed=3")
    assert page.locator("#model-select").evaluate("e => e.value") == ref
    assert page.evaluate(ALPHA)
    first = "#direction-rows input[type=range]"
    before, after = picture_after(page, lambda: drag_to(page, first, 2.0))
    assert before != after
    open_tab(page, "Gallery")
    page.wait_for_selector(".ga-tile canvas")


@pytest.mark.usefixtures("_home")
def test_a_large_model_fills_its_frame_smoothly_and_no_more(open_page):
    ref = add_pulled("large", *LARGE, resolution=256, channels=3, z_dim=8)
    page = open_page(f"/#model={ref}&seed=3")
    page.wait_for_function("document.querySelector('#latent-image').width === 256")
    canvas = page.locator("#latent-image")
    assert canvas.evaluate("e => getComputedStyle(e).imageRendering") == "auto"
    assert canvas.bounding_box()["width"] <= 320
    page.wait_for_function("document.querySelector('#direction-rows canvas')?.dataset.shown > 0")
    assert page.locator("#direction-rows canvas").first.bounding_box()["width"] <= 64
    seq = page.evaluate(SEQ)
    page.get_by_role("button", name="Randomise").click()
    page.wait_for_function(f"{SEQ} > {seq}")
    assert not page.evaluate(ALPHA)
    open_tab(page, "Gallery")
    page.wait_for_selector(".ga-tile canvas")
    assert page.locator(".ga-tile canvas").first.evaluate("e => e.width") == 256
