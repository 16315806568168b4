"""The server's log: an id for each request, one line an event, and nothing that a visitor wrote."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import gan
from gan.errors import ConfigError
from gan.runs import Supervisor
from gan.ui.app import build_profile, routes_of
from gan.ui.server import health, logs
from gan.ui.server.counters import KINDS, OTHER, Counters
from gan.ui.server.profile import Guard
from gan.ui.server.requests_log import HEADER, RequestLog
from gan.ui.server.routes import Context, build_routes, on, unknown_route
from gan.ui.server.training_queue import Turns
from gan.ui.train.routes import FailedStarts
from tests.ui.loops import apart

SAID = "my secret words"
TOKEN = "hf_" + "aB3" * 12
FILE_NAME = "holiday-of-anna.zip"
ADDRESS = "203.0.113.77"


async def fail(context: Context, request):
    """Fails in another thread, with what a visitor sent in its message and in its cause's."""

    def work() -> None:
        logging.getLogger("gan.x").warning("in a thread")
        try:
            raise KeyError(f"{SAID} {TOKEN}")
        except KeyError as error:
            raise ValueError(f"{SAID}\n{FILE_NAME} {ADDRESS}") from error

    return JSONResponse(await on(context.disk_thread, work))


def escape(request):
    raise ZeroDivisionError(SAID)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    for name in ("RUNS_DIR", "HOME", "CACHE_DIR"):
        monkeypatch.setenv(f"GAN_{name}", str(tmp_path / name))
    made = Context(build_profile("10.0.0.7", env={}), supervisor=Supervisor())
    yield made
    made.close()


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    routes = build_routes(context, *routes_of(), (("GET", "/_gan/fail", fail),))
    app = Starlette(
        routes=[*routes, Route("/assets/escape", escape)],
        middleware=[
            Middleware(RequestLog, context=context), Middleware(Guard, profile=context.profile),
        ],
        exception_handlers={404: unknown_route, 405: unknown_route},
    )  # fmt: skip
    with TestClient(app, base_url="http://10.0.0.7", client=(ADDRESS, 5000)) as found:
        yield found


