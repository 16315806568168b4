"""Several processes that train one model, started as their users start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from gan import load
from gan.runs import RunReader
from gan.training import ALONE, Trainer

pytest.importorskip("accelerate", reason="pip install accelerate")
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
TRAIN = ["-m", "gan", "train", "--preset", "digits", "--set", "batch_size=16"]

BESIDE = """
import hashlib, json, sys
from dataclasses import replace
from gan.data import load_data
from gan.presets import resolve_widths, run_config
from gan.training import Trainer, ranks_here

ranks, digits = ranks_here(), load_data("digits")
config = run_config("digits", digits.shape, data="digits", seed=3)
config = resolve_widths(config)
config = replace(config, class_names=digits.class_names if config.model.classes else (),
    train=replace(config.train, batch_size=8, augment="ada", ada_target=0.0))
trainer = Trainer(config, digits, ranks=ranks)
for _ in range(6):
    trainer.step()
digest = lambda m: hashlib.sha256(
    b"".join(p.detach().numpy().tobytes() for p in m.parameters())).hexdigest()
from pathlib import Path
Path(sys.argv[1], f"{ranks.index}.json").write_text(json.dumps({
    "rank": ranks.index, "g": digest(trainer.g), "d": digest(trainer.d),
    "ema": digest(trainer.ema.generator), "p": trainer.augmenter.p, "nimg": trainer.nimg,
    "images": len(trainer.batches.images), "of": len(digits) - len(trainer.held_out),
    "real": float(trainer.last.batch.x.sum()), "fake": float(trainer.last.x_fake.sum())}))
ranks.leave()
"""


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "GAN_HOME": str(home)}


def test_ranks_stay_equal_and_see_different_images(tmp_path: Path):
    script = tmp_path / "beside.py"
    script.write_text(BESIDE)
    subprocess.run(
        [*TWO, str(script), str(tmp_path)], capture_output=True, check=True,
        env=environment(tmp_path) | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    for same in ("g", "d", "ema", "p", "images"):
        assert first[same] == second[same]
    assert first["p"] > 0
    assert first["nimg"] == 6 * 8 * 2
    assert first["images"] == first["of"] // 2
    assert first["real"] != second["real"]
    assert first["fake"] != second["fake"]


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
    more = [*TWO, "-m", "gan", "train", "--resume", str(run), "--kimg", str(nimg / 1000 + 1)]
    done = subprocess.run(more, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("finished after") == 1
    assert "2 processes, of which one keeps its noise" in done.stdout
    assert RunReader(run).status().state == "finished"
    assert load(run).config.nimg >= nimg + 1000


def _wait_for_images(run: Path, process: subprocess.Popen[str]) -> None:
    while not (run / "progress.jsonl").is_file() or not RunReader(run).status().nimg:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)


def test_several_processes_are_not_steered(tmp_path: Path):
    done = subprocess.run(
        [*TWO, *TRAIN, "--steer", "--run-dir", str(tmp_path / "run")], env=environment(tmp_path),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "several processes cannot be steered, got --steer; leave it out" in done.stderr
    assert not (tmp_path / "run").exists()


def test_alone_nothing_is_sent_and_nothing_changed(digits, make_config):
    trainer = Trainer(make_config(), digits)
    assert trainer.ranks is ALONE
    trainer.step()
    before = [p.grad.clone() for p in trainer.g.parameters() if p.grad is not None]
    ALONE.average(trainer.g)
    after = [p.grad for p in trainer.g.parameters() if p.grad is not None]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
