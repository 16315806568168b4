"""Deploying to a stand-in Hub with the real client: what arrives, and what stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan.cli import app
from gan.errors import HubError
from gan.hub import deploy
from gan.hub.sending import SendPlan, look, send
from gan.hub_environment import environment
from tests.hub.conftest import OWNER_TOKEN
from tests.hub.server import Hub

VISITOR = "hf_visitor"
FILES = (("app.py", b"print(1)"), ("weights/a/model.safetensors", b"x" * 300))


def small_plan(hub: Hub, repo: str = "visitor/app", **options) -> deploy.DeployPlan:
    """A Space of two files, looked up on `hub`."""
    files = tuple(deploy.StagedFile(path, data) for path, data in FILES)
    found = look(repo, "space", token=VISITOR)
    return deploy.DeployPlan(repo=repo, kind="space", files=files, found=found, **options)


def sent(plan: SendPlan, *, overwrite: bool = False) -> str:
    """The address of what is written so."""
    [*_, last] = send(plan, token=VISITOR, overwrite=overwrite)
    return last.url


@pytest.mark.slow
def test_a_space_is_made_and_holds_exactly_what_was_planned(hub: Hub):
    plan = deploy.plan("visitor/app", token=VISITOR, hardware="zero-a10g")
    url = sent(plan)
    space = hub.repo("visitor/app", "space")
    assert space.files() == {f.path: f.data for f in plan.files}
    assert (space.settings["sdk"], space.settings["hardware"]) == ("gradio", "zero-a10g")
    assert not space.settings.get("secrets")
    assert url == f"{hub.url}/spaces/visitor/app"
    assert sum("/commit/" in p for p in hub.paths("POST")) == 1
    assert hub.sent(OWNER_TOKEN) == []


@pytest.mark.slow
def test_what_is_there_is_overwritten_only_on_request(hub: Hub):
    sent(small_plan(hub))
    again = small_plan(hub, hardware="t4-small")
    assert again.overwrites == tuple(path for path, _ in FILES)
    before = len(hub.repo("visitor/app", "space").commits)
    with pytest.raises(HubError, match="overwritten") as caught:
        sent(again)
    assert caught.value.kind == "exists"
    assert len(hub.repo("visitor/app", "space").commits) == before
    sent(again, overwrite=True)
    assert hub.repo("visitor/app", "space").settings["hardware"] == {"flavor": "t4-small"}


@pytest.mark.slow
def test_a_dry_run_asks_nobody_and_lists_every_file(hub: Hub):
    result = CliRunner().invoke(app, ["deploy", "me/app", "--dry-run"])
    assert result.exit_code == 0, result.output
    plan = deploy.plan("me/app", ask=False)
    assert all(file.path in result.output for file in plan.files)
    assert plan.front in result.output
    assert "hf_oauth: true" in plan.front
    assert hub.requests == []


def test_without_a_login_a_sentence_says_how(hub: Hub, monkeypatch, tmp_path: Path):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    monkeypatch.setattr("huggingface_hub.utils._auth.constants.HF_TOKEN_PATH", str(tmp_path / "n"))
    result = CliRunner().invoke(app, ["deploy", "me/app"])
    assert result.exit_code == 1
    assert "hf auth login" in result.output
    assert hub.requests == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ("401", "sign-in"), ("403", "no-access"), ("409", "conflict"), ("412", "conflict"),
        ("429", "rate"), ("500", "server"), ("refused", "unreachable"), ("garbage", "server"),
    ],
)  # fmt: skip
def test_each_failure_of_a_commit_has_its_own_sentence(hub: Hub, failure: str, kind: str):
    hub.add("visitor/app", {}, kind="space")
    hub.fail("/commit/", failure)
    with pytest.raises(HubError) as caught:
        sent(small_plan(hub))
    assert caught.value.kind == kind  # and not "slow": it did not go on until the limit
    assert VISITOR not in str(caught.value)
    assert hub.repo("visitor/app", "space").files() == {}


@pytest.mark.slow
def test_a_hub_that_stalls_ends_at_the_limit(hub: Hub):
    hub.fail("/api/", "stall")
    with pytest.raises(HubError) as caught:
        look("visitor/app", "space", token=VISITOR, limit_s=2)
    assert caught.value.kind == "slow"
    assert "within 2 s" in str(caught.value)  # that limit, and none of the client's own


def test_it_can_be_cancelled(hub: Hub):
    hub.fail("/api/", "stall")
    with pytest.raises(HubError) as caught:
        look("visitor/app", "space", token=VISITOR, cancelled=lambda: True)
    assert caught.value.kind == "cancelled"


def test_a_child_ends_with_its_parent(hub: Hub):
    hub.fail("/api/", "stall")
    child = subprocess.Popen(
        [sys.executable, "-m", "gan.hub.sending"], stdin=subprocess.PIPE, env=environment()
    )
    job = {"do": "look", "repo": "visitor/app", "kind": "space", "token": VISITOR}
    child.stdin.write(json.dumps(job).encode() + b"\n")
    child.stdin.flush()
    while not hub.paths("GET") and child.poll() is None:
        time.sleep(0.05)
    child.stdin.close()
    assert child.wait(60) == 1  # as it leaves by itself; a stalled Hub holds it twice as long


def test_who_has_no_account_is_told_so(hub: Hub):
    with pytest.raises(HubError) as caught:
        look("visitor/app", "space", token="hf_stranger")
    assert caught.value.kind == "sign-in"


@pytest.mark.slow
def test_a_name_of_somebody_else_is_refused(hub: Hub):
    with pytest.raises(HubError, match="name of your own") as caught:
        sent(small_plan(hub, "other/app"))
    assert caught.value.kind == "no-access"


@pytest.mark.slow
def test_a_repo_that_was_made_meanwhile_is_not_written(hub: Hub):
    plan = small_plan(hub)
    hub.add("visitor/app", {"theirs": b"1"}, kind="space")
    with pytest.raises(HubError) as caught:
        sent(plan)
    assert caught.value.kind == "conflict"
    assert hub.repo("visitor/app", "space").files() == {"theirs": b"1"}


@pytest.mark.slow
def test_the_commit_names_its_parent_so_that_nobody_is_written_over(hub: Hub):
    sha = hub.add("visitor/app", {"a": b"1"}, kind="space")
    sent(small_plan(hub))
    commit = next(r for r in hub.requests if "/commit/" in r.path)
    assert f'"parentCommit": "{sha}"'.encode() in commit.body.replace(b'":"', b'": "')


def test_without_a_token_only_what_all_may_see_is_asked(hub: Hub):
    hub.add("a/b", {"x": b"1"})
    found = look("a/b", "model", token=None)
    assert (found.exists, found.files, found.account) == (True, {"x"}, "")
    assert not any("authorization" in r.headers for r in hub.requests)
