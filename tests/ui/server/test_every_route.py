"""Every route with what no page sends: wrong types, nothing, huge numbers, other scripts, depth.

A new route needs an example here: one valid request, of which each part is then replaced.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.runs import Supervisor
from gan.ui.app import build_profile, routes_of
from gan.ui.server import limits, resources
from gan.ui.server.profile import Guard
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.runs import Runs
from gan.ui.server.training_queue import Turns
from gan.ui.train.timelapses import Films

FORM = {
    "preset": "digits", "data": "digits", "seed": "0", "seconds": "30", "kimg": "", "keep_mb": "",
    "settings": {"batch_size": "16"}, "other": "", "log": None, "fork": {"id": "tiny", "nimg": 0},
}  # fmt: skip
SIDES = [{"preset": "digits", "change": ""}, {"preset": "digits", "change": "loss=hinge"}]
RACE = {"ready": "", "sides": SIDES, "data": "digits", "seconds": "5", "seeds": "0"}
TILES = {"ref": "run:tiny", "seeds": [1], "labels": [-1], "psis": [1]}
POINT = bytes(4 * (16 + 10))  # z and class weights of the tiny run's model
RUN_POLL = dict.fromkeys(("after", "seen", "shots", "measured", "events", "step", "mark"), "-1")


class Example(NamedTuple):
    """A request that a page sends."""

    query: dict[str, str] = {}  # noqa: RUF012
    form: dict[str, Any] | None = None
    body: bytes = b""
    every: int = 1  # only every so many: each takes long


TINY = {"ref": "run:tiny"}
EXAMPLES = {
    "GET /_gan/assets/{version}/{name:path}": Example(),
    "GET /healthz": Example(),
    "GET /_gan/owner": Example(),
    "GET /_gan/owner/state": Example(),
    "POST /_gan/owner/enter": Example(form={"key": "0123456789abcdef"}),
    "POST /_gan/owner/leave": Example(form={}),
    "POST /_gan/owner/stop": Example(form={"id": "tiny"}),
    "POST /_gan/owner/clear": Example(form={}),
    "POST /_gan/owner/expire": Example(form={}),
    "GET /_gan/state": Example({"run": "tiny", "model": "run:tiny"}),
    "GET /_gan/ort/{version}/{name}": Example(),
    "GET /_gan/model": Example(TINY),
    "GET /_gan/model.onnx": Example(TINY | {"revision": "0"}),
    "GET /_gan/visitor": Example(),
    "GET /_gan/wall": Example({"ref": "none"}),
    "POST /_gan/latent": Example(TINY | {"psi": "1", "label": "-1"}, body=POINT),
    "POST /_gan/latents/batch": Example(TINY | {"psi": "1", "label": "-1"}, body=POINT),
    "GET /_gan/latents": Example(TINY | {"seed": "1"}),
    "GET /_gan/directions": Example({"ref": "none"}),
    "POST /_gan/directions/fit": Example(TINY | {"plus": "1"}, body=2 * POINT),
    "POST /_gan/directions/keep": Example(
        form=TINY
        | {"do": "save", "name": "a", "to": "b", "id": "pca-1", "vector": "", "classes": ""}
    ),
    "POST /_gan/film": Example(
        TINY | {"format": "webp", "seconds": "1", "scale": "1", "space": "z", "loop": "0"},
        body=b"z",
    ),
    "GET /_gan/map": Example({"ref": "none", "method": "pca", "psi": "1"}),
    "POST /_gan/picture": Example(TINY, body=b"no picture"),
    "POST /_gan/invert": Example(TINY | {"restarts": "1", "steps": "10"}, body=b"no pixels"),
    "POST /_gan/inside": Example(TINY | {"psi": "1"}, body=POINT),
    "POST /_gan/neighbours": Example({"ref": "none", "psi": "1"}, body=POINT),
    "POST /_gan/train/steer": Example(
        form={
            "id": "tiny",
            "command": "set",
            "what": "d",
            "steps_per_s": 1,
            "remedy": "raise-r1",
            "settings": {"g_lr": "0.001"},
        }
    ),
    "GET /_gan/run": Example({"id": "tiny"} | RUN_POLL),
    "GET /_gan/run/picture": Example({"id": "tiny", "name": "reals", "n": "1"}),
    "GET /_gan/run/tile": Example({"id": "tiny", "nimg": "0", "tile": "0"}),
    "GET /_gan/run/averaged": Example({"id": "tiny", "nimg": "0", "length": "0.1"}),
    "GET /_gan/snapshot": Example({"id": "tiny", "nimg": "0"}),
    "POST /_gan/train/command": Example(form=FORM),
    "POST /_gan/train/parse": Example(form={"command": "python -m gan train --preset digits"}),
    "POST /_gan/train/prepare": Example(form={}),
    "POST /_gan/train/start": Example(form=FORM),
    "POST /_gan/train/setup": Example(form={key: str(FORM[key]) for key in FORM}),
    "POST /_gan/train/code": Example(form=FORM),
    "GET /_gan/train/queue": Example({"ticket": "0", "what": "training"}),
    "POST /_gan/train/queue/leave": Example(form={"ticket": "0"}),
    "GET /_gan/train/reals": Example({"data": "digits"}),
    "GET /_gan/own": Example(),
    "POST /_gan/own/upload": Example({"name": "a.zip"}, body=b"no frames"),
    "GET /_gan/own/preview": Example({"id": "0", "resolution": "32", "channels": "3"}),
    "GET /_gan/own/survey": Example({"data": "folder:/nowhere"}),
    "POST /_gan/own/change": Example(
        form={"id": "0", "resolution": 32, "channels": 3, "flip": False}
    ),
    "POST /_gan/own/delete": Example(form={"id": "0"}),
    "GET /_gan/presets": Example(),
    "POST /_gan/presets/save": Example(form={"name": "mine", "form": FORM}),
    "POST /_gan/presets/delete": Example(form={"name": "none"}),
    "GET /_gan/runs": Example(
        {"query": "t", "state": "", "offset": "0", "limit": "10", "also": "tiny"}
    ),
    "POST /_gan/runs/meta": Example(form={"id": "tiny", "name": "a", "note": "b"}),
    "POST /_gan/runs/delete": Example(form={"id": "none"}),
    "POST /_gan/runs/restore": Example(form={"token": "none"}),
    "POST /_gan/runs/purge": Example(form={"token": "none"}),
    "GET /_gan/runs/curves": Example({"ids": "tiny", "series": "loss_g"}),
    "GET /_gan/runs/compared": Example({"ids": "tiny"}),
    "POST /_gan/timelapse/begin": Example(
        form={"id": "none", "format": "webp", "seconds": 1, "scale": 1, "caption": True}
    ),
    "GET /_gan/timelapse/progress": Example({"job": "0"}),
    "POST /_gan/timelapse/cancel": Example(form={"job": "0"}),
    "GET /_gan/timelapse": Example({"job": "0"}),
    "POST /_gan/races/start": Example(form=RACE | {"seconds": "0"}),
    "POST /_gan/races/stop": Example(form={"id": "0"}),
    "POST /_gan/races/delete": Example(form={"id": "0"}),
    "POST /_gan/races/restore": Example(form={"id": "0"}),
    "POST /_gan/races/setup": Example(
        form={
            "race": "",
            "sides": "digits,digits:set:loss=hinge",
            "on": "digits",
            "for": "5",
            "seeds": "0",
        }
    ),
    "GET /_gan/races": Example(),
    "GET /_gan/race": Example({"id": "0"}),
    "GET /_gan/race/picture": Example({"id": "0", "name": "a.webp"}),
    "GET /_gan/race/report": Example({"id": "0", "as": "html"}),
    "GET /_gan/play/frame": Example({"id": "tiny", "mark": "-1", "moment": "0"}),
    "GET /_gan/play/points": Example({"id": "", "data": "ring"}),
    "POST /_gan/play/points": Example(form={"points": [[i / 50, 0.1] for i in range(40)]}),
    "POST /_gan/gallery": Example(form=TILES),
    "POST /_gan/gallery/one": Example(form=TILES),
    "POST /_gan/gallery/download": Example(form=TILES | {"kind": "sheet", "columns": 8}),
    "GET /_gan/gallery/file": Example({"id": "0"}),
    "POST /_gan/gallery/scores": Example(
        form={"ref": "none", "first": 0, "count": 8, "label": -1, "psi": 1, "by": "real"}
    ),
    "POST /_gan/evaluate": Example(
        form={
            "ref": "none",
            "data": "digits",
            "count": 130,
            "seed": 0,
            "fresh": False,
            "kept": False,
        }
    ),
    "GET /_gan/leaderboard": Example(),
    "GET /_gan/hub": Example(),
    "POST /_gan/hub/pull": Example(form={"repo": "none", "file": "", "login": False}),
    "POST /_gan/hub/search": Example(form={"text": "a"}, every=12),
    "GET /_gan/hub/thumb": Example({"ref": "hub:none"}),
    "GET /_gan/hub/card": Example({"ref": "hub:none"}),
    "POST /_gan/hub/delete": Example(form={"ref": "hub:none"}),
    "POST /_gan/hub/own": Example({"name": "a.bin"}, body=b"no weights", every=8),
    "GET /_gan/hub/reading": Example({"ref": "hub:none", "index": "0"}),
    "POST /_gan/hub/settle": Example(form={"ref": "hub:none", "index": 0}),
    "GET /_gan/hub/account": Example(),
    "POST /_gan/hub/plan": Example(
        form={"ref": "none", "repo": "me/a", "token": "", "licence": "mit", "private": False}
    ),
    "GET /_gan/hub/plan/picture": Example({"id": "0", "name": "samples.png"}),
    "POST /_gan/hub/push": Example(form={"id": "0", "token": "t", "overwrite": False}),
}
DEEP = json.loads("[" * 60 + "]" * 60)
ODD: list[Any] = [
    None, True, -1, 0, 10**40, 1e300, 0.5, float("nan"), "", "é 漢字", "\udcff", "\0", "9" * 400,
    "../../etc/passwd", "run:é@²", "x" * 3000, [], [None], {}, {"é": {"a": [1]}}, DEEP,
]  # fmt: skip
ODD_TEXTS = [
    "", "-1", "²", "9" * 400, "nan", "é 漢字", "\0", "../../etc/passwd", "run:é@²",
    "run:tiny@9" * 9, "[]", "x" * 3000,
]  # fmt: skip
BODIES = [
    b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b"[" * 9000,
    b'{"seed": ' + b"9" * 5000 + b"}", b"\0" * 4096,
]  # fmt: skip


class StandIn(Supervisor):
    """Starts nothing; the tiny run obeys."""

    def prepare(self) -> None: ...

    def launch(self, argv, run_dir: Path, **_) -> str:
        return run_dir.name

    def send(self, run_id: str, command) -> None:
        json.dumps(dict(command))

    def owns(self, run_id: str) -> bool:
        return run_id == "tiny"


def replaced(value: Any, odd: list[Any]) -> Iterator[Any]:
    """`value` with each part at any depth replaced by each odd one, or left out."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in [*parts]:
        for other in odd:
            yield _with(value, key, other)
        if isinstance(value, dict):
            yield {k: v for k, v in value.items() if k != key}
        if isinstance(part, dict | list) and part:
            few = part[:2] if isinstance(part, list) else part
            yield from (_with(value, key, inner) for inner in replaced(few, odd))


