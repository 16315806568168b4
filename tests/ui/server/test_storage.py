"""What is made is kept where it can be written, and the page says where it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gan.files import can_write, home_root, runs_root, sweep_temporary, temporary_folder
from gan.metrics.results import results_dir
from gan.ui.app import build_head
from gan.ui.server import storage
from gan.ui.server.i18n import catalogues
from gan.ui.server.profile import Profile
from gan.ui.server.routes import Context


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("GAN_DATA_DIR", *storage.PLACES):
        monkeypatch.setenv(name, "")  # so that it is put back whatever `prepare` sets
    return monkeypatch


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A folder that not even root can make: its parent is a file."""
    (tmp_path / "file").write_bytes(b"")
    return tmp_path / "file" / "data"


def test_one_variable_moves_all_that_is_kept(unset: pytest.MonkeyPatch, tmp_path: Path):
    unset.setenv("GAN_DATA_DIR", str(tmp_path))
    assert (runs_root(), home_root(), results_dir()) == (
        tmp_path / "runs", tmp_path / "own", tmp_path / "cache",
    )  # fmt: skip


def test_a_folder_of_its_own_goes_before_the_common_one(unset: pytest.MonkeyPatch, tmp_path: Path):
    unset.setenv("GAN_DATA_DIR", str(tmp_path))
    for name, place in storage.PLACES.items():
        unset.setenv(name, str(tmp_path / "elsewhere"))
        assert place() == tmp_path / "elsewhere"


def test_a_folder_that_can_be_written_stays_as_it_is(unset: pytest.MonkeyPatch, tmp_path: Path):
    unset.setenv("GAN_DATA_DIR", str(tmp_path / "not" / "yet"))
    assert storage.prepare()
    assert runs_root() == tmp_path / "not" / "yet" / "runs"
    assert [*tmp_path.iterdir()] == []  # the test left nothing behind


def test_what_cannot_be_written_goes_to_a_temporary_folder_and_the_page_says_so(
    unset: pytest.MonkeyPatch, blocked: Path, caplog: pytest.LogCaptureFixture
):
    unset.setenv("GAN_DATA_DIR", str(blocked))
    assert not can_write(runs_root())
    assert not storage.prepare()
    assert str(blocked / "runs") in caplog.text
    assert "not kept" in caplog.text
    for place in storage.PLACES.values():
        assert can_write(place())
        assert blocked not in place().parents
    assert os.environ["GAN_RUNS_DIR"] == str(runs_root())  # a training that is started goes there


def test_a_lost_cache_alone_worries_nobody(
    unset: pytest.MonkeyPatch, tmp_path: Path, blocked: Path
):
    unset.setenv("GAN_DATA_DIR", str(tmp_path))
    unset.setenv("GAN_CACHE_DIR", str(blocked))
    assert storage.prepare()
    assert can_write(results_dir())


@pytest.mark.parametrize("kept", [True, False])
def test_the_page_is_told(kept: bool):
    head = build_head(Context(Profile(local=True), kept=kept))
    assert f'"kept": {json.dumps(kept)}' in head
    assert all("gan_not_kept" in words for words in catalogues().values())


LEAVES = """import os, sys
from gan.ui.server import storage
storage.prepare()
print(os.environ["GAN_RUNS_DIR"], flush=True)
if sys.argv[1] == "killed":
    os._exit(9)
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["clean", "killed"])
def test_a_temporary_folder_goes_with_the_app_and_after_a_kill_with_the_next_one(
    tmp_path: Path, blocked: Path, monkeypatch: pytest.MonkeyPatch, end: str
):
    home = tmp_path / "tmp"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    env = os.environ | {"TMPDIR": str(home), "GAN_DATA_DIR": str(blocked), "GAN_RUNS_DIR": ""}
    command = [sys.executable, "-c", LEAVES, end]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert Path(done.stdout.strip()).is_relative_to(home)
    mine = temporary_folder("atelier")
    (home / "gan-photos-2024").mkdir()  # somebody else's
    if end == "killed":
        assert len([*home.glob("gan-atelier-*")]) == 2
        monkeypatch.setattr(os, "getpid", lambda: -1)  # the next app: mine is another's, and lives
        sweep_temporary()
    assert {path.name for path in home.iterdir()} == {Path(mine.name).name, "gan-photos-2024"}
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    sweep_temporary()  # as the owner's page does while the app runs
    assert Path(mine.name).is_dir()
    mine.cleanup()
