"""The state that every page polls: made once for all who own nothing, and never an owner's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cachetools import TTLCache
from starlette.testclient import TestClient

from gan.ui.server import runs, state
from gan.ui.server.profile import session_in
from gan.ui.server.routes import Context
from tests.ui.fakes import add_model
from tests.ui.server.test_routes import client_for, context_for


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions for which the models were listed, one after another."""
    sessions, listed = [], state.state_models

    def noted(context: Context, session: str, *also: str) -> list[dict[str, Any]]:
        sessions.append(session)
        return listed(context, session, *also)

    monkeypatch.setattr(state, "state_models", noted)
    return sessions


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr(state, "SHARED_S", 3600.0)
    add_model(tmp_path, "one", z_dim=4, resolution=8)
    return context_for("0.0.0.0", tmp_path, SPACE_HOST="shop.example")


def ask(client: TestClient, **query: str) -> dict[str, Any]:
    reply = client.get("/_gan/state", params=query)
    assert reply.status_code == 200
    return reply.json()


def visitors(shop: Context, count: int) -> list[TestClient]:
    return [client_for(shop, "shop.example") for _ in range(count)]


def test_a_crowd_has_one_answer_and_an_owner_one_of_their_own(shop: Context, made: list[str]):
    owner, *crowd = visitors(shop, 4)
    told = [ask(client) for client in crowd]
    assert made == [""]
    assert [len(reply["runs"]) for reply in told] == [1, 1, 1]
    session = session_in(owner.get("/_gan/state").headers["set-cookie"])
    shop.owners.claim(session, "one")
    shop.supervisor.live.append("one")
    [mine] = ask(owner)["runs"]
    [theirs] = ask(crowd[0])["runs"]
    assert (mine["steerable"], theirs["steerable"]) == (True, False)
    assert made == ["", session]
    assert all(ask(client) == told[0] for client in crowd)


def test_nobody_gets_anothers_cookie_with_the_shared_answer(shop: Context):
    cookies = {
        session_in(client.get("/_gan/state").headers["set-cookie"]) for client in visitors(shop, 5)
    }
    assert len(cookies) == 5


def test_what_was_started_or_pulled_since_is_there_and_so_is_an_older_run_that_is_open(
    shop: Context, made: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    [client] = visitors(shop, 1)
    ask(client)
    add_model(tmp_path, "two", z_dim=4, resolution=8)
    shop.runs.forget()
    assert {run["id"] for run in ask(client)["runs"]} == {"one", "two"}
    monkeypatch.setattr(state, "pulled", lambda: ("someone--new",))
    ask(client)
    assert len(made) == 3
    ask(client, run="nobody's", model="run:another")  # costs no answer of one's own
    assert len(made) == 3
    monkeypatch.setattr(runs, "LISTED", 1)
    [newest] = ask(client)["runs"]
    assert made.pop(3) == ""
    ask(client, run=({"one", "two"} - {newest["id"]}).pop())  # not among the newest
    assert made[3:] == [session_in(f"gan_session={client.cookies['gan_session']}")]
    starting = SimpleNamespace(run_id="four", progress=dict)
    monkeypatch.setattr(shop.runs, "starting", lambda: [starting])
    monkeypatch.setattr(shop.runs, "newest", lambda *also: [])
    ask(client)
    ask(client)
    assert len(made) == 6


def test_pages_that_ask_are_counted_each_once(shop: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state, "SHARED_S", -1.0)
    clock, clients = [0.0], visitors(shop, 3)
    shop.part(state.Shared).asking = TTLCache(10, state.ASKING_S, timer=lambda: clock[0])
    assert [ask(client)["asking"] for client in (*clients, *clients)] == [1, 2, 3, 3, 3, 3]
    clock[0] += 2 * state.ASKING_S
    assert ask(clients[0])["asking"] == 1
