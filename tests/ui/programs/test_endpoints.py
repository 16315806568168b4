"""The endpoints as programs use them: the real gradio_client and curl, at home and on a Space."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from gan import sampling
from gan.checkpoint import load
from gan.images import Pixels
from tests.ui.browser import serving
from tests.ui.server.test_signin import SPACE, TOKEN, oauth, signed

pytestmark = pytest.mark.slow  # the app in two processes

NAMES = {"/list_models", "/sample", "/interpolate", "/evaluate"}
HOST = SPACE["SPACE_HOST"]
OWNERS_TOKEN = "hf_of_the_owner_and_of_nobody_else"


class Server(NamedTuple):
    url: str
    log: Path


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as a Space starts it."""
    folder = tmp_path_factory.mktemp("space")
    package = folder / "packages" / "spaces"  # every Space has it; Gradio asks for its reloading
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def gradio_auto_wrap(task): return task\n")
    (package / "reloading.py").write_text("def start_reload_server(**_): pass\n")
    info = folder / "packages" / "spaces-0.51.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spaces\nVersion: 0.51.3\n")
    paths = f"{folder / 'packages'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    env = SPACE | {"GRADIO_SERVER_NAME": "0.0.0.0", "HF_TOKEN": OWNERS_TOKEN, "PYTHONPATH": paths}
    with serving(folder / "runs", log_file=folder / "log", **env) as url:
        yield Server(url, folder / "log")


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[Client]:
    """The real client against the app at home."""
    with_app = Client(base_url, verbose=False)
    yield with_app
    with_app.close()


@pytest.fixture(scope="module")
def visitor(space: Server) -> Iterator[Client]:
    """The real client against the Space, which knows it by its public name."""
    with_app = Client(space.url, verbose=False, headers={"host": HOST})
    yield with_app
    with_app.close()


@pytest.fixture(params=["at home", "on a Space"])
def program(request: pytest.FixtureRequest) -> Client:
    return request.getfixturevalue("client" if request.param == "at home" else "visitor")


def pixels_of(uri: str) -> Pixels:
    """The picture in a data URI (H, W, C)."""
    head, _, data = uri.partition(",")
    assert head in ("data:image/png;base64", "data:image/webp;base64")
    array = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    return array[..., None] if array.ndim == 2 else array


# ---- what there is ------------------------------------------------------------------------------


def test_there_are_four_endpoints_and_no_more(program: Client):
    info = program.view_api(return_format="dict", print_info=False)
    assert info["named_endpoints"].keys() == NAMES
    assert info["unnamed_endpoints"] == {}
    assert len(program.config["dependencies"]) == len(NAMES)


def test_each_argument_has_a_type(program: Client):
    info = program.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name, endpoint in info.items():
        assert all(p["type"] for p in endpoint["parameters"]), name
    assert [p["parameter_name"] for p in info["/evaluate"]["parameters"]] == [
        "model", "data", "count", "seed", "judge",
    ]  # fmt: skip


def test_the_models_are_those_of_the_page(program: Client):
    listed = program.predict(api_name="/list_models")
    assert {"fashion", "emoji"} <= {model["ref"] for model in listed}
    fashion = next(model for model in listed if model["ref"] == "fashion")
    assert (fashion["resolution"], fashion["class_names"][3]) == (28, "Dress")


# ---- pictures -----------------------------------------------------------------------------------


def test_a_sample_is_the_picture_of_its_seed(program: Client):
    reply = program.predict("fashion", count=3, seed=5, api_name="/sample")
    ours = sampling.sample(load("fashion").generator, [5, 6, 7])
    assert [s["seed"] for s in reply["samples"]] == [5, 6, 7]
    assert [s["label"] for s in reply["samples"]] == ours.labels.tolist()
    for sample, pixels in zip(reply["samples"], ours.pixels, strict=True):
        assert np.array_equal(pixels_of(sample["image"]), pixels)


