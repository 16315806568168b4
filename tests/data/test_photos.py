"""Photographs from phones, other formats, too many files: read within limits, or counted."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.data import load_data, pictures
from gan.data.folder import load_folder
from gan.data.jpeg import read_scans
from gan.data.limits import LOCAL, PUBLIC
from gan.data.own import OwnSets
from gan.data.pictures import read_picture, shrink_picture
from gan.errors import DataError
from tests.data.test_own_images import frames
from tests.data.test_own_images import png as small_png


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(width: int, height: int) -> Image.Image:
    """Black at the left, white at the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return Image.fromarray(np.broadcast_to(row, (height, width)).copy()).convert("RGB")


CHILD = """
import io, sys
import torch, PIL.Image
from gan.data.limits import LOCAL
from gan.data.pictures import shrink_picture
data = open(sys.argv[1], "rb").read()
shrink_picture(open(sys.argv[2], "rb").read(), side=128, limits=LOCAL)  # codecs are loaded
open("/proc/self/clear_refs", "w").write("5")
peak = lambda: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))
before = peak()
shrink_picture(data, side=128, limits=LOCAL)
print((peak() - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize(
    ("size", "kind", "options"),
    [((6000, 4000), "JPEG", {}), ((16320, 12240), "JPEG", {}), ((6000, 4000), "PNG", {}),
     ((8000, 6000), "JPEG", {"progressive": True})],
)  # fmt: skip
def test_a_photograph_is_read_within_256_mb(tmp_path: Path, size, kind, options):
    options |= {"compress_level": 1} if kind == "PNG" else {"quality": 20}
    photo, other = tmp_path / "photo", tmp_path / "other"
    photo.write_bytes(saved(Image.new("RGB", size, (200, 30, 30)), kind, **options))
    other.write_bytes(saved(Image.new("RGB", (900, 900)), kind))
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(photo), str(other)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) < 256


def test_photographs_of_24_megapixels_are_data(tmp_path: Path):
    for i in range(2):
        data = saved(Image.new("RGB", (6000, 4000), ("red", "blue")[i]), "JPEG", quality=20)
        (tmp_path / f"{i}.jpg").write_bytes(data)
    images = load_data(f"folder:{tmp_path}")
    assert images.pixels.float().mean((2, 3)).round().tolist() == [
        pytest.approx([254, 0, 0], abs=2), pytest.approx([0, 0, 254], abs=2)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF"])
def test_reading_small_at_once_looks_as_reading_whole_does(kind: str):
    """Against Pillow's own resize of the whole picture."""
    image = gradient(900, 600)
    data = saved(image, kind, **({"quality": 95} if kind in ("JPEG", "AVIF") else {}))
    ours = read_picture(data, resolution=32, channels=3, limits=LOCAL).astype(int)
    whole = image.crop((150, 0, 750, 600)).resize((32, 32), Image.Resampling.LANCZOS)
    assert abs(ours - np.asarray(whole).astype(int)).max() <= 6


def test_transparency_depth_and_turns_survive_bands():
    """A picture of many bands has the values that a small one has."""
    large = Image.new("RGBA", (1200, 2400), (255, 0, 0, 0))  # transparent: white
    assert (read_picture(saved(large, "PNG"), resolution=8, channels=3) == 255).all()
    grey = Image.fromarray(np.full((2400, 1200), 32768, np.uint16))
    assert abs(int(read_picture(saved(grey, "PNG"), resolution=8, channels=1).mean()) - 128) <= 1
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_picture(saved(gradient(1600, 1600), "JPEG", exif=exif), resolution=8, channels=1)
    assert turned[0].mean() < 40  # black at the left, turned clockwise: on top
    assert turned[-1].mean() > 215


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [(48, 48), (960, 960)])
def test_every_orientation_is_undone_once_in_every_format(kind: str, size: tuple[int, int]):
    """Tags as the EXIF standard defines them: where the stored picture's first row and column are.
    Pillow turns a TIFF itself as it loads it."""
    corners = np.array([[0, 80], [160, 240]], np.uint8)
    stored = {
        1: corners, 2: corners[:, ::-1], 3: corners[::-1, ::-1], 4: corners[::-1],
        5: corners.T, 6: corners.T[::-1], 7: corners.T[::-1, ::-1], 8: corners.T[:, ::-1],
    }  # fmt: skip
    for tag, pixels in stored.items():
        exif = Image.Exif()
        exif[0x0112] = tag
        image = Image.fromarray(pixels.copy()).resize(size, Image.Resampling.NEAREST).convert("RGB")
        read = read_picture(saved(image, kind, exif=exif), resolution=16, channels=1, limits=LOCAL)
        quarters = read[2::11, 2::11, 0].astype(int)
        assert abs(quarters - corners).max() <= 8, (tag, quarters)


