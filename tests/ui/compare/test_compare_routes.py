"""Races without a browser: who may start and stop one, what a link becomes, and the reports."""

from __future__ import annotations

import errno
import io
import json
import math
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.files import json_bytes, write_atomic
from gan.races import plan_race, write_report
from gan.races.report import PICTURES, RACE_FILE
from gan.runs import manage
from gan.runs.userpresets import UserPreset, delete_preset, save_preset
from gan.ui.compare.races import Races, UnderWay, races_root
from gan.ui.compare.setup import PRESETS_HERE, options, plan_of
from gan.ui.compare.tab import TAB
from gan.ui.server.profile import Guard, Profile
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.training_queue import Turns
from gan.ui.train.tab import TAB as TRAIN
from tests.races.test_races import ODD, found_of
from tests.ui.server.test_routes import FORM as TRAINING
from tests.ui.server.test_routes import context_for

RING = [{"preset": "ring", "change": ""}, {"preset": "ring", "change": "loss=hinge"}]
FORM = {"ready": "", "sides": RING, "data": "ring", "seconds": "5", "seeds": "0"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "runs"


@pytest.fixture
def home(root: Path):
    context = context_for("127.0.0.1", root)
    yield context
    context.part(Races).close()


@pytest.fixture
def shop(root: Path):
    context = context_for("0.0.0.0", root, SPACE_HOST="me-app.hf.space")
    yield context
    context.part(Races).close()
    context.part(Turns).close()


def visitor(context: Context, host: str = "127.0.0.1") -> TestClient:
    app = Starlette(
        routes=build_routes(context, TAB.routes, TRAIN.routes),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    client = TestClient(app, base_url=f"http://{host}")
    client.get("/_gan/races")  # a first look brings the session
    return client


def start(client: TestClient, **form) -> dict:
    return client.post("/_gan/races/start", json=FORM | form).json()


@pytest.mark.parametrize("full", ["runs", "races"])
def test_a_race_on_a_full_disk_is_refused_before_anything_begins(
    home: Context, root: Path, monkeypatch: pytest.MonkeyPatch, full: str
):
    monkeypatch.setattr("gan.runs.space.can_write", lambda folder: folder.name != full)
    reply = visitor(home).post("/_gan/races/start", json=FORM)
    assert (reply.status_code, f"nothing can be written in {full}/" in reply.text) == (400, True)
    assert home.part(Races).now() is None
    assert not root.exists()
    assert not races_root().exists()
    assert not home.supervisor.running()


def wait_for(true) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---- start and stop -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"seconds": "0"}, "Seconds each must be from 1"),
        ({"seconds": "soon"}, "Seconds each must be from 1"),
        ({"seeds": ""}, "1 to 5 seeds, got 0"),
        ({"seeds": "0,1,2,3,4,5"}, "1 to 5 seeds, got 6"),
        ({"seeds": "x"}, "a whole number"),
        ({"data": "mars"}, "“mars” is no data set"),
        ({"data": "fashion"}, "makes points of the plane"),
        ({"sides": RING[:1]}, "2 to 4 contestants, got 1"),
        ({"sides": [*RING, *RING, *RING]}, "2 to 4 contestants, got 5"),
        ({"sides": [RING[0], {"preset": "own"}]}, "for your own images"),
        ({"sides": [RING[0], {"preset": "rign"}]}, "there is no preset 'rign'"),
        ({"sides": [RING[0], {"preset": "ring", "change": "loss=sad"}]}, "no change 'loss=sad'"),
        ({"sides": "ring"}, "request"),
        ({"ready": "loses"}, "there is no ready-made race 'loses'"),
    ],
)
def test_what_cannot_be_raced_is_told_in_a_sentence(home: Context, form: dict, sentence: str):
    assert sentence in start(visitor(home), **form)["error"]
    assert home.supervisor.live == []


