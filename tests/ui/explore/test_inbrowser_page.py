"""The generator in a real Chromium, and the painter that chooses between it and the server."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import SEQ, settle
from tests.ui.fakes import add_model

# which of the two is faster is not for a busy machine to say
pytestmark = pytest.mark.painted_by("browser")
PIXELS = """(() => { const c = document.querySelector('#latent-image');
  return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]; })()"""
FAMILIES = {
    "emoji": {},  # bundled: colour, with classes
    "own-mlp": {"family": "mlp", "resolution": 16, "channels": 1, "classes": 3, "z_dim": 20},
    "own-dcgan": {"family": "dcgan", "resolution": 32, "channels": 3, "z_dim": 30},
    "own-conv": {"family": "conv", "resolution": 64, "channels": 3, "classes": 3, "z_dim": 256},
}


@pytest.fixture(scope="session")
def family_refs(runs_dir: Path) -> dict[str, str]:
    """A model of every family, by the name that the page gives it."""
    return {
        name: add_model(runs_dir, name, **shape) if shape else name
        for name, shape in FAMILIES.items()
    }


def move(page: Page, psi: float) -> list[int]:
    """The picture at another psi."""
    seq = page.evaluate(SEQ)
    page.locator("#psi").fill(str(psi))
    page.wait_for_function(f"{SEQ} > {seq}")
    settle(page)
    return page.evaluate(PIXELS)


def wait_for_browser(page: Page) -> None:
    expect(page.locator("#engine-why")).to_have_text("")
    settle(page)


def turn(page: Page, wanted: bool) -> None:
    page.locator("#engine-switch").set_checked(wanted)
    if wanted:
        wait_for_browser(page)


def reopen(page: Page) -> None:
    page.reload()
    page.wait_for_function("Number(document.querySelector('#latent-image')?.dataset.seq) > 0")


def choose(page: Page, ref: str) -> None:
    page.wait_for_function(
        "ref => [...document.querySelector('#model-select').options].some(o => o.value === ref)",
        arg=ref,
    )
    seq = page.evaluate(SEQ)
    page.select_option("#model-select", ref)
    page.wait_for_function(f"{SEQ} > {seq}")


def furthest(a: list[int], b: list[int]) -> int:
    assert len(a) == len(b)
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


# ---- the same picture ---------------------------------------------------------------------------


def test_browser_and_server_paint_the_same_picture(page: Page):
    wait_for_browser(page)
    page.select_option("#class-select", label="Trouser")
    for psi in (0.4, 1.3):
        mine = move(page, psi)
        expect(page.locator("#latency")).to_contain_text("in browser")
        turn(page, False)
        expect(page.locator("#latency")).not_to_contain_text("in browser")
        move(page, 1)
        theirs = move(page, psi)
        expect(page.locator("#latency")).to_contain_text("server")
        assert furthest(mine, theirs) <= 1
        assert len(set(mine)) > 8
        turn(page, True)


def test_every_family_runs_in_the_browser(page: Page, family_refs: dict[str, str]):
    wait_for_browser(page)
    for name, ref in family_refs.items():
        choose(page, ref)
        wait_for_browser(page)
        mine = move(page, 0.7)
        expect(page.locator("#latency")).to_contain_text("in browser")
        turn(page, False)
        move(page, 0.9)
        assert furthest(mine, move(page, 0.7)) <= 1, name
        assert len(page.workers) <= 1, name
        turn(page, True)


# ---- when it is used ----------------------------------------------------------------------------


def test_in_the_browser_no_picture_is_asked_of_the_server(page: Page):
    wait_for_browser(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    assert move(page, 0.3) != move(page, 0.8)
    assert [url for url in asked if "/_gan/latent?" in url] == []


def test_the_first_picture_waits_for_nothing_of_this(open_page):
    page = open_page(fresh=True)
    wait_for_browser(page)
    times = page.evaluate("performance.getEntriesByType('resource').map((e) => ({...e.toJSON()}))")
    first = min(e["responseEnd"] for e in times if "/_gan/latent?" in e["name"])
    heavy = [e for e in times if "/_gan/model.onnx" in e["name"] or "/_gan/ort" in e["name"]]
    assert heavy
    assert all(e["startTime"] > first for e in heavy)


def test_the_switch_is_remembered(page: Page):
    expect(page.locator("#engine-switch")).to_be_checked()
    turn(page, False)
    reopen(page)
    expect(page.locator("#engine-switch")).not_to_be_checked()
    move(page, 0.5)
    expect(page.locator("#latency")).to_contain_text("server")
    assert len(page.workers) == 0


def test_where_the_server_is_faster_it_paints_unless_somebody_insists(open_page):
    page = open_page("/")

    def patience_for_none(route) -> None:
        script = route.fetch()
        slow = script.text().replace("const SLOW_MS = 50;", "const SLOW_MS = -1;")
        assert slow != script.text()
        route.fulfill(response=script, body=slow)

    page.route("**/inbrowser.js*", patience_for_none)
    page.evaluate("localStorage.setItem('gan-in-browser', 'unset')")
    reopen(page)
    expect(page.locator("#engine-why")).to_have_text("the server is faster here")
    move(page, 0.3)
    expect(page.locator("#latency")).to_contain_text("server")
    turn(page, False)
    turn(page, True)
    move(page, 0.9)
    expect(page.locator("#latency")).to_contain_text("in browser")


@pytest.mark.expects_refusal
def test_what_cannot_run_is_said_and_the_server_paints(open_page):
    page = open_page("/")
    for blocked in ("**/*.wasm", "**/model.onnx*", "**/generator.js"):
        page.route(blocked, lambda route: route.abort())
        page.evaluate("localStorage.clear()")
        reopen(page)
        expect(page.locator("#engine-why")).to_have_text("not possible here")
        assert move(page, 0.3) != move(page, 0.9), blocked
        expect(page.locator("#latency")).to_contain_text("server")
        page.unroute(blocked)


def test_a_file_that_draws_something_else_is_not_trusted(open_page, runs_dir: Path):
    right = add_model(runs_dir, "own-right", family="mlp", resolution=16, z_dim=20)
    wrong = add_model(runs_dir, "own-wrong", family="mlp", resolution=16, z_dim=20, seed=9)
    page = open_page("/")
    other = page.evaluate(f"fetch('_gan/model?ref={wrong}').then((r) => r.json())")["revision"]
    address = f"{page.url.split('#')[0]}_gan/model.onnx?ref={wrong}&revision={other}"
    page.route(
        f"**/model.onnx?ref={right.replace(':', '%3A')}*", lambda r: r.continue_(url=address)
    )
    choose(page, right)
    expect(page.locator("#engine-why")).to_have_text("not possible here")


def test_a_model_too_big_for_a_browser_says_so(page: Page, runs_dir: Path):
    ref = add_model(
        runs_dir, "own-big", family="mlp", resolution=64, channels=3, g_widths=(64, 512)
    )
    choose(page, ref)
    expect(page.locator("#engine-why")).to_have_text("this model is too big for it")
    assert move(page, 0.3) != move(page, 0.9)


def test_a_training_is_painted_by_the_server_until_it_stops(page: Page, runs_dir: Path):
    ref = add_model(runs_dir, "own-live", family="mlp", resolution=16, z_dim=20)
    file = runs_dir / "own-live" / "status.json"
    status = json.loads(file.read_text())
    live = {"state": "running", "host": "elsewhere", "updated_at": time.time()}
    file.write_text(json.dumps(status | live))
    wait_for_browser(page)
    choose(page, ref)
    expect(page.locator("#engine-why")).to_have_text("once its training stops")
    move(page, 0.5)
    expect(page.locator("#latency")).to_contain_text("server")
    file.write_text(json.dumps(status))
    wait_for_browser(page)
    move(page, 0.6)
    expect(page.locator("#latency")).to_contain_text("in browser")


def modules(page: Page) -> str:
    """The address below which the page's scripts lie."""
    href = "document.querySelector('link[rel=stylesheet][href*=\"_gan/assets\"]').href"
    return page.evaluate(href).removesuffix("page/atelier.css")