def test_seeds_psi_label_and_format_are_heard(program: Client):
    reply = program.predict(
        "fashion", seeds=[9, 2], psi=0.5, label=3, format="webp", api_name="/sample"
    )
    ours = sampling.sample(load("fashion").generator, [9, 2], psi=0.5, label=3).pixels
    assert [(s["seed"], s["class"]) for s in reply["samples"]] == [(9, "Dress"), (2, "Dress")]
    for sample, pixels in zip(reply["samples"], ours, strict=True):
        assert sample["image"].startswith("data:image/webp")
        grey = pixels_of(sample["image"])[..., :1]  # WebP has no grey of its own
        assert np.array_equal(grey, pixels)


def test_a_walks_frames_begin_and_end_with_its_seeds(client: Client):
    asked = {"seeds": [1, 2], "steps": 4, "format": "frames", "label": 4}
    found = client.predict("emoji", **asked, api_name="/interpolate")
    frames = [pixels_of(f) for f in found["frames"]]
    ours = sampling.sample(load("emoji").generator, [1, 2], label=4).pixels
    assert len(frames) == 5
    for frame, pixels in ((frames[0], ours[0]), (frames[-1], ours[1])):
        assert np.abs(frame.astype(int) - pixels).max() <= 1
    assert not np.array_equal(frames[1], frames[2])


def test_a_closed_walk_is_one_animated_picture(client: Client):
    reply = client.predict(
        "fashion", [1, 2, 3], steps=3, space="w", loop=True, api_name="/interpolate"
    )
    film = Image.open(io.BytesIO(base64.b64decode(reply["image"].partition(",")[2])))
    assert (film.format, film.n_frames, reply["count"]) == ("WEBP", 9, 9)


# ---- evaluations --------------------------------------------------------------------------------


def test_an_evaluation_tells_how_far_it_is_and_then_what_it_found(client: Client):
    job = client.submit("fashion", "fashion", count=130, seed=77, api_name="/evaluate")
    told = list(job)
    fractions = [reply["fraction"] for reply in told[:-1]]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] <= 1
    found = job.result()
    assert (found["data"], found["count"], found["seed"]) == ("fashion", 130, 77)
    assert {"fd", "precision", "recall"} <= {m["name"] for m in found["metrics"]}
    again = client.submit("fashion", "fashion", count=130, seed=77, api_name="/evaluate")
    assert (again.result(), len(again.outputs())) == (found, 1)  # it was kept


def test_a_program_may_ask_for_the_judge_of_others(client: Client):
    asked = {"model": "emoji", "data": "emoji-groups", "count": 130, "seed": 77}
    found = client.predict(**asked, judge="imagenet", api_name="/evaluate")
    assert found["features"] == "features-imagenet"
    assert {"fd", "precision", "recall"} <= {m["name"] for m in found["metrics"]}


# ---- what is refused ----------------------------------------------------------------------------

SAMPLES = [
    ({"model": "nope"}, "there is no model 'nope' here; list_models names those that are"),
    ({"model": "../fashion"}, "there is no model '../fashion' here"),
    ({"model": "run:../../etc"}, "there is no model 'run:../../etc' here"),
    ({"model": "hub:nobody--nothing"}, "there is no model 'hub:nobody--nothing' here"),
    ({"model": ["fashion"]}, "there is no model"),
    ({"model": None}, "there is no model 'None' here"),
    ({"count": 0}, "count must be a whole number from 1 to"),
    ({"count": 1e9}, "count must be a whole number from 1 to"),
    ({"count": True}, "count must be a whole number from 1 to"),
    ({"count": [1]}, "count must be a whole number from 1 to"),
    ({"count": 1.5}, "count must be a whole number from 1 to"),
    ({"seed": -1}, "seed must be a whole number from 0 to"),
    ({"seed": 2**31}, "seed must be a whole number from 0 to"),
    ({"seed": 10**40}, "seed must be a whole number from 0 to"),
    ({"seeds": []}, "seeds must be a list of 1 to"),
    ({"seeds": 5}, "seeds must be a list of 1 to"),
    ({"seeds": [1] * 1024}, "seeds must be a list of 1 to 256, got 1024"),
    ({"seeds": [1, True]}, "seed must be a whole number from 0 to 2,147,483,647, got 'true'"),
    ({"seeds": [1, None]}, "seed must be a whole number from 0 to 2,147,483,647, got 'null'"),
    ({"psi": "1"}, "psi must be a number from 0 to 2, got '\"1\"'"),
    ({"psi": True}, "psi must be a number from 0 to 2"),
    ({"psi": 2.1}, "psi must be a number from 0 to 2, got '2.1'; correct it"),
    ({"psi": None}, "psi must be a number from 0 to 2"),
    ({"label": 10}, "a class must be from 0 to 9, got 10; choose one of them"),
    ({"label": -1}, "label must be a whole number from 0 to"),
    ({"label": True}, "label must be a whole number from 0 to"),
    ({"format": "exe"}, "format must be one of png, webp, got 'exe'; choose one"),
    ({"format": ["png"]}, "format must be one of png, webp"),
]


