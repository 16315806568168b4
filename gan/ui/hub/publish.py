"""Publishing from the page: authorisation, the dry-run plan, and the upload.

At home with the Hub login saved on the machine, or with a typed token that is used once; in public
only with the visitor's own sign-in. Tokens appear in no reply, no log and no state.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.errors import HubError
from gan.hub import push, sending
from gan.hub.client import saved_token
from gan.ui.server import signin
from gan.ui.server.in_turn import visitor_of
from gan.ui.server.resources import one_thread
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.state import run_of
from gan.ui.server.streams import Cancelled, Workers, line, stream
from gan.ui.server.views import PageError

KEPT_PLANS = 4  # each holds its files, up to a few hundred MB
MAX_TOKEN = 200
AWAY = ("unreachable", "offline", "slow", "server")  # kinds of HubError: no Hub is answering
MAX_REPO = 100
PICTURES = {"png": "image/png", "webp": "image/webp"}


class Draft(NamedTuple):
    """A plan as shown to its owner, so that exactly this is uploaded."""

    session: str
    plan: push.PushPlan


@dataclass
class Publisher:
    """Shown plans by unguessable id; one thread that prepares and uploads."""

    pushes: Workers = field(default_factory=lambda: Workers("push", most=4))
    ask_thread: ThreadPoolExecutor = field(default_factory=lambda: one_thread("account"))
    drafts: OrderedDict[str, Draft] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, draft: Draft) -> str:
        """Store a draft and return its id; the visitor's previous one and the oldest are
        evicted."""
        number = secrets.token_hex(16)
        with self.lock:
            for last in [n for n, d in self.drafts.items() if d.session == draft.session]:
                del self.drafts[last]
            self.drafts[number] = draft
            while len(self.drafts) > KEPT_PLANS:
                self.drafts.popitem(last=False)
        return number

    def find(self, number: str, session: str) -> Draft:
        """Raises PageError for a draft that is gone or belongs to another visitor."""
        with self.lock:
            draft = self.drafts.get(number)
        if draft is None or draft.session != session:
            raise PageError("gan_push_gone", status=404)
        return draft

    def close(self) -> None:
        """Stop; nothing more is uploaded."""
        self.pushes.close()
        self.ask_thread.shutdown(wait=False, cancel_futures=True)


# ---- authorisation ----------------------------------------------------------------------------


def own_token(context: Context, request: Request) -> str:
    """The requester's token: this machine's saved login at home, the visitor's own in public."""
    if context.profile.local:
        return saved_token()
    known = signin.visitor(request) if context.profile.sign_in else None
    return known.token if known else ""


def rights(context: Context, request: Request) -> dict[str, Any]:
    """Whether this visitor may publish and under which account; never a token."""
    if context.profile.local:
        return {"open": True, "login": bool(saved_token()), "account": None}
    known = signin.visitor(request) if context.profile.sign_in else None
    found = {"open": known is not None, "login": False, "account": known and known.name}
    if context.profile.sign_in:  # relative to the page, whatever prefix a proxy adds
        found["sign_in"] = signin.LOGIN_PATH.removeprefix("/")
        found["sign_out"] = signin.LOGOUT_PATH.removeprefix("/")
    return found


def _token_for(context: Context, request: Request, form: dict[str, Any]) -> str:
    """The token to publish with; raises PageError where there is none."""
    typed = form.get("token") or ""
    if not isinstance(typed, str) or len(typed) > MAX_TOKEN:
        raise PageError("gan_error_request")
    token = (typed.strip() if context.profile.local else "") or own_token(context, request)
    if not token:
        raise PageError("gan_push_no_token", status=403)
    return token


def _token_to_plan(context: Context, request: Request, form: dict[str, Any]) -> str:
    """Like `_token_for`, but at home it may be empty, as a dry run uploads nothing."""
    try:
        return _token_for(context, request, form)
    except PageError as error:
        if not context.profile.local or error.message.key != "gan_push_no_token":
            raise
    return ""


