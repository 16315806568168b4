"""Pushing to a stand-in Hub with the real client: what is planned is what arrives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan import checkpoint
from gan.cli import app
from gan.errors import HubError
from gan.hub import push
from gan.hub.sending import send
from tests.hub.conftest import OWNER_TOKEN
from tests.hub.server import Hub

VISITOR = "hf_visitor"
FILES = ("README.md", "config.json", "model.safetensors", "samples.png", "walk.webp")


@pytest.fixture(autouse=True)
def _walkless(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(push, "walk_picture", lambda g: b"RIFFwalk")


@pytest.fixture
def model(tiny_run: Path) -> checkpoint.Weights:
    return checkpoint.load(tiny_run)


def sent(plan: push.PushPlan, *, overwrite: bool = False) -> str:
    """The address of what is written so."""
    [*_, last] = send(plan, token=VISITOR, overwrite=overwrite)
    return last.url


def test_what_is_planned_is_what_arrives_in_one_commit(hub: Hub, model: checkpoint.Weights):
    plan = push.plan(model, "visitor/digits", private=True, token=VISITOR)
    assert (plan.exists, plan.overwrites, tuple(p for p, _ in plan.files)) == (False, (), FILES)
    url = sent(plan)
    repo = hub.repo("visitor/digits")
    assert repo.files() == dict(plan.files)
    assert repo.private
    assert url == f"{hub.url}/visitor/digits"
    assert sum("/commit/" in p for p in hub.paths("POST")) == 1
    assert hub.sent(OWNER_TOKEN) == []
    assert {r.headers.get("authorization", "") for r in hub.requests} <= {f"Bearer {VISITOR}", ""}


def test_what_arrived_is_the_model(hub: Hub, model: checkpoint.Weights, tmp_path: Path):
    sent(push.plan(model, "visitor/m", token=VISITOR))
    for name, data in hub.repo("visitor/m").files().items():
        (tmp_path / name).write_bytes(data)
    again = checkpoint.load(tmp_path)
    assert again.config == model.config
    for name, tensor in model.generator.state_dict().items():
        assert tensor.equal(again.generator.state_dict()[name])


def test_nothing_is_overwritten_unasked(hub: Hub, model: checkpoint.Weights):
    hub.add("visitor/m", {"config.json": b"{}", "notes.txt": b"mine"})
    plan = push.plan(model, "visitor/m", token=VISITOR)
    assert (plan.exists, plan.overwrites) == (True, ("config.json",))
    with pytest.raises(HubError, match=r"config\.json") as caught:
        sent(plan)
    assert caught.value.kind == "exists"
    assert hub.repo("visitor/m").files()["config.json"] == b"{}"
    sent(plan, overwrite=True)
    assert hub.repo("visitor/m").files() == dict(plan.files) | {"notes.txt": b"mine"}


def test_what_else_lies_in_a_folder_stays_at_home(tmp_path: Path, model: checkpoint.Weights):
    checkpoint.save_weights(tmp_path / "m", model.config, model.generator)
    (tmp_path / "m" / "secret.txt").write_text("mine")
    (tmp_path / "m" / ".env").write_text("HF_TOKEN=1")
    plan = push.plan(checkpoint.load(tmp_path / "m"), "me/m", ask=False)
    assert tuple(p for p, _ in plan.files) == FILES


def test_nothing_of_this_machine_is_in_what_is_pushed(tmp_path: Path, tiny_run: Path):
    run, secret = tmp_path / "run", f"{tmp_path}/my pictures"
    shutil.copytree(tiny_run, run)
    config = json.loads((run / "config.json").read_text())
    for data in (f"folder:{secret}", f"stacked:folder:{secret}", f"points:{secret}"):
        (run / "config.json").write_text(json.dumps(config | {"data": data}))
        files = dict(push.plan(checkpoint.load(run), "me/a", ask=False).files)
        assert "config.json" in files
        assert [n for n, held in files.items() if b"my pictures" in held] == []
        assert [n for n, held in files.items() if str(tmp_path).encode() in held] == []


@pytest.mark.parametrize("repo", ["m", "a/b/c", "spaces/a/b", "a/b@main", "../b", "a/b c", ""])
def test_a_name_that_is_none_is_refused_before_the_hub_is_asked(
    hub: Hub, model: checkpoint.Weights, repo: str
):
    with pytest.raises(HubError) as caught:
        push.plan(model, repo, token=VISITOR)
    assert caught.value.kind == "id"
    assert hub.requests == []


def test_somebody_elses_name_is_warned_of(hub: Hub, model: checkpoint.Weights):
    plan = push.plan(model, "other/m", token=VISITOR)
    [warning] = [w for w in plan.warnings if w.values]
    assert warning.values == {"account": "visitor", "owner": "other"}
    assert all(value in str(warning) for value in ("visitor", "other"))


def test_a_plan_for_which_nobody_was_asked_is_not_sent(hub: Hub, model: checkpoint.Weights):
    with pytest.raises(HubError):
        sent(push.plan(model, "visitor/m", ask=False))
    assert hub.requests == []


def test_an_account_is_told_by_its_token(hub: Hub):
    assert push.account(VISITOR) == "visitor"
    assert push.account(None) is None
    with pytest.raises(HubError):
        push.account("hf_stranger")


# ---- the command --------------------------------------------------------------------------------


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: VISITOR)


def test_a_dry_run_shows_files_and_card_and_asks_nobody(hub: Hub, tiny_run: Path):
    result = CliRunner().invoke(app, ["push", str(tiny_run), "me/digits", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert all(name in result.output for name in FILES)
    assert "license: cc-by-4.0" in result.output
    assert hub.requests == []


def test_a_moment_of_a_run_is_pushed_with_the_users_login(hub: Hub, tiny_run: Path, signed_in):
    first = checkpoint.weights_of_run(tiny_run)[0]
    result = CliRunner().invoke(app, ["push", f"{tiny_run}@{first}", "visitor/m"])
    assert result.exit_code == 0, result.output
    assert f"{hub.url}/visitor/m" in result.output
    assert json.loads(hub.repo("visitor/m").files()["config.json"])["nimg"] == first
    assert VISITOR not in result.output


@pytest.mark.parametrize(
    ("arguments", "said", "sent"), [([], "n\n", False), ([], "y\n", True), (["--yes"], "", True)]
)
def test_the_command_asks_before_it_overwrites(
    hub: Hub, tiny_run: Path, signed_in, arguments: list[str], said: str, sent: bool
):
    hub.add("visitor/m", {"config.json": b"{}"})
    result = CliRunner().invoke(app, ["push", str(tiny_run), "visitor/m", *arguments], input=said)
    assert (result.exit_code == 0) is sent
    assert (hub.repo("visitor/m").files()["config.json"] != b"{}") is sent


def test_in_a_pipe_where_nobody_answers_nothing_is_sent(hub: Hub, tiny_run: Path, signed_in):
    hub.add("visitor/m", {"config.json": b"{}"})
    result = CliRunner().invoke(app, ["push", str(tiny_run), "visitor/m"], input="")
    assert result.exit_code == 1
    assert "--yes" in result.output
    assert hub.repo("visitor/m").files() == {"config.json": b"{}"}
