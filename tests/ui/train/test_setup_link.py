"""What a link's set-up becomes, whom runs come from, and what the cards tell, without a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gan.presets import PRESETS
from gan.runs.userpresets import UserPreset, save_preset
from gan.ui.train.runs_compared import family
from gan.ui.train.start_form import fresh_config
from gan.ui.train.tab import options
from tests.ui.server.test_routes import context_for
from tests.ui.train.test_runs_routes import SHOP, client_for


@pytest.fixture
def root(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "runs"
    for name in ("digits-1", "digits-2"):
        shutil.copytree(tiny_run, root / name)
    monkeypatch.setenv("GAN_RUNS_DIR", str(root))
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))
    return root


@pytest.fixture
def home(root: Path) -> TestClient:
    return client_for(context_for("127.0.0.1", root))


def setup(client: TestClient, **link) -> dict:
    return client.post("/_gan/train/setup", json=link).json()


def test_a_whole_link_is_taken_as_it_is(home: TestClient):
    link = {
        "preset": "digits", "data": "digits", "init": "7", "seconds": "30", "kimg": "2.5",
        "settings": {"g_lr": "0.001", "loss": "hinge", "z_dim": "24"}, "run": "digits-2",
    }  # fmt: skip
    found = setup(home, **link)
    assert found["problems"] == []
    assert found["run"] is True
    assert found["form"] == {
        "preset": "digits", "data": "digits", "seed": "7", "seconds": "30", "kimg": "2.5",
        "settings": {"g_lr": "0.001", "loss": "hinge"}, "other": "z_dim=24",
    }  # fmt: skip
    assert home.post("/_gan/train/command", json=found["form"]).json()["command"]


def test_of_a_spoilt_link_each_wrong_part_is_named_and_the_rest_taken(home: TestClient):
    settings = {"g_lr": "0.001", "d_lr": "-4", "losss": "hinge", "loss": "sadness", "beta1": " "}
    link = {"preset": "digits", "data": "mars", "init": "x", "seconds": "-1", "run": "gone"}
    found = setup(home, settings=settings, **link)
    form = found["form"]
    assert (form["data"], form["seed"], form["seconds"]) == ("digits", "0", "")
    assert form["settings"] == {"g_lr": "0.001"}
    said = " ".join(problem["error"] for problem in found["problems"])
    for wrong in ("mars", "'x'", "-1", "-4", "losss", "sadness", "a value"):
        assert wrong in said
    assert len(found["problems"]) == 8  # the run is not there either
    assert found["run"] is False
    assert setup(home, preset="nothing", settings=[])["form"]["preset"] == next(iter(PRESETS))


@pytest.mark.parametrize(
    ("link", "preset"),
    [({"data": "ring"}, "ring"), ({"data": "emoji"}, "emoji"), ({"seconds": "20"}, "fashion"),
     ({"preset": " "}, "fashion")],
)  # fmt: skip
def test_a_link_without_a_preset_has_the_one_that_goes_with_its_data(
    home: TestClient, link: dict, preset: str
):
    found = setup(home, **link)
    assert (found["form"]["preset"], found["problems"]) == (preset, [])
    assert {key: found["form"][key] for key in link if key != "preset"} == {
        key: value for key, value in link.items() if key != "preset"
    }


def test_a_public_server_takes_no_more_from_a_link_than_from_its_form(root: Path):
    shop = client_for(context_for("0.0.0.0", root, **SHOP), "me-app.hf.space")
    settings = {"batch_size": "100000", "z_dim": "8", "g_lr": "0.003"}
    link = {"preset": "fashion", "data": "folder:/etc", "seconds": "9999999"}
    found = setup(shop, settings=settings, **link)
    assert (found["form"]["settings"], found["form"]["other"]) == ({"g_lr": "0.003"}, "")
    assert found["form"]["data"] == "fashion"
    assert len(found["problems"]) == 4


def test_a_family_has_all_kin_of_the_chosen_runs_parents_first_and_ends_where_they_circle():
    parents = {
        "a": ("", None), "b": ("a", 900), "c": ("a", 400), "d": ("b", 950), "e": ("lost", 10),
        "f": ("", None), "x": ("y", 1), "y": ("x", 2),
    }  # fmt: skip
    told = [(k["id"], k["depth"], k["at"], k["gone"]) for k in family(["d", "e"], parents)]
    assert told == [
        ("a", 0, None, False), ("c", 1, 400, False), ("b", 1, 900, False), ("d", 2, 950, False),
        ("lost", 0, None, True), ("e", 1, 10, False),
    ]  # fmt: skip
    assert {k["id"] for k in family(["x"], parents)} == {"x", "y"}


def fork(root: Path, child: str, parent: str, **train) -> None:
    file = root / child / "config.json"
    config = json.loads(file.read_text("utf-8"))
    config["train"] |= train
    file.write_text(json.dumps(config | {"parent": parent}), "utf-8")


def test_compared_runs_come_with_their_settings_pictures_and_tree(home: TestClient, root: Path):
    fork(root, "digits-2", "digits-1@504", g_lr=0.004)
    body = home.get("/_gan/runs/compared", params={"ids": "digits-2"}).json()
    assert [(k["id"], k["depth"], k["at"]) for k in body["tree"]] == [
        ("digits-1", 0, None), ("digits-2", 1, 504),
    ]  # fmt: skip
    assert body["runs"].keys() == {"digits-2"}
    assert body["runs"]["digits-2"]["settings"]["g_lr"] == "0.004"
    assert body["runs"]["digits-2"]["snapshots"][-1] == 1008
    for ids in ("", ",".join(["digits-1"] * 7), "..", "nobody"):
        bad = home.get("/_gan/runs/compared", params={"ids": ids})
        assert bad.status_code in (400, 404)


def test_a_preset_of_ones_own_shows_its_last_run_and_no_others(home: TestClient, root: Path):
    config = json.loads((root / "digits-1" / "config.json").read_text("utf-8"))
    usual = fresh_config(config["preset"], config["data"])
    changed = {
        key: json.dumps(value).strip('"')
        for part in ("model", "train")
        for key, value in config[part].items()
        if value != getattr(getattr(usual, part), key) and not isinstance(value, (list, type(None)))
    }
    save_preset(UserPreset("mine", config["preset"], config["data"], changed))
    save_preset(UserPreset("other", config["preset"], config["data"], changed | {"g_lr": "0.5"}))
    refused = {"family": "mlp", "modulation": "true"}  # saved before they were refused
    save_preset(UserPreset("old", config["preset"], config["data"], refused))
    presets = home.get("/_gan/presets").json()["presets"]
    assert presets["old"]["run"] is None
    assert presets["mine"]["run"]["id"] in ("digits-1", "digits-2")
    assert presets["mine"]["run"]["nimg"] == 1008
    assert presets["other"]["run"] is None


def test_every_preset_has_a_card_whose_picture_is_small_and_is_served(home: TestClient):
    from gan.ui.server.routes import assets

    cards = options(None)["cards"]
    assert cards["presets"].keys() == PRESETS.keys()
    for name, card in cards["presets"].items():
        picture = assets()[f"train/cards/{name}.webp"]
        assert picture[8:12] == b"WEBP"
        assert len(picture) < 10_000
        assert card["seconds"] > 0 < card["nimg"]


@pytest.mark.parametrize(
    ("preset", "data", "own"), [("ring", "emoji-groups", "ring"), ("emoji", "ring", "emoji-groups")]
)
def test_data_of_another_kind_are_left_out_and_the_rest_is_taken(
    home: TestClient, preset: str, data: str, own: str
):
    found = setup(home, preset=preset, data=data, seconds="45", settings={"batch_size": "48"})
    assert found["form"]["data"] == own
    assert (found["form"]["preset"], found["form"]["seconds"]) == (preset, "45")
    assert found["form"]["settings"] == {"batch_size": "48"}
    (problem,) = found["problems"]
    assert f"{data} do not go with the preset {preset}" in problem["error"]
