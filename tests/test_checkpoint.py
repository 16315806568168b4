"""Weights and checkpoints: bit for bit, whole or not at all, and suspicious of every file."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from gan import checkpoint
from gan.checkpoint import (
    bundled,
    checkpoints,
    load,
    load_checkpoint,
    newest_checkpoint,
    save_checkpoint,
    save_weights,
    sweep,
    weights_dir,
)
from gan.config import ModelConfig, WeightsConfig
from gan.errors import CheckpointError, GanError, WeightsError
from gan.files import write_atomic
from gan.models import seeded_build
from gan.presets import default_widths
from gan.sampling import sample
from tests.children import quick_child


@pytest.fixture
def folder(tmp_path: Path, make_config) -> Path:
    config = make_config()
    g, d = seeded_build(config.model, 0)
    names = config.class_names
    save_weights(
        tmp_path / "w", WeightsConfig(name="w", model=config.model, class_names=names), g, d
    )
    return tmp_path / "w"


def test_loading_a_model_does_not_load_a_compiler():
    code = """
import sys
from gan.checkpoint import bundled, load
from gan.sampling import sample
for ref in bundled():
    weights = load(ref)
    sample(weights.generator, [1])
print({"torch._dynamo", "torch._inductor", "sympy"} & sys.modules.keys() or "none")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "none\n"


def test_weights_come_back_bit_for_bit(folder: Path, make_config):
    g, d = seeded_build(make_config().model, 0)
    weights = load(folder)
    for ours, loaded in ((g, weights.generator), (d, weights.discriminator)):
        state = loaded.state_dict()
        assert all(torch.equal(v, state[k]) for k, v in ours.state_dict().items())
    assert not weights.generator.training


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_model_loads_and_is_a_whole_hub_repo(name: str):
    weights = load(name)
    path = weights_dir() / name
    assert {p.name for p in path.iterdir()} >= {"config.json", "model.safetensors", "README.md"}
    assert (path / "model.safetensors").stat().st_size <= 5 * 2**20
    pixels = sample(weights.generator, range(16)).pixels
    assert pixels.std() > 20  # pictures, not grey
    assert (path / "README.md").read_text("utf-8").startswith("---\n")


def test_the_models_that_the_app_promises_are_bundled():
    assert {"fashion", "fashion-mlp", "emoji"} <= set(bundled())
    assert bundled()[0] == "fashion"


def test_an_unknown_name_offers_the_near_one():
    with pytest.raises(WeightsError, match="did you mean fashion"):
        load("fashon")


def edit_config(folder: Path, **changes: object) -> None:
    data = json.loads((folder / "config.json").read_text())
    data["model"] |= changes
    (folder / "config.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f / "model.safetensors").write_bytes(b""),
        lambda f: (f / "model.safetensors").write_bytes(struct.pack("<Q", 2**40) + b"{}"),
        lambda f: os.truncate(f / "model.safetensors", 2000),
        lambda f: (f / "config.json").write_text("{"),
        lambda f: (f / "config.json").write_text("[]"),
        lambda f: (f / "config.json").write_text(" " * 70_000),
        lambda f: edit_config(f, z_dim=17),
        lambda f: edit_config(f, family="mlp"),
        lambda f: edit_config(f, z_dim=True),
        lambda f: edit_config(f, surprise=1),
        lambda f: edit_config(f, g_widths=[4096] * 12),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_in_a_sentence(folder: Path, damage):
    damage(folder)
    with pytest.raises(GanError, match=r"; |\("):
        load(folder)


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"a":{"dtype":"F32","shape":[Infinity],"data_offsets":[0,0]}}',
        b'{"\\u001b[2J' + b"a" * 900_000 + b'":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    ],
)
def test_what_a_strangers_header_makes_a_reader_do_is_one_short_sentence(
    folder: Path, header: bytes
):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(WeightsError) as caught:
        load(folder)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_model_is_built_only_after_the_file_was_seen_to_hold_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    built = []

    def build(model: object) -> object:
        built.append(torch.empty(0).device.type)
        return seeded_build(model, 0)[0]

    safetensors.torch.save_file({}, folder / "model.safetensors")
    monkeypatch.setattr(checkpoint, "build_generator", build)
    with pytest.raises(WeightsError, match="exactly the tensors"):
        load(folder)
    assert set(built) == {"meta"}


