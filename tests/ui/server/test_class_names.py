"""Classes of a visitor's own images are folders' names: by number for everybody else."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from gan.ui.programs import endpoints
from gan.ui.server.profile import session_in
from gan.ui.server.routes import Context
from tests.ui.fakes import add_model
from tests.ui.loops import apart
from tests.ui.server.test_routes import client_for, context_for

NUMBERS = {"0", "1", "2"}
SHAPE = {"family": "mlp", "resolution": 8, "z_dim": 8, "g_widths": (8,), "d_widths": (8,)}


@pytest.fixture
def ref(tmp_path: Path) -> str:
    """A model of somebody's own images, its classes `kind 0` to `kind 2`."""
    ref = add_model(tmp_path, "mine", classes=3, **SHAPE)
    config = tmp_path / "mine" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"data": "folder:/own/set"}))
    return ref


@pytest.fixture
def shop(ref: str, tmp_path: Path):
    context = context_for("10.0.0.7", tmp_path)
    yield context
    context.close()


def names_in(client: TestClient, ref: str) -> dict[str, set[str]]:
    """Every class that a visitor is told of, by where."""
    drawn = client.get("/_gan/map", params={"ref": ref}).json()
    found = client.get("/_gan/directions", params={"ref": ref}).json()["directions"]
    form = {"ref": ref, "seeds": [*range(12)], "labels": [0, 1, 2] * 4, "psis": [1] * 12}
    reply = client.post("/_gan/gallery/download", json=form | {"kind": "zip"})
    job = json.loads(reply.text.splitlines()[-1])["file"]
    data = client.get("/_gan/gallery/file", params={"id": job}).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = [*csv.DictReader(io.StringIO(archive.read("samples.csv").decode()))]
    return {
        "map": set(drawn["class_names"]),
        "directions": {entry["name"] for entry in found if entry["kind"] == "class"},
        "samples.csv": {row["class"] for row in rows},
    }


def test_only_their_owner_reads_the_classes_of_own_images(shop: Context, ref: str):
    mine, theirs = (client_for(shop, "10.0.0.7") for _ in "ab")
    for client in (theirs, mine):  # who looks first must not decide for the next
        client.get("/_gan/state")
        if client is mine:
            shop.owners.claim(session_in(f"gan_session={client.cookies['gan_session']}"), "mine")
        shown = {f"kind {i}" for i in range(3)} if client is mine else NUMBERS
        assert names_in(client, ref) == {k: shown for k in ("map", "directions", "samples.csv")}
    assert names_in(theirs, ref)["map"] == NUMBERS


def whole(slices: Generator[object, None, dict[str, Any]]) -> dict[str, Any]:
    """What work that is done in slices returns at its end."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            return end.value


def test_programs_own_nothing_and_read_no_classes(shop: Context, ref: str):
    programs = endpoints.Endpoints(shop, SimpleNamespace())
    drawing = programs._sample(ref=ref, seeds=[*range(12)], psi=1.0, label=None, kind="png")
    made = whole(drawing)
    assert {row["class"] for row in made["samples"]} <= NUMBERS
    listed = apart(asyncio.run, programs._listed())
    (entry,) = [model for model in listed if model["ref"] == ref]
    assert set(entry["class_names"]) == NUMBERS


def test_at_home_all_classes_have_their_names(ref: str, tmp_path: Path):
    context = context_for("127.0.0.1", tmp_path)
    client = client_for(context)
    client.get("/_gan/state")
    assert names_in(client, ref)["samples.csv"] == {"kind 0", "kind 1", "kind 2"}
    context.close()