def test_presets_of_ones_own_race_at_home_and_are_unknown_in_public(home: Context, shop: Context):
    save_preset(UserPreset("mine", "ring", "ring", {"g_lr": "0.001"}))
    save_preset(UserPreset("7", "ring", "ring", {"loss": "hinge"}))  # a number is a name, too
    save_preset(UserPreset("broken", "fashion", "fashion", {"family": "mlp", "modulation": "true"}))
    save_preset(UserPreset("long" * 10, "ring", "ring", {}))
    found = visitor(home).get("/_gan/presets").json()["presets"]
    assert found["broken"]["changes"] is None
    assert "loss=hinge" in found["mine"]["changes"]
    assert "loss=hinge" not in found["7"]["changes"]  # it has that already
    assert "loss=relativistic" in found["7"]["changes"]

    sides = [
        {"preset": "mine", "change": ""}, {"preset": "mine", "change": "loss=hinge"},
        {"preset": "7", "change": ""},
        {"preset": "long" * 10, "change": "remedy=second-discriminator"},
    ]  # fmt: skip
    plan = plan_of(home, FORM | {"sides": sides})
    assert [c.name for c in plan.contestants][:3] == ["mine", "mine · hinge", "preset 7"]
    rates_losses = [(c.train.g_lr, c.train.loss) for c in plan.configs]
    assert rates_losses[:3] == [(1e-3, "relativistic"), (1e-3, "hinge"), (4e-3, "hinge")]
    again = plan_race(**plan.typed())  # whatever becomes of the presets by then
    assert {c.preset for c in again.contestants} == {"ring"}
    save_preset(UserPreset("mine", "ring", "ring", {"loss": "hinge"}))  # changed under its name
    assert plan_race(**plan.typed()).configs == again.configs == plan.configs
    assert (
        "loss=hinge" not in visitor(home).get("/_gan/presets").json()["presets"]["mine"]["changes"]
    )
    link = {"sides": "mine:loss:minimax,broken,nobody"}
    reply = visitor(home).post("/_gan/races/setup", json=link).json()
    assert reply["form"]["sides"][0] == {"preset": "mine", "change": "loss=minimax"}
    assert reply["form"]["data"] == "ring"
    assert len(reply["problems"]) == 2
    reply = visitor(home).post("/_gan/races/setup", json={"sides": "broken,fashion"}).json()
    assert "modulation" in reply["problems"][0]["error"]
    assert [side["preset"] for side in reply["form"]["sides"]] == ["fashion", "fashion-mlp"]
    pair = [{"preset": "fashion"}, {"preset": "broken"}]
    assert "modulation" in start(visitor(home), sides=pair, data="fashion")["error"]

    stranger = visitor(shop, "me-app.hf.space")
    assert "there is no preset 'mine'" in start(stranger, sides=sides[:2])["error"]
    reply = stranger.post("/_gan/races/setup", json=link).json()
    assert [side["preset"] for side in reply["form"]["sides"]] == ["fashion", "vae", "rnn", "flow"]
    assert "there is no preset 'mine'" in reply["problems"][0]["error"]


def test_a_race_starts_all_and_names_the_next_anew_and_another_is_refused_meanwhile(home: Context):
    client = visitor(home)
    reply = start(client)
    assert reply == {"id": "race-1"}
    live = home.supervisor.live
    wait_for(lambda: len(live) == 2)
    assert live == ["race-1-1-ring", "race-1-2-ring-hinge"]
    assert "under way" in start(client)["error"]
    seen = client.get("/_gan/race").json()
    assert (seen["id"], seen["stage"], seen["mine"]) == ("race-1", "training", True)
    assert [c["name"] for c in seen["contestants"]] == ["ring", "ring · hinge"]
    assert client.post("/_gan/races/stop", json={"id": "race-1"}).status_code == 200
    wait_for(lambda: ("race-1-2-ring-hinge", {"command": "stop"}) in home.supervisor.sent)
    live.clear()
    now = home.part(Races).now()
    wait_for(lambda: now.stage == "over")
    assert client.get("/_gan/race").json() == {}
    found = client.get("/_gan/race?id=race-1").json()  # nothing was trained, and that is said
    assert (found["state"], found["curves"]) == ("stopped", [])
    assert start(client)["id"] == "race-2"
    wait_for(lambda: len(live) == 2)
    live.clear()