# ---- the painter --------------------------------------------------------------------------------


def test_an_older_picture_never_comes_over_a_newer_one(page: Page):
    turn(page, False)
    wanted = move(page, 0.8)
    held = []

    def answer(route) -> None:
        if "psi=0.2" in route.request.url:
            held.append(route)  # answered when all others are there
        else:
            route.continue_()

    page.route("**/_gan/latent?*", answer)
    # a server that was slow just now, as on a busy machine, would get one request at a time
    page.evaluate(
        "async (m) => { (await import(m + 'page/kit/painter.js')).server.workMs = 0 }",
        modules(page),
    )
    seq = page.evaluate(SEQ)
    with page.expect_request("**/_gan/latent?*psi=0.2*"):
        page.locator("#psi").fill("0.2")
    page.locator("#psi").fill("0.8")
    page.wait_for_function(f"{SEQ} > {seq}")
    assert page.evaluate(PIXELS) == wanted
    seq = page.evaluate(SEQ)
    with page.expect_response("**/_gan/latent?*psi=0.2*"):
        held[0].continue_()
    settle(page)
    assert page.evaluate(SEQ) == seq
    assert page.evaluate(PIXELS) == wanted


def test_of_a_fast_drag_the_last_value_is_painted(page: Page):
    turn(page, False)
    wanted = move(page, 0.37)
    move(page, 1)
    page.evaluate(
        """() => { const psi = document.querySelector('#psi');
        for (let i = 100; i >= 37; i -= 1) {
          psi.value = i / 100;
          psi.dispatchEvent(new Event('input', { bubbles: true }));
        } }"""
    )
    settle(page)
    assert page.evaluate(PIXELS) == wanted