class Stream(logging.Handler):
    """What would have been written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Iterator[Stream]:
    stream, root = Stream(logs.Lines(as_json=True, quoted=False)), logging.getLogger()
    ours = logging.getLogger("gan")
    before = ours.level
    ours.setLevel(logging.INFO)
    root.addHandler(stream)
    yield stream
    root.removeHandler(stream)
    ours.setLevel(before)


def test_an_unexpected_error_is_found_in_the_log_by_the_id_that_the_page_shows(client, written):
    reply = client.get("/_gan/fail")
    known = reply.headers[HEADER]
    assert reply.status_code == 500
    assert reply.json()["values"] == {"request": known}
    assert known in reply.json()["error"]
    assert "Traceback" not in reply.text
    assert SAID not in reply.text
    threaded, failed, request = map(json.loads, written.lines)
    assert threaded["request"] == failed["request"] == request["request"] == known
    assert "in work" in failed["traceback"]
    assert "ValueError" in failed["traceback"]
    assert "KeyError" in failed["traceback"]
    assert (request["code"], request["status"]) == ("gan_error_server", 500)


@pytest.mark.parametrize("path", ["/_gan/map?ref=none", "/_gan/gallery/scores"])
def test_a_refusal_is_found_in_the_log_by_the_id_that_comes_with_it(client, written, path: str):
    """In a plain reply, and at the end of a stream that began with 200."""
    form = {"ref": "none", "first": 0, "count": 4, "by": "d"}
    reply = client.get(path) if "?" in path else client.post(path, json=form)
    told = json.loads(reply.text.splitlines()[-1])
    assert told["request"] == reply.headers[HEADER]
    (line,) = [found for found in map(json.loads, written.lines) if "code" in found]
    assert (line["request"], line["code"]) == (told["request"], told["key"])


def test_a_start_that_failed_unexpectedly_is_logged_once_under_one_id(written):
    starts, first = FailedStarts(), RuntimeError(SAID)
    ids = {starts.request_of("run", first) for _ in range(3)}
    (line,) = map(json.loads, written.lines)
    assert ids == {line["request"]}
    assert SAID not in written.lines[0]
    again = starts.request_of("run", RuntimeError(SAID))  # the next start of that name
    assert json.loads(written.lines[1])["request"] == again
    assert again not in ids


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "nope", 404), ("PUT", "fail", 405)])
def test_an_unknown_address_is_told_in_a_sentence_with_its_id(
    client, method: str, path: str, status: int
):
    reply = client.request(method, f"/_gan/{path}")
    assert (reply.status_code, reply.json()["key"]) == (status, "gan_error_route")
    assert reply.json()["request"] == reply.headers[HEADER]


def test_what_no_route_catches_ends_in_a_sentence_too(client, written):
    reply = client.get("/assets/escape")
    assert reply.status_code == 500
    assert reply.json()["values"] == {"request": reply.headers[HEADER]}
    assert "ZeroDivisionError" in written.lines[0]


def test_a_line_holds_no_token_word_file_name_or_whole_address(
    client, context, written, monkeypatch
):
    monkeypatch.setenv("GAN_UPLOADS", "1")
    client.get("/_gan/fail", headers={"Authorization": f"Bearer {TOKEN}"})
    client.get("/assets/escape")
    client.get(f"/_gan/{SAID}?token={TOKEN}")
    client.post(f"/_gan/own/upload?name={FILE_NAME}", content=b"no frames")
    client.post("/_gan/train/start", json={"preset": SAID, "other": SAID})
    logging.getLogger("uvicorn.error").warning("Invalid request from %s: %s", ADDRESS, SAID)
    logging.getLogger("some.library").warning(f"{SAID} {TOKEN}")
    logging.getLogger("gan.x").warning("at %s", f"{TOKEN} {ADDRESS} 2001:db8:1:2:3:4:5:6")
    text = "\n".join(written.lines)
    session = client.cookies["gan_session"]
    for secret in (SAID, SAID.replace(" ", "%20"), TOKEN, FILE_NAME, ADDRESS, session, "4:5:6"):
        assert secret not in text
    assert "203.0.113.0/24" in text
    assert "2001:db8:1::/48" in text
    assert '"kind": "upload"' in text
    assert context.counters.of("errors")["gan_error_server"] == 2
    assert context.counters.total("refused") == 1


@pytest.mark.parametrize(
    ("client_address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::77", "2001:db8:1::/48"),
        ("fe80::77%anna", "fe80::/48"),
        ("127.0.0.1", "127.0.0.1"),
        ("anna", None),
    ],
)
def test_a_request_is_logged_with_its_network(client, written, client_address, network):
    stranger = TestClient(client.app, base_url=client.base_url, client=(client_address, 1))
    stranger.get("/_gan/run?id=no")
    assert json.loads(written.lines[0]).get("network") == network
    assert "anna" not in written.lines[0]


def test_a_visitor_who_breaks_off_is_no_failure_of_the_server(client, context, written):
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    sent = []

    async def send(message):
        sent.append(message)

    path = "/_gan/train/start"
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": (ADDRESS, 1),
        "headers": [(b"host", b"10.0.0.7")], "server": ("10.0.0.7", 80),
    }  # fmt: skip
    apart(asyncio.run, client.app(scope, receive, send))
    assert sent[0]["status"] == 499
    assert [json.loads(line)["level"] for line in written.lines] == ["info"]
    assert "gan_error_server" not in context.counters.of("errors")


def test_a_method_may_be_any_word_and_none_of_them_is_logged(client, written):
    for path in ("/_gan/visitor", "/nowhere"):
        client.request("ANNA-SMITH", path)
    client.request("DELETE", "/_gan/visitor")
    assert [json.loads(line)["method"] for line in written.lines] == ["other", "other", "DELETE"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("fe80::77 went", "fe80::/48 went"),
        ("2001:db8:1:2:3:4:5:77: reset", "2001:db8:1::/48: reset"),
        ("[2001:db8::77]:80", "[2001:db8::/48]:80"),
        ("::ffff:203.0.113.77", "::ffff:203.0.113.0/24"),
        ("203.0.113.0/24 or 203.0.113.77/32", "203.0.113.0/24 or 203.0.113.0/24"),
        ("at 12:30:45 in std::vector", "at 12:30:45 in std::vector"),
    ],
)
def test_addresses_are_cut_out_of_any_sentence(said: str, kept: str):
    assert logs.cleaned(said) == kept


def test_each_request_has_an_id_of_its_own_whatever_is_sent(client):
    ids = [client.get("/_gan/visitor", headers={HEADER: "mine"}).headers[HEADER] for _ in range(3)]
    assert len({*ids, "mine"}) == 4


@pytest.mark.parametrize("form", ["keyvalue", "json"])
def test_a_line_is_one_line_that_others_can_read(form: str):
    stream = Stream(logs.Lines(as_json=form == "json", quoted=True))
    log = logging.getLogger("apart")
    log.addHandler(stream)
    log.propagate = False
    try:
        raise ValueError('two\nlines "quoted" a=b')
    except ValueError:
        odd = "x\x85y\u2028z\x9b31m\x1b[31m\u202e"  # ends of lines, codes of terminals
        fields = {"ms": 3, "none": None, "odd": odd}
        log.exception("it failed\nlevel=info forged=1", extra={"fields": fields})
    (line,) = stream.lines
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    if form == "json":
        fields = json.loads(line)
    else:
        fields = dict(part.split("=", 1) for part in shlex.split(line))
    assert fields["level"] == "error"
    assert str(fields["ms"]) == "3"
    assert "forged" not in fields
    assert "none" not in fields
    assert "ValueError: two" in fields["traceback"]


@pytest.fixture
def as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("gan")
    kept = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    uvicorns = dict(logs.LOGGING_CONFIG)
    yield
    for handler in root.handlers:
        if handler not in kept[0]:
            handler.close()
    root.handlers[:], root.level, ours.level, logging.raiseExceptions = kept
    logs.LOGGING_CONFIG.update(uvicorns)


def test_a_terminal_gets_sentences_and_the_file_the_traceback(tmp_path, capsys, as_before):
    logs.set_up(tmp_path, local=True, terminal=True, env={})
    with logs.identified() as known:
        try:
            raise ValueError(SAID)
        except ValueError:
            logging.getLogger("gan.x").exception("it failed")
    shown = capsys.readouterr().err
    assert shown == f"it failed (request {known})\n"
    kept = (tmp_path / logs.FILE).read_text("utf-8")
    assert known in kept
    assert SAID in kept  # at home it is one's own
    assert kept.count("\n") == 1


def test_an_unknown_format_is_refused_with_a_sentence(tmp_path, as_before):
    with pytest.raises(ConfigError, match="GAN_LOG_FORMAT must be one of keyvalue, json, got xml"):
        logs.set_up(tmp_path, local=True, env={"GAN_LOG_FORMAT": "xml"})


def test_counted_names_are_bounded():
    counters = Counters()
    for i in range(KINDS + 50):
        counters.add("errors", f"code {i}")
    assert counters.of("errors")[OTHER] == 50
    assert counters.total("errors") == KINDS + 50


# ---- /healthz ---------------------------------------------------------------------------------


def test_healthz_is_cheap_open_and_without_a_session(client, context, written):
    replies = [client.get("/healthz") for _ in range(200)]
    assert {r.status_code for r in replies} == {200}
    assert replies[0].json() == {"version": gan.__version__, "state": "ok"}
    assert not client.cookies
    assert written.lines == []
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 403


def test_healthz_says_503_where_the_supervisor_hangs(client, context, monkeypatch):
    monkeypatch.setattr(health, "ANSWER_S", 0.05)
    held, asked = threading.Event(), []
    monkeypatch.setattr(
        context.supervisor, "running", lambda: asked.append(1) or held.wait(60) or []
    )
    try:
        for _ in range(5):
            reply = client.get("/healthz")
            assert (reply.status_code, reply.json()["state"]) == (503, "supervisor")
        assert len(asked) == 1
        assert context.control_thread._work_queue.empty()  # what hangs collects no requests
    finally:
        held.set()


def test_healthz_says_503_to_whoever_asked_as_the_server_closes(client, context, monkeypatch):
    asked, held = threading.Event(), threading.Event()
    submit = context.control_thread.submit

    def noted(*work):
        future = submit(*work)
        asked.set()
        return future

    context.control_thread.submit(held.wait, 60)
    monkeypatch.setattr(context.control_thread, "submit", noted)
    with ThreadPoolExecutor(1) as other:
        reply = other.submit(client.get, "/healthz")
        assert asked.wait(60)
        context.control_thread.shutdown(wait=False, cancel_futures=True)
        held.set()
        assert (reply.result().status_code, reply.result().json()["state"]) == (503, "closing")
    assert client.get("/healthz").json()["state"] == "closing"


def test_healthz_says_503_where_the_queue_is_dead(client, context, monkeypatch):
    turns = context.part(Turns)
    turns.start(context.supervisor, context.train_thread)
    assert client.get("/healthz").status_code == 200
    turns.close()
    turns._ticker.join()
    assert client.get("/healthz").json()["state"] == "queue"


def test_a_tick_that_fails_does_not_end_the_queue(context, monkeypatch, written):
    monkeypatch.setattr("gan.ui.server.training_queue.TICK_S", 0.01)
    turns, ticks, again = context.part(Turns), [], threading.Event()

    def tick(_) -> None:
        ticks.append(1)
        if len(ticks) == 3:
            again.set()
        raise RuntimeError("planted")

    monkeypatch.setattr(turns, "tick", tick)
    turns.start(context.supervisor, context.train_thread)
    assert again.wait(60)
    assert turns.is_alive()