def test_a_race_that_ends_while_it_is_looked_at_is_over_at_the_next_look(
    home: Context, monkeypatch: pytest.MonkeyPatch
):
    client, so_far = visitor(home), UnderWay.so_far
    start(client)
    now = home.part(Races).now()

    def ends_meanwhile(race: UnderWay) -> dict:
        race.stage = "over"
        return so_far(race)

    monkeypatch.setattr(UnderWay, "so_far", ends_meanwhile)
    seen = client.get("/_gan/race?id=race-1").json()
    assert (seen["stage"], seen["state"]) == ("training", "running")
    now.stage = "training"
    home.supervisor.live.clear()
    wait_for(lambda: now.stage == "over")


def test_in_public_a_race_is_as_short_as_a_training_and_trains_one_at_a_time(shop: Context):
    mine, theirs = visitor(shop, "10.0.0.7"), visitor(shop, "10.0.0.7")
    too_long = start(mine, seconds="301")
    assert "600 s in all; with 2 trainings that is 300 s each" in too_long["error"]
    many = start(mine, seeds="0,1,2,3", seconds="100")
    assert "that is 75 s each" in many["error"]
    assert start(mine)["id"] == "race-1"
    live = shop.supervisor.live
    wait_for(lambda: live == ["race-1-1-ring"])
    assert theirs.get("/_gan/race?id=race-1").json()["mine"] is False
    assert theirs.post("/_gan/races/stop", json={"id": "race-1"}).status_code == 404
    # others wait, between the race's trainings too
    queued = theirs.post("/_gan/train/start", json=TRAINING).json()
    assert queued["position"] == 1
    live.clear()
    turns = shop.part(Turns)
    turns.tick(shop.supervisor)
    assert "position" in turns.look(queued["ticket"], next(iter(turns._waiting)).session)
    wait_for(lambda: live == ["race-1-2-ring-hinge"])
    assert mine.post("/_gan/races/stop", json={"id": "race-1"}).status_code == 200
    live.clear()
    now = shop.part(Races).now()
    wait_for(lambda: now.stage == "over")
    turns.tick(shop.supervisor)
    wait_for(lambda: live == ["digits-1"])


@pytest.mark.slow
def test_a_race_of_a_server_that_was_killed_is_reported_by_the_next(root: Path, tiny_run: Path):
    before = context_for("127.0.0.1", root)
    save_preset(UserPreset("mine", "digits", "digits", {"g_lr": "0.001"}))
    sides = [{"preset": "mine", "change": ""}, {"preset": "digits", "change": "loss=hinge"}]
    start(visitor(before), sides=sides, data="digits")
    wait_for(lambda: len(before.supervisor.live) == 2)
    folder = races_root() / "race-1"
    assert not (folder / "race.json").exists()
    shutil.copytree(tiny_run, root / "race-1-1-mine")  # what one of the two had come to
    delete_preset("mine")

    after = context_for("127.0.0.1", root)  # the first one never ends: it is gone
    client = visitor(after)
    wait_for(lambda: client.get("/_gan/races").json()["races"])

    def look() -> dict:
        return client.get("/_gan/race?id=race-1").json()

    wait_for(lambda: look()["stage"] == "over")
    seen = look()
    assert seen["state"] == "stopped"
    assert seen["setup"] == FORM | {"sides": sides, "data": "digits"}
    first, second = seen["contestants"]
    assert first["numbers"]["fd"]["mean"] > 0
    assert (second["state"], second["numbers"]) == ("waiting", {})
    assert "before its time" in client.get("/_gan/race/report?id=race-1").text
    assert [path.name for path in folder.glob("*.json")] == ["race.json"]
    assert start(client)["id"] == "race-2"
    after.supervisor.live.clear()
    before.supervisor.live.clear()
    for context in (before, after):
        context.part(Races).close()


