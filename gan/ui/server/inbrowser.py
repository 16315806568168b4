"""The generator in the visitor's browser: the ONNX runtime, and each model as an ONNX file."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from functools import cache

import brotli
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.checkpoint import Weights
from gan.export import encode
from gan.ui.server.i18n import UI
from gan.ui.server.resources import one_thread
from gan.ui.server.routes import FOREVER, NEVER, Context, Handler, on, session_of
from gan.ui.server.state import may_have, run_of
from gan.ui.server.views import PageError

RUNTIME_VERSION = "1.30.0"  # of onnxruntime-web; part of the URL, so that it can be cached for ever
RUNTIME = {
    "ort.wasm.bundle.min.mjs": "text/javascript",
    "ort-wasm-simd-threaded.wasm": "application/wasm",
    "ThirdPartyNotices.txt": "text/plain",
}
# Above 4 M parameters, one thread in the browser is slower than a round trip to the server.
MAX_MODEL_BYTES = 16 * 10**6
MAX_KEPT_BYTES = 64 * 10**6
CODINGS = ("br", "gzip", "identity")  # in order of preference


# ---- the runtime --------------------------------------------------------------------------------


def coding_for(accepted: str) -> str:
    """The best content encoding that an Accept-Encoding header allows; browsers offer br only over
    https and on localhost."""
    allowed = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            allowed.add(name.strip())
    return next((c for c in CODINGS if c in allowed or "*" in allowed), "identity")


@cache
def packed(name: str, coding: str) -> bytes:
    """A file of the runtime; stored as br, other encodings are made once."""
    if coding == "br":
        return (UI / "server" / "ort" / f"{name}.br").read_bytes()
    plain: bytes = brotli.decompress(packed(name, "br"))
    return gzip.compress(plain, 6, mtime=0) if coding == "gzip" else plain


async def runtime(context: Context, request: Request) -> Response:
    """One file of onnxruntime-web, compressed with an encoding the browser accepts."""
    name = request.path_params["name"]
    if name not in RUNTIME or request.path_params["version"] != RUNTIME_VERSION:
        return Response(status_code=404)
    coding = coding_for(request.headers.get("accept-encoding", ""))
    body = await on(context.part(Exports).thread, packed, name, coding)
    headers = FOREVER | {"Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if coding != "identity":
        headers |= {"Content-Encoding": coding}
    return Response(body, media_type=RUNTIME[name], headers=headers)


# ---- the models ---------------------------------------------------------------------------------


class Exports:
    """Exported models, each exported once, on a thread of their own so that nothing else waits."""

    def __init__(self, *, limit: int = MAX_KEPT_BYTES) -> None:
        self.thread = one_thread("export")
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()  # keyed by the weights' revision

    def get(self, weights: Weights) -> bytes:
        """`weights` as ONNX; call it only on `thread`."""
        with self._lock:
            if weights.revision in self._kept:
                self._kept.move_to_end(weights.revision)
                return self._kept[weights.revision]
        data = encode(weights, to="onnx")
        with self._lock:
            self._kept[weights.revision] = data
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > self._limit:
                self._kept.popitem(last=False)
        return data

    @property
    def count(self) -> int:
        """Number of cached models."""
        return len(self._kept)

    def close(self) -> None:
        """Stop the thread."""
        self.thread.shutdown(wait=False, cancel_futures=True)


def model_bytes(weights: Weights) -> int:
    """Size of the exported file, to within a few KB."""
    return sum(4 * p.numel() for p in weights.generator.parameters())


async def model(context: Context, request: Request) -> Response:
    """What a browser needs before it fetches a model: its revision and its size."""

    def describe() -> dict[str, object]:
        weights = context.models.get(request.query_params.get("ref", ""))
        size, private = model_bytes(weights), _is_private(context, request)
        return {
            "revision": weights.revision, "nimg": weights.config.nimg, "bytes": size,
            "fits": size <= MAX_MODEL_BYTES and not private, "private": private,
            "classes": weights.generator.classes, "one_pass": weights.generator.gradients,
            "runtime": f"ort/{RUNTIME_VERSION}/",
        }  # fmt: skip

    return JSONResponse(await on(context.page_thread, describe), headers=NEVER)


def _is_private(context: Context, request: Request) -> bool:
    """Whether a model learned from another visitor's own images: they alone may download it."""
    run_id = run_of(context, request.query_params.get("ref", ""))
    return bool(run_id) and not may_have(context, session_of(request), run_id)


async def model_onnx(context: Context, request: Request) -> Response:
    """A generator as ONNX. The revision is in the URL, so that browsers cache it for ever; a model
    whose weights have changed since is refused, and the client asks again."""
    exports = context.part(Exports)

    def export() -> bytes:
        weights = context.models.get(request.query_params.get("ref", ""))
        if request.query_params.get("revision") != weights.revision:
            raise PageError("gan_error_other_weights", status=409)
        if _is_private(context, request):
            raise PageError("gan_error_private_model", status=403)
        if model_bytes(weights) > MAX_MODEL_BYTES:
            raise PageError("gan_error_too_big", status=413, limit=MAX_MODEL_BYTES // 10**6)
        return exports.get(weights)

    body = await on(exports.thread, export)
    return Response(body, media_type="application/octet-stream", headers=FOREVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/ort/{version}/{name}", runtime),
    ("GET", "/_gan/model", model),
    ("GET", "/_gan/model.onnx", model_onnx),
)
