"""Who the owner of a public server is: whoever knows GAN_OWNER_KEY.

A key, and not the Hub's sign-in: it works in any container, it gives no token of the owner's
account to this server, and a changed key signs everybody out. It is typed into a form, never in a
link, and kept in the browser as a cookie that is signed with the key and holds nothing of it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import time
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.responses import Response

from gan.ui.server.routes import Context

log = logging.getLogger(__name__)
KEY = "GAN_OWNER_KEY"
LEAST = 16  # characters; a shorter key could be guessed in spite of the limits
COOKIE, HOURS = "gan_owner", 12


def owner_key() -> str:
    """The key; empty where there is none, or one that is too short or no text."""
    found = os.environ.get(KEY, "").strip()
    return found if len(found) >= LEAST and found.isprintable() else ""


def warn_of_useless_key() -> None:
    """Say at the start why a key that is set opens nothing."""
    if os.environ.get(KEY, "").strip() and not owner_key():
        log.warning(
            "%s must have %d characters or more, all of them printable; until then nobody can "
            "sign in", KEY, LEAST,
        )  # fmt: skip


def is_offered(context: Context) -> bool:
    """Whether there is an owner's page at all: at home, and where a key is set."""
    return context.profile.local or bool(owner_key())


def is_key(sent: object) -> bool:
    """Whether the owner's key was sent; takes as long for any text."""
    ours, theirs = owner_key(), sent if isinstance(sent, str) else ""
    same = hmac.compare_digest(_digest(ours), _digest(theirs.strip()))
    return same and bool(ours)


def is_owner(context: Context, request: Request) -> bool:
    """Whoever sits at this machine; in public whoever has a cookie signed with the present key."""
    if context.profile.local:
        return True
    key, now = owner_key(), time.time()
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return False
    until, _, rest = (morsel.value if morsel else "").partition(".")
    nonce, _, mac = rest.partition(".")
    if not key or not until.isascii() or not until.isdigit() or len(until) > 12:
        return False
    signed = hmac.compare_digest(mac.encode(), _signature(key, until, nonce).encode())
    return signed and now < int(until) <= now + HOURS * 3600


def sign_in(request: Request, reply: Response) -> None:
    """Let `reply` set the cookie: for this browser, no script, no other site, HOURS long."""
    until, nonce = str(int(time.time()) + HOURS * 3600), secrets.token_hex(8)
    value = f"{until}.{nonce}.{_signature(owner_key(), until, nonce)}"
    reply.set_cookie(
        COOKIE, value, max_age=HOURS * 3600, httponly=True, samesite="strict",
        secure=_is_https(request),
    )  # fmt: skip


def sign_out(request: Request, reply: Response) -> None:
    """Let `reply` delete the cookie."""
    reply.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_https(request))


def _is_https(request: Request) -> bool:
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _signature(key: str, until: str, nonce: str) -> str:
    return hmac.new(key.encode(), f"gan-owner {until} {nonce}".encode(), "sha256").hexdigest()
