"""Bundled sets, folders, zips, the Hub, batches."""

from __future__ import annotations

import io
import weakref
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils._python_dispatch import TorchDispatchMode

from gan.data import (
    Batches,
    ImageSet,
    cats,
    check_spec,
    hub,
    imageset,
    load_data,
    shape_of,
    split_held_out,
)
from gan.data.bundled import FILES
from gan.data.imageset import fit
from gan.data.pictures import read_picture
from gan.errors import DataError


def png(size=(40, 30), color="red", mode="RGB", kind="PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, color).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count", "shape", "classes"),
    [
        ("fashion", 10_000, (1, 28, 28), 10),
        ("emoji", 3916, (3, 32, 32), 0),
        ("emoji-groups", 3916, (3, 32, 32), 11),
        ("cats", 8000, (3, 64, 64), 15),
        ("digits", 1797, (1, 8, 8), 10),
    ],
)
def test_bundled_sets_are_whole(name, count, shape, classes):
    images = load_data(name)
    assert (len(images), tuple(images.pixels.shape[1:])) == (count, shape)
    assert images.pixels.dtype == torch.uint8
    assert len(images.class_names) == classes
    assert images.shape == shape_of(name)


def test_bundled_fashion_is_balanced():
    labels = load_data("fashion").labels
    assert torch.bincount(labels).tolist() == [1000] * 10


def test_emoji_are_pictures_and_not_blank_cells():
    deviation = load_data("emoji").pixels.float().std(dim=(1, 2, 3))
    assert (deviation > 1).float().mean() > 0.999


@pytest.mark.parametrize(
    ("place", "group"),  # looked up by eye on the sheet
    [
        (12, "Symbol"), (63, "Nature"), (64, "Hand"), (64 * 13 + 52, "Face"),
        (64 * 23 + 11, "Flag"), (64 * 24, "Flag"), (64 * 30, "Flag"),
        (64 * 28 + 30, "Action"), (64 * 5 + 3, "Food"), (64 * 61 + 3, "Hand"),
        (64 * 40 + 10, "Couple"),
    ],
)  # fmt: skip
def test_emoji_stand_in_their_groups(place, group):
    images = load_data("emoji-groups")
    assert images.class_names[images.labels[place]] == group
    assert torch.equal(images.pixels, load_data("emoji").pixels)


@pytest.mark.slow
def test_a_cat_is_its_layers_over_white():
    parts, images = cats.chosen_layers(8000), load_data("cats")
    assert len(np.unique(parts, axis=0)) == 8000
    assert (parts.max(axis=0) + 1).tolist() == [15, 10, 15, 10, 16]  # each layer is used
    assert images.labels.tolist() == parts[:, 0].tolist()
    with Image.open(FILES / "cats.webp") as sheet:
        for row in (0, 77, 7999):
            cat = Image.new("RGBA", (64, 64), "white")
            for kind, number in enumerate(parts[row]):
                box = (64 * number, 64 * kind, 64 * number + 64, 64 * kind + 64)
                cat.alpha_composite(sheet.convert("RGBA").crop(box))
            apart = (
                np.asarray(cat.convert("RGB"), int).transpose(2, 0, 1) - images.pixels[row].numpy()
            )
            assert abs(apart).max() <= 1, row  # Pillow rounds in another place


def test_any_set_can_be_had_at_another_size_and_depth():
    images = load_data("digits", resolution=32, channels=3)
    assert images.pixels.shape[1:] == (3, 32, 32)
    assert load_data("emoji", channels=1).pixels.shape[1] == 1


@pytest.mark.parametrize("spec", ["fashon", "folder:", "hub", "http://x", ""])
def test_an_unknown_spec_is_refused_with_what_is_near(spec):
    with pytest.raises(DataError, match=r"did you mean|choose one of"):
        check_spec(spec)


