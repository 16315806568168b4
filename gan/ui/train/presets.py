"""User-saved presets for the form; on one's own computer only."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import setting_text
from gan.runs import userpresets
from gan.runs.userpresets import UserPreset
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.views import PageError
from gan.ui.train.start_form import read_wish


def _check_local(context: Context) -> None:
    if not context.profile.local:
        raise PageError("gan_error_local_only", status=403)


async def listing(context: Context, request: Request) -> Response:
    """All of them by name."""
    _check_local(context)

    def read() -> dict[str, Any]:
        return {
            name: {"base": p.base, "data": p.data, "settings": p.settings}
            for name, p in userpresets.load_presets().items()
        }

    return JSONResponse({"presets": await on(context.disk_thread, read)}, headers=NEVER)


async def save(context: Context, request: Request) -> Response:
    """Save the form's preset, data and changed settings under a name."""
    _check_local(context)
    body, session = await json_of(request), session_of(request)
    form, name = body.get("form"), str(body.get("name", "")).strip()
    if not isinstance(form, dict):
        raise PageError("gan_error_request")

    def write() -> None:
        wish = read_wish(context, form, session)
        settings = {key: setting_text(value) for key, value in wish.settings.items()}
        userpresets.save_preset(UserPreset(name, wish.preset, wish.data, settings))

    await on(context.disk_thread, write)
    return JSONResponse({"name": name}, headers=NEVER)


async def delete(context: Context, request: Request) -> Response:
    """Delete one by name."""
    _check_local(context)
    name = str((await json_of(request)).get("name", ""))
    await on(context.disk_thread, userpresets.delete_preset, name)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/presets", listing),
    ("POST", "/_gan/presets/save", save),
    ("POST", "/_gan/presets/delete", delete),
)
