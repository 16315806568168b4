"""The evaluation's routes without a browser."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.ui.evaluate import routes as evaluate
from gan.ui.server.fair_queue import Visitor
from gan.ui.server.profile import Guard, build_profile
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs
from gan.ui.server.streams import Places

FORM = {"ref": "fashion-mlp", "data": "fashion", "count": "200", "seed": "0"}


def client_for(context: Context, host: str = "127.0.0.1") -> TestClient:
    routes = build_routes(context, evaluate.ROUTES)
    app = Starlette(routes=routes, middleware=[Middleware(Guard, profile=context.profile)])
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture
def here(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    context = Context(build_profile("127.0.0.1", env={}), runs=Runs(tiny_run.parent))
    yield client_for(context)
    context.close()


@pytest.fixture
def outside(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    context = Context(build_profile("0.0.0.0", env={}), runs=Runs(tiny_run.parent))
    yield client_for(context, "127.0.0.1")
    context.close()


def lines(reply) -> list[dict]:
    assert reply.status_code == 200, reply.text
    return [json.loads(text) for text in reply.text.splitlines()]


@pytest.mark.slow
def test_an_evaluation_tells_how_far_it_is_and_then_the_answer(here):
    told = lines(here.post("/_gan/evaluate", json=FORM))
    fractions = [n["fraction"] for n in told if "fraction" in n]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.9
    found = told[-1]["evaluation"]
    assert [m["name"] for m in found["metrics"]][:2] == ["fd", "kd"]
    assert all(m["grade"] for m in found["metrics"])
    assert (told[-1]["asked"], found["count"]) == (200, 200)
    pairs = told[-1]["pairs"]
    assert pairs["count"] == len(found["nearest"]) == 8


@pytest.mark.slow
def test_the_same_question_is_answered_at_once_and_is_on_the_leaderboard(here):
    first = lines(here.post("/_gan/evaluate", json=FORM))[-1]
    again = lines(here.post("/_gan/evaluate", json=FORM))
    assert not any("fraction" in news for news in again)
    assert again[-1] == first
    assert lines(here.post("/_gan/evaluate", json=FORM | {"kept": True}))[-1] == first
    rows = {r["ref"]: r for r in here.get("/_gan/leaderboard").json()["rows"]}
    assert rows["fashion-mlp"]["evaluation"] == first["evaluation"]
    # what was not measured here has what the app came with, which is its card's distance too
    shipped = rows["fashion"]["evaluation"]
    assert shipped["count"] == 10_000
    fd = next(m["value"] for m in shipped["metrics"] if m["name"] == "fd")
    assert round(fd, 3) == rows["fashion"]["card"]["fd"]
    assert rows["run:tiny"]["evaluation"] is None
    assert rows["run:tiny"]["seconds"] > 0


@pytest.mark.slow
def test_to_recall_ends_no_measuring_of_the_same_visitor(here, monkeypatch: pytest.MonkeyPatch):
    taken = []
    take = Places.take
    monkeypatch.setattr(Places, "take", lambda self, who: taken.append(who) or take(self, who))
    monkeypatch.setattr(evaluate, "visitor_of", lambda request: Visitor("here", "me"))
    here.post("/_gan/evaluate", json=FORM | {"seed": "4711", "kept": True})
    here.post("/_gan/evaluate", json=FORM)
    assert taken == [Visitor("here"), Visitor("here", "me")]


@pytest.mark.slow
def test_each_judge_has_its_own_answer_and_its_own_row(here):
    form = FORM | {"count": "130"}
    own = lines(here.post("/_gan/evaluate", json=form))[-1]["evaluation"]
    other = lines(here.post("/_gan/evaluate", json=form | {"judge": "imagenet"}))[-1]["evaluation"]
    assert (own["features"], other["features"]) == ("features-fashion", "features-imagenet")
    assert lines(here.post("/_gan/evaluate", json=form | {"kept": True}))[-1]["evaluation"] == own
    rows = here.get("/_gan/leaderboard").json()["rows"]
    mine = [row for row in rows if row["ref"] == "fashion-mlp"]
    assert [row["evaluation"] for row in mine] == [own, other]  # our own features first
    assert mine[1]["card"] is None, "the card's distance is on our own features"


@pytest.mark.slow
def test_groups_of_real_images_that_are_missing_come_as_pictures(here):
    told = lines(here.post("/_gan/evaluate", json=FORM | {"count": "2000"}))[-1]
    missing, shares = told["missing"], told["evaluation"]["missing"]
    assert told["evaluation"]["groups"] == 20
    assert shares, "fashion-mlp has a recall of 20 %"
    assert all(share["samples"] < share["real"] / 2 for share in shares)
    height, width, channels = missing["shape"]
    pixels = len(base64.b64decode(missing["pixels"]))
    assert pixels == len(shares) * missing["each"] * height * width * channels


@pytest.mark.slow
def test_what_was_never_measured_is_not_recalled(here):
    told = lines(here.post("/_gan/evaluate", json=FORM | {"seed": "4711", "kept": True}))
    assert told == [{"waiting": True}]


@pytest.mark.parametrize(
    "change",
    [
        {"ref": "nothing"}, {"ref": "../weights/fashion"}, {"data": "hub:a/b"}, {"data": ""},
        {"count": "10"}, {"count": "1e9"}, {"count": None}, {"count": [200]}, {"seed": "-1"},
        {"seed": "NaN"}, {"data": ["fashion"]}, {"judge": "mine"}, {"judge": ["own"]},
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_a_sentence(here, change):
    reply = here.post("/_gan/evaluate", json=FORM | change)
    answer = reply.json() if reply.status_code != 200 else lines(reply)[-1]
    assert "key" in answer or "error" in answer
    assert "Traceback" not in reply.text


def test_in_public_counts_are_small_and_folders_are_not_read(outside, tmp_path):
    assert outside.post("/_gan/evaluate", json=FORM | {"count": "6000"}).status_code == 400
    reply = outside.post("/_gan/evaluate", json=FORM | {"data": f"folder:{tmp_path}"})
    assert reply.json()["key"] == "gan_error_local_data"


def test_the_leaderboard_tells_no_paths_in_public(outside, tiny_run):
    assert str(tiny_run.parent) not in outside.get("/_gan/leaderboard").text
