"""A dataset of the Hub comes part by part: the real client, against a Hub of our own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from gan import load
from gan.cli import app
from gan.config import RunConfig
from gan.data import (
    Batches,
    ImageSet,
    hub,
    hub_child,
    is_shared,
    load_data,
    record,
    split_held_out,
    stream,
)
from gan.data.imageset import START, Part, Place
from gan.errors import DataError
from gan.runs import launch
from gan.runs.session import Commands, Session
from tests.hub.server import Hub, hub_server

datasets = pytest.importorskip("datasets", reason="pip install datasets")
COUNT, FILES, PART = 120, 20, 35
SIZE = {"resolution": 8, "channels": 1}
SPEC = "stream:some/pictures"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Twenty Parquet files of six grey pictures, each as bright as no other, class by class."""
    folder = tmp_path_factory.mktemp("parquet")
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["dark", "light"])}
    )
    made = {}
    for k in range(FILES):
        levels = range(k * COUNT // FILES, (k + 1) * COUNT // FILES)
        rows = {
            "image": [{"bytes": png(level), "path": None} for level in levels],
            "label": [int(level >= COUNT // 2) for level in levels],
        }
        file = folder / f"train-{k:05}-of-{FILES:05}.parquet"
        datasets.Dataset.from_dict(rows, features=features).to_parquet(file)
        made[f"data/{file.name}"] = file.read_bytes()
    return made


def png(level: int) -> bytes:
    with io.BytesIO() as buffer:
        Image.fromarray(np.full((8, 8), 2 * level, np.uint8)).save(buffer, "PNG")
        return buffer.getvalue()


@pytest.fixture
def the_hub(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    monkeypatch.setattr(stream, "PART_IMAGES", PART)
    for name, value in {
        "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1", "HF_HUB_DISABLE_TELEMETRY": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with hub_server() as hub:
        hub.add("some/pictures", files, kind="dataset")
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def levels_of(x: torch.Tensor) -> list[int]:
    """Which pictures: of uint8 pixels, or of a batch in [-1, 1]."""
    grey = x if x.dtype == torch.uint8 else (x + 1) * 127.5
    return [round(float(level) / 2) for level in grey[:, 0, 4, 4]]


@pytest.mark.slow
def test_its_parts_are_all_of_the_set_in_another_order_and_only_what_is_asked_for_comes(
    the_hub: Hub,
):
    found = load_data(SPEC, **SIZE)
    assert len(found) == PART
    assert found.class_names == ("dark", "light")
    asked = {r.path for r in the_hub.requests if r.method == "GET" and r.path.endswith("parquet")}
    assert len(asked) <= 7  # six hold a part; the first one has the columns
    assert found.stream is not None
    part, seen, sizes = found.stream.at((0, 0)), [], []
    while True:
        seen += levels_of(part.images.pixels)
        sizes.append(len(part.images))
        for level, label in zip(
            levels_of(part.images.pixels), part.images.labels.tolist(), strict=True
        ):
            assert label == int(level >= COUNT // 2)
        if part.after == (0, 0):
            break
        part = found.stream.at(part.after)
    assert sizes == [35, 35, 35, 15]
    assert Counter(seen) == Counter(range(COUNT))
    assert seen[:12] != [*range(12)]
    whole = load_data("hub:some/pictures", **SIZE)
    assert Counter(levels_of(whole.pixels)) == Counter(range(COUNT))
    assert not is_shared(SPEC)  # no visitor of a public server may have it fetched


class InMemory:
    """Parts of three sizes of pictures that are told by their brightness."""

    def __init__(self) -> None:
        ends = [0, 40, 80, 100]
        self.parts = {
            (k, 0): Part(
                ImageSet("parts", levels.view(-1, 1, 1, 1).expand(-1, 1, 8, 8)),
                (k, 0), ((k + 1) % 3, 0),
            )
            for k in range(3)
            for levels in [2 * torch.arange(ends[k], ends[k + 1], dtype=torch.uint8)]
        }  # fmt: skip
        self.fails = False

    def at(self, place: Place) -> Part:
        if self.fails:
            raise DataError("the Hub was too slow with the dataset {repo}", repo="some/pictures")
        return self.parts[place]

    def prepare(self, place: Place) -> None: ...


def batches_of(parts: InMemory) -> Batches:
    first = replace(parts.at(START).images, stream=parts)
    return Batches(split_held_out(first)[0], 5, seed=3)


def test_training_sees_all_but_what_is_held_out_and_goes_on_where_it_was():
    parts = InMemory()
    held_out = {*levels_of(split_held_out(parts.at(START).images)[1].pixels)}
    assert held_out
    straight = batches_of(parts)
    seen = [levels_of(straight.next().x) for _ in range(8 * 19)]  # what fills no batch is left out
    assert {level for batch in seen for level in batch} == {*range(100)} - held_out
    for at in (3, 9, 22):  # in the first part, the second, the first again
        before = batches_of(parts)
        for _ in range(at):
            before.next()
        again = batches_of(parts)
        again.restore(json.loads(json.dumps(before.state())))
        assert [levels_of(again.next().x) for _ in range(12)] == seen[at : at + 12]


def test_how_many_images_a_stream_has_is_not_claimed():
    parts = InMemory()
    first = parts.at(START).images
    assert record(RunConfig(preset="own"), first).seen[-1].count == 40
    assert record(RunConfig(preset="own"), replace(first, stream=parts)).seen[-1].count == 0


def test_a_look_at_the_next_batch_takes_nothing_also_where_a_part_ends():
    plain, looked = batches_of(InMemory()), batches_of(InMemory())
    for _ in range(16):
        state = looked.state()
        peeked = looked.next()
        looked.restore(state)
        assert torch.equal(peeked.x, looked.next().x)
        assert torch.equal(peeked.x, plain.next().x)


def test_where_the_next_part_cannot_be_had_the_one_at_hand_goes_on():
    parts = InMemory()
    batches = batches_of(parts)
    parts.fails = True
    seen = {level for _ in range(15) for level in levels_of(batches.next().x)}
    assert seen <= {*range(40)}
    assert "too slow" in str(batches.trouble)
    parts.fails = False
    seen = {level for _ in range(15) for level in levels_of(batches.next().x)}
    assert seen > {*range(40, 80)}
    assert not batches.trouble


@pytest.mark.slow
def test_a_run_trains_on_it_ends_and_goes_on(the_hub: Hub, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(stream, "PART_IMAGES", 60)
    run = tmp_path / "run"
    train = ["train", "--preset", "own", "--data", SPEC, "--run-dir", str(run)]
    small = ["--set", "resolution=8", "--set", "channels=1", "--set", "batch_size=8"]
    done = CliRunner().invoke(app, [*train, *small, "--kimg", "0.08"])
    assert done.exit_code == 0, done.output
    assert "the first part of a stream" in done.output
    the_hub.fail("parquet", "500")
    more = CliRunner().invoke(app, ["train", "--resume", str(run), "--kimg", "0.12"])
    assert more.exit_code == 1
    assert "could not be had, the Hub answered 500; try again later" in more.output
    the_hub._failures.clear()
    more = CliRunner().invoke(app, ["train", "--resume", str(run), "--kimg", "0.12"])
    assert more.exit_code == 0, more.output
    assert load(run).config.nimg >= 120


@pytest.mark.slow
def test_a_set_of_one_part_is_no_stream_and_a_wrong_name_is_said(the_hub: Hub, monkeypatch):
    monkeypatch.setattr(stream, "PART_IMAGES", 200)
    found = load_data(SPEC, **SIZE)
    assert (len(found), found.stream) == (COUNT, None)
    with pytest.raises(DataError, match="there is no dataset some/nothing"):
        load_data("stream:some/nothing", **SIZE)
    with pytest.raises(DataError, match="is owner/name"):
        load_data("stream:nothing", **SIZE)


def test_a_part_without_a_readable_picture_is_passed_over_and_rows_without_a_class_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
):
    broken = [{"bytes": b"no picture", "path": None}] * 6
    pictures = [[{"bytes": png(6 * k + i), "path": None} for i in range(6)] for k in range(5)]
    pictures[1] = pictures[4] = broken
    classes = [0, None, 1, -1, 0, 1]
    named = {k: datasets.ClassLabel(names=[*"ab"] if k != 3 else [*"abc"]) for k in range(5)}
    tables = {
        (k, 0): datasets.Dataset.from_dict(
            {"image": pictures[k], "label": [None] * 6 if k == 1 else classes},
            features=datasets.Features({"image": datasets.Image(decode=False), "label": named[k]}),
        ).cast_column("image", datasets.Image(decode=False))
        for k in range(5)
    }
    asked = []

    def fetched_part(repo: str, place: Place, count: int):
        asked.append(place)
        return nullcontext((tables[place], place, ((place[0] + 1) % 5, 0)))

    monkeypatch.setattr(stream, "fetched_part", fetched_part)
    found = load_data(SPEC, **SIZE)
    assert "2 without a label" in found.report
    assert levels_of(found.pixels) == [0, 2, 4, 5]
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1, 0, 1]
    assert found.stream is not None
    second = found.stream.at((1, 0))  # nothing of it can be read
    assert (second.place, second.after) == ((2, 0), (3, 0))
    assert levels_of(second.images.pixels) == [12, 14, 16, 17]
    assert found.stream.at((4, 0)).place == START  # nothing of the last one
    asked.clear()
    for place in ((3, 0), (1, 0)):  # of other classes: nothing more of it can be used
        with pytest.raises(DataError, match=r"classes .* have changed"):
            found.stream.at(place)
    assert asked == [(3, 0)]
    tables[START] = tables[3, 0]
    again = stream.HubStream("some/pictures", **SIZE)
    again._names = ("a", "b")
    with pytest.raises(DataError, match=r"classes .* have changed.*stream:some/pictures@COMMIT"):
        again.at(START)


@pytest.mark.parametrize(
    ("labels", "said"), [([0, 0, 0, 0], "it holds 1 of 2 classes"), ([0, 1, 1, 0], "")]
)
def test_a_part_that_lacks_classes_is_told_at_the_start(monkeypatch, labels: list[int], said: str):
    names = datasets.ClassLabel(names=[*"ab"])
    table = datasets.Dataset.from_dict(
        {"image": [{"bytes": png(i), "path": None} for i in range(4)], "label": labels},
        features=datasets.Features({"image": datasets.Image(decode=False), "label": names}),
    )
    monkeypatch.setattr(stream, "fetched_part", lambda *_: nullcontext((table, START, (1, 0))))
    report = load_data(SPEC, **SIZE).report
    assert "the first part of a stream" in report
    assert ("classes: a training sees the others" in report) == bool(said)
    assert said in report


@pytest.mark.slow
def test_a_gated_set_is_said_to_be_gated(the_hub: Hub, files: dict[str, bytes]):
    the_hub.add("some/gated", files, kind="dataset", gated=True)
    for kind in ("stream", "hub"):
        with pytest.raises(DataError, match=r"^the dataset some/gated is gated.*folder:PATH$"):
            load_data(f"{kind}:some/gated", **SIZE)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="nothing is swept elsewhere")
def test_parts_of_a_killed_training_go_with_the_next_start_and_those_of_a_living_one_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    holds = (
        "import os, sys, time\n"
        "from gan.data import hub\n"
        "from gan.data.hub import fetched_part\n"
        "hub._fetch = lambda *a, part, **k: (print(part['file'], flush=True), time.sleep(600))\n"
        "with fetched_part('some/set', (0, 0), 2): pass\n"
    )
    env = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", holds]
    both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        killed, alive = (Path(child.stdout.readline().strip()).parent for child in both)
        both[0].kill()
        both[0].wait()
        assert killed.is_dir()
        monkeypatch.setattr(stream.HubStream, "at", lambda *_: pytest.fail("swept before"))
        with pytest.raises(BaseException, match="swept before"):
            load_data(SPEC, **SIZE)
        assert not killed.exists()
        assert alive.is_dir()
    finally:
        for child in both:
            child.kill()
            child.communicate()


def test_labels_that_no_row_has_are_none():
    features = datasets.Features(
        {"image": datasets.Image(decode=False), "label": datasets.ClassLabel(names=[*"ab"])}
    )
    rows = {"image": [{"bytes": png(i), "path": None} for i in range(3)], "label": [-1, None, -1]}
    found = hub.images_of("some/set", datasets.Dataset.from_dict(rows, features=features), **SIZE)
    assert (len(found), found.labels, found.class_names) == (3, None, ())


def test_of_a_damaged_file_the_rest_is_left_out(files: dict[str, bytes], tmp_path: Path):
    folder = tmp_path / "set"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"PAR1 damaged PAR1" if "00007-of" in name else content)
    whole = {"place": [0, 0], "count": COUNT, "file": str(tmp_path / "part.arrow")}
    reply = hub_child.streamed(str(folder), None, "train", **whole)
    assert reply["after"] == [0, 0]
    pixels = hub.images_of("set", datasets.Dataset.from_file(reply["files"][0]), **SIZE).pixels
    assert Counter(levels_of(pixels)) == Counter(range(COUNT)) - Counter(range(42, 48))


def test_a_set_without_pictures_is_said_to_have_none(tmp_path: Path):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "train.csv").write_text("height,width\n1,2\n3,4\n")
    whole = {"place": [0, 0], "count": COUNT, "file": str(tmp_path / "part.arrow")}
    reply = hub_child.streamed(str(folder), None, "train", **whole)
    table = datasets.Dataset.from_file(reply["files"][0])
    with pytest.raises(DataError, match="must have an image column, got height, width"):
        hub.images_of("set", table, **SIZE)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signals between processes")
@pytest.mark.parametrize("how", ["stop", "interrupt", "end of input", "signal"])
def test_who_ends_a_training_need_not_wait_for_its_next_part(how: str):
    download = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    hub._running.add(download)
    commands = Commands()
    try:
        if how == "signal":
            with Session._signals(SimpleNamespace(commands=commands)):
                os.kill(os.getpid(), signal.SIGINT)
                assert download.wait(20)
        else:
            line = "" if how == "end of input" else json.dumps({"command": how}) + "\n"
            commands = launch._listen(io.StringIO(line))
            assert download.wait(20)
        assert not commands.empty()
    finally:
        hub._running.discard(download)
        download.kill()


def test_a_part_that_could_not_be_had_is_not_waited_for_again_at_once(monkeypatch):
    asked = []

    def fetched_part(repo: str, place: Place, count: int):
        asked.append(place)
        raise DataError("the Hub was too slow with the dataset {repo}", repo=repo)

    monkeypatch.setattr(stream, "fetched_part", fetched_part)
    parts = stream.HubStream("some/pictures", **SIZE)
    now = iter([0.0, 1.0, 5.0, 5.0, 20.0, 21.0])
    monkeypatch.setattr(stream, "time", SimpleNamespace(monotonic=lambda: next(now)))
    for tries in (1, 1, 2):
        with pytest.raises(DataError, match="too slow"):
            parts.at((3, 0))
        assert len(asked) == tries
