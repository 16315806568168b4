"""The visitor's Hub identity: Gradio's OAuth session, read and checked by our routes.

Gradio adds its OAuth routes only if a page contains its LoginButton, and sign-in only really works
on a Space. Our button exists for that alone: it is invisible and runs no event, so the list of
endpoints is unchanged. The page links to LOGIN_PATH and LOGOUT_PATH itself.
"""

from __future__ import annotations

import importlib.util
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.ui.server.routes import NEVER, Context, Handler
from gan.ui.server.views import is_number

log = logging.getLogger(__name__)
LOGIN_PATH, LOGOUT_PATH = "/login/huggingface", "/logout"
PACKAGES = ("authlib", "itsdangerous")  # from the extra gradio[oauth], which every Space has
MAX_NAME = 96


@dataclass(frozen=True)
class Visitor:
    """A signed-in visitor; the token is theirs and belongs in no log and no reply."""

    name: str
    token: str = field(repr=False)


def build(page: gr.Blocks) -> None:
    """Have Gradio add its OAuth routes; call it if the profile has `sign_in`.

    Created outside of `page` the button gets no event, which would be one more endpoint, and a
    queued one.
    """
    button = gr.LoginButton(visible=False)
    with page:
        button.render()  # type: ignore[no-untyped-call]


def is_installed() -> bool:
    """Whether Gradio's sign-in can work; False, with a log message, if a package is missing."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        log.warning("nobody can sign in: install gradio[oauth], %s is missing", missing[0])
    return not missing


def visitor(request: Request) -> Visitor | None:
    """The visitor, from the signed session cookie; None if absent, malformed or expired."""
    session = request.scope.get("session")
    found = session.get("oauth_info") if isinstance(session, Mapping) else None
    if not isinstance(found, Mapping) or not _is_valid_until(found.get("expires_at")):
        return None
    user = found.get("userinfo")
    name = user.get("preferred_username") if isinstance(user, Mapping) else None
    token = found.get("access_token")
    if not (_is_text(name) and _is_text(token)):
        return None
    return Visitor(name[:MAX_NAME], token)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _is_valid_until(moment: Any) -> bool:
    """Fail-closed: a session without an expiry has expired."""
    return is_number(moment) and math.isfinite(moment) and moment > time.time()


async def who(context: Context, request: Request) -> Response:
    """Whether sign-in is available, and the visitor's account name; never the token."""
    possible = context.profile.sign_in
    known = visitor(request) if possible else None
    return JSONResponse({"sign_in": possible, "name": known and known.name}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/visitor", who),)
