"""The film of a run: its first and last snapshot are in it, and captions tell the moment."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gan.cli import app
from gan.errors import RunError
from gan.runs import RunReader
from gan.runs.timelapse import captions, plan, snapshot_pixels, timelapse


@given(st.integers(2, 1500), st.floats(0.1, 200), st.integers(2, 1000))
def test_a_film_begins_at_the_beginning_rests_on_the_end_and_is_bounded(count, seconds, most):
    snapshots = list(range(0, count * 64, 64))
    chosen = plan(snapshots, duration_s=seconds, max_frames=most)
    assert (chosen.moments[0], chosen.moments[-1]) == (0, snapshots[-1])
    assert chosen.moments == sorted(chosen.moments)
    assert len(set(chosen.moments)) <= most
    shown = len(set(chosen.moments)) * chosen.seconds_per_frame
    assert shown <= min(seconds, 120) * 1.01 or chosen.seconds_per_frame == 0.02


@pytest.mark.parametrize("snapshots", [[], [0]])
def test_a_run_without_two_snapshots_has_no_film_yet(snapshots: list):
    with pytest.raises(RunError, match="two snapshots"):
        plan(snapshots, duration_s=5)


def test_captions_tell_what_was_known_by_then_and_nothing_of_later():
    rows = [{"nimg": 1000, "seconds": 61.0}, {"nimg": 2000, "seconds": 122.0}]
    measures = [{"nimg": 1500, "fd": 3.214}, {"nimg": 1800, "fd": None}]
    assert captions([0, 1000, 1900], rows, measures) == [
        "0.0 k images",
        "1.0 k images   1:01",
        "1.9 k images   1:01   FD 3.21",
    ]
    assert captions([500], rows, measures, what="points") == ["0.5 k points"]


def test_a_run_becomes_a_film_of_all_its_snapshots(tiny_run: Path):
    reader = RunReader(tiny_run)
    told: list[float] = []
    data = timelapse(reader, format="mp4", duration_s=5, scale=3, progress=told.append)
    with av.open(io.BytesIO(data)) as film:
        frames = [f.to_ndarray(format="rgb24") for f in film.decode(video=0)]
    assert len(frames) >= len(reader.snapshots())  # it rests on the end
    last = snapshot_pixels(reader, reader.snapshots()[-1])
    assert frames[-1].shape[1] == last.shape[1] * 3
    middle = frames[-1][: last.shape[0] * 3].astype(int)[1::3, 1::3].mean(-1)
    assert abs(middle - last[..., 0]).mean() < 12
    assert told == sorted(told)


def test_the_command_writes_the_film_by_the_name_of_its_file(tiny_run: Path, tmp_path: Path):
    for name, head in (("a.webp", b"RIFF"), ("a.gif", b"GIF89a"), ("a.mp4", b"ftyp")):
        result = CliRunner().invoke(app, ["film", str(tiny_run), "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        assert head in (tmp_path / name).read_bytes()[:16]
    result = CliRunner().invoke(app, ["film", str(tiny_run), "--out", str(tmp_path / "a.avi")])
    assert result.exit_code == 1
    assert "--out must end in" in result.output


def test_a_damaged_snapshot_is_one_sentence(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    sorted((copy / "snapshots").iterdir())[0].write_bytes(b"RIFF")
    with pytest.raises(RunError, match="damaged"):
        timelapse(RunReader(copy), format="webp")


def test_measures_reach_the_captions(tiny_run: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    (copy / "measures.jsonl").write_text(json.dumps({"nimg": 0, "seconds": 0.0, "fd": 9.87}) + "\n")
    reader = RunReader(copy)
    assert "FD 9.87" in captions(reader.snapshots(), reader.rows(), reader.measures())[-1]
