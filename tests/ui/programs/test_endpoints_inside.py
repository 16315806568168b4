"""The endpoints from within: what is left of a call, whom it holds up, and agents."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image

from gan import sampling
from gan.errors import ConfigError
from gan.runs import Supervisor
from gan.ui import app
from gan.ui.programs import endpoints
from gan.ui.server import evaluations
from gan.ui.server.fair_queue import FairQueue, Job
from gan.ui.server.limits import RATES
from gan.ui.server.profile import Profile, build_profile
from gan.ui.server.routes import Context
from gan.ui.server.runs import Runs
from tests.ui.browser import free_port

pytest.importorskip("mcp", reason="pip install mcp")
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.ui.loops import apart

pytestmark = [
    # Gradio's: event loops that it leaves open, and pandas as it was
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio"),
]


class Inside(NamedTuple):
    page: gr.Blocks
    context: Context
    http: httpx.Client

    def call(self, name: str, **asked: Any) -> str:
        """The id of a call that has begun."""
        return self.http.post(f"/gradio_api/call/v2/{name}", json=asked).json()["event_id"]

    def fetch(self, name: str, event: str) -> str:
        return self.http.get(f"/gradio_api/call/{name}/{event}").text


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The app at home, in this process, with tools for agents."""
    context = Context(
        build_profile("127.0.0.1", env={}),
        runs=Runs(tmp_path_factory.mktemp("runs")),
        supervisor=Supervisor(),
    )
    page = app.launch(context, host="127.0.0.1", port=free_port(), mcp=True)
    with httpx.Client(base_url=page.local_url, timeout=180) as http:
        yield Inside(page, context, http)
    page.close(verbose=False)
    context.close()


