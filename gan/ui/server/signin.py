"""Who a visitor is on the Hub: Gradio's OAuth session, read and checked again by our routes.

Gradio makes the routes of signing in only where a page holds its LoginButton, and only a Space can
really sign anybody in. Ours is there for that alone: nobody sees it, and it runs no event, so that
the list of endpoints stays as it is. The page links to LOGIN_PATH and LOGOUT_PATH itself.
"""

from __future__ import annotations

import importlib.util
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.ui.server.routes import NEVER, Context, Handler
from gan.ui.server.views import is_number

log = logging.getLogger(__name__)
LOGIN_PATH, LOGOUT_PATH = "/login/huggingface", "/logout"
PACKAGES = ("authlib", "itsdangerous")  # of the extra gradio[oauth], which every Space has
MAX_NAME = 96


@dataclass(frozen=True)
class Visitor:
    """Somebody who signed in; the token is theirs and belongs in no log and no reply."""

    name: str
    token: str = field(repr=False)


def build(page: gr.Blocks) -> None:
    """Have Gradio make the routes of signing in; call it where the profile has `sign_in`.

    Made outside of `page` the button gets no event: that would be one more endpoint, and one that
    asks the queue.
    """
    button = gr.LoginButton(visible=False)
    with page:
        button.render()


def is_installed() -> bool:
    """Whether Gradio could sign people in; False, with a word in the log, where a package lacks."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        log.warning("nobody can sign in: install gradio[oauth], %s is missing", missing[0])
    return not missing


def visitor(request: Request) -> Visitor | None:
    """Who asks, by the signed session cookie; None for nobody, nonsense and what has expired."""
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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_valid_until(moment: Any) -> bool:
    """Fail-closed: a session that does not say when it ends has ended."""
    return is_number(moment) and math.isfinite(moment) and moment > time.time()


async def who(context: Context, request: Request) -> Response:
    """Whether one can sign in here, and as whom one did; never the token."""
    possible = context.profile.sign_in
    known = visitor(request) if possible else None
    return JSONResponse({"sign_in": possible, "name": known and known.name}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("GET", "/_gan/visitor", who),)
