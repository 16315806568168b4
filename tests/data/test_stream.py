"""A dataset of the Hub comes part by part: the real client, against a Hub of our own."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from gan import load
from gan.cli import app
from gan.config import RunConfig
from gan.data import Batches, ImageSet, is_shared, load_data, record, split_held_out, stream
from gan.data.imageset import START, Part, Place
from gan.errors import DataError
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
