"""The routes of the panels without a browser: what comes back, and what a hostile visitor gets."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.ui.app import pictures_json
from gan.ui.explore import inside, inversion
from gan.ui.explore.tab import TAB
from gan.ui.server.fair_queue import Visitor
from gan.ui.server.profile import Guard, build_profile
from gan.ui.server.resources import Kept
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs
from gan.ui.server.streams import Places
from gan.ui.server.views import PageError
from gan.ui.server.workers import PanelWorkers
from gan.ui.train.own_images import limits_json

REF = "run:tiny"  # 16 dimensions, 10 classes, 8 px, grey


def served(context: Context, host: str) -> TestClient:
    app = Starlette(
        routes=build_routes(context, TAB.routes),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture
def home(tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    context = Context(build_profile("127.0.0.1", env={}), runs=Runs(tiny_run.parent))
    yield served(context, "127.0.0.1")
    context.close()


@pytest.fixture
def shop(tiny_run: Path):
    context = Context(build_profile("0.0.0.0", env={}), runs=Runs(tiny_run.parent))
    yield served(context, "10.0.0.7")
    context.close()


def rows(count: int, *, seed: int = 0) -> bytes:
    """Points as the board sends them: z, and the weights of the classes."""
    z = np.random.default_rng(seed).standard_normal((count, 16))
    weights = np.eye(10)[np.arange(count) % 10]
    return np.concatenate([z, weights], axis=1).astype("<f4").tobytes()


def told(data: bytes) -> tuple[list[dict], bytes]:
    """The lines of a stream, and what follows the one that names a size."""
    lines = []
    while data:
        text, _, data = data.partition(b"\n")
        lines.append(json.loads(text))
        if "size" in lines[-1]:
            return lines, data
    return lines, b""


# ---- films --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["webp", "gif", "mp4"])
def test_a_film_of_a_walk_comes_back_whole_and_well_named(home: TestClient, form: str):
    query = {"ref": REF, "format": form, "seconds": "1", "scale": "2", "loop": "1"}
    lines, data = told(home.post("/_gan/film", params=query, content=rows(3)).content)
    assert lines[-1]["size"] == len(data)
    assert lines[-1]["name"] == f"tiny-walk-24-frames-16x16.{form}"
    assert [line["step"] for line in lines if "step" in line] == [24]
    if form != "mp4":
        with Image.open(io.BytesIO(data)) as film:
            assert film.size == (16, 16)
            assert film.n_frames > 12


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, rows(1)),
        ({}, rows(9)),
        ({}, b""),
        ({}, rows(3)[:-1]),
        ({}, np.full(78, np.nan, "<f4").tobytes()),
        ({}, np.zeros(32, "<f4").tobytes()),  # two z without their classes
        ({"ref": "run:../../etc"}, rows(3)),
        ({"ref": ""}, rows(3)),
        ({"format": "exe"}, rows(3)),
        ({"seconds": "nan"}, rows(3)),
        ({"seconds": "1e9"}, rows(3)),
        ({"scale": "0"}, rows(3)),
        ({"scale": "1" * 40}, rows(3)),
        ({"psi": "inf"}, rows(3)),
        ({"space": "y"}, rows(3)),
    ],
)
def test_what_no_film_can_be_made_of_is_said_in_a_sentence(home, query: dict, body: bytes):
    reply = home.post("/_gan/film", params={"ref": REF} | query, content=body)
    lines, data = told(reply.content)
    assert data == b""
    assert lines[-1].get("key", "").startswith("gan_error") or lines[-1].get("error")
    assert lines[-1].get("key") != "gan_error_server"  # which would be a bug of ours


def test_public_films_are_shorter_and_bodies_bounded(home: TestClient, shop: TestClient):
    query = {"ref": REF, "seconds": "30"}
    assert shop.post("/_gan/film", params=query, content=rows(2)).status_code == 400
    assert home.post("/_gan/film", params=query, content=rows(2)).status_code == 200
    assert shop.post("/_gan/film", params={"ref": REF}, content=b"0" * 10**6).status_code == 413


# ---- the map ------------------------------------------------------------------------------------


def test_the_map_has_a_place_a_seed_and_a_picture_for_every_sample(shop: TestClient):
    drawn = shop.get("/_gan/map", params={"ref": REF}).json()
    assert len(drawn["x"]) == len(drawn["y"]) == len(drawn["seeds"]) == 600
    assert max(map(abs, drawn["x"])) <= 1
    assert {drawn["class_names"][label] for label in drawn["labels"]} <= set("0123456789")
    assert drawn["sheet"].startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    "query", [{"method": "umap"}, {"psi": "-1"}, {"psi": "nan"}, {"ref": "run:no"}, {"ref": "/etc"}]
)
def test_a_map_of_nonsense_is_refused(shop: TestClient, query: dict):
    reply = shop.get("/_gan/map", params={"ref": REF} | query)
    assert reply.status_code in (400, 404)
    assert reply.json().get("key") != "gan_error_server"


# ---- own pictures -------------------------------------------------------------------------------


def encoded(size=(40, 30), form="PNG", mode="RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 200 if mode == "L" else (200, 30, 30)).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_picture_comes_back_at_the_models_size(shop: TestClient, form: str):
    reply = shop.post("/_gan/picture", params={"ref": REF}, content=encoded(form=form))
    assert reply.headers["x-gan-shape"] == "8,8,1"
    assert len(reply.content) == 64


@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_a_picture_may_be_what_images_for_training_may_be(tiny_run: Path, host: str, local: bool):
    """The page offers what the server reads, in Explore as in Train."""
    context = Context(build_profile(host, env={}), runs=Runs(tiny_run.parent))
    client, limits = served(context, "127.0.0.1" if local else "10.0.0.7"), context.profile.reads
    assert limits_json(context)["file_bytes"] == pictures_json(limits)["bytes"]
    for form in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"):
        reply = client.post("/_gan/picture", params={"ref": REF}, content=encoded(form=form))
        offered = f".{form.lower()}" in pictures_json(limits)["accept"].replace(".jpg", ".jpeg")
        assert reply.status_code == (200 if offered else 400)
        assert offered == (local or form not in ("TIFF", "AVIF"))
    context.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"GIF89a", 400),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400),
        (encoded(form="TIFF"), 400),
        (encoded((2000, 20), "PNG", "L"), 400),  # longer than 20:1
        (encoded((5000, 4000), "PNG", "L"), 400),  # a small file of 20 Mpx
        (encoded()[:60], 400),
        (b"0" * (10 * 2**20 + 2), 413),
    ],
)
def test_what_is_no_picture_within_the_limits_is_refused(shop: TestClient, body, status: int):
    reply = shop.post("/_gan/picture", params={"ref": REF}, content=body)
    assert reply.status_code == status
    assert reply.json().get("key") != "gan_error_server"


def test_a_picture_that_is_still_coming_holds_memory_and_no_place(tiny_run: Path, monkeypatch):
    context = Context(build_profile("0.0.0.0", env={}), runs=Runs(tiny_run.parent))
    shop, desk, held = served(context, "10.0.0.7"), context.part(PanelWorkers), []
    whole = inversion.body_of

    async def noted(*args, **options) -> bytes:
        held.append(len(context.look._urgent))
        return await whole(*args, **options)

    monkeypatch.setattr(inversion, "body_of", noted)
    body = encoded()
    assert shop.post("/_gan/picture", params={"ref": REF}, content=body).status_code == 200
    assert held == [0]
    assert desk.coming.taken == 0
    monkeypatch.setattr(desk.coming, "_most", len(body) - 1)
    reply = shop.post("/_gan/picture", params={"ref": REF}, content=body)
    assert (reply.status_code, reply.json()["key"]) == (429, "gan_error_panel_busy")
    assert desk.coming.taken == 0
    context.close()


@pytest.mark.slow
def test_a_search_tells_of_its_progress_and_ends_with_a_point_that_is_nearer(shop: TestClient):
    body = bytes(range(0, 256, 4))
    query = {"ref": REF, "steps": "20", "restarts": "2"}
    lines, _ = told(shop.post("/_gan/invert", params=query, content=body).content)
    assert lines[0] == {"waiting": True}
    assert any(line.get("of") == 20 for line in lines)
    found = lines[-1]
    assert (len(found["z"]), len(found["mix"])) == (16, 10)
    assert found["distance"] <= found["start_distance"]
    assert sum(found["mix"]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, b""),
        ({}, b"0" * 63),
        ({}, b"0" * 65),
        ({"steps": "100000"}, b"0" * 64),
        ({"steps": "201"}, b"0" * 64),  # more than public may
        ({"restarts": "0"}, b"0" * 64),
        ({"restarts": "5"}, b"0" * 64),
        ({"ref": "fashion/../../x"}, b"0" * 64),
    ],
)
def test_a_search_for_nonsense_is_refused(shop: TestClient, query: dict, body: bytes):
    reply = shop.post("/_gan/invert", params={"ref": REF} | query, content=body)
    last = json.loads(reply.content.splitlines()[-1])
    assert last.get("key", "").startswith("gan_error") or last.get("error")
    assert last.get("key") != "gan_error_server"
    assert "z" not in last


# ---- places ---------------------------------------------------------------------------------


def test_who_starts_anew_ends_what_he_had_begun_and_leaves_others_alone():
    places = Places(most=2)
    first, other = places.take(Visitor("a", "me")), places.take(Visitor("b", "you"))
    places.take(Visitor("a", "me"))
    assert first.is_set()
    assert not other.is_set()


def test_places_are_bounded_and_free_again_when_left():
    places = Places(most=2)
    a, b, c, d = (Visitor(name, name) for name in "abcd")
    one = places.take(a)
    places.take(b)
    with pytest.raises(PageError):
        places.take(c)
    places.leave(one)
    places.leave(one)
    places.take(c)
    with pytest.raises(PageError):
        places.take(d)


def test_made_up_sessions_of_one_address_leave_a_place_to_others():
    places = Places(most=3)
    places.take(Visitor("here", "a"))
    mine = places.take(Visitor("here", "b"))
    with pytest.raises(PageError):
        places.take(Visitor("here", "c"))
    places.take(Visitor("there", "d"))
    places.leave(mine)
    places.take(Visitor("here", "e"))
    Places(most=1).take(Visitor("here", "f"))


def test_one_visitor_cannot_pile_up_work_that_has_not_ended_yet():
    places = Places(most=2)
    for _ in range(4):  # each ends the one before, which has not noticed yet
        places.take(Visitor("", "me"))
    with pytest.raises(PageError):
        places.take(Visitor("", "me"))


def test_what_is_kept_is_made_once_and_bounded():
    made, kept = [], Kept(capacity=2)
    for key in ("a", "a", "b", "c", "a"):
        kept.get((key,), lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "a"]


def test_a_closed_server_stops_the_searches_it_has_begun():
    desk = PanelWorkers()
    event = desk.search.places.take(Visitor("", "me"))
    desk.close()
    assert event.is_set()
    assert isinstance(event, threading.Event)


# ---- inside -----------------------------------------------------------------------------------


def test_the_inside_shows_every_layer_and_the_picture_last(shop: TestClient):
    seen = shop.post("/_gan/inside", params={"ref": REF}, content=rows(1)).json()
    layers = seen["layers"]
    assert layers[-1]["kind"] == "image"
    assert (layers[-1]["height"], layers[-1]["width"]) == (8, 8)
    assert all(layer["count"] <= layer["total"] for layer in layers)
    said = seen["judgement"]
    assert np.isfinite(said["score"])
    assert 0 <= said["over_fakes"] <= 1
    assert 0 <= said["over_reals"] <= 1


@pytest.mark.slow
def test_the_nearest_reals_come_in_order_once_they_are_studied(shop: TestClient):
    for _ in range(600):
        near = shop.post("/_gan/neighbours", params={"ref": REF}, content=rows(1)).json()
        if near["state"] != "studying":
            break
        threading.Event().wait(0.1)
    assert near["state"] == "ready"
    assert near["distances"] == sorted(near["distances"])
    assert near["count"] == 1797
    assert 0 < near["close"] < near["usual"]


def test_in_public_own_training_pictures_are_not_shown(tiny_run: Path):
    from dataclasses import replace

    from gan.checkpoint import load
    from gan.ui.server.real_features import data_of

    weights = load(tiny_run)
    secret = replace(weights, config=replace(weights.config, data="folder:/home/me/faces"))
    assert data_of(secret, local=False) is None
    assert data_of(secret, local=True) == "folder:/home/me/faces"
    assert data_of(weights, local=False) == "digits"


@pytest.mark.parametrize("path", ["/_gan/inside", "/_gan/neighbours"])
@pytest.mark.parametrize("body", [b"", rows(2), np.full(26, np.inf, "<f4").tobytes(), b"x" * 9000])
def test_the_inside_of_nonsense_is_refused(shop: TestClient, path: str, body: bytes):
    reply = shop.post(path, params={"ref": REF}, content=body)
    assert reply.status_code in (400, 413)
    assert reply.json()["key"] == "gan_error_request"


def test_a_score_is_held_against_those_that_are_lower():
    assert inside._over(2.5, torch.tensor([1.0, 2.0, 2.5, 4.0])) == 0.5
    assert inside._over(0.0, torch.tensor([1.0, 2.0])) == 0
    assert inside._over(0.0, None) is None


@pytest.mark.parametrize(("ground", "thing", "told"), [(245, 30, "1"), (0, 220, "0")])
def test_an_upload_on_another_ground_than_the_models_is_told(home, ground, thing, told):
    image = Image.new("L", (64, 64), ground)
    image.paste(thing, (20, 12, 44, 56))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    reply = home.post("/_gan/picture", params={"ref": "fashion"}, content=stream.getvalue())
    assert reply.headers["x-gan-inverted"] == told