def _with(value: Any, key: Any, part: Any) -> Any:
    changed = copy.copy(value)
    changed[key] = part
    return changed


def requests_of(example: Example) -> Iterator[Example]:
    yield example
    yield from (example._replace(query=query) for query in replaced(example.query, ODD_TEXTS))
    if example.form is not None:
        yield from (example._replace(form=form) for form in replaced(example.form, ODD))
    yield from (example._replace(form=None, body=body) for body in BODIES)


@pytest.fixture(scope="module")
def unlimited() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for kind, rate in limits.RATES.items():
            patch.setitem(limits.RATES, kind, rate._replace(mine=10**9, address=10**9, all=10**9))
        patch.setattr(resources, "ADDRESS_SHARE", 10**6)
        yield


@pytest.fixture(params=["127.0.0.1", "10.0.0.7"], ids=["home", "public"])
def client(
    request, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unlimited
) -> Iterator[TestClient]:
    runs = tmp_path / "runs"  # of its own: it is renamed, noted and deleted
    shutil.copytree(tiny_run, runs / "tiny")
    for name, folder in {
        "RUNS_DIR": runs,
        "HOME": tmp_path,
        "CACHE_DIR": tmp_path,
    }.items():
        monkeypatch.setenv(f"GAN_{name}", str(folder))
    context = Context(build_profile(request.param, env={}), runs=Runs(runs), supervisor=StandIn())
    middleware = [Middleware(Guard, profile=context.profile)]
    app = Starlette(routes=build_routes(context, *routes_of()), middleware=middleware)
    with TestClient(app, base_url=f"http://{request.param}") as found:
        found.get("/_gan/visitor")
        session = found.cookies["gan_session"]
        context.owners.claim(session, "tiny")
        # an id that was sent is compared with these
        context.part(Films).ask(("tiny", "webp"), session, lambda tell: b"film")
        context.part(Turns).ask(session, lambda: "none")
        yield found
    context.close()


