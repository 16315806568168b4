"""The list of runs, films and own images without a browser: who may do what, what comes back."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan import models
from gan.checkpoint import load_at
from gan.data import ImageSet
from gan.errors import DataError
from gan.runs import RunReader, find_origin, lock, prefork, start
from gan.runs.decoding import Decoder
from gan.ui.explore import inversion
from gan.ui.server import state as header
from gan.ui.server.i18n import words
from gan.ui.server.limits import RATES
from gan.ui.server.profile import Guard
from gan.ui.server.routes import Context, build_routes
from gan.ui.train import own_images, routes, run_list
from gan.ui.train.forks import read_fork
from gan.ui.train.runs_compared import points_of, thin_curve
from gan.ui.train.tab import TAB
from gan.ui.train.timelapses import Films, file_name
from tests.data.test_own_images import frames, png
from tests.runs.test_decoding import large
from tests.ui.server.test_routes import context_for

SHOP = {"SPACE_HOST": "me-app.hf.space"}


def client_for(context: Context, host: str = "127.0.0.1") -> TestClient:
    app = Starlette(
        routes=build_routes(context, TAB.routes),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    client = TestClient(app, base_url=f"http://{host}")
    client.get("/_gan/runs")  # a first look brings the session
    return client


@pytest.fixture
def root(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "runs"
    for name in ("digits-1", "digits-2"):
        shutil.copytree(tiny_run, root / name)
    monkeypatch.setenv("GAN_RUNS_DIR", str(root))
    monkeypatch.delenv("GAN_HOME", raising=False)
    return root


@pytest.fixture
def home(root: Path) -> Context:
    return context_for("127.0.0.1", root)


@pytest.fixture
def shop(root: Path) -> Context:
    return context_for("0.0.0.0", root, **SHOP)


def session(client: TestClient) -> str:
    return client.cookies["gan_session"]


# ---- the list -----------------------------------------------------------------------------------


def test_the_list_tells_all_that_its_columns_show(home: Context, root: Path):
    (root / "digits-1" / "measures.jsonl").write_text(
        json.dumps({"nimg": 500, "seconds": 1.0, "fd": 7.5}) + "\n"
    )
    body = client_for(home).get("/_gan/runs").json()
    row = next(r for r in body["runs"] if r["id"] == "digits-1")
    assert (row["state"], row["nimg"], row["snapshot"], row["fd"]) == ("finished", 1008, 1008, 7.5)
    on_disk = sum(p.stat().st_size for p in (root / "digits-1").rglob("*") if p.is_file())
    assert row["bytes"] == on_disk
    assert body["bytes"] == sum(r["bytes"] for r in body["runs"])
    assert body["free"] > 0


def test_a_run_that_reached_nan_hides_nothing(home: Context, root: Path):
    file = root / "digits-1" / "status.json"
    status = json.loads(file.read_text()) | {"state": "failed"}
    status["message"] = "the training reached nan"
    status["message_data"] = {"key": "the training reached {item}", "values": {"item": math.nan}}
    file.write_text(json.dumps(status))
    home.runs.forget()
    client = client_for(home)
    for path in ("runs", "run?id=digits-1"):
        assert client.get(f"/_gan/{path}").status_code == 200
    rows = {row["id"]: row for row in client.get("/_gan/runs").json()["runs"]}
    assert rows["digits-1"]["message"]["values"] == {"item": "nan"}


@pytest.fixture
def crowd(root: Path) -> Context:
    """More runs than a poll tells of: old-1 is the oldest."""
    for i in range(1, 71):
        shutil.copytree(root / "digits-1", root / f"old-{i}")
        file = root / f"old-{i}" / "status.json"
        status = json.loads(file.read_text()) | {"started_at": 1000.0 + i}
        file.write_text(json.dumps(status))
    return context_for("127.0.0.1", root)


def ids(rows: list[dict]) -> list[str]:
    return [row["id"] for row in rows]


def test_every_run_is_found_by_search_and_page_opened_and_compared(crowd: Context):
    client = client_for(crowd)
    first = client.get("/_gan/runs").json()
    assert (first["all"], first["found"], len(first["runs"])) == (72, 72, 50)
    rest = client.get("/_gan/runs", params={"offset": 50, "limit": 50}).json()
    assert not {*ids(first["runs"])} & {*ids(rest["runs"])}
    assert ids(rest["runs"])[-1] == "old-1"
    client.post("/_gan/runs/meta", json={"id": "old-2", "name": "Öl auf Leinwand"})
    for text, names in (("OLD-1", 11), ("öl auf", 1), ("nothing", 0)):
        found = client.get("/_gan/runs", params={"query": text}).json()
        assert (found["found"], len(found["runs"])) == (names, names)
    chosen = client.get("/_gan/runs", params={"query": "digits-1", "also": "old-1,digits-1"}).json()
    assert (ids(chosen["runs"]), ids(chosen["also"])) == (["digits-1"], ["old-1"])
    assert client.get("/_gan/runs", params={"state": "active"}).json()["found"] == 0

    assert client.get("/_gan/run", params={"id": "old-1"}).json()["rows"]
    query = {"ids": "old-1,digits-2", "series": "loss_g"}
    assert client.get("/_gan/runs/curves", params=query).json()["curves"]["old-1"]
    assert crowd.models.get("run:old-1").config.nimg == 1008
    assert client.post("/_gan/runs/delete", json={"id": "old-1"}).json()["token"]


def test_a_poll_tells_of_the_newest_and_of_what_a_page_looks_at(crowd: Context):
    app = Starlette(routes=build_routes(crowd, header.ROUTES))
    client = TestClient(app, base_url="http://127.0.0.1")
    plain = client.get("/_gan/state").json()
    assert len(plain["runs"]) == 60
    assert "run:old-1" not in {m["ref"] for m in plain["models"]}
    for query in ({"run": "old-1"}, {"model": "run:old-1@1008"}):
        told = client.get("/_gan/state", params=query).json()
        assert len(told["runs"]) == 61
        assert {"old-1"} <= {*ids(told["runs"])}
        assert "run:old-1" in {m["ref"] for m in told["models"]}


def test_viewers_of_one_run_build_its_networks_once(home: Context, monkeypatch: pytest.MonkeyPatch):
    """A poll that has nothing yet is told all settings: 50 of them took the training's core."""
    client, built = client_for(home), []
    routes._counts.cache_clear()
    shapes_only = models.shapes_only
    monkeypatch.setattr(models, "shapes_only", lambda: built.append(1) or shapes_only())
    had = dict.fromkeys(("after", "seen", "measured", "events", "step", "mark"), -1)
    told = [client.get("/_gan/run", params={"id": "digits-1", **had}).json() for _ in range(3)]
    assert told[0]["parameters"]["g"] > 0
    assert told[0]["settings"] == told[2]["settings"]
    assert len(built) == 1


