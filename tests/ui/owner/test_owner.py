"""The owner's page: strangers get nothing, the owner numbers and buttons that do what they say."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.runs import Supervisor
from gan.ui.app import EXPIRING, build_profile, routes_of
from gan.ui.owner import key
from gan.ui.server import limits, machine
from gan.ui.server.profile import Guard
from gan.ui.server.requests_log import RequestLog
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.training_queue import Turns

KEY = "a-key-of-some-length"
ROUTES = [
    ("GET", "state"),
    ("POST", "leave"),
    ("POST", "stop"),
    ("POST", "clear"),
    ("POST", "expire"),
]


class StandIn(Supervisor):
    """One training that takes orders."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict]] = []

    def running(self) -> list[str]:
        return ["tiny"]

    def owns(self, run_id: str) -> bool:
        return run_id == "tiny"

    def send(self, run_id: str, command) -> None:
        self.sent.append((run_id, dict(command)))


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    for name in ("RUNS_DIR", "HOME", "CACHE_DIR"):
        monkeypatch.setenv(f"GAN_{name}", str(tmp_path / name))
    monkeypatch.delenv(key.KEY, raising=False)
    contexts = []

    def start(host: str = "10.0.0.7", scheme: str = "http") -> tuple[TestClient, Context]:
        profile = build_profile(host, env={})
        context = Context(profile, supervisor=StandIn(), expiring=EXPIRING)
        contexts.append(context)
        middleware = [Middleware(RequestLog, context=context), Middleware(Guard, profile=profile)]
        app = Starlette(routes=build_routes(context, *routes_of()), middleware=middleware)
        return TestClient(app, base_url=f"{scheme}://{host}"), context

    yield start
    for context in contexts:
        context.close()


def forms(client: TestClient) -> list[tuple[int, str]]:
    """What each address of the owner's says to this client."""
    said = []
    for method, name in ROUTES:
        reply = client.request(method, f"/_gan/owner/{name}", json={} if method == "POST" else None)
        said.append((reply.status_code, reply.text))
    return said


def test_without_a_key_a_public_server_has_no_such_page(serve, monkeypatch):
    for text in ("", "short", "not UTF-8 at all: \udcff\udcfe"):
        monkeypatch.setenv(key.KEY, text)
        client, _ = serve()
        unknown = client.get("/_gan/owner").text
        assert client.get("/_gan/owner").status_code == 404
        assert {status for status, _ in forms(client)} == {404}
        reply = client.post("/_gan/owner/enter", content=json.dumps({"key": text}))
        assert (reply.status_code, reply.text) == (404, unknown)
        assert key.COOKIE not in client.cookies


