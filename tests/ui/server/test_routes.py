"""The routes without a browser: who may do what, and what comes back for nonsense."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from gan.data import shape_of
from gan.errors import RunError
from gan.presets import DataShape, fitted, run_config
from gan.runs import Supervisor, prefork
from gan.ui.app import end_signal
from gan.ui.explore.tab import TAB as EXPLORE
from gan.ui.gallery.tab import TAB as GALLERY
from gan.ui.server import state as header
from gan.ui.server import warmup
from gan.ui.server.in_turn import in_turn
from gan.ui.server.profile import Guard, build_profile, session_in
from gan.ui.server.routes import Context, assets_version, build_routes, on
from gan.ui.server.runs import Runs
from gan.ui.train.tab import TAB as TRAIN


class StandIn(Supervisor):
    """Starts nothing and remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.sent: list[tuple[str, dict]] = []
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1

    def launch(self, argv, run_dir: Path, **_) -> str:
        self.live.append(run_dir.name)
        return run_dir.name

    def send(self, run_id: str, command) -> None:
        self.sent.append((run_id, dict(command)))

    def owns(self, run_id: str) -> bool:
        return run_id in self.live

    def running(self) -> list[str]:
        return self.live


FORM = {"preset": "digits", "data": "digits", "seed": "0", "seconds": "30", "settings": {}}


def context_for(host: str, runs: Path, **env: str) -> Context:
    return Context(build_profile(host, env=env), runs=Runs(runs), supervisor=StandIn())


def client_for(context: Context, host: str = "127.0.0.1") -> TestClient:
    routes = build_routes(context, header.ROUTES, EXPLORE.routes, TRAIN.routes, GALLERY.routes)
    app = Starlette(routes=routes, middleware=[Middleware(Guard, profile=context.profile)])
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture
def home(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """The local profile, with one finished run to look at."""
    monkeypatch.setenv("GAN_RUNS_DIR", str(tiny_run.parent))
    return context_for("127.0.0.1", tiny_run.parent)


@pytest.fixture
def shop(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """The public profile."""
    monkeypatch.setenv("GAN_RUNS_DIR", str(tiny_run.parent))
    return context_for("0.0.0.0", tiny_run.parent, SPACE_HOST="me-app.hf.space")


# ---- the guard ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "env", "local"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("0.0.0.0", {}, False),
        ("192.168.1.5", {}, False),
        ("127.0.0.1", {"SPACE_ID": "me/app"}, False),
    ],
)
def test_unknown_means_public(host: str, env: dict, local: bool):
    assert build_profile(host, env=env).local is local
    assert build_profile(host, share=True, env=env).local is False


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1"])
def test_a_name_that_only_resolves_to_us_is_refused(home: Context, host: str):
    reply = client_for(home).get("/_gan/state", headers={"host": host})
    assert reply.status_code == 403


