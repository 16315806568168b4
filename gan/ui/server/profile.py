"""Authorisation: the local and public profiles, and the guard before every request.

Fail-closed: anything not known to be bound to loopback is public.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan.data.limits import LOCAL, PUBLIC, ReadLimits
from gan.runs.memory import memory_mb
from gan.ui.server.subpath import route_path

PUBLIC_LIMIT_S = 600
PUBLIC_MEMORY_MB = 4096  # of a training's process, where the owner sets none (gan.runs.memory)
COOKIE = "gan_session"
HEALTH = "/healthz"  # asked every few seconds, by no visitor
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Gradio paths that a page load needs. None of them runs an event or accepts an upload.
PUBLIC_PATHS = (
    "/_gan/", "/assets/", "/static/", "/theme.css", "/config", "/gradio_api/info",
    "/gradio_api/heartbeat/", "/gradio_api/app_id", "/gradio_api/startup-events",
    "/favicon.ico", "/manifest.json", "/svelte/",
)  # fmt: skip
SIGN_IN_PATHS = ("/login/huggingface", "/login/callback", "/logout")
SIGN_IN_NEEDS = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")


@dataclass
class Profile:
    """`local` is a personal server with full rights; public is a restricted demo."""

    local: bool = False
    hosts: set[str] = field(default_factory=set)
    any_address: bool = False  # bound to all interfaces: a bare IP address is a valid Host
    sign_in: bool = False  # on a Space with OAuth

    @property
    def reads(self) -> ReadLimits:
        """What pictures are read, and how large."""
        return LOCAL if self.local else PUBLIC

    @property
    def memory_mb(self) -> int:
        """What a visitor's training may take, in MB."""
        return memory_mb() or PUBLIC_MEMORY_MB

    @property
    def limit_s(self) -> int | None:
        """Longest training in seconds, None for no limit."""
        return None if self.local else PUBLIC_LIMIT_S

    def allows_host(self, host: str) -> bool:
        """Whether a Host header is ours; guards against DNS rebinding."""
        name = host_name(host)
        return name in self.hosts or (self.any_address and _is_address(name))


def build_profile(
    host: str, *, share: bool = False, env: Mapping[str, str] = os.environ
) -> Profile:
    """The profile of a server bound to `host`."""
    local = host in LOOPBACK and not share and not env.get("SPACE_ID")
    # a Space with a custom domain has several names
    names = f"{env.get('GAN_ALLOWED_HOSTS', '')},{env.get('SPACE_HOST', '')}".lower().split(",")
    named = {name.strip() for name in names if name.strip()}
    return Profile(
        local=local,
        hosts={*LOOPBACK, *named, host.lower()},
        any_address=host not in LOOPBACK,
        sign_in=not local and _is_oauth_configured(env),
    )


def _is_oauth_configured(env: Mapping[str, str]) -> bool:
    """A Space with `hf_oauth: true`. Elsewhere Gradio would sign everybody in as the owner, and
    without the secret it would sign sessions with a guessable key."""
    on_a_space = env.get("SYSTEM") == "spaces" and bool(env.get("SPACE_ID"))
    return on_a_space and all(env.get(name) for name in SIGN_IN_NEEDS)


def host_name(host: str) -> str:
    """`localhost:7860` -> `localhost`, `[::1]:7860` -> `::1`."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Host allow-list and same-origin check before every request; assigns each browser a
    session."""

    def __init__(
        self,
        app: ASGIApp,
        profile: Profile,
        opened: Callable[[str, str], bool] = lambda method, path: False,
    ) -> None:
        self.app = app
        self.profile = profile
        self._opened = opened  # further public routes: (method, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        if (status := self._refusal(scope, headers)) is not None:
            reply = PlainTextResponse("This request is not served here.", status_code=status)
            return await reply(scope, receive, send)
        known = session_in(headers.get("cookie", ""))
        scope["gan_session"] = known or secrets.token_hex(16)
        send = send if known or route_path(scope) == HEALTH else _with_cookie(scope, headers, send)
        await self.app(scope, receive, _unframed(send) if self.profile.local else send)

    def _refusal(self, scope: Scope, headers: Headers) -> int | None:
        if not self.profile.allows_host(headers.get("host", "")):
            return 403
        if not self.profile.local and not self._is_reviewed(scope["method"], route_path(scope)):
            return 404
        reads = scope["method"] in ("GET", "HEAD", "OPTIONS")
        # a GET may come from a link; one with an Origin header comes from a script that would read
        # it
        if (reads and "origin" not in headers) or _is_same_origin(headers):
            return None
        return 403

    def _is_reviewed(self, method: str, path: str) -> bool:
        if path in ("/", HEALTH) or path.startswith(PUBLIC_PATHS):
            return True
        if method == "GET" and path in SIGN_IN_PATHS:
            return self.profile.sign_in
        return self._opened(method, path)


def _is_same_origin(headers: Headers) -> bool:
    """Same-origin check by browser headers; a request with neither header is not from a browser.

    Sec-Fetch-Site decides if present: no script can set it, and it holds behind a proxy that
    rewrites Host. Plain http from another machine lacks it.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is None:
        return True
    ours = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    try:
        return urlsplit(origin).netloc in ours
    except ValueError:
        return False


def session_in(cookie: str) -> str | None:
    """The session of a Cookie header, or None unless it holds a well-formed one."""
    try:
        morsel = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return None
    value = morsel.value if morsel else ""
    return value if len(value) == 32 and value.isalnum() and value.isascii() else None


def _unframed(send: Send) -> Send:
    """At home no other site may show the app in a frame, where clicks could be led astray; a Space
    lives in one."""

    async def send_unframed(message: Message) -> None:
        if message["type"] == "http.response.start":
            rule = "frame-ancestors 'self'"
            MutableHeaders(scope=message).append("content-security-policy", rule)
        await send(message)

    return send_unframed


def _with_cookie(scope: Scope, headers: Headers, send: Send) -> Send:
    secure = scope.get("scheme") == "https" or headers.get("x-forwarded-proto") == "https"
    # inside the Hub's iframe the page is third-party: only SameSite=None cookies are sent back
    rules = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{COOKIE}={scope['gan_session']}; Path=/; HttpOnly; {rules}"
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_with_cookie