@pytest.mark.parametrize("text", ["{", "[]", '{"ready": "loses"}'])
def test_a_race_that_cannot_be_made_out_any_more_stops_no_other(
    home: Context, written: Path, text: str
):
    (races_root() / "race-3").mkdir()
    (races_root() / "race-3" / "begun.json").write_text(text)
    client = visitor(home)
    wait_for(lambda: not (races_root() / "race-3" / "begun.json").exists())
    assert [row["id"] for row in client.get("/_gan/races").json()["races"]] == ["race-7"]
    assert client.get("/_gan/race").json() == {}


# ---- a link -------------------------------------------------------------------------------------


def test_of_a_spoilt_link_each_wrong_part_is_named_and_the_rest_taken(home: Context):
    link = {
        "sides": "ring-article:loss:hinge,rign,fashion,ring:loss:sad,,ring-article", "on": "mars",
        "for": "-3", "seeds": "1,2",
    }  # fmt: skip
    found = visitor(home).post("/_gan/races/setup", json=link).json()
    assert found["form"] == {
        "ready": "", "data": "ring", "seconds": "30", "seeds": "1,2",
        "sides": [
            {"preset": "ring-article", "change": "loss=hinge"}, {"preset": "ring", "change": ""},
            {"preset": "ring-article", "change": ""},
        ],
    }  # fmt: skip
    said = " ".join(problem["error"] for problem in found["problems"])
    for wrong in ("'rign'", "fashion and ring-article cannot race", "'loss=sad'", "“mars”", "“-3”"):
        assert wrong in said
    assert len(found["problems"]) == 5


@pytest.mark.parametrize(
    ("link", "ready", "presets"),
    [
        ({"race": "losses", "for": "9"}, "losses", ["ring-article"] * 5),
        ({"race": "loses"}, "families", ["fashion", "vae", "rnn", "flow"]),
        ({"sides": "grid"}, "", ["grid", "ring"]),
        ({}, "families", ["fashion", "vae", "rnn", "flow"]),
    ],
)
def test_a_link_that_says_little_is_filled_up(home: Context, link, ready: str, presets: list[str]):
    form = visitor(home).post("/_gan/races/setup", json=link).json()["form"]
    assert form["ready"] == ready
    assert [side["preset"] for side in form["sides"]] == presets
    assert "error" not in form


def test_the_form_offers_what_can_be_raced():
    found = options(Profile(local=True))
    assert found["changes"].keys() == set(PRESETS_HERE)
    assert found["data"]["ring"]["plane"] is True
    assert found["data"]["fashion"]["plane"] is False
    assert [side["change"] for side in found["ready"]["remedies"]["sides"]] == [
        "", "remedy=add-r1", "optimizer=sgd", "remedy=packing"
    ]  # fmt: skip


# ---- what is over -------------------------------------------------------------------------------


@pytest.fixture
def written(root: Path) -> Path:
    """A finished race, with a name that would be markup, and a side that went out."""
    found = found_of(**{ODD: (1.0,), "b": (2.0,)})
    out = found["contestants"][1]["runs"][0]
    out |= {"state": "failed", "reason_data": {"key": "no number", "values": {}}}
    found["contestants"][0]["runs"][0]["reason_data"] = {"key": "", "values": {}}
    folder = races_root() / "race-7"
    write_report(folder, found)
    write_atomic(folder / PICTURES / "a-1s.webp", b"RIFF")
    return folder


