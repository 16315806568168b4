"""The list of trainings, films, own images and presets in a real Chromium, on one real training."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.data.test_own_images import png, zipped
from tests.ui.acting import choose_preset, open_tab
from tests.ui.conftest import PATIENCE_MS


@pytest.fixture(scope="module")
def trained(browser, base_url: str) -> str:
    """The id of a digits run of a second."""
    page = browser.new_page(locale="en-US")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(base_url)
    open_tab(page, "Train")
    choose_preset(page, "digits")
    page.fill("#seconds", "2")
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("Finished")
    run = page.input_value("#run-select")
    page.close()
    return run


def row(page: Page, run: str):
    return page.locator(f"#runs-list tr[data-run={run}]")


@pytest.mark.expects_refusal  # a picture of it may be on its way when it is deleted
def test_a_run_is_named_found_deleted_and_taken_back(page: Page, trained: str, runs_dir: Path):
    open_tab(page, "Train")
    expect(row(page, trained)).to_contain_text("Finished")
    row(page, trained).locator("[data-act=more]").click()
    fields = page.locator(".ga-run-fields")
    fields.locator("input").fill("the first")
    fields.locator("textarea").fill("quick and small")
    fields.locator("textarea").blur()
    expect(row(page, trained).locator("b")).to_have_text("the first")
    page.fill("#runs-find", "quick")
    expect(row(page, trained)).to_be_visible()
    page.fill("#runs-find", "nothing of that kind")
    expect(page.locator("#runs-empty")).to_contain_text("No training matches")
    page.fill("#runs-find", "")
    page.locator("[data-act=delete]").click()
    expect(row(page, trained)).to_have_count(0)
    assert not (runs_dir / trained).exists()
    page.click("#runs-undo-button")
    expect(row(page, trained).locator("b")).to_have_text("the first")


@pytest.mark.expects_refusal  # as above
def test_what_was_on_show_when_it_was_deleted_is_on_show_when_that_is_undone(
    page: Page, trained: str, runs_dir: Path
):
    shutil.copytree(runs_dir / trained, runs_dir / "another")
    try:
        open_tab(page, "Train")
        row(page, trained).locator("[data-act=watch]").click()
        expect(page.locator("#run-select")).to_have_value(trained)
        row(page, trained).locator("[data-act=more]").click()
        page.locator("[data-act=delete]").click()
        expect(page.locator("#run-select")).to_have_value("another")
        page.click("#runs-undo-button")
        expect(page.locator("#run-select")).to_have_value(trained)
        expect(page.locator("#run-state")).to_have_text("Finished")
    finally:
        shutil.rmtree(runs_dir / "another")


def test_curves_are_compared_without_a_distance_by_their_losses(page: Page, trained: str):
    open_tab(page, "Train")
    row(page, trained).locator("[data-act=pick]").check()
    page.select_option("#compare-series", "loss_d")
    expect(page.locator(".ga-compare-plot")).to_have_attribute("data-curves", "1")
    page.locator("#compare-log").check()
    page.select_option("#compare-axis", "seconds")
    expect(page.locator(".ga-compare-plot canvas")).to_be_visible()
    page.locator(".ga-compare-legend button").click()
    expect(page.locator("#compare")).to_be_hidden()


def test_a_film_is_made_shown_and_downloaded(page: Page, trained: str):
    open_tab(page, "Train")
    row(page, trained).locator("[data-act=watch]").click()
    page.click("#timelapse")
    page.select_option("#lapse-format", "gif")
    page.click("#lapse-make")
    expect(page.locator("#lapse-save")).to_be_visible()
    page.wait_for_function("document.querySelector('.ga-lapse-shown img').naturalWidth > 0")
    with page.expect_download() as download:
        page.click("#lapse-save")
    assert download.value.suggested_filename.endswith(".gif")
    assert Path(download.value.path()).read_bytes()[:6] == b"GIF89a"


def test_own_images_are_sent_seen_and_used_and_settings_are_kept(page: Page, tmp_path: Path):
    files = (("a/1.png", png()), ("b/2.png", png(60, 30)), ("b/notes.txt", b"no picture"))
    (tmp_path / "pets.zip").write_bytes(zipped(*files))
    open_tab(page, "Train")
    page.select_option("#data", "own")
    page.click("#start")
    expect(page.locator("#train-note")).to_contain_text("Drop images below")
    page.set_input_files("#own-files", tmp_path / "pets.zip")
    view = page.locator(".ga-own-view")
    expect(view).to_contain_text("pets 2 images kept. Skipped: 1 no image. 2 classes")
    page.wait_for_function("document.querySelector('.ga-own-preview').naturalWidth > 0")
    expect(view.locator(".ga-own-classes li")).to_have_text(["a 1", "b 1"])
    expect(page.locator("#own-limits")).to_contain_text("JPEG up to 256 megapixels")
    expect(page.locator("#own-used")).to_be_visible()  # what is sent is meant
    page.select_option("#data", "own")
    page.click("#own-use")
    expect(page.locator("#own-used")).to_be_visible()
    view.get_by_label("Size").select_option("48")
    line = page.locator("#command")
    expect(line).to_have_value(re.compile("--preset own --data folder:.*--set resolution=48"))

    page.click("#settings-toggle")
    size = page.locator("#settings [name=resolution]")
    expect(size).to_have_value("48")
    view.get_by_label("Size").select_option("24")
    expect(size).to_have_value("24")
    expect(line).to_have_value(re.compile("--set resolution=24"))
    size.select_option("32")  # what is set last counts
    expect(line).to_have_value(re.compile("--set resolution=32"))
    size.select_option("48")
    page.locator("#settings [name=g_lr]").fill("0.0007")
    page.fill("#mypreset-name", "Slow pets")
    page.click("#mypreset-save")
    expect(page.locator("#presets :checked")).to_have_value("slow-pets")
    choose_preset(page, "digits")
    expect(line).to_have_value(re.compile("--preset digits --seconds"))
    choose_preset(page, "slow-pets")  # its images come back with it
    expect(line).to_have_value(re.compile("--data folder:.*g_lr=0.0007.*resolution=48"))
    page.click("#mypreset-delete")
    expect(page.locator("#presets :checked")).to_have_value("own")
    expect(page.locator("#presets [value=slow-pets]")).to_have_count(0)


def test_a_typed_folder_lists_its_classes_before_a_start(page: Page, tmp_path: Path):
    for name in ("猫", "dogs", ".hidden"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "1.png").write_bytes(png())
    open_tab(page, "Train")
    page.select_option("#data", "own")
    page.fill("#data-path", f"folder:{tmp_path / 'tree'}")
    named = page.locator("#own-named")
    expect(named).to_contain_text(
        "tree 2 images by their names. Skipped: 1 hidden or of the system"
    )
    expect(named.locator("li")).to_have_text(["dogs 1", "猫 1"])
    page.fill("#data-path", "folder:/nowhere")
    expect(named).to_be_hidden()


@pytest.mark.expects_refusal  # where the page asks for it before the list says that it is gone
def test_a_run_that_is_deleted_elsewhere_is_said_to_be_and_another_is_shown(
    page: Page, trained: str, runs_dir: Path, tmp_path: Path
):
    shutil.copytree(runs_dir / trained, runs_dir / "short-lived")
    open_tab(page, "Train")
    row(page, "short-lived").locator("[data-act=watch]").click()
    expect(page.locator("#run-select")).to_have_value("short-lived")
    expect(page.locator("#run-state")).to_have_text("Finished")
    (runs_dir / "short-lived").rename(tmp_path / "short-lived")
    expect(page.locator("#train-note")).to_have_text(
        "The training short-lived, which was shown here, has been deleted."
    )
    expect(page.locator("#run-select")).not_to_have_value("short-lived")
    expect(page.locator("#live-grid")).to_be_visible()


def test_the_list_fits_a_phone(open_page, trained: str):
    page = open_page(viewport={"width": 390, "height": 844})
    open_tab(page, "Train")
    expect(row(page, trained)).to_be_visible()
    for act in ("watch", "more"):
        box = row(page, trained).locator(f"[data-act={act}]").bounding_box()
        card = page.locator("#runs-box").bounding_box()
        assert box["x"] + box["width"] <= card["x"] + card["width"]


def crowd(page: Page, count: int) -> list[dict]:
    """Answer the list's requests as a server with `count` runs would; returns what was asked."""
    asked: list[dict] = []

    def answer(route: Route) -> None:
        query = {k: v[0] for k, v in parse_qs(urlsplit(route.request.url).query).items()}
        asked.append(query)
        rows = [row_of(f"crowd-{i}") for i in range(count, 0, -1)]
        found = [r for r in rows if query.get("query", "") in r["id"]]
        shown = found[: int(query["limit"])]
        also = [r for r in rows if r["id"] in query.get("also", "").split(",") and r not in shown]
        route.fulfill(
            json={
                "runs": shown, "also": also, "found": len(found), "all": count, "trash": [],
                "bytes": None, "keep": 40, "free": 10**9, "queue": 0,
            }
        )  # fmt: skip

    page.route("**/_gan/runs?*", answer)
    return asked


