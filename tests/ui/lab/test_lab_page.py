"""Lab in a real Chromium: lessons, their questions, figures and doors, in both languages."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import picture_after, settle, visit_tab

LESSONS = 11
CLINIC = json.loads((Path(__file__).parents[3] / "gan/ui/lab/clinic.json").read_text("utf-8"))
# of the rows of the clinic: no setting, a number and a choice, a switch, all of another preset's;
# that each row's settings are ones that a training can have holds test_collapse_clinic.py
CLICKED = ("base", "sgd", "classes", "ring")
# the answer that is right: its place from 1, or the estimate
RIGHT = {1: 1, 2: 2, 3: 99, 4: 3, 5: 0.5, 6: 2, 7: 1, 8: 3, 9: 2, 10: 3, 11: 2}
FORMULAS = {1: 2, 2: 2, 3: 3, 4: 1, 5: 2, 6: 0, 7: 2, 8: 3, 9: 3, 10: 2, 11: 4}
# lesson -> its doors: what stands in the address of Explore, or in Train's form
DOORS = {
    1: ["fashion seed=7", {"preset": "digits", "seconds": "30"}],
    2: [{"preset": "digits", "seconds": "120"}],
    3: [
        {"preset": "article", "seconds": "60", "loss": "minimax"},
        {"preset": "article", "seconds": "60", "loss": "nonsaturating"},
    ],
    4: [
        {"preset": "digits", "seconds": "60"},
        {"preset": "ring", "seconds": "60"},
        "play ring recommended",
    ],
    5: [{"preset": "ring", "seconds": "60"}, {"preset": "grid", "seconds": "60"}],
    6: [
        {"preset": "ring-article", "seconds": "60"},
        {"preset": "ring", "seconds": "60"},
        "play ring article",
    ],
    7: [
        {
            "preset": "ring",
            "g_lr": "0.1",
            "d_lr": "0.1",
            "clip_norm": "0",
            "optimizer": "adam",
            "lr_schedule": "constant",
        },
        {
            "preset": "ring",
            "g_lr": "0.1",
            "d_lr": "0.1",
            "clip_norm": "1",
            "optimizer": "adam",
            "lr_schedule": "constant",
        },
        {
            "preset": "ring",
            "g_lr": "0.1",
            "d_lr": "0.1",
            "clip_norm": "0",
            "optimizer": "sgd",
            "lr_schedule": "constant",
        },
    ],
    8: [
        {"preset": "ring", "loss": "wasserstein-gp", "r1": "0", "r2": "0"},
        {"preset": "ring", "loss": "relativistic", "r1": "0", "r2": "0"},
    ],
    9: [
        "fashion seed=12 class=9 d=pca-1:2",
        "fashion seed=12 class=9 d=sefa-1:2",
        "fashion seed=12 class=9 psi=0",
    ],
    10: [
        "fashion-vae seed=3 class=9",
        "fashion-rnn seed=3 class=9",
        "fashion seed=3 class=9",
        "evaluate fashion",
        "lesson 11",
    ],
    11: [
        "play ring flow",
        {"preset": "ring-flow", "seconds": "60"},
        {"preset": "ring-flow", "seconds": "60", "ode_steps": "1", "solver": "euler"},
        "play ring drift",
    ],
}
FORM = """() => ({ preset: document.querySelector('#presets input:checked')?.value,
  ...Object.fromEntries([...document.querySelectorAll('#train-form [name], #settings [name]')]
    .filter((e) => e.type !== 'radio').map((e) => [e.name, e.value])) })"""
CUT = """() => [...document.querySelectorAll('.ga-lab :is(.ga-lab-line, h2, p, button)')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1)
  .map((e) => `${e.className} ${e.textContent.slice(0, 60)}`)"""


@pytest.fixture
def lab(open_page):
    def open_lab(lesson: int = 1, **options) -> Page:
        page = open_page("/#tab=explore", **options)
        visit_lab(page)
        go(page, lesson)
        return page

    return open_lab


def visit_lab(page: Page) -> None:
    page.locator('.tab-container [role=tab][data-tab-id="lab"]:visible').click()
    expect(page.locator(".ga-lab-question, #play-plane").locator("visible=true")).to_be_visible()


def go(page: Page, lesson: int) -> None:
    page.locator("#lab-select").evaluate(
        "(e, at) => { e.value = at; e.dispatchEvent(new Event('change')); }", str(lesson - 1)
    )
    page.wait_for_function(f"location.hash.includes('lesson={lesson}')")


def slide(page: Page, selector: str, value: float) -> None:
    page.locator(selector).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


def answer(page: Page, lesson: int, given: float) -> None:
    if (page.locator(".ga-lab-answer")).count():
        page.click(f".ga-lab-answer[data-mark='{given}']")
    else:
        slide(page, ".ga-lab-question input", given)
        page.click(".ga-lab-question button")


def test_every_lesson_asks_and_says_why_and_what_is_finished_stays(lab):
    page = lab(1)
    said = page.locator(".ga-lab-said")
    for lesson, right in RIGHT.items():
        expect(page.locator(".ga-lab-row[aria-current]")).to_have_count(1)
        expect(page.locator("#lab-where")).to_contain_text(f"Lesson {lesson} of {LESSONS}")
        formulas = page.locator(".ga-lab-steps .ga-lab-formula math")
        expect(formulas).to_have_count(FORMULAS[lesson])  # once KaTeX has come
        reasons = set()
        for given in {3: (20, 150, 99), 5: (0, 1, 0.5)}.get(lesson, (1, 2, 3)):
            answer(page, lesson, given)
            hit = given == right
            expect(said).to_contain_text("That is right." if hit else "Not quite.")
            reasons.add(said.inner_text())
        assert len(reasons) == 3, lesson  # each answer is answered
        answer(page, lesson, right)
        expect(page.locator("#lab-progress")).to_have_text(f"{lesson} of {LESSONS} finished")
        text = page.locator(".ga-lab").inner_text()
        assert "gan_" not in text
        assert "$" not in text
        if lesson < LESSONS:
            page.click("#lab-next")
            expect(page.locator("#lab-title")).to_be_focused()
    expect(page.locator("#lab-next")).to_be_disabled()
    page.click("#lab-previous")
    page.wait_for_function("location.hash.includes('lesson=10')")
    page.reload()
    expect(page.locator("#lab-where")).to_contain_text("Lesson 10 of")
    expect(page.locator("#lab-progress")).to_have_text(f"{LESSONS} of {LESSONS} finished")
    # a link pasted into the address bar of an open page
    page.evaluate("location.hash = '#tab=lab&lesson=4'")
    expect(page.locator("#lab-where")).to_contain_text("Lesson 4 of")


@pytest.mark.painted_by("server")
def test_every_door_opens_what_it_promises(lab):  # noqa: C901 - a kind of door each
    page = lab(1)
    for lesson, doors in DOORS.items():
        for i, promised in enumerate(doors):
            visit_lab(page)
            go(page, lesson)
            expect(page.locator(".ga-lab-doors button")).to_have_count(len(doors))
            page.locator(".ga-lab-doors button").nth(i).click()
            if isinstance(promised, dict):
                expect(page.locator("#start")).to_be_focused()
                assert promised.items() <= page.evaluate(FORM).items()
                assert page.locator("#train-form [aria-invalid=true]").count() == 0
                for key in promised.keys() - {"preset", "seconds"}:
                    if key in ("clip_norm", "optimizer", "loss") and promised[key] in (
                        "0", "adam", "relativistic", "nonsaturating",
                    ):  # fmt: skip
                        continue  # as the preset has it
                    command = re.compile(re.escape(f"{key}={promised[key]}"))
                    expect(page.locator("#command")).to_have_value(command)
                continue
            tab, *point = promised.split()
            if tab == "play":
                expect(page.locator("#play-plane")).to_be_visible()
                expect(page.locator(f"#play-data-{point[0]}")).to_be_checked()
                expect(page.locator("#play-recipe")).to_have_value(point[1])
                expect(page.locator("#play-t")).to_be_visible(visible=point[1] == "flow")
                page.wait_for_function("location.hash.includes('play=')")
                continue
            if tab == "lesson":
                expect(page.locator("#lab-where")).to_contain_text(f"Lesson {point[0]} of")
                continue
            if tab == "evaluate":
                expect(page.get_by_role("tab", name="Evaluate", selected=True)).to_be_visible()
                expect(page.locator("#model-select")).to_have_value("fashion")
                continue
            for part in (f"model={tab}", *point):
                page.wait_for_function("(part) => location.hash.includes(part)", arg=part)
            expect(page.get_by_role("tab", name="Explore", selected=True)).to_be_visible()
            if "psi=0" in point:  # what lesson 9 says of it
                settle(page)
                before, after = picture_after(page, lambda: page.click("#randomise"))
                assert before == after
                page.go_back()
                expect(page.locator("#lab-where")).to_contain_text("Lesson 9 of")


def test_the_clinic_shows_what_was_measured_and_a_row_opens_its_set_up(lab):
    page = lab(6)
    rows = page.locator("#lab-clinic [data-row]")
    expect(rows).to_have_count(len(CLINIC["rows"]))
    texts = rows.all_inner_texts()
    for row, text in zip(CLINIC["rows"], texts, strict=True):
        assert all(f"{key}={value}" in text for key, value in row["settings"].items())
        assert f"{row['modes']['mean']:.1f}" in text, row["name"]
        assert f"×{row['time']:.2f}" in text, row["name"]
    expect(page.locator(".ga-clinic-made")).to_contain_text(CLINIC["made"]["date"])
    expect(page.locator(".ga-clinic-made code")).to_have_text(CLINIC["made"]["command"])
    for row in CLINIC["rows"]:
        if row["name"] not in CLICKED:
            continue
        page.locator(f"#lab-clinic [data-row='{row['name']}'] .ga-clinic-open button").click()
        expect(page.locator("#start")).to_be_focused()
        form = page.evaluate(FORM)
        expected = {"preset": "ring-article", "kimg": f"{row['kimg']:g}", **row["settings"]}
        assert expected.items() <= form.items(), row["name"]
        assert page.locator("#train-form [aria-invalid=true]").count() == 0
        # no more than these: what differs from the preset stands in the command
        command = page.locator("#command")
        for key, value in row["settings"].items():
            expect(command).to_have_value(re.compile(re.escape(f"--set {key}={value}")))
        assert command.input_value().count("--set") == len(row["settings"]), row["name"]
        page.go_back()
        expect(page.locator("#lab-where")).to_contain_text("Lesson 6 of")
    page.locator(".ga-lab-doors button").first.click()  # a door without a count of points
    expect(page.locator("#start")).to_be_focused()
    assert page.evaluate(FORM)["kimg"] == ""
    visit_lab(page)
    go(page, 7)
    expect(page.locator("#lab-clinic")).to_have_count(0)


def test_on_a_phone_a_remedy_is_folded_until_it_is_pressed(lab):
    page = lab(6, viewport={"width": 390, "height": 844})
    row = page.locator("#lab-clinic [data-row]").nth(1)
    fold = row.locator(".ga-clinic-fold")
    expect(row.locator(".ga-clinic-open")).to_be_hidden()
    expect(row.locator(".ga-clinic-says b")).to_be_visible()
    assert page.locator("#lab-clinic").bounding_box()["height"] < 3000
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(row.locator(".ga-clinic-says span")).to_be_visible()
    row.locator(".ga-clinic-open button").click()
    expect(page.locator("#start")).to_be_focused()


def lines(page: Page) -> list[str]:
    """The formulas under a figure as TeX."""
    return page.locator(".ga-lab-line annotation").all_text_contents()


def numbers(tex: str) -> list[float]:
    return [float(n) for n in re.findall(r"(?<![\w.{])-?\d+\.\d+(?!em)", tex)]


def two_bells(distance: float) -> tuple[float, float]:
    """JS and the value of the game by quadrature, from their definitions."""
    x, dx = np.linspace(-16, 16, 20001, retstep=True)
    p, q = (
        np.exp(-((x - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (-distance / 2, distance / 2)
    )
    m = (p + q) / 2
    js = 0.5 * (p * np.log(p / m) + q * np.log(q / m)).sum() * dx
    value = (p * np.log(p / (p + q)) + q * np.log(q / (p + q))).sum() * dx
    return js, value


def test_the_figures_numbers_are_those_of_the_formulas(lab):
    page = lab(3)
    expect(page.locator(".ga-lab-line math")).to_have_count(2)
    for d in (0.01, 0.37, 0.99):
        slide(page, "#lab-slider-losses", d)
        minimax, other = lines(page)
        assert numbers(minimax)[-2:] == [round(math.log(1 - d), 2), d]
        assert numbers(other)[-2:] == [round(-math.log(d), 2), round(1 - d, 2)]
    go(page, 5)
    for distance in (0, 1.3, 4):
        slide(page, "#lab-slider-equilibrium", distance)
        js, value = two_bells(distance)
        first, second = lines(page)
        assert numbers(first) == [pytest.approx(js, abs=6e-4)]
        assert numbers(second)[-1] == pytest.approx(value, abs=6e-4)
        assert value == pytest.approx(-math.log(4) + 2 * js, abs=1e-4)
    go(page, 8)
    for place, js in ((-2, math.log(2)), (0, 0), (0.1, math.log(2))):
        slide(page, "#lab-slider-wasserstein", place)
        first, second = lines(page)
        assert numbers(first)[0] == pytest.approx(js, abs=6e-4)
        assert numbers(second)[-1] == abs(place)
    # dragged in the chart itself: from the middle, where 0 is, to the right
    chart = page.locator(".ga-lab-chart").last
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    middle = box["x"] + 40 + (box["width"] - 52) / 2  # between the labels' room
    page.mouse.move(middle, box["y"] + 50)
    page.mouse.down()
    expect(page.locator(".ga-lab-figure output")).to_have_text("0.0")
    page.mouse.move(middle + (box["width"] - 52) / 4.4, box["y"] + 50)
    page.mouse.up()
    expect(page.locator(".ga-lab-figure output")).to_have_text("1.0")
    visit_tab(page, "Explore")  # where it was left stays
    visit_lab(page)
    expect(page.locator(".ga-lab-figure output")).to_have_text("1.0")


TRAIN = {"en": "Train", "zh": "训练"}


def test_on_a_phone_no_lesson_is_cut_and_a_list_leads_to_each(lab):
    page = lab(1, viewport={"width": 390, "height": 844})
    expect(page.locator("#lab-list")).to_be_hidden()
    expect(page.locator(".ga-lab math").first).to_be_visible()
    titles: set[str] = set()
    title = ""
    for language in ("en", "zh"):
        page.click(f"#language-{language}")  # its words come a moment later
        expect(page.locator("[role=tab][data-tab-id=train]").first).to_have_text(TRAIN[language])
        for lesson in range(1, LESSONS + 1):
            page.select_option("#lab-select", str(lesson - 1))
            expect(page.locator("#lab-title")).not_to_have_text(title)  # it follows a moment later
            title = page.locator("#lab-title").inner_text()
            titles.add(title)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            assert page.evaluate(CUT) == [], lesson
            text = page.locator(".ga-lab").inner_text()
            assert "gan_" not in text
            assert "$" not in text
    assert len(titles) == 2 * LESSONS
