"""The code of the training in the form, as the page saves it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from gan.cli.train import new_config
from gan.codefile import code_file
from tests.ui.server.test_routes import context_for
from tests.ui.train.test_runs_routes import client_for

RING = {"preset": "ring", "data": "ring", "seconds": "30", "seed": "5"}
DIGITS = {"preset": "digits", "data": "digits", "seconds": "30"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))
    return client_for(context_for("127.0.0.1", tmp_path))


def test_the_page_saves_the_file_that_the_terminal_writes(home: TestClient):
    form = RING | {"settings": {"loss": "hinge"}, "other": "z_dim=3"}
    reply = home.post("/_gan/train/code", json=form)
    assert reply.headers["content-disposition"] == 'attachment; filename="ring.py"'
    config, images = new_config("ring", None, {"loss": "hinge", "z_dim": 3}, seed=5)
    assert reply.text == code_file(config, images, name="ring").python()


def test_with_pictures_it_is_a_zip_of_both(home: TestClient):
    reply = home.post("/_gan/train/code", json=DIGITS)
    assert 'filename="digits.zip"' in reply.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.namelist() == ["digits.py", "digits-data.npz"]
        assert b'HERE / "digits-data.npz"' in archive.read("digits.py")
        with np.load(io.BytesIO(archive.read("digits-data.npz"))) as data:
            assert len(data["images"]) == len(data["labels"]) == 1797 - 89


def test_the_same_is_saved_as_a_notebook(home: TestClient):
    reply = home.post("/_gan/train/code?as=ipynb", json=RING)
    assert reply.headers["content-disposition"] == 'attachment; filename="ring.ipynb"'
    assert json.loads(reply.text)["nbformat"] == 4
    reply = home.post("/_gan/train/code?as=ipynb", json=DIGITS)
    assert 'filename="digits.zip"' in reply.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.namelist() == ["digits.ipynb", "digits-data.npz"]


def test_what_cannot_be_told_is_one_sentence(home: TestClient):
    assert home.post("/_gan/train/code?as=py", json=RING).status_code == 200
    for kind in ("zip", "", "PY", "exe"):
        reply = home.post(f"/_gan/train/code?as={kind}", json=RING)
        assert (reply.status_code, reply.json()["key"]) == (400, "gan_error_code_kind")
    reply = home.post("/_gan/train/code", json=DIGITS | {"settings": {"packing": "2"}})
    assert reply.status_code == 400
    assert reply.json()["values"] == {"settings": "packing=2"}
