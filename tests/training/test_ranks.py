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
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from gan import load
from gan.checkpoint import newest_checkpoint
from gan.cli import app
from gan.config import RunConfig
from gan.data import Batch, Batches, ImageSet, load_data
from gan.kinds import has_setting, kind_of
from gan.presets import resolve_widths, run_config
from gan.runs import RunReader
from gan.runs.lock import is_held
from gan.settings import apply_settings
from gan.training import ALONE, Progress, Trainer, ranks_here
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


# with batch norm in G; in both; with a penalty on a line; an encoder's too
AS_ONE = {
    "digits": {"optimizer": "sgd"},
    "dcgan-small": {"optimizer": "sgd", "r1": 0.1, "reg_every": 1},
    "vae": {"optimizer": "sgd"},
    "article": {"optimizer": "sgd", "loss": "wasserstein-gp"},
}


def config_as_one(preset: str, batch_size: int) -> tuple[RunConfig, ImageSet]:
    digits = load_data("digits")
    config = resolve_widths(run_config(preset, digits.shape, data="digits", seed=5))
    names = digits.class_names if config.model.classes else ()
    config = replace(config, class_names=names, total_kimg=5 * 16 / 1000)
    settings = AS_ONE[preset] | {"batch_size": batch_size, "g_lr": 0.01, "d_lr": 0.01}
    settings["precision"] = "fp32"
    if not has_setting(kind_of(config.model.family), "d_lr"):
        del settings["d_lr"]
    return apply_settings(config, settings), digits


def gradients(trainer: Trainer, steps: int = 3) -> dict[str, torch.Tensor]:
    """Those of each step, by module; `d` is whatever G is trained beside."""
    found = {}
    for step in range(steps):
        trainer.step()
        for name, module in trainer.modules().items():
            grads = [p.grad.reshape(-1) for p in module.parameters() if p.grad is not None]
            if grads:
                found[f"{name} {step}"] = torch.cat(grads).clone()
    statistics = [b.float().reshape(-1) for b in trainer.g.buffers()]
    return found | ({"statistics": torch.cat(statistics)} if statistics else {})


def train_as_one(index: int, folder: Path) -> None:
    ranks = ranks_here()
    for preset in AS_ONE:
        config, images = config_as_one(preset, 8)
        apart = replace(config.train, sync_batch_norm=False)
        trainer = Trainer(replace(config, train=apart), images, ranks=ranks)
        trainer.set("sync_batch_norm", True)  # as a resume does that asks for it
        found = gradients(trainer)
        if index:
            trainer.follow()
        else:
            assert any(isinstance(event, Progress) for event in trainer.run())
            save_file(found, folder / f"{preset}.safetensors")
    ranks.leave()


def of_both(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> Trainer:
    """`trainer`, which is alone, with the images and the noise that two ranks would have."""
    config, batches = trainer.config, trainer.batches
    train, half = batches.images, batches.batch_size // 2
    shares = [
        Batches(train.subset(torch.arange(rank, len(train) // 2 * 2, 2)), half, seed=config.seed)
        for rank in (0, 1)
    ]
    noises = [torch.Generator().manual_seed(config.seed + (rank << 40)) for rank in (0, 1)]

    def next_batch() -> Batch:
        first, second = (share.next() for share in shares)
        labels = [b.labels for b in (first, second) if b.labels is not None]
        return trainer.to_device(
            Batch(torch.cat([first.x, second.x]), torch.cat(labels) if labels else None)
        )

    def drawn(draw: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def of_each(*size, generator: torch.Generator | None = None, **options) -> torch.Tensor:
            if generator is not trainer.noise:
                return draw(*size, generator=generator, **options)
            count, *rest = size[0] if isinstance(size[0], tuple) else size
            return torch.cat([draw(count // 2, *rest, generator=n, **options) for n in noises])

        return of_each

    for name in ("rand", "randn"):
        monkeypatch.setattr(torch, name, drawn(getattr(torch, name)))
    trainer.next_batch = next_batch
    return trainer


@pytest.mark.slow
def test_two_processes_train_as_one_with_both_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    two(train_as_one, tmp_path)
    for preset in AS_ONE:
        with monkeypatch.context() as patch:
            alone = gradients(of_both(Trainer(*config_as_one(preset, 16)), patch))
        together = load_file(tmp_path / f"{preset}.safetensors")
        assert together.keys() == alone.keys()
        assert {"g 0", "g 2"} < alone.keys()
        for name, expected in alone.items():
            off = (together[name] - expected).abs().max() / expected.abs().max()
            assert off < 1e-5, (preset, name, off)


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
@pytest.mark.parametrize(
    "end",
    [
        signal.SIGINT,
        pytest.param(9, marks=pytest.mark.skipif(os.name != "posix", reason="orphans of POSIX")),
    ],
)
def test_many_processes_write_one_run_that_can_be_interrupted_and_resumed(tmp_path: Path, end: int):
    run = tmp_path / "run"
    first = subprocess.Popen(
        [*TWO, *TRAIN, "--seconds", "250", "--run-dir", str(run)], env=environment(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait_for_images(run, first)
        first.send_signal(end)
        told = first.communicate(timeout=300)  # until none of them has the pipe
    finally:
        first.kill()
    assert RunReader(run).status().state == "interrupted", told
    nimg = RunReader(run).status().nimg
    assert nimg % 32 == 0
    assert newest_checkpoint(run / "checkpoints").path.name == f"{nimg:010d}"  # nothing is lost
    assert not is_held(run)
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