def test_a_page_whose_run_was_deleted_elsewhere_is_told_so(home: Context, root: Path):
    client = client_for(home)
    mark = client.get("/_gan/run", params={"id": "digits-1"}).json()["mark"]
    shutil.rmtree(root / "digits-1")
    home.runs.forget()
    told = client.get("/_gan/run", params={"id": "digits-1", "mark": mark}).json()
    assert told["gone"]["key"] == "gan_run_deleted"
    assert told["gone"]["values"] == {"name": "digits-1"}
    assert client.get("/_gan/run", params={"id": "digits-1"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"offset": -1}, {"limit": 0}, {"limit": 10**6}, {"offset": "x"}, {"state": "odd"},
        {"query": "x" * 201}, {"also": ",".join("abcdefghijk")},
    ],
)  # fmt: skip
def test_a_list_that_makes_no_sense_is_refused(home: Context, query: dict):
    reply = client_for(home).get("/_gan/runs", params=query)
    assert (reply.status_code, reply.json()["key"]) == (400, "gan_error_request")


def test_the_file_of_a_run_that_is_over_is_read_once(crowd: Context, monkeypatch):
    client, read = client_for(crowd), []
    status = RunReader.status
    monkeypatch.setattr(RunReader, "status", lambda self: read.append(self.path) or status(self))
    crowd.runs.forget()
    assert client.get("/_gan/runs", params={"limit": 1000}).json()["all"] == 72
    assert read == []
    crowd.runs.forget()
    file = crowd.runs.root / "old-3" / "status.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"nimg": 1009}))
    assert client.get("/_gan/run", params={"id": "old-3"}).json()["status"]["nimg"] == 1009
    assert [path.name for path in read] == ["old-3"]