def test_a_space_answers_to_its_own_name(shop: Context):
    assert client_for(shop, "me-app.hf.space").get("/_gan/state").status_code == 200
    assert client_for(shop, "other.hf.space").get("/_gan/state").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_a_post_from_another_page_is_refused(home: Context, headers: dict):
    reply = client_for(home).post("/_gan/train/start", json=FORM, headers=headers)
    assert reply.status_code == 403
    assert home.supervisor.live == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[::1"])
def test_scripts_of_another_page_read_nothing(home: Context, origin: str):
    client = client_for(home)
    assert client.get("/_gan/state", headers={"origin": origin}).status_code == 403
    assert client.get("/_gan/state", headers={"origin": "http://127.0.0.1"}).status_code == 200
    assert client.get("/_gan/state", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_a_public_server_serves_reviewed_paths_only(shop: Context):
    client = client_for(shop, "10.0.0.7")
    for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/predict"):
        assert client.post(path).status_code == 404
    assert client.get("/gradio_api/file=/etc/passwd").status_code == 404


@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize("where", ["queue", "threads"])
def test_what_is_asked_for_as_the_server_ends_gets_a_sentence(
    home: Context, caplog: pytest.LogCaptureFixture, when: str, where: str
):
    gate, began = threading.Event(), threading.Event()

    def held() -> Iterator[None]:
        began.set()
        gate.wait(20)
        yield

    async def end(context: Context, request: Request) -> Response:
        if when == "meanwhile":  # the thread of each is busy, so that the request waits
            context.map.submit(held())
            began.wait(20)  # what a visitor waits for would go before it
            context.file_thread.submit(gate.wait, 20)
            threading.Timer(0.1, close, [context]).start()
        else:
            close(context)
        if where == "queue":
            await in_turn(context.map, request, list)
        else:
            await on(context.file_thread, list)
        return Response()

    def close(context: Context) -> None:
        context.file_thread.shutdown(wait=False, cancel_futures=True)
        threading.Timer(0.5, gate.set).start()  # by then `close` waits, on a busy machine too
        context.map.close()  # waits for the slice under way

    app = Starlette(routes=build_routes(home, (("GET", "/_gan/end", end),)))
    reply = TestClient(app, base_url="http://127.0.0.1").get("/_gan/end")
    assert (reply.status_code, reply.json()["key"]) == (503, "gan_error_ending")
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
@pytest.mark.parametrize("nohup", [False, True])
def test_a_terminal_that_closes_ends_the_server_as_ctrl_c_does_and_not_under_nohup(nohup: bool):
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else lambda number, frame: None)
        ended = end_signal()
        signal.raise_signal(signal.SIGHUP)
        assert ended.is_set() is not nohup
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def test_the_session_cookie_is_kept_from_scripts_and_kept(home: Context):
    client = client_for(home)
    cookie = client.get("/_gan/state").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert len(session_in(cookie.split(";")[0])) == 32
    assert "set-cookie" not in client.get("/_gan/state").headers


@pytest.mark.parametrize("cookie", ["", "gan_session=", "gan_session=short", 'x="', "a=b; c"])
def test_odd_cookies_are_no_session(cookie: str):
    assert session_in(cookie) is None


# ---- owners -------------------------------------------------------------------------------------


def test_in_public_only_the_owner_steers_and_foreign_looks_like_unknown(shop: Context):
    mine, theirs = client_for(shop, "10.0.0.7"), client_for(shop, "10.0.0.7")
    for client in (mine, theirs):
        client.get("/_gan/state")
    run_id = mine.post("/_gan/train/start", json=FORM).json()["id"]
    order = {"id": run_id, "command": "pause"}
    foreign = theirs.post("/_gan/train/steer", json=order)
    unknown = theirs.post("/_gan/train/steer", json=order | {"id": "no-such-run"})
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
    assert foreign.json()["key"] == "gan_error_unknown_run"
    assert mine.post("/_gan/train/steer", json=order).status_code == 200
    assert shop.supervisor.sent == [(run_id, {"command": "pause"})]


ELSEWHERE = """
import os, signal, threading, time
from gan.ui.app import end_signal, wait_for

threading.Thread(target=time.sleep, args=(99,), daemon=True).start()  # takes signals
ended = end_signal()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # the main thread does not
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
wait_for(ended)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="POSIX only")
def test_a_signal_that_another_thread_receives_ends_the_server_too():
    subprocess.run([sys.executable, "-c", ELSEWHERE], check=True, timeout=90)


def test_stopping_a_run_that_has_just_ended_is_no_error_and_changing_it_is_one(home: Context):
    """A run ends by itself between the page's last poll and the press."""
    run_id = "tiny"  # over long since
    mine, theirs = client_for(home), client_for(home)
    home.owners.claim(session_in(mine.get("/_gan/state").headers["set-cookie"]), run_id)
    for command in ("stop", "pause"):
        order = {"id": run_id, "command": command}
        assert mine.post("/_gan/train/steer", json=order).status_code == 200
        assert theirs.post("/_gan/train/steer", json=order).status_code == 404
    change = {"id": run_id, "command": "set", "settings": {"g_lr": 1e-3}}
    assert mine.post("/_gan/train/steer", json=change).status_code == 404
    assert home.supervisor.sent == []


def test_whoever_looks_at_the_form_has_torch_loaded_for_a_start(home: Context):
    assert client_for(home).post("/_gan/train/prepare", json={}).status_code == 200
    assert home.supervisor.prepared == 1


def test_a_start_is_told_stage_by_stage_and_a_failed_one_with_its_sentence(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The process is never loaded here: then Stop cancels it; the next one fails."""
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr(prefork, "is_prepared", lambda: False)
    home = Context(build_profile("127.0.0.1", env={}), runs=Runs(tmp_path))
    client = client_for(home)
    run = {"id": client.post("/_gan/train/start", json=FORM).json()["id"]}
    again = client.post("/_gan/train/start", json=FORM).json()["id"]
    assert [run["id"], again] == ["digits-1", "digits-2"]
    status = client.get("/_gan/run", params=run).json()["status"]
    assert (status["state"], status["steerable"]) == ("starting", True)
    assert status["start"]["stage"] == "loading"
    assert status["start"]["loading_s"] > 0
    assert {r["id"] for r in client.get("/_gan/state").json()["runs"]} == {"digits-1", "digits-2"}
    for name in ("digits-1", "digits-2"):
        start = next(s for s in home.supervisor.starting() if s.run_id == name)
        client.post("/_gan/train/steer", json={"id": name, "command": "stop"})
        assert start.over.wait(120)
    assert client.get("/_gan/run", params=run).json()["gone"]["key"] == "gan_start_cancelled"

    def fails(*_, **__):
        raise RunError("the training ended without a word")

    monkeypatch.setattr(prefork, "begin", fails)
    run = {"id": client.post("/_gan/train/start", json=FORM).json()["id"]}
    while home.supervisor.starting():
        time.sleep(0.01)
    assert "without a word" in client.get("/_gan/run", params=run).json()["gone"]["error"]
    home.close()


def test_what_trainings_need_is_loaded_after_the_first_picture(home: Context, monkeypatch):
    monkeypatch.setattr(warmup, "CALM_S", 0.05)
    monkeypatch.setattr(warmup, "LOOK_S", 0.01)
    watching = warmup.start(home)
    time.sleep(0.3)
    assert watching.is_alive()  # nobody has seen a picture yet
    reply = client_for(home).post(
        "/_gan/latent?ref=run:tiny", content=np.zeros(16, "<f4").tobytes()
    )
    assert reply.status_code == 200
    watching.join(60)
    home.train_thread.submit(lambda: None).result(60)
    assert home.supervisor.prepared == 1


def test_with_little_memory_nothing_is_loaded_ahead(home: Context, monkeypatch):
    monkeypatch.setattr(warmup, "CALM_S", -1.0)
    monkeypatch.setattr(warmup, "free_memory", lambda: warmup.LEAST_FREE - 1)
    warmup.start(home).join(60)
    home.train_thread.submit(lambda: None).result(60)
    assert home.supervisor.prepared == 0


def test_in_public_one_training_runs_at_a_time_and_the_next_waits(shop: Context):
    client, other = client_for(shop, "10.0.0.7"), client_for(shop, "10.0.0.7")
    for each in (client, other):
        each.get("/_gan/state")
    first = client.post("/_gan/train/start", json=FORM).json()["id"]
    second = other.post("/_gan/train/start", json=FORM).json()
    assert (second["position"], second["of"]) == (1, 1)
    assert shop.supervisor.live == [first]
    third = client.post("/_gan/train/start", json=FORM).json()
    assert third["position"] == 2
    shop.close()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data": "folder:/etc"}, "gan_error_public_data"),
        ({"data": "hub:me/mine"}, "gan_error_public_data"),
        ({"data": ""}, "gan_own_needed"),
        ({"seconds": ""}, "gan_error_duration"),
        ({"seconds": "601"}, "gan_error_duration"),
        ({"seconds": "inf"}, "gan_error_duration"),
    ],
)
def test_in_public_only_short_trainings_on_our_own_data(shop: Context, change: dict, key: str):
    reply = client_for(shop, "10.0.0.7").post("/_gan/train/start", json=FORM | change)
    assert (reply.status_code, reply.json()["key"]) == (400, key)
    assert shop.supervisor.live == []


def test_in_public_a_run_cannot_be_resumed_by_its_name(shop: Context):
    order = {"id": "tiny", "command": "resume"}
    assert client_for(shop, "10.0.0.7").post("/_gan/train/steer", json=order).status_code == 404


def test_a_run_from_a_terminal_is_watched_not_steered(home: Context):
    client = client_for(home)
    assert client.get("/_gan/run", params={"id": "tiny"}).json()["status"]["steerable"] is False
    reply = client.post("/_gan/train/steer", json={"id": "tiny", "command": "stop"})
    assert reply.status_code == 404


# ---- what comes back ----------------------------------------------------------------------------


def test_a_run_is_read_once_and_then_only_what_is_new(home: Context):
    client = client_for(home)
    first = client.get("/_gan/run", params={"id": "tiny"}).json()
    assert first["status"]["state"] == "finished"
    assert first["rows"]
    assert first["snapshots"]
    later = client.get(
        "/_gan/run",
        params={"id": "tiny", "after": first["rows"][-1]["nimg"], "seen": first["snapshots"][-1]},
    ).json()
    assert (later["rows"], later["snapshots"]) == ([], [])
    picture = client.get("/_gan/snapshot", params={"id": "tiny", "nimg": first["snapshots"][0]})
    assert picture.content[8:12] == b"WEBP"
    assert "immutable" in picture.headers["cache-control"]


def test_a_latent_of_a_seed_gives_the_gallery_s_picture(home: Context):
    client, ref = client_for(home), {"ref": "run:tiny"}
    base = client.get("/_gan/latents", params=ref | {"seed": 3}).json()
    form = ref | {"seeds": [3, 4], "labels": [-1, -1], "psis": [1, 1]}
    page = client.post("/_gan/gallery", json=form)
    z = np.array(base["z"], dtype="<f4").tobytes()
    one = client.post("/_gan/latent", params=ref | {"label": base["label"]}, content=z)
    assert one.headers["x-gan-shape"] == page.headers["x-gan-shape"] == "8,8,1"
    assert page.headers["x-gan-labels"].split(",")[0] == str(base["label"])
    mine, theirs = (np.frombuffer(r.content, np.uint8).astype(int) for r in (one, page))
    assert np.abs(mine - theirs[: mine.size]).max() <= 1  # batch 1 and batch 2 round alike


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/_gan/latents", {"ref": "run:tiny", "seed": "-1"}),
        ("/_gan/snapshot", {"id": "tiny", "nimg": 1}),
        ("/_gan/snapshot", {"id": "..", "nimg": 1}),
        ("/_gan/run", {"id": "nobody"}),
        ("/_gan/run", {"id": "tiny", "after": "9" * 40}),
    ],
)
def test_nonsense_is_refused_without_a_traceback(home: Context, path: str, params: dict):
    reply = client_for(home).get(path, params=params)
    assert reply.status_code in (400, 404)
    assert reply.json().get("key", "") != "gan_error_server"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 5000, b'{"preset": {}}', b"\xff"])
def test_a_body_that_is_no_form_is_refused(home: Context, body: bytes):
    reply = client_for(home).post("/_gan/train/start", content=body)
    assert reply.status_code == 400
    assert reply.json().get("key", "") != "gan_error_server"


def test_a_body_is_counted_while_it_is_read(home: Context):
    reply = client_for(home).post("/_gan/train/start", content=b"x" * 100_000)
    assert reply.status_code == 413


def test_the_command_line_holds_what_was_changed_and_nothing_else(home: Context):
    form = FORM | {"seed": "7", "settings": {"g_lr": "0.5"}}
    reply = client_for(home).post("/_gan/train/command", json=form).json()
    assert reply["command"] == (
        "python -m gan train --preset digits --set g_lr=0.5 --seed 7 --seconds 30"
    )


def test_a_preset_without_classes_can_name_those_that_its_data_have(home: Context):
    form = FORM | {"preset": "ring-article", "data": "ring", "settings": {"aux_classes": "true"}}
    reply = client_for(home).post("/_gan/train/command", json=form).json()
    assert "--set aux_classes=true" in reply.get("command", reply)
    reply = client_for(home).post("/_gan/train/command", json=form | {"data": "spiral"}).json()
    assert "needs a model with classes" in reply["problem"]["error"]


def test_a_preset_that_names_classes_can_do_without(home: Context):
    form = FORM | {"preset": "fashion", "data": "fashion", "other": "classes=0"}
    reply = client_for(home).post("/_gan/train/command", json=form).json()
    assert "--set classes=0" in reply["command"]
    config = fitted("fashion", shape_of("fashion"), {"classes": 0}, data="fashion", seed=0)
    assert (config.model.classes, config.model.aux_classes) == (0, False)
    assert not run_config("fashion", DataShape(28, 1, ()), data="folder:mine").model.aux_classes


def test_assets_are_kept_for_ever_under_their_version(home: Context):
    client = client_for(home)
    reply = client.get(f"/_gan/assets/{assets_version()}/page/kit/core.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert "immutable" in reply.headers["cache-control"]
    assert client.get(f"/_gan/assets/{assets_version()}/..%2fapp.py").status_code == 404
    assert client.get(f"/_gan/assets/{assets_version()}/app.py").status_code == 404


# ---- what a reviewer once broke -----------------------------------------------------------------


def test_an_origin_that_is_no_address_is_refused(home: Context):
    reply = client_for(home).post("/_gan/latent?ref=fashion", headers={"origin": "http://["})
    assert reply.status_code == 403


@pytest.mark.parametrize("field", ["seed", "seconds"])
def test_a_number_of_thousands_of_digits_is_refused(home: Context, shop: Context, field: str):
    for context, host in ((home, "127.0.0.1"), (shop, "me-app.hf.space")):
        client = client_for(context, host)
        reply = client.post("/_gan/train/start", json=FORM | {field: "9" * 5000})
        assert reply.status_code == 400
    assert client.get("/_gan/latents", params={"seed": "9" * 5000}).status_code == 400


@pytest.mark.parametrize("data", ["folder:" + "a" * 5000, "folder:\ud800", "folder:a\0b"])
def test_an_odd_folder_is_refused_in_a_sentence(home: Context, data: str):
    text = json.dumps(FORM | {"data": data})
    reply = client_for(home).post("/_gan/train/start", content=text)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_in_public_nobody_learns_where_the_owner_keeps_pictures(tiny_run: Path, tmp_path: Path):
    shutil.copytree(tiny_run, tmp_path / "own-1")
    status = json.loads((tmp_path / "own-1" / "status.json").read_text())
    secret = {"data": "folder:/home/me/secret", "message": "there is no folder '/home/me/secret'"}
    (tmp_path / "own-1" / "status.json").write_text(json.dumps(status | secret))
    shop = context_for("0.0.0.0", tmp_path, SPACE_HOST="me-app.hf.space")
    client = client_for(shop, "me-app.hf.space")
    for path in ("/_gan/state", "/_gan/run?id=own-1"):
        assert "secret" not in client.get(path).text
    assert "secret" in client_for(context_for("127.0.0.1", tmp_path)).get("/_gan/state").text


def test_a_run_without_a_checkpoint_does_not_promise_to_go_on(tiny_run: Path, tmp_path: Path):
    shutil.copytree(tiny_run, tmp_path / "r")
    status = json.loads((tmp_path / "r" / "status.json").read_text())
    (tmp_path / "r" / "status.json").write_text(json.dumps(status | {"state": "interrupted"}))
    client = client_for(context_for("127.0.0.1", tmp_path))
    assert client.get("/_gan/state").json()["runs"][0]["resumable"]
    shutil.rmtree(tmp_path / "r" / "checkpoints")
    assert not client.get("/_gan/state").json()["runs"][0]["resumable"]
