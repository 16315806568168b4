"""PyTorchModelHubMixin reads and writes the very folders that we bundle, push and pull."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

import gan
from gan.checkpoint import load
from gan.errors import ConfigError, WeightsError
from gan.hub.mixin import GanModel
from gan.sampling import labels_of, latents, render
from tests.hub.server import Hub

Z = latents(64, range(4))
LABELS = labels_of(10, range(4))
# the client reads HF_ENDPOINT once, so that it must be another process than the tests'
SCRIPT = """
import sys, torch
from gan.hub.mixin import GanModel
from gan.sampling import latents, labels_of
model = GanModel.from_pretrained(sys.argv[1])
model.push_to_hub("visitor/again", token="hf_visitor")
again = GanModel.from_pretrained("visitor/again")
z, labels = latents(64, range(4)), labels_of(10, range(4))
assert again(z, labels).equal(model(z, labels))
torch.save(model(z, labels), sys.argv[2])
"""


def folder_of(tmp_path: Path) -> Path:
    """A bundled model, to be spoilt."""
    return Path(shutil.copytree(load("fashion").path, tmp_path / "model"))


def in_a_child(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_it_gives_the_pictures_that_load_gives():
    ours = load("fashion")
    model = GanModel.from_pretrained(ours.path)
    assert not model.training
    assert model(Z, LABELS).equal(render(ours.generator, Z, labels=LABELS))
    assert model.d is not None


def test_what_is_saved_is_what_was_loaded_byte_for_byte(tmp_path: Path):
    ours = load("fashion")
    GanModel.from_pretrained(ours.path).save_pretrained(tmp_path / "m")
    for name in ("model.safetensors",):
        assert (tmp_path / "m" / name).read_bytes() == (ours.path / name).read_bytes()
    again = load(tmp_path / "m")
    assert again.config == ours.config
    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert "license: mit" in card
    assert "library_name: gan-atelier" in card


@pytest.mark.slow
def test_a_repo_on_the_hub_and_back(hub: Hub, tmp_path: Path):
    ours = load("fashion")
    files = {p.name: p.read_bytes() for p in ours.path.iterdir()}
    hub.add("some/one", files)
    done = in_a_child("some/one", str(tmp_path / "x.pt"))
    assert done.returncode == 0, done.stderr
    x = torch.load(tmp_path / "x.pt", weights_only=True)  # noqa: TID251 - a tensor of this test
    assert x.equal(render(ours.generator, Z, labels=LABELS))
    pushed = hub.repo("visitor/again").files()
    assert pushed["model.safetensors"] == files["model.safetensors"]
    assert 'load("visitor/again")' in pushed["README.md"].decode()
    assert gan.load  # what that card says to import


@pytest.mark.slow
def test_a_pickle_is_never_fetched(hub: Hub, tmp_path: Path):
    config = (load("fashion").path / "config.json").read_bytes()
    hub.add("some/one", {"config.json": config, "pytorch_model.bin": b"x"})
    done = in_a_child("some/one", str(tmp_path / "x.pt"))
    assert "WeightsError" in done.stderr
    assert not [p for p in hub.paths() if "pytorch_model.bin" in p]


def test_a_folder_with_a_pickle_alone_is_refused(tmp_path: Path):
    folder = folder_of(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsError):
        GanModel.from_pretrained(folder)


def test_a_tensor_too_few_or_too_many_is_refused(tmp_path: Path):
    folder = folder_of(tmp_path)
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    for spoilt in (tensors | {"g_ema.more": torch.zeros(1)}, dict([*tensors.items()][1:])):
        safetensors.torch.save_file(spoilt, folder / "model.safetensors")
        with pytest.raises(WeightsError):
            GanModel.from_pretrained(folder)


def test_another_config_is_refused(tmp_path: Path):
    folder = folder_of(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"code": "import os"}))
    with pytest.raises(ConfigError):
        GanModel.from_pretrained(folder)


def test_a_new_model_is_built_from_its_config_alone():
    model = GanModel(load("fashion").config)
    assert model.d is not None
    assert model(Z, LABELS).shape == (4, 1, 28, 28)
