"""The training in the form as one file of plain torch: "Show me the code"."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gan.codefile import code_file
from gan.runs.newrun import new_config
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on, session_of
from gan.ui.server.views import PageError
from gan.ui.train.start_form import StartRequest, read_wish


async def code(context: Context, request: Request) -> Response:
    """A script; with pictures, a zip of it and of what it learns from."""
    form, session = await json_of(request), session_of(request)
    wish = await on(context.form_thread, read_wish, context, form, session)
    if wish.fork:
        raise PageError("gan_error_code_fork")
    context.spend(request, "download")
    name, data = await on(context.data_thread, _file_of, wish)
    headers = NEVER | {"Content-Disposition": f'attachment; filename="{name}"'}
    kind = "application/zip" if name.endswith(".zip") else "text/x-python"
    return Response(data, media_type=kind, headers=headers)


def _file_of(wish: StartRequest) -> tuple[str, bytes]:
    """The file's name and content."""
    config, images = new_config(wish.preset, wish.data, wish.settings, seed=wish.seed)
    config = replace(config, total_kimg=wish.kimg)  # where rates fall they are planned by it
    file = code_file(config, images, name=wish.preset)
    text = file.python().encode()
    if not file.data_name:
        return f"{wish.preset}.py", text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # .npz is packed already
        archive.writestr(f"{wish.preset}.py", text)
        archive.writestr(file.data_name, file.data())
    return f"{wish.preset}.zip", packed.getvalue()


ROUTES: tuple[tuple[str, str, Handler], ...] = (("POST", "/_gan/train/code", code),)