def test_a_search_of_a_stranger_finds_no_names_or_notes(shop: Context):
    mine, theirs = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    shop.owners.claim(session(mine), "digits-1")
    mine.post("/_gan/runs/meta", json={"id": "digits-1", "note": "private thought"})
    for client, found in ((mine, 1), (theirs, 0)):
        assert client.get("/_gan/runs", params={"query": "thought"}).json()["found"] == found


def test_nothing_is_kept_of_runs_that_are_gone(crowd: Context):
    client = client_for(crowd)
    client.get("/_gan/runs", params={"limit": 100})
    shelf = crowd.part(run_list.RunListCache)
    assert len(shelf._sizes) == 72
    for path in crowd.runs.root.glob("old-*"):
        shutil.rmtree(path)
    crowd.runs.forget()
    client.get("/_gan/runs")
    assert len(shelf._sizes) == 2
    assert len(shelf._measured) <= 2


def test_nothing_of_a_deleted_run_shows_in_another_one_of_its_name(
    home: Context, root: Path, digits: ImageSet
):
    client, path = client_for(home), root / "digits-1"
    query = {"ids": "digits-1", "series": "loss_g"}
    form = {"preset": "digits", "data": "", "seed": "0", "seconds": "30", "settings": {}}
    fork = form | {"fork": {"id": "digits-1", "nimg": 1008}}

    def told() -> list[object]:
        home.runs.forget()
        read_fork(home, fork["fork"])
        tree = client.get("/_gan/runs/compared", params={"ids": "digits-1"}).json()["tree"]
        return [
            client.get("/_gan/run", params={"id": "digits-1"}).json()["rows"],
            client.get("/_gan/runs/curves", params=query).json()["curves"]["digits-1"],
            next(node["at"] for node in tree if node["id"] == "digits-1"),
            home.models.get("run:digits-1").revision,
            read_fork(home, fork["fork"]).origin.config.seed,
            film_of(client)["job"],
        ]

    before = told()
    config = RunReader(path).config()
    shutil.rmtree(path)
    start(replace(config, seed=7, parent="digits-2@1008"), digits, path)
    after = told()
    assert all(a != b for a, b in zip(before, after, strict=True))
    rows, _, at, revision, seed, _ = after
    assert [r["loss_g"] for r in rows] == pytest.approx(
        [r["loss_g"] for r in RunReader(path).rows()], rel=1e-3
    )
    assert (at, seed) == (1008, 7)
    assert revision == load_at(path, 1008).revision


def test_a_run_is_named_deleted_and_taken_back(home: Context, root: Path):
    client = client_for(home)
    client.post("/_gan/runs/meta", json={"id": "digits-1", "name": "the first", "note": "a\nb"})
    token = client.post("/_gan/runs/delete", json={"id": "digits-1"}).json()["token"]
    body = client.get("/_gan/runs").json()
    assert [r["id"] for r in body["runs"]] == ["digits-2"]
    assert [d["token"] for d in body["trash"]] == [token]
    assert client.post("/_gan/runs/restore", json={"token": token}).json() == {"id": "digits-1"}
    row = next(r for r in client.get("/_gan/runs").json()["runs"] if r["id"] == "digits-1")
    assert (row["name"], row["note"]) == ("the first", "a\nb")
    token = client.post("/_gan/runs/delete", json={"id": "digits-2"}).json()["token"]
    assert client.post("/_gan/runs/purge", json={"token": token}).status_code == 200
    assert {p.name for p in (root / ".trash").iterdir()} == set()


def test_in_public_only_the_owner_manages_and_foreign_looks_like_unknown(shop: Context):
    mine, theirs = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    shop.owners.claim(session(mine), "digits-1")
    for path in ("/_gan/runs/meta", "/_gan/runs/delete"):
        foreign = theirs.post(path, json={"id": "digits-1", "name": "x"})
        unknown = theirs.post(path, json={"id": "nobody", "name": "x"})
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()
    secret = {"id": "digits-1", "name": "mine", "note": "private"}
    assert mine.post("/_gan/runs/meta", json=secret).status_code == 200
    assert "private" in mine.get("/_gan/runs").text
    assert "private" not in theirs.get("/_gan/runs").text
    token = mine.post("/_gan/runs/delete", json={"id": "digits-1"}).json()["token"]
    assert theirs.get("/_gan/runs").json()["trash"] == []
    for path in ("/_gan/runs/restore", "/_gan/runs/purge"):
        assert theirs.post(path, json={"token": token}).status_code == 404
    assert mine.post("/_gan/runs/restore", json={"token": token}).status_code == 200


