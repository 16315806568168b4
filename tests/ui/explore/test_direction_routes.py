"""The latent board's routes without a browser: batches, directions, drawing, keeping."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gan.ui.explore import directions
from gan.ui.server.resources import Kept
from gan.ui.server.routes import Context
from tests.ui.server.test_routes import client_for, context_for

Z, CLASSES = 16, 10  # of the tiny run
REF = {"ref": "run:tiny"}


@pytest.fixture
def home(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """The local profile, with a run that may be written to."""
    shutil.copytree(tiny_run, tmp_path / "tiny")
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    return context_for("127.0.0.1", tmp_path)


@pytest.fixture
def shop(home: Context, tmp_path: Path) -> Context:
    """The public profile over the same runs."""
    return context_for("0.0.0.0", tmp_path, SPACE_HOST="me-app.hf.space")


def rows(count: int, *, seed: int = 0, weights: bool = True) -> np.ndarray:
    """`count` rows of z and one-hot class weights."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((count, Z), dtype="f4")
    labels = np.eye(CLASSES, dtype="f4")[rng.integers(CLASSES, size=count)]
    return np.concatenate([z, labels] if weights else [z], axis=1)


def pixels(reply) -> np.ndarray:
    return np.frombuffer(reply.content, np.uint8).astype(int)


@pytest.mark.slow
def test_a_batch_is_its_pictures_one_by_one(home: Context):
    client, sent = client_for(home), rows(5)
    together = pixels(client.post("/_gan/latents/batch", params=REF, content=sent.tobytes()))
    apart = [pixels(client.post("/_gan/latent", params=REF, content=r.tobytes())) for r in sent]
    assert np.abs(together - np.concatenate(apart)).max() <= 1


def test_one_hot_weights_are_their_class(home: Context):
    client, z = client_for(home), rows(1)[:, :Z]
    for label in (0, 7):
        weights = np.eye(CLASSES, dtype="f4")[label][None]
        mixed = client.post("/_gan/latent", params=REF, content=np.hstack([z, weights]).tobytes())
        named = client.post("/_gan/latent", params=REF | {"label": label}, content=z.tobytes())
        assert mixed.content == named.content


@pytest.mark.parametrize("path", ["/_gan/latents/batch", "/_gan/directions/fit"])
def test_rows_that_are_none_are_refused(home: Context, path: str):
    client = client_for(home)
    for body in (
        b"", b"x", rows(65).tobytes(), rows(2)[:, :-1].tobytes(), bytes(4 * Z * 3),
        np.full((1, Z + CLASSES), np.nan, "f4").tobytes(), bytes(10**6),
    ):  # fmt: skip
        reply = client.post(path, params=REF | {"plus": 2}, content=body)
        assert reply.status_code in (400, 413), body[:9]
        assert reply.json().get("key", "") != "gan_error_server"


def test_directions_come_with_their_short_list_and_are_found_once(home: Context, monkeypatch):
    client = client_for(home)
    first = client.get("/_gan/directions", params=REF).json()
    found = {d["id"]: d for d in first["directions"]}
    assert set(first["ranked"]) <= set(found)
    assert {"pca-1", "sefa-1", "class-0"} <= set(found)
    assert all(len(base64.b64decode(d["vector"])) == 4 * Z for d in found.values())
    assert len(base64.b64decode(found["class-3"]["classes"])) == 4 * CLASSES
    monkeypatch.setattr(directions, "_find", None)  # a second search would fail
    assert client.get("/_gan/directions", params=REF).json() == first


def test_what_is_remembered_is_bounded_and_the_least_used_goes():
    kept: Kept[str] = Kept(capacity=2)
    for key in ("a", "b", "a", "c"):
        kept.get((key,), lambda key=key: key)
    assert [kept.find((key,)) for key in "abc"] == ["a", None, "c"]


def fitted(client, sent: np.ndarray, plus: int):
    return client.post("/_gan/directions/fit", params=REF | {"plus": plus}, content=sent.tobytes())


def test_a_drawn_direction_points_from_less_to_more(home: Context):
    sent = rows(20)
    sent[:10, 0], sent[10:, 0] = 2, -2
    drawn = fitted(client_for(home), sent, 10).json()
    vector = np.frombuffer(base64.b64decode(drawn["vector"]), "<f4")
    assert vector.argmax() == 0
    assert drawn["held_out"] == 1


