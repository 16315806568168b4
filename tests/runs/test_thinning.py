"""What a run keeps of its past: within a budget, dense where it is recent, whole at any moment."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan.checkpoint import checkpoints, is_valid, newest_checkpoint
from gan.runs import RunReader, RunWriter, Session, find_origin, fork, resume
from gan.runs.manage import disk_use
from gan.runs.thinning import (
    MAX_SNAPSHOTS,
    MB,
    NEWEST,
    KeptPath,
    choose,
    forked_moments,
    note_fork,
    thin,
)
from gan.runs.timelapse import timelapse
from gan.training import Trainer

pytestmark = pytest.mark.slow  # trainings


def moments(*pairs: tuple[int, int]) -> list[KeptPath]:
    return [KeptPath(nimg, Path(str(nimg)), size) for nimg, size in pairs]


def trained_for(moments_count: int, *, every: int, size: int, budget: int) -> list[int]:
    """What is left of a run that was thinned after each of its moments."""
    kept: list[KeptPath] = []
    for nimg in range(0, moments_count * every, every):
        kept.append(KeptPath(nimg, Path(str(nimg)), size))
        kinds = {"snapshots": [], "weights": [], "checkpoints": kept}
        gone = choose(kinds, sum(m.size for m in kept) - budget, 0, ())
        kept = [m for m in kept if m not in gone]
    return [m.nimg for m in kept]


def test_what_is_recent_stays_dense_and_what_is_old_becomes_sparse_however_long_it_goes_on():
    kept = trained_for(1000, every=30, size=10, budget=120)
    assert len(kept) == 12
    assert (kept[0], kept[-1]) == (0, 29_970)
    gaps = [b - a for a, b in pairwise(kept)]
    assert gaps[-1] == 30
    assert sum(gaps[:4]) > 4 * sum(gaps[-4:])
    for at, gap in zip(kept[1:-2], gaps[1:-1], strict=False):  # no hole larger than its age
        assert gap <= 29_970 - at + 30


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=30, unique=True),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=30, unique=True),
    st.integers(-5, 10**6),
    st.integers(-5, 40),
)
def test_the_first_the_newest_and_what_forks_refer_to_stay_whatever_the_budget(
    some: list[int], others: list[int], excess: int, over: int
):
    kinds = {
        "snapshots": moments(*((n, 20) for n in sorted(others))),
        "weights": moments(*((n, 6000) for n in sorted(some))),
        "checkpoints": moments(*((n, 20_000) for n in sorted(some))),
    }
    forked = set(some[::3])
    gone = choose(kinds, excess, over, forked)
    assert len(set(map(id, gone))) == len(gone)
    for kind, every in kinds.items():
        left = [m for m in every if all(m is not g for g in gone)]
        assert left[0] is every[0]
        assert left[-NEWEST[kind] :] == every[-NEWEST[kind] :]
        assert kind == "snapshots" or forked <= {m.nimg for m in left}
    if excess <= 0 and over <= 0:
        assert not gone


def test_too_many_snapshots_go_even_where_there_is_room():
    kinds = {
        "snapshots": moments(*((n, 1) for n in range(MAX_SNAPSHOTS + 40))),
        "weights": moments((0, 1), (5, 1), (9, 1)), "checkpoints": [],
    }  # fmt: skip
    gone = choose(kinds, 0, 40, ())
    assert len(gone) == 40
    assert all(m in kinds["snapshots"] for m in gone)


@pytest.fixture
def long(tmp_path: Path, digits, make_config) -> Path:
    """A run with twelve checkpoints, weights and snapshots, unfinished."""
    config = replace(make_config(), total_kimg=1.0, keep_mb=1e6)
    writer = RunWriter(tmp_path / "long", config, steerable=False)
    writer.create()
    session = Session(Trainer(config, digits), writer)
    for _ in range(12):
        session.trainer.step()
        session.checkpoint()
        writer.weights(session.trainer)
        writer.snapshot(session.trainer.snapshot())
    writer.report("interrupted", nimg=session.trainer.nimg)
    return tmp_path / "long"


def names(run: Path) -> list[int]:
    return [int(p.name) for p in checkpoints(run / "checkpoints")]


def budget_for(run: Path, share: float) -> float:
    return share * disk_use(run) / MB


@pytest.mark.slow
def test_a_run_is_brought_within_its_budget_and_goes_on_is_filmed_and_forked(
    long: Path, digits, make_config
):
    every, snapshots = names(long), RunReader(long).snapshots()
    budget = budget_for(long, 0.6)
    thin(long, budget)
    assert disk_use(long) <= budget * MB
    kept = names(long)
    assert kept[0] == every[0]
    assert kept[-2:] == every[-2:]
    assert len(kept) < len(every)
    assert all(is_valid(p) for p in checkpoints(long / "checkpoints"))
    assert RunReader(long).snapshots()[-1] == snapshots[-1]
    film = timelapse(RunReader(long), format="gif", duration_s=1)
    assert Image.open(io.BytesIO(film)).n_frames >= 2
    gone = next(n for n in every if n not in kept)
    origin = find_origin(f"{long}@{gone}")
    assert origin.nimg <= gone  # weights of that very moment, or what came before
    config = replace(make_config(), total_kimg=(every[-1] + 64) / 1000)
    fork(config, origin, digits, long.parent / "child")
    assert RunReader(long.parent / "child").status().state == "finished"
    resume(config, digits, long)
    assert RunReader(long).status().state == "finished"


def test_what_a_fork_began_from_is_kept_wherever_the_fork_lies(long: Path, tmp_path: Path):
    every = names(long)
    note_fork(long, every[4])
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "config.json").write_text(json.dumps({"parent": f"long@{every[6]}"}))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("[")
    assert forked_moments(long) == {every[4], every[6]}
    thin(long, 0.001)
    assert names(long) == [every[0], every[4], every[6], *every[-2:]]
    assert {every[4], every[6]} <= set(RunReader(long).weights())


@pytest.mark.slow
def test_a_fork_is_noted_before_its_moment_could_be_thinned(long: Path, digits, make_config):
    origin = find_origin(f"{long}@{names(long)[3]}")
    config = replace(make_config(), total_kimg=0.5)
    fork(config, origin, digits, long.parent / "elsewhere" / "child")
    assert forked_moments(long) == {origin.nimg}


@pytest.mark.slow
def test_thinning_that_is_broken_off_leaves_a_valid_run(
    long: Path, digits, make_config, monkeypatch: pytest.MonkeyPatch
):
    whole = names(long)
    real, calls = shutil.rmtree, []

    def dies(path, *arguments, **options):  # as a kill -9 between two files
        if not Path(path).exists():
            return real(path, *arguments, **options)
        calls.append(path)
        (Path(path) / "manifest.json").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("gan.runs.thinning.shutil.rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        thin(long, 0.001)
    monkeypatch.undo()
    assert calls
    assert set(names(long)) < set(whole)
    assert all(is_valid(p) for p in checkpoints(long / "checkpoints"))  # none is half there
    assert newest_checkpoint(long / "checkpoints").skipped == ()
    config = replace(make_config(), total_kimg=0.5)
    resume(config, digits, long)
    assert not list((long / "checkpoints").glob(".*"))


def test_a_training_keeps_within_its_budget_by_itself(tmp_path: Path, digits, make_config):
    config = replace(make_config(), total_kimg=1.0)
    writer = RunWriter(tmp_path / "r", config, steerable=False)
    writer.create()
    session = Session(Trainer(config, digits), writer)
    session.trainer.step()
    session.checkpoint()
    one = disk_use(writer.path / "checkpoints")
    writer.config = replace(config, keep_mb=(6 * one) / MB)
    for _ in range(20):
        session.trainer.step()
        session.checkpoint()
        writer.weights(session.trainer)
        assert disk_use(writer.path) <= 6 * one
    assert len(names(writer.path)) >= 3
