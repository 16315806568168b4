"""The owner's page and its buttons. To strangers there is nothing here but the form for the key."""

from __future__ import annotations

import functools
import json
import logging

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from gan.files import sweep_temporary
from gan.ui.owner.key import is_key, is_offered, is_owner, sign_in, sign_out
from gan.ui.owner.report import Sizes, report
from gan.ui.server.i18n import UI, languages
from gan.ui.server.logs import event
from gan.ui.server.routes import NEVER, STYLE, Context, Handler, assets_version, json_of, on
from gan.ui.server.training_queue import Turns
from gan.ui.server.views import PageError, escape, script_json

log = logging.getLogger(__name__)
# no other site may lead the owner's clicks astray, not even the Hub's frame around a Space
ALONE = NEVER | {
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


def nothing() -> Response:
    """What any address gets where there is nothing."""
    return JSONResponse({"detail": "Not Found"}, status_code=404)


def owners(handler: Handler) -> Handler:
    """`handler` for the owner; for all others the address does not exist."""

    @functools.wraps(handler)
    async def guarded(context: Context, request: Request) -> Response:
        return await handler(context, request) if is_owner(context, request) else nothing()

    return guarded


async def page(context: Context, request: Request) -> Response:
    """The page, with the form alone for whoever is not known as the owner."""
    if not is_offered(context):
        return nothing()
    known = is_owner(context, request)
    return HTMLResponse(page_html(context, known=known), headers=ALONE)


def page_html(context: Context, *, known: bool) -> str:
    """The page: our styles, words and scripts as in the app, without Gradio."""
    assets = f"_gan/assets/{assets_version()}"
    boot = {
        "assets": assets, "languages": languages(), "tabs": [], "local": context.profile.local,
        "limit_s": context.profile.limit_s, "kept": context.kept, "owner": known,
    }  # fmt: skip
    script = (UI / "page" / "boot.js").read_text("utf-8")
    text = (UI / "owner" / "board.html").read_text("utf-8")
    return (
        text.replace("__STYLE__", escape(f"{assets}/{STYLE}"))
        .replace("__BOARD__", escape(f"{assets}/owner/board.js"))
        .replace("__BOOT__", script.replace("__DATA__", script_json(json.dumps(boot))))
    )


async def enter(context: Context, request: Request) -> Response:
    """Sign in with the key."""
    if context.profile.local or not is_offered(context):
        return nothing()
    form = await json_of(request)
    context.spend(request, "owner")
    if not is_key(form.get("key")):
        event(log, logging.WARNING, "the owner's key was wrong")
        raise PageError("gan_owner_error_key", status=403)
    event(log, logging.INFO, "the owner signed in")
    reply = JSONResponse({}, headers=NEVER)
    sign_in(request, reply)
    return reply


@owners
async def leave(context: Context, request: Request) -> Response:
    """Sign out."""
    reply = JSONResponse({}, headers=NEVER)
    sign_out(request, reply)
    return reply


@owners
async def state(context: Context, request: Request) -> Response:
    """What runs, who waits, what it takes, and what was counted."""
    return JSONResponse(await on(context.list_thread, report, context), headers=NEVER)


@owners
async def stop(context: Context, request: Request) -> Response:
    """Stop a training, whosever it is; it saves a checkpoint."""
    run_id = str((await json_of(request)).get("id", ""))

    def send() -> None:
        if not context.supervisor.owns(run_id):
            raise PageError("gan_error_unknown_run", status=404)
        context.supervisor.send(run_id, {"command": "stop"})
        context.runs.forget()

    await on(context.control_thread, send)
    event(log, logging.INFO, "the owner stopped a training", run=run_id)
    return JSONResponse({}, headers=NEVER)


@owners
async def clear(context: Context, request: Request) -> Response:
    """Send away all who wait for a training; they are told so."""
    count = context.part(Turns).clear()
    event(log, logging.INFO, "the owner cleared the queue", count=count)
    return JSONResponse({"count": count}, headers=NEVER)


@owners
async def expire(context: Context, request: Request) -> Response:
    """Delete now what has expired, and what killed processes left."""

    def delete() -> int:
        sweep_temporary()
        count = sum(each(context) for each in context.expiring)
        context.part(Sizes).forget()
        context.runs.forget()
        return count

    count = await on(context.file_thread, delete)
    event(log, logging.INFO, "the owner deleted what has expired", count=count)
    return JSONResponse({"count": count}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/owner", page),
    ("GET", "/_gan/owner/state", state),
    ("POST", "/_gan/owner/enter", enter),
    ("POST", "/_gan/owner/leave", leave),
    ("POST", "/_gan/owner/stop", stop),
    ("POST", "/_gan/owner/clear", clear),
    ("POST", "/_gan/owner/expire", expire),
)
