"""The training in the form as one script or notebook of plain torch: "Show me the code"."""

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

KINDS = {"py": "text/x-python", "ipynb": "application/x-ipynb+json", "zip": "application/zip"}

ENDINGS = ("py", "ipynb")  # of what a zip with pictures holds, too


async def code(context: Context, request: Request) -> Response:
    """A script, or with `?as=ipynb` a notebook; of pictures, a zip of it and of its data."""
    form, session = await json_of(request), session_of(request)
    ending = request.query_params.get("as", "py")
    if ending not in ENDINGS:
        raise PageError("gan_error_code_kind", got=ending[:40])
    wish = await on(context.form_thread, read_wish, context, form, session)
    if wish.fork:
        raise PageError("gan_error_code_fork")
    context.spend(request, "download")
    name, data = await on(context.data_thread, _file_of, wish, ending)
    headers = NEVER | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=KINDS[name.rpartition(".")[2]], headers=headers)


def _file_of(wish: StartRequest, ending: str) -> tuple[str, bytes]:
    """The file's name and content."""
    config, images = new_config(wish.preset, wish.data, wish.settings, seed=wish.seed)
    config = replace(config, total_kimg=wish.kimg)  # where rates fall they are planned by it
    file = code_file(config, images, name=wish.preset)
    text = (file.notebook() if ending == "ipynb" else file.python()).encode()
    name = f"{wish.preset}.{ending}"
    if not file.data_name:
        return name, text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # .npz is packed already
        archive.writestr(name, text)
        archive.writestr(file.data_name, file.data())
    return f"{wish.preset}.zip", packed.getvalue()


ROUTES: tuple[tuple[str, str, Handler], ...] = (("POST", "/_gan/train/code", code),)
