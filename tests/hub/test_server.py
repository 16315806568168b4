"""The stand-in Hub is spoken to by the real client, in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from tests.hub.server import Hub


def test_what_is_pushed_is_what_is_pulled(hub: Hub, tmp_path: Path):
    api = HfApi(endpoint=hub.url, token="hf_visitor")
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "README.md").write_text("---\nlicense: mit\n---\n")
    (tmp_path / "up" / "model.safetensors").write_bytes(b"x" * 5000)
    api.create_repo("visitor/m", private=True)
    api.upload_folder(repo_id="visitor/m", folder_path=tmp_path / "up")
    path = api.hf_hub_download("visitor/m", "model.safetensors", cache_dir=tmp_path / "cache")
    assert Path(path).read_bytes() == b"x" * 5000
    assert hub.repo("visitor/m").private
    assert any(p.startswith("PUT /lfs/") for p in hub.paths())


def test_a_space_can_be_made_and_filled(hub: Hub, tmp_path: Path):
    api = HfApi(endpoint=hub.url, token="hf_visitor")
    (tmp_path / "app.py").write_text("")
    api.create_repo("visitor/s", repo_type="space", space_sdk="gradio")
    api.upload_folder(repo_id="visitor/s", folder_path=tmp_path, repo_type="space")
    assert "app.py" in hub.repo("visitor/s", "space").files()
    assert hub.repo("visitor/s", "space").settings["sdk"] == "gradio"


def test_who_has_no_token_writes_nothing(hub: Hub):
    with pytest.raises(HfHubHTTPError):
        HfApi(endpoint=hub.url, token="hf_stranger").create_repo("visitor/m")
    assert not hub.repos


def test_requests_are_recorded_with_their_headers(hub: Hub):
    hub.add("a/b", {"config.json": b"{}"})
    HfApi(endpoint=hub.url, token="hf_visitor").model_info("a/b")
    assert [r.headers["authorization"] for r in hub.sent("hf_visitor")] == ["Bearer hf_visitor"]
