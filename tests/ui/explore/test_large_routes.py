"""Models from elsewhere: transparent, and larger than a thumbnail or a raw reply may be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from gan.checkpoint import load
from gan.latent.points import from_seeds, show
from gan.sampling import sample
from gan.ui.explore import directions, maps
from gan.ui.server.inbrowser import Exports
from tests.ui.fakes import add_pulled
from tests.ui.server.test_routes import client_for, context_for

RGBA = ("deconv 8 6 k4 s1 p0", "relu", "deconv 6 4 k4 s2 p1", "tanh")
LARGE = ("linear 8 48", "relu", "reshape 3 4 4", *6 * ["upsample 2"], "conv 3 3 k3 s1 p1", "tanh")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return client_for(context_for("127.0.0.1", tmp_path / "runs"))


@pytest.fixture
def faces() -> str:
    return add_pulled("faces", *RGBA, resolution=8, channels=4, z_dim=8)


@pytest.fixture
def large() -> str:
    return add_pulled("large", *LARGE, resolution=256, channels=3, z_dim=8)


def z_of(ref: str, *seeds: int) -> bytes:
    return from_seeds(load(ref).generator, seeds).z.numpy().astype("<f4").tobytes()


def test_a_pulled_model_is_in_the_list_and_paints_with_its_transparency(
    client: TestClient, faces: str
):
    listed = client.get("/_gan/state").json()["models"]
    (entry,) = [m for m in listed if m["kind"] == "pulled"]
    assert (entry["ref"], entry["name"], entry["channels"]) == (faces, "someone/faces", 4)
    reply = client.post(f"/_gan/latent?ref={faces}", content=z_of(faces, 5))
    assert reply.headers["x-gan-shape"] == "8,8,4"
    assert reply.content == sample(load(faces).generator, [5]).pixels.tobytes()


@pytest.mark.parametrize("ref", ["hub:nobody--nothing--000000000000", "hub:../../etc", "hub:"])
def test_a_model_that_was_not_pulled_is_refused(client: TestClient, ref: str):
    assert client.post("/_gan/latent", params={"ref": ref}, content=b"0000").status_code == 404


def test_a_large_picture_travels_compressed_and_looks_the_same(client: TestClient, large: str):
    reply = client.post(f"/_gan/latent?ref={large}", content=z_of(large, 5))
    assert reply.headers["content-type"] == "image/webp"
    assert reply.headers["x-gan-shape"] == "256,256,3"
    with Image.open(io.BytesIO(reply.content)) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    wanted = sample(load(large).generator, [5]).pixels[0]
    assert np.abs(shown - wanted).mean() < 6
    assert len(reply.content) < wanted.nbytes / 4


def test_thumbnails_and_tiles_are_no_larger_than_they_are_shown(client: TestClient, large: str):
    reply = client.post(f"/_gan/latents/batch?ref={large}", content=z_of(large, 1, 2))
    assert reply.headers["x-gan-shape"] == "160,160,3"
    assert len(reply.content) == 2 * 160 * 160 * 3


def test_a_file_has_the_full_size(client: TestClient, large: str):
    form = {"ref": large, "seeds": [1], "labels": [-1], "psis": [1.0]}
    reply = client.post("/_gan/gallery/one", json=form)
    with Image.open(io.BytesIO(reply.content)) as image:
        assert image.size == (256, 256)


def test_a_slow_model_has_directions_and_a_map_without_hundreds_of_pictures(
    large: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for module, name in ((directions, "RANKED_S"), (maps, "SAMPLES_S")):
        monkeypatch.setattr(module, name, 0.0)
    weights = load(large)
    home = context_for("127.0.0.1", tmp_path)
    found = directions.find(home, weights)
    assert found["ranked"][:2] == ["pca-1", "sefa-1"]  # in turns, the largest first
    drawn = maps.draw_map(home, weights, "pca", 1.0)
    assert len(drawn["seeds"]) == maps.FEWEST
    assert (drawn["width"], drawn["height"]) == (64, 64)


def test_pictures_shrunk_as_they_are_made_are_those_shrunk_afterwards(large: str):
    g = load(large).generator
    points = from_seeds(g, range(3))
    whole = show(g, points)
    small = show(g, points, side=64)
    assert small.shape == (3, 3, 64, 64)
    assert abs(float(whole.mean() - small.mean())) < 0.01


def test_models_from_elsewhere_run_in_a_browser_too(faces: str):
    assert len(Exports().get(load(faces))) > 1000