def test_in_public_nothing_tells_of_the_disk(shop: Context):
    assert client_for(shop, "me-app.hf.space").get("/_gan/runs").json()["free"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_gan/runs/meta", {"id": "digits-1"}),
        ("/_gan/runs/meta", {"id": "digits-1", "name": 5}),
        ("/_gan/runs/meta", {"id": "digits-1", "name": "x" * 61}),
        ("/_gan/runs/meta", {"id": "../digits-1", "name": "x"}),
        ("/_gan/runs/delete", {"id": ".."}),
        ("/_gan/runs/delete", {"id": ["digits-1"]}),
        ("/_gan/runs/restore", {"token": "../digits-1"}),
        ("/_gan/runs/purge", {"token": ""}),
        ("/_gan/timelapse/begin", {"id": "nobody", "format": "mp4", "seconds": 5, "scale": 1}),
        ("/_gan/timelapse/begin", {"id": "digits-1", "format": "exe", "seconds": 5, "scale": 1}),
        ("/_gan/timelapse/begin", {"id": "digits-1", "format": ["mp4"], "seconds": 5, "scale": 1}),
        (
            "/_gan/timelapse/begin",
            {"id": "digits-1", "format": "mp4", "seconds": "nan", "scale": 1},
        ),
        ("/_gan/timelapse/begin", {"id": "digits-1", "format": "mp4", "seconds": 5, "scale": 99}),
        ("/_gan/timelapse/cancel", {"job": "nothing"}),
        ("/_gan/own/change", {"id": "x", "resolution": True, "channels": 3, "flip": True}),
        ("/_gan/own/change", {"id": "..", "resolution": 28, "channels": 3, "flip": True}),
        ("/_gan/own/delete", {"id": "../images"}),
        ("/_gan/train/queue/leave", {"ticket": "nothing"}),
    ],
)
def test_nonsense_is_refused_without_a_traceback(home: Context, root: Path, path: str, body: dict):
    reply = client_for(home).post(path, json=body)
    assert reply.status_code in (400, 404)
    assert reply.json().get("key", "") != "gan_error_server"
    assert len(list(root.glob("digits-*"))) == 2


# ---- comparing ----------------------------------------------------------------------------------


def test_curves_of_several_runs_come_together(home: Context):
    query = {"ids": "digits-1,digits-2", "series": "loss_g"}
    body = client_for(home).get("/_gan/runs/curves", params=query).json()
    assert body["curves"].keys() == {"digits-1", "digits-2"}
    assert body["curves"]["digits-1"][-1][0] == 1008
    many = ",".join(["digits-1"] * 9)
    for ids, series in (("", "fd"), ("digits-1", "pid"), (many, "fd"), ("..", "fd")):
        bad = {"ids": ids, "series": series}
        assert client_for(home).get("/_gan/runs/curves", params=bad).status_code in (400, 404)


def test_a_curve_is_thinned_and_keeps_its_spikes_and_ends():
    points = [(i, i / 10, 0.0) for i in range(10_000)]
    points[4321] = (4321, 432.1, 99.0)
    points[7000] = (7000, 700.0, -5.0)
    thin = thin_curve(points, 400)
    assert len(thin) <= 400
    assert {points[0], points[4321], points[7000], points[-1]} <= set(thin)
    assert thin == sorted(thin)


def test_values_that_are_none_are_left_out_of_a_curve():
    values = [(1, 1.0, None), (2, 2.0, float("nan")), (3, None, 1.0), (4, 4.0, 2.0)]
    rows = [{"nimg": n, "seconds": s, "fd": fd} for n, s, fd in values]
    assert points_of(rows, "fd") == [(4, 4.0, 2.0)]


# ---- films --------------------------------------------------------------------------------------


def film_of(client: TestClient, **change: object) -> dict:
    wish = {"id": "digits-1", "format": "gif", "seconds": "5", "scale": "2", "caption": True}
    state = client.post("/_gan/timelapse/begin", json=wish | change).json()
    for _ in range(1200):
        if state.get("bytes") or state.get("problem"):
            break
        time.sleep(0.05)
        state = client.get("/_gan/timelapse/progress", params={"job": state["job"]}).json()
    return state


