"""Races: what may be raced, that it is fair, and that the report says what race.json holds."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from gan.checkpoint import load
from gan.cli import app
from gan.data import load_data
from gan.messages import Message
from gan.presets import PRESETS
from gan.races import READY, Race, measure_race, plan_race, write_report
from gan.races.begun import keep_plan, left_race
from gan.races.curves import curves_of, draw_svg, log_ticks, ticks
from gan.races.live import race_so_far
from gan.races.measure import Hurry, Reals, curve_of, summary_of
from gan.races.table import POINT_METRICS, band_text, rows_of
from gan.races.verdict import verdict
from gan.runs import Host, RunReader, Supervisor, is_run, start
from gan.runs.folder import born
from gan.runs.space import waiting_for_room
from gan.training import Trainer
from gan.ui.compare.views import _contestant

ODD = '<b>x|y</b> & "z"'
VOID = {"meta", "img", "br", "link"}


def gan(*arguments: object, code: int = 0):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


# ---- what may be raced ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rign", "grid"], "there is no preset 'rign'; did you mean"),
        (["ring"], "a race needs 2 to 4 contestants, got 1"),
        (["ring"] * 5, "a race needs 2 to 4 contestants, got 5"),
        (
            ["fashion", "ring", "--data", "fashion"],
            "makes points of the plane, the data are pictures of",
        ),
        (["ring", "grid", "--data", "nowhere"], "there is no data 'nowhere'"),
        (
            ["ring", "grid", "--seconds", "0"],
            "more than 0 and up to 1,000,000 seconds, got 0",
        ),
        (["ring", "grid", "--seconds", "nan"], "lasts more than 0"),
        (["ring", "grid", "--seeds", "a"], "--seeds must be whole numbers"),
        (["ring", "grid", "--seeds", "0-99"], "a race has 1 to 20 seeds"),
        (["ring", "grid", "--set", "3:g_lr=1"], "there is no contestant '3'"),
        (["ring", "grid", "--set", "1:g_lrr=1"], "there is no setting 'g_lrr'"),
        (["vae", "fashion", "--set", "1:loss=hinge"], "a VAE has no setting 'loss'"),
        (["a:b=ring", "grid"], "printable characters, no colon"),
        (["2=ring", "1=grid"], "is no number, got '2'"),  # --set 1: would be another's
        (["ring 1=ring", "ring", "ring"], "contestants need names of their own"),
        (["ring", "grid", "--ready", "losses"], "a ready-made race has its own contestants"),
        (["--ready", "loses"], "there is no ready-made race 'loses'; did you mean losses"),
    ],
)
def test_what_cannot_be_raced_is_told_in_a_sentence_and_leaves_nothing(
    arguments: list[str], sentence: str, tmp_path: Path
):
    result = gan("race", *arguments, "--out", tmp_path / "r", code=1)
    said = [line for line in result.output.splitlines() if line]
    assert sentence in result.output
    assert len(said) == 1
    assert said[0].startswith("error: ")
    assert not (tmp_path / "r").exists()


def test_a_folder_that_holds_something_or_cannot_be_written_is_left_alone(tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path, tmp_path / "file"):
        result = gan("race", "ring", "grid", "--out", out, code=1)
        assert "must be a new or empty folder" in result.output
    below = gan("race", "ring", "grid", "--out", tmp_path / "file" / "r", code=1)
    assert "cannot be written" in below.output
    assert (tmp_path / "file").read_text() == "mine"
    assert "give --out" in gan("race", "ring", "grid", code=1).output


def test_a_setting_is_for_one_contestant_by_name_or_number_or_for_all():
    plan = plan_race(
        ["ring", "ring", "mine=ring-article"],
        seconds=1,
        settings=["ring 2:loss=hinge", "3:g_lr=0.5", "batch_size=32"],
    )
    assert [c.name for c in plan.contestants] == ["ring 1", "ring 2", "mine"]
    assert [c.train.loss for c in plan.configs] == ["relativistic", "hinge", "nonsaturating"]
    assert plan.configs[2].train.g_lr == 0.5
    assert {c.train.batch_size for c in plan.configs} == {32}
    assert plan.differences()["loss"] == ["relativistic", "hinge", "nonsaturating"]
    assert "batch_size" not in plan.differences()
    assert plan_race(["vae", "fashion"], seconds=1).differences()["r1"] == [None, 0.2]
    again = re.findall(r"--set (\S+)", plan.command())
    assert again == [
        "1:batch_size=32", "2:loss=hinge", "2:batch_size=32", "3:g_lr=0.5", "3:batch_size=32"
    ]  # fmt: skip


def test_every_ready_made_race_can_be_trained_and_is_listed():
    listed = gan("race", "--list").output
    for name in READY:
        plan = plan_race([], ready=name, seconds=1)
        assert name in listed
        assert len({c.folder for c in plan.contestants}) == len(plan.contestants) >= 2
        assert {c.preset for c in plan.configs} <= PRESETS.keys()
    losses = {c.train.loss for c in plan_race([], ready="losses", seconds=1).configs}
    assert losses == {"minimax", "nonsaturating", "hinge", "wasserstein-gp", "relativistic"}


def test_the_clock_of_a_race_does_not_count_waiting(
    digits, make_config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step, slept = Trainer.step, []

    def waits(trainer: Trainer) -> None:
        time.sleep(0.2)
        slept.append(0.2)
        step(trainer)

    monkeypatch.setattr(Trainer, "step", waits)
    config = replace(make_config(), total_kimg=0.16)
    process = start(config, digits, tmp_path / "p", Host(clock="process"))
    assert process.seconds < sum(slept) / 2
    slept.clear()
    assert start(config, digits, tmp_path / "w").seconds > sum(slept)


# ---- a race -----------------------------------------------------------------------------------

SECONDS = 2.0


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two that finish, and one with a rate at which nothing can be learned."""
    out = tmp_path_factory.mktemp("races") / "one"
    result = gan(
        "race", "ring", f"{ODD}=ring-article", "mad=ring", "--seconds", SECONDS, "--count", 500,
        "--set", "mad:optimizer=sgd", "--set", "mad:g_lr=10", "--set", "mad:d_lr=10", "--out", out,
    )  # fmt: skip
    assert "mad is out: the training reached" in result.output
    return out


