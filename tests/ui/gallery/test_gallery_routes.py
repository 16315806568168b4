"""The gallery's routes without a browser."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import percentileofscore
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.checkpoint import load
from gan.sampling import labels_of, sample
from gan.ui.gallery import downloads, scores
from gan.ui.gallery import routes as gallery
from gan.ui.gallery.downloads import as_text
from gan.ui.server.profile import Guard, build_profile
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs

FORM = {"ref": "run:tiny", "seeds": [5, 9, 5], "labels": [-1, -1, 2], "psis": [1, 0.5, 1]}
RANGE = {"ref": "run:tiny", "first": 3, "count": 250, "label": -1, "psi": 1, "by": "d"}


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def client(request, tiny_run: Path):
    context = Context(build_profile(request.param, env={}), runs=Runs(tiny_run.parent))
    routes = build_routes(context, gallery.ROUTES, downloads.ROUTES, scores.ROUTES)
    app = Starlette(routes=routes, middleware=[Middleware(Guard, profile=context.profile)])
    yield TestClient(app, base_url="http://127.0.0.1")
    context.close()


def lines(reply) -> list[dict]:
    assert reply.status_code == 200, reply.text
    return [json.loads(text) for text in reply.text.splitlines()]


def test_each_tile_is_the_sample_of_its_seed_class_and_psi(client, tiny_run):
    reply = client.post("/_gan/gallery", json=FORM)
    height, width, channels = map(int, reply.headers["x-gan-shape"].split(","))
    pixels = np.frombuffer(reply.content, np.uint8).reshape(3, height, width, channels).astype(int)
    g = load(tiny_run).generator
    for i, (label, psi) in enumerate([(None, 1.0), (None, 0.5), (2, 1.0)]):
        one = sample(g, [FORM["seeds"][i]], psi=psi, label=label)
        assert np.abs(pixels[i] - one.pixels[0]).max() <= 1
        assert int(reply.headers["x-gan-labels"].split(",")[i]) == one.labels[0]


NONSENSE = (
    {"seeds": []}, {"seeds": [1]}, {"seeds": "1,2,3"}, {"seeds": [-1, 0, 0]},
    {"seeds": [2**31, 0, 0]}, {"labels": [99, -1, -1]}, {"labels": [[1], 1, 1]},
    {"psis": ["nan", 1, 1]}, {"psis": [9, 1, 1]}, {"ref": "../../etc"}, {"ref": "run:../tiny"},
    {"ref": "run:tiny@x"}, {"ref": 7},
    {"seeds": [1] * 193, "labels": [-1] * 193, "psis": [1] * 193},
)  # fmt: skip


@pytest.mark.parametrize("path", ["/_gan/gallery", "/_gan/gallery/one", "/_gan/gallery/download"])
def test_nonsense_is_refused_without_a_traceback(client, path):
    for change in NONSENSE:
        reply = client.post(path, json=FORM | {"kind": "zip"} | change)
        if reply.status_code == 200:  # what is found out while a file is made is its last line
            told = lines(reply)[-1]
            assert path.endswith("download"), change
            # a file may hold more than a page
            assert ("key" in told) == (len(change.get("seeds", "")) != 193), change
        else:
            assert reply.status_code in (400, 404), change
            told = reply.json()
        assert told.get("key", "") != "gan_error_server", change


def test_scores_come_in_the_order_of_their_seeds_and_from_the_shelf_the_second_time(
    client, tiny_run
):
    told = lines(client.post("/_gan/gallery/scores", json=RANGE))
    assert [n["fraction"] for n in told if "fraction" in n] == [0.4, 0.8, 1.0]
    values = told[-1]["scores"]["values"]
    assert len(values) == 250
    weights = load(tiny_run)
    seeds = range(100, 110)
    some = sample(weights.generator, seeds)
    import torch

    from gan.images import from_pixels

    with torch.no_grad():
        x, labels = from_pixels(some.pixels), torch.from_numpy(some.labels)
        expected = weights.discriminator(x, labels)
    assert values[97:107] == pytest.approx(expected.tolist(), abs=0.05)
    assert not any("fraction" in n for n in lines(client.post("/_gan/gallery/scores", json=RANGE)))


@pytest.mark.slow
def test_distances_to_real_images_are_told_while_these_are_studied(client):
    values = lines(client.post("/_gan/gallery/scores", json=RANGE | {"by": "nearest", "count": 20}))
    assert all(v > 0 for v in values[-1]["scores"]["values"])


def test_the_top_of_ds_order_holds_every_class_in_its_share(client):
    form = RANGE | {"ref": "fashion", "first": 0, "count": 400}
    found = lines(client.post("/_gan/gallery/scores", json=form))[-1]["scores"]
    labels = labels_of(10, range(400)).numpy()
    top = labels[np.argsort(found["places"])[::-1][:40]]
    # by D's raw scores all 40 are sandals and bags
    raw = labels[np.argsort(found["values"])[::-1][:40]]
    assert len(set(raw)) < 4
    assert np.bincount(top, minlength=10).min() >= 2
    assert np.bincount(top, minlength=10).max() <= 7
    for one in range(10):  # within a class the order is D's own
        of_class = labels == one
        values, places = (np.array(found[key])[of_class] for key in ("values", "places"))
        assert (np.argsort(values, kind="stable") == np.argsort(places, kind="stable")).all()


def test_places_are_quantiles_within_a_class_by_an_independent_count():
    draw = np.random.default_rng(2)
    values, kinds = draw.normal(size=300), draw.choice(4, 300, p=[0.7, 0.2, 0.09, 0.01])
    places = scores.places((values + 9 * kinds).tolist(), kinds.tolist())
    for value, kind, place in zip(values, kinds, places, strict=True):
        assert place == pytest.approx(
            percentileofscore(values[kinds == kind], value, kind="mean") / 100, abs=1e-4
        )


@pytest.mark.slow
def test_each_kind_of_score_is_kept_for_itself(client):
    first, second = (
        lines(client.post("/_gan/gallery/scores", json=RANGE | {"by": by, "count": 20}))[-1]
        for by in ("d", "nearest")
    )
    assert first["scores"]["values"] != second["scores"]["values"]


def test_what_cannot_be_scored_says_so(client):
    told = lines(client.post("/_gan/gallery/scores", json=RANGE | {"by": "confidence"}))
    assert told[-1]["scores"]["values"] is None  # no classifier of digits
    told = lines(
        client.post("/_gan/gallery/scores", json=RANGE | {"ref": "fashion-mlp", "count": 20})
    )
    assert told[-1]["scores"]["values"] is None  # it came without its D


def test_a_range_that_makes_no_sense_is_refused(client):
    for change in (
        {"by": "size"}, {"by": None}, {"count": 10**6}, {"count": 0}, {"first": -1}, {"psi": "inf"},
    ):  # fmt: skip
        reply = client.post("/_gan/gallery/scores", json=RANGE | change)
        assert reply.status_code == 400, change


def test_a_png_says_what_made_it(client, tiny_run):
    form = FORM | {"seeds": [9], "labels": [3], "psis": [0.7]}
    reply = client.post("/_gan/gallery/one", json=form)
    assert 'filename="' in reply.headers["content-disposition"]
    with Image.open(io.BytesIO(reply.content)) as image:
        recipe = json.loads(image.text["gan-atelier"])
        pixels = np.asarray(image).astype(int)
    assert recipe == {
        "model": "run:tiny", "revision": load(tiny_run).revision, "seed": 9, "psi": 0.7, "label": 3,
    }  # fmt: skip
    made = sample(load(tiny_run).generator, [9], psi=0.7, label=3).pixels[0, :, :, 0]
    assert np.abs(pixels - made).max() <= 1


def download(client, **form: object):
    *_, told = lines(client.post("/_gan/gallery/download", json=FORM | form))
    reply = client.get("/_gan/gallery/file", params={"id": told["file"]})
    assert (reply.status_code, len(reply.content)) == (200, told["bytes"])
    assert told["name"] in reply.headers["content-disposition"]
    return reply


def test_a_sheet_is_large_enough_to_look_at(client):
    reply = download(client, kind="sheet", columns=2)
    with Image.open(io.BytesIO(reply.content)) as image:
        assert image.size == (2 * 64 + 2, 2 * 64 + 2)


def test_a_zip_holds_every_picture_and_a_table(client):
    reply = download(client, kind="zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("samples.csv").decode())))
        assert [r["seed"] for r in rows] == ["5", "9", "5"]
        assert [r["psi"] for r in rows] == ["1.0", "0.5", "1.0"]
        assert rows[2]["class"] == "2"
        assert {r["file"] for r in rows} | {"samples.csv"} == set(archive.namelist())


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@A1", " =1", "\t=1", "%0A"])
def test_a_spreadsheet_computes_no_name_that_a_stranger_chose(name: str):
    assert as_text(name) == "'" + name
    assert as_text("a" + name) == "a" + name


def test_only_known_files_are_made(client):
    for kind in ("exe", "png", None, ["zip"]):
        reply = client.post("/_gan/gallery/download", json=FORM | {"kind": kind})
        assert reply.status_code == 400, kind
