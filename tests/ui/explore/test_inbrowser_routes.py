"""The runtime and the models for the browser, without a browser."""

from __future__ import annotations

import gzip
import importlib
import json
import shutil
from pathlib import Path

import brotli
import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.checkpoint import load_at
from gan.export import FORMATS, TOLERANCE, random_inputs
from gan.sampling import render
from gan.ui.server import inbrowser
from gan.ui.server.inbrowser import MAX_MODEL_BYTES, RUNTIME, RUNTIME_VERSION, Exports, coding_for
from gan.ui.server.profile import Guard
from gan.ui.server.routes import UI, Context, build_routes
from tests.ui.fakes import add_model, random_generator
from tests.ui.server.test_routes import context_for

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's tracer

WASM = f"/_gan/ort/{RUNTIME_VERSION}/ort-wasm-simd-threaded.wasm"
SCRIPT = f"/_gan/ort/{RUNTIME_VERSION}/ort.wasm.bundle.min.mjs"


def client_for(context: Context, host: str = "127.0.0.1") -> TestClient:
    routes = build_routes(context, inbrowser.ROUTES)
    app = Starlette(routes=routes, middleware=[Middleware(Guard, profile=context.profile)])
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture(params=["local", "public"])
def client(request: pytest.FixtureRequest, tiny_run: Path) -> TestClient:
    """Both profiles: a visitor of either may run a model in the browser."""
    if request.param == "local":
        return client_for(context_for("127.0.0.1", tiny_run.parent))
    shop = context_for("0.0.0.0", tiny_run.parent, SPACE_HOST="me-app.hf.space")
    return client_for(shop, "me-app.hf.space")


# ---- the runtime --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP ; q=1", "gzip"),
        ("*", "br"),
        ("deflate", "identity"),
        ("", "identity"),
        ("br; q=0", "identity"),
        ("x" * 5000, "identity"),
    ],
)
def test_the_browser_gets_the_smallest_coding_that_it_takes(header: str, coding: str):
    assert coding_for(header) == coding


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_the_runtime_is_the_same_in_every_coding(client: TestClient, coding: str):
    with client.stream("GET", SCRIPT, headers={"accept-encoding": coding}) as reply:
        raw = b"".join(reply.iter_raw())
    assert reply.headers.get("content-encoding", "identity") == coding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}[coding]
    assert unpack(raw).startswith(b"/*!\n * ONNX Runtime Web v" + RUNTIME_VERSION.encode())
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["content-type"].startswith("text/javascript")


def test_the_wasm_is_small_on_the_way_typed_and_kept_for_ever(client: TestClient):
    with client.stream("GET", WASM, headers={"accept-encoding": "br"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert len(raw) < 3e6
    assert reply.headers["content-type"] == "application/wasm"
    assert "immutable" in reply.headers["cache-control"]
    assert brotli.decompress(raw)[:4] == b"\0asm"


@pytest.mark.parametrize(
    "path",
    [
        "/_gan/ort/0.0.0/ort.wasm.bundle.min.mjs",
        f"/_gan/ort/{RUNTIME_VERSION}/LICENSE.br",
        f"/_gan/ort/{RUNTIME_VERSION}/..%2f..%2fapp.py",
        f"/_gan/ort/{RUNTIME_VERSION}/%2e%2e",
    ],
)
def test_nothing_else_is_served_beside_the_runtime(client: TestClient, path: str):
    assert client.get(path).status_code == 404


def test_the_runtime_comes_with_its_licences():
    assert "MIT License" in (UI / "server" / "ort" / "LICENSE").read_text()
    assert "Eigen" in inbrowser.packed("ThirdPartyNotices.txt", "identity").decode()
    assert sum(p.stat().st_size for p in (UI / "server" / "ort").iterdir()) < 4e6
    assert {f"{name}.br" for name in RUNTIME} <= {p.name for p in (UI / "server" / "ort").iterdir()}


# ---- the models ---------------------------------------------------------------------------------


def test_a_model_draws_the_same_in_the_file_that_is_served(client: TestClient, tiny_run: Path):
    info = client.get("/_gan/model", params={"ref": "run:tiny"}).json()
    query = {"ref": "run:tiny", "revision": info["revision"]}
    reply = client.get("/_gan/model.onnx", params=query)
    assert "immutable" in reply.headers["cache-control"]
    assert info["fits"]
    assert info["bytes"] < len(reply.content) < info["bytes"] + 20_000
    g = load_at(tiny_run, info["nimg"]).generator
    inputs = random_inputs(g, 2) | {"psi": torch.tensor([0.8])}
    runner, _ = FORMATS["onnx"].runner(reply.content)
    wanted = render(g, inputs["z"], labels=inputs["weights"], psi=0.8)
    np.testing.assert_allclose(runner(inputs), wanted, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"ref": "run:tiny"}, 409),
        ({"ref": "run:tiny", "revision": "0" * 64}, 409),
        ({"ref": "run:tiny", "revision": "../" * 2000}, 409),
        ({"ref": "../../etc/passwd", "revision": "x"}, 404),
        ({"ref": "run:../tiny", "revision": "x"}, 404),
        ({"ref": "run:tiny@x", "revision": "x"}, 404),  # no moment, so a part of the name
        ({}, 404),
    ],
)
def test_only_weights_that_are_there_are_exported(client: TestClient, params: dict, status: int):
    reply = client.get("/_gan/model.onnx", params=params)
    assert reply.status_code == status
    assert reply.json()["key"] != "gan_error_server"
    if "revision" not in params or status == 404:
        assert client.get("/_gan/model", params=params).status_code in (200, 404)


