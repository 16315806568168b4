"""Steering in a real Chromium: one real training, and every control that changes it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import NIMG, choose_preset, nimg, open_tab


def start_digits(page: Page, seconds: int = 300) -> None:
    open_tab(page, "Train")
    choose_preset(page, "digits")
    page.fill("#seconds", str(seconds))
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("Running")
    expect(page.locator("#live-grid")).to_be_visible()


def history(runs_dir: Path, run: str) -> list[dict]:
    lines = (runs_dir / run / "history.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.expects_refusal  # a rate that is no number
def test_a_running_training_is_steered_stepped_slowed_and_forked(page: Page, runs_dir: Path):
    start_digits(page)
    run = page.input_value("#run-select")

    page.click("#steer-toggle")  # a setting is changed where it stands, and confirmed there
    rate = page.locator("#steer-fields [name=d_lr]")
    expect(rate).to_have_value("0.002")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.post_data) if r.url.endswith("steer") else None)
    rate.fill("7e-4")  # as no server writes it
    rate.press("Enter")
    expect(page.locator("#steer-fields label:has([name=d_lr]) .ga-said")).to_have_text("applied")
    rate.press("Tab")
    rate.fill("fast")
    rate.press("Enter")
    expect(page.locator("#steer-note")).to_contain_text("“Rate of D” must be a number, got 'fast'")
    expect(rate).to_have_attribute("aria-invalid", "true")
    rate.press("Tab")
    rate.press("Escape")
    page.select_option("#steer-fields [name=minibatch_std]", "true")  # D is rebuilt while it runs
    page.click("#events summary")
    expect(page.locator("#event-list")).to_contain_text("Rate of D: 0.002 → 0.0007")
    rates = [json.loads(body)["settings"].get("d_lr") for body in sent]
    assert rates == ["7e-4", "fast", None]  # Enter tells it, leaving the field no second time
    expect(page.locator("#event-list")).to_contain_text("Minibatch deviation: off → on")

    page.click("#step-g")  # pauses, and tells what one update did
    expect(page.locator("#run-state")).to_have_text("Paused")
    view = page.locator("#step-view")
    expect(view.locator("h3")).to_have_text("What one step of G did")
    expect(view.locator("img")).to_have_count(2)
    expect(view.locator(".ga-step-numbers")).to_contain_text(re.compile(r"gradient\s*[\d.]+"))
    assert view.locator(".ga-tiles i.is-up, .ga-tiles i.is-down").count() > 32
    page.click("#step-d")
    expect(view.locator("h3")).to_have_text("What one step of D did")

    page.locator("#slow").evaluate(
        "(e) => { e.value = 3; for (const n of ['input', 'change'])"
        " e.dispatchEvent(new Event(n, {bubbles: true})); }"
    )
    expect(page.locator("#slow-at")).to_have_text("5 steps/s")
    before, begin = nimg(page), time.monotonic()
    page.click("#pause")
    expect(page.locator("#run-state")).to_have_text("Running")
    page.wait_for_function(f"{NIMG} > {before + 320}")
    steps = (nimg(page) - before) / 64
    assert steps <= 5 * (time.monotonic() - begin) + 2  # five a second, however long it took

    expect(page.locator("#fork-here")).to_be_enabled()
    page.click("#fork-here")
    expect(page.locator("#fork-what")).to_contain_text(f"Fork of {run}")
    expect(page.locator("#fork-what")).to_contain_text("The duration counts from its beginning")
    idle = page.locator("#settings label:has([name=ada_target]) .ga-idle")
    expect(idle).to_have_text("no effect")
    page.select_option("#settings [name=augment]", "ada")
    expect(idle).to_be_hidden()
    page.select_option("#settings [name=augment]", "none")
    page.locator("#settings [name=g_lr]").fill("0.0003")
    expect(page.locator("#command")).to_have_value(re.compile(r"--fork \S+ --set g_lr=0.0003"))
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")
    expect(page.locator("#steer-why")).to_contain_text("over")
    page.click("#start")
    expect(page.locator("#run-select")).not_to_have_value(re.compile(f"^({run})?$"))
    expect(page.locator("#run-state")).to_have_text("Running")
    expect(page.locator("#steer-fields [name=g_lr]")).to_have_value("0.0003")
    expect(page.locator("#steer-fields [name=d_lr]")).to_have_value("0.0007")
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")
    assert {"set", "step", "slow", "stop"} <= {row["event"] for row in history(runs_dir, run)}


def test_a_rate_that_falls_and_a_batch_that_grows_are_told_beside_what_is_set(page: Page):
    open_tab(page, "Train")
    choose_preset(page, "digits")
    page.click("#settings-toggle")
    page.fill("#settings [name=batch_growth]", "2")
    page.select_option("#settings [name=lr_schedule]", "linear")
    expect(page.locator("#command")).to_have_value(re.compile("--set lr_schedule=linear"))
    page.fill("#seconds", "60")
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("Running")
    page.click("#steer-toggle")
    rate, now = (
        page.locator(f"#steer-fields {what}")
        for what in ("[name=g_lr]", "label:has([name=g_lr]) .ga-now")
    )
    expect(now).to_have_text(re.compile(r"^now 0\.001\d*$"))
    expect(rate).to_have_value("0.002")  # what is set stays what one sets
    rate.fill("0.02")
    rate.press("Enter")
    expect(page.locator("#run-message")).to_contain_text("of what is set, and 0 at the planned end")
    expect(now).to_have_text(re.compile(r"^now 0\.01\d*$"))
    page.select_option("#steer-fields [name=lr_schedule]", "constant")
    expect(now).to_be_hidden()
    batch = page.locator("#steer-fields label:has([name=batch_size]) .ga-now")
    expect(batch).to_have_text("now 128")  # grown from the start
    page.fill("#steer-fields [name=growth_kimg]", "9999")
    page.press("#steer-fields [name=growth_kimg]", "Enter")
    expect(batch).to_be_hidden()
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")


def test_a_finding_is_told_explained_remedied_and_put_aside(page: Page, runs_dir: Path):
    start_digits(page)
    run = page.input_value("#run-select")
    finding = {
        "kind": "d-winning", "severity": "warning", "nimg": 640,
        "evidence": {"sign": "scores", "score_real": 9.1, "score_fake": -8.7, "saturated": 0.98},
        "remedies": [{"name": "lower-d-rate", "settings": {"d_lr": "0.0005"}},
                     {"name": "raise-r1", "settings": {"r1": "0.6", "r2": "0.6"}}],
    }  # fmt: skip

    def with_finding(route) -> None:  # what a sick run's reply holds; detectors have own tests
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"findings": [finding]})

    page.route("**/_gan/run?*", with_finding)
    said = page.locator("[data-finding=d-winning]")
    expect(said).to_contain_text("scores real images 9.1 and generated ones −8.7")
    expect(said).to_contain_text("98 %")
    expect(said.locator("[data-remedy=raise-r1]")).to_have_text("Raise R1 to 0.6")  # it is on
    said.get_by_role("button", name="Why?").click()
    expect(said).to_contain_text("A slower D leaves G time to catch up. Rate of D: 0.0005")
    said.get_by_role("button", name="Slow D down").click()
    page.click("#steer-toggle")
    expect(page.locator("#steer-fields [name=d_lr]")).to_have_value("0.0005")
    page.click("#events summary")
    expect(page.locator("#event-list")).to_contain_text("Slow D down (Rate of D: 0.002 → 0.0005)")
    assert {"lower-d-rate"} == {
        r.get("note") for r in history(runs_dir, run) if r["event"] == "set"
    }
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")
    page.click("text=Show it")  # nobody steers it any more: the remedy becomes a fork
    said.get_by_role("button", name="Fork: Slow D down").click()
    expect(page.locator("#command")).to_have_value(
        re.compile(r"--fork \S+ --set|--fork \S+$|--fork \S+ --seconds")
    )
    page.unroute_all(behavior="ignoreErrors")


def test_a_divergence_is_left_behind_by_a_fork_from_before_the_change(page: Page, runs_dir: Path):
    start_digits(page)
    run = page.input_value("#run-select")
    expect(page.locator("[data-health=early]")).to_contain_text("Too early to tell")
    page.click("#steer-toggle")
    rate = page.locator("#steer-fields [name=g_lr]")
    rate.fill("0.1")
    rate.press("Enter")
    expect(page.locator("#steer-fields label:has([name=g_lr]) .ga-said")).to_have_text("applied")
    change = next(row for row in history(runs_dir, run) if row["event"] == "set")
    assert (runs_dir / run / "checkpoints" / f"{change['nimg']:010d}").is_dir()
    finding = {
        "kind": "divergence", "severity": "warning", "nimg": change["nimg"] + 640,
        "evidence": {"sign": "loss", "what": "loss_g", "before": 1.0, "value": 80.0},
        "remedies": [{"name": "fork-before", "settings": {"g_lr": "0.002"},
                      "nimg": change["nimg"]}],
    }  # fmt: skip

    collapse = {
        "kind": "mode-collapse", "severity": "warning", "nimg": 640, "remedies": [],
        "evidence": {"sign": "modes", "modes": 5, "classes": 10, "mode_kind": "cluster"},
    }  # fmt: skip

    def with_finding(route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"findings": [finding, collapse]})

    page.route(f"**/_gan/run?*id={run}&*", with_finding)
    expect(page.locator("[data-finding=mode-collapse]")).to_contain_text(
        "The samples show 5 of 10 groups of look-alike real images."
    )
    back = page.locator("[data-finding=divergence] [data-remedy=fork-before]")
    expect(back).to_have_text(f"Go back to {change['nimg']:,} images")
    back.click()
    expect(page.locator("#run-select")).not_to_have_value(re.compile(f"^({run})?$"))
    expect(page.locator("#run-state")).to_have_text("Running")
    forked = runs_dir / page.input_value("#run-select")
    config = json.loads((forked / "config.json").read_text("utf-8"))
    assert config["parent"] == f"{run}@{change['nimg']}"
    assert config["train"]["g_lr"] == 0.002
    assert json.loads((runs_dir / run / "status.json").read_text("utf-8"))["state"] == "stopped"
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")
    page.unroute_all(behavior="ignoreErrors")


def test_curves_are_chosen_zoomed_smoothed_and_read(page: Page):
    start_digits(page)
    charts = page.locator("[data-chart]")
    page.click("[data-chip=gradients]")
    expect(charts).to_have_count(5)
    page.wait_for_function("document.querySelector('#live-nimg').textContent.length > 4")
    plot = page.locator("[data-chart=losses] .u-over")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.locator("#chart-whole")).to_be_visible()
    page.wait_for_function(f"{NIMG} > {nimg(page)}")  # updates come, the zoom stays
    expect(page.locator("#chart-whole")).to_be_visible()
    expect(page.locator(".ga-where")).to_contain_text("images")
    page.click("#chart-log")
    expect(page.locator("#chart-log")).to_have_attribute("aria-pressed", "true")
    plot.dblclick()
    expect(page.locator("#chart-whole")).to_be_hidden()
    page.reload()
    page.click("#run-chip")
    expect(charts).to_have_count(5)  # the choice is remembered
    page.click("#reals-toggle")
    expect(page.locator("#reals")).to_be_visible()
    page.click("#stop")
    expect(page.locator("#run-state")).to_have_text("Stopped")
