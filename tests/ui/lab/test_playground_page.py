"""The playground in a real Chromium: draw, train, step, go back, and a link with nonsense in it."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy.spatial.distance import cdist

from gan.training.plane import unpacked
from tests.ui.acting import visit_tab
from tests.ui.conftest import PATIENCE_MS

PICTURE = "document.querySelector('#play-plane').toDataURL()"
# how many pixels of the plane are of the green in which Train draws what is generated
GREEN = """() => {
  const canvas = document.querySelector('#play-plane');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const fake = getComputedStyle(document.querySelector('#play-legend .is-fake'), '::before');
  const [r, g, b] = fake.backgroundColor.match(/\\d+/g).map(Number);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    count += data[i] === r && data[i + 1] === g && data[i + 2] === b;
  }
  return count;
}"""
TONES = """() => [
  ['#play-legend .is-fake', '--tone'], ['#play-game .ga-game-picture', '--fake'],
  ['#play-legend .is-real', '--tone'], ['#play-game .ga-game-picture', '--real'],
  [':root', '--ga-accent'], [':root', '--ga-ink'],
].map(([of, name]) => getComputedStyle(document.querySelector(of)).getPropertyValue(name))"""
FRAMES = "Number(document.querySelector('#play-moment').max)"


def draw_circle(page: Page) -> None:
    box = page.locator("#play-plane").bounding_box()
    assert box is not None
    x, y, r = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 4
    page.mouse.move(x + r, y)
    page.mouse.down()
    for k in range(1, 25):
        page.mouse.move(x + r * math.cos(k / 4), y + r * math.sin(k / 4))
    page.mouse.up()


def number(page: Page) -> int:
    return int(page.inner_text("#play-steps").replace(",", ""))


def wait_for_steps(page: Page, at_least: int) -> None:
    page.wait_for_function(
        "n => Number(document.querySelector('#play-steps').textContent.replace(',', '')) >= n",
        arg=at_least,
    )


def begin_and_pause(page: Page, *, frames: int = 0) -> None:
    """Begin a training; pause it once it has made 20 steps and there are so many frames."""
    page.click("#play-start")
    wait_for_steps(page, 20)
    page.wait_for_function(f"{FRAMES} >= {frames}")
    page.click("#play-pause")
    expect(page.locator("#play-state")).to_contain_text("Paused")


def stop(page: Page) -> None:
    page.click("#play-stop")
    expect(page.locator("#play-state")).to_contain_text("Stopped")


def step_with(page: Page, key: str, value: str, *, then: str, drawn: str) -> None:
    """Change a setting in mid-run and make a step: what the game says then, and the charts."""
    page.fill(f"#play-set-{key}", value)
    page.locator(f"#play-set-{key}").blur()
    page.click("#play-step-both")
    expect(page.locator("#play-game .ga-game-says")).to_contain_text(then)
    expect(page.locator("#play-note")).to_be_empty()
    expect(page.locator("#play-charts")).to_contain_text(drawn)


@pytest.mark.expects_refusal
def test_what_is_drawn_is_learned_watched_stepped_and_gone_back_through(open_page):
    page = open_page("/#tab=lab&play=draw&for=600", landing="lab")
    expect(page.locator("#play-drawing")).to_be_visible()
    page.click("#play-start")
    expect(page.locator("#play-note")).to_contain_text("at least 8 points")
    draw_circle(page)
    expect(page.locator("#play-drawn")).not_to_contain_text("far: 0.")
    before = page.evaluate(PICTURE)
    assert page.evaluate(GREEN) == 0  # all points are real so far
    page.click("#play-start")
    wait_for_steps(page, 20)
    assert page.evaluate(PICTURE) != before
    page.wait_for_function(f"{FRAMES} >= 5")
    assert page.evaluate(GREEN) > 100
    fake, in_game, real, real_in_game, accent, ink = page.evaluate(TONES)
    assert (fake, in_game, real, real_in_game) == (accent, accent, ink, ink)
    expect(page.locator("#play-answer")).to_contain_text("%")

    page.click("#play-pause")
    expect(page.locator("#play-state")).to_contain_text("Paused")
    page.wait_for_timeout(600)
    still = page.evaluate(PICTURE)
    page.click("#play-step-d")
    page.wait_for_function(f"(still) => {PICTURE} !== still", arg=still)
    count = number(page)

    page.locator("#play-moment").evaluate(
        "(e) => { e.value = 0; e.dispatchEvent(new Event('input')); }"
    )
    assert number(page) < count
    page.click("#play-again")
    wait_for_steps(page, count)

    page.select_option("#play-set-loss", "nonsaturating")
    page.wait_for_function("document.querySelector('#play-set-loss').value === 'nonsaturating'")
    page.fill("#play-set-g_lr", "fast")
    page.locator("#play-set-g_lr").blur()
    expect(page.locator("#play-note")).not_to_be_empty()  # what is no rate is refused here too

    stop(page)
    page.click("#play-train")  # the last step there: points have no tiles to be framed
    expect(page.locator("#step-view img")).to_have_count(2)
    expect(page.locator("#step-view .ga-tiles i")).to_have_count(0)
    visit_tab(page, "Lab")
    page.click("#play-clear")
    expect(page.locator("#play-drawn")).to_contain_text("far: 0.")


def test_a_link_carries_the_set_up_and_what_is_wrong_in_it_is_named(open_page):
    page = open_page(
        "/#tab=lab&play=letters&text=GO&recipe=article&for=1e9&init=7&with=r1:2,x:1", landing="lab"
    )
    expect(page.locator("#play-letters")).to_be_visible()
    assert page.input_value("#play-text") == "GO"
    assert page.input_value("#play-recipe") == "article"
    assert page.input_value("#play-set-loss") == "nonsaturating"
    assert (page.input_value("#play-seed"), page.input_value("#play-set-r1")) == ("7", "2")
    assert page.input_value("#play-seconds") == "60"
    for wrong in ("for=1e9", "x:1"):
        expect(page.locator("#play-note")).to_contain_text(wrong)
    # of letters no modes are known: what will be measured has its chart from the start
    expect(page.locator("[data-chart=divergence]")).to_be_visible()
    expect(page.locator("[data-chart=quality]")).to_be_hidden()
    page.fill("#play-text", "")
    page.click("#play-start")
    expect(page.locator("#play-note")).not_to_be_empty()
    page.click("#lab-row-losses")  # the way back to the lessons
    expect(page.locator("#lab-title")).to_be_visible()
    expect(page.locator("#lab-play")).to_be_hidden()
    page.wait_for_function("location.hash.includes('lesson=3') && !location.hash.includes('play')")


def test_on_a_phone_a_finger_draws_and_nothing_is_wider_than_the_screen(open_page):
    page = open_page(
        "/#tab=lab&play=draw", landing="lab", viewport={"width": 390, "height": 844}, has_touch=True
    )
    plane = page.locator("#play-plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    for k in range(8):
        page.touchscreen.tap(box["x"] + 40 + 30 * k, box["y"] + 100)
    expect(page.locator("#play-drawn")).to_contain_text("far: 8.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# how many pixels of the picture of the game have generated points
DRAWN = """() => {
  const tile = document.querySelector('#play-game [data-part=fake] canvas');
  const { data } = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height);
  return data.filter((v, at) => at % 4 === 3 && v).length;
}"""


def test_the_picture_of_the_game_shows_the_points_and_whose_step_it_was(open_page):
    page = open_page("/#tab=lab&play=ring&for=600", landing="lab")
    game, says = page.locator("#play-game-body"), page.locator("#play-game .ga-game-says")
    expect(game).to_be_hidden()  # folded at first
    page.click("#play-game-toggle")
    expect(says).to_contain_text("G turns noise into samples")
    steps = []
    page.on("response", lambda r: steps.append(r.json().get("step")) if "/run?" in r.url else None)
    begin_and_pause(page)
    for side, other in ("dg", "gd"):
        page.click(f"#play-step-{side}")
        expect(says).to_contain_text(f"{side.upper()} has made one step")
        expect(game.locator(f"[data-part={side}].moves")).to_be_visible()
        expect(game.locator(f"[data-part={other}].is-held")).to_be_visible()
        after = [step for step in steps if step][-1]["scores_after"]
        for place, kind in enumerate(("real", "fake")):
            told = game.locator("[data-part=scores] .ga-game-number").nth(place).inner_text()
            assert float(told.replace("\u2212", "-")) == pytest.approx(after[kind], rel=0.01)
    assert page.evaluate(DRAWN) > 0
    page.click("#play-stop")
    expect(says).to_contain_text("This training is over")
    page.reload()
    expect(game).to_be_visible()  # as it was left


def test_a_flow_shows_its_own_parts_and_moves_the_points_along_their_way(open_page):
    page = open_page("/#tab=lab&play=ring&recipe=flow&for=600", landing="lab")
    expect(page.locator("#play-recipe")).to_have_value("flow")
    of_a_game = ("[data-show=heat]", "[data-show=arrows]", "#play-answer", "#play-step-d",
                 "#play-step-g", "#play-set-d_lr", "#play-set-r1")  # fmt: skip
    own = ("[data-show=field]", "[data-show=way]", "#play-t", "#play-step-both",
           "#play-set-ode_steps")  # fmt: skip
    for theirs in of_a_game:
        expect(page.locator(theirs)).to_be_hidden()
    for mine in own:
        expect(page.locator(mine)).to_be_visible()
    rate = page.locator("label.ga-field", has=page.locator("#play-set-g_lr"))
    expect(rate).to_contain_text("Learning rate")  # there is no G beside a D
    page.click("#play-game-toggle")
    says = page.locator("#play-game .ga-game-says")
    expect(says).to_contain_text("Noise and a real one are mixed")
    begin_and_pause(page, frames=3)
    page.wait_for_timeout(600)
    last = page.evaluate(PICTURE)
    page.locator("#play-t").evaluate("(e) => { e.value = 2; e.dispatchEvent(new Event('input')); }")
    expect(page.locator("#play-t-now")).to_have_text("t = 0.2")
    assert page.evaluate(PICTURE) != last
    step_with(page, "ode_steps", "3", then="One step. Velocity error:", drawn="Velocity error")
    page.select_option("#play-recipe", "recommended")  # the flow goes on, a game is set up
    for theirs in of_a_game:
        expect(page.locator(theirs)).to_be_visible()
    for mine in own:
        expect(page.locator(mine)).to_be_hidden()
    page.select_option("#play-recipe", "flow")
    expect(page.locator("#play-state")).to_contain_text("Paused")
    stop(page)


def test_drifting_shows_its_arrows_and_its_own_picture_and_curve(open_page):
    page = open_page("/#tab=lab&play=ring&recipe=drift&for=600", landing="lab")
    expect(page.locator("#play-recipe")).to_have_value("drift")
    for theirs in ("[data-show=heat]", "#play-t", "#play-answer", "#play-step-d", "#play-set-loss"):
        expect(page.locator(theirs)).to_be_hidden()
    arrows = page.locator("[data-show=arrows]")
    expect(arrows).to_have_text("Drift")
    page.click("#play-game-toggle")
    says = page.locator("#play-game .ga-game-says")
    expect(says).to_contain_text("drawn to the real ones near it")
    begin_and_pause(page, frames=3)
    page.wait_for_timeout(600)
    with_arrows = page.evaluate(PICTURE)
    arrows.click()
    assert page.evaluate(PICTURE) != with_arrows
    arrows.click()
    step_with(page, "tau", "0.1", then="One step. Drift:", drawn="real ones in their place")
    stop(page)


def test_the_numbers_are_of_the_points_that_are_drawn(open_page):
    page = open_page("/#tab=lab&play=ring", landing="lab")
    assert page.input_value("#play-seconds") == "20"  # in which the ring is learned
    page.click("label:has(#play-data-grid)")
    assert page.input_value("#play-seconds") == "60"
    page.click("label:has(#play-data-ring)")
    page.select_option("#play-seconds", "600")
    page.click("label:has(#play-data-grid)")
    assert page.input_value("#play-seconds") == "600"  # what was chosen stays
    page.click("label:has(#play-data-ring)")

    before = page.locator("#play-plane").bounding_box()
    frames, truths = [], []

    def keep(reply):
        if "/play/frame?" in reply.url and "arrays" in (found := reply.json()):
            frames.append(found)
        if "/play/points?" in reply.url:
            truths.append(reply.json()["truth"])

    page.on("response", keep)
    page.click("#play-start")
    wait_for_steps(page, 200)
    assert page.locator("#play-plane").bounding_box() == before  # nothing moved when it began
    expect(page.locator("#play-settings small").first).to_be_empty()  # the rates are as set
    page.click("#play-pause")
    expect(page.locator("#play-state")).to_contain_text("Paused")
    page.wait_for_timeout(1000)
    centres, sigma = unpacked(truths[-1]["centres"]), truths[-1]["sigma"]

    def of_the_newest(name: str) -> list[str]:
        away = cdist(unpacked(frames[-1]["arrays"][name]), centres)
        good = away.min(1) <= 3 * sigma
        percent = math.floor(100 * np.mean(good) + 0.5)
        return [f"{percent} %", f"{len(set(away.argmin(1)[good]))} of 8"]

    for name in ("samples", "averaged"):
        deadline = time.monotonic() + PATIENCE_MS / 1000  # a frame may still be on its way
        while (told := [page.inner_text("#play-quality"), page.inner_text("#play-caught")]) != (
            meant := of_the_newest(name)
        ) and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        assert told == meant
        page.click("[data-show=average]")
    page.click("#play-stop")


def test_start_pressed_again_ends_the_training_before_and_a_reload_finds_the_last(open_page):
    page = open_page("/#tab=lab&play=moons&for=600", landing="lab")
    going = """async () => (await (await fetch("/_gan/runs")).json()).runs
        .filter((r) => ["starting", "running", "paused"].includes(r.state)).length"""
    for _ in range(4):  # faster than the page hears of its runs
        page.click("#play-start")
        page.wait_for_function(
            "!document.querySelector('#play-start').hasAttribute('aria-disabled')"
        )
    page.wait_for_function(f"async () => (await ({going})()) === 1")
    wait_for_steps(page, 20)
    page.reload()
    page.wait_for_selector("#play-steps")
    wait_for_steps(page, 20)
    assert page.evaluate(going) == 1
    stop(page)


def test_a_training_that_diverges_says_why_and_the_next_one_begins(open_page):
    page = open_page("/#tab=lab&play=ring&for=60", landing="lab")

    def with_rates_that_diverge(route):
        body = route.request.post_data_json
        body["settings"] = {"optimizer": "sgd", "g_lr": "10", "d_lr": "10"}
        route.continue_(post_data=json.dumps(body))

    page.route("**/_gan/train/start", with_rates_that_diverge)
    page.click("#play-start")
    expect(page.locator("#play-state")).to_have_text("Failed")
    expect(page.locator("#play-note")).to_contain_text("reached nan after")
    page.unroute("**/_gan/train/start")
    page.click("#play-start")
    wait_for_steps(page, 20)
    expect(page.locator("#play-note")).to_be_empty()
    stop(page)


def test_points_that_have_left_the_picture_are_told_of(open_page):
    rates = "with=g_lr:10,d_lr:10"  # whose losses stay numbers
    page = open_page(f"/#tab=lab&play=ring&recipe=article&for=60&{rates}", landing="lab")
    page.click("#play-start")
    expect(page.locator("#play-outside")).to_contain_text("of 256 generated points lie outside")
    expect(page.locator("#play-outside")).to_contain_text("diverged: lower the rates")
    stop(page)


OVERLAPS = """() => {
  const text = document.createRange();  // what is seen, which a box without room does not hold
  text.selectNodeContents(document.querySelector('#play-state'));
  const { left, right, top, bottom } = text.getBoundingClientRect();
  return [...document.querySelectorAll('.ga-play-go button')].some((button) => {
    const b = button.getBoundingClientRect();
    return b.left < right && left < b.right && b.top < bottom && top < b.bottom;
  });
}"""


def test_what_a_training_does_stands_beside_its_buttons_at_every_shape_of_window(open_page):
    page = open_page("/#tab=lab&play=ring", landing="lab")
    expect(page.locator("#play-start")).to_be_visible()
    for width, height in ((1280, 1100), (1010, 900), (1280, 720), (1920, 1400), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for word in ("Running", "Waiting in the queue"):
            page.evaluate(
                "(word) => { document.querySelector('#play-state').textContent = word; }", word
            )
            assert not page.evaluate(OVERLAPS), (width, height, word)


def test_the_code_of_the_set_up_is_saved_as_a_script_and_as_a_notebook(open_page):
    page = open_page("/#tab=lab&play=grid&recipe=drift&init=7", landing="lab")
    page.fill("#play-set-tau", "0.25")
    for button, ending in (("#play-code", "py"), ("#play-notebook", "ipynb")):
        with page.expect_download() as saved:
            page.click(button)
        assert saved.value.suggested_filename == f"ring-drift.{ending}"
        text = Path(saved.value.path()).read_text("utf-8")
        assert "TAU = 0.25" in text
        assert "SEED = 7" in text
    page.click("label:has(#play-data-draw)")
    page.click("#play-code")  # of nothing drawn there is none
    expect(page.locator("#play-note")).not_to_be_empty()
