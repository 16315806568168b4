"""The class rule: one for folders, zips and uploads; every case that failed, and random trees."""

from __future__ import annotations

import io
import json
import os
import string
import struct
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from gan.data import ImageSet, load_data, survey_data
from gan.data.classes import UNSORTED, classes_of, is_hidden, parts_of
from gan.data.names import readable
from gan.data.own import OwnSets
from tests.data.test_own_images import frames, zipped

RED, BLUE = (255, 0, 0), (0, 0, 255)


@cache
def png(colour: tuple[int, int, int] = RED) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def plain_zip(names: list[bytes], flags: int = 0) -> bytes:
    """A zip, written by hand, whose names are these bytes, flagged as UTF-8 or not."""
    out, listing, data = io.BytesIO(), [], png()
    for name in names:
        head = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0, 0x21, zlib.crc32(data), len(data),
                           len(data), len(name), 0)  # fmt: skip
        listing.append(struct.pack("<4sH", b"PK\1\2", 20) + head
                       + struct.pack("<HHHII", 0, 0, 0, 0, out.tell()) + name)  # fmt: skip
        out.write(b"PK\3\4" + head + name + data)
    at = out.tell()
    out.write(b"".join(listing))
    size, count = out.tell() - at, len(names)
    out.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, size, at, 0))
    return out.getvalue()


def written(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def told(images: ImageSet) -> dict[str, int]:
    labels = [] if images.labels is None else images.labels.tolist()
    return {name: labels.count(i) for i, name in enumerate(images.class_names)}


def load(path: Path) -> ImageSet:
    return load_data(f"folder:{path}", resolution=8)


def load_zip(tmp_path: Path, data: bytes) -> ImageSet:
    path = tmp_path / "made.zip"
    path.write_bytes(data)
    return load(path)


def every_way(root: Path, files: dict[str, bytes]) -> list[dict[str, int]]:
    """What becomes a class when the same tree is a folder, a zip, a drop, a dropped zip."""
    folder = written(root / "folder", files)
    pairs = list(files.items())
    archive = zipped(*pairs)
    sets = OwnSets(root / "sets")
    found = [told(load(folder)), told(load_zip(root, archive))]
    for sent in (frames(*((f"top/{n}", d) for n, d in pairs)), frames(("x.zip", archive))):
        kept = sets.add(sent, "x")
        found.append(sets.classes(kept.id))
        assert told(load(sets.folder(kept.id))) == found[-1]  # as it is trained on
    return found


NAMES = st.sampled_from(
    ["cats", "Cats", "dogs", "猫", "狗", "a+b", "a-b", "train", "test", "Val", ".hidden",
     "@eaDir", "__MACOSX", "x" * 45 + "1", "x" * 45 + "2", "00000", "00001", "sub"]
)  # fmt: skip
PATHS = st.builds(
    lambda folders, stem: "/".join([*folders, f"{stem}.png"]),
    st.lists(NAMES, max_size=4),
    st.sampled_from(string.ascii_lowercase[:6]),
)


# a busy machine is slow; what is claimed has nothing to do with time
CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@settings(CALM, max_examples=25)
@given(st.lists(PATHS, min_size=2, max_size=12, unique=True))
@example(["cats/a.png", "dogs/a.png", "a.png"])
@example(["train/cats/a.png", "test/dogs/a.png", "train/.hidden/a.png"])
def test_a_tree_has_the_same_classes_as_a_folder_a_zip_and_a_drop(paths: list[str]):
    if sum(not is_hidden(p) for p in paths) < 2:
        return
    with TemporaryDirectory() as root:
        ways = every_way(Path(root), dict.fromkeys(paths, png()))
    assert all(way == ways[0] for way in ways), ways


@pytest.mark.slow
@CALM
@given(st.lists(PATHS, min_size=1, max_size=12, unique=True), st.randoms())
def test_neither_separators_nor_folders_around_all_nor_the_order_change_a_class(paths, random):
    paths = [p for p in paths if not is_hidden(p)]
    before = classes_of(paths)
    moved = [f"C:\\some\\{p}".replace("/", random.choice(["/", "\\"])) for p in paths]
    assert classes_of(moved) == before
    order = random.sample(range(len(paths)), len(paths))
    mixed = classes_of([paths[i] for i in order])
    assert mixed.names == before.names
    if before.labels is not None:
        assert mixed.labels == tuple(before.labels[i] for i in order)


@pytest.mark.slow
@CALM
@given(st.lists(PATHS, min_size=2, max_size=12, unique=True))
def test_every_picture_has_a_class_and_every_class_a_picture(paths):
    found = classes_of([p for p in paths if not is_hidden(p)])
    if found.labels is not None:
        assert set(found.labels) == set(range(len(found.names)))
        assert len(set(found.names)) == len(found.names)


# ---- what failed --------------------------------------------------------------------------------


def test_hidden_and_system_folders_are_no_classes(tmp_path: Path):
    files = [(f"set/{c}/{i}.png", png()) for c in ("cats", "dogs") for i in range(4)]
    hidden = ("set/.ipynb_checkpoints/0.png", "set/cats/.ipynb_checkpoints/1.png",
              "set/@eaDir/0.png", "set/.thumbnails/normal/ab.png", "__MACOSX/set/cats/._0.png",
              "set/$RECYCLE.BIN/9.png", "set/#recycle/9.png")  # fmt: skip
    images = load_zip(tmp_path, zipped(*files, *((name, png()) for name in hidden)))
    assert told(images) == {"cats": 4, "dogs": 4}
    assert "skipped 7: 7 hidden or of the system" in images.report


def test_backslashes_separate_as_slashes_do(tmp_path: Path):
    archive = plain_zip([f"set\\{c}\\{i}.png".encode() for c in ("cats", "dogs") for i in "123"])
    assert told(load_zip(tmp_path, archive)) == {"cats": 3, "dogs": 3}
    if os.name == "posix":  # as unzip leaves them
        written(tmp_path / "f", {f"set\\{c}\\{i}.png": png() for c in "ab" for i in "12"})
        assert told(load(tmp_path / "f")) == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("codec", "names"),
    [
        ("gbk", ["猫", "狗"]), ("gbk", ["风景照片", "人物"]), ("cp932", ["猫", "犬"]),
        ("cp932", ["ソフト", "表示"]), ("big5", ["貓", "狗"]), ("big5", ["臺北", "高雄"]),
        ("cp437", ["café", "crème"]), ("cp437", ["Häuser", "Bäume"]),
        ("cp866", ["кошки", "собаки"]),
        ("utf-8", ["猫", "狗"]), ("cp949", ["고양이", "강아지"]),
    ],
)  # fmt: skip
def test_names_of_a_zip_are_read_by_an_encoding_that_fits_them_all(tmp_path, codec, names):
    archive = plain_zip([f"{name}/{i}.png".encode(codec) for name in names for i in range(3)])
    assert told(load_zip(tmp_path, archive)) == dict.fromkeys(sorted(names), 3)
    sets = OwnSets(tmp_path / "sets")
    assert set(sets.classes(sets.add(frames(("a.zip", archive)), "a").id)) == set(names)


