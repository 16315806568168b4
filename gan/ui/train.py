"""Train: start and steer our own runs, watch anyone's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import LossName, OptimizerName, apply_settings
from gan.data import DATA_NAMES, check_spec, shape_of
from gan.errors import GanError
from gan.presets import PRESETS, get_preset, run_config
from gan.runs import command_line, new_run_dir, train_argv
from gan.sampling import MAX_SEED
from gan.ui.board import build_board
from gan.ui.header import status_json
from gan.ui.routes import FOREVER, NEVER, Context, Handler, json_of, number_in, on, session_of
from gan.ui.views import PageError, changed_settings, error_json, thin, train_json, whole_number

POINTS = 600  # of a curve in the first reply; later ones bring what is new
COMMANDS = ("pause", "resume", "stop")
END_S = 10.0
MAX_SECONDS = 30 * 24 * 3600
ACTIVE = ("starting", "running", "paused")


def build() -> gr.HTML:
    """The live board with its form."""
    return build_board("train")


def form_options() -> dict[str, Any]:
    """What the form offers: presets with their settings, data, losses, optimisers."""
    presets = {
        name: {
            "data": preset.data,
            "summary": preset.summary,
            "train": train_json(run_config(name, shape_of(preset.data), data=preset.data).train),
        }
        for name, preset in PRESETS.items()
    }
    return {
        "presets": presets,
        "data": list(DATA_NAMES),
        "losses": list(get_args(LossName)),
        "optimizers": list(get_args(OptimizerName)),
    }


@dataclass(frozen=True)
class Wish:
    """A checked form."""

    preset: str
    data: str
    seed: int
    seconds: int | None
    settings: dict[str, Any]


def read_wish(context: Context, form: dict[str, Any]) -> Wish:
    """The form as typed values; raises GanError for what makes no sense."""
    name, data = str(form.get("preset", "")), str(form.get("data", ""))
    preset = get_preset(name)
    if data not in DATA_NAMES and not context.profile.local:
        raise PageError("gan_error_local_data")
    check_spec(data)
    settings = form.get("settings", {})
    if not isinstance(settings, dict):
        raise PageError("gan_error_request")
    base = run_config(name, shape_of(preset.data), data=preset.data)
    changed = changed_settings(settings, base)
    apply_settings(base, changed)
    return Wish(
        preset=name,
        data=data,
        seed=whole_number("seed", form.get("seed", "0"), low=0, high=MAX_SEED),
        seconds=_read_seconds(context, str(form.get("seconds", "")).strip()),
        settings=changed,
    )


def _read_seconds(context: Context, text: str) -> int | None:
    limit = context.profile.limit_s
    if limit is None:
        return whole_number("seconds", text, low=1, high=MAX_SECONDS) if text else None
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and 1 <= int(text) <= limit):
        raise PageError("gan_error_duration", limit=limit)
    return int(text)


def argv_of(wish: Wish, *, run_dir: Path | None = None, steer: bool = False) -> list[str]:
    """The command line that does what the form says; only what differs from the preset."""
    data = None if wish.data == get_preset(wish.preset).data else wish.data
    return train_argv(
        wish.preset,
        data=data,
        settings=wish.settings,
        seed=wish.seed,
        seconds=wish.seconds,
        run_dir=run_dir,
        steer=steer,
    )


async def command(context: Context, request: Request) -> Response:
    """The form as a command line for copying, or what is wrong with the form.

    A half-typed form is no failed request, so the problem comes with status 200.
    """
    form = await json_of(request)

    def spell() -> dict[str, Any]:
        try:
            return {"command": command_line(argv_of(read_wish(context, form)))}
        except GanError as error:
            return {"problem": error_json(error)}

    return JSONResponse(await on(context.disk_thread, spell), headers=NEVER)


async def start(context: Context, request: Request) -> Response:
    """Start a run in a process of its own."""
    form, session = await json_of(request), session_of(request)

    def begin() -> str:
        wish = read_wish(context, form)
        shape_of(wish.data)  # a folder without images is refused here, in a sentence
        _check_room(context)  # one thread starts runs, so nobody slips in between
        run_dir = new_run_dir(wish.preset)
        run_id = context.supervisor.start(argv_of(wish, run_dir=run_dir, steer=True), run_dir)
        context.owners.claim(session, run_id)
        context.runs.forget()
        return run_id

    return JSONResponse({"id": await on(context.train_thread, begin)}, headers=NEVER)


def _check_room(context: Context) -> None:
    """In public one training at a time; at home whoever wants two may have two."""
    if not context.profile.local and context.supervisor.running():
        raise PageError("gan_error_busy", status=409)


async def steer(context: Context, request: Request) -> Response:
    """Pause, resume or stop a run; unknown and foreign look the same."""
    form, session = await json_of(request), session_of(request)
    run_id, order = str(form.get("id", "")), form.get("command")
    if order not in COMMANDS:
        raise PageError("gan_error_request")

    def send() -> None:
        if order == "resume" and context.profile.local and _is_over(context, run_id):
            _go_on(context, session, run_id)
        elif context.may_steer(session, run_id):
            context.supervisor.send(run_id, {"command": order})
        else:
            raise PageError("gan_error_unknown_run", status=404)
        context.runs.forget()

    await on(context.train_thread, send)
    return JSONResponse({}, headers=NEVER)


def _is_over(context: Context, run_id: str) -> bool:
    context.runs.forget()
    return context.runs.status(run_id).state not in ACTIVE


def _go_on(context: Context, session: str, run_id: str) -> None:
    """Resume a run whose process has ended, from its last checkpoint."""
    status = context.runs.status(run_id)
    deadline = time.monotonic() + END_S  # it says that it is over a moment before it is gone
    while context.supervisor.owns(run_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    argv = train_argv(status.preset, resume=status.path, steer=True)
    context.owners.claim(session, context.supervisor.start(argv, status.path))


async def run(context: Context, request: Request) -> Response:
    """What is new in a run since `after` images and the snapshot `seen`."""
    run_id, session = request.query_params.get("id", ""), session_of(request)
    after, seen = number_in(request, "after", -1), number_in(request, "seen", -1)

    def look() -> dict[str, Any]:
        status = context.runs.status(run_id)
        reader = context.runs.watched(run_id).reader
        rows = context.runs.rows(run_id, after=after)
        snapshots = reader.snapshots()
        again = after > max(status.nimg, 0)  # it went back to a checkpoint: begin anew
        if again:
            rows = context.runs.rows(run_id, after=-1)
        return {
            "status": status_json(context, session, status),
            "again": again,
            "rows": thin(rows, POINTS),
            "snapshots": [n for n in snapshots if again or n > seen],
            "weights": reader.weights(),
        }

    return JSONResponse(await on(context.disk_thread, look), headers=NEVER)


async def snapshot(context: Context, request: Request) -> Response:
    """One snapshot's picture: written once by the run, the same bytes for every viewer."""
    run_id, nimg = request.query_params.get("id", ""), number_in(request, "nimg", 0)

    def read() -> bytes:
        reader = context.runs.watched(run_id).reader
        if nimg not in reader.snapshots():
            raise PageError("gan_error_no_run", status=404)
        return reader.snapshot(nimg)

    data = await on(context.disk_thread, read)
    return Response(data, media_type="image/webp", headers=FOREVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/gan/train/command", command),
    ("POST", "/gan/train/start", start),
    ("POST", "/gan/train/steer", steer),
    ("GET", "/gan/run", run),
    ("GET", "/gan/snapshot", snapshot),
)