def test_a_folder_of_mixed_sizes_and_modes_is_read(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png((40, 30)))
    (tmp_path / "b.jpg").write_bytes(png((10, 90), kind="JPEG"))
    (tmp_path / "c.PNG").write_bytes(png((8, 8), (0, 0, 0, 0), "RGBA"))
    (tmp_path / "d.bmp").write_bytes(png((64, 64), 200, "L", "BMP"))
    (tmp_path / "notes.txt").write_text("not an image")
    images = load_data(f"folder:{tmp_path}")
    assert images.pixels.shape == (4, 3, 32, 32)
    assert images.report == "4 images; skipped 1: 1 not an image"


def test_three_broken_of_a_hundred_are_skipped_and_counted(tmp_path: Path):
    for i in range(97):
        (tmp_path / f"{i}.png").write_bytes(png((16, 16), (i, 0, 0)))
    for i in range(3):
        (tmp_path / f"broken{i}.png").write_bytes(png()[:50])
    images = load_data(f"folder:{tmp_path}")
    assert len(images) == 97
    assert images.report == "97 images; skipped 3: 3 unreadable"


def test_subfolders_are_classes(tmp_path: Path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(png())
    images = load_data(f"folder:{tmp_path}")
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == [0, 1]
    assert images.report.endswith("2 classes: cat 1, dog 1")


@pytest.mark.parametrize("files", [{}, {"a.txt": b"hello"}, {"a.png": b"not a png"}])
def test_a_folder_without_images_says_so(tmp_path: Path, files):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match="at least 2"):
        load_data(f"folder:{tmp_path}")


def test_a_missing_folder_says_so(tmp_path: Path):
    with pytest.raises(DataError, match="no folder"):
        load_data(f"folder:{tmp_path / 'none'}")


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zip_is_read_and_its_oddities_are_skipped(tmp_path: Path):
    members = {f"x/{i}.png": png() for i in range(3)}
    members |= {
        "../evil.png": png(),
        "__MACOSX/x/0.png": b"",
        "x/inner.zip": b"PK",
        "x/.a.png": b"",
    }
    link = zipfile.ZipInfo("x/link.png")
    link.external_attr = 0o120777 << 16
    path = make_zip(tmp_path / "a.zip", members)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    images = load_data(f"folder:{path}")
    assert len(images) == 4
    assert "1 not an image" in images.report
    assert "2 hidden or of the system" in images.report
    assert "1 a symbolic link" in images.report
    assert list(tmp_path.iterdir()) == [path]  # nothing was unpacked


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (png((5000, 4000)), "million"),  # a visitor's limit; JPEG is another matter
        (png((400, 10)), "20 times"),
        (b"\x89PNG" + b"0" * 11_000_000, "10 MB"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG"),
        (png()[:60], "cannot be read"),
    ],
)
def test_a_picture_beyond_the_limits_is_refused_in_a_sentence(data, word):
    with pytest.raises(DataError, match=word):
        read_picture(data, resolution=32, channels=3)


def test_a_turned_photograph_is_set_upright():
    image = Image.new("RGB", (20, 10), "black")
    image.paste("white", (0, 0, 10, 10))  # white on the left
    exif = image.getexif()
    exif[0x0112] = 6  # shown turned a quarter clockwise: white comes to stand on top
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)
    upright = read_picture(buffer.getvalue(), resolution=8, channels=1)
    assert upright[0].mean() > 250
    assert upright[-1].mean() < 5


def test_the_digits_are_those_that_scikit_learn_loads(digits: ImageSet):
    theirs = load_digits()
    assert digits.labels.tolist() == theirs.target.tolist()
    assert (digits.pixels[:, 0].numpy() == np.rint(theirs.images * (255 / 16))).all()


