"""What the picture of the game asks the server for: real images, and the size of each network."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.data import load_data
from gan.images import untile
from gan.models import count_parameters, seeded_build
from gan.runs import RunReader
from tests.ui.server.test_routes import context_for
from tests.ui.train.test_runs_routes import client_for


@pytest.fixture
def client(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(tiny_run, tmp_path / "runs" / "digits-1")
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path / "runs"))
    return client_for(context_for("127.0.0.1", tmp_path / "runs"))


def test_real_images_of_a_set_that_ships_take_turns_by_class(client):
    reply = client.get("/_gan/train/reals?data=digits")
    sheet = np.asarray(Image.open(io.BytesIO(reply.content)).convert("L"))[..., None]
    tiles = untile(sheet, 8)[..., 0]
    assert len(tiles) == 64
    images = load_data("digits")
    for i, tile in enumerate(tiles):
        of_class = images.pixels[images.labels == i % 10][:, 0].numpy()
        assert (of_class == tile).all(axis=(1, 2)).any()
    for other in ("", "folder:/etc", "hub:a/b"):
        assert client.get("/_gan/train/reals", params={"data": other}).status_code == 404


def test_a_run_tells_how_large_each_network_is(client, tiny_run: Path):
    g, d = seeded_build(RunReader(tiny_run).config().model, 0)
    told = client.get("/_gan/run?id=digits-1").json()["parameters"]
    assert told == {"g": count_parameters(g), "d": count_parameters(d)}
