"""The Hub tab's routes without a browser and without a Hub: who may do what, what comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.checkpoint import Weights, kept_folder, load
from gan.errors import HubChoice, HubError
from gan.hub.pull import Pulled, PullProgress
from gan.hub.sending import SendPlan, SendProgress, Sent
from gan.messages import Message
from gan.ui.hub import publish
from gan.ui.hub import routes as hub
from gan.ui.hub.publish import KEPT_PLANS, Draft, Publisher
from gan.ui.hub.tab import TAB
from gan.ui.hub.thumbnail import SIDE, thumbnail
from gan.ui.server import models
from gan.ui.server.limits import RATES
from gan.ui.server.profile import Guard
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.views import PageError
from tests.ui.server.test_routes import context_for

WEIGHTS = Path(__file__).parents[3] / "weights"
TOKEN = "hf_typed_here_once"
REF = "hub:someone--garments--0123456789ab"


def add_pulled(home: Path, ref: str = REF) -> Path:
    """A pulled model: the bundled one, under a source of its own."""
    folder = home / "hub" / ref.removeprefix("hub:")
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "README.md"):
        shutil.copy(WEIGHTS / "fashion-mlp" / name, folder)
    config = json.loads((WEIGHTS / "fashion-mlp" / "config.json").read_text())
    config["source"] = {"repo": "someone/garments", "commit": "0123456789ab" + "c" * 28}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(publish, "saved_token", lambda: "")
    return add_pulled(tmp_path / "home")


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Context:
    return context_for("127.0.0.1", tmp_path / "runs")


@pytest.fixture
def shop(folder: Path, tmp_path: Path) -> Context:
    return context_for("0.0.0.0", tmp_path / "runs", SPACE_HOST="me-app.hf.space")


def client_for(context: Context) -> TestClient:
    app = Starlette(
        routes=build_routes(context, TAB.routes),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    client = TestClient(app, base_url="http://127.0.0.1")
    client.get("/_gan/hub")  # a first look brings the session
    return client


def lines(reply) -> list[dict]:
    return [json.loads(text) for text in reply.text.splitlines()]


def pulls(monkeypatch: pytest.MonkeyPatch, *news: object) -> list[dict]:
    """Have `pull` tell this; the list that comes back holds what it was asked."""
    asked: list[dict] = []

    def stand_in(ref: str, **options: object) -> Iterator[object]:
        asked.append({"ref": ref, **options})
        for step in news:
            if isinstance(step, Exception):
                raise step
            yield step

    monkeypatch.setattr(hub, "pull", stand_in)
    return asked


# ---- what there is ------------------------------------------------------------------------------


def test_the_tab_is_never_empty_and_tells_where_models_came_from(home: Context):
    found = client_for(home).get("/_gan/hub").json()
    assert len(found["known"]) >= 10
    [model] = found["pulled"]
    assert (model["ref"], model["repo"], model["resolution"]) == (REF, "someone/garments", 28)
    assert model["bytes"] > 100_000


def test_a_mirror_is_what_the_page_links_to(home: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert client_for(home).get("/_gan/hub").json()["endpoint"] == "https://mirror.example"


def test_a_thumbnail_is_drawn_once_and_stays_small(folder: Path):
    asked: list[int] = []

    def weights() -> Weights:
        asked.append(1)
        return load(folder)

    for _ in range(3):
        with Image.open(thumbnail(folder, weights)) as picture:
            assert picture.size == (56, 56)
            assert max(picture.size) <= SIDE
    assert len(asked) == 1


def test_only_what_was_pulled_or_came_with_the_app_has_a_picture_and_a_card(home: Context):
    client = client_for(home)
    assert client.get("/_gan/hub/thumb", params={"ref": REF}).headers["content-type"] == "image/png"
    assert "fashion-mlp" in client.get("/_gan/hub/card", params={"ref": REF}).json()["text"]
    thumb = client.get("/_gan/hub/thumb", params={"ref": "emoji"})
    assert thumb.content.startswith(b"\x89PNG")
    assert "emoji" in client.get("/_gan/hub/card", params={"ref": "emoji"}).json()["text"]
    (kept_folder(REF) / "README.md").unlink()  # a folder of weights may have come without one
    assert client.get("/_gan/hub/card", params={"ref": REF}).json()["text"] == ""
    for ref in ("hub:../../etc", "features-fashion", "../weights/fashion", "", "hub:"):
        assert client.get("/_gan/hub/card", params={"ref": ref}).status_code == 404
        assert client.get("/_gan/hub/thumb", params={"ref": ref}).status_code == 404


# ---- pull ---------------------------------------------------------------------------------------


def test_a_pull_is_told_step_by_step(home: Context, monkeypatch: pytest.MonkeyPatch):
    done = Pulled(REF, "garments", "someone/garments", "0123", cached=False)
    asked = pulls(monkeypatch, PullProgress("downloading", 5, 10), done)
    reply = client_for(home).post("/_gan/hub/pull", json={"repo": " someone/garments "})
    _, step, last = lines(reply)
    assert step == {"stage": "downloading", "done": 5, "of": 10}
    assert last["pulled"]["ref"] == REF
    assert last["pulled"]["resolution"] == 28
    assert (asked[0]["ref"], asked[0]["file"]) == ("someone/garments", None)
    assert (asked[0]["local"], asked[0]["token"]) == (True, False)


def test_why_the_hub_was_not_asked_is_told(home: Context, monkeypatch: pytest.MonkeyPatch):
    why = Message("the Hub was too slow with {repo}", repo="a/b")
    pulls(monkeypatch, Pulled(REF, "garments", "a/b", "0123", cached=True, warning=why))
    *_, last = lines(client_for(home).post("/_gan/hub/pull", json={"repo": "a/b"}))
    assert Message.from_json(last["pulled"]["warning"]) == why


def test_what_is_to_be_chosen_is_told_with_sizes(home: Context, monkeypatch: pytest.MonkeyPatch):
    pulls(monkeypatch, HubChoice("several", (("a.pt", 1), ("b.pt", 2))))
    *_, last = lines(client_for(home).post("/_gan/hub/pull", json={"repo": "a/b"}))
    assert last == {"choices": [{"name": "a.pt", "bytes": 1}, {"name": "b.pt", "bytes": 2}]}


def test_a_failure_names_its_kind(home: Context, monkeypatch: pytest.MonkeyPatch):
    pulls(monkeypatch, HubError("gated", "a/b is gated; ask for access"))
    *_, last = lines(client_for(home).post("/_gan/hub/pull", json={"repo": "a/b"}))
    assert (last["error"], last["kind"]) == ("a/b is gated; ask for access", "gated")


@pytest.mark.parametrize("form", [{"repo": 3}, {"repo": "x" * 301}, {"repo": "a/b", "file": []}])
def test_nonsense_is_refused_before_the_hub_is_asked(
    home: Context, monkeypatch: pytest.MonkeyPatch, form: dict
):
    asked = pulls(monkeypatch)
    assert client_for(home).post("/_gan/hub/pull", json=form).status_code == 400
    assert asked == []


def test_the_owners_login_is_used_at_home_and_when_asked_only(
    home: Context, shop: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publish, "saved_token", lambda: "hf_owner")
    asked = pulls(monkeypatch)
    for context, form in ((home, {}), (home, {"login": True}), (shop, {"login": True})):
        client_for(context).post("/_gan/hub/pull", json={"repo": "a/b", **form})
    assert [(a["local"], a["token"]) for a in asked] == [
        (True, False),
        (True, "hf_owner"),
        (False, False),
    ]


def test_in_public_nobody_brings_what_others_may_not_see(
    shop: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publish, "own_token", lambda context, request: "hf_visitor")
    asked = pulls(monkeypatch)
    client_for(shop).post("/_gan/hub/pull", json={"repo": "a/b", "login": True})
    assert [a["token"] for a in asked] == [False]


def test_a_visitor_pulls_and_searches_so_often_only(shop: Context, monkeypatch: pytest.MonkeyPatch):
    pulls(monkeypatch)
    monkeypatch.setattr(hub, "search", lambda text, limit: [])
    client = client_for(shop)
    for kind in ("pull", "search"):
        form = {"repo": "a/b", "text": "gan"}
        codes = [client.post(f"/_gan/hub/{kind}", json=form).status_code for _ in range(41)]
        assert codes.count(200) == RATES[kind].mine
        assert codes[-1] == 429


def test_large_models_take_each_others_room_in_memory(
    home: Context, monkeypatch: pytest.MonkeyPatch
):
    large = home.models.get("fashion")
    size = sum(p.nbytes for p in large.generator.parameters())
    monkeypatch.setattr(models, "MAX_BYTES", size + 1)
    home.models.get(REF)
    assert home.models.get("fashion") is not large
    assert home.models.get("fashion") is home.models.get("fashion")


def test_a_model_that_was_away_is_listed_again(home: Context, folder: Path):
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text("{")  # as it is for who reads while it is deleted
    assert REF not in [m["ref"] for m in home.models.listed()]
    (folder / "config.json").write_text(config)
    assert REF in [m["ref"] for m in home.models.listed()]


def test_the_oldest_pulled_models_make_room_but_never_the_newest(folder: Path):
    others = [add_pulled(folder.parents[1], f"hub:a--b{i}--0123456789ab") for i in range(3)]
    hub.make_room(keep=REF, most=2)
    left = {p.name for p in folder.parent.iterdir() if not p.name.startswith(".")}
    assert len(left) == 2
    assert folder.name in left
    assert left - {folder.name} <= {p.name for p in others}


def test_deleting_is_for_home_alone(home: Context, shop: Context, folder: Path):
    refused = client_for(shop).post("/_gan/hub/delete", json={"ref": REF})
    assert (refused.status_code, refused.json()["key"]) == (403, "gan_hub_shared")
    assert folder.is_dir()
    assert client_for(home).post("/_gan/hub/delete", json={"ref": "fashion"}).status_code == 404
    assert client_for(home).post("/_gan/hub/delete", json={"ref": REF}).status_code == 200
    assert not folder.exists()


# ---- publish ------------------------------------------------------------------------------------


def test_nobody_publishes_without_a_token_of_their_own(
    home: Context, shop: Context, monkeypatch: pytest.MonkeyPatch
):
    form = {"ref": "fashion", "repo": "me/x", "token": TOKEN}
    asked = ((shop, "plan", form), (shop, "push", form), (home, "push", form | {"token": ""}))
    for context, path, given in asked:
        reply = client_for(context).post(f"/_gan/hub/{path}", json=given)
        assert (reply.status_code, reply.json()["key"]) == (403, "gan_push_no_token")
    monkeypatch.setattr(publish, "saved_token", lambda: "hf_owner")
    assert client_for(shop).post("/_gan/hub/plan", json=form).status_code == 403
    assert client_for(shop).get("/_gan/hub").json()["publish"]["open"] is False
    assert client_for(shop).get("/_gan/hub/account").status_code == 400


@pytest.mark.parametrize(("token", "why"), [("", "token"), (TOKEN, "hub")])
def test_at_home_what_would_be_sent_is_shown_without_a_login_and_offline(
    home: Context, monkeypatch: pytest.MonkeyPatch, token: str, why: str
):
    def away(*_: object, **__: object) -> None:
        raise HubError("unreachable", "the Hub cannot be reached; try again later")

    monkeypatch.setattr(publish.push, "look", away)
    form = {"ref": "fashion", "repo": "me/x", "token": token}
    mine = client_for(home)
    found = lines(mine.post("/_gan/hub/plan", json=form))[-1]["plan"]
    assert (found["unasked"], found["exists"]) == (why, False)
    assert {"README.md", "model.safetensors"} <= {f["path"] for f in found["files"]}
    given = {"id": found["id"], "token": TOKEN}  # what is there is not known: nothing is written
    assert "was not asked" in lines(mine.post("/_gan/hub/push", json=given))[-1]["error"]


def test_a_plan_holds_no_token_and_belongs_to_who_asked_for_it(
    home: Context, monkeypatch: pytest.MonkeyPatch
):
    sent: list[str] = []

    def send(plan: SendPlan, *, token: str, **_: object) -> Iterator[SendProgress | Sent]:
        sent.append(token)
        yield SendProgress("writing", 1, 2)
        yield Sent("url")

    monkeypatch.setattr(publish.sending, "send", send)
    plan = publish.push.plan
    monkeypatch.setattr(
        publish.push, "plan", lambda weights, repo, **o: plan(weights, repo, ask=False)
    )
    mine, other = client_for(home), client_for(home)
    form = {"ref": "fashion", "repo": "me/x", "token": TOKEN}
    reply = mine.post("/_gan/hub/plan", json=form)
    assert TOKEN not in reply.text
    found = lines(reply)[-1]["plan"]
    assert {f["path"] for f in found["files"]} >= {"README.md", "config.json", "model.safetensors"}
    picture = {"id": found["id"], "name": "samples.png"}
    assert mine.get("/_gan/hub/plan/picture", params=picture).content[:4] == b"\x89PNG"
    secret = picture | {"name": "model.safetensors"}
    assert mine.get("/_gan/hub/plan/picture", params=secret).status_code == 404
    given = {"id": found["id"], "token": TOKEN}
    assert other.post("/_gan/hub/push", json=given).status_code == 404
    told = lines(mine.post("/_gan/hub/push", json=given))
    assert told[-2:] == [{"stage": "writing", "done": 1, "of": 2}, {"url": "url"}]
    assert sent == [TOKEN]
    assert TOKEN not in repr(home.part(Publisher).drafts)


def test_another_visitors_training_is_not_published(shop: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publish, "own_token", lambda *_: "hf_visitor")
    reply = client_for(shop).post("/_gan/hub/plan", json={"ref": "run:theirs", "repo": "me/x"})
    assert (reply.status_code, reply.json()["key"]) == (403, "gan_push_foreign")


def test_plans_are_bounded_and_each_visitor_has_one():
    desk = Publisher()
    draft = {name: Draft(name, None) for name in "abcdef"}  # type: ignore[arg-type]
    first, second = desk.keep(draft["a"]), desk.keep(draft["a"])
    assert list(desk.drafts) == [second]
    others = [desk.keep(draft[name]) for name in "bcdef"]
    assert len(desk.drafts) == KEPT_PLANS
    for number, visitor in ((first, "a"), (second, "a"), (others[-1], "b")):
        with pytest.raises(PageError):
            desk.find(number, visitor)
    assert desk.find(others[-1], "f") is draft["f"]
    desk.close()


# ---- a file of one's own, and what it does not tell ----------------------------------------------


def add_mlp(home: Path) -> str:
    """A converted file that two activations fit."""
    from gan.checkpoint import save_weights
    from gan.config import SourceConfig, WeightsConfig
    from gan.hub import readings
    from tests.ported import UNITS, drawn_discriminator, drawn_generator

    folder = home / "hub" / "file--mlp-0123456789ab"
    relu = replace(UNITS, g_layers=tuple(t.replace("leaky 0.2", "relu") for t in UNITS.g_layers))
    config = WeightsConfig(
        name="mlp.pth",
        model=relu,
        source=SourceConfig(file="mlp.pth", assumed=("activation=relu",)),
    )
    save_weights(folder, config, drawn_generator(relu), drawn_discriminator(relu))
    options = [({"activation": "relu"}, relu), ({"activation": "leaky"}, UNITS)]
    readings.write(folder, options)
    return f"hub:{folder.name}"


def test_readings_are_shown_as_pictures_and_one_is_chosen(home: Context, tmp_path: Path):
    client, ref = client_for(home), add_mlp(tmp_path / "home")
    shown = {m["ref"]: m["readings"] for m in client.get("/_gan/hub").json()["pulled"]}
    assert shown == {REF: [], ref: [{"activation": "relu"}, {"activation": "leaky"}]}
    pictures = [
        client.get("/_gan/hub/reading", params={"ref": ref, "index": i}).content for i in (0, 1)
    ]
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] != pictures[1]
    chosen = client.post("/_gan/hub/settle", json={"ref": ref, "index": 1}).json()
    assert load(chosen["ref"]).config.source.chosen == ("activation=leaky",)
    assert "leaky 0.2" in load(chosen["ref"]).config.model.g_layers
    assert client.post("/_gan/hub/settle", json={"ref": ref, "index": 0}).status_code == 404


def test_a_file_is_taken_at_home_alone(home: Context, shop: Context, monkeypatch):
    seen = []

    def stand_in(file: Path, *, name: str, cancelled: object) -> Iterator[object]:
        seen.append((name, file.read_bytes()))
        yield Pulled(REF, "garments", "", "", cached=False)

    monkeypatch.setattr(hub, "take", stand_in)
    reply = client_for(home).post("/_gan/hub/own", params={"name": "g.ckpt"}, content=b"weights")
    assert lines(reply)[-1]["pulled"]["ref"] == REF
    assert seen == [("g.ckpt", b"weights")]
    public = client_for(shop)
    for path in ("own", "settle"):
        assert public.post(f"/_gan/hub/{path}", content=b"{}").status_code == 403
    assert len(seen) == 1
