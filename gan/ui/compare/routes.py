"""Compare: start and stop a race, watch it, and read what it came to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jinja2 import UndefinedError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.races.report import CURVES, PICTURES
from gan.ui.compare.races import Races
from gan.ui.compare.setup import Link, kept_form, plan_of
from gan.ui.compare.views import DAMAGED, listed_json, race_json, viewed, without_deleted
from gan.ui.compare.wording import Report
from gan.ui.server.i18n import SOURCE, languages
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.training_queue import begin_or_wait
from gan.ui.server.views import PageError

RACE = "race"  # what is waited for in a public server's queue
# a report shows pictures of its own and nothing else, whatever its names say
ALONE = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups "
    "allow-downloads"
)


async def start(context: Context, request: Request) -> Response:
    """Start a race; in public it waits for its turn as a training does."""
    form, session = await json_of(request), session_of(request)
    plan = await on(context.data_thread, plan_of, context, form)  # reads the images
    context.spend(request, "start")
    races = context.part(Races)
    kept = kept_form(form, plan)

    def begin() -> str:
        return races.begin(context, session, plan, kept)

    reply = await on(
        context.train_thread,
        begin_or_wait,
        context,
        session,
        begin,
        what=RACE,
        end=races.end,
        lasts_s=plan.seconds * len(plan.contestants) * len(plan.seeds),
    )
    return JSONResponse(reply, headers=NEVER)


async def stop(context: Context, request: Request) -> Response:
    """End the trainings of the race under way, or its measuring."""
    form, session = await json_of(request), session_of(request)
    races = context.part(Races)
    await on(context.control_thread, races.stop, context, session, str(form.get("id", "")))
    return JSONResponse({}, headers=NEVER)


async def race(context: Context, request: Request) -> Response:
    """A race, under way or over; without an id the one under way, {} if there is none."""
    asked, session = request.query_params.get("id"), session_of(request)
    races = context.part(Races)

    def look() -> dict[str, Any]:
        races.catch_up(context)
        now = races.now()
        if (now is not None and now.id == asked) or asked is None:
            if now is None or (asked is None and now.stage == "over"):
                return {}
            stage = now.stage  # it may be over before the files are read
            if stage != "over" or now.problem is not None:
                races.watch(context, now)
                found = race_json(now.id, now.so_far(), stage=stage, now=now)
                return found | {"mine": races.may_stop(context, session, now)}
        seen = viewed(race_json, str(asked), races.read(str(asked)))
        there = {status.id for status in context.runs.statuses()}
        return without_deleted(seen, there) | {"mine": False}

    return JSONResponse(await on(context.disk_thread, look), headers=NEVER)


async def earlier(context: Context, request: Request) -> Response:
    """Finished races, the newest first, and at home the deleted ones that can be taken back."""
    races, home = context.part(Races), context.profile.local

    def rows(listed: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        found = []
        for race_id, numbers in listed:
            with suppress(PageError):  # a damaged one is left out
                found.append(viewed(listed_json, race_id, numbers))
        return found

    def look() -> dict[str, Any]:
        races.catch_up(context)
        deleted = rows(races.deleted()) if home else []
        return {"races": rows(races.earlier()), "deleted": deleted, "may_delete": home}

    return JSONResponse(await on(context.list_thread, look), headers=NEVER)


async def delete(context: Context, request: Request) -> Response:
    """Put a race's report aside, at home; its trainings stay."""
    return await _moved(context, request, context.part(Races).delete)


async def restore(context: Context, request: Request) -> Response:
    """Take a deleted race's report back, at home."""
    return await _moved(context, request, context.part(Races).restore)


async def _moved(context: Context, request: Request, move: Callable[[str], None]) -> Response:
    form = await json_of(request)
    if not context.profile.local:
        raise PageError("gan_race_error_unknown", status=404)
    await on(context.file_thread, move, str(form.get("id", "")))
    return JSONResponse({}, headers=NEVER)


async def setup(context: Context, request: Request) -> Response:
    """The set-up of a link as values of the form, with a sentence for all that was left out."""
    body = await json_of(request)

    def read() -> dict[str, Any]:
        link = Link(context, body)
        return {"form": link.form(), "problems": link.problems}

    return JSONResponse(await on(context.form_thread, read), headers=NEVER)


async def picture(context: Context, request: Request) -> Response:
    """One of a report's pictures."""
    query = request.query_params

    def read() -> bytes:
        folder = context.part(Races).find(query.get("id", "")) / PICTURES
        for file in folder.glob("*.webp"):  # matched, never joined
            if file.name == query.get("name") and not file.is_symlink():
                return file.read_bytes()
        raise PageError("gan_race_error_unknown", status=404)

    data = await on(context.disk_thread, read)
    return Response(data, media_type="image/webp", headers=NEVER)


async def report(context: Context, request: Request) -> Response:
    """A race's report. as: html, a page with all in it; save: the same as a file; md: Markdown with
    its pictures, a zip. language: one of the page's; English, as it was written, by default."""
    query = request.query_params
    kind, language = query.get("as", "html"), query.get("language", SOURCE)
    if kind not in REPORTS or language not in languages():
        raise PageError("gan_error_request")
    races = context.part(Races)

    def read() -> Response:
        race_id = query.get("id", "")
        try:
            return REPORTS[kind](Report(races.find(race_id), races.read(race_id), language))
        except (FileNotFoundError, UndefinedError, *DAMAGED):
            raise PageError("gan_race_error_damaged", name=race_id) from None

    return await on(context.file_thread, read)


def _page(report: Report) -> Response:
    return Response(
        report.text("html"),
        media_type="text/html",
        headers=NEVER | {"Content-Security-Policy": ALONE},
    )


def _saved(report: Report) -> Response:
    return _attachment(report.text("html"), "text/html", f"{report.folder.name}.html")


def _markdown(report: Report) -> Response:
    packed, name = io.BytesIO(), report.folder.name
    curves = report.curves()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/report.md", report.text("md"))
        for file in sorted((report.folder / PICTURES).iterdir()):
            if file.name != CURVES:
                archive.write(file, f"{name}/{PICTURES}/{file.name}")
        if curves:
            archive.writestr(f"{name}/{PICTURES}/{CURVES}", curves)
    return _attachment(packed.getvalue(), "application/zip", f"{name}.zip")


def _attachment(data: bytes, media_type: str, name: str) -> Response:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=NEVER | told)


REPORTS = {"html": _page, "save": _saved, "md": _markdown}

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_gan/races/start", start),
    ("POST", "/_gan/races/stop", stop),
    ("POST", "/_gan/races/delete", delete),
    ("POST", "/_gan/races/restore", restore),
    ("POST", "/_gan/races/setup", setup),
    ("GET", "/_gan/races", earlier),
    ("GET", "/_gan/race", race),
    ("GET", "/_gan/race/picture", picture),
    ("GET", "/_gan/race/report", report),
)
