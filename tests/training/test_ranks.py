"""Several processes that train one model, started as their users start them or forked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from typer.testing import CliRunner

from gan import load
from gan.cli import app
from gan.data import load_data
from gan.presets import resolve_widths, run_config
from gan.runs import RunReader
from gan.runs.lock import is_held
from gan.training import ALONE, Trainer, ranks_here
from tests.children import quick_child
from tests.ui.browser import free_port

pytest.importorskip("accelerate", reason="pip install accelerate")
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
TRAIN = ["-m", "gan", "train", "--preset", "digits", "--set", "batch_size=16"]


def be_a_rank(index: int, port: int, work: Callable[[int, Path], None], folder: Path) -> None:
    """`work` as one of the two processes that torchrun would have started."""
    os.environ |= {
        "RANK": str(index), "LOCAL_RANK": str(index), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GAN_HOME": str(folder),
    }  # fmt: skip
    with (
        (folder / f"{index}.txt").open("w") as told,
        contextlib.redirect_stdout(told), contextlib.redirect_stderr(told),
    ):  # fmt: skip
        work(index, folder)


def two(work: Callable[[int, Path], None], folder: Path) -> None:
    """`work` in two processes that train together, without the seconds that a launch takes."""
    port = free_port()
    ranks = [quick_child(be_a_rank, index, port, work, folder) for index in (0, 1)]
    for rank in ranks:
        rank.join(300)
        assert rank.exitcode == 0, [p.read_text() for p in folder.glob("*.txt")]


def train_beside(index: int, folder: Path) -> None:
    digits, ranks = load_data("digits"), ranks_here()
    config = resolve_widths(run_config("digits", digits.shape, data="digits", seed=3))
    train = replace(
        config.train, batch_size=8, augment="ada", ada_target=0.0, lr_schedule="cosine", reg_end=0.1
    )
    config = replace(config, total_seconds=10.0)
    names = digits.class_names if config.model.classes else ()
    trainer = Trainer(replace(config, class_names=names, train=train), digits, ranks=ranks)
    for i in range(6):
        trainer.seconds = i + index / 2  # each has a clock of its own
        trainer.step()
    seen = {
        "g": digest(trainer.g), "d": digest(trainer.method.d), "ema": digest(trainer.ema.generator),
        "p": trainer.method.augmenter.p,
        "nimg": trainer.nimg, "images": len(trainer.batches.images),
        "of": len(digits) - len(trainer.held_out), "real": float(trainer.method.last.batch.x.sum()),
        "fake": float(trainer.method.last.x_fake.sum()), "rank": ranks.index,
    }  # fmt: skip
    (folder / f"{index}.json").write_text(json.dumps(seen))
    ranks.leave()


def digest(module: torch.nn.Module) -> str:
    tensors = (p.detach().numpy().tobytes() for p in module.parameters())
    return hashlib.sha256(b"".join(tensors)).hexdigest()


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "GAN_HOME": str(home)}


@pytest.mark.slow
def test_ranks_stay_equal_and_see_different_images(tmp_path: Path):
    two(train_beside, tmp_path)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert (first["rank"], second["rank"]) == (0, 1)
    for same in ("g", "d", "ema", "p", "images"):
        assert first[same] == second[same]
    assert first["p"] > 0
    assert first["nimg"] == 6 * 8 * 2
    assert first["images"] == first["of"] // 2
    assert first["real"] != second["real"]
    assert first["fake"] != second["fake"]


@pytest.mark.slow
def test_many_processes_write_one_run_that_can_be_interrupted_and_resumed(tmp_path: Path):
    run = tmp_path / "run"
    first = subprocess.Popen(
        [*TWO, *TRAIN, "--run-dir", str(run)], env=environment(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait_for_images(run, first)
        first.send_signal(signal.SIGINT)
        told = first.communicate(timeout=300)
    finally:
        first.kill()
    assert RunReader(run).status().state == "interrupted", told
    nimg = RunReader(run).status().nimg
    assert nimg % 32 == 0
    deadline = time.monotonic() + 300  # the launcher may be gone before those whom it launched
    while is_held(run) and time.monotonic() < deadline:
        time.sleep(0.1)
    two(resume_for_a_thousand, tmp_path)
    told = (tmp_path / "0.txt").read_text()
    assert told.count("finished after") == 1
    assert "2 processes, of which one keeps its noise" in told
    assert "finished after" not in (tmp_path / "1.txt").read_text()
    assert RunReader(run).status().state == "finished"
    assert load(run).config.nimg >= nimg + 1000


def resume_for_a_thousand(index: int, folder: Path) -> None:
    run = folder / "run"
    kimg = str(RunReader(run).status().nimg / 1000 + 1)
    app(["train", "--resume", str(run), "--kimg", kimg], standalone_mode=False)


def _wait_for_images(run: Path, process: subprocess.Popen[str]) -> None:
    while not (run / "progress.jsonl").is_file() or not RunReader(run).status().nimg:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)


def test_several_processes_are_not_steered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gan.cli.train.ranks_here", lambda: SimpleNamespace(index=0, count=2))
    run = tmp_path / "run"
    done = CliRunner().invoke(app, [*TRAIN[2:], "--steer", "--run-dir", str(run)])
    assert done.exit_code == 1
    assert "got --steer" in done.output
    assert not run.exists()


def test_alone_nothing_is_sent_and_nothing_changed(digits, make_config):
    trainer = Trainer(make_config(), digits)
    assert trainer.ranks is ALONE
    trainer.step()
    before = [p.grad.clone() for p in trainer.g.parameters() if p.grad is not None]
    ALONE.average(trainer.g)
    after = [p.grad for p in trainer.g.parameters() if p.grad is not None]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