# ---- plan and upload --------------------------------------------------------------------------


async def account(context: Context, request: Request) -> Response:
    """The account of this machine's saved login, if the Hub tells; requested at home only."""
    if not context.profile.local:
        raise PageError("gan_error_request")

    def ask() -> str | None:
        try:
            return push.account(saved_token())
        except HubError:
            return None  # it may still be good for publishing; the dry run will tell

    return JSONResponse({"name": await on(context.part(Publisher).ask_thread, ask)}, headers=NEVER)


def _may_publish(context: Context, session: str, ref: str) -> None:
    """In public only the visitor who started a training may publish it."""
    if context.profile.local or not (run_id := run_of(context, ref)):
        return
    if not context.owners.owns(session, run_id):
        raise PageError("gan_push_foreign", status=403)


async def prepare(context: Context, request: Request) -> Response:
    """Dry run: every file with its size, the card, and what the repo holds already.

    At home it works without a token and offline; the repo's contents are not checked then.
    """
    form, session = await json_of(request), session_of(request)
    token, ref = _token_to_plan(context, request, form), str(form.get("ref", ""))
    repo, licence = (str(form.get(key, ""))[:MAX_REPO].strip() for key in ("repo", "licence"))
    private = form.get("private") is True
    _may_publish(context, session, ref)
    context.spend(request, "push")
    desk = context.part(Publisher)

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        make = partial(
            push.plan, context.models.plain(ref), repo, private=private, licence=licence,
            cancelled=cancelled,
        )  # fmt: skip
        plan, unasked = _planned(make, token)
        shown = plan_json(plan) | {"unasked": unasked}
        yield line({"plan": {"id": desk.keep(Draft(session, plan)), **shown}})

    return stream(desk.pushes, visitor_of(request), work)


def _planned(make: Callable[..., push.PushPlan], token: str) -> tuple[push.PushPlan, str]:
    """A plan, and why the repo was not checked: "token", "hub", or "" if it was."""
    if not token:
        return make(ask=False), "token"
    try:
        return make(token=token), ""
    except HubError as error:
        if error.kind not in AWAY:
            raise
    return make(ask=False), "hub"


def plan_json(plan: push.PushPlan) -> dict[str, Any]:
    """A plan for the page."""
    return {
        "repo": plan.repo,
        "private": plan.private,
        "files": [{"path": path, "bytes": len(data)} for path, data in plan.files],
        "card": plan.card,
        "exists": bool(plan.exists),
        "overwrites": list(plan.overwrites),
        "warnings": [warning.to_json() for warning in plan.warnings],
    }


async def picture(context: Context, request: Request) -> Response:
    """A picture of a plan, as on its card."""
    number, name = (request.query_params.get(key, "") for key in ("id", "name"))
    draft = context.part(Publisher).find(number, session_of(request))
    media = PICTURES.get(name.rpartition(".")[2])
    data = dict(draft.plan.files).get(name)
    if media is None or data is None:
        raise PageError("gan_push_gone", status=404)
    return Response(data, media_type=media, headers=NEVER)


async def send(context: Context, request: Request) -> Response:
    """Upload a shown plan: progress lines, then one with the URL."""
    form, session = await json_of(request), session_of(request)
    token, desk = _token_for(context, request, form), context.part(Publisher)
    draft = desk.find(str(form.get("id", "")), session)
    context.spend(request, "push")

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        wanted = form.get("overwrite") is True
        news = sending.send(draft.plan, token=token, overwrite=wanted, cancelled=cancelled)
        yield from (line(step._asdict()) for step in news)

    return stream(desk.pushes, visitor_of(request), work)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/hub/account", account),
    ("POST", "/_gan/hub/plan", prepare),
    ("GET", "/_gan/hub/plan/picture", picture),
    ("POST", "/_gan/hub/push", send),
)
