"""The length of the average of a run that is over, chosen in the time machine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Request, expect

from gan.data import ImageSet
from gan.images import encode_webp, tile, to_pixels
from gan.runs import RunWriter
from gan.runs.moments import averaged
from gan.training import Trainer
from gan.training.learner import fixed_noise
from tests.conftest import tiny_config
from tests.ui.acting import drag_to, linked, open_tab
from tests.ui.server.test_routes import context_for
from tests.ui.train.test_runs_routes import client_for


@pytest.fixture(scope="module")
def averaged_run(runs_dir: Path, base_url: str, digits: ImageSet) -> Path:
    """A stopped run of digits with four kept moments."""
    writer = RunWriter(
        runs_dir / "mixed-1", replace(tiny_config(), total_kimg=9.0), steerable=False
    )
    writer.create()
    trainer = Trainer(writer.config, digits)
    for _ in range(4):
        for _ in range(20):
            trainer.step()
        writer.snapshot(trainer.snapshot())
        writer.weights(trainer)
    writer.report("stopped", nimg=trainer.nimg)
    return writer.path


LINK = "/#tab=train&run=mixed-1"


def test_the_samples_follow_the_length_and_open_elsewhere_by_their_link(open_page, averaged_run):
    page = open_page(LINK, landing="train")
    grid, slider, said = (page.locator(s) for s in ("#live-grid", "#averaging", "#averaging-at"))
    expect(slider).to_be_enabled()
    expect(said).to_have_text("as trained")
    expect(grid).to_have_attribute("src", re.compile("/snapshot.*nimg=1280"))
    expect(page.locator("#grid-tiles")).to_be_visible()
    own = page.locator("#grid-tiles").evaluate("(e) => e.toDataURL()")
    drag_to(page, "#averaging", 16)
    expect(said).to_have_text("over 20 % of the training")
    expect(grid).to_have_attribute("src", re.compile("^blob:"))
    page.wait_for_function(
        "(own) => document.querySelector('#grid-tiles').toDataURL() !== own", arg=own
    )

    with page.expect_request(lambda r: "/_gan/latent" in r.url and "~0.20" in asked(r)):
        page.click("#open-explore")
    page.wait_for_function("location.hash.includes('model=')")
    address = unquote(linked(page))
    assert "model=run:mixed-1@1280~0.20" in address
    page.click("#randomise")  # told of any point of the model, not of the first alone
    expect(page.locator("#what")).to_contain_text("averaged over 20 % of the training")
    with page.expect_request(lambda r: r.url.endswith("/_gan/gallery") and "~0.20" in asked(r)):
        open_tab(page, "Gallery")
    expect(page.locator(".ga-tile canvas").first).to_be_visible()

    open_tab(page, "Evaluate")
    page.select_option("#evaluate-count", index=0)
    with page.expect_request(lambda r: r.url.endswith("/_gan/evaluate") and "~0.20" in asked(r)):
        page.click("#evaluate-start")

    other = open_page(address, landing="explore")  # what a link leads to
    assert "model=run:mixed-1@1280~0.20" in unquote(linked(other))


def asked(request: Request) -> str:
    """What a request names, in its address or its body."""
    return unquote(request.url) + (request.post_data_buffer or b"").decode("latin-1")


def test_the_snapshot_comes_back_and_a_moment_without_two_kept_ones_offers_none(
    open_page, averaged_run
):
    page = open_page(LINK, landing="train")
    grid, slider = page.locator("#live-grid"), page.locator("#averaging")
    expect(slider).to_be_enabled()
    drag_to(page, "#averaging", 1)
    expect(grid).to_have_attribute("src", re.compile("^blob:"))
    drag_to(page, "#averaging", 0)
    expect(grid).to_have_attribute("src", re.compile("/snapshot"))
    drag_to(page, "#averaging", 1)
    said = page.locator("#averaging-at")
    drag_to(page, "#moment", 0)  # of which the first kept weights are the nearest
    expect(slider).to_be_disabled()
    expect(said).to_have_text("as trained; others from its second kept moment on")
    expect(grid).to_have_attribute("src", re.compile("/snapshot"))
    page.click("#moment-now")  # the choice outlasts a moment that has no other average
    expect(said).to_have_text("over 5 % of the training")
    expect(grid).to_have_attribute("src", re.compile("^blob:"))


def test_a_length_is_drawn_as_the_library_mixes_it(averaged_run):
    """The route's picture is the one of the very weights that a command line would load."""
    got = client_for(context_for("127.0.0.1", averaged_run.parent)).get(
        "/_gan/run/averaged", params={"id": "mixed-1", "nimg": 1300, "length": 0.2}
    )
    assert got.status_code == 200
    assert got.headers["x-gan-averages"] == "2"
    g = averaged(averaged_run, 1280, 0.2).generator
    pixels = to_pixels(g(*fixed_noise(16, 10)))
    assert got.content == encode_webp(tile(pixels, 8))
