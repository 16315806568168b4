"""Clients that send too slowly: a body below a minimum rate ends with 408, half a request's head is
dropped. Time counts only while the server waits for them."""

from __future__ import annotations

import asyncio

import h11
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.h11_impl import H11Protocol

from gan.ui.server.profile import Profile
from gan.ui.server.views import PageError, reply_json

WINDOW_S, WINDOW_BYTES = 30.0, 30 * 1024  # 1 KB/s; the first window is the grace
HEAD_S = 30.0  # from the connection, or the last reply, to a whole head


class MinimumBodyRate:
    """In public each `WINDOW_BYTES` of a body must come within `WINDOW_S` of waiting for them."""

    def __init__(self, app: ASGIApp, profile: Profile) -> None:
        self.app, self.profile = app, profile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.profile.local:
            return await self.app(scope, receive, send)
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, _Measured(receive), sent)
        except PageError as error:  # from a route that is not ours
            if begun:
                raise
            reply = JSONResponse(reply_json(error), status_code=error.status)
            await reply(scope, receive, send)


class _Measured:
    """A `receive` that raises PageError (408) while too little comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waited_s, self._got = 0.0, 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # what comes next is the disconnect, whenever that is
            return await self._receive()
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(WINDOW_S - self._waited_s):
                message = await self._receive()
        except TimeoutError:
            raise PageError("gan_error_slow", status=408) from None
        self._waited_s += clock() - begun
        self._got += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._got >= WINDOW_BYTES:
            self._waited_s, self._got = 0.0, 0
        return message


class HeadTimeoutProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn serves it; it has no limit for a head that never ends, this has."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()

    def _wait_for_head(self) -> None:
        """Run the timer exactly while a head is due; what comes of it does not extend the time."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def use_head_timeout() -> None:
    """Let uvicorn use it from now on; Gradio passes no settings on."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{HeadTimeoutProtocol.__name__}"
