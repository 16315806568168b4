"""Our own models by name: bundled, or from the Hub by what the index says; and `gan.load`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gan
from gan import checkpoint
from gan.cli import app
from gan.errors import HubError, WeightsError
from gan.hub import index, library
from gan.schema import to_json
from tests.hub.server import Hub
from tests.hub.test_pull import OURS, REPO

WEIGHTS = checkpoint.weights_dir()


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_index_states_the_bundled_files_as_they_are():
    rows = index.index()
    assert list(rows) == checkpoint.bundled()
    for name, row in rows.items():
        assert index.described(WEIGHTS / name, row) == row, "python: gan.hub.index.write_index()"
        assert row.repo == f"gan-atelier/{name}"
        assert row.licence
    assert any(row.seed != index.FIRST_SEED for row in rows.values())  # and writing keeps them


@pytest.fixture
def unbundled(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An installation that has emoji only; fashion is in the index, published at a commit."""
    weights = tmp_path / "weights"
    shutil.copytree(WEIGHTS / "emoji", weights / "emoji")
    sha = hub.add("gan-atelier/fashion", OURS)
    monkeypatch.setattr(checkpoint, "weights_dir", lambda: weights)
    monkeypatch.setattr(index, "weights_dir", lambda: weights)

    def state(**changes: object) -> str:
        row = replace(index.described(WEIGHTS / "fashion"), **{"revision": sha, **changes})
        (weights / "index.json").write_text(json.dumps([to_json(row)]))
        return sha

    return state


def test_a_bundled_model_that_is_missing_comes_from_the_hub(unbundled, hub: Hub):
    sha = unbundled()
    assert index.missing() == ["fashion"]
    model = gan.load("fashion")
    assert model.config.source.commit == sha
    hub.requests.clear()
    assert gan.load("fashion").revision == model.revision
    assert not hub.requests


def test_a_model_with_another_hash_than_the_index_states_is_not_kept(unbundled):
    unbundled(sha256="0" * 64)
    with pytest.raises(HubError) as caught:
        gan.load("fashion")
    assert caught.value.kind == "damaged"
    assert library.listed() == []


def test_what_is_not_published_yet_is_said_and_not_asked_for(unbundled, hub: Hub):
    unbundled(revision=None)
    with pytest.raises(HubError, match="not published"):
        gan.load("fashion")
    assert not hub.requests


def test_offline_the_bundled_ones_are_there(unbundled, hub: Hub):
    unbundled()
    hub.stop()
    assert gan.load("emoji").ref == "emoji"
    with pytest.raises(HubError, match="cannot be reached"):
        gan.load("fashion")


def test_load_takes_a_repo_and_a_folder_goes_before_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hub.add(REPO, OURS)
    monkeypatch.chdir(tmp_path)
    assert gan.load(REPO).ref.startswith("hub:ann--shoes--")
    shutil.copytree(WEIGHTS / "emoji", tmp_path / REPO)
    hub.requests.clear()
    assert gan.load(REPO).config.name == "emoji"
    with pytest.raises(WeightsError, match="ann/nothing"):
        gan.load("ann/nothing")  # beside a folder that exists: a slip, not a repo
    assert not hub.requests


def test_a_repo_that_is_not_there_is_told_as_a_folder_and_a_repo(hub: Hub):
    with pytest.raises(HubError, match=r"no folder 'zoe/none' here.*not on the Hub"):
        gan.load("zoe/none")


def test_import_gan_is_light():
    script = "import sys, gan; sys.exit('torch' in sys.modules or 'huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


@pytest.mark.slow
def test_pull_then_sample_by_its_name_then_list_then_delete(hub: Hub, tmp_path: Path):
    sha = hub.add(REPO, OURS, card={"license": "mit"})
    output = run("pull", REPO, "--limit-seconds", "30")
    ref = f"hub:ann--shoes--{sha[:12]}"
    assert ref in output
    assert "cached" in run("pull", REPO)
    out = str(tmp_path / "a.png")
    run("sample", "--weights", REPO, "--count", "4", "--out", out)
    run("sample", "--weights", ref, "--count", "4", "--out", out)
    listed = run("models")
    assert all(text in listed for text in ("bundled  fashion", ref, REPO, "mit"))
    run("models", "--delete", ref)
    assert ref not in run("models")


def test_pull_without_a_choice_lists_the_files(hub: Hub):
    hub.add(REPO, {"a/g.pt": b"x" * 10, "b/g.pt": b"y" * 10})
    output = run("pull", REPO, code=1)
    assert "--file" in output
    assert "a/g.pt" in output


def test_search_marks_what_is_known_and_lists_it_without_a_network(hub: Hub):
    hub.add("nateraw/cryptopunks-gan", {"generator.pth": b"x"}, likes=3)
    assert "* nateraw/cryptopunks-gan" in run("search", "punks")
    hub.stop()
    assert "nateraw/cryptopunks-gan" in run("search")
    assert "cannot be reached" in run("search", "punks", code=1)


def test_a_token_is_used_only_where_it_is_asked_for(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_visitor")
    hub.add(REPO, OURS, private=True)
    assert "not on the Hub" in run("pull", REPO, code=1)
    assert not hub.sent("hf_visitor")
    assert "hub:ann--shoes" in run("pull", REPO, "--use-token")
    assert hub.sent("hf_visitor")
