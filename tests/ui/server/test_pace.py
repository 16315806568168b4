"""A slow model on a public server: refused by what its pictures take, not by who asks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gan.ui.gallery import routes as gallery
from gan.ui.server import pace
from gan.ui.server.pace import PUBLIC_S, Pace
from tests.ui.server.test_routes import client_for, context_for

TILES = {"ref": "run:tiny", "labels": [-1] * 6, "psis": [1] * 6, "seeds": [*range(6)]}
POINT = bytes(4 * (16 + 10))


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
