"""A slow model on a public server: refused by what its pictures take, not by who asks."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from starlette.requests import Request

from gan.latent import directions as latent_directions
from gan.latent.points import show
from gan.ui.explore import directions, films
from gan.ui.explore import routes as explore
from gan.ui.gallery import downloads
from gan.ui.gallery import routes as gallery
from gan.ui.programs import endpoints
from gan.ui.server import evaluations, pace
from gan.ui.server.fair_queue import SLICE_S
from gan.ui.server.in_turn import in_turn
from gan.ui.server.pace import PUBLIC_S, Pace
from gan.ui.server.resources import Kept
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError
from tests.ui.loops import apart
from tests.ui.server.test_routes import client_for, context_for

TILES = {"ref": "run:tiny", "labels": [-1] * 6, "psis": [1] * 6, "seeds": [*range(6)]}
POINT = bytes(4 * (16 + 10))
QUESTION = evaluations.Question(
    "run:tiny", "digits", 130, 0, fresh=True
)  # a kept one costs nothing


@pytest.fixture(params=["10.0.0.7", "127.0.0.1"], ids=["public", "home"])
def host(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_request_is_bounded_by_seconds_a_picture_times_count(
    host: str, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pace, "picture_seconds", lambda g: PUBLIC_S / 5)
    context = context_for(host, tiny_run.parent)
    context.profile.hosts.add(host)
    client, is_refused = client_for(context, host), not context.profile.local
    try:
        refused = client.post("/_gan/gallery", json=TILES)
        assert (refused.status_code == 400) is is_refused
        if is_refused:
            assert refused.json()["key"] == "gan_error_slow_model"
            assert refused.json()["values"]["fits"] == 5
        fewer = {k: v if k == "ref" else v[:5] for k, v in TILES.items()}
        assert client.post("/_gan/gallery", json=fewer).status_code == 200
        rows = client.post("/_gan/latents/batch", params={"ref": "run:tiny"}, content=6 * POINT)
        assert (rows.status_code == 400) is is_refused
        one = client.post("/_gan/latent", params={"ref": "run:tiny"}, content=POINT)
        assert one.status_code == 200
    finally:
        context.close()


def test_what_was_measured_counts_where_the_estimate_was_too_low(tiny_run: Path):
    context = context_for("0.0.0.0", tiny_run.parent)
    weights, found = context.models.get("run:tiny"), context.part(Pace)
    assert found.seconds(weights) < 0.1
    found.note(weights, 2, 54.0)
    assert found.seconds(weights) == 27.0
    found.note(weights, 2, 40.0)  # the least: others may have computed meanwhile
    assert found.seconds(weights) == 20.0
    with pytest.raises(pace.PageError):
        pace.check_pace(context, weights, 6)
    pace.check_pace(context, weights, 1)
    context.close()


def test_the_run_list_is_told_while_a_slow_model_draws(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
):
    began, release = threading.Event(), threading.Event()
    draw = gallery.draw

    def slow(*args, **options):
        began.set()
        assert release.wait(120)
        return draw(*args, **options)

    monkeypatch.setattr(gallery, "draw", slow)
    context = context_for("127.0.0.1", tiny_run.parent)
    client = client_for(context)
    tiles = threading.Thread(target=client.post, args=("/_gan/gallery",), kwargs={"json": TILES})
    tiles.start()
    try:
        assert began.wait(120)
        assert client_for(context).get("/_gan/runs").status_code == 200
        assert client_for(context).get("/_gan/state").status_code == 200
        point = {"params": {"ref": "run:tiny"}, "content": POINT}
        assert client_for(context).post("/_gan/latent", **point).status_code == 200
    finally:
        release.set()
        tiles.join(120)
        context.close()


@pytest.mark.parametrize("path", ["/_gan/latent", "/_gan/gallery", "/_gan/map", "/_gan/directions"])
def test_a_stranger_s_slow_model_leaves_others_their_pictures(
    path: str, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
):
    began, release = threading.Event(), threading.Event()
    slow, gave_up = threading.Event(), threading.Event()

    def seconds(g: object) -> float:
        """Of any model, until the stranger's request is in hand."""
        return 0.0 if slow.is_set() else 2 * SLICE_S

    def hold(*args, **options):
        slow.set()
        began.set()
        if not release.wait(60):
            gave_up.set()
        raise PageError("gan_error_request")

    monkeypatch.setattr(pace, "picture_seconds", seconds)
    # what an earlier test has found would be answered at once, on the thread of fast models
    monkeypatch.setattr(directions, "_found", Kept(capacity=1))
    context = context_for("0.0.0.0", tiny_run.parent)
    held = [(explore, "show"), (gallery, "draw"), (films, "draw_map"), (directions, "find")]
    with monkeypatch.context() as patched:
        for module, name in held:
            patched.setattr(module, name, hold)
        stranger = threading.Thread(target=asked, args=(context, path))
        stranger.start()
        assert began.wait(120)
    try:
        assert asked(context, path) == 200
        assert not gave_up.is_set()  # the others had not to wait for the stranger's
    finally:
        release.set()
        stranger.join(120)
        context.close()


