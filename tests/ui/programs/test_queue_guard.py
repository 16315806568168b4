"""What reaches Gradio's queue: calls of the endpoints with plain values, and nothing else."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gan.ui.programs.queue_guard import MAX_BODY, Endpoint, Gate, Opened, endpoint_of
from gan.ui.server.profile import Guard, Profile

SAMPLE = Endpoint("sample", ("model", "count", "seeds"), required=1)
LISTED = Endpoint("list_models", (), required=0)
EVENT = "0" * 32
JOIN = {"fn_index": 1, "session_hash": "a-session", "data": ["fashion", 1, None]}
CALL, NAMED = "/gradio_api/call/sample", "/gradio_api/call/v2/sample"


def opened_ones() -> Opened:
    queue = SimpleNamespace(
        pending_messages_per_session={"a-session": []}, pending_event_ids_session={EVENT: {EVENT}}
    )
    return Opened({0: LISTED, 1: SAMPLE}, lambda: queue)


def client_for(*, local: bool) -> TestClient:
    opened = opened_ones()

    async def echo(request: Request) -> JSONResponse:
        body = await request.json() if request.method == "POST" else None
        return JSONResponse({"path": request.url.path, "body": body})

    app = Starlette(
        routes=[Route("/{path:path}", echo, methods=["GET", "POST"])],
        middleware=[
            Middleware(
                Guard, profile=Profile(local=local, hosts={"us.example"}), opened=opened.is_path
            ),
            Middleware(Gate, opened=opened),
        ],
    )
    return TestClient(app, base_url="http://us.example")


@pytest.fixture(params=[True, False], ids=["local", "public"])
def client(request: pytest.FixtureRequest) -> TestClient:
    return client_for(local=request.param)


def said(reply) -> str:
    return reply.json().get("detail", "")


class Hidden: ...


def function(request: Hidden, model: str, count: int = 1) -> None: ...


def test_an_endpoints_arguments_are_those_of_its_function():
    assert endpoint_of("f", function, Hidden) == Endpoint("f", ("model", "count"), required=1)


# ---- what passes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (CALL, {"data": ["fashion", 3, [1, 2]]}),
        (NAMED, {"model": "fashion"}),
        (NAMED, {"model": "fashion", "count": 3, "seeds": None}),
        ("/gradio_api/call/list_models", {"data": []}),
        ("/gradio_api/queue/join", JOIN),
        ("/gradio_api/queue/join", JOIN | {"event_data": None, "trigger_id": None}),
    ],
)
def test_a_call_arrives_as_it_was_sent(client: TestClient, path: str, form: dict):
    assert client.post(path, json=form).json() == {"path": path, "body": form}


def test_a_call_need_not_say_that_it_is_json(client: TestClient):
    body = json.dumps({"model": "fashion"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = client.post(NAMED, content=body, headers=headers)
    assert reply.json()["body"] == {"model": "fashion"}


@pytest.mark.parametrize(
    "path",
    [
        f"/gradio_api/call/sample/{EVENT}",
        f"/gradio_api/call/v2/sample/{EVENT}",
        "/gradio_api/queue/data?session_hash=a-session",
    ],
)
def test_a_reply_can_be_fetched_by_whoever_waits_for_it(client: TestClient, path: str):
    assert client.get(path).status_code == 200


# ---- what does not ------------------------------------------------------------------------------


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
ADDRESS = {"url": "http://169.254.169.254/", "path": "x", "meta": {"_type": "gradio.FileData"}}


# what is refused, and what of it the sentence has to name
REFUSED = [
    (CALL, {"data": [FILE, 1, None]}, "model must be"),
    (CALL, {"data": [[FILE], 1, None]}, "model must be"),
    (CALL, {"data": ["fashion", 1, [[1]]]}, "seeds must be"),
    (CALL, {"data": ["x" * 501, 1, None]}, "model must be"),
    (CALL, {"data": ["fashion", 1, [1] * 1025]}, "seeds must be"),
    (CALL, {"data": ["fashion"]}, "a list of 3"),
    (CALL, {"data": {"model": "fashion"}}, "a list of 3"),
    (CALL, {"data": ["a", 1, None], "session_hash": "x"}, "nothing else"),
    (CALL, {"data": ["a", 1, None], "oauth_token": "x"}, "nothing else"),
    (CALL, ["fashion"], "a JSON object"),
    (NAMED, {"model": ADDRESS}, "model must be"),
    (NAMED, {}, "sample needs model"),
    (NAMED, {"model": "a", "oauth_token": "x"}, "model, count, seeds"),
    ("/gradio_api/queue/join", JOIN | {"data": [FILE, 1, None]}, "model must be"),
    ("/gradio_api/queue/join", JOIN | {"session_hash": "a/b"}, "session_hash"),
    ("/gradio_api/queue/join", JOIN | {"session_hash": None}, "session_hash"),
    ("/gradio_api/queue/join", JOIN | {"event_data": {"x": 1}}, "nothing else"),
    ("/gradio_api/queue/join", JOIN | {"batched": True}, "nothing else"),
    ("/gradio_api/queue/join", JOIN | {"event_id": EVENT}, "nothing else"),
]


def test_what_is_no_plain_call_is_refused_with_a_sentence(client: TestClient):
    for path, form, names in REFUSED:
        reply = client.post(path, json=form)
        assert (reply.status_code, names in said(reply)) == (400, True), (form, said(reply))


def test_no_other_function_can_be_called(client: TestClient):
    for number in (2, -1, True, None, "1", 1.0):
        reply = client.post("/gradio_api/queue/join", json=JOIN | {"fn_index": number})
        assert reply.status_code == 404, number
        assert "list_models, sample" in said(reply)  # those that there are


def test_what_is_no_json_is_refused(client: TestClient):
    for body in (b"", b"{", b"nonsense", b"1" * 5000, b"[" * 20_000, b"\xff"):
        assert client.post(CALL, content=body).status_code == 400, body[:9]


def test_a_long_call_is_refused_even_if_it_does_not_say_how_long(client: TestClient):
    parts = (b" " * 2**10 for _ in range(100))
    assert client.post(CALL, content=parts).status_code == 413
    assert client.post(CALL, content=b" " * (MAX_BODY + 1)).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        f"/gradio_api/call/sample/{'1' * 32}",
        "/gradio_api/queue/data?session_hash=nobody",
        "/gradio_api/queue/data",
    ],
)
def test_nobody_waits_for_a_reply_that_will_never_come(client: TestClient, path: str):
    assert client.get(path).status_code == 404


PRIVATE = [
    ("POST", "/gradio_api/call/other"),
    ("POST", "/gradio_api/call/v2/other"),
    ("POST", "/gradio_api/call/v3/sample"),
    ("POST", "/gradio_api/call/sample/extra/path"),
    ("POST", f"/gradio_api/call/sample/{EVENT}"),
    ("POST", "/gradio_api/queue/data"),
    ("GET", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/call/sample"),
    ("GET", f"/gradio_api/call/other/{EVENT}"),
    ("GET", "/gradio_api/call/sample/not-an-event"),
    ("POST", "/gradio_api/run/sample"),
    ("POST", "/gradio_api/api/sample"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/reset"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/mcp/"),
    ("GET", "/gradio_api/mcp/sse"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/proxy=http://169.254.169.254/"),
    ("GET", "/gradio_api/openapi.json"),
    ("POST", "/gradio_api/queue/join/"),
    ("POST", "//gradio_api/queue/join"),
]


def test_in_public_nothing_else_of_gradio_is_served():
    client = client_for(local=False)
    for method, path in PRIVATE:
        assert not opened_ones().is_path(method, path), path
        reply = client.request(method, f"http://us.example{path}", json=JOIN)
        assert reply.status_code == 404, (method, path)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_page_of_another_site_cannot_call(client: TestClient, headers: dict):
    assert client.post(NAMED, json={"model": "fashion"}, headers=headers).status_code == 403


def test_a_page_of_another_site_cannot_read_a_reply(client: TestClient):
    headers = {"origin": "https://evil.example"}
    path = f"/gradio_api/call/sample/{EVENT}"
    assert client.get(path, headers=headers).status_code == 403
    assert client.get(path, headers={"host": "rebound.example"}).status_code == 403
