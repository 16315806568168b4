"""Weights and checkpoints: bit for bit, whole or not at all, and suspicious of every file."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from gan import checkpoint, files
from gan.checkpoint import (
    bundled,
    checkpoints,
    load,
    load_state,
    newest_checkpoint,
    save_checkpoint,
    save_weights,
    sweep,
    weights_dir,
)
from gan.config import ModelConfig, WeightsConfig
from gan.errors import CheckpointError, GanError, WeightsError
from gan.families import default_widths
from gan.files import append_line, read_json, write_atomic, write_json
from gan.models import seeded_build
from gan.sampling import sample
from gan.tensors import load_modules, save_modules
from tests.children import quick_child
from tests.restoring import load_checkpoint


@pytest.fixture
def folder(tmp_path: Path, make_config) -> Path:
    config = make_config()
    g, d = seeded_build(config.model, 0)
    names = config.class_names
    save_weights(
        tmp_path / "w", WeightsConfig(name="w", model=config.model, class_names=names), g, d
    )
    return tmp_path / "w"


@pytest.mark.slow
def test_loading_a_model_does_not_load_a_compiler():
    code = """
import sys
from tests.restoring import load_checkpoint
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


def test_a_write_that_fails_names_the_file_that_was_asked_for(tmp_path: Path):
    path = tmp_path / "nowhere" / "a.json"
    with pytest.raises(FileNotFoundError) as failed:
        write_atomic(path, b"new")
    assert failed.value.filename == str(path)


def save_without_pause(folder: Path, n: int) -> None:
    gw, dw = default_widths("conv", 28)
    g, _ = seeded_build(ModelConfig(g_widths=gw, d_widths=dw), 0)
    sweep(folder)
    while True:
        n += 1
        save_checkpoint(folder, n, {"g": g}, {"nimg": n})


@pytest.mark.slow
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


def die_at_a_rename(folder: Path, number: int) -> None:
    """Save a moment that is saved already; the process is gone at its nth rename of a folder."""
    gw, dw = default_widths("conv", 28)
    g, _ = seeded_build(ModelConfig(g_widths=gw, d_widths=dw), 0)
    real, left = Path.replace, [number]

    def replace_or_die(path: Path, target: Path) -> Path:
        left[0] -= path.is_dir()
        if not left[0]:
            os._exit(9)
        return real(path, target)

    Path.replace = replace_or_die
    save_checkpoint(folder, 16, {"g": g}, {"nimg": 16, "again": True})


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_a_kill_while_a_moment_is_saved_again_loses_neither_checkpoint(tmp_path: Path, number: int):
    gw, dw = default_widths("conv", 28)
    g, _ = seeded_build(ModelConfig(g_widths=gw, d_widths=dw), 0)
    save_checkpoint(tmp_path, 16, {"g": g}, {"nimg": 16, "again": False})
    quick_child(die_at_a_rename, tmp_path, number).join()
    sweep(tmp_path)
    found = newest_checkpoint(tmp_path)
    assert load_state(found.path)["again"] is (number == 2)  # of two whole ones the later
    assert list(tmp_path.iterdir()) == [found.path]


def test_a_whole_checkpoint_without_its_name_is_adopted_and_a_torn_one_goes(
    tmp_path: Path, make_config
):
    g, _ = seeded_build(make_config().model, 0)
    for nimg in (1, 2, 3):
        save_checkpoint(tmp_path, nimg, {"g": g}, {"nimg": nimg})
    for nimg in (2, 3):
        (tmp_path / f"{nimg:010d}").rename(tmp_path / f".{nimg:010d}.77.tmp")
    os.truncate(tmp_path / ".0000000003.77.tmp" / "state.pt", 50)
    sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0000000001", "0000000002"]