def test_sixteen_bits_in_either_byte_order_are_read_alike():
    """A TIFF from a microscope is often big-endian, which Pillow keeps as a mode of its own."""
    ramp = np.linspace(0, 65535, 40_000).astype(np.uint16).reshape(200, 200)
    for side in (8, 128):  # averaged in bands, and whole
        little, big = (
            read_picture(tiff(ramp.astype(order), mark), resolution=side, channels=1, limits=LOCAL)
            for order, mark in (("<u2", b"II*\0"), (">u2", b"MM\0*"))
        )
        assert (little == big).all()
        assert little[0].mean() < 20
        assert little[-1].mean() > 235


def tiff(pixels: np.ndarray, mark: bytes) -> bytes:
    """A plain TIFF of 16-bit grey, one strip: 12 bytes a field, as its standard has them."""
    order = "<" if mark.startswith(b"II") else ">"
    short, long = 3, 4
    fields = [
        (256, long, pixels.shape[1]), (257, long, pixels.shape[0]), (258, short, 16),
        (259, short, 1), (262, short, 1), (273, long, 8), (277, short, 1),
        (278, long, pixels.shape[0]), (279, long, pixels.nbytes),
    ]  # fmt: skip
    table = struct.pack(order + "H", len(fields))
    for tag, kind, value in fields:
        table += struct.pack(order + ("HHIHH" if kind == short else "HHII"), tag, kind, 1, value,
                             *([0] if kind == short else []))  # fmt: skip
    head = mark + struct.pack(order + "I", 8 + pixels.nbytes)
    return head + pixels.tobytes() + table + struct.pack(order + "I", 0)


def test_a_format_that_is_not_read_is_named():
    heads = {
        "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "JPEG XL": b"\xff\x0a",
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n", "ICO": b"\0\0\1\0\1\0", "TIFF": b"II*\0",
    }  # fmt: skip
    for kind, head in heads.items():
        with pytest.raises(DataError, match=f"this one is {kind}, which is not read here"):
            read_picture(head + b"\0" * 50, resolution=8, channels=1, limits=PUBLIC)


def test_run_length_coded_bmp_of_16_colours_is_refused_rather_than_garbled():
    """Three pixels in an absolute run: Pillow 12.3 reads two of them."""
    run = bytes([0, 3, 0x12, 0x30, 0, 0, 0, 1])
    palette = b"".join(bytes([v, v, v, 0]) for v in range(0, 256, 17))
    head = struct.pack("<IiiHHIIiiII", 40, 3, 1, 1, 4, 2, len(run), 0, 0, 16, 0)
    data = b"BM" + struct.pack("<IHHI", 118 + len(run), 0, 0, 118) + head + palette + run
    with pytest.raises(DataError, match="16 colours with run-length coding is not read here"):
        read_picture(data, resolution=8, channels=1)


def test_scans_are_counted_before_decoding_and_thumbnails_are_not():
    """Pillow writes a baseline JPEG of one scan, a progressive one of ten."""
    image = gradient(64, 64)
    thumbnail = saved(image, "JPEG", progressive=True)
    exif = b"Exif\0\0" + thumbnail
    once = read_scans(saved(image, "JPEG", exif=exif), most=100)
    many = read_scans(saved(image, "JPEG", progressive=True), most=100)
    assert once == (1, 0)
    assert many.passes == 10
    assert many.kept == 64 * 64 * 3  # 4:2:0: one and a half components, two bytes each