def test_a_finished_race_is_listed_opens_and_downloads(home: Context, written: Path):
    client = visitor(home)
    (listed,) = client.get("/_gan/races").json()["races"]
    assert (listed["id"], listed["names"], listed["best"]) == (
        "race-7", [ODD, "b"], {"name": ODD, "fd": 1.0}
    )  # fmt: skip
    seen = client.get("/_gan/race?id=race-7").json()
    assert seen["stage"] == "over"
    assert [trouble["seed"] for trouble in seen["contestants"][1]["troubles"]] == [0]
    assert seen["contestants"][0]["numbers"]["fd"]["mean"] == 1.0
    page = client.get("/_gan/race/report?id=race-7")
    assert "<b>x" not in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]  # as default-src: none
    saved = client.get("/_gan/race/report?id=race-7&as=save")
    assert saved.text == page.text
    assert 'filename="race-7.html"' in saved.headers["content-disposition"]
    packed = client.get("/_gan/race/report?id=race-7&as=md").content
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert {"race-7/report.md", "race-7/pictures/a-1s.webp"} <= set(names)
    assert client.get("/_gan/race/picture?id=race-7&name=a-1s.webp").content == b"RIFF"
    assert client.post("/_gan/races/delete", json={"id": "race-7"}).status_code == 200
    assert client.get("/_gan/races").json()["races"] == []


def test_a_deleted_report_can_be_taken_back_for_a_day_and_no_race_takes_its_name(
    home: Context, written: Path, monkeypatch: pytest.MonkeyPatch
):
    client = visitor(home)

    def asked(act: str, race_id: str) -> int:
        return client.post(f"/_gan/races/{act}", json={"id": race_id}).status_code

    before = {path.name: path.read_bytes() for path in written.iterdir() if path.is_file()}
    for number in range(1, 7):
        (races_root() / f"race-{number}").mkdir()

    def deleted() -> list[str]:
        return [race["id"] for race in client.get("/_gan/races").json()["deleted"]]

    assert asked("delete", "race-7") == 200
    assert deleted() == ["race-7"]
    assert home.part(Races)._new_id("race", home.runs.root) == "race-8"
    assert [asked("restore", wrong) for wrong in ("race-1", "..", ".deleted", "")] == [404] * 4
    assert [asked("restore", "race-7") for _ in "ab"] == [200, 200]  # two pages may ask
    assert {path.name: path.read_bytes() for path in written.iterdir() if path.is_file()} == before
    assert [race["id"] for race in client.get("/_gan/races").json()["races"]] == ["race-7"]

    shutil.copytree(written, races_root() / "race-9")
    assert deleted() == []
    assert asked("delete", "race-7") == 200
    assert asked("delete", "race-9") == 200
    assert sorted(deleted()) == ["race-7", "race-9"]
    assert asked("restore", "race-9") == 200
    tomorrow = time.time() + manage.KEEP_TRASH_S + 1
    monkeypatch.setattr("gan.ui.compare.races.time.time", lambda: tomorrow)
    assert deleted() == []
    assert asked("delete", "race-9") == 200
    assert (asked("restore", "race-7"), asked("restore", "race-9")) == (404, 200)


def test_a_contestant_whose_trainings_were_deleted_says_so_and_offers_none(
    home: Context, root: Path, written: Path, tiny_run: Path
):
    found = json.loads((written / RACE_FILE).read_text())
    found["contestants"][0]["runs"][0]["folder"] = tiny_run.name
    found["contestants"][1]["runs"][0]["folder"] = "gone"
    write_atomic(written / RACE_FILE, json_bytes(found))
    shutil.copytree(tiny_run, root / tiny_run.name)
    seen = visitor(home).get("/_gan/race?id=race-7").json()["contestants"]
    assert [(c["runs"], c["deleted"]) for c in seen] == [([tiny_run.name], False), ([], True)]


def test_a_contestant_that_never_wrote_a_run_is_not_said_to_be_deleted(
    home: Context, written: Path
):
    found = json.loads((written / RACE_FILE).read_text())
    found["contestants"][0]["runs"][0] |= {"kept": False, "state": "stopped"}
    write_atomic(written / RACE_FILE, json_bytes(found))
    seen = visitor(home).get("/_gan/race?id=race-7").json()["contestants"]
    assert [(c["runs"], c["deleted"]) for c in seen] == [([], False), ([], True)]


