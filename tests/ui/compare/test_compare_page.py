"""The tab Compare in a real Chromium: a short race from the form to its report, and a link."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.acting import open_tab
from tests.ui.page.readouts import BARE
from tests.ui.page.test_access_page import AXE, faults, scan
from tests.ui.page.test_help_page import lacking

COPIED = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
SHOWN = "#race-columns img:not([hidden])"


@pytest.fixture
def tidy(runs_dir: Path) -> Iterator[None]:
    """Other tests look at the newest run there is."""
    before = set(runs_dir.glob("*"))
    yield
    for path in set(runs_dir.glob("*")) - before:
        shutil.rmtree(path)


def test_a_race_from_the_form_to_its_report(tidy, open_page, runs_dir: Path):
    page = open_page("/#tab=compare", landing="compare", reduced_motion="reduce")
    expect(page.locator("#race-empty")).to_be_visible()
    chosen = page.locator(".ga-race-sides option:checked")
    expect(chosen.nth(0)).to_have_text("GAN: Garments")
    expect(chosen.nth(6)).to_have_text("Flow")  # not "FLOW: Flow"
    shouted = page.locator(".ga-race-sides option").filter(has_text=re.compile("DRIFT"))
    expect(shouted).to_have_count(0)
    pictures = page.locator(".ga-race-example img")
    expect(pictures).to_have_count(4)
    for picture in pictures.all():  # what each preset makes
        picture.evaluate("(image) => image.decode()")
    page.select_option("#race-data", "ring")
    expect(pictures).to_have_count(2)
    page.select_option("#race-preset-1", "ring")
    page.select_option("#race-preset-2", "ring")
    page.select_option("#race-change-2", "remedy=packing")
    page.fill("#race-seconds", "3")
    expect(page.locator("#race-length")).to_contain_text("2 trainings, 6 s")
    page.click("#race-start")

    expect(page.locator("#race-columns h3")).to_have_text(["Ring", "Ring + Packing"])
    expect(page.locator("#race-start")).to_be_disabled()
    expect(page.locator("#race-stop")).to_be_enabled()
    expect(page.locator(SHOWN)).to_have_count(2)
    expect(page.locator("#race-stop")).to_be_visible()
    if AXE.is_file():  # axe-core is there where npm is
        assert scan(page, "during a race") == []
    expect(page.locator("#race-state")).to_have_text(re.compile(r"Finished"), timeout=150_000)

    verdict = page.locator("#race-verdict")
    expect(verdict).to_have_text(re.compile(r"^“Ring.*” came nearest .* 2,000 samples each\."))
    expect(verdict).to_contain_text("With one seed chance may decide")
    # the modes that the columns say, most first
    modes = [int(m) for m in re.findall(r"Modes\s*(\d) of 8", page.inner_text("#race-columns"))]
    most = f"with {max(modes)} of 8." if max(modes) else "None found a mode."
    expect(verdict).to_contain_text(most)
    for name, count in zip(("“Ring”", "“Ring + Packing”"), modes, strict=True):
        told = verdict.inner_text().partition("Most modes: ")[2].partition(", with")[0]
        assert (name in told) == (count == max(modes) > 0)
    expect(page.locator(".ga-race-plot")).to_have_attribute("data-curves", "2")
    expect(page.locator(SHOWN)).to_have_count(2)
    for column in page.locator(".ga-race-column").all():
        expect(column).to_contain_text(re.compile(r"Distance FD\s*\d"))
        expect(column).to_contain_text(re.compile(r"Modes\s*\d of 8"))
        expect(column).to_contain_text(re.compile(r"Coverage\s*[\d.]+ %"))
        expect(column).to_contain_text(re.compile(r"Memory\s*\d+ MB"))
        expect(column).to_contain_text(re.compile(r"Steps\s*[\d,]+"))
    assert lacking(page) == []
    assert page.evaluate(BARE) == []
    if AXE.is_file():
        page.click("#race-toggle")
        assert faults(page, "after a race") == []

    # the report is a page of its own, and says the same
    nearest = verdict.inner_text().split("FD ")[1].split(",")[0]
    with page.expect_popup() as opened:
        page.click("#race-open")
    expect(opened.value.locator("h1")).to_have_text("Ring | Ring + Packing")
    told = re.search(r"FD ([\d.]*\d)", opened.value.locator(".verdict").inner_text())
    assert told is not None
    assert float(nearest) == pytest.approx(float(told[1]), rel=0.02, abs=0.006)  # rounded otherwise
    opened.value.close()
    with page.expect_download() as saved:
        page.click("#race-md")
    assert saved.value.suggested_filename.endswith(".zip")

    # its trainings are trainings as any other, and it opens again
    race = page.locator("#race-list .ga-race-again").first
    name = race.get_attribute("data-race")
    assert {p.name for p in runs_dir.glob(f"{name}-*")} == {
        f"{name}-1-ring",
        f"{name}-2-ring-packing",
    }
    page.click("#language-zh")
    expect(page.locator("#race-columns h3").first).to_have_text("圆环")
    page.click("#language-en")
    page.reload()
    page.wait_for_selector(".ga-race:not([inert])")
    page.click(f"[data-race={name}]")
    page.wait_for_url(f"**/#tab=compare*raced={name}")  # a link to it
    expect(page.locator("#race-change-2")).to_have_value("remedy=packing")
    expect(verdict).to_contain_text(f"FD {nearest}")
    page.locator("#race-columns [data-act=watch]").first.click()
    expect(page.locator("#run-select")).to_have_value(f"{name}-1-ring")

    # of a contestant whose training was deleted there is nothing to watch, and it says so
    page.goto("about:blank")  # Train shows a picture of each run
    shutil.rmtree(runs_dir / f"{name}-2-ring-packing")
    later = open_page(f"/#tab=compare&raced={name}", landing="compare")
    second = later.locator(".ga-race-column").nth(1)
    expect(second).to_contain_text("Its training was deleted")
    expect(second.locator("[data-act=watch]")).to_be_hidden()

    row = later.locator("#race-list li").filter(has=later.locator(f"[data-race={name}]"))
    # the one on show is closed first: nothing asks for it again
    assert f"raced={name}" in later.url
    row.locator("[data-act=delete]").click()
    expect(row).to_have_count(0)
    expect(later.locator("#race-now")).to_be_hidden()
    assert "raced=" not in later.url
    undo, trash = later.locator("#race-undo"), later.locator("#race-trash")
    expect(undo).to_contain_text("was deleted.")
    later.click("#language-zh")
    expect(undo).to_contain_text("的报告已删除。")
    later.click("#language-en")
    later.click("#race-undo-button")
    expect(row).to_have_count(1)
    expect(row.locator(".ga-race-again")).to_be_focused()
    expect(later.locator("#race-now")).to_be_visible()  # as it was on show
    assert f"raced={name}" in later.url
    expect(undo).to_be_hidden()
    expect(trash).to_be_hidden()

    # a day long, not only until the page is left
    row.locator("[data-act=delete]").click()
    expect(row).to_have_count(0)
    later.reload()
    later.wait_for_selector(".ga-race:not([inert])")
    expect(row).to_have_count(0)
    trash.locator("summary").click()
    trash.get_by_role("button").first.click()
    expect(row).to_have_count(1)


@pytest.mark.expects_refusal
def test_a_training_that_is_not_there_is_told_and_the_sentence_stays(open_page):
    page = open_page("/#tab=train&run=never-was", landing="train")
    note = page.locator("#train-note")
    expect(note).to_contain_text("no such training")
    page.fill("#seconds", "7")  # finding nothing wrong, the form wipes its own away
    expect(page.locator("#command")).to_have_value(re.compile("--seconds 7"))
    expect(note).to_contain_text("no such training")


def side(name: str, outside: int) -> dict:
    """A contestant of points, in mid-race."""
    return {
        "name": name, "preset": "ring", "plane": True, "steps": 12.0, "state": "running",
        "parameters": {"g": 1, "second": 1, "second_name": "D"}, "seed": 0, "seconds": 1.0,
        "runs": [], "troubles": [], "numbers": {}, "modes_of": None, "picture": "race/picture?x",
        "outside": {"count": outside, "of": 500},
    }  # fmt: skip


def shown(page, *sides: dict) -> dict:
    """Opens Compare on a race of these contestants, and returns it: what is changed in it shows at
    the page's next look."""
    race = {
        "id": "race-9", "stage": "training", "state": "running", "data": "ring", "seconds": 5,
        "seeds": [0], "count": None, "made": None, "setup": None, "measuring": {},
        "problem": None, "fraction": 0.2, "same": [], "curves": [], "mine": True,
        "contestants": [*sides],
    }  # fmt: skip
    page.route(re.compile(r"/_gan/race(\?|$)"), lambda route: route.fulfill(json=race))
    page.route("**/_gan/race/picture*", lambda route: route.fulfill(
        body=b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        content_type="image/svg+xml"))  # fmt: skip
    open_tab(page, "Compare")
    expect(page.locator("#race-columns article")).to_have_count(len(sides))
    return race