def test_a_stranger_gets_the_form_and_nothing_else(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, context = serve()
    page = client.get("/_gan/owner")
    assert page.status_code == 200
    assert '"owner": false' in page.text
    assert "tiny" not in page.text
    assert KEY not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert set(forms(client)) == {(404, '{"detail":"Not Found"}')}
    assert context.supervisor.sent == []
    for wrong in (KEY + "x", KEY[:-1], "", None, 7, ["x"], "é" * 20, "\udcff"):
        body = {"key": wrong} if wrong != "\udcff" else {"key": "x"}
        assert client.post("/_gan/owner/enter", json=body).status_code == 403
    assert key.COOKIE not in client.cookies


def test_the_key_opens_it_until_it_is_changed_or_time_is_over(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, _ = serve()
    reply = client.post("/_gan/owner/enter", json={"key": f" {KEY} "})
    (sent,) = (c for c in reply.headers.get_list("set-cookie") if c.startswith(key.COOKIE))
    morsel = SimpleCookie(sent)[key.COOKIE]
    assert morsel["httponly"]
    assert morsel["samesite"].lower() == "strict"
    assert KEY not in reply.headers["set-cookie"]
    assert client.get("/_gan/owner/state").status_code == 200
    good = client.cookies[key.COOKIE]
    until, nonce, mac = good.split(".")
    forged = [
        f"{int(until) + 9}.{nonce}.{mac}", f"{until}.{nonce}x.{mac}", f"{until}.{nonce}.",
        f"²{until}.{nonce}.{mac}", f"{'9' * 400}.{nonce}.{mac}", "", "a.b.c", "..", mac,
    ]  # fmt: skip
    for value in forged:
        client.cookies.clear()
        headers = {"cookie": f"{key.COOKIE}={value}".encode()}
        assert client.get("/_gan/owner/state", headers=headers).status_code == 404
    client.cookies.set(key.COOKIE, good)
    assert client.get("/_gan/owner/state").status_code == 200
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(key.time, "time", lambda: now + 13 * 3600)
        assert client.get("/_gan/owner/state").status_code == 404
    monkeypatch.setenv(key.KEY, KEY + "-new")
    assert client.get("/_gan/owner/state").status_code == 404


def test_over_https_the_cookie_is_secure_and_signing_out_deletes_it(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, _ = serve(scheme="https")
    reply = client.post("/_gan/owner/enter", json={"key": KEY})
    assert "secure" in reply.headers["set-cookie"].lower().split("gan_owner")[1]
    client.post("/_gan/owner/leave", json={})
    assert key.COOKIE not in client.cookies
    assert client.get("/_gan/owner/state").status_code == 404


def test_guessing_is_limited_by_address_and_locks_nobody_else_out(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, _ = serve()
    guesser = TestClient(client.app, base_url=client.base_url, client=("203.0.113.9", 1))
    tries = 0
    while guesser.post("/_gan/owner/enter", json={"key": f"guess {tries}"}).status_code == 403:
        guesser.cookies.clear()  # a visitor is a cookie
        tries += 1
    assert tries == limits.RATES["owner"].address
    assert guesser.post("/_gan/owner/enter", json={"key": KEY}).status_code == 429
    assert client.post("/_gan/owner/enter", json={"key": KEY}).status_code == 200


def test_another_sites_script_presses_no_button(serve):
    client, context = serve("127.0.0.1")
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for method, name in ROUTES:
        reply = client.request(method, f"/_gan/owner/{name}", json={"id": "tiny"}, headers=headers)
        assert reply.status_code == 403
    assert context.supervisor.sent == []


def test_at_home_it_is_open_and_its_buttons_do_what_they_say(serve):
    client, context = serve("127.0.0.1")
    assert client.get("/_gan/owner").status_code == 200
    assert client.post("/_gan/owner/stop", json={"id": "tiny"}).status_code == 200
    assert context.supervisor.sent == [("tiny", {"command": "stop"})]
    assert client.post("/_gan/owner/stop", json={"id": "other"}).status_code == 404
    assert client.post("/_gan/owner/expire", json={}).json() == {"count": 0}


def test_what_is_small_on_the_disk_is_told_as_it_is(serve, tmp_path):
    client, _ = serve("127.0.0.1")
    (tmp_path / "RUNS_DIR" / "a").mkdir(parents=True)
    (tmp_path / "RUNS_DIR" / "a" / "state.pt").write_bytes(bytes(300_000))
    disk = client.get("/_gan/owner/state").json()["disk"]
    assert disk["runs"] == pytest.approx(300_000 / 2**20)
    assert disk["own"] == 0


def test_the_queue_is_cleared_and_those_who_waited_are_told(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, context = serve()
    client.post("/_gan/owner/enter", json={"key": KEY})
    turns = context.part(Turns)
    tickets = [turns.ask(f"session {i}", lambda: "never").ticket for i in range(3)]
    assert client.get("/_gan/owner/state").json()["waiting"] == 3
    assert client.post("/_gan/owner/clear", json={}).json() == {"count": 3}
    for i, ticket in enumerate(tickets):
        told = turns.look(ticket, f"session {i}")
        assert told["problem"]["key"] == "gan_error_queue_cleared"
    assert turns.queue() == []


def test_what_has_expired_is_deleted_and_nothing_else(serve, monkeypatch, tmp_path):
    monkeypatch.setenv(key.KEY, KEY)
    client, _ = serve()
    client.post("/_gan/owner/enter", json={"key": KEY})
    points = tmp_path / "HOME" / "points"
    points.mkdir(parents=True)
    for name, age_h in (("old", 25), ("new", 1)):
        file = points / f"drawing-{name}.json"
        file.write_text("[]")
        then = time.time() - 3600 * age_h
        os.utime(file, (then, then))
    assert client.post("/_gan/owner/expire", json={}).json() == {"count": 1}
    assert [f.name for f in points.iterdir()] == ["drawing-new.json"]


def test_it_counts_what_happened_and_names_nobody(serve, monkeypatch):
    monkeypatch.setenv(key.KEY, KEY)
    client, _ = serve()
    stranger = TestClient(client.app, base_url=client.base_url, client=("203.0.113.9", 1))
    stranger.post("/_gan/train/start", json={"preset": "secret words", "seed": "x"})
    stranger.get("/_gan/run?id=secret-words")
    stranger.get("/_gan/run?id=secret-words")
    client.post("/_gan/owner/enter", json={"key": KEY})
    reply = client.get("/_gan/owner/state")
    found = reply.json()
    assert dict(found["errors"])["gan_error_no_run"] == 2
    assert found["counts"]["refused"] == 1
    assert found["limits"]["training_s"] == 600
    assert found["limits"]["rates"]["start"] == list(limits.RATES["start"])
    for secret in ("secret", "203.0.113", KEY, stranger.cookies["gan_session"]):
        assert secret not in reply.text


@pytest.mark.skipif(not machine.PROC.is_dir(), reason="needs /proc")
def test_memory_is_what_the_kernel_says():
    status = Path("/proc/self/status").read_text()
    expected = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
    assert machine.resident_mb()["server"] == pytest.approx(expected, rel=0.1, abs=3)


@pytest.mark.parametrize(
    ("version", "limit", "expected"),
    [
        ("v2", str(2000 * machine.MB), (2000, 2000 - (900 - 300))),
        ("v2", str(500 * machine.MB), (500, 0)),  # over it for a moment
        ("v2", "max", (8000, 3000)),
        ("v1", str(2000 * machine.MB), (2000, 1400)),
        ("v1", str(2**63 - 4096), (8000, 3000)),  # none
        ("none", "", (8000, 3000)),
    ],
)
def test_in_a_container_its_own_free_memory_is_told_and_not_the_host_s(
    version: str, limit: str, expected: tuple[int, int], tmp_path: Path, monkeypatch
):
    """The kernel's documentation of cgroups: what was read from files can be had back at once."""
    (tmp_path / "meminfo").write_text("MemTotal: 8192000 kB\nMemAvailable: 3072000 kB\n")
    v2, v1 = tmp_path / "v2", tmp_path / "v1"
    used, cache = str(900 * machine.MB), 300 * machine.MB
    files = {
        "v2": (v2, {"memory.max": limit, "memory.current": used,
                    "memory.stat": f"anon 7\ninactive_file {cache}\nactive_file 5\n"}),
        "v1": (v1, {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": used,
                    "memory.stat": f"inactive_file 1\ntotal_inactive_file {cache}\n"}),
    }  # fmt: skip
    if version in files:
        folder, named = files[version]
        folder.mkdir()
        for name, text in named.items():
            (folder / name).write_text(text)
    moved = [
        machine.Group(*(folder / path.name for path in group[:3]), cache=group.cache)
        for folder, group in zip((v2, v1), machine.GROUPS, strict=True)
    ]
    monkeypatch.setattr(machine, "GROUPS", moved)
    monkeypatch.setattr(machine, "PROC", tmp_path)
    found = machine.memory_of_machine_mb()
    assert (found["total"], found["free"]) == expected