def refusal(client: Client, **asked) -> str:
    """The sentence that a program gets."""
    with pytest.raises(AppError) as caught:
        client.predict(**asked)
    return str(caught.value)


def test_what_makes_no_sense_is_one_sentence(visitor: Client):
    for change, sentence in SAMPLES:
        told = refusal(visitor, **{"model": "fashion"} | change, api_name="/sample")
        assert sentence in told
        assert "\n" not in told


WALKS = [
    ({"seeds": [1]}, "seeds must be a list of 2 to 8, got 1; correct it"),
    ({"steps": 0}, "steps must be a whole number from 1 to"),
    ({"steps": 256}, "one call may ask for 256 pictures of this model, got 257; ask in parts"),
    ({"space": "x"}, "space must be one of z, w"),
    ({"loop": "yes"}, "loop must be true or false"),
    ({"loop": 1}, "loop must be true or false, got 1; correct it"),
    ({"format": "gif"}, "format must be one of frames, webp"),
]


def test_a_walk_that_makes_no_sense_is_one_sentence(visitor: Client):
    for change, sentence in WALKS:
        asked = {"model": "fashion", "seeds": [1, 2]} | change
        assert sentence in refusal(visitor, **asked, api_name="/interpolate")


QUESTIONS = [
    ({"data": "folder:/etc"}, "data must be one of"),
    ({"data": "hf:someone/else"}, "data must be one of"),
    ({"data": None}, "data must be one of"),
    ({"count": 5}, "count must be a whole number from 130 to 5,000"),
    ({"count": 50_000}, "count must be a whole number from 130 to 5,000"),
    ({"seed": 2**31 - 1}, "seed must be a whole number from 0 to"),
    ({"model": "nope"}, "there is no model 'nope' here"),
    ({"judge": "me"}, "judge must be one of own"),
]


def test_a_question_that_makes_no_sense_is_one_sentence(visitor: Client):
    for change, sentence in QUESTIONS:
        asked = {"model": "fashion", "data": "digits", "count": 130} | change
        assert sentence in refusal(visitor, **asked, api_name="/evaluate")


def test_a_number_that_is_none_is_one_sentence(space: Server):
    for text in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"model": "fashion", "psi": {text}}}'
        assert "psi must be a number from 0 to 2" in called(space.url, "sample", body)["error"]


