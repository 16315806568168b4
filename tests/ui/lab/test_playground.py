"""The playground's routes: frames of runs, points to train on, and whose drawings are whose."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.checkpoint import load_at
from gan.data import load_data
from gan.images import to_pixels
from gan.presets import resolve_widths, run_config
from gan.runs import start
from gan.training.plane import SIDE, unpacked
from gan.ui.lab.tab import TAB
from gan.ui.server.profile import Guard
from gan.ui.server.routes import Context, build_routes
from gan.ui.train.start_form import ROUTES as FORM
from tests.ui.server.test_routes import context_for

SHOP = {"SPACE_HOST": "me-app.hf.space"}


@pytest.fixture(scope="module")
def plane_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short training of the ring."""
    path = tmp_path_factory.mktemp("plane") / "ring-1"
    images = load_data("ring")
    config = resolve_widths(run_config("ring", images.shape, data="ring"))
    config = replace(config, total_kimg=2.0)
    start(config, images, path)
    return path


@pytest.fixture
def root(plane_run: Path, tiny_run: Path, tmp_path: Path, monkeypatch) -> Path:
    root = tmp_path / "runs"
    shutil.copytree(plane_run, root / "ring-1")
    shutil.copytree(tiny_run, root / "digits-1")
    monkeypatch.setenv("GAN_RUNS_DIR", str(root))
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "own"))
    return root


