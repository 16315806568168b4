"""Signing in: where it is offered, whom a session names, and what never leaves the server."""

from __future__ import annotations

import base64
import json
import logging
import math
import time
from pathlib import Path

import itsdangerous
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gan.runs import Supervisor
from gan.ui.server import signin
from gan.ui.server.profile import SIGN_IN_PATHS, Guard, build_profile
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs
from gan.ui.server.signin import Visitor, visitor

SECRET = "of this test"
SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "me/app",
    "SPACE_HOST": "me-app.hf.space",
    "OAUTH_CLIENT_ID": "an-id",
    "OAUTH_CLIENT_SECRET": "a-secret",
    "OAUTH_SCOPES": "openid profile write-repos",
    "OPENID_PROVIDER_URL": "http://127.0.0.1:9",
}
TOKEN = "hf_oauth_not_a_real_token"


def oauth(**changes: object) -> dict:
    """What Gradio keeps in the session of somebody who signed in."""
    info = {
        "access_token": TOKEN,
        "expires_at": time.time() + 3600,
        "userinfo": {"preferred_username": "ada", "name": "Ada L."},
    }
    return {k: v for k, v in (info | changes).items() if v != "left out"}


def signed(info: object, secret: str = SECRET) -> str:
    """A session cookie as SessionMiddleware writes it."""
    data = base64.b64encode(json.dumps({"oauth_info": info}).encode())
    return itsdangerous.TimestampSigner(secret).sign(data).decode()


def client_for(tmp_path: Path, env: dict[str, str]) -> TestClient:
    context = Context(
        build_profile("0.0.0.0", env=env), runs=Runs(tmp_path), supervisor=Supervisor()
    )
    stand_ins = [
        Route(path, lambda _: PlainTextResponse("Gradio's")) for path in (*SIGN_IN_PATHS, "/login")
    ]
    app = Starlette(
        routes=[*build_routes(context, signin.ROUTES), *stand_ins],
        middleware=[
            Middleware(SessionMiddleware, secret_key=SECRET, https_only=True),
            Middleware(Guard, profile=context.profile),
        ],
    )
    return TestClient(app, base_url="https://me-app.hf.space")


# ---- where it is offered ------------------------------------------------------------------------


def test_a_space_with_oauth_lets_people_sign_in():
    assert build_profile("0.0.0.0", env=SPACE).sign_in


@pytest.mark.parametrize("name", sorted(SPACE.keys() - {"SPACE_HOST"}))
def test_where_anything_is_not_configured_nobody_can_sign_in(name: str):
    assert not build_profile("0.0.0.0", env=SPACE | {name: ""}).sign_in


def test_the_guard_opens_the_paths_of_signing_in_only_where_one_can(tmp_path: Path):
    here, elsewhere = client_for(tmp_path, SPACE), client_for(tmp_path, SPACE | {"SYSTEM": ""})
    for path in SIGN_IN_PATHS:
        assert here.get(path).status_code == 200
        assert here.post(path).status_code == 404
        assert elsewhere.get(path).status_code == 404
    for path in ("/login", "/login/", "/login/other", "/logout/x", "/login/huggingface/x"):
        assert here.get(path).status_code == 404


# ---- whom a session names -----------------------------------------------------------------------


def asking(session: object) -> Request:
    return Request({"type": "http", "session": session, "headers": []})


def test_a_session_names_its_visitor_with_his_token():
    assert visitor(asking({"oauth_info": oauth()})) == Visitor("ada", TOKEN)


@pytest.mark.parametrize(
    "session",
    [
        None,
        "text",
        {},
        {"oauth_info": None},
        {"oauth_info": ["list"]},
        {"oauth_info": oauth(expires_at=time.time() - 1)},
        {"oauth_info": oauth(expires_at="left out")},
        {"oauth_info": oauth(expires_at=None)},
        {"oauth_info": oauth(expires_at=True)},
        {"oauth_info": oauth(expires_at="9999999999")},
        {"oauth_info": oauth(expires_at=math.nan)},
        {"oauth_info": oauth(expires_at=math.inf)},
        {"oauth_info": oauth(access_token="left out")},
        {"oauth_info": oauth(access_token=" ")},
        {"oauth_info": oauth(access_token=5)},
        {"oauth_info": oauth(userinfo="left out")},
        {"oauth_info": oauth(userinfo={"preferred_username": ""})},
        {"oauth_info": oauth(userinfo={"preferred_username": ["ada"]})},
    ],
)
def test_nonsense_and_what_has_expired_is_nobody(session: object):
    assert visitor(asking(session)) is None


def test_no_session_at_all_is_nobody():
    assert visitor(Request({"type": "http", "headers": []})) is None


def test_a_visitors_token_is_in_no_text_about_him():
    assert TOKEN not in repr(Visitor("ada", TOKEN))


# ---- the route ----------------------------------------------------------------------------------


def test_the_page_learns_the_name_and_never_the_token(tmp_path: Path):
    client = client_for(tmp_path, SPACE)
    client.cookies.set("session", signed(oauth()))
    reply = client.get("/_gan/visitor")
    assert reply.json() == {"sign_in": True, "name": "ada"}
    assert TOKEN not in reply.text


def test_a_session_that_another_signed_is_nobody(tmp_path: Path):
    client = client_for(tmp_path, SPACE)
    client.cookies.set("session", signed(oauth(), secret="another"))
    assert client.get("/_gan/visitor").json() == {"sign_in": True, "name": None}


def test_without_oauth_even_a_signed_session_is_nobody(tmp_path: Path):
    client = client_for(tmp_path, SPACE | {"OAUTH_CLIENT_ID": ""})
    client.cookies.set("session", signed(oauth()))
    assert client.get("/_gan/visitor").json() == {"sign_in": False, "name": None}


# ---- Gradio's part ------------------------------------------------------------------------------


def test_a_missing_package_is_told_in_the_log_and_nobody_can_sign_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(signin, "PACKAGES", ("itsdangerous", "no_such_package"))
    with caplog.at_level(logging.WARNING):
        assert not signin.is_installed()
    assert "no_such_package is missing" in caplog.text