@pytest.mark.parametrize(
    "path",
    ["race?id=../runs", "race?id=race-8", "race/report?id=..", "race/report?id=race-7&as=exe",
     "race/picture?id=race-7&name=../report.html"],
)  # fmt: skip
def test_what_is_not_there_is_refused(home: Context, written: Path, path: str):
    assert visitor(home).get(f"/_gan/{path}").status_code in (400, 404)


@pytest.mark.parametrize("text", ["{", "[]", '{"made": "today"}', '{"contestants": [1]}', "\xff"])
def test_a_damaged_race_is_told_in_a_sentence_and_hides_no_other(
    home: Context, written: Path, text: str
):
    damaged = races_root() / "race-9"
    damaged.mkdir()
    (damaged / "race.json").write_bytes(text.encode("latin-1"))
    client = visitor(home)
    assert [row["id"] for row in client.get("/_gan/races").json()["races"]] == ["race-7"]
    for path in ("race", "race/report"):
        reply = client.get(f"/_gan/{path}?id=race-9")
        assert (reply.status_code, reply.json()["key"]) == (400, "gan_race_error_damaged")


@pytest.mark.parametrize(
    ("told", "steps"),
    [
        ({"steps": 12.5}, 12.5),
        ({"batch_size": 64}, 10.0),  # a report of 0.4, of 640 images
        ({"steps": None, "batch_size": 64}, None),
        ({"steps": math.nan}, None),
        ({}, None),
    ],
)
def test_steps_are_the_reports_or_follow_from_an_older_ones_batch(
    home: Context, written: Path, told: dict[str, Any], steps: float | None
):
    found = json.loads((written / "race.json").read_text())
    of_first = found["contestants"][0]
    of_first.pop("steps", None)
    of_first |= told
    of_first["summary"]["nimg"] = {"mean": 640.0, "low": 640, "high": 640, "of": 1}
    (written / "race.json").write_text(json.dumps(found))
    seen = visitor(home).get("/_gan/race?id=race-7").json()
    assert seen["contestants"][0]["steps"] == steps


def test_a_race_that_cannot_be_kept_says_so(home: Context, monkeypatch: pytest.MonkeyPatch):
    def denied(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "races")

    monkeypatch.setattr("gan.ui.compare.races.write_report", denied)
    client = visitor(home)
    start(client)
    wait_for(lambda: len(home.supervisor.live) == 2)
    home.supervisor.live.clear()
    now = home.part(Races).now()
    wait_for(lambda: now.stage == "over")
    assert client.get("/_gan/race?id=race-1").json()["problem"]["key"] == "gan_error_disk"


def test_all_who_look_at_a_race_are_shown_what_was_chosen_and_nothing_else_that_was_sent(
    home: Context,
):
    client = visitor(home)
    sides = [side | {"name": "<b>", "more": [1]} for side in RING]
    start(client, sides=sides, seeds=f"{99 * ','}0 ", seconds=f"5{99 * ' '}", more="x")
    assert client.get("/_gan/race").json()["setup"] == FORM
    home.supervisor.live.clear()
    now = home.part(Races).now()
    wait_for(lambda: now.stage == "over")
    start(client, ready="losses", sides=[{"name": "<b>"}])
    assert client.get("/_gan/race").json()["setup"]["sides"] == []
    home.supervisor.live.clear()


def test_visitors_of_a_public_server_delete_nothing(shop: Context, written: Path):
    client = visitor(shop, "10.0.0.7")
    for act in ("delete", "restore"):
        assert client.post(f"/_gan/races/{act}", json={"id": "race-7"}).status_code == 404
    assert client.get("/_gan/races").json()["may_delete"] is False
    assert written.is_dir()