def row_of(name: str) -> dict:
    return {
        "id": name, "state": "finished", "nimg": 1000, "seconds": 9.0, "images_per_s": 0.0,
        "fraction": 1.0, "message": "", "message_zh": None, "preset": "digits", "data": "digits",
        "steps_per_s": 0.0, "steerable": False, "resumable": False, "since": 1, "name": "",
        "note": "", "mine": True, "bytes": 1000, "started_at": 1.0, "fd": None, "snapshot": None,
    }  # fmt: skip


def test_old_runs_are_reached_by_search_and_show_more_and_stay_chosen(page: Page):
    asked = crowd(page, 120)
    open_tab(page, "Train")
    rows = page.locator("#runs-list tr")
    expect(rows).to_have_count(50)
    expect(page.locator("#runs-shown")).to_have_text("50 of 120 shown")
    page.click("#runs-show-more")
    expect(rows).to_have_count(100)
    page.fill("#runs-find", "crowd-1")
    expect(rows).to_have_count(32)  # 1, 10 to 19, 100 to 120
    page.fill("#runs-find", "crowd-7")
    expect(rows).to_have_count(11)
    expect(page.locator("#runs-more")).to_be_hidden()
    assert asked[-1]["limit"] == "50"  # a new search begins at its first page
    page.route("**/_gan/runs/curves?*", lambda route: route.fulfill(json={"curves": {}}))
    nothing = {"runs": {}, "tree": []}
    page.route("**/_gan/runs/compared?*", lambda route: route.fulfill(json=nothing))
    page.check('[data-run="crowd-7"] [data-act="pick"]')
    page.fill("#runs-find", "crowd-33")
    expect(rows).to_have_count(1)
    expect(page.locator("#compare li")).to_have_count(1)  # chosen, and in the list no more
    assert asked[-1]["also"] == "crowd-7"
    page.click("#language-zh")
    page.fill("#runs-find", "")
    expect(page.locator("#runs-show-more")).to_have_text("显示更多")


