"""Presets that a person has saved, for the form; on one's own computer only."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.runs import userpresets
from gan.runs.userpresets import UserPreset
from gan.ui.routes import NEVER, Context, Handler, json_of, on
from gan.ui.views import PageError


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


def to_base(context: Context, form: dict[str, Any]) -> dict[str, Any]:
    """A form in which a saved preset is replaced by the built-in one that it was made from."""
    name = form.get("preset")
    if not context.profile.local or not isinstance(name, str):
        return form
    mine = userpresets.load_presets().get(name)
    return form | {"preset": mine.base} if mine else form


async def save(context: Context, request: Request) -> Response:
    """Keep the form's preset, data and changed settings under a name."""
    from gan.ui.trainform import read_wish  # noqa: PLC0415 - it reads a form through this module

    _check_local(context)
    body = await json_of(request)
    form, name = body.get("form"), str(body.get("name", "")).strip()
    if not isinstance(form, dict):
        raise PageError("gan_error_request")

    def write() -> None:
        wish = read_wish(context, form)
        settings = {key: _plain(value) for key, value in wish.settings.items()}
        userpresets.save_preset(UserPreset(name, wish.preset, wish.data, settings))

    await on(context.disk_thread, write)
    return JSONResponse({"name": name}, headers=NEVER)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


async def delete(context: Context, request: Request) -> Response:
    """Delete one by its name."""
    _check_local(context)
    name = str((await json_of(request)).get("name", ""))
    await on(context.disk_thread, userpresets.delete_preset, name)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/gan/presets", listing),
    ("POST", "/gan/presets/save", save),
    ("POST", "/gan/presets/delete", delete),
)