@pytest.mark.parametrize("flags", [0, 0x800])
def test_names_in_no_encoding_stay_apart_and_can_be_shown(tmp_path: Path, flags: int):
    """Flagged as UTF-8 and none, zipfile itself raises UnicodeDecodeError."""
    folders = [b"\xff\xfe\x81", b"\xff\xfe\x82", b"\x80\x81\x07"]
    archive = plain_zip([folder + b"/" + i + b".png" for folder in folders for i in (b"1", b"2")],
                        flags)  # fmt: skip
    images = load_zip(tmp_path, archive)
    assert sorted(told(images).values()) == [2, 2, 2]
    assert all(name.isprintable() for name in images.class_names)
    json.dumps(images.class_names, ensure_ascii=False).encode()  # config.json holds them


@CALM
@given(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=6, unique=True))
def test_different_bytes_are_different_names(names: list[bytes]):
    assert len(set(readable(names))) == len(names)


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_a_folder_on_disk_whose_name_is_no_utf8_is_read(tmp_path: Path):
    for name in ("猫", "狗"):
        folder = os.fsencode(tmp_path) + b"/" + name.encode("gbk")
        os.mkdir(folder)
        for i in (b"1", b"2"):
            with open(folder + b"/" + i + b".png", "wb") as stream:
                stream.write(png())
    assert told(load(tmp_path)) == {"狗": 2, "猫": 2}


def test_the_shards_of_stylegan_are_no_classes_and_its_labels_are(tmp_path: Path):
    rows = [(f"{i // 4:05d}/img{i:08d}.png", i % 2) for i in range(8)]
    files = {name: png((RED, BLUE)[label]) for name, label in rows}
    table = {"dataset.json": json.dumps({"labels": rows}).encode()}
    for way in every_way(tmp_path, files | table):
        assert way == {"0": 4, "1": 4}
    images = load_zip(tmp_path, zipped(*files.items(), *table.items()))
    assert [int(x[2].float().mean() > 99) for x in images.pixels] == images.labels.tolist()


@pytest.mark.parametrize("labels", [None, [["00000/a.png", [0.1, 0.9]]], []])
def test_a_dataset_json_without_class_numbers_means_no_classes(tmp_path: Path, labels):
    files = {f"{s}/{i}.png": png() for s in ("00000", "00001") for i in "ab"}
    files["dataset.json"] = json.dumps({"labels": labels}).encode()
    images = load(written(tmp_path, files))
    assert images.class_names == ()
    assert "dataset.json has no classes" in images.report


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"images": 3}', b"\xff\xfe", b"[" * 9999])
def test_another_dataset_json_changes_nothing(tmp_path: Path, text: bytes):
    files = {f"{c}/{i}.png": png() for c in "ab" for i in "12"} | {"dataset.json": text}
    assert told(load(written(tmp_path, files))) == {"a": 2, "b": 2}