def test_too_few_marks_make_no_direction(home: Context):
    client = client_for(home)
    for plus in (0, 1, 9, 10, 11, -1):
        assert fitted(client, rows(10), plus).status_code == 400, plus


def vector(values=None) -> str:
    values = np.ones(Z, "<f4") / 3 if values is None else np.asarray(values, "<f4")
    return base64.b64encode(values.tobytes()).decode()


def keep(client, **order):
    return client.post("/_gan/directions/keep", json={"ref": "run:tiny", "do": "save"} | order)


def names(reply) -> list[str]:
    return [d["name"] for d in reply.json()["drawn"]]


def test_drawn_directions_are_saved_renamed_and_deleted(home: Context, tmp_path: Path):
    client = client_for(home)
    assert names(keep(client, name="  sleeve\n length ", vector=vector())) == ["sleeve length"]
    assert names(keep(client, do="rename", name="sleeve length", to="袖长")) == ["袖长"]
    assert "袖长" in (tmp_path / "tiny" / "directions.json").read_text("utf-8")
    kept = client.get("/_gan/directions", params=REF).json()["drawn"]
    assert [d["vector"] for d in kept] == [vector(np.float32([0.33333] * Z))]  # five digits
    assert names(keep(client, do="delete", name="袖长")) == []


def test_odd_orders_leave_nothing_behind(home: Context, tmp_path: Path):
    client = client_for(home)
    for order in (
        {"name": ""}, {"name": "x" * 41}, {"name": "a\0b"}, {"name": 7}, {"name": None},
        {"vector": "AAAA"}, {"vector": None}, {"vector": "é"}, {"vector": 3},
        {"vector": vector([np.nan] * Z)}, {"vector": vector([1e9] * Z)}, {"classes": vector()},
        {"do": "burn"}, {"do": "delete"}, {"do": "rename", "to": "b"}, {"ref": "../x"}, {"ref": 1},
    ):  # fmt: skip
        reply = keep(client, **({"name": "a", "vector": vector()} | order))
        assert reply.status_code in (400, 404), order
        assert reply.json().get("key", "") != "gan_error_server", order
        assert not (tmp_path / "tiny" / "directions.json").exists(), order


def test_a_model_has_room_for_so_many_drawn_directions(home: Context, monkeypatch):
    monkeypatch.setattr(directions, "MOST_OWN", 2)
    client = client_for(home)
    replies = [keep(client, name=str(i), vector=vector()) for i in range(3)]
    assert [r.status_code for r in replies] == [200, 200, 400]
    assert replies[-1].json()["key"] == "gan_error_directions_full"


def test_in_public_nothing_is_kept(shop: Context, tmp_path: Path):
    reply = keep(client_for(shop, "me-app.hf.space"), name="a", vector=vector())
    assert (reply.status_code, reply.json()["key"]) == (403, "gan_error_local_directions")
    assert not (tmp_path / "tiny" / "directions.json").exists()


def test_a_damaged_file_takes_no_direction_along(home: Context, tmp_path: Path):
    (tmp_path / "tiny" / "directions.json").write_text(json.dumps({"format": "else"}))
    reply = client_for(home).get("/_gan/directions", params=REF).json()
    assert reply["drawn"] == []
    assert reply["ranked"]


def test_drawn_names_of_any_script_have_short_ids_of_their_own():
    ids = [
        directions.direction_id(directions.Direction(n, "drawn", None, 1.0), (), 0)
        for n in ("a", "b", "袖长", "<b>")
    ]
    assert len(set(ids)) == 4
    assert all(i.removeprefix("drawn-").isalnum() for i in ids)


@pytest.mark.slow
def test_a_found_direction_keeps_the_name_that_its_owner_gave_it(home: Context):
    client = client_for(home)

    def names() -> dict[str, str]:
        return client.get("/_gan/directions", params=REF).json()["names"]

    def name(to: str | None, id: str = "pca-2"):
        return client.post("/_gan/directions/keep", json=REF | {"do": "name", "id": id, "to": to})

    assert names() == {}
    assert name("heel  height").status_code == 200
    assert name("older", id="sefa-1").status_code == 200
    assert names() == {"pca-2": "heel height", "sefa-1": "older"}
    name("heel", id="pca-2")
    assert names() == {"pca-2": "heel", "sefa-1": "older"}
    name(None)
    assert names() == {"sefa-1": "older"}
    assert name("x", id="pca-999").status_code == 404
    assert name("x" * 41).status_code == 400
