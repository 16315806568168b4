"""The form that starts a training: its choices, validation, and conversion to and from a command
line."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import KEEP_MB, RESOLUTIONS, RunConfig
from gan.data import DATA_NAMES, check_data, check_spec, default_resolution, is_shared, shape_of
from gan.errors import GanError
from gan.kinds import kind_of
from gan.presets import PRESETS, get_preset, run_config
from gan.runs import command_line, manage, new_run_dir, train_argv
from gan.sampling import MAX_SEED
from gan.settings import apply_settings
from gan.ui.server import drawings
from gan.ui.server.i18n import UI
from gan.ui.server.public_limits import PUBLIC_MOST, check_cost, check_public
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.settings import (
    as_text,
    changed_settings,
    describe,
    other_settings,
    settings_json,
)
from gan.ui.server.training_queue import begin_or_wait
from gan.ui.server.views import PageError, error_json, real_number, whole_number
from gan.ui.train import forks, own_images
from gan.ui.train.command_line import parse_command

MAX_SECONDS = 30 * 24 * 3600
MAX_KIMG = 1e8
MAX_KEEP_MB = 1e6
LOGS = ("tensorboard",)
HIDDEN = {"folder": "pictures", "points": "drawing.json"}  # in public, for the server's own paths


def form_options() -> dict[str, Any]:
    """The form's choices: presets with their settings, data, and the fields in groups."""
    presets = {
        name: {
            "data": preset.data,
            "summary": preset.summary,
            "of": kind_of(preset.family),
            "family": preset.family,
            "size": preset.resolution,  # 0: taken from the data
            "settings": settings_json(run_config(name, shape_of(preset.data), data=preset.data)),
        }
        for name, preset in PRESETS.items()
    }
    return {
        "presets": presets,
        "data": list(DATA_NAMES),
        "groups": describe(),
        "cards": _cards(),
        "keep_mb": as_text(KEEP_MB),
        "sizes": RESOLUTIONS,
        "data_sizes": {name: default_resolution(name) for name in (*DATA_NAMES, "own")},
        "data_classes": {name: len(shape_of(name).class_names) for name in DATA_NAMES},
        "public_most": PUBLIC_MOST,
    }


def _cards() -> dict[str, Any]:
    """What stands on the presets' cards, in their order: seconds and images of each picture, and
    the machine that made them (`benchmarks/preset_cards.py`)."""
    made = json.loads((UI / "train/cards/cards.json").read_text("utf-8"))
    return {"machine": made["machine"], "presets": made["presets"]}


@dataclass(frozen=True)
class StartRequest:
    """A checked form."""

    preset: str
    data: str
    seed: int
    seconds: float | None
    kimg: float | None
    settings: dict[str, Any]
    keep_mb: float | None = None  # None: the default
    log: str | None = None
    fork: forks.ForkPoint | None = None


def read_wish(context: Context, form: dict[str, Any], session: str = "") -> StartRequest:
    """The form as typed values; raises GanError for invalid ones."""
    form = own_images.to_base(context, form)
    uploaded = _uploaded(context, session, str(form.get("data", "")))
    fork = forks.read_fork(context, form.get("fork"))
    base = forks.config_of(context, fork, session) if fork else _fresh(context, form, uploaded)
    settings = form.get("settings", {})
    if not isinstance(settings, dict):
        raise PageError("gan_error_request")
    changed = changed_settings(settings, base) | other_settings(form.get("other", ""))
    if uploaded and not fork:
        changed = uploaded.settings | changed
    check_public(context, changed)
    if context.profile.limit_s is not None and form.get("other", ""):
        raise PageError("gan_error_public_other")
    config = apply_settings(base, changed if fork else _with_classes(base, changed))
    check_cost(context, config, changed)
    return StartRequest(
        preset=base.preset,
        data=base.data,
        seed=whole_number("seed", form.get("seed") or "0", low=0, high=MAX_SEED),
        seconds=read_seconds(context, str(form.get("seconds") or "").strip()),
        kimg=read_kimg(str(form.get("kimg") or "").strip()),
        settings=changed,
        keep_mb=_read_keep(context, str(form.get("keep_mb") or "").strip()),
        log=_read_log(context, form.get("log")),
        fork=fork,
    )


def _with_classes(base: RunConfig, changed: dict[str, Any]) -> dict[str, Any]:
    """`changed` as gan.presets.fitted completes it at the start: to name classes D needs them."""
    if changed.get("classes") == 0:
        return {"aux_classes": False, **changed}
    if not changed.get("aux_classes") or base.data not in DATA_NAMES:
        return changed
    return {"classes": len(shape_of(base.data).class_names), **changed}


def _fresh(
    context: Context, form: dict[str, Any], uploaded: own_images.Uploaded | None
) -> RunConfig:
    name = str(form.get("preset", ""))
    data = uploaded.spec if uploaded else str(form.get("data", ""))
    get_preset(name)
    if not is_shared(data) and not context.profile.local and not uploaded:
        raise PageError("gan_error_public_data" if data else "gan_own_needed")
    check_spec(data)
    return fresh_config(name, data, size=uploaded.settings.get("resolution") if uploaded else None)


def _uploaded(context: Context, session: str, data: str) -> own_images.Uploaded | None:
    """Images or points of the visitor's own; None for any other data."""
    if points := drawings.resolve(context, session, data):
        return own_images.Uploaded(points, {})
    return own_images.resolve(context, session, data)


