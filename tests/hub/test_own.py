"""Files of one's own: any ending, wrappers, things beside the weights; what they do not tell."""

from __future__ import annotations

import pathlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan import checkpoint
from gan.errors import GanError, HubError
from gan.hub import library, readings
from gan.hub.foreign import tensors_of
from gan.hub.layouts import recognise
from gan.hub.loading import load
from gan.sampling import latents, render
from tests.hub.conftest import taken


def small() -> nn.Sequential:
    torch.manual_seed(3)  # noqa: TID251
    return nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 784), nn.Tanh()).eval()


def saved(path: Path, data: object) -> Path:
    torch.save(data, path)
    return path


NAMES = (
    "epoch=9-step=900.ckpt", "checkpoint.pth.tar", "generator.pkl", "netG_epoch_24", "style.model",
    "weights.bin",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_a_file_is_taken_by_content_whatever_its_name(here, tmp_path, name):
    g = small()
    file = saved(tmp_path / name, g.state_dict())
    found = load(file)
    z = latents(16, range(2))
    assert torch.allclose(render(found.generator, z).flatten(1), g(z), atol=1e-6)
    assert found.config.source.file == name
    assert taken(file).cached


@torch.no_grad()
def test_a_reading_is_assumed_written_down_and_can_be_chosen(here, tmp_path):
    g = small()
    pulled = taken(saved(tmp_path / "mlp.pth", g.state_dict()))
    options = readings.options_of(pulled.ref)
    assert [o.answers["activation"] for o in options] == ["relu", "leaky"]
    entry = library.listed()[0]
    assert entry.config.source.assumed == ("activation=relu",)
    assert "activation=relu" in (entry.path / "README.md").read_text()
    new = readings.choose(pulled.ref, 1)
    chosen = checkpoint.load(new)
    z = latents(16, range(2))
    hidden = nn.functional.leaky_relu(g[0](z), 0.2)
    assert torch.allclose(render(chosen.generator, z).flatten(1), g[2](hidden).tanh(), atol=1e-6)
    assert chosen.config.source.chosen == ("activation=leaky",)
    assert readings.options_of(new) == []
    assert [e.ref for e in library.listed()] == [new]


@torch.no_grad()
def test_an_answer_on_the_command_line_is_what_is_built(here, tmp_path):
    g = small()
    answers = {"activation": "leaky", "output": "sigmoid"}
    weights = checkpoint.load(taken(saved(tmp_path / "a.pth", g.state_dict()), answers=answers).ref)
    z = latents(16, [5])
    x = g[2](nn.functional.leaky_relu(g[0](z), 0.2)).sigmoid() * 2 - 1
    assert torch.allclose(render(weights.generator, z).flatten(1), x, atol=1e-6)
    assert weights.config.source.chosen == ("activation=leaky", "output=sigmoid")


def wrapped(name: str) -> object:
    sd = small().state_dict()
    other = nn.Sequential(nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 1)).state_dict()
    return {
        "AveragedModel": {
            "n_averaged": torch.tensor(10), **{f"module.{k}": v for k, v in sd.items()}
        },
        "torch.compile": {f"_orig_mod.{k}": v for k, v in sd.items()},
        "generator_state": {"generator_state": sd, "discriminator_state": other},
        "G_ema": {"G": other, "G_ema": sd, "D": other},
        "Lightning": {
            "state_dict": {**{f"generator.{k}": v for k, v in sd.items()},
                           **{f"discriminator.{k}": v for k, v in other.items()}},
            "hyper_parameters": {"lr": 1e-3}, "epoch": 3,
        },
        "list": [sd, other], "tuple": (other, sd),
        "ndarray": {"netG": sd, "losses": np.arange(3.0)},
        "Path": {"netG": sd, "dir": pathlib.PurePosixPath("/x")},
        "defaultdict": {"netG": sd, "c": defaultdict(int, a=1)},
        "arrays": {k: v.numpy() for k, v in sd.items()},
    }[name]  # fmt: skip


WRAPPINGS = (
    "AveragedModel", "torch.compile", "generator_state", "G_ema", "Lightning", "list", "tuple",
    "ndarray", "Path", "defaultdict", "arrays",
)  # fmt: skip


@pytest.mark.parametrize("name", WRAPPINGS)
def test_wrappers_and_what_lies_beside_do_not_matter(tmp_path, name):
    found = recognise(tensors_of(saved(tmp_path / "w.pth", wrapped(name))), {})
    assert found.config.z_dim == 16
    assert found.g["layers.0.weight"].equal(small()[0].weight.detach())


def test_a_prelu_is_read(tmp_path):
    g = nn.Sequential(nn.Linear(16, 64), nn.PReLU(), nn.Linear(64, 784), nn.Tanh())
    g[1].weight.data.fill_(0.37)
    found = recognise(g.state_dict(), {})
    assert found.config.g_layers[1] == "prelu 1"
    assert found.readings == ()


WRONG = {
    "empty": (b"", "is empty"),
    "lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 14579088\n",
        "Git LFS pointer, not the file of 14.6 MB",
    ),
    "keras": (b"\x89HDF\r\n\x1a\n" + b"\0" * 600, "HDF5"),
    "tar": (b"storages" + b"\0" * 249 + b"ustar\0" + b"\0" * 300, "tar archive"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0" + b"\0" * 100, "whole ONNX file"),
    "page": (b"<!DOCTYPE html><html>sign in</html>", "web page"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_file_of_weights_is_called_what_it_is(here, tmp_path, name):
    data, said = WRONG[name]
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(HubError, match=said):
        taken(tmp_path / "a.pth")
    assert library.listed() == []


def test_numbers_alone_and_two_generators_are_told():
    with pytest.raises(GanError, match="holds no tensors"):
        recognise({}, {})
    pair = {f"netG_{n}/{k}": v for n in ("A2B", "B2A") for k, v in small().state_dict().items()}
    with pytest.raises(GanError, match="it holds 2"):
        recognise(pair, {})


def test_convolutions_that_do_not_grow_are_no_picture():
    flat = {
        "l1.weight": torch.ones(8 * 49, 16), "c1.weight": torch.ones(8, 8, 1, 1),
        "c2.weight": torch.ones(1, 8, 2, 2),
    }  # fmt: skip
    with pytest.raises(GanError, match="must grow"):
        recognise(flat, {})