def test_a_contestant_whose_points_leave_the_picture_says_so(page):
    shown(page, side("ring", 0), side("mad", 490))
    calm, mad = page.locator("#race-columns article").all()
    expect(mad.locator(".ga-race-outside")).to_have_text(
        "490 of 500 points lie outside the picture"
    )
    expect(calm.locator(".ga-race-outside")).to_be_hidden()
    page.click("#language-zh")
    expect(mad.locator(".ga-race-outside")).to_have_text("500 个点中有 490 个在图外")


def test_the_best_number_is_marked_once_all_are_equally_far_and_as_it_is_written(page):
    def of(mean: float) -> dict:
        return {"mean": mean, "low": mean, "high": mean, "of": 1}

    race = shown(
        page,
        side("ring", 0) | {"numbers": {"fd": of(7.8), "coverage": of(0.541)}},
        side("mad", 0) | {"numbers": {"fd": of(16.2), "coverage": of(0.544)}},
    )
    expect(page.locator("#race-columns")).to_contain_text("16.2")
    best = page.locator("#race-columns .is-best dd")
    expect(best).to_have_count(0)
    race |= {"stage": "over", "state": "finished"}
    expect(best).to_have_text(["7.80"])


def test_what_a_training_tells_of_itself_is_called_an_estimate_until_it_is_measured(page):
    def of(mean: float) -> dict:
        return {"mean": mean, "low": mean, "high": mean, "of": 1}

    race = shown(
        page, side("ring", 0) | {"numbers": {"fd": of(7.8), "modes": of(5.0)}}, side("mad", 0)
    )
    trained, empty = page.locator("#race-columns article").all()
    expect(trained.locator("small")).to_have_text(["estimate", "estimate"])
    expect(empty.locator("small")).to_have_count(0)
    race["contestants"][0]["numbers"]["coverage"] = of(0.54)
    expect(trained.locator("small")).to_have_count(0)