def test_two_threads_that_write_one_file_at_once_both_succeed(tmp_path: Path, monkeypatch):
    both = threading.Barrier(2, timeout=60)
    real = os.fsync
    path = tmp_path / "a"

    def wait_then_sync(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            both.wait()  # both have written and none has renamed
        real(handle)

    monkeypatch.setattr(files.os, "fsync", wait_then_sync)
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(write_atomic, path, text * 1000) for text in (b"a", b"b")]
        assert [d.exception() for d in done] == [None, None]
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_that_a_person_saved_in_an_editor_is_read(tmp_path: Path, encoding: str):
    file = tmp_path / "config.json"
    file.write_bytes('{\r\n  "name": "Schön 猫"\r\n}\r\n'.encode(encoding))
    assert read_json(file) == {"name": "Schön 猫"}


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path):
    file = tmp_path / "config.json"
    write_json(file, {"names": ["a"]})
    with pytest.raises(WeightsError, match="64 KB"):
        write_json(file, {"names": ["n" * 100] * 900})
    assert read_json(file) == {"names": ["a"]}


def test_a_line_that_a_full_disk_cuts_short_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch):
    file = tmp_path / "progress.jsonl"
    append_line(file, '{"nimg": 1}')
    real = io.FileIO.write

    class Full(io.FileIO):
        def write(self, data):
            return real(self, bytes(data)[:3])

    monkeypatch.setattr(Path, "open", lambda path, mode, buffering: Full(path, mode))
    with pytest.raises(OSError, match="No space"):
        append_line(file, '{"nimg": 2}')
    monkeypatch.undo()
    append_line(file, '{"nimg": 3}')
    assert file.read_text().splitlines() == ['{"nimg": 1}', '{"nimg": 3}']


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


class Killed(BaseException):
    """The process is gone: nothing after this happens, no tidying up either."""


def dying(real, left: list[int]):
    def operate(*given, **options):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return real(*given, **options)

    return operate


OPERATIONS = ("mkdir", "replace", "rename", "unlink", "rmdir", "fsync")


@pytest.mark.parametrize("again", [False, True])
def test_a_kill_at_any_operation_on_files_leaves_a_whole_checkpoint(
    tmp_path: Path, make_config, again: bool
):
    g, _ = seeded_build(make_config().model, 0)
    operations, survived = 0, False
    while not survived:
        folder = tmp_path / str(operations)
        save_checkpoint(folder, 8, {"g": g}, {"saved": 0})
        if again:
            save_checkpoint(folder, 16, {"g": g}, {"saved": 1})
        left = [operations]  # until the kill
        with pytest.MonkeyPatch.context() as patch:
            for name in OPERATIONS:
                patch.setattr(os, name, dying(getattr(os, name), left))
            try:
                save_checkpoint(folder, 16, {"g": g}, {"saved": 2})
                survived = True
            except Killed:
                pass
        sweep(folder)
        found = newest_checkpoint(folder)
        assert found.skipped == ()
        assert load_state(found.path)["saved"] in ((1, 2) if again else (0, 2)), operations
        assert not [*folder.glob(".*")]
        operations += 1
    assert load_state(found.path)["saved"] == 2
    assert operations > 8  # each of them was a kill


def test_a_state_that_claims_gigabytes_is_refused(tmp_path: Path):
    old = io.BytesIO()
    torch.save({"a": torch.zeros(4)}, old, _use_new_zipfile_serialization=False)
    claims = b"J" + (2**29).to_bytes(4, "little")  # floats, instead of 4
    bomb = old.getvalue().replace(b"cpuq\x06K\x04", b"cpuq\x06" + claims)
    assert bomb != old.getvalue()
    (tmp_path / "state.pt").write_bytes(bomb)
    with pytest.raises(CheckpointError, match="another version"):
        load_state(tmp_path)
    new, packed = io.BytesIO(), tmp_path / "state.pt"
    torch.save({"a": torch.zeros(10**6)}, new)
    with zipfile.ZipFile(new) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as small:
        for part in parts.infolist():
            small.writestr(part.filename, parts.read(part))
    with pytest.raises(CheckpointError, match="another version"):
        load_state(tmp_path)


def test_a_bit_that_flips_in_a_runs_weights_is_noticed(tmp_path: Path, make_config):
    g, _ = seeded_build(make_config().model, 0)
    file = tmp_path / "w.safetensors"
    save_modules(file, {"g_ema": g}, notes={})
    load_modules(file, {"g_ema": g})
    data = bytearray(file.read_bytes())
    data[-4] ^= 1  # the lowest bit of a float: still finite
    file.write_bytes(data)
    with pytest.raises(WeightsError, match="other values than were saved"):
        load_modules(file, {"g_ema": g})