def test_every_route_has_an_example():
    known = {f"{method} {path}" for table in routes_of() for method, path, _ in table}
    assert known | {"GET /_gan/assets/{version}/{name:path}"} == {*EXAMPLES}


@pytest.mark.slow
@pytest.mark.parametrize("route", EXAMPLES)
def test_nonsense_gets_a_sentence_and_no_traceback(route: str, client: TestClient, caplog):
    method, path = route.split()
    for part in ("{version}", "{name:path}", "{name}"):
        path = path.replace(part, "%C3%A9%00")
    example, is_home = EXAMPLES[route], str(client.base_url).startswith("http://127")
    said = []
    # each profile gets one half, which is a different one for each part
    for asked in [*requests_of(example)][int(is_home) :: 2 * example.every]:
        content = asked.body if asked.form is None else json.dumps(asked.form).encode()
        reply = client.request(method, path, params=asked.query, content=content)
        if reply.status_code >= 500 or b"gan_error_server" in reply.content:
            said.append((reply.status_code, asked, reply.content[:200]))
    assert said == []
    errors = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]
    assert errors == []


PLACE = "visitors-kitten"  # a folder of this server


@pytest.mark.slow
def test_no_route_tells_a_stranger_where_a_visitors_pictures_lie(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unlimited
):
    runs = tmp_path / "runs"
    shutil.copytree(tiny_run, runs / "tiny")
    for name in ("config.json", "status.json"):
        told = json.loads((runs / "tiny" / name).read_text())
        (runs / "tiny" / name).write_text(json.dumps(told | {"data": f"folder:/srv/{PLACE}/own"}))
    for name in ("RUNS_DIR", "HOME", "CACHE_DIR"):
        monkeypatch.setenv(f"GAN_{name}", str(runs if name == "RUNS_DIR" else tmp_path))
    context = Context(build_profile("10.0.0.7", env={}), runs=Runs(runs), supervisor=StandIn())
    middleware = [Middleware(Guard, profile=context.profile)]
    app = Starlette(routes=build_routes(context, *routes_of()), middleware=middleware)
    told, answered = [], 0
    with TestClient(app, base_url="http://10.0.0.7") as stranger:
        for route, example in EXAMPLES.items():
            method, path = route.split()
            query = {k: v.replace("none", "run:tiny") for k, v in example.query.items()}
            content = example.body if example.form is None else json.dumps(example.form).encode()
            for asked in (query, query | {"ref": "run:tiny"}):
                reply = stranger.request(method, path, params=asked, content=content)
                answered += reply.status_code == 200
                if PLACE in reply.text or PLACE in str(reply.headers):
                    told.append(route)
    context.close()
    assert answered > 40
    assert told == []