@pytest.mark.parametrize(
    ("path", "query", "body", "count"),
    [
        ("/_gan/map", {}, None, 24),
        ("/_gan/gallery/scores", {}, {"first": 0, "count": 50, "by": "confidence"}, 50),
        ("/_gan/film", {"seconds": "1"}, 2 * POINT, 25),
        ("/_gan/gallery/download", {}, {**TILES, "kind": "zip"}, 6),
        pytest.param("/_gan/invert", {"steps": "10"}, bytes(64), 4, id="invert"),
    ],
)
def test_what_draws_much_is_bounded_by_the_seconds_it_takes(
    path: str,
    query: dict,
    body: dict | bytes | None,
    count: int,
    tiny_run: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """`count` is how many pictures such a request draws at least."""
    context = context_for("0.0.0.0", tiny_run.parent)
    client, query = client_for(context), {"ref": "run:tiny"} | query

    def answer(seconds: float) -> dict:
        monkeypatch.setattr(pace, "picture_seconds", lambda g: seconds)
        if isinstance(body, dict):
            reply = client.post(path, json=query | body)
        elif body is None:
            reply = client.get(path, params=query)
        else:
            reply = client.post(path, params=query, content=body)
        lines = [line for line in reply.content.splitlines() if line.startswith(b"{")]
        found = [line for line in lines if b"gan_error" in line]
        return json.loads(found[-1]) if found else {}

    bound = downloads.PUBLIC.seconds if "download" in path else PUBLIC_S
    try:
        assert answer(1.01 * bound / count)["key"] == "gan_error_slow_model"
        assert answer(0.99 * bound / count) == {}
    finally:
        context.close()


@pytest.mark.parametrize("layered", [True, False])
def test_directions_that_take_too_many_pictures_are_left_out(
    layered: bool, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
):
    context = context_for("0.0.0.0", tiny_run.parent)
    monkeypatch.setattr(pace, "picture_seconds", lambda g: PUBLIC_S / 100)
    weights = context.models.get("run:tiny")
    monkeypatch.setattr(type(weights.generator), "layered", layered)
    shown = []
    monkeypatch.setattr(latent_directions, "show", lambda *a, **o: shown.append(a) or show(*a, **o))
    kinds = {entry["kind"] for entry in directions._find(context, weights)["directions"]}
    assert kinds == ({"pca", "sefa", "class"} if layered else {"class"})
    assert shown == []
    context.close()


def test_programs_are_bounded_likewise(tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    context = context_for("0.0.0.0", tiny_run.parent)
    programs = endpoints.Endpoints(context, None)
    ask = {"ref": "run:tiny", "psi": 1.0, "label": None}
    walk = {"steps": 5, "space": "z", "loop": False, "own_classes": False}
    calls = {
        6: lambda: [*programs._sample(**ask, seeds=[*range(6)], kind="png")],
        11: lambda: [*programs._interpolate(**ask, seeds=[1, 2, 3], kind="frames", **walk)],
        130: lambda: [*evaluations.answers(context, evaluations.Judge(), QUESTION, lambda: False)],
    }
    for count, call in calls.items():
        bound = evaluations.PUBLIC_S if count == 130 else PUBLIC_S
        monkeypatch.setattr(pace, "picture_seconds", lambda g, s=bound / count: 1.01 * s)
        with pytest.raises(PageError, match=f"{count} pictures of this model"):
            call()
        monkeypatch.setattr(pace, "picture_seconds", lambda g, s=bound / count: 0.99 * s)
        assert call()
    context.close()


def asked(context: Context, path: str) -> int:
    """The status of one request."""
    client, query = client_for(context), {"ref": "run:tiny"}
    if path == "/_gan/gallery":
        return client.post(path, json=TILES).status_code
    if path == "/_gan/latent":
        return client.post(path, params=query, content=POINT).status_code
    return client.get(path, params=query).status_code


def test_a_request_whose_visitor_left_before_its_turn_is_not_worked_on(tiny_run: Path):
    context = context_for("0.0.0.0", tiny_run.parent)
    gate, worked = threading.Event(), []

    def holds():
        assert gate.wait(120)
        yield

    context.latent.submit(holds(), urgent=True)

    async def left() -> None:
        async def gone():
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "client": None}
        await in_turn(context.latent, Request(scope, gone), worked.append, 1)

    with pytest.raises(PageError) as error:
        apart(asyncio.run, left())
    assert error.value.status == 499
    gate.set()
    context.close()
    assert worked == []