def test_a_race_taken_back_is_on_show_again_unless_another_is_by_then(page):
    race = shown(page, side("ring", 0), side("mad", 0)) | {"stage": "over", "state": "finished"}
    listed = [
        {"id": name, "names": [name], "data": "ring", "seconds": 5, "seeds": 1,
         "made": "2026-12-01T00:00:00Z", "best": None, "setup": None}
        for name in ("race-1", "race-2")
    ]  # fmt: skip
    deleted: list[dict] = []

    def move(route, one: list[dict], other: list[dict]) -> None:
        found = next(r for r in one if r["id"] == route.request.post_data_json["id"])
        one.remove(found)
        other.append(found)
        route.fulfill(json={})

    page.unroute(re.compile(r"/_gan/race(\?|$)"))
    live: dict = {}

    def told(route) -> None:
        asked = route.request.url.partition("id=")[2]
        route.fulfill(json=race | {"id": asked} if asked else live)

    page.route(re.compile(r"/_gan/race(\?|$)"), told)
    page.route("**/_gan/races", lambda route: route.fulfill(
        json={"races": listed, "deleted": deleted, "may_delete": True}))  # fmt: skip
    page.route("**/_gan/races/delete", lambda route: move(route, listed, deleted))
    page.route("**/_gan/races/restore", lambda route: move(route, deleted, listed))
    page.reload()
    page.wait_for_selector(".ga-race:not([inert])")

    for since in ("nothing", "another was opened", "another began elsewhere"):
        page.click("[data-race=race-1]")
        page.wait_for_url("**raced=race-1*")
        page.locator("#race-list li").filter(has=page.locator("[data-race=race-1]")).locator(
            "[data-act=delete]"
        ).click()
        expect(page.locator("#race-undo-button")).to_be_visible()
        assert "raced=" not in page.url
        if since == "another was opened":
            page.click("[data-race=race-2]")
            page.wait_for_url("**raced=race-2*")
        if since == "another began elsewhere":
            live |= race | {"id": "race-9", "stage": "training", "state": "running"}
            expect(page.locator("#race-state")).to_have_text("Training, 20 %")
        page.click("#race-undo-button")
        expect(page.locator("[data-race=race-1]")).to_be_focused()
        shown_now = page.url.partition("raced=")[2]
        assert shown_now == {"nothing": "race-1", "another was opened": "race-2"}.get(since, "")


