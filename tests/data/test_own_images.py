"""Own images: what is kept, what is skipped and why, and that nothing escapes its folder."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.data import load_data
from gan.data.limits import PUBLIC
from gan.data.own import SIDE, OwnSets
from gan.errors import DataError


def png(width: int = 40, height: int = 40, colour: tuple = (200, 30, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def frames(*files: tuple[str, bytes]) -> io.BytesIO:
    """Files as the page sends them."""
    parts = []
    for name, data in files:
        text = name.encode()
        parts += [struct.pack("<H", len(text)), text, struct.pack("<I", len(data)), data]
    return io.BytesIO(b"".join(parts))


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def sets(tmp_path: Path) -> OwnSets:
    return OwnSets(tmp_path / "images")


def test_kept_and_skipped_files_are_counted_by_reason(sets: OwnSets):
    found = sets.add(
        frames(
            ("a.png", png()),
            ("b.jpg", png(30, 50)),
            ("broken.png", b"\x89PNG nothing"),
            ("notes.txt", b"hello"),
            (".hidden.png", png()),
            ("thin.png", png(500, 4)),
        ),
        "holiday",
    )
    assert (found.count, found.name) == (2, "holiday")
    assert found.skipped == {
        "unreadable": 1, "not an image": 1, "hidden or of the system": 1, "too long and thin": 1,
    }  # fmt: skip
    assert [s.id for s in sets.listed()] == [found.id]


def test_a_set_trains_as_a_folder(sets: OwnSets):
    found = sets.add(
        frames(("cats/a.png", png()), ("cats/b.png", png()), ("dogs/a.png", png(90, 60))), "pets"
    )
    images = load_data(f"folder:{sets.folder(found.id)}", resolution=28, channels=1)
    assert tuple(images.pixels.shape) == (3, 1, 28, 28)
    assert images.class_names == ("cats", "dogs")
    assert found.classes == 2


def test_a_zip_and_pictures_may_come_together(sets: OwnSets):
    archive = zipped(("x/1.png", png()), ("x/2.png", png()), ("__MACOSX/3.png", png()))
    found = sets.add(frames(("more.zip", archive), ("single.png", png())), "")
    assert (found.count, found.skipped) == (3, {"hidden or of the system": 1})
    assert not list(sets.root.rglob("*.zip"))


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.png",
        "/etc/evil.png",
        "/evil.png",
        "..\\evil.png",
        "a/../../evil.png",
        "....//x.png",
    ],
)
def test_no_name_leads_out_of_the_folder(sets: OwnSets, tmp_path: Path, name: str):
    found = sets.add(frames((name, png()), ("z.zip", zipped((name, png()))), ("a.png", png())), "x")
    inside = {p for p in tmp_path.rglob("*") if p.is_file()}
    assert all((sets.root / found.id) in p.parents for p in inside)
    assert all(p.suffix in (".webp", ".json") for p in inside)
    pictures = list((sets.root / found.id / "pictures").rglob("*.webp"))
    assert len(pictures) == found.count  # none went elsewhere


def test_large_pictures_are_kept_small_and_without_what_the_camera_wrote(sets: OwnSets):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A camera", 6  # maker; turned by a quarter
    buffer = io.BytesIO()
    Image.new("RGB", (800, 400), "red").save(buffer, "JPEG", exif=exif)
    found = sets.add(frames(("a.jpg", buffer.getvalue()), ("b.png", png())), "x")
    with Image.open(sorted(sets.folder(found.id).glob("*.webp"))[0]) as kept:
        assert kept.size == (SIDE, 2 * SIDE)  # turned upright
        assert not kept.getexif()


def test_too_few_images_keep_nothing_and_say_why(sets: OwnSets):
    with pytest.raises(DataError, match="got 1 that can be read"):
        sets.add(frames(("a.png", png()), ("b.png", b"no")), "x")
    assert list(sets.root.rglob("*")) == []


def test_an_upload_that_broke_off_keeps_nothing(sets: OwnSets):
    whole = frames(("a.png", png()), ("b.png", png())).getvalue()
    for end in (len(whole) - 5, 1, 9, len(whole) // 2 + 3):
        with pytest.raises(DataError):
            sets.add(io.BytesIO(whole[:end]), "x")
    assert sets.listed() == []


def test_of_more_pictures_than_a_visitor_may_send_a_stated_random_few_are_kept(sets: OwnSets):
    few = replace(PUBLIC, images=5)
    archive = zipped(*((f"{c}/{i}.png", png(8, 8)) for c in "ab" for i in range(30)))
    found = sets.add(frames(("x.zip", archive)), "x", limits=few)
    assert (found.count, found.drawn_of, found.skipped) == (5, 60, {})
    assert found.classes == 2  # the first five of the zip would be of one class
    again = sets.add(frames(("x.zip", archive)), "x", limits=few)
    assert sets.classes(again.id) == sets.classes(found.id)


def test_bytes_are_counted_as_they_are_read_and_not_believed(sets: OwnSets):
    few = replace(PUBLIC, total_bytes=3 * len(png()) - 1)
    archive = zipped(*((f"{i}.png", png()) for i in range(9)))
    found = sets.add(frames(("a.zip", archive)), "x", limits=few)
    assert found.count == 3
    assert found.skipped == {"beyond the limits of bytes or time": 6}  # each, not "1 more"


def test_a_bad_zip_is_a_reason_and_no_error(sets: OwnSets):
    found = sets.add(
        frames(("a.zip", b"PK\x03\x04rubbish"), ("a.png", png()), ("b.png", png())), ""
    )
    assert (found.count, sum(found.skipped.values())) == (2, 1)


@pytest.mark.parametrize("set_id", ["", "..", "../images", "0" * 12, "/etc"])
def test_an_id_is_matched_and_never_a_path(sets: OwnSets, set_id: str):
    sets.add(frames(("a.png", png()), ("b.png", png())), "x")
    for act in (sets.get, sets.folder, sets.remove):
        with pytest.raises(DataError):
            act(set_id)
    assert len(sets.listed()) == 1


def test_size_and_depth_are_kept_and_others_refused(sets: OwnSets):
    found = sets.add(frames(("a.png", png()), ("b.png", png())), "x")
    sets.change(found.id, resolution=64, channels=1, flip=False)
    again = OwnSets(sets.root).get(found.id)
    assert (again.resolution, again.channels, again.flip) == (64, 1, False)
    with pytest.raises(DataError):
        sets.change(found.id, resolution=31, channels=1, flip=False)


def test_the_preview_dims_what_is_cut_off(sets: OwnSets):
    found = sets.add(frames(("a.png", png(80, 40)), ("b.png", png(40, 80))), "x")
    view = sets.preview(found.id, resolution=28, channels=3)
    alphas = set(np.unique(view[..., 3]))
    assert alphas == {0, 76, 255}
    assert view.shape[0] == 2 * 96 + 8
    grey = sets.preview(found.id, resolution=28, channels=1)[-96:]
    assert (grey[..., 0] == grey[..., 1]).all()


def test_what_an_upload_left_that_a_server_s_end_cut_off_goes_with_a_later_one(sets: OwnSets):
    for name, age_s in ((".old.tmp", 90_000), (".now.tmp", 60)):
        (sets.root / name / "pictures").mkdir(parents=True)
        os.utime(sets.root / name, (0, time.time() - age_s))
    sets.add(frames(("a.png", png()), ("b.png", png())), "x")
    assert [path.name for path in sets.root.glob(".*")] == [".now.tmp"]


def test_old_sets_go_and_young_ones_stay(sets: OwnSets):
    found = sets.add(frames(("a.png", png()), ("b.png", png())), "x")
    assert sets.remove_old(older_than_s=3600, now=found.created_at + 3500) == []
    assert sets.remove_old(older_than_s=3600, now=found.created_at + 3700) == [found.id]
    assert sets.listed() == []


def test_a_damaged_set_is_left_out(sets: OwnSets):
    found = sets.add(frames(("a.png", png()), ("b.png", png())), "x")
    file = sets.root / found.id / "set.json"
    good = file.read_text()
    damaged = (('"resolution": 32', '"resolution": 31'), ('"count": 2', '"count": "2"'))
    others = [good.replace(a, b) for a, b in (*damaged, (found.id, "0" * 12))]
    for text in ("{", "[]", "{}", *others):
        file.write_text(text)
        assert sets.listed() == []