def test_a_film_is_made_kept_and_made_once(home: Context):
    client = client_for(home)
    client.post("/_gan/runs/meta", json={"id": "digits-1", "name": "my first / 第一次"})
    state = film_of(client)
    reply = client.get("/_gan/timelapse", params={"job": state["job"]})
    assert reply.content[:6] == b"GIF89a"
    assert len(reply.content) == state["bytes"]
    assert "my-first-" in reply.headers["content-disposition"]
    assert film_of(client)["job"] == state["job"]
    assert film_of(client, scale="1")["job"] != state["job"]


def test_a_film_is_called_by_its_run_s_name_for_its_owner_only(shop: Context):
    mine, theirs = (client_for(shop, "me-app.hf.space") for _ in range(2))
    shop.owners.claim(session(mine), "digits-1")
    mine.post("/_gan/runs/meta", json={"id": "digits-1", "name": "my secret"})
    job = film_of(mine)["job"]
    assert film_of(theirs)["job"] == job  # made once for both
    names = [
        client.get("/_gan/timelapse", params={"job": job}).headers["content-disposition"]
        for client in (mine, theirs)
    ]
    assert ["secret" in name for name in names] == [True, False]
    assert "digits-1.gif" in names[1]


def test_a_film_nobody_wants_breaks_off():
    films, told, known = Films(), [], threading.Event()

    def make(tell):
        known.wait(60)
        for i in range(100):
            told.append(i)
            tell(i / 100)
            if i == 3:
                films.leave(films.find(film.job).job, "me")
        return b"never"

    film = films.ask(("r", "gif"), "me", make)
    known.set()
    for _ in range(3000):
        if film.over:
            break
        time.sleep(0.02)
    assert film.problem["key"] == "gan_lapse_cancelled"
    assert told == [0, 1, 2, 3, 4]
    films.close()


@pytest.mark.parametrize(
    ("name", "file"),
    [("a b", "a-b.mp4"), ("../../etc", "etc.mp4"), ("", "run.mp4"), ('x"\r\ny', "x-y.mp4")],
)
def test_the_name_of_a_film_is_fine_everywhere(name: str, file: str):
    assert file_name(name, "mp4") == file


def test_in_public_films_are_rationed(shop: Context):
    client = client_for(shop, "me-app.hf.space")
    codes = []
    for i in range(RATES["film"].mine + 1):
        state = {"id": "digits-1", "format": "gif", "seconds": 5 + i, "scale": "1"}
        codes.append(client.post("/_gan/timelapse/begin", json=state).status_code)
    assert codes[-1] == 429
    shop.close()


# ---- own images ---------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public server whose owner has switched visitors' images on."""
    monkeypatch.setenv("GAN_UPLOADS", "1")


@pytest.mark.parametrize("switch", ["", "0", "off", "perhaps"])
def test_in_public_images_are_taken_only_where_the_owner_says_so(
    shop: Context, home: Context, monkeypatch, switch: str
):
    monkeypatch.setenv("GAN_UPLOADS", switch)
    client = client_for(shop, "me-app.hf.space")
    reply = send(client, *TWO)
    assert (reply.status_code, reply.json()["key"]) == (403, "gan_error_no_uploads")
    told = client.get("/_gan/own").json()
    assert (told["sets"], told["limits"]["off"]) == ([], True)
    at_home = client_for(home)
    assert send(at_home, *TWO).status_code == 200
    assert not at_home.get("/_gan/own").json()["limits"]["off"]


TWO = (("a.png", png()), ("b.png", png(60, 30)))


def send(client: TestClient, *files: tuple[str, bytes]):
    return client.post("/_gan/own/upload?name=mine", content=frames(*files).getvalue())


def test_images_are_sent_previewed_and_become_data(home: Context, root: Path):
    client = client_for(home)
    found = send(client, *TWO, ("no.txt", b"x")).json()
    assert (found["count"], found["skipped"]) == (2, {"not an image": 1})
    picture = client.get(
        "/_gan/own/preview", params={"id": found["id"], "resolution": 28, "channels": 1}
    )
    assert picture.content[8:12] == b"WEBP"
    change = {"id": found["id"], "resolution": 28, "channels": 1, "flip": False}
    assert client.post("/_gan/own/change", json=change).json()["resolution"] == 28
    assert [s["spec"] for s in client.get("/_gan/own").json()["sets"]] == [f"own:{found['id']}"]
    assert (root.parent / "own" / "images" / found["id"]).is_dir()
    client.post("/_gan/own/delete", json={"id": found["id"]})
    assert client.get("/_gan/own").json()["sets"] == []