ALIKE = ("a+b", "a-b", "a b", "猫", "狗", "Cats", "cats", "x" * 44 + "1", "x" * 44 + "2", "..a",
         "y" * 90 + "1", "y" * 90 + "2", "e\u0301", "é")  # fmt: skip


def test_names_that_differ_in_symbols_script_case_or_late_letters_stay_apart(tmp_path: Path):
    names = [n for n in ALIKE if not n.startswith(".")]
    files = {f"{name}/{i}.png": png() for name in names for i in "12"}
    for way in every_way(tmp_path, files):
        assert len(way) == len(names)
        assert set(way.values()) == {2}


@pytest.mark.parametrize(
    ("files", "classes"),
    [
        (["train/cats/1", "train/dogs/1", "test/cats/2", "val/dogs/3"], {"cats": 2, "dogs": 2}),
        (["d/Training set/a/1", "d/Test_images/b/1"], {"a": 1, "b": 1}),
        (["train/1", "bus/1", "car/1"], {"bus": 1, "car": 1, "train": 1}),  # vehicles
        (["a/deep/1", "a/deeper/2", "b/3"], {"a": 2, "b": 1}),
        (["a/1", "a/2"], {}),  # one class is none
        (["a/1", "a/2", "b/3"], {"a": 2, "b": 1}),  # one picture is one
        (["1", "a/2", "b/3"], {"a": 1, "b": 1, UNSORTED: 1}),
        (["1", "a/2"], {}),
        (["1", "2", "d/a/3", "d/b/4"], {"a": 1, "b": 1, UNSORTED: 2}),
    ],
)
def test_which_folders_are_classes(tmp_path: Path, files: list[str], classes: dict[str, int]):
    (tmp_path / "folder" / "empty").mkdir(parents=True)
    for way in every_way(tmp_path, {f"{f}.png": png() for f in files}):
        assert way == classes


def test_as_many_classes_as_a_model_may_have_and_no_more():
    assert len(classes_of([f"{i}/a.png" for i in range(1000)]).names) == 1000
    many = classes_of([f"{i}/a.png" for i in range(1001)])
    assert many.names == ()
    assert "1,001 folders" in many.note


def test_zips_without_folders_are_a_class_each(tmp_path: Path):
    sets = OwnSets(tmp_path)
    cats, dogs = (zipped(*((f"{i}.png", png()) for i in range(n))) for n in (2, 3))
    found = sets.add(frames(("cats.zip", cats), ("dogs.zip", dogs)), "pets")
    assert sets.classes(found.id) == {"cats": 2, "dogs": 3}


@pytest.mark.parametrize("path", ["../../a/b.png", "/a/b.png", "C:\\a\\b.png", "a//./b.png"])
def test_a_path_is_its_pieces_and_leads_nowhere(path: str):
    assert parts_of(path) == ("a", "b.png")


# ---- links, and what is said before a start -----------------------------------------------------


def test_linked_folders_are_followed_once_and_named(tmp_path: Path):
    root = written(tmp_path / "set", {f"{c}/{i}.png": png() for c in ("b", "c") for i in "12"})
    written(tmp_path / "far", {"1.png": png(), "2.png": png()})
    (root / "elsewhere").symlink_to(tmp_path / "far")
    (root / "a").symlink_to(root / "b")  # sorts before what it leads to
    (root / "b" / "round").symlink_to(root)
    images = load(root)
    assert told(images) == {"b": 2, "c": 2, "elsewhere": 2}
    assert "2 a folder that is linked again" in images.report


def test_a_survey_tells_the_classes_and_decodes_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("gan.data.pictures._decoded", None)
    files = {f"{c}/{i}.png": png() for c in "ab" for i in "12"} | {"notes.txt": b"x"}
    found = survey_data(f"folder:{written(tmp_path, files)}")
    assert (len(found.paths), found.classes.counts) == (4, {"a": 2, "b": 2})
    assert found.text() == "4 images; skipped 1: 1 not an image; 2 classes: a 2, b 2"


def test_an_imagefolder_of_the_hub_has_the_same_classes(tmp_path: Path, monkeypatch):
    """The builder of the library `datasets` itself, on local files."""
    import datasets

    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    files = {f"set/{c}/{i}.png": png() for c in ("cats", "dogs") for i in "123"}
    root = written(tmp_path / "d", files | {"set/@eaDir/0.png": png()})
    table = datasets.load_dataset(
        "imagefolder", data_dir=str(root), split="train", cache_dir=str(tmp_path / "cache")
    )
    files = [found["filename"] for found in table.cache_files]
    reply = {"files": files, "builder": table.info.builder_name}
    monkeypatch.setattr("gan.data.hub._ask", lambda *a, **k: reply)
    images = load_data("hub:someone/pictures", resolution=8)
    assert told(images) == {"cats": 3, "dogs": 3} == told(load(root))
