"""Outermost middleware: each request gets an id, is counted, and is logged where it matters."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan.ui.server.logs import event, identified, network_of
from gan.ui.server.profile import session_in
from gan.ui.server.routes import Context
from gan.ui.server.subpath import route_path
from gan.ui.server.views import reply_json
from gan.ui.server.visitors import address_of

log = logging.getLogger(__name__)
HEADER = "x-request-id"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # any word may be sent
STARTS = ("/_gan/train/start", "/_gan/races/start")  # requests for a training
SALT = secrets.token_bytes(16)  # of this process: its lines can be told apart by visitor, no others


class RequestLog:
    """An id for each request; errors that nobody caught end here, in one sentence."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app, self.context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.monotonic(), 0
        noted = scope.setdefault("gan_noted", {})  # route, code and kind, from whoever knows them

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = known
            await send(message)

        with identified(secrets.token_hex(6)) as known:
            try:
                await self.app(scope, receive, told)
            except Exception as error:
                noted["code"] = "gan_error_server"
                log.exception("%s failed", noted.get("route", "a request"))
                if not status:
                    reply = JSONResponse(reply_json(error), status_code=500)
                    await reply(scope, receive, told)
            finally:
                self._note(scope, status, 1000 * (time.monotonic() - began))

    def _note(self, scope: Scope, status: int, ms: float) -> None:
        noted, counters, path = scope["gan_noted"], self.context.counters, route_path(scope)
        is_visit = scope["method"] == "GET" and path == "/" and status == 200
        if is_visit:
            counters.add("visits")
            if session_in(Headers(scope=scope).get("cookie", "")) is None:
                counters.add("visitors")
        if status >= 400:
            counters.add("errors", noted.get("code") or f"HTTP {status}")
            if noted.get("route") in STARTS:
                counters.add("refused", noted.get("code", ""))
        if not (is_visit or status >= 400 or "kind" in noted):
            return
        route = noted.get("route") or ("/" if is_visit else None)
        method = scope["method"] if scope["method"] in METHODS else "other"
        event(
            log, logging.INFO, "visit" if is_visit else "request", method=method,
            route=route, status=status, code=noted.get("code"), kind=noted.get("kind"),
            ms=round(ms), visitor=_visitor(scope), network=network_of(address_of(Request(scope))),
        )  # fmt: skip


def _visitor(scope: Scope) -> str:
    """A visitor in this process's lines; nothing from which a session could be made."""
    session = str(scope.get("gan_session", ""))
    return hashlib.blake2s(session.encode(), key=SALT, digest_size=4).hexdigest() if session else ""
