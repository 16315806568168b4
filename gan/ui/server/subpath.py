"""Serves the app under any sub-path of a reverse proxy, whether or not the proxy announces it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio's page (templates/frontend/index.html) states its own URL where these match. That is the
# server's view; only the browser knows what prefix a proxy adds.
HERE = 'new URL(".", location.href).href.replace(/[/]$/, "")'
STATED = (
    (re.compile(r"(?<=<script>)(window\.gradio_config = .*?;)(?=</script>)", re.DOTALL),
     r"\1window.gradio_config.root = HERE;"),
    (re.compile(r'const root = "[^"\n]*";'), "const root = HERE;"),
    (re.compile(r'href="/manifest\.json"'), 'href="manifest.json"'),
    # without the trailing slash, relative URLs would resolve one level too high
    (re.compile(r"<head>"), '<head><script>if (!location.pathname.endsWith("/")) location.replace('
     'location.pathname + "/" + location.search + location.hash);</script>'),
)  # fmt: skip


SCRIPTS = "<script data-gradio-mode>"  # what Gradio's page has right after its configuration


def root_path_from(value: str | None) -> str:
    """GRADIO_ROOT_PATH as ASGI's root_path: `gan/`, `/gan` and `https://host/gan` give `/gan`."""
    path = urlsplit(value or "").path.strip("/")
    return f"/{path}" if path else ""


def route_path(scope: Scope) -> str:
    """The path without the sub-path, for proxies that keep it and for those that strip it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] or "/" if root and f"{path}/".startswith(f"{root}/") else path


def with_own_address(html: str) -> str:
    """Gradio's page with the browser's own URL as its root, instead of the server's."""
    for pattern, text in STATED:
        if found := pattern.search(html):
            stated = found.expand(text).replace("HERE", HERE)
            html = html[: found.start()] + stated + html[found.end() :]
    return html


class OwnAddress:
    """Middleware: the page works under whatever URL the browser used.

    early: a script that runs once Gradio's configuration is there and before Gradio.
    """

    def __init__(self, app: ASGIApp, early: str = "") -> None:
        self.app = app
        self._early = f"<script>{early}</script>{SCRIPTS}" if early else SCRIPTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or route_path(scope) != "/":
            return await self.app(scope, receive, send)
        begun: list[Message] = []  # held back until the length of the body is known
        parts: list[bytes] = []

        async def send_rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            if begun[0]["status"] == 200:
                html = with_own_address(body.decode()).replace(SCRIPTS, self._early, 1)
                body = html.encode()
            MutableHeaders(scope=begun[0])["content-length"] = str(len(body))
            await send(begun[0])
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_rewritten)
