"""The picture of the game in a real Chromium: one training, from before it to slow motion."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from gan.losses import LOSSES
from tests.ui.acting import choose_preset, visit_tab

PICTURE = ".ga-game-picture"
PART = PICTURE + " [data-part={}]"
SCORES = (-3.0, -0.4, 0.3, 0.8, 3.0)
# every loss's arrows: [loss, side, real, fake, which way real goes, and fake]
PULLS = """async (scores) => {
  const { name } = performance.getEntriesByType('resource')
    .find((e) => e.name.endsWith('/gamegan.js'));
  const { LOSSES, pull } = await import(name);
  const found = [];
  for (const loss of Object.keys(LOSSES)) for (const side of ['d', 'g'])
    for (const real of scores) for (const fake of scores)
      found.push([loss, side, real, fake, pull(loss, side, 'real', real),
        pull(loss, side, 'fake', fake)]);
  return found;
}"""
PAINTED = """(part) => [...document.querySelectorAll(`.ga-game-picture [data-part=${part}] canvas`)]
  .every((c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 4)"""
ANIMATED = """() => [...document.querySelectorAll('.ga-game-back.is-on')]
  .map((e) => getComputedStyle(e).animationName)"""


def numbers(page: Page, part: str) -> list[float]:
    texts = page.locator(f"{PART.format(part)} .ga-game-number").all_inner_texts()
    return [float(text.replace("−", "-").replace(",", "")) for text in texts]


def shown(*values: float):
    """As three significant digits show them."""
    return pytest.approx(values, rel=0.006)


def steps(run: Path) -> list[str]:
    lines = (run / "history.jsonl").read_text("utf-8").splitlines()
    return [row["new"] for row in map(json.loads, lines) if row["event"] == "step"]


def check_arrows(found: list[list]) -> None:
    """Each arrow points where a step against the loss's gradient moves the score."""
    assert {row[0] for row in found} == set(LOSSES)
    for name, side, real, fake, *ways in found:
        logits = [torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in (real, fake)]
        (LOSSES[name].d if side == "d" else LOSSES[name].g)(*logits).backward()
        wanted = [0 if v.grad is None else -int(v.grad.sign()) for v in logits]
        if side == "g":
            wanted[0] = 0  # real images are data: their scores are detached
        assert ways == wanted, (name, side, real, fake)


def test_the_picture_shows_the_training_and_what_each_step_moves(page: Page, runs_dir, open_page):
    visit_tab(page, "Train")
    picture = page.locator(PICTURE)
    if page.locator("#run-select").input_value() == "":  # before any run it explains the game
        expect(picture).to_have_attribute("aria-label", re.compile("^G turns noise into samples"))
        page.wait_for_function(PAINTED, arg="real")
        page.click("#settings-toggle")
        page.select_option("#settings [name=loss]", "hinge")
        page.click("#settings-toggle")  # in a small window the picture was folded meanwhile
        wants = page.locator(PART.format("loss_d"))
        expect(wants).to_contain_text("wants real above 1, generated below −1")
    check_arrows(page.evaluate(PULLS, SCORES))

    choose_preset(page, "digits")
    page.fill("#seconds", "300")
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("Running")
    run = runs_dir / page.input_value("#run-select")
    page.wait_for_function(PAINTED, arg="fake")
    for turn in ("d", "g"):  # calmly, one after the other, while it runs
        expect(picture).to_have_attribute("data-turn", turn)
        assert set(page.evaluate(ANIMATED)) == {"ga-game-back"}

    page.click("#pause")
    expect(page.locator("#run-state")).to_have_text("Paused")
    expect(picture).to_have_attribute("data-turn", "paused")
    row = json.loads((run / "progress.jsonl").read_text("utf-8").splitlines()[-1])
    expect(page.locator("#live-nimg")).to_have_text(f"{row['nimg']:,}")
    assert numbers(page, "scores") == shown(row["score_real"], row["score_fake"])
    assert numbers(page, "loss_g") + numbers(page, "loss_d") == shown(row["loss_g"], row["loss_d"])
    assert page.evaluate(ANIMATED) == []

    g, d = (page.locator(PART.format(part)) for part in "gd")
    for button, moves, still in (("#step-g", g, d), ("#step-d", d, g)):
        page.click(button)
        expect(moves).to_have_class(re.compile(r"\bmoves\b"))
        expect(moves).to_contain_text("changes")
        expect(still).to_have_class(re.compile("is-held"))
        expect(still).to_contain_text("held still")
        expect(page.locator("#step-view img")).to_have_count(2)
        after = json.loads((run / "step.json").read_text("utf-8"))["scores_after"]
        for _ in range(100):  # the page asks for them once a second
            if numbers(page, "scores") == shown(after["real"], after["fake"]):
                break
            page.wait_for_timeout(200)
        assert numbers(page, "scores") == shown(after["real"], after["fake"])
    expect(picture).to_have_attribute("aria-label", re.compile("^D has made one step, G none"))

    page.click("#slow-motion")  # D, G, D by itself, until it is stopped
    expect(page.locator("#slow-motion")).to_have_attribute("aria-pressed", "true")
    expect(g).to_have_class(re.compile(r"\bmoves\b"))
    expect(d).to_have_class(re.compile(r"\bmoves\b"))
    page.get_by_role("button", name="Stop slow motion").click()
    expect(page.locator("#slow-motion")).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(500)  # a step that was on its way
    made = steps(run)
    assert made[:5] == ["g", "d", "d", "g", "d"]
    page.wait_for_timeout(3000)
    assert steps(run) == made

    page.click("#game-toggle")  # folded, and it stays so
    expect(picture).to_be_hidden()
    page.reload()
    page.click("#run-chip")
    expect(page.locator("#run-state")).to_have_text("Paused")
    expect(picture).to_be_hidden()

    calm = open_page(reduced_motion="reduce")
    calm.click("#run-chip")
    page.click("#pause")
    expect(calm.locator(PICTURE)).to_have_attribute("data-turn", "both")
    assert set(calm.evaluate(ANIMATED)) == {"none"}
    phone = open_page(viewport={"width": 390, "height": 844})
    phone.click("#run-chip")
    expect(phone.locator("#game-toggle")).to_be_visible()
    expect(phone.locator(PICTURE)).to_be_hidden()
    expect(phone.locator("#step-g")).to_be_hidden()
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")


STICKS_OUT = """() => {
  const panel = document.querySelector('#game').getBoundingClientRect();
  return [...document.querySelectorAll('#game [data-part], #game .ga-game-says')]
    .filter((part) => part.offsetParent && part.getBoundingClientRect().right > panel.right + 1)
    .map((part) => part.dataset.part || 'says');
}"""


@pytest.mark.parametrize("preset", ["vae", "rnn", "flow", "digits-drift"])
def test_no_part_of_another_familys_picture_sticks_out_of_its_panel(open_page, preset):
    page = open_page("/#tab=train", landing="train", viewport={"width": 1280, "height": 1000})
    choose_preset(page, preset)  # its picture stands there before it is trained
    expect(page.locator("#game [data-part=g]")).to_be_visible()
    for width in (1280, 1024, 1920, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate(STICKS_OUT) == [], width


def test_between_noise_and_points_there_are_points_and_no_blurred_picture(open_page):
    page = open_page("/#tab=train", landing="train", viewport={"width": 1280, "height": 1000})
    choose_preset(page, "ring-flow")
    page.fill("#seconds", "300")  # where there are runs, theirs is the picture
    page.click("#start")
    # some of the canvas is inked, and most is not
    page.wait_for_function("""() => {
      const c = document.querySelector('#game [data-part=between] canvas');
      const d = c?.width ? c.getContext('2d').getImageData(0, 0, c.width, c.height).data : [];
      const inked = Array.from({length: d.length / 4}, (_, i) => d[4 * i + 3]).filter(Boolean);
      return inked.length > 20 && inked.length < d.length / 8; }""")