def contestants(out: Path) -> dict[str, dict]:
    return {c["name"]: c for c in json.loads((out / "race.json").read_text())["contestants"]}


@pytest.mark.slow
def test_all_get_the_same_process_seconds_and_one_that_diverges_stops_nobody(raced: Path):
    found = contestants(raced)
    (ring,), (article,), (mad,) = (found[name]["runs"] for name in ("ring", ODD, "mad"))
    for run in (ring, article):
        assert run["state"] == "finished"
        # a step and a grid of samples are the most that comes on top
        assert SECONDS <= run["process_seconds"] < SECONDS + 1
        assert run["metrics"]["fd"]["value"] > 0  # below its floor where chance has it
        assert run["metrics"]["fd"]["floor"] > 0
        assert run["curve"][-1]["fd"] == run["metrics"]["fd"]["value"]
        assert len(run["curve"]) > 2
        assert run["modes"]["of"] == 8
        assert run["sampling_s_per_1000"] > 0
    assert mad["state"] == "failed"
    assert "the training reached" in mad["reason"]
    assert mad["metrics"] == {}
    assert f"after {mad['nimg']:,} images" in mad["reason"]
    assert found["mad"]["parameters"] == found["ring"]["parameters"]


@pytest.mark.slow
def test_a_point_of_the_curve_is_measured_as_the_table_is(raced: Path):
    (run,) = contestants(raced)["ring"]["runs"]
    reals = Reals(load_data("ring"), 500)
    (point,) = curve_of(RunReader(raced / run["folder"]), reals, [run["nimg"]])
    assert point["fd"] == pytest.approx(run["metrics"]["fd"]["value"], rel=1e-4)
    assert point["seconds"] == pytest.approx(run["process_seconds"], abs=0.1)