def test_values_that_are_not_finite_are_refused(folder: Path):
    file = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(file)
    tensors["g_ema.to_map.weight"].view(-1)[0] = float("nan")
    safetensors.torch.save_file(tensors, file)
    with pytest.raises(WeightsError, match="finite"):
        load(folder)


def test_a_foreign_dtype_or_an_extra_tensor_is_refused(folder: Path):
    file = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(file)
    safetensors.torch.save_file(tensors | {"g_ema.extra": torch.zeros(1)}, file)
    with pytest.raises(WeightsError, match=r"g_ema\.extra"):
        load(folder)
    safetensors.torch.save_file({k: v.double() for k, v in tensors.items()}, file)
    with pytest.raises(WeightsError, match=r"float32|int64"):
        load(folder)


def test_a_bad_state_is_never_saved_as_good(tmp_path: Path, make_config):
    g, _ = seeded_build(make_config().model, 0)
    save_checkpoint(tmp_path, 1, {"g": g}, {"nimg": 1})
    next(g.parameters()).data.view(-1)[0] = float("inf")
    with pytest.raises(CheckpointError, match="finite"):
        save_checkpoint(tmp_path, 2, {"g": g}, {"nimg": 2})
    assert [p.name for p in checkpoints(tmp_path)] == ["0000000001"]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["model.safetensors", "state.pt", "manifest.json"])
@pytest.mark.parametrize("how", ["truncate", "flip", "remove"])
def test_a_damaged_checkpoint_is_passed_over_and_named(tmp_path: Path, make_config, name, how):
    g, _ = seeded_build(make_config().model, 0)
    for nimg in (1, 2):
        save_checkpoint(tmp_path, nimg, {"g": g}, {"nimg": nimg})
    file = tmp_path / "0000000002" / name
    if how == "remove":
        file.unlink()
    elif how == "truncate":
        os.truncate(file, file.stat().st_size // 2)
    else:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    found = newest_checkpoint(tmp_path)
    assert found.path.name == "0000000001"
    assert found.skipped == ("0000000002",)
    assert load_checkpoint(found.path, {"g": g})["nimg"] == 1


def test_without_a_whole_checkpoint_it_says_so(tmp_path: Path):
    with pytest.raises(CheckpointError, match="got none"):
        newest_checkpoint(tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.json"
    write_atomic(path, b"old")
    monkeypatch.setattr(Path, "replace", lambda *a: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def save_without_pause(folder: Path, n: int) -> None:
    gw, dw = default_widths("conv", 28)
    g, _ = seeded_build(ModelConfig(g_widths=gw, d_widths=dw), 0)
    sweep(folder)
    while True:
        n += 1
        save_checkpoint(folder, n, {"g": g}, {"nimg": n})


def test_kill_nine_while_saving_never_tears_a_checkpoint(tmp_path: Path):
    """A process that saves without pause is killed five times; the newest is whole each time."""
    for attempt in range(5):
        start = attempt * 1000
        process = quick_child(save_without_pause, tmp_path, start)
        while process.is_alive() and not any(int(p.name) > start for p in checkpoints(tmp_path)):
            time.sleep(0.01)
        time.sleep(0.013 * (attempt + 1))
        process.kill()
        process.join()
        found = newest_checkpoint(tmp_path)
        assert int(found.path.name) > start
        assert found.skipped == ()


def test_the_weights_folder_of_an_installed_package_is_found(monkeypatch, tmp_path: Path):
    package = tmp_path / "site" / "gan"
    (package / "weights").mkdir(parents=True)
    monkeypatch.setattr(checkpoint, "__file__", str(package / "checkpoint.py"))
    assert weights_dir() == package / "weights"


def test_load_at_an_older_moment_differs_from_the_newest(tmp_path: Path, digits, make_config):
    from gan.runs import RunWriter, Session
    from gan.training import Trainer

    config = replace(make_config(), total_kimg=0.2)
    writer = RunWriter(tmp_path / "r", config, steerable=False)
    writer.create()
    trainer = Trainer(config, digits)
    writer.weights(trainer)
    Session(trainer, writer).run()
    old, new = checkpoint.load_at(tmp_path / "r", 0), load(tmp_path / "r")
    assert old.config.nimg == 0
    assert new.config.nimg == 208
    assert old.revision != new.revision
