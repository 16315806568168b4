"""The wall's route without a browser."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.checkpoint import load
from gan.latent.points import Points, one_hot, show
from gan.ui.server.profile import Guard, build_profile
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs
from gan.ui.welcome import wall


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def client(request, tiny_run: Path):
    context = Context(build_profile(request.param, env={}), runs=Runs(tiny_run.parent))
    app = Starlette(
        routes=build_routes(context, wall.ROUTES),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    yield TestClient(app, base_url="http://127.0.0.1")
    context.close()


def rows(text: str, width: int) -> torch.Tensor:
    values = np.frombuffer(base64.b64decode(text), "<f4").copy()
    return torch.from_numpy(values.reshape(-1, width))


def moment(reply: dict, k: int) -> np.ndarray:
    """All tiles (N, H, W) of moment k, in grey."""
    sheet = Image.open(io.BytesIO(base64.b64decode(reply["sheet"])))
    assert sheet.format == "WEBP"
    grey = np.asarray(sheet.convert("L"), dtype=np.float32)
    side = grey.shape[0] // reply["moments"]
    return np.stack(np.split(grey[k * side : (k + 1) * side], wall.TILES, axis=1))


def test_the_sheet_shows_each_tile_within_its_class_at_the_length_of_its_latent(client):
    reply = client.get("/_gan/wall").json()
    weights = load("fashion")
    begin, end = (rows(reply[key], reply["z_dim"]) for key in ("begin", "end"))
    assert reply["ref"] == "fashion"
    assert reply["seconds"] == weights.config.seconds
    assert len(begin) == len(end) == wall.TILES
    torch.testing.assert_close(begin.norm(dim=1), end.norm(dim=1))
    cosines = torch.cosine_similarity(begin, end)
    torch.testing.assert_close(cosines, torch.full_like(cosines, np.cos(reply["arc"])))
    classes = one_hot(weights.generator, torch.tensor(reply["labels"]))
    for k, z in ((0, begin), (reply["moments"] - 1, end)):
        wanted = 127.5 * (show(weights.generator, Points(z, classes))[:, 0].numpy() + 1)
        assert np.abs(moment(reply, k) - wanted).mean() < 4  # the sheet is lossy


def test_neighbours_on_the_wall_are_of_different_classes():
    labels = wall.arcs_of(8, 10).labels
    for columns in (4, 6, 8, 9, 10, 11, 12, 13, 16):
        grid = labels[: columns * (wall.TILES // columns)].view(-1, columns)
        assert (grid[:, 1:] != grid[:, :-1]).all()
        assert (grid[1:] != grid[:-1]).all(), columns


def test_a_wall_is_drawn_once_for_all_visitors(client, monkeypatch):
    built = []
    build = wall.build
    monkeypatch.setattr(wall, "build", lambda *args: built.append(args[1]) or build(*args))
    first = client.get("/_gan/wall?ref=run:tiny").content
    assert client.get("/_gan/wall?ref=run:tiny").content == first
    assert built == ["run:tiny"]


def test_a_wall_that_was_prepared_is_there_for_the_first_visitor(tmp_path, monkeypatch):
    context = Context(build_profile("0.0.0.0", env={}), runs=Runs(tmp_path))
    build, built = wall.build, []
    monkeypatch.setattr(wall, "build", lambda *args: built.append(args) or build(*args))
    wall.prepare(context)
    app = Starlette(routes=build_routes(context, wall.ROUTES))
    reply = TestClient(app).get("/_gan/wall").json()
    context.close()
    assert reply["ref"] == "fashion"
    assert len(built) == 1


def test_a_model_that_is_gone_or_costs_too_much_gives_way_to_the_default(client, monkeypatch):
    assert client.get("/_gan/wall?ref=run:nobody").json()["ref"] == "fashion"
    assert client.get("/_gan/wall?ref=run:tiny").json()["ref"] == "run:tiny"
    monkeypatch.setattr(wall, "MAX_MODEL_BYTES", 1000)
    assert client.get("/_gan/wall?ref=run:tiny").json()["ref"] == "fashion"