def test_a_link_fills_the_race_elsewhere_names_what_is_wrong_and_starts_nothing(open_page):
    page = open_page("/#tab=compare", landing="compare")
    page.click("#race-ready-remedies")
    page.fill("#race-seconds", "9")
    page.fill("#race-seeds", "1, 2")
    page.click("#race-leave-4")
    expect(page.locator("[aria-pressed=true].ga-race-card")).to_have_count(0)
    page.evaluate(COPIED)
    page.click("#race-link")
    address = page.wait_for_function("window.copied").json_value()
    assert "sides=ring-article,ring-article:remedy:add-r1,ring-article:optimizer:sgd" in address

    spoilt = address.replace("for=9", "for=soon").replace("optimizer:sgd", "optimizer:magic")
    other = open_page(spoilt[spoilt.index("/#") :] + "&sparkle=1", fresh=True, landing="compare")
    said = other.locator("#race-from-link")
    expect(said.locator(".ga-left-out")).to_have_count(3)
    for wrong in ("optimizer=magic", "“soon”", "sparkle"):
        expect(said).to_contain_text(wrong)
    expect(said).to_contain_text("Nothing has started.")
    expect(other.locator("#race-seeds")).to_have_value("1,2")
    expect(other.locator("#race-seconds")).to_have_value("30")
    expect(other.locator(".ga-race-side")).to_have_count(3)
    expect(other.locator("#race-change-2")).to_have_value("remedy=add-r1")
    expect(other.locator("#race-change-3")).to_have_value("")
    expect(other.locator("#race-start")).to_be_enabled()
    other.click("#language-zh")
    expect(said).to_contain_text("还没有开始训练")
    other.click("#race-link-close")
    expect(said).to_be_hidden()


POSTED = """async ([path, body]) => {
  const headers = { "Content-Type": "application/json" };
  const how = { method: "POST", body: JSON.stringify(body), headers };
  return (await fetch(new URL(path, document.baseURI), how)).status;
}"""


def test_a_preset_of_ones_own_races_by_its_name_and_gives_way_once_it_is_deleted(open_page):
    page = open_page("/#tab=train", landing="train")
    form = {"preset": "ring", "data": "ring", "seed": "0", "seconds": "30"}
    form |= {"settings": {"loss": "hinge"}}
    try:
        for name in ("calm", "7", "constructor"):
            saved = page.evaluate(POSTED, ["_gan/presets/save", {"name": name, "form": form}])
            assert saved == 200
        open_tab(page, "Compare")
        page.select_option("#race-data", "ring")
        group = page.locator("#race-preset-2 optgroup")
        expect(group).to_have_attribute("label", "Your presets")
        expect(group.locator("option")).to_have_text(["7", "calm", "constructor"])
        expect(page.locator("#race-preset-1")).to_have_value("ring")  # no number before it
        page.select_option("#race-preset-2", "calm")
        example = page.locator(".ga-race-side").nth(1).locator("figcaption")
        expect(example).to_have_text("not trained yet; it began with “Ring”")
        expect(page.locator("#race-change-2 [value='loss=hinge']")).to_have_count(0)
        page.select_option("#race-change-2", "loss=minimax")
        page.evaluate(COPIED)
        page.click("#race-link")
        address = page.wait_for_function("window.copied").json_value()
        assert "sides=ring,calm:loss:minimax" in address

        other = open_page(address[address.index("/#") :], fresh=True, landing="compare")
        expect(other.locator("#race-from-link")).to_contain_text("filled in from the link")
        expect(other.locator("#race-preset-2")).to_have_value("calm")
        expect(other.locator("#race-change-2")).to_have_value("loss=minimax")
        other.click("#language-zh")
        expect(other.locator("#race-preset-2 optgroup")).to_have_attribute("label", "你的方案")
    finally:
        for name in ("calm", "7", "constructor"):
            page.evaluate(POSTED, ["_gan/presets/delete", {"name": name}])
    open_tab(page, "Train")
    open_tab(page, "Compare")
    expect(page.locator("#race-preset-2")).to_have_value("ring")
    expect(page.locator("#race-change-2")).to_have_value("")
    expect(page.locator("optgroup[label='Your presets']")).to_have_count(0)