def test_a_model_too_big_for_a_browser_is_not_exported(tmp_path: Path):
    ref = add_model(tmp_path, "big", family="mlp", resolution=64, channels=3, g_widths=(64, 512))
    context = context_for("127.0.0.1", tmp_path)
    client = client_for(context)
    info = client.get("/_gan/model", params={"ref": ref}).json()
    assert info["bytes"] > MAX_MODEL_BYTES
    assert not info["fits"]
    reply = client.get("/_gan/model.onnx", params={"ref": ref, "revision": info["revision"]})
    assert (reply.status_code, reply.json()["key"]) == (413, "gan_error_too_big")
    assert context.part(Exports).count == 0


def exported(context: Context, ref: str) -> bytes:
    return context.part(Exports).get(context.models.get(ref))


def test_a_model_of_own_images_is_downloaded_by_its_owner_only(tiny_run: Path, tmp_path: Path):
    run = tmp_path / "own-1"
    shutil.copytree(tiny_run, run)
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"data": "folder:/srv/pictures"}))
    shop = context_for("0.0.0.0", tmp_path, SPACE_HOST="me-app.hf.space")
    mine, theirs = (client_for(shop, "me-app.hf.space") for _ in range(2))
    found = []
    for client in (mine, theirs):
        facts = client.get("/_gan/model", params={"ref": "run:own-1"}).json()
        if client is mine:
            shop.owners.claim(client.cookies["gan_session"], "own-1")
        asked = {"ref": "run:own-1", "revision": facts["revision"]}
        reply = client.get("/_gan/model.onnx", params=asked)
        facts = client.get("/_gan/model", params={"ref": "run:own-1@0"}).json()
        found.append((reply.status_code, facts["private"], facts["fits"]))
    assert found == [(200, False, True), (403, True, False)]


def test_a_model_is_exported_once_and_the_oldest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    refs = [
        add_model(tmp_path, f"m{i}", seed=i, family="conv", resolution=8, z_dim=8) for i in range(3)
    ]
    context = context_for("127.0.0.1", tmp_path)
    made = []

    def encode(weights, *, to: str) -> bytes:
        made.append(weights.ref)
        return bytes(40)

    monkeypatch.setattr(inbrowser, "encode", encode)
    small = Exports(limit=100)
    monkeypatch.setattr(context, "part", lambda _: small)
    for ref in [refs[0], refs[0], refs[1], refs[0], refs[2], refs[0]]:
        exported(context, ref)
    assert len(made) == 3  # the first one was used again and again, and kept
    exported(context, refs[1])
    assert len(made) == 4  # the second had to go for the third


def test_random_models_for_these_tests_are_what_they_say(tmp_path: Path):
    ref = add_model(tmp_path, "m", family="dcgan", resolution=32, channels=3, classes=2, z_dim=8)
    weights = context_for("127.0.0.1", tmp_path).models.get(ref)
    assert weights.image_shape == (3, 32, 32)
    again = random_generator(weights.config.model)
    for name, value in weights.generator.state_dict().items():
        torch.testing.assert_close(value, again.state_dict()[name], rtol=0, atol=0)


def test_onnx_is_imported_only_when_a_model_is_exported():
    source = Path(importlib.import_module("gan.export").__file__).read_text("utf-8")
    assert "\nimport onnx" not in source