def test_a_start_says_what_it_does_and_can_be_stopped_at_once(page: Page):
    """The server's replies are those of a machine on which torch takes a minute to load."""
    sent: list[dict] = []
    gone = {"gone": {"key": "gan_start_cancelled", "values": {}}}
    start = {"stage": "loading", "seconds": 12.4, "loading_s": 31.0}
    status = row_of("slow-1") | {"state": "starting", "steerable": True, "start": start}
    news = {
        "rows": [], "snapshots": [], "weights": [], "measures": [], "findings": [], "reals": False,
        "status": status, "again": False, "viewers": 1, "problem": None,
    }  # fmt: skip

    def is_stopped() -> bool:
        return any(order["command"] == "stop" for order in sent)

    def steer(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(json={})

    page.route("**/_gan/train/start", lambda route: route.fulfill(json={"id": "slow-1"}))
    page.route("**/_gan/train/steer", steer)
    page.route(
        "**/_gan/run?id=slow-1&*", lambda route: route.fulfill(json=gone if is_stopped() else news)
    )
    open_tab(page, "Train")
    expect(page.locator("#presets :checked")).to_have_value("fashion")
    page.click("#start")
    message = page.locator("#run-message")
    expect(message).to_contain_text("Loading torch, about 31 s in all; 12 s so far.")
    expect(page.locator("#run-state")).to_have_text("Starting")
    expect(page.locator("#run-select")).to_have_value("slow-1")
    page.click("#pause")
    expect(message).to_contain_text("It pauses after that.")
    page.click("#language-zh")
    expect(message).to_contain_text("正在加载 torch")
    page.click("#language-en")
    start["stage"] = "data"
    expect(message).to_contain_text("Reading the data")
    page.click("#stop")
    expect(page.locator("#train-note")).to_have_text("The start was cancelled.")
    expect(page.locator("#run-state")).not_to_have_text("Starting")
    assert [order["command"] for order in sent] == ["pause", "stop"]
