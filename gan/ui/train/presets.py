"""User-saved presets for the form; on one's own computer only."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import RunConfig
from gan.errors import ConfigError
from gan.races import changes_of
from gan.runs import RunReader, RunStatus, userpresets
from gan.runs.userpresets import UserPreset
from gan.settings import apply_settings, parse_setting, setting_text
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.settings import settings_json
from gan.ui.server.views import PageError, finite
from gan.ui.train import start_form
from gan.ui.train.start_form import read_wish

LOOKED_AT = 200  # newest runs, for the picture of a preset's last one


def _check_local(context: Context) -> None:
    if not context.profile.local:
        raise PageError("gan_error_local_only", status=403)


def _last_run(
    context: Context, preset: UserPreset, statuses: list[RunStatus]
) -> dict[str, Any] | None:
    """The newest run that this preset would have started, and its last picture."""
    for status in statuses:
        if (status.preset, status.data) != (preset.base, preset.data):
            continue
        config = context.runs.config(status.id)
        snapshots = RunReader(status.path).snapshots()
        if config is None or config.parent or not snapshots or not _fits(preset, config):
            continue
        return {"id": status.id, "nimg": snapshots[-1], "seconds": finite(status.seconds),
                "since": int(finite(status.started_at) or 0)}  # fmt: skip
    return None


def _fits(preset: UserPreset, config: RunConfig) -> bool:
    """Whether `config` is what the preset trains; one that no longer trains fits nothing, and is
    listed all the same, so that it can be deleted."""
    fresh = start_form.fresh_config(preset.base, preset.data)
    try:
        wanted = apply_settings(
            fresh, dict(parse_setting(f"{key}={text}") for key, text in preset.settings.items())
        )
    except ConfigError:
        return False
    return settings_json(wanted) == settings_json(config)


def _changes(preset: str) -> list[str] | None:
    """What it may be changed by in a race; None of one that no longer trains."""
    try:
        return list(changes_of(preset))
    except ConfigError:
        return None


async def listing(context: Context, request: Request) -> Response:
    """All of them by name."""
    _check_local(context)

    def read() -> dict[str, Any]:
        statuses = context.runs.statuses()[:LOOKED_AT]
        return {
            name: {"base": p.base, "data": p.data, "settings": p.settings}
            | {"run": _last_run(context, p, statuses), "changes": _changes(name)}
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