BATCH = """async ([modules, ref, count]) => {
  const { Painter } = await import(modules + "page/kit/painter.js");
  const { BrowserEngine } = await import(modules + "explore/inbrowser.js");
  const { state } = await import(modules + "page/kit/core.js");
  const { z_dim, class_names } = state.models.find((m) => m.ref === ref);
  const canvas = document.createElement("canvas");
  const painted = () => new Promise((resolve, reject) => {
    painter.painted = resolve; painter.failed = reject;
  });
  const painter = new Painter(canvas, { painted: () => {}, failed: () => {} });
  canvas.dataset.seq = 0;
  const points = Array.from({ length: count }, (_, i) => ({
    ref, psi: 0.8, label: i % class_names.length, mix: i % 3 ? null :
      class_names.map((_, c) => (c < 2 ? 0.5 : 0)),
    z: Float32Array.from({ length: z_dim }, (_, d) => Math.sin(1 + 31 * i + d)),
  }));
  const bytes = (images) => images.map((image) => [...image.data]);
  const onServer = bytes(await painter.batch(points));
  const one = painted();
  painter.paint(points[3]);
  await one;
  const single = [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
  painter.engine = new BrowserEngine(() => {});
  painter.engine.want(points[0]);
  painter.engine.see();
  while (!painter.engine.takes(ref)) await new Promise((r) => setTimeout(r, 50));
  const inBrowser = bytes(await painter.batch(points));
  painter.engine.turn(false);
  return { onServer, single, inBrowser };
}"""


def test_a_batch_holds_what_single_pictures_show_in_both_places(page: Page):
    found = page.evaluate(BATCH, [modules(page), "fashion", 70])  # more than one request holds
    assert len(found["onServer"]) == len(found["inBrowser"]) == 70
    assert furthest(found["onServer"][3], found["single"]) <= 1
    for mine, theirs in zip(found["inBrowser"], found["onServer"], strict=True):
        assert furthest(mine, theirs) <= 1
    assert found["onServer"][3] != found["onServer"][4]
