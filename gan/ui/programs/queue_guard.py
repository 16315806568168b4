"""Guard of Gradio's queue: only calls to our endpoints with plain values pass, checked up front.

Gradio fetches anything that looks like one of its files, keeps what it was sent, and logs a
traceback for unexpected input. So only numbers, short texts and flat lists of these pass, for
exactly the declared arguments.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import parse_qs

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan.ui.server.subpath import route_path

MAX_BODY = 32 * 2**10
MAX_TEXT, MAX_LIST = 500, 1024
CALL = re.compile(r"/gradio_api/call/(v2/)?(\w+)")
REPLY = re.compile(r"/gradio_api/call/(?:v2/)?(\w+)/([0-9a-f]{32})")
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
QUEUE = ("/gradio_api/call/", "/gradio_api/queue/")
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
JOIN_KEYS = {"data", "fn_index", "session_hash"}


class Endpoint(NamedTuple):
    """A function's arguments as clients see them."""

    name: str
    arguments: tuple[str, ...]
    required: int  # the first so many are required


class Refused(Exception):
    """A rejected call: a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def endpoint_of(name: str, function: Callable[..., Any], hidden: type) -> Endpoint:
    """The endpoint for `function`; arguments of type `hidden` are not exposed."""
    types = get_type_hints(function)
    found = [
        p for name, p in inspect.signature(function).parameters.items() if types[name] is not hidden
    ]
    required = sum(p.default is p.empty for p in found)
    return Endpoint(name, tuple(p.name for p in found), required)


class Opened:
    """The public endpoints, by name and by Gradio's function index."""

    def __init__(self, by_number: Mapping[int, Endpoint], queue: Callable[[], Any]) -> None:
        self._by_number = dict(by_number)
        self._queue = queue  # Gradio's; a page may get a new one
        self._by_name = {e.name: e for e in by_number.values()}

    def is_path(self, method: str, path: str) -> bool:
        """Whether gradio_client or curl needs this path for one of the endpoints."""
        if method == "POST":
            call = CALL.fullmatch(path)
            return path == JOIN or (call is not None and call[2] in self._by_name)
        reply = REPLY.fullmatch(path)
        return method == "GET" and (
            path == DATA or (reply is not None and reply[1] in self._by_name)
        )

    def check_reply(self, path: str, query: bytes) -> None:
        """Raises Refused unless this reply is pending: Gradio would log a traceback."""
        queue, reply = self._queue(), REPLY.fullmatch(path)
        session = parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]
        if path == DATA and session not in queue.pending_messages_per_session:
            raise Refused(404, "there is no such session; join the queue first")
        if reply and not queue.pending_event_ids_session.get(reply[2]):
            raise Refused(404, "there is no such call, or its reply was fetched; call again")

    def check(self, path: str, body: bytes) -> None:
        """Raises Refused unless `body` is a call to one of the endpoints."""
        form = _json(body)
        if path == JOIN:
            return self._check_list(self._joined(form), form)
        call = CALL.fullmatch(path)
        endpoint = self._by_name.get(call[2]) if call else None
        if endpoint is None or call is None:
            raise Refused(404, f"there is no such endpoint; there are {', '.join(self._by_name)}")
        if call[1]:
            return _check_names(endpoint, form)
        if form.keys() != {"data"}:
            raise Refused(400, "a call is an object with the list data and nothing else")
        self._check_list(endpoint, form)

    def _joined(self, form: dict[str, Any]) -> Endpoint:
        session, number = form.get("session_hash"), form.get("fn_index")
        if not isinstance(session, str) or not SESSION.fullmatch(session):
            raise Refused(400, "session_hash must be 1 to 64 letters, digits, - or _")
        if type(number) is not int or number not in self._by_number:
            raise Refused(404, f"there is no such endpoint; there are {', '.join(self._by_name)}")
        if any(value is not None for key, value in form.items() if key not in JOIN_KEYS):
            raise Refused(400, "a call has data, fn_index and session_hash and nothing else")
        return self._by_number[number]

    def _check_list(self, endpoint: Endpoint, form: dict[str, Any]) -> None:
        data, names = form.get("data"), endpoint.arguments
        if not isinstance(data, list) or len(data) != len(names):
            raise Refused(400, f"data must be a list of {len(names)}: {', '.join(names) or 'none'}")
        _check_values(dict(zip(names, data, strict=True)))


def _json(body: bytes) -> dict[str, Any]:
    try:
        form = json.loads(body)
    except (ValueError, RecursionError):
        form = None
    if not isinstance(form, dict):
        raise Refused(400, "a call is a JSON object; send one")
    return form


def _check_names(endpoint: Endpoint, form: dict[str, Any]) -> None:
    names = endpoint.arguments
    for name in names[: endpoint.required]:
        if name not in form:
            raise Refused(400, f"{endpoint.name} needs {name}; add it")
    if not form.keys() <= set(names):
        raise Refused(400, f"{endpoint.name} takes {', '.join(names) or 'nothing'}; others came")
    _check_values(form)


def _check_values(form: dict[str, Any]) -> None:
    for name, value in form.items():
        parts = value if isinstance(value, list) else [value]
        if len(parts) > MAX_LIST or not all(_is_plain(part) for part in parts):
            raise Refused(
                400,
                f"{name} must be a number, a text of at most {MAX_TEXT} characters, true, false, "
                f"null or a list of at most {MAX_LIST} of these; correct it",
            )


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return value is None or isinstance(value, bool | int | float)


class Gate:
    """The check before every call, at home too."""

    def __init__(self, app: ASGIApp, opened: Opened) -> None:
        self.app = app
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope).rstrip("/") if scope["type"] == "http" else ""
        if not path.startswith(QUEUE):
            return await self.app(scope, receive, send)
        try:
            if scope["method"] == "POST":
                body = await _body(receive)
                self._opened.check(path, body)
                scope, receive = _as_json(scope), _again(body, receive)
            else:
                self._opened.check_reply(path, scope["query_string"])
        except Refused as refused:
            reply = JSONResponse({"detail": str(refused)}, status_code=refused.status)
            return await reply(scope, receive, send)
        await self.app(scope, receive, send)


def _as_json(scope: Scope) -> Scope:
    """Set the content type of a body parsed as JSON: curl's default says otherwise."""
    headers = [(k, v) for k, v in scope["headers"] if k != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}


async def _body(receive: Receive) -> bytes:
    """The whole body; raises Refused past the limit, counted while reading."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the call was broken off")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise Refused(413, f"a call has at most {MAX_BODY} bytes; ask for less")
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Replay `body`, then continue with what follows it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