def client_for(context: Context, host: str = "127.0.0.1") -> TestClient:
    app = Starlette(
        routes=build_routes(context, (*TAB.routes, *FORM)),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    client = TestClient(app, base_url=f"http://{host}")
    client.get("/_gan/play/points?data=ring")  # brings the session
    return client


@pytest.fixture
def home(root: Path) -> TestClient:
    return client_for(context_for("127.0.0.1", root))


@pytest.fixture
def shop(root: Path) -> Context:
    return context_for("0.0.0.0", root, **SHOP)


HEART = [[round(0.5 * np.sin(t), 3), round(0.5 * np.cos(t), 3)] for t in range(40)]


def test_the_frame_of_saved_weights_is_what_they_say(home: TestClient, root: Path):
    weights = load_at(root / "ring-1", 2048)
    found = home.get("/_gan/play/frame?id=ring-1&moment=2000").json()
    assert found["nimg"] == 2048
    heat = unpacked(found["arrays"]["heat"])
    row, column = 7, 30  # y ascending with rows, x with columns, at the cells' centres
    place = torch.tensor([(column + 0.5) / SIDE * 2 - 1, (row + 0.5) / SIDE * 2 - 1])
    with torch.no_grad():
        logit = weights.discriminator(place.view(1, 2, 1, 1), None)
    assert heat[row, column] == pytest.approx(float(logit), rel=2e-3, abs=2e-3)
    assert home.get("/_gan/play/frame?id=ring-1&mark=2048").json() == {}  # nothing newer


def test_a_run_of_pictures_is_refused_in_a_sentence(home: TestClient):
    for path in ("frame?id=digits-1", "points?id=digits-1"):
        reply = home.get(f"/_gan/play/{path}")
        assert (reply.status_code, reply.json()["key"]) == (400, "gan_error_play_pictures")


@pytest.mark.parametrize("data", ["ring", "moons", "letter:GO"])
def test_points_are_some_of_the_data(home: TestClient, data: str):
    found = home.get("/_gan/play/points", params={"data": data}).json()
    real = load_data(data).pixels.flatten(1).half().float()
    shown = torch.from_numpy(unpacked(found["points"]))
    assert len(shown) == 1000
    assert found["count"] == 20_000
    assert all(bool((real == point).all(1).any()) for point in shown[::97])
    told = found["truth"]
    assert (told is None) == data.startswith("letter")
    assert told is None or told["counted"] == (data == "ring")


@pytest.mark.parametrize(
    "query",
    ["data=fashion", "data=folder:/tmp", "data=points:/etc/passwd", "data=drawn:../x", "data="],
)
def test_other_data_are_not_read(home: TestClient, query: str):
    reply = home.get(f"/_gan/play/points?{query}")
    assert reply.status_code == 400
    assert "etc" not in reply.text


def test_a_drawing_is_kept_and_trained_on(home: TestClient):
    data = home.post("/_gan/play/points", json={"points": HEART}).json()["data"]
    assert home.post("/_gan/play/points", json={"points": HEART}).json()["data"] == data
    shown = unpacked(home.get("/_gan/play/points", params={"data": data}).json()["points"])
    np.testing.assert_allclose(shown, HEART, atol=1e-3)
    wish = {"preset": "ring", "data": data, "seed": "0", "seconds": "30", "settings": {}}
    command = home.post("/_gan/train/command", json=wish).json()["command"]
    path = command.split("points:")[1].split()[0].strip("'\"")
    assert json.loads(Path(path).read_text()) == HEART


@pytest.mark.parametrize(
    ("points", "key"),
    [
        (HEART[:7], "gan_error_drawing_count"),
        (HEART * 51, "gan_error_drawing_count"),
        ([HEART[0]] * 20, "gan_error_drawing_same"),
        ([[0, 2]] * 20, "gan_error_request"),
        ([[0, True]] * 20, "gan_error_request"),
        ([[0.1]] * 20, "gan_error_request"),
        ({"a": 1}, "gan_error_request"),
        (None, "gan_error_request"),
    ],
)
def test_what_is_no_drawing_is_refused_by_name(home: TestClient, points: object, key: str):
    reply = home.post("/_gan/play/points", json={"points": points})
    assert (reply.status_code, reply.json()["key"]) == (400, key)


def test_numbers_that_json_does_not_have_are_refused(home: TestClient):
    body = '{"points": [[NaN, 0], [Infinity, 0]' + ", [0, 0.5]" * 10 + "]}"
    assert home.post("/_gan/play/points", content=body).status_code == 400


def test_in_public_a_drawing_is_its_visitors_alone(shop: Context):
    mine, other = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    data = mine.post("/_gan/play/points", json={"points": HEART}).json()["data"]
    wish = {"preset": "ring", "data": data, "seed": "0", "seconds": "30", "settings": {}}
    told = mine.post("/_gan/train/command", json=wish).json()["command"]
    assert "points:drawing.json" in told  # not where this server keeps it
    assert "problem" in other.post("/_gan/train/command", json=wish).json()
    assert mine.get("/_gan/play/points", params={"data": data}).status_code == 200
    assert other.get("/_gan/play/points", params={"data": data}).status_code == 400
    letters = wish | {"data": "letter:GO"}  # nobody's own
    assert "command" in other.post("/_gan/train/command", json=letters).json()


def test_in_public_a_run_of_anothers_drawing_shows_its_points_to_nobody_else(
    shop: Context, root: Path
):
    mine, other = client_for(shop, "me-app.hf.space"), client_for(shop, "me-app.hf.space")
    data = mine.post("/_gan/play/points", json={"points": HEART}).json()["data"]
    file = root.parent / "own" / "points" / f"drawing-{data.removeprefix('drawn:')}.json"
    config = json.loads((root / "ring-1" / "config.json").read_text())
    (root / "ring-1" / "config.json").write_text(json.dumps(config | {"data": f"points:{file}"}))
    assert mine.get("/_gan/play/points?id=ring-1").json()["count"] == 40
    assert other.get("/_gan/play/points?id=ring-1").status_code == 404


def dots_behind(context: Context, data: list[list[float]]) -> int:
    """How many of these points lie in grey behind a picture of the run's."""
    g = context.models.get("run:heart-1").generator
    grey = to_pixels(g(torch.zeros(1, g.z_dim)))[0, ..., 0]
    where = ((np.array([1, -1]) * np.array(data) + 1) * len(grey) / 2).astype(int)
    return sum(bool(grey[y, x] < 200) for x, y in where)


def test_a_point_has_what_its_owner_drew_behind_it_and_in_public_nobody_sees_that(
    root: Path, tmp_path: Path
):
    file = tmp_path / "heart.json"
    file.write_text(json.dumps(HEART))
    shutil.copytree(root / "ring-1", root / "heart-1")
    config = json.loads((root / "heart-1" / "config.json").read_text())
    (root / "heart-1" / "config.json").write_text(json.dumps(config | {"data": f"points:{file}"}))
    assert dots_behind(context_for("127.0.0.1", root), HEART) == len(HEART)
    assert dots_behind(context_for("0.0.0.0", root, **SHOP), HEART) < len(HEART) / 4