def test_a_file_of_the_caller_goes_nowhere(visitor: Client, tmp_path: Path):
    (tmp_path / "secret").write_text("x")
    value = {"path": str(tmp_path / "secret"), "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        visitor.predict(value, api_name="/sample")


def test_in_public_who_asks_too_often_is_told_to_wait_and_others_are_not(space: Server):
    headers = {"host": HOST, "x-forwarded-for": "203.0.113.9"}
    asked = '{"model": "nope", "data": "digits"}'
    errors = [called(space.url, "evaluate", asked, headers)["error"] for _ in range(7)]
    assert all("there is no model" in error for error in errors[:6])
    assert "try again in" in errors[6]
    headers["x-forwarded-for"] = "203.0.113.10"
    assert "no model" in called(space.url, "evaluate", asked, headers)["error"]


# ---- curl ---------------------------------------------------------------------------------------


def called(url: str, name: str, body: str, headers: dict[str, str] | None = None) -> Any:
    """POST and GET as curl does it; the last event's data."""
    headers = headers or {}
    with httpx.Client(timeout=180, headers=headers) as http:
        reply = http.post(f"{url}/gradio_api/call/v2/{name}", content=body)
        event = reply.json()["event_id"]
        text = http.get(f"{url}/gradio_api/call/{name}/{event}").text
    return json.loads(text.rstrip().rpartition("data: ")[2])


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_gets_a_picture_with_two_commands(space: Server):
    def curl(path: str, *options: str) -> str:
        command = ["curl", "-sN", "-H", f"Host: {HOST}", *options, f"{space.url}/gradio_api{path}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=180).stdout

    event = json.loads(curl("/call/v2/sample", "-d", '{"model": "emoji", "seed": 3}'))["event_id"]
    said = curl(f"/call/sample/{event}")
    assert said.startswith("event: complete\ndata: ")
    (reply,) = json.loads(said.partition("data: ")[2])
    ours = sampling.sample(load("emoji").generator, [3]).pixels[0]
    assert np.array_equal(pixels_of(reply["samples"][0]["image"]), ours)
    listed = json.loads(curl("/call/list_models", "-d", '{"data": []}'))["event_id"]
    assert "fashion" in curl(f"/call/list_models/{listed}")
    assert "its reply was fetched" in curl(f"/call/sample/{event}")


# ---- a Space ------------------------------------------------------------------------------------


def test_a_space_serves_explore_under_its_name(space: Server):
    headers = {"host": HOST, "origin": f"https://{HOST}"}
    with httpx.Client(base_url=space.url, headers=headers, timeout=180) as http:
        assert "GAN Atelier" in http.get("/").text
        seen = http.get("/_gan/latents?ref=fashion&seed=4").json()
        z = np.asarray(seen["z"], "<f4").tobytes()
        picture = http.post(f"/_gan/latent?ref=fashion&label={seen['label']}", content=z)
        ours = sampling.sample(load("fashion").generator, [4]).pixels[0]
        assert (
            np.abs(np.frombuffer(picture.content, np.uint8).astype(int) - ours.ravel()).max() <= 1
        )
        assert http.get("/_gan/state", headers={"host": "other.hf.space"}).status_code == 403


def test_gradios_own_session_says_who_signed_in(space: Server):
    secret = hashlib.sha256(f"{SPACE['OAUTH_CLIENT_SECRET']}-v4".encode()).hexdigest()
    with httpx.Client(base_url=space.url, headers={"host": HOST}) as http:
        assert http.get("/_gan/visitor").json() == {"sign_in": True, "name": None}
        cookie = {"cookie": f"session={signed(oauth(), secret)}"}
        assert http.get("/_gan/visitor", headers=cookie).json() == {"sign_in": True, "name": "ada"}
        lost = http.get("/login/callback?code=x&state=y")  # a state that we never gave
        assert lost.headers["location"].startswith("/login/huggingface")
        assert http.get("/logout", headers=cookie).headers["location"] == "/"


def test_at_home_nobody_is_asked_to_sign_in(base_url: str):
    assert httpx.get(f"{base_url}/_gan/visitor").json() == {"sign_in": False, "name": None}


def test_the_log_of_a_space_has_no_traceback_and_no_token(space: Server):
    """Last of this file, so that it is about all that the tests above have asked."""
    said = space.log.read_text()
    assert "Traceback" not in said
    for token in (OWNERS_TOKEN, TOKEN, SPACE["OAUTH_CLIENT_SECRET"]):
        assert token not in said