def test_a_set_says_what_became_a_class_and_the_page_what_may_be_sent(home: Context, shop: Context):
    files = [(f"set/{c}/{i}.png", png()) for c in ("猫", "狗") for i in range(2)]
    client = client_for(home)
    found = send(client, *files, ("set/@eaDir/0.png", png())).json()
    assert found["class_list"] == [["狗", 2], ["猫", 2]]
    listed = client.get("/_gan/own").json()
    assert listed["sets"][0]["class_list"] == found["class_list"]
    assert (listed["limits"]["images"], listed["limits"]["jpeg_megapixels"]) == (100_000, 256)
    limits = client_for(shop, "me-app.hf.space").get("/_gan/own").json()["limits"]
    assert (limits["images"], limits["file_bytes"]) == (2000, 10 * 2**20)


def test_a_folder_is_surveyed_before_a_start_at_home_only(
    home: Context, shop: Context, tmp_path: Path
):
    for name in ("a", "b"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "1.png").write_bytes(png())
    query = {"data": f"folder:{tmp_path / 'tree'}"}
    found = client_for(home).get("/_gan/own/survey", params=query).json()
    assert (found["count"], found["class_list"]) == (2, [["a", 1], ["b", 1]])
    refused = client_for(shop, "me-app.hf.space").get("/_gan/own/survey", params=query)
    assert refused.status_code == 403
    assert "class_list" not in refused.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"preset": "fashion", "data": "fashion", "settings": {"resolution": "24"}}, ["24"]),
        ({"preset": "fashion", "data": "emoji", "settings": {"resolution": "32"}}, []),
        ({"preset": "dcgan", "data": "fashion", "settings": {"resolution": "64"}}, []),
        ({"preset": "fashion", "data": "fashion", "settings": {"resolution": "128"}}, ["128"]),
    ],
)
def test_a_size_is_a_setting_where_it_is_not_the_datas_own(home: Context, form, words):
    reply = client_for(home).post("/_gan/train/command", json=form | {"seconds": "9"}).json()
    assert re.findall(r"--set resolution=(\d+)", reply["command"]) == words


def test_in_public_nobody_sees_the_images_of_another(shop: Context):
    mine, theirs = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    found = send(mine, *TWO).json()
    assert len(mine.get("/_gan/own").json()["sets"]) == 1
    assert theirs.get("/_gan/own").json()["sets"] == []
    for reply in (
        theirs.get("/_gan/own/preview", params={"id": found["id"]}),
        theirs.post("/_gan/own/delete", json={"id": found["id"]}),
    ):
        assert reply.status_code == 400
    assert len(mine.get("/_gan/own").json()["sets"]) == 1


def test_in_public_who_sent_images_alone_trains_on_them_and_sees_them(shop: Context, root: Path):
    mine, theirs = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    spec = f"own:{send(mine, *TWO).json()['id']}"
    form = {"preset": "own", "data": spec, "seed": "0", "seconds": "30", "settings": {}}
    stolen = theirs.post("/_gan/train/start", json=form)
    assert (stolen.status_code, shop.supervisor.live) == (400, [])
    line = mine.post("/_gan/train/command", json=form).json()["command"]
    assert "--data folder:pictures" in line
    assert str(root.parent) not in line
    started = mine.post("/_gan/train/start", json=form)
    assert shop.supervisor.live == [started.json()["id"]]

    file = root / "digits-1" / "config.json"  # as the training would have written it
    folder = shop.part(own_images.Own).sets.folder(spec.removeprefix("own:"))
    names = ["cats", *map(str, range(1, 10))]
    own = {"data": f"folder:{folder}", "class_names": names}
    file.write_text(json.dumps(json.loads(file.read_text()) | own))
    (root / "digits-1" / "reals.webp").write_bytes(b"RIFF")
    shop.owners.claim(session(mine), "digits-1")
    fork = form | {"data": "", "fork": {"id": "digits-1", "nimg": None}, "seconds": "60"}
    reals = {"id": "digits-1", "name": "reals"}
    for client, may in ((mine, True), (theirs, False)):
        news = client.get("/_gan/run", params={"id": "digits-1"}).json()
        assert news["reals"] is may
        names = ["cats", *map(str, range(1, 10))] if may else [*map(str, range(10))]
        assert news["classes"] == names  # a class is a folder's name
        models = header.state_models(shop, session(client))
        assert next(m for m in models if m["ref"] == "run:digits-1")["class_names"] == names
        found = client.get("/_gan/run/picture", params=reals)
        assert (found.status_code == 200) is may
        told = client.post("/_gan/train/command", json=fork).json()
        assert ("command" in told) is may
    assert told["problem"]["key"] == "gan_error_foreign_data"
    mine.post("/_gan/own/delete", json={"id": spec.removeprefix("own:")})
    order = {"id": "digits-1", "command": "resume"}
    told = mine.post("/_gan/train/steer", json=order).text
    assert "not there any more" in told  # and not where this server kept it
    assert str(folder) not in told
    assert "digits-1" not in shop.supervisor.live


