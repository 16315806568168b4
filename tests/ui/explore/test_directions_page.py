"""The latent board's directions in a real Chromium: rows, thumbnails, neighbours, drawing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import LEVELS, SEQ, drag_to, open_part, picture_after, settle

pytestmark = pytest.mark.painted_by("server")
SHOWN = "[...document.querySelectorAll('#direction-rows canvas')].map((c) => c.dataset.shown ?? 0)"
ENDS = "[...document.querySelectorAll('#direction-rows canvas')].map((c) => c.toDataURL())"


def ready(page: Page) -> Page:
    """Once the directions have their thumbnails."""
    expect(page.locator(".direction-slider")).to_have_count(8)
    page.wait_for_function(f"{SHOWN}.every((times) => times > 0)")
    return page


@pytest.fixture
def board(page: Page) -> Page:
    return ready(page)


@pytest.fixture
def own(open_page, runs_dir: Path, tiny_run: Path) -> Page:
    """A run of one's own, so that what is kept beside it is nobody else's."""
    shutil.rmtree(runs_dir / "tiny", ignore_errors=True)
    shutil.copytree(tiny_run, runs_dir / "tiny")
    return ready(open_page("/#model=run:tiny"))


def test_each_row_stands_between_pictures_of_its_ends(board: Page):
    low, high = board.evaluate(ENDS)[:2]
    assert low != high
    assert picture_after(board, lambda: board.locator(".ga-tip").nth(1).click())[1]
    expect(board.locator(".direction-slider").first).to_have_value("3")
    thumbnail = "document.querySelectorAll('#direction-rows canvas')[1]"
    board.wait_for_function(  # what the picture has become is what the thumbnail promised
        f"""() => {{ const data = (c) => [...c.getContext('2d').getImageData(0, 0, 28, 28).data];
        const [a, b] = [data({thumbnail}), data(document.querySelector('#latent-image'))];
        return a.every((v, i) => Math.abs(v - b[i]) <= 1); }}"""
    )


def test_thumbnails_wait_for_the_hand_to_let_go(board: Page):
    before = board.evaluate(ENDS)
    slider = board.locator(".direction-slider").nth(2)
    slider.evaluate("(e) => { e.value = 2; e.dispatchEvent(new Event('input', {bubbles: true})); }")
    settle(board, calm_ms=300)
    assert board.evaluate(ENDS) == before
    slider.evaluate("(e) => e.dispatchEvent(new Event('change', {bubbles: true}))")
    board.wait_for_function(f"JSON.stringify({ENDS}) !== {json.dumps(json.dumps(before))}")


def test_more_and_kinds_show_other_directions(board: Page):
    board.click("#more-directions")
    expect(board.locator(".direction-slider").nth(12)).to_be_visible()
    board.click("[data-kind=sefa]")
    expect(board.locator(".ga-direction-name").first).to_have_text("SeFa 1")
    board.click("[data-kind=class]")
    expect(board.locator(".ga-direction-name").first).to_have_text("Ankle boot → T-shirt")


def test_a_class_direction_ends_at_the_class(board: Page):
    board.click("[data-kind=class]")
    bag = board.locator(".ga-direction", has_text="→ Bag")
    _, moved = picture_after(board, lambda: bag.locator(".ga-tip").nth(1).click())
    picture_after(board, lambda: board.click("#reset"))
    _, chosen = picture_after(board, lambda: board.select_option("#class-select", label="Bag"))
    assert moved == chosen


def test_a_locked_direction_stays_and_reset_spares_it(board: Page):
    picture_after(board, lambda: drag_to(board, ".direction-slider", 1.5, index=0))
    picture_after(board, lambda: drag_to(board, ".direction-slider", -2, index=1))
    board.locator(".ga-direction [data-act=lock]").first.click()
    expect(board.locator(".direction-slider").first).to_be_disabled()
    picture_after(board, lambda: board.click("#reset"))
    picture_after(board, lambda: board.click("#randomise"))
    assert float(board.locator(".direction-slider").nth(0).input_value()) == 1.5
    assert float(board.locator(".direction-slider").nth(1).input_value()) == 0


def test_double_click_and_keys_move_a_direction(board: Page):
    slider = board.locator(".direction-slider").nth(3)
    slider.focus()
    picture_after(board, lambda: board.keyboard.press("ArrowRight"))
    expect(slider).to_have_value("0.1")
    expect(board.locator(".ga-direction output").nth(3)).to_have_text("+0.10 σ")
    picture_after(board, lambda: slider.dblclick(position={"x": 8, "y": 8}))
    expect(slider).to_have_value("0")


def test_neighbours_are_near_and_nearer_with_a_smaller_radius(board: Page):
    open_part(board, "mutate")
    tiles = "[...document.querySelectorAll('#neighbours canvas')]"
    board.wait_for_function(f"{tiles}.every((c) => c.dataset.shown > 0)")
    distance = f"""() => {{ const data = (c) => c.getContext('2d').getImageData(0, 0, 28, 28).data;
        const all = {tiles}.map(data);
        return all.flatMap((one) => [...one].map((v, i) => Math.abs(v - all[4][i])))
            .reduce((a, b) => a + b); }}"""
    far = board.evaluate(distance)
    drag_to(board, "#radius", 0.1)
    board.wait_for_function(f"() => ({distance})() < {far / 2}")
    assert board.evaluate(distance) > 0


def test_a_neighbour_is_reached_with_the_keyboard_too(board: Page):
    open_part(board, "mutate")
    board.locator(".ga-neighbour").first.focus()
    board.keyboard.press("ArrowRight")
    before, after = picture_after(board, lambda: board.keyboard.press("Enter"))
    assert before != after
    assert picture_after(board, lambda: board.keyboard.press("Control+z"))[1] == before


def draw(page: Page, name: str) -> None:
    """Mark two as more, two as less, and make a slider of it."""
    open_part(page, "draw")
    expect(page.locator(".ga-sample")).to_have_count(20)
    expect(page.locator("#make-direction")).to_be_disabled()
    page.fill("#direction-name", name)
    for i in range(4):
        page.locator(".ga-sample").nth(i).locator(
            f"[data-mark={'more' if i < 2 else 'less'}]"
        ).click()
    page.click("#make-direction")
    expect(page.locator(".ga-direction-name", has_text=name)).to_be_visible()


def test_undo_reaches_marks_samples_and_the_direction_made_of_them(own: Page):
    seeds = "[...document.querySelectorAll('.ga-sample')].map((s) => s.dataset.seed).join()"
    marked = own.locator('.ga-sample:not([data-mark=""])')
    draw(own, "heel")
    expect(own.locator(".direction-slider")).to_have_count(1)
    drawn = own.evaluate(seeds)
    own.click("#other-samples")
    own.wait_for_function(f"(before) => {seeds} !== before", arg=drawn)
    others = own.evaluate(seeds)

    own.click("#undo")
    own.wait_for_function(f"(before) => {seeds} === before", arg=drawn)
    own.click("#open-draw")
    own.click("#undo")
    expect(own.locator(".direction-slider")).to_have_count(0)
    expect(marked).to_have_count(4)
    expect(own.locator("#draw")).to_be_visible()  # what is undone is seen
    expect(own.locator("#direction-name")).to_have_value("heel")
    for left in (3, 2, 1, 0):
        own.click("#undo")
        expect(marked).to_have_count(left)
    expect(own.locator("#undo")).to_be_disabled()
    for count in (1, 2, 3, 4):
        own.click("#redo")
        expect(marked).to_have_count(count)
    own.click("#redo")
    expect(own.locator(".direction-slider")).to_have_count(1)
    expect(own.locator(".ga-direction-name")).to_have_text(["heel"])
    own.click("#redo")
    own.wait_for_function(f"(after) => {seeds} === after", arg=others)


def test_a_drawn_direction_is_a_slider_with_a_name_that_outlives_a_reload(
    own: Page, runs_dir: Path
):
    draw(own, "brighter <b>")
    before, after = picture_after(own, lambda: drag_to(own, ".direction-slider", 3))
    assert before != after
    levels = own.evaluate(LEVELS)
    assert json.loads((runs_dir / "tiny" / "directions.json").read_text())["directions"]
    own.get_by_label("Rename brighter <b>").click()
    own.keyboard.type("darker")
    own.keyboard.press("Enter")
    expect(own.locator(".ga-direction-name")).to_have_text(["darker"])
    own.goto("about:blank")
    own.go_back()
    ready(own)
    # what only this machine has is worked into the link, weights of classes to four digits
    assert np.abs(np.subtract(own.evaluate(LEVELS), levels)).max() <= 1
    own.click("[data-kind=drawn]")
    expect(own.locator(".ga-direction-name")).to_have_text(["darker"])
    own.get_by_label("Delete darker").click()
    expect(own.locator(".direction-slider")).to_have_count(0)
    own.get_by_role("button", name="Put it back").click()
    expect(own.locator(".ga-direction-name")).to_have_text(["darker"])


def test_drawn_directions_travel_as_a_file(own: Page, tmp_path: Path):
    draw(own, "rounder")
    with own.expect_download() as downloading:
        own.click("#save-file")
    path = tmp_path / "shared.json"
    downloading.value.save_as(path)
    own.get_by_label("Delete rounder").click()
    expect(own.locator(".direction-slider")).to_have_count(0)
    own.set_input_files("#directions-file", path)
    expect(own.locator(".ga-direction-name")).to_have_text(["rounder"])


def test_a_file_of_anything_else_is_refused_in_a_sentence(own: Page, tmp_path: Path):
    ours = {"format": "gan-directions/1", "z_dim": 16, "classes": 10, "directions": []}
    path = tmp_path / "odd.json"
    own.click("[data-kind=drawn]")
    nonsense = {"name": "x", "vector": ["a"]}
    for change in ({"z_dim": 3}, {"extra": 1}, {"directions": [nonsense]}, None):
        path.write_text(json.dumps(ours | change) if change else "{" * 100)
        own.evaluate("document.querySelector('#drawn-note').textContent = ''")  # the last one's
        own.set_input_files("#directions-file", path)
        expect(own.locator("#drawn-note")).to_contain_text("directions")
        assert own.locator(".direction-slider").count() == 0, change


def test_in_public_drawn_directions_stay_in_the_browser(own: Page, runs_dir: Path):
    own.add_init_script(
        "Object.defineProperty(window, 'GAN', { get: () => window.held, "
        "set: (data) => { window.held = { ...data, local: false }; } });"
    )
    own.reload()
    ready(own)
    draw(own, "mine")
    assert not (runs_dir / "tiny" / "directions.json").exists()
    own.reload()
    ready(own)
    own.click("[data-kind=drawn]")
    expect(own.locator(".ga-direction-name")).to_have_text(["mine"])


def test_many_dimensions_do_not_slow_a_drag(board: Page):
    """A drag touches one row, however many there are."""
    open_part(board, "dimensions")
    touched = board.evaluate(
        """async () => { const rows = document.querySelector('#latent-board'); let seen = new Set();
        const watch = new MutationObserver((all) => all.forEach((m) => seen.add(
            (m.target.closest ? m.target : m.target.parentElement).closest('.ga-dim'))));
        watch.observe(rows, { subtree: true, childList: true, attributes: true,
            characterData: true });
        const slider = rows.querySelectorAll('input')[5];
        for (let i = 0; i < 20; i++) { slider.value = i / 10;
            slider.dispatchEvent(new Event('input', { bubbles: true })); }
        await new Promise((r) => setTimeout(r, 50)); return seen.size; }"""
    )
    assert touched == 1
    assert board.evaluate(SEQ) > 0