def test_batches_see_every_image_once_an_epoch(digits: ImageSet):
    batches = Batches(digits, 16, seed=3)
    seen = torch.cat([batches.order[:0]] + [_next_index(batches) for _ in range(1797 // 16)])
    assert len(seen.unique()) == len(seen)


def _next_index(batches: Batches) -> torch.Tensor:
    batches.next()
    return batches.order[batches.position - 16 : batches.position]


def test_restored_batches_go_on_bit_for_bit(digits: ImageSet):
    first = Batches(digits, 100, seed=3, flip=True)
    for _ in range(25):  # into the second epoch
        first.next()
    second = Batches(digits, 100, seed=3, flip=True)
    second.restore(first.state())
    for _ in range(30):
        assert torch.equal(first.next().x, second.next().x)


def test_a_set_smaller_than_a_batch_still_fills_it(digits: ImageSet):
    few = digits.subset(torch.arange(5))
    assert Batches(few, 16, seed=0).next().x.shape[0] == 16


def test_held_out_images_are_never_trained_on(digits: ImageSet):
    numbered = ImageSet(
        "n", torch.arange(1797).to(torch.uint8).view(-1, 1, 1, 1), torch.arange(1797)
    )
    train, held_out = split_held_out(numbered)
    assert len(held_out) == int(1797 * 0.05)
    assert not set(train.labels.tolist()) & set(held_out.labels.tolist())
    assert torch.equal(split_held_out(numbered)[1].labels, held_out.labels)


def test_a_hub_dataset_is_read_through_the_library(tmp_path: Path, monkeypatch):
    """The real `datasets` table with image and label columns, without the network."""
    import datasets

    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])}
    )
    rows = {"image": [{"bytes": png(), "path": None}] * 3 + [{"bytes": b"x", "path": None}],
            "label": [0, 1, 0, 1]}  # fmt: skip
    table = datasets.Dataset.from_dict(rows, features=features)
    table.save_to_disk(tmp_path)
    reply = {"files": list(map(str, tmp_path.glob("*.arrow"))), "builder": "parquet"}
    asked = {}
    monkeypatch.setattr(hub, "_ask", lambda task, **k: asked.update(task) or reply)
    images = load_data("hub:someone/pictures@abc", resolution=16)
    assert images.pixels.shape == (3, 3, 16, 16)
    assert images.class_names == ("a", "b")
    assert "skipped 1" in images.report
    assert (asked["repo"], asked["revision"]) == ("someone/pictures", "abc")


@pytest.mark.parametrize("repo", ["nobody", "a/b/c", "../x", "a b/c"])
def test_a_hub_id_must_be_owner_slash_name(repo):
    with pytest.raises(DataError, match="owner/name"):
        load_data(f"hub:{repo}")


def test_read_idx_refuses_what_is_not_idx(tmp_path: Path):
    import gzip

    from gan.data.bundled import read_idx

    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"hello world"))
    with pytest.raises(DataError, match="idx"):
        read_idx(path)
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x03abc"))
    assert read_idx(path).tolist() == np.frombuffer(b"abc", np.uint8).tolist()


class Floats(TorchDispatchMode):
    """The most bytes of float tensors that were alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: weakref.WeakValueDictionary[int, torch.Tensor] = weakref.WeakValueDictionary()
        self.most = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if isinstance(out, torch.Tensor) and out.is_floating_point() and not func.is_view:
            self.alive[id(out)] = out
        self.most = max(self.most, sum(t.nbytes for t in self.alive.values()))
        return out


@pytest.mark.parametrize("change", [{"resolution": 16}, {"channels": 1}])
def test_a_set_is_converted_a_few_pictures_at_a_time(monkeypatch, change):
    """As floats a whole set of 8,000 at 128 px in colour took 2.5 GB."""
    monkeypatch.setattr(imageset, "AT_ONCE", 4)
    peaks = []
    for count in (8, 64):
        pixels = torch.zeros(count, 3, 8, 8, dtype=torch.uint8)
        images = ImageSet("x", pixels, torch.zeros(count, dtype=torch.long), ("a",))
        with Floats() as floats:
            fitted = fit(images, **{"resolution": None, "channels": None} | change)
        assert len(fitted.pixels) == count
        peaks.append(floats.most)
    assert peaks[0] == peaks[1] > 0