def test_a_place_is_held_by_sets_that_have_come_and_not_by_those_that_come(shop, monkeypatch):
    held: list[int] = []
    receive = own_images._receive

    async def noted(context: Context, *args) -> None:
        held.append(context.part(own_images.Own)._taking)
        await receive(context, *args)

    monkeypatch.setattr(own_images, "_receive", noted)
    take_in = own_images._take_in
    monkeypatch.setattr(
        own_images,
        "_take_in",
        lambda context, *args: (
            held.append(context.part(own_images.Own)._taking),
            take_in(context, *args),
        )[1],
    )
    client = client_for(shop, "me-app.hf.space")
    assert send(client, *TWO).status_code == 200
    assert held == [0, 1]
    own = shop.part(own_images.Own)
    assert (own._taking, own.coming.taken) == (0, 0)
    monkeypatch.setattr(own.coming, "_most", 10)  # bytes on disk are what slow ones may fill
    assert send(client, *TWO).json()["key"] == "gan_error_own_busy"
    assert own.coming.taken == 0


@pytest.mark.slow
@pytest.mark.skipif(not prefork.FORKS, reason="decoded in place where nothing forks")
def test_strangers_images_are_decoded_in_a_process_that_ends_with_its_time(shop, monkeypatch):
    def here(*_, **__):
        raise AssertionError("decoded by the server")

    monkeypatch.setattr("gan.data.own.shrink_picture", here)
    monkeypatch.setattr("gan.ui.explore.inversion.read_picture", here)
    for module in (own_images, inversion):
        monkeypatch.setattr(module, "Decoder", partial(Decoder, picture_s=0.12))
    told = send(client_for(shop, "me-app.hf.space"), ("slow.webp", large()), *TWO).json()
    assert (told["count"], told["skipped"]) == (2, {"too slow to decode": 1})
    look = partial(inversion._read, shop, "emoji")
    assert look(TWO[0][1])[0].shape == (32, 32, 3)
    with pytest.raises(DataError, match="takes longer"):
        look(large())


def test_in_public_a_slow_upload_makes_way(shop: Context, monkeypatch):
    monkeypatch.setattr("gan.ui.train.own_images.TAKING_S", 0.0)
    reply = send(client_for(shop, "me-app.hf.space"), *TWO)
    assert (reply.status_code, reply.json()["key"]) == (408, "gan_error_own_slow")


def test_in_public_what_a_visitor_sends_is_counted_while_it_comes(shop: Context, monkeypatch):
    monkeypatch.setattr("gan.ui.train.own_images.PUBLIC_UPLOAD", 1000)
    client = client_for(shop, "me-app.hf.space")
    assert send(client, *TWO).status_code == 200
    left = client.get("/_gan/own").json()["left"]
    assert left == 1000 - len(frames(*TWO).getvalue())
    reply = send(client, *TWO, ("c.png", png(300, 300)), ("pad.bin", b"x" * 1000))
    assert (reply.status_code, reply.json()["key"]) == (413, "gan_error_own_large")