def fresh_config(name: str, data: str, *, size: int | None = None) -> RunConfig:
    """What a preset means with these data; `size` (pixels) where not the data's own."""
    preset = get_preset(name)
    base = run_config(name, shape_of(preset.data), data=preset.data)
    model = replace(base.model, resolution=size or preset.resolution or default_resolution(data))
    return RunConfig(preset=name, data=data, model=model, train=base.train)


def read_seconds(context: Context, text: str) -> float | None:
    """A duration as entered; None for none. Raises GanError, on a public server for a long one."""
    limit = context.profile.limit_s
    if limit is None:
        return real_number("seconds", text, low=1, high=MAX_SECONDS) if text else None
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and 1 <= int(text) <= limit):
        raise PageError("gan_error_duration", limit=limit)
    return int(text)


def _read_log(context: Context, name: object) -> str | None:
    if not name:
        return None
    if name not in LOGS or not context.profile.local:
        raise PageError("gan_error_request")
    return str(name)


def _read_keep(context: Context, text: str) -> float | None:
    if not text or not context.profile.local:
        return None
    found = real_number("keep_mb", text, low=1, high=MAX_KEEP_MB)
    return None if found == KEEP_MB else found


def read_kimg(text: str) -> float | None:
    """Thousands of images as entered; None for none."""
    return real_number("kimg", text, low=0.001, high=MAX_KIMG) if text else None


def argv_of(
    context: Context, wish: StartRequest, *, run_dir: Path | None = None, steer: bool = False
) -> list[str]:
    """The command line equivalent to the form; only differences from the preset."""
    data = None if wish.fork or wish.data == get_preset(wish.preset).data else wish.data
    return train_argv(
        wish.preset,
        data=data,
        settings=wish.settings,
        seed=wish.seed,
        seconds=wish.seconds,
        kimg=wish.kimg,
        keep_mb=wish.keep_mb,
        run_dir=run_dir,
        fork=forks.text_of(context, wish.fork, shown=not steer) if wish.fork else None,
        log=wish.log,
        steer=steer,
    )


async def command(context: Context, request: Request) -> Response:
    """The form as a command line for copying, or the form's first error.

    A half-filled form is not a failed request, so the error comes with status 200.
    """
    form, session = await json_of(request), session_of(request)

    def spell() -> dict[str, Any]:
        try:
            wish = read_wish(context, form, session)
            if not context.profile.local and not is_shared(wish.data):
                kind = wish.data.partition(":")[0]  # hides where this server stores them
                wish = replace(wish, data=f"{kind}:{HIDDEN[kind]}")
            found = {"command": command_line(argv_of(context, wish))}
            return found | ({"fork": wish.fork.json()} if wish.fork else {})
        except GanError as error:
            return {"problem": error_json(error)} | _fork_told(context, form, session)

    return JSONResponse(await on(context.form_thread, spell), headers=NEVER)


def _fork_told(context: Context, form: dict[str, Any], session: str) -> dict[str, Any]:
    """Where a fork would begin, whatever other errors its form has."""
    try:
        if fork := forks.read_fork(context, form.get("fork")):
            forks.config_of(context, fork, session)
            return {"fork": fork.json()}
    except GanError:
        pass
    return {}


async def parse(context: Context, request: Request) -> Response:
    """A pasted command line as form values, or its error (status 200 too)."""
    form = await json_of(request)

    def read() -> dict[str, Any]:
        try:
            found = parse_command(form.get("command")).form()
            if "fork" in found:
                found["fork"] = forks.typed_fork(context, found["fork"])
            elif "preset" in found:
                get_preset(found["preset"])
            return {"form": found}
        except GanError as error:  # keys were typed, so errors use keys
            return {"problem": error_json(error, labels=False)}

    return JSONResponse(await on(context.form_thread, read), headers=NEVER)


async def prepare(context: Context, request: Request) -> Response:
    """Somebody opened the form: preload what a training needs."""
    await on(context.train_thread, context.supervisor.prepare)
    return JSONResponse({}, headers=NEVER)


async def start(context: Context, request: Request) -> Response:
    """Start a run in its own process; the reply does not wait for it to begin.

    Its images are checked first, on a thread where a slow download blocks nobody else.
    """
    form, session = await json_of(request), session_of(request)
    wish = await on(context.form_thread, read_wish, context, form, session)
    # a folder without images is refused here, with a clear error
    await on(context.data_thread, check_data, wish.data)
    context.spend(request, "start")

    def begin() -> str:
        taken = [start.run_id for start in context.supervisor.starting()]
        run_dir = new_run_dir(wish.preset, taken=taken)
        argv = argv_of(context, wish, run_dir=run_dir, steer=True)
        begun = functools.partial(_begun, run_dir)
        run_id = context.supervisor.launch(
            argv, run_dir, preset=wish.preset, data=wish.data, begun=begun
        )
        context.owners.claim(session, run_id)
        context.runs.forget()
        return run_id

    def _begun(run_dir: Path) -> None:
        context.runs.forget()
        if not context.profile.local:
            manage.mark_visitors(run_dir)
            manage.prune_visitors(run_dir.parent)

    # a single thread starts runs, which prevents races; in public all but one wait in the queue
    lasts_s = wish.seconds or context.profile.limit_s or 0.0
    reply = await on(context.train_thread, begin_or_wait, context, session, begin, lasts_s=lasts_s)
    told = {"fork": wish.fork.json()} if wish.fork else {}
    return JSONResponse(reply | told, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/train/command", command),
    ("POST", "/_gan/train/parse", parse),
    ("POST", "/_gan/train/prepare", prepare),
    ("POST", "/_gan/train/start", start),
)
