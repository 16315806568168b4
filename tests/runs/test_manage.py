"""Runs are named, thrown away and taken back; links are never followed, live runs never touched."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gan.errors import RunError
from gan.runs import RunReader, claim_run_dir, list_runs, manage, new_run_dir


@pytest.fixture
def root(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with one finished run called digits-1."""
    root = tmp_path / "runs"
    shutil.copytree(tiny_run, root / "digits-1")
    monkeypatch.setenv("GAN_RUNS_DIR", str(root))
    return root


def contents(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_a_deleted_run_comes_back_byte_for_byte(root: Path):
    before = contents(root / "digits-1")
    token = manage.delete_run("digits-1", root)
    assert list_runs(root) == []
    assert [d.id for d in manage.deleted_runs(root)] == ["digits-1"]
    assert manage.restore_run(token, root) == "digits-1"
    assert contents(root / "digits-1") == before
    assert manage.deleted_runs(root) == []


def test_a_name_in_the_trash_is_not_given_anew_and_a_taken_one_is_not_written_over(root: Path):
    token = manage.delete_run("digits-1", root)
    assert new_run_dir("digits").name == "digits-2"
    (root / "digits-1").mkdir()
    assert manage.restore_run(token, root) == "digits-1-2"


@pytest.mark.parametrize("state", ["starting", "running", "paused"])
def test_a_run_that_goes_on_is_not_deleted(root: Path, state: str):
    status = json.loads((root / "digits-1" / "status.json").read_text())
    live = status | {"state": state, "pid": os.getpid()}
    (root / "digits-1" / "status.json").write_text(json.dumps(live))
    with pytest.raises(RunError, match="stop it first"):
        manage.delete_run("digits-1", root)
    assert RunReader(root / "digits-1").status().state == state


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", "../runs/digits-1", "/etc", ".trash", "nobody", "digits-1/snapshots"]
)
def test_only_what_is_listed_can_be_deleted(root: Path, run_id: str):
    with pytest.raises(RunError):
        manage.delete_run(run_id, root)
    assert len(list_runs(root)) == 1


def test_a_link_out_of_the_root_is_neither_deleted_nor_followed(root: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    shutil.copytree(root / "digits-1", outside)
    (root / "linked").symlink_to(outside)
    (root / "digits-1" / "link").symlink_to(outside)
    with pytest.raises(RunError):
        manage.delete_run("linked", root)
    before = contents(outside)
    small = manage.disk_use(root / "digits-1")
    assert small < 2 * manage.disk_use(outside)  # the link inside counts as nothing
    manage.purge_run(manage.delete_run("digits-1", root), root)
    assert contents(outside) == before
    assert not (root / "digits-1").exists()


def test_a_trash_that_is_a_link_holds_nothing(root: Path, tmp_path: Path):
    token = manage.delete_run("digits-1", root)
    (root / ".trash").rename(tmp_path / "elsewhere")
    (root / ".trash").symlink_to(tmp_path / "elsewhere")
    assert manage.deleted_runs(root) == []
    with pytest.raises(RunError):
        manage.purge_run(token, root)
    assert (tmp_path / "elsewhere" / token).is_dir()


@pytest.mark.parametrize("token", ["", "..", "../digits-1", "digits-1@1-0", "."])
def test_a_token_is_matched_and_never_a_path(root: Path, token: str):
    for act in (manage.restore_run, manage.purge_run):
        with pytest.raises(RunError):
            act(token, root)
    assert (root / "digits-1").is_dir()


def test_the_trash_is_emptied_after_a_day_and_not_before(root: Path):
    manage.delete_run("digits-1", root)
    day = 24 * 3600
    assert manage.purge_old(root, now=time.time() + day - 60) == []
    assert manage.purge_old(root, now=time.time() + day + 60) == ["digits-1"]
    assert manage.deleted_runs(root) == []


def test_names_and_notes_are_kept_one_by_one(root: Path):
    path = root / "digits-1"
    assert manage.read_meta(path) == manage.RunMeta()
    manage.write_meta(path, name="  first try ")
    manage.write_meta(path, note="two\nlines\x00")
    assert manage.read_meta(path) == manage.RunMeta("first try", "two\nlines")
    assert manage.find_run("first try", root) == path
    with pytest.raises(RunError, match="60 characters"):
        manage.write_meta(path, name="x" * 61)
    assert manage.read_meta(path).name == "first try"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": 5, "note": null}', "{", '{"name": "\\u0000"}']
)
def test_a_damaged_name_is_none(root: Path, text: str):
    (root / "digits-1" / "meta.json").write_text(text)
    assert manage.read_meta(root / "digits-1") == manage.RunMeta()


def test_disk_use_counts_every_byte(tmp_path: Path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(b"x" * 1000)
    (tmp_path / "a" / "b" / "two").write_bytes(b"x" * 234)
    assert manage.disk_use(tmp_path / "a") == 1234
    assert manage.disk_use(tmp_path / "nowhere") == 0
    assert manage.free_space(tmp_path / "nowhere" / "deep") > 0


# ---- a public server's disk ----------------------------------------------------------------------


@pytest.fixture
def visited(root: Path) -> Path:
    """Four visitors' runs, the last the newest, and digits-1, which is the server's own."""
    for number in range(2, 6):
        copy = shutil.copytree(root / "digits-1", root / f"digits-{number}")
        manage.mark_visitors(copy)
        os.utime(copy / "status.json", (number, number))
    os.utime(root / "digits-1" / "status.json", (1, 1))
    return root


def test_of_visitors_runs_the_newest_stay_and_others_are_not_touched(visited: Path):
    assert set(manage.prune_visitors(visited, keep=2)) == {"digits-2", "digits-3"}
    assert {s.id for s in list_runs(visited)} == {"digits-1", "digits-4", "digits-5"}
    size = manage.disk_use(visited / "digits-5")
    assert manage.prune_visitors(visited, keep_bytes=size + size // 2) == ["digits-4"]
    assert manage.prune_visitors(visited) == []


def test_visitors_runs_in_the_trash_take_room_too_and_live_ones_stay(visited: Path):
    token = manage.delete_run("digits-5", visited)
    file = visited / "digits-2" / "status.json"
    status = json.loads(file.read_text())
    file.write_text(json.dumps(status | {"state": "running", "pid": os.getpid(), "born": ""}))
    os.utime(file, (0, 0))
    born = json.loads(file.read_text()) | {"host": "elsewhere", "updated_at": time.time()}
    file.write_text(json.dumps(born))
    assert set(manage.prune_visitors(visited, keep=0)) == {token, "digits-3", "digits-4"}
    assert {s.id for s in list_runs(visited)} == {"digits-1", "digits-2"}


def test_nine_that_begin_at_once_get_nine_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr("gan.runs.folder.new_run_dir", stale_once(new_run_dir))
    with ThreadPoolExecutor(9) as pool:
        found = [f.result() for f in [pool.submit(claim_run_dir, "digits") for _ in range(9)]]
    assert {path.name for path in found} == {f"digits-{n}" for n in range(1, 10)}


def stale_once(real):
    """Each thread first looks before any other has made its folder."""
    together, seen = threading.Barrier(9, timeout=60), threading.local()

    def look(preset: str) -> Path:
        found = real(preset)
        if not hasattr(seen, "once"):
            seen.once = True
            together.wait()
        return found

    return look