@pytest.mark.slow
def test_what_a_race_leaves_are_runs_as_any_other(raced: Path):
    for name in ("ring", ODD):
        (run,) = contestants(raced)[name]["runs"]
        assert is_run(raced / run["folder"])
        loaded = load(raced / run["folder"])
        assert loaded.config.nimg == run["nimg"]
        parameters = sum(p.numel() for p in loaded.generator.parameters())
        assert contestants(raced)[name]["parameters"]["g"] == parameters
    folders = [raced / contestants(raced)[name]["runs"][0]["folder"] for name in ("ring", ODD)]
    rows = json.loads(gan("compare", *folders, "--count", 500, "--json").output)
    assert [row["fd"] for row in rows] == [
        contestants(raced)[name]["runs"][0]["metrics"]["fd"]["value"] for name in ("ring", ODD)
    ]


class Balanced(HTMLParser):
    """Collects tags, attributes and text; fails on one that is closed and was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def text(self) -> str:
        """All that is read, one after another."""
        return "".join(self.parts)


@pytest.mark.slow
def test_the_page_is_whole_and_alone_and_escapes_names(raced: Path):
    page = (raced / "report.html").read_text("utf-8")
    found = Balanced(page)
    assert found.open == []
    assert "<b>x" not in page
    assert ODD in found.text
    links = [v for _, attrs in found.seen for k, v in attrs.items() if k in ("src", "href")]
    assert len(links) > 8
    assert all(link.startswith("data:image/webp;base64,") for link in links)
    assert not re.search(r"https?:|@import|url\(", page)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in found.seen}
    assert "prefers-color-scheme: dark" in page
    ElementTree.parse(raced / "pictures" / "curves.svg")


@pytest.mark.slow
def test_the_markdown_has_the_numbers_of_race_json_and_its_pictures_lie_beside_it(raced: Path):
    text = (raced / "report.md").read_text("utf-8")
    assert "<b>" not in text.replace("\\<b\\>", "").partition("## Again")[0]
    rows = {
        cells[1].strip(): [c.strip(" *") for c in cells[2:]]
        for line in text.splitlines()
        if line.startswith("|") and len(cells := re.split(r"(?<!\\)\|", line)) > 4
    }
    for column, contestant in enumerate(contestants(raced).values()):
        (run,) = contestant["runs"]
        metrics = run["metrics"]
        fd = f"{metrics['fd']['value']:.3g}" if metrics else "–"
        modes = f"{run['modes']['caught']} of 8" if metrics else "–"
        assert rows["Fréchet distance"][column] == fd
        assert rows["Modes caught"][column] == modes
        assert rows["Points seen"][column] == f"{run['nimg']:,}"
        assert rows["Parameters of G"][column] == f"{contestant['parameters']['g']:,}"
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", text)
    assert len(pictures) > 8
    assert all((raced / picture).is_file() for picture in pictures)


FULL = OSError(errno.ENOSPC, "No space left on device")


class FullDisk(Supervisor):
    """Starts nothing: its one training says `message` at two looks, then it is over."""

    def __init__(self, run: Path, state: str, message: Message) -> None:
        super().__init__()
        self.run, self.looks, self.name = run, 0, ""
        self.news = {
            "state": state, "nimg": 7, "message": str(message), "message_data": message.to_json()
        }  # fmt: skip

    def prepare(self) -> None: ...

    def launch(self, argv, run_dir, **named) -> None:
        shutil.copytree(self.run, run_dir)
        self.name = run_dir.name

    def running(self) -> list[str]:
        self.looks += 1
        return [self.name] if self.looks < 4 else []

    def told(self) -> dict:
        kept = json.loads((self.run / "status.json").read_text())
        return {self.name: kept | self.news | {"pid": os.getpid(), "born": born(os.getpid())}}


@pytest.mark.parametrize(
    ("state", "message", "is_told"),
    [
        ("running", waiting_for_room(FULL), True),
        ("paused", waiting_for_room(FULL, held=True), True),
        ("paused", Message("a note of the training's own"), False),
    ],
)
def test_a_contestant_whose_disk_is_full_says_what_it_waits_for(
    tmp_path: Path, tiny_run: Path, state: str, message: Message, is_told: bool
):
    race = Race(
        plan_race(["ring", "ring"], seconds=9),
        tmp_path / "r",
        supervisor=FullDisk(tiny_run, state, message),
        at_once=1,
    )
    seen = []
    for standings in race.run():
        race.stop()  # the other one does not begin
        first = _contestant("x", race_so_far(race)["contestants"][0])
        seen.append((standings[0].state, standings[0].nimg, first["waits"]))
    told = [w for s, nimg, w in seen if s == state and nimg == 7]
    assert told
    assert all(w == (message.to_json() if is_told else None) for w in told)
    assert [w for s, nimg, w in seen if s == "finished" or nimg != 7] == [None, None]


def test_a_report_for_which_there_is_no_room_can_be_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gan.races.write_report", full)
    out = tmp_path / "a race"
    result = gan("race", "ring", "ring", "--seconds", 0.2, "--count", 130, "--out", out, code=1)
    assert f"python -m gan race --report '{out}'" in result.output
    monkeypatch.undo()
    gan("race", "--report", out)
    assert (out / "race.json").is_file()


def test_a_race_whose_measuring_was_broken_off_can_be_measured_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken_off(race: Race, *, count: int, on_progress) -> dict:
        os.kill(os.getpid(), signal.SIGTERM)
        return measure_race(race, count=count, on_progress=on_progress)

    monkeypatch.setattr("gan.races.measure.measure_race", broken_off)
    out = tmp_path / "a race"
    result = gan("race", "ring", "ring", "--seconds", 0.2, "--count", 130, "--out", out)
    again = f"python -m gan race --report '{out}'"
    assert again in result.output
    monkeypatch.undo()
    result = gan("race", "--report", out)
    assert again not in result.output
    assert "finished; the report is" in result.output
    found = json.loads((out / "race.json").read_text())
    assert all(run["metrics"] for side in found["contestants"] for run in side["runs"])


@pytest.mark.slow
def test_a_race_that_is_stopped_reports_what_there_is(tmp_path: Path):
    plan = plan_race(["ring", "ring"], seconds=600, seeds=(0, 1), settings=["2:loss=hinge"])
    race = Race(plan, tmp_path / "r")
    for standings in race.run():
        if all(s.seconds > 0.3 for s in standings[:2]):
            race.stop()
    assert [s.state for s in race.standings] == ["stopped", "stopped", "waiting", "waiting"]
    assert race.supervisor.running() == []

    def second_ctrl_c(name: str, fraction: float) -> None:
        if name == "ring 2":
            raise Hurry

    found = measure_race(race, count=200, on_progress=second_ctrl_c)
    write_report(tmp_path / "r", found)
    first, second = found["contestants"]
    assert found["state"] == "stopped"
    assert first["runs"][0]["metrics"]["fd"]["value"] > 0
    assert "interrupted" in second["runs"][0]["unmeasured"]
    page = (tmp_path / "r" / "report.html").read_text("utf-8")
    assert "This race was ended before its time" in page
    assert "not begun" in page
    assert page.count("<img") > 2  # at moments that there were
    assert Balanced(page).open == []


# ---- several seeds ----------------------------------------------------------------------------


def run_of(seed: int, fd: float, *, seconds: tuple[float, ...] = (1.0, 2.0)) -> dict:
    metric = {"value": fd, "floor": 0.5, "count": 100, "low": None, "high": None}
    return {
        "seed": seed, "folder": f"r-{seed}", "state": "finished", "reason": "",
        "process_seconds": 2.0, "nimg": 1000, "training_s_per_1000": 2.0, "peak_memory_mb": None,
        "sampling_s_per_1000": 0.1, "metrics": {"fd": metric}, "modes": None, "grids": [],
        "curve": [{"nimg": 500, "seconds": s, "fd": fd + 2.0 - s} for s in seconds],
    }  # fmt: skip


def found_of(**fds: tuple[float, ...]) -> dict:
    sides = []
    for name, values in fds.items():
        runs = [run_of(seed, fd) for seed, fd in enumerate(values)]
        sides.append(
            {"name": name, "preset": "vae", "family": "vae", "settings": {}, "runs": runs,
             "parameters": {"g": 10, "second": 1234, "second_name": "encoder"},
             "summary": summary_of(runs)}
        )  # fmt: skip
    seeds = list(range(len(next(iter(fds.values())))))
    return {
        "format": "gan-race/1", "gan": "0", "made": "2026-01-01T00:00:00", "data": "fashion",
        "machine": {"processor": "p", "cores": 1}, "title": "", "seconds": 2.0, "seeds": seeds,
        "count": 100, "state": "finished", "differences": {}, "contestants": sides, "command": "c",
    }  # fmt: skip


def test_several_seeds_are_a_mean_and_the_least_and_the_most(tmp_path: Path):
    found = found_of(a=(1.0, 2.0, 6.0), b=(7.0, 8.0, 9.0))
    assert found["contestants"][0]["summary"]["fd"] == {"mean": 3, "low": 1, "high": 6, "of": 3}
    write_report(tmp_path, found)
    text = "".join(Balanced((tmp_path / "report.html").read_text("utf-8")).text.split())
    assert "Seeds0,1,2" in text
    assert "31–6" in text
    assert "**3** (1–6)" in (tmp_path / "report.md").read_text("utf-8").replace("\\", "")
    assert "unknown" in text  # memory, which this system does not tell
    curve = curves_of(found)[0]
    assert curve.x == [1.0, 2.0]
    assert (curve.low[-1], curve.mean[-1], curve.high[-1]) == (1.0, 3.0, 6.0)


def test_a_long_name_is_shortened_to_its_room_and_a_chinese_one_is_two_wide():
    drawn = draw_svg(found_of(**{"s" * 20: (1.0,), "环" * 9: (2.0,)}), width=800, height=300)
    assert f">{'s' * 16}…<" in drawn
    assert f">{'环' * 8}…<" in drawn


def test_curves_over_seeds_end_where_the_shortest_does():
    found = found_of(a=(1.0, 2.0))
    found["contestants"][0]["runs"][1] = run_of(1, 2.0, seconds=(0.5, 1.5))
    assert curves_of(found)[0].x == [1.0, 1.5]


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [("1", "6", "1–6"), ("0.1 %", "2.4 %", "0.1–2.4 %"), ("0 of 8", "2 of 8", "0–2 of 8"),
     ("3", "3", "")],
)  # fmt: skip
def test_a_band_says_its_unit_once(low: str, high: str, band: str):
    assert band_text(low, high) == band


@pytest.mark.parametrize(
    ("fds", "end"),
    [
        ({"a": (1.0,), "b": (2.0,)}, "One seed: another may rank them differently."),
        ({"a": (1.0, 1.5), "b": (2.0, 3.0)}, "On each of 2 seeds it was ahead of the second."),
        ({"a": (1.0, 2.5), "b": (2.0, 3.0)}, "The first two overlap over the seeds."),
        ({"a": (1.0, 1.5), "b": (2.0,)}, "One seed: another may rank them differently."),
    ],
)
def test_the_verdict_says_how_sure_it_is(fds: dict[str, tuple[float, ...]], end: str):
    assert str(verdict(found_of(**fds))).startswith("a came nearest to the real data: FD 1")
    assert str(verdict(found_of(**fds))).endswith(end)


def test_of_points_fd_sees_mean_and_spread_and_that_is_said():
    found = found_of(a=(1.0,), b=(2.0,))
    for contestant in found["contestants"]:
        contestant["family"] = "points"
    told = "a came nearest to the real points in mean and spread: FD 1, then b 2"
    assert str(verdict(found)).startswith(told)


def test_numbers_that_read_the_same_are_equally_good(tmp_path: Path):
    found = found_of(a=(1.2301,), b=(1.2304,), c=(2.0,))
    assert str(verdict(found)).startswith(
        "a and b came equally near to the real data: FD 1.23, then c"
    )
    write_report(tmp_path, found)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "| **1.23** | **1.23** | 2 |" in text
    seeds = str(verdict(found_of(a=(1.2300, 1.2301), b=(1.2303, 1.2304), c=(2.0, 2.0))))
    assert seeds.endswith("equally near to the real data: FD 1.23, then c 2. These are means over "
                          "the seeds.")  # fmt: skip


def test_contestants_with_the_same_set_up_are_named(tmp_path: Path):
    plan = plan_race(
        ["ring", "b=ring", "grid", "d=ring"], data="ring", seconds=1,
        settings=["d:loss=hinge", "b:g_lr=0.5", "1:g_lr=0.5"],
    )  # fmt: skip
    assert plan.same_setups() == [["ring", "b"]]
    assert plan_race(["ring", "grid"], seconds=1).same_setups() == []
    write_report(tmp_path, found_of(ring=(1.0,), b=(2.0,)) | {"same": plan.same_setups()})
    for name in ("report.html", "report.md"):
        told = (tmp_path / name).read_text("utf-8")
        assert "ring and b are the same set-up: what they differ by is chance." in told


def test_settings_without_effect_or_that_are_off_are_no_difference():
    settings = ["1:loss=wasserstein-gp", "3:r1=0", "3:r2=0"]
    plan = plan_race(["ring", "ring-flow", "mine=ring"], seconds=1, settings=settings)
    told = plan.differences()
    assert told["gp"] == [10.0, None, None]  # the penalty of that one loss
    assert told["reg_every"] == [8, None, None]  # of R1 and R2, which the third has not
    assert not {"augment_p", "ada_target", "aux_weight", "d_reduce", "class_head"} & told.keys()
    assert not {"packing", "d_count", "spectral_norm", "minibatch_std"} & told.keys()  # off
    # two that differ only in what has no effect are the same set-up
    assert plan_race(["ring", "b=ring"], seconds=1, settings=["2:gp=5"]).same_setups() == [
        ["ring", "b"]
    ]


def test_a_report_of_points_does_not_speak_of_images(tmp_path: Path):
    found = found_of(a=(1.0,), b=(2.0,))
    for side in found["contestants"]:
        side["family"] = "points"
        for run in side["runs"]:
            run["metrics"] |= {name: {"value": 0.5, "floor": 0.5} for name in POINT_METRICS[2:]}
        side["summary"] = summary_of(side["runs"])
    found |= {"data": "ring", "differences": {"batch_size": {"a": 64, "b": 256}}}
    write_report(tmp_path, found)
    told = " ".join(Balanced((tmp_path / "report.html").read_text("utf-8")).parts)
    assert "from those of real points" in told  # FD
    assert "among real points" in told  # precision
    assert "samples a step" in told  # what the setting is
    about = told.partition("Numbers")[2]
    assert re.findall(r"[^.]*\b(?:images?|pictures differ|published)\b[^.]*", about) == []


def test_points_that_no_picture_shows_are_a_row_where_there_are_such(tmp_path: Path):
    found = found_of(a=(1.0, 1.0), b=(2.0, 2.0))
    assert "Outside" not in str(rows_of(found))
    a, b = found["contestants"]
    for side, counts in ((a, (0, 0)), (b, (500, 250))):
        for run, count in zip(side["runs"], counts, strict=True):
            run["outside"] = {"count": count, "of": 500}
        side["summary"] = summary_of(side["runs"])
    (row,) = [row for row in rows_of(found) if row.title == "Outside the picture"]
    assert [(c.text, c.band, c.is_best) for c in row.cells] == [
        ("0.0 %", "", True), ("75.0 %", "50.0–100.0 %", False)
    ]  # fmt: skip


def test_a_race_of_stacked_digits_tells_the_modes(tmp_path: Path):
    found = found_of(a=(1.0,), b=(2.0,))
    for side, caught in zip(found["contestants"], (981, 37), strict=True):
        (run,) = side["runs"]
        run["metrics"]["modes"] = {"value": caught, "floor": 1000}
        run["metrics"]["mode_kl"] = {"value": 0.5, "floor": 0.02}
        run["modes"] = {"caught": caught, "of": 1000}
        side["summary"] = summary_of(side["runs"])
    write_report(tmp_path, found)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "| Modes caught | **981 of 1000** | 37 of 1000 | 1000 of 1000 |" in text
    assert "| KL of the modes | 0.500 | 0.500 | 0.020 |" in text


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_terminal_that_closes_ends_a_race_with_its_report(tmp_path: Path):
    out = tmp_path / "r"
    argv = [sys.executable, "-m", "gan", "race", "ring", "grid", "--seconds", "600"]
    race = subprocess.Popen(
        [*argv, "--count", "200", "--out", str(out)],
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # nohup may run the tests
    )
    deadline = time.monotonic() + 180
    while len([*out.glob("*/progress.jsonl")]) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    race.send_signal(signal.SIGHUP)
    assert race.wait(180) == 0
    assert json.loads((out / "race.json").read_text())["state"] == "stopped"
    assert (out / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_race_that_was_killed_is_reported_as_far_as_it_had_come(tmp_path: Path):
    out = tmp_path / "r"
    argv = [sys.executable, "-m", "gan", "race", "ring", "grid", "--seconds", "600"]
    race = subprocess.Popen(
        [*argv, "--seeds", "3", "--count", "200", "--out", str(out)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 180
    while len([*out.glob("*/progress.jsonl")]) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    meanwhile = gan("race", "--report", out, code=1).output.replace("\n", " ")
    assert f"is written by process {race.pid}" in meanwhile
    race.kill()
    race.wait()
    assert not (out / "race.json").exists()
    assert "--report of a race in it" in gan("race", "ring", "grid", "--out", out, code=1).output
    gan("race", "--report", out, "--count", "150")  # else the 200 of before
    found = json.loads((out / "race.json").read_text())
    assert (found["state"], found["seeds"], found["count"]) == ("stopped", [3], 150)
    assert (out / "report.html").is_file()
    again = gan("race", "--report", out, code=1).output.replace("\n", " ")
    assert "holds no race that broke off" in again


def test_a_race_left_before_an_update_is_reported_by_what_its_runs_were_trained_with(
    tmp_path: Path,
):
    keep_plan(tmp_path, plan_race(["ring", "grid"], seconds=1.0), count=200)
    was = ("--set", "batch_size=32", "--kimg", "0.1", "--run-dir", tmp_path / "1-ring")
    gan("train", "--preset", "ring", *was)  # as the preset was then
    plan = left_race(tmp_path)[0].plan
    assert [config.train.batch_size for config in plan.configs] == [32, 256]
    assert plan.differences()["batch_size"] == [32, 256]


@pytest.mark.parametrize(
    "change",
    [{"count": None}, {"count": float("inf")}, {"seconds": "60"}, {"seeds": [None]},
     {"named": 7}, {"named": [["ring"], "grid"]}, {"settings": [3]}, {"data": 4}, {"more": 1}],
)  # fmt: skip
def test_a_damaged_plan_is_told_as_that_and_its_runs_stay(tmp_path: Path, change: dict):
    keep_plan(tmp_path, plan_race(["ring", "grid"], seconds=1.0), count=200)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text("utf-8")) | change), "utf-8")
    told = gan("race", "--report", tmp_path, code=1).output.replace("\n", " ")
    assert "its plan.json is damaged" in told
    assert plan.is_file()


def test_a_race_of_which_nothing_has_trained_has_no_report(tmp_path: Path):
    keep_plan(tmp_path, plan_race(["ring", "grid"], seconds=1.0, seeds=(0, 1)), count=200)
    told = gan("race", "--report", tmp_path, code=1).output.replace("\n", " ")
    assert "ended before any contestant began" in told
    assert {path.name for path in tmp_path.iterdir()} <= {"plan.json", ".lock"}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_plan_that_is_no_json_is_told_as_damaged(tmp_path: Path, data: bytes):
    (tmp_path / "plan.json").write_bytes(data)
    told = gan("race", "--report", tmp_path, code=1).output.replace("\n", " ")
    assert "its plan.json is damaged" in told


def test_ticks_are_round_and_within():
    assert ticks(60, 6) == [0, 10, 20, 30, 40, 50, 60]
    assert ticks(2.0, 4) == [0, 0.5, 1.0, 1.5, 2.0]
    assert log_ticks(0.9, 12) == [1, 2, 5, 10]