def test_a_jpeg_of_a_thousand_scans_is_refused_unread():
    data = saved(gradient(64, 64), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    bomb = data[:at] + data[at:-2] * 1000 + b"\xff\xd9"
    with pytest.raises(DataError, match="100 scans"):
        read_picture(bomb, resolution=8, channels=1, limits=LOCAL)


@pytest.mark.parametrize(("scans", "fine"), [(9, True), (12, False)])
def test_a_large_jpeg_has_few_scans_before_anything_is_decoded(monkeypatch, scans: int, fine: bool):
    """Each scan is a pass over all pixels, however small a file it makes: of 121 megapixels
    100 took 4 s."""
    data = saved(Image.new("L", (100, 100)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    many = data[:at] + data[at:-2] * (scans - data.count(b"\xff\xda") + 1) + b"\xff\xd9"
    assert read_scans(many, most=100).passes == scans
    monkeypatch.setattr(pictures, "MAX_SCANNED", 100 * 100 * 10)
    decoded: list[tuple[int, int]] = []
    monkeypatch.setattr(
        pictures, "_small", lambda image, *_: (decoded.append(image.size), image)[1]
    )
    if fine:
        read_picture(many, resolution=8, channels=1)
        assert decoded == [(100, 100)]
        return
    with pytest.raises(DataError, match="may have 10 scans, this one has 12"):
        read_picture(many, resolution=8, channels=1)
    assert decoded == []


def test_every_suffix_of_jpeg_and_tiff_and_avif_are_read(tmp_path: Path):
    names = {"0.jpg": "JPEG", "1.jfif": "JPEG", "2.JFIF": "JPEG", "3.jpe": "JPEG", "4.tif": "TIFF",
             "5.tiff": "TIFF", "6.avif": "AVIF", "seven": "PNG", "8.dat": "JPEG"}  # fmt: skip
    for name, kind in names.items():
        (tmp_path / name).write_bytes(saved(Image.new("RGB", (32, 32), "red"), kind))
    assert load_data(f"folder:{tmp_path}").report == "9 images"


def test_what_a_visitor_may_not_send_is_counted_with_its_reason(tmp_path: Path):
    red = Image.new("RGB", (32, 32), "red")
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50
    files = frames(
        ("a.png", small_png()), ("b.jfif", saved(red, "JPEG")), ("c.tif", saved(red, "TIFF")),
        ("d.avif", saved(red, "AVIF")), ("e.heic", heic), ("f.jpg", heic), ("g.dng", b"II*\0"),
        ("h.jpg", b"<html>no such page</html>"),
    )  # fmt: skip
    found = OwnSets(tmp_path).add(files, "x", limits=PUBLIC)
    assert found.count == 2
    assert found.skipped == {"of a format that is not read here": 5, "not an image": 1}


@pytest.mark.slow
def test_a_zip_of_two_thousand_and_ten_is_read_whole_at_home(tmp_path: Path):
    import zipfile

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(2010):
            archive.writestr(f"{i}.png", small_png(2, 2))
    images = load_data(f"folder:{path}", resolution=8)
    assert (len(images), images.report) == (2010, "2,010 images")
    with path.open("rb") as stream:
        found = OwnSets(tmp_path / "own").add(frames(("a.zip", stream.read())), "a", limits=PUBLIC)
    assert (found.count, found.drawn_of, found.skipped) == (2000, 2010, {})


def test_of_more_files_than_fit_the_same_random_ones_are_read_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for c in "ab":
        (tmp_path / c).mkdir()
        for i in range(60):
            (tmp_path / c / f"{i:03d}.png").write_bytes(small_png(4, 4, (i, 0, 0)))
    read = []
    real = pictures.read_picture
    monkeypatch.setattr(
        "gan.data.folder.read_picture", lambda data, **how: read.append(data) or real(data, **how)
    )
    monkeypatch.setattr("gan.data.folder.MAX_SET_BYTES", 40 * 8 * 8 * 3)
    first, again = (load_folder(tmp_path, resolution=8, channels=3) for _ in range(2))
    assert first.report.startswith("40 images, drawn at random from 120; 2 classes: a ")
    assert first.pixels.equal(again.pixels)
    assert len(read) == 80  # none is decoded in vain
    assert len({int(x[0, 0, 0]) for x in first.pixels}) > 20  # not the first ones


def test_large_files_are_counted_and_not_read(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(small_png())
    (tmp_path / "b.png").write_bytes(small_png())
    with (tmp_path / "c.jpg").open("wb") as stream:
        stream.write(b"\xff\xd8\xff")
        stream.truncate(LOCAL.file_bytes + 5)
    assert "skipped 1: 1 too large" in load_data(f"folder:{tmp_path}").report


def test_a_pipe_among_the_pictures_does_not_wait_for_ever(tmp_path: Path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(small_png())
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "c.png")
    assert len(load_data(f"folder:{tmp_path}")) == 2


def test_kept_pictures_are_small_whatever_they_were():
    data = shrink_picture(saved(Image.new("RGB", (4000, 3000)), "JPEG"), side=128)
    with Image.open(io.BytesIO(data)) as image:
        assert min(image.size) == 128
