"""Slow senders on a clock of the test's own: nobody waits for them, and no test for a clock."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.config import Config
from uvicorn.server import ServerState

from gan.ui.server import slow_clients
from gan.ui.server.profile import build_profile
from gan.ui.server.slow_clients import (
    HEAD_S,
    HeadTimeoutProtocol,
    MinimumBodyRate,
    use_head_timeout,
)
from tests.ui.loops import apart


class Skipping(selectors.DefaultSelector):
    """Time passes at once wherever an event loop would wait for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list:
        self.now += timeout or 0.0
        return super().select(0)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    selector = Skipping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    yield loop
    loop.close()


async def length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def post(host: str, pieces: int, size: int, every_s: float) -> Callable[[], object]:
    """A POST of so many pieces, one every so many seconds; -> (status, seconds it took)."""
    app = Starlette(
        routes=[Route("/", length, methods=["POST"])],
        middleware=[Middleware(MinimumBodyRate, profile=build_profile(host))],
    )
    left = pieces

    async def receive() -> dict:
        nonlocal left
        await asyncio.sleep(every_s)
        left -= 1
        return {"type": "http.request", "body": b"x" * size, "more_body": left > 0}

    async def run() -> tuple[int, float]:
        statuses = []

        async def send(message: dict) -> None:
            statuses.extend([message["status"]] if "status" in message else [])

        scope = {
            "type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [],
            "http_version": "1.1", "scheme": "http", "server": (host, 80), "client": ("1.2.3.4", 1),
        }  # fmt: skip
        await app(scope, receive, send)
        return statuses[0], asyncio.get_running_loop().time()

    return run


@pytest.mark.parametrize(
    ("host", "pieces", "size", "every_s", "status"),
    [
        ("0.0.0.0", 1000, 1, 4.0, 408),  # what held every upload's place
        ("0.0.0.0", 1000, 500, 1.0, 408),
        ("0.0.0.0", 200, 2000, 1.0, 200),  # 200 s, and steady
        ("0.0.0.0", 5, 1, 5.0, 200),  # small and whole within the grace
        ("127.0.0.1", 1000, 1, 4.0, 200),  # at home nobody is kept out
    ],
)
def test_a_body_slower_than_1_kb_a_second_ends(loop, host, pieces, size, every_s, status):
    found, took_s = apart(loop.run_until_complete, post(host, pieces, size, every_s)())
    assert found == status
    assert took_s == pytest.approx(slow_clients.WINDOW_S if status == 408 else pieces * every_s)


class Wire(asyncio.Transport):
    """What the server writes, and whether it hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def connected(app: Callable) -> tuple[Wire, HeadTimeoutProtocol]:
    config, wire = Config(app, log_level="critical", timeout_keep_alive=1000), Wire()
    protocol = HeadTimeoutProtocol(config, ServerState(), {})
    protocol.connection_made(wire)
    return wire, protocol


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_half_a_head_is_dropped_however_it_trickles(loop):
    async def run() -> tuple[bool, bool]:
        wire, protocol = await connected(Starlette())
        for byte in b"GET /" + b"a" * (int(HEAD_S) - 7):
            await asyncio.sleep(1)
            protocol.data_received(bytes([byte]))
        before = wire.closed
        await asyncio.sleep(3)
        return before, wire.closed

    assert apart(loop.run_until_complete, run()) == (False, True)


def test_a_whole_head_is_waited_for_no_longer_and_the_next_one_is(loop):
    """A reply may take as long as it takes; half a second request after it may not."""

    async def slow(_: Request) -> PlainTextResponse:
        await asyncio.sleep(5 * HEAD_S)
        return PlainTextResponse("done")

    async def run() -> tuple[bytes, bool, bool]:
        wire, protocol = await connected(Starlette(routes=[Route("/", slow)]))
        protocol.data_received(HEAD)
        await asyncio.sleep(5 * HEAD_S + 1)
        sent, open_then = wire.sent, not wire.closed
        protocol.data_received(HEAD[:9])
        await asyncio.sleep(HEAD_S + 1)
        return sent, open_then, wire.closed

    sent, open_then, closed = apart(loop.run_until_complete, run())
    assert sent.startswith(b"HTTP/1.1 200")
    assert sent.endswith(b"done")
    assert open_then
    assert closed


def test_uvicorn_serves_by_it(monkeypatch):
    monkeypatch.setattr(slow_clients, "HTTP_PROTOCOLS", slow_clients.HTTP_PROTOCOLS)
    use_head_timeout()
    config = Config(Starlette(), log_level="critical")
    config.load()
    assert config.http_protocol_class is HeadTimeoutProtocol