@pytest.mark.parametrize("body", [b"", b"\x01", b"\xff" * 100, b"\x00\x00\x00\x00\x00\x00" * 50])
def test_a_body_that_is_no_upload_is_one_sentence(home: Context, body: bytes):
    reply = client_for(home).post("/_gan/own/upload", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_the_form_the_command_and_the_fork_tell_the_same_moment(home: Context, root: Path):
    folder = root / "digits-1" / "checkpoints"  # of 1,008 images
    shutil.copytree(folder / "0000001008", folder / "0000001760")
    for nimg in (1760, 2176):
        shutil.copy(
            root / "digits-1" / "snapshots" / "0000001008.webp",
            root / "digits-1" / "snapshots" / f"{nimg:010d}.webp",
        )
    form = {
        "preset": "digits", "data": "", "seed": "0", "seconds": "30", "settings": {},
        "fork": {"id": "digits-1", "nimg": 2176},
    }  # fmt: skip
    client = client_for(home)
    reply = client.post("/_gan/train/command", json=form).json()
    assert reply["fork"] == {"id": "digits-1", "nimg": 1760, "asked": 2176, "whole": True}
    assert "digits-1@1760 " in reply["command"]
    assert find_origin(str(root / "digits-1@2176")).name == "digits-1@1760"  # what a config says
    told = find_origin(str(root / "digits-1@2176")).told()
    assert told == ("forked from digits-1 at 1,760 images, the nearest moment kept before 2,176")
    newest = client.post("/_gan/train/command", json=form | {"fork": {"id": "digits-1"}}).json()
    assert newest["fork"] == {"id": "digits-1", "nimg": 1760, "asked": None, "whole": True}
    shutil.rmtree(folder / "0000001760")  # thinned meanwhile: told, not hidden
    pinned = {"id": "digits-1", "nimg": 1760}
    again = client.post("/_gan/train/command", json=form | {"fork": pinned}).json()
    assert again["fork"]["nimg"] == 1008


@pytest.mark.parametrize("name", ["digits-1@12", "digits-1~0.1"])
def test_a_run_that_is_called_as_a_moment_of_another_can_be_opened(
    home: Context, root: Path, name: str
):
    shutil.copytree(root / "digits-2", root / name)
    home.runs.forget()
    newest = f"{name}@999999"
    for ref in (f"run:{name}", f"run:{newest}"):
        assert home.models.plain(ref).config.name == name
        assert header.run_of(home, ref) == name
    client = client_for(home)
    typed = {"command": f"python -m gan train --fork runs/{newest} --seconds 30"}
    assert client.post("/_gan/train/parse", json=typed).json()["form"]["fork"] == {
        "id": name,
        "nimg": 999999,
    }


def test_a_run_that_another_process_trains_is_neither_deleted_nor_resumed(
    home: Context, root: Path
):
    client = client_for(home)
    with lock.writing(root / "digits-1"):
        for path, form in (
            ("runs/delete", {"id": "digits-1"}),
            ("train/steer", {"id": "digits-1", "command": "resume"}),
        ):
            reply = client.post(f"/_gan/{path}", json=form)
            assert (reply.status_code, reply.json()["error"].split(" since")[0]) == (
                400,
                f"digits-1 is written by process {os.getpid()}",
            )
            assert "停止" in words("zh")[reply.json()["key"]]
    assert client.post("/_gan/runs/delete", json={"id": "digits-1"}).status_code == 200


def test_a_run_with_weights_alone_is_offered_as_a_fork(home: Context, root: Path):
    client = client_for(home)
    for run_id in ("digits-1", "digits-2"):
        status = json.loads((root / run_id / "status.json").read_text())
        text = json.dumps(status | {"state": "interrupted"})
        (root / run_id / "status.json").write_text(text)
    shutil.rmtree(root / "digits-1" / "checkpoints")
    home.runs.forget()
    rows = {r["id"]: r for r in client.get("/_gan/runs").json()["runs"]}
    offers = {k: (r["resumable"], r["forkable"]) for k, r in rows.items()}
    assert offers == {"digits-1": (False, True), "digits-2": (True, False)}


def test_an_upload_to_a_full_disk_is_one_sentence(home: Context, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("gan.ui.train.own_images.tempfile.TemporaryFile", full)
    reply = client_for(home).post("/_gan/own/upload", content=b"x")
    assert (reply.status_code, reply.json()["key"]) == (507, "gan_error_disk")


def test_at_home_no_other_site_may_frame_the_app(home: Context, shop: Context):
    rule = client_for(home).get("/_gan/run").headers.get("content-security-policy")
    assert rule == "frame-ancestors 'self'"
    assert "content-security-policy" not in client_for(shop).get("/_gan/run").headers