def wait_until(holds: Callable[[], object], *, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---- what is left of a call ---------------------------------------------------------------------


@pytest.mark.slow
def test_a_reply_that_nobody_fetches_is_dropped(inside: Inside, monkeypatch: pytest.MonkeyPatch):
    queue, forget, was_there = inside.page._queue, endpoints.forget, {}

    def noted(page: gr.Blocks, session: str, event: str) -> None:
        was_there[session] = session in queue.pending_event_ids_session
        forget(page, session, event)

    monkeypatch.setattr(endpoints, "forget", noted)
    monkeypatch.setattr(endpoints, "FETCHED_WITHIN_S", 0.2)
    event = inside.call("sample", model="fashion")
    refused = inside.call("sample", model="nope")
    wait_until(lambda: was_there.keys() >= {event, refused})
    assert all(was_there.values())
    for gone in (event, refused):
        wait_until(lambda gone=gone: gone not in queue.pending_event_ids_session)
        assert gone not in queue.pending_messages_per_session
        wait_until(lambda gone=gone: gone not in queue.event_ids_to_events)


def test_a_reply_is_kept_until_it_is_fetched_and_no_longer(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
):
    forget, due = endpoints.forget, []
    monkeypatch.setattr(endpoints, "forget", lambda *whose: due.append(whose))
    monkeypatch.setattr(endpoints, "FETCHED_WITHIN_S", 0.0)
    event = inside.call("sample", model="fashion")
    wait_until(lambda: due)
    assert "event: complete" in inside.fetch("sample", event)
    forget(*due[0])
    wait_until(lambda: event not in inside.page._queue.pending_messages_per_session)


@pytest.mark.slow
def test_gradio_keeps_few_replies_and_no_file(inside: Inside):
    for seed in range(endpoints.SESSIONS + 4):
        inside.fetch("sample", inside.call("sample", model="fashion", seed=seed))
    inside.fetch("interpolate", inside.call("interpolate", model="fashion", seeds=[1, 2]))
    assert len(inside.page.app.state_holder.session_data) <= endpoints.SESSIONS + 1
    assert not any(inside.page.temp_file_sets)


def test_an_evaluation_ends_when_its_viewer_leaves(inside: Inside, monkeypatch: pytest.MonkeyPatch):
    ended, told = threading.Event(), []

    def slow(context, judge, question, cancelled) -> Iterator[dict]:
        try:
            while not cancelled() and len(told) < 600:
                told.append({"fraction": len(told) / 600})
                yield told[-1]
                time.sleep(0.05)
        finally:  # asked at the next step or closed at this one, whichever comes first
            ended.set()

    monkeypatch.setattr(evaluations, "answers", slow)
    event = inside.call("evaluate", model="fashion", data="fashion")
    with inside.http.stream("GET", f"/gradio_api/call/evaluate/{event}") as reply:
        assert any("generating" in line for line in reply.iter_lines())
    assert ended.wait(60)
    assert len(told) < 600
    wait_until(lambda: not inside.context.part(evaluations.Judge).places._taken)


def test_a_waiting_evaluation_ends_when_its_viewer_leaves(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
):
    release, begun = threading.Event(), []

    def held(context, judge, question, cancelled) -> Iterator[dict]:
        begun.append(question.seed)
        yield {"fraction": 0.0}
        release.wait(120)

    monkeypatch.setattr(evaluations, "answers", held)
    places = inside.context.part(endpoints.EvaluationPlaces)
    asked = {"model": "fashion", "data": "fashion"}
    try:
        for seed in range(endpoints.EVALUATIONS):
            inside.call("evaluate", **asked, seed=seed)
        wait_until(lambda: places._free == 0)
        event = inside.call("evaluate", **asked, seed=99)
        wait_until(lambda: len(places._waiting))
        with inside.http.stream("GET", f"/gradio_api/call/evaluate/{event}"):
            pass
        wait_until(lambda: not len(places._waiting))
    finally:
        release.set()
    wait_until(lambda: places._free == endpoints.EVALUATIONS)
    assert 99 not in begun


class Slowly(NamedTuple):
    """A drawing of one picture after the other."""

    slices: list[None]
    ended: threading.Event


def draws_slowly(monkeypatch: pytest.MonkeyPatch, name: str) -> Slowly:
    found, work = Slowly([], threading.Event()), getattr(endpoints.Endpoints, f"_{name}")

    def slow(*args, **options) -> Iterator[None]:
        try:
            for _ in work(*args, **options):
                found.slices.append(time.sleep(0.1))
                yield
        finally:
            found.ended.set()

    monkeypatch.setattr(endpoints.Endpoints, f"_{name}", slow)
    monkeypatch.setattr(endpoints, "slice_of", lambda weights: 1)
    return found


@pytest.mark.parametrize(
    ("name", "asked"),
    [("sample", {"count": 300}), ("interpolate", {"seeds": [1, 2], "steps": 299})],
)
def test_pictures_are_no_longer_drawn_when_their_program_has_left(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, name: str, asked: dict
):
    drawn = draws_slowly(monkeypatch, name)
    event = inside.call(name, model="fashion", **asked)
    wait_until(lambda: drawn.slices)
    with inside.http.stream("GET", f"/gradio_api/call/{name}/{event}"):
        pass
    assert drawn.ended.wait(60)
    assert len(drawn.slices) < 300


@pytest.mark.parametrize("about", [{}, {"_meta": {"progressToken": "how far"}}])
def test_pictures_are_no_longer_drawn_when_their_agent_has_left(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, about: dict
):
    drawn = draws_slowly(monkeypatch, "sample")
    asked = {"name": "sample", "arguments": {"model": "fashion", "count": 300}} | about
    with inside.http.stream("POST", "/gradio_api/mcp/", **message("tools/call", asked)):
        wait_until(lambda: drawn.slices)
    assert drawn.ended.wait(60)
    assert len(drawn.slices) < 300
    stays = inside.call("sample", model="fashion")  # others go on
    assert "event: complete" in inside.fetch("sample", stays)


def test_gradios_queue_does_not_look_for_calls_all_the_time(inside: Inside):
    """A thousand times a second by itself, beside a training that has the same processor."""
    assert inside.page._queue.sleep_when_free >= 0.02
    assert inside.page._queue.progress_update_sleep_when_free >= 0.1


# ---- whom it holds up ---------------------------------------------------------------------------


def hold(queue: FairQueue, release: threading.Event) -> Job:
    """Work that keeps the queue until `release`."""

    def work() -> Iterator[None]:
        release.wait(120)
        yield

    return queue.submit(work(), urgent=True)


def test_programs_take_turns(inside: Inside, monkeypatch: pytest.MonkeyPatch):
    drawn: list[int] = []

    def draw(g: object, seeds: list[int], **options: Any) -> Any:
        drawn.extend(seeds)
        return sampling.sample(g, seeds, **options)

    monkeypatch.setattr(endpoints, "address_of", lambda request: request.headers["x-who"])
    monkeypatch.setattr(endpoints, "draw", draw)
    release = threading.Event()
    hold(inside.context.program, release)
    events = []
    try:
        for who, seed in [("a", i) for i in range(40)] + [("b", 100)]:
            asked = {"model": "fashion", "seed": seed}
            inside.http.headers["x-who"] = who
            events.append(inside.call("sample", **asked))
        waiting = inside.context.program._urgent
        wait_until(lambda: sum(len(waiting.of(who)) for who in "ab") == 41)
    finally:
        release.set()
        del inside.http.headers["x-who"]
    for event in events:
        assert "event: complete" in inside.fetch("sample", event)
    assert drawn[:3] == [0, 100, 1]
    assert sorted(drawn) == [*range(40), 100]


def test_a_program_holds_up_no_slider(inside: Inside):
    release = threading.Event()
    held = hold(inside.context.program, release).over
    try:
        event = inside.call("sample", model="fashion")
        z = np.zeros(64, "<f4").tobytes()
        for path in ("/_gan/latent?ref=fashion", "/_gan/latents/batch?ref=fashion"):
            body = z if path.startswith("/_gan/latent?") else z + bytes(40)
            assert inside.http.post(path, content=body).status_code == 200
        assert inside.http.get("/_gan/state").status_code == 200
        assert not held.done()
        assert event in inside.page._queue.event_ids_to_events  # it waits, where it should
    finally:
        release.set()
    assert "event: complete" in inside.fetch("sample", event)


def test_in_public_each_address_is_counted_and_all_together(monkeypatch: pytest.MonkeyPatch):
    rate = RATES["picture"]._replace(mine=2, address=2, all=3)
    monkeypatch.setitem(RATES, "picture", rate)
    context = Context(Profile(local=False))
    service = endpoints.Endpoints(context, SimpleNamespace())

    def spend(address: str) -> None:
        headers = {"x-forwarded-for": secrets.token_hex(4)}  # whatever a client says of itself
        request = SimpleNamespace(headers=headers, client=SimpleNamespace(host=address))
        service._spend(SimpleNamespace(request=request), "picture")

    def is_refused(*who: str) -> bool:
        try:
            spend(*who)
        except endpoints.PageError as error:
            return error.status == 429
        return False

    try:
        assert [is_refused("203.0.113.1") for _ in range(3)] == [False, False, True]
        assert not is_refused("203.0.113.2")
        assert is_refused("203.0.113.3")  # all together had three
    finally:
        context.close()


# ---- agents -------------------------------------------------------------------------------------


def message(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """One message to the MCP server, as a request's options."""
    return {
        "json": {"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        "headers": {"accept": "application/json, text/event-stream"},
    }


def tell(inside: Inside, method: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
    """One message to the MCP server and the result of its reply."""
    sent = message(method, params)
    sent["headers"] |= headers or {}
    reply = inside.http.post("/gradio_api/mcp/", **sent)
    if reply.status_code != 200:
        return reply.status_code
    return json.loads(reply.text.partition("data: ")[2])["result"]


def test_an_agent_has_the_four_tools_and_no_more(inside: Inside):
    tools = tell(inside, "tools/list")["tools"]
    assert sorted(tool["name"] for tool in tools) == sorted(endpoints.NAMES)
    sample = next(tool for tool in tools if tool["name"] == "sample")
    assert sample["inputSchema"]["required"] == ["model"]


def test_an_agent_gets_a_picture_or_a_sentence(inside: Inside):
    done = tell(inside, "tools/call", name="sample", arguments={"model": "emoji", "seed": 4})
    assert not done["isError"]
    assert [part["type"] for part in done["content"]] == ["text", "image"]
    refused = tell(inside, "tools/call", name="sample", arguments={"model": "nope"})
    assert refused["isError"]
    assert "there is no model 'nope' here" in refused["content"][0]["text"]
    assert "Traceback" not in refused["content"][0]["text"]


def test_what_a_real_client_gets_is_the_picture_itself(inside: Inside):
    asked = {"model": "fashion", "seeds": [4, 9], "label": 3}

    async def call(name: str, **arguments: Any) -> list[Any]:
        address = f"{inside.page.local_url}gradio_api/mcp/"
        async with (
            streamable_http_client(address) as (sent, came, _),
            ClientSession(sent, came) as session,
        ):
            await session.initialize()
            return (await session.call_tool(name, arguments)).content

    text, *pictures = apart(asyncio.run, call("sample", **asked))
    reply = json.loads(text.text)
    assert [row["class"] for row in reply["samples"]] == ["Dress", "Dress"]
    assert [row["image"] for row in reply["samples"]] == ["picture 1, below", "picture 2, below"]
    told = inside.fetch("sample", inside.call("sample", **asked))
    for picture in pictures:
        assert picture.mimeType == "image/png"
        assert f"data:image/png;base64,{picture.data}" in told
    text, film = apart(asyncio.run, call("interpolate", model="fashion", seeds=[1, 2], steps=4))
    assert (json.loads(text.text)["count"], film.mimeType) == (5, "image/webp")
    with Image.open(io.BytesIO(base64.b64decode(film.data))) as shown:
        assert shown.n_frames == 5
    text, *frames = apart(
        asyncio.run, call("interpolate", model="fashion", seeds=[1, 2], steps=4, format="frames")
    )
    assert len(json.loads(text.text)["frames"]) == len(frames) == 5
    [text] = apart(asyncio.run, call("list_models"))
    assert "fashion" in {row["ref"] for row in json.loads(text.text)}
    assert not any(inside.page.temp_file_sets)


def test_a_web_page_is_no_agent(inside: Inside):
    for headers in ({"origin": "https://evil.example"}, {"host": "rebound.example"}):
        assert tell(inside, "tools/list", headers) == 403


def test_in_public_there_are_no_agents(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        assert not app.can_serve_mcp(Profile(local=False))
    assert "MCP stays off" in caplog.text
    assert app.can_serve_mcp(Profile(local=True))


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'gradio\[mcp\]=="):
        app.can_serve_mcp(Profile(local=True))


# ---- what a bug looks like ----------------------------------------------------------------------


def test_a_bug_is_one_sentence_and_in_the_log(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(ref: str) -> None:
        raise RuntimeError("with a path: /home/someone/secret")

    monkeypatch.setattr(inside.context.models, "get", broken)
    said = inside.fetch("sample", inside.call("sample", model="fashion"))
    assert "Something failed on the server" in said
    assert "secret" not in said
    assert "secret" in caplog.text


def test_forget_leaves_what_somebody_else_waits_for():
    queue = SimpleNamespace(
        pending_event_ids_session={"s": {"later"}}, pending_messages_per_session={"s": ["x"]}
    )
    page = SimpleNamespace(_queue=queue)
    for session, event in (("s", "earlier"), ("unknown", "later")):
        endpoints.forget(page, session, event)
        assert queue.pending_messages_per_session == {"s": ["x"]}
    endpoints.forget(page, "s", "later")
    assert queue.pending_messages_per_session == {}
