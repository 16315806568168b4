"""Small uploads that cost much: refused by their lists and sizes, before anything is made of
them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gan.data import members, taking
from gan.data.limits import PUBLIC
from gan.data.own import OwnSets
from gan.errors import DataError
from tests.data.test_own_images import frames, png, zipped

FEW = replace(PUBLIC, members=100)


def listing(count: int, comment: bytes = b"", *, large: bool = False) -> bytes:
    """A zip that lists `count` files and has none, by APPNOTE.TXT 4.3.12; `large`: as zip64."""
    name = b"a.png"
    fields = (20, 3, 20, *[0] * 8, len(name), 0, len(comment), 0, 0, 0, 0)
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *fields) + name + comment
    index = entry * count
    if not large:
        return index + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(index), 0, 0)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(index), 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(index), 1)
    most = (0, 0, *[2**16 - 1] * 2, *[2**32 - 1] * 2, 0)
    return index + end + locator + struct.pack("<4s4H2LH", b"PK\5\6", *most)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[zipfile.ZipInfo]:
    """Every entry that zipfile makes of a list."""
    found: list[zipfile.ZipInfo] = []

    class Noted(zipfile.ZipInfo):
        def __init__(self, *args, **options) -> None:
            super().__init__(*args, **options)
            found.append(self)

    monkeypatch.setattr(zipfile, "ZipInfo", Noted)
    return found


@pytest.mark.parametrize("large", [False, True])
def test_a_zip_that_lists_too_many_files_is_refused_unparsed(tmp_path: Path, made: list, large):
    sets = OwnSets(tmp_path)
    with pytest.raises(DataError, match="there may be 100 files"):
        sets.add(frames(("a.zip", listing(20_000, large=large))), "x", limits=FEW)
    assert made == []
    with pytest.raises(DataError, match="got 0 that can be read"):
        sets.add(frames(("a.zip", listing(99, large=large))), "x", limits=FEW)
    assert len(made) == 99  # otherwise what is above would show nothing


def test_an_index_of_long_comments_is_not_even_read(tmp_path: Path, monkeypatch, made: list):
    monkeypatch.setattr(members, "INDEX_ENTRY", 8)
    read: list[int] = []
    within = members.Window.read

    def noted(window: members.Window, size: int = -1) -> bytes:
        read.append(size)
        return within(window, size)

    monkeypatch.setattr(members.Window, "read", noted)
    with pytest.raises(DataError, match="may have 1 MB, this one has 1"):
        OwnSets(tmp_path).add(frames(("a.zip", listing(20, b"c" * 60_000))), "x", limits=FEW)
    assert made == []
    assert max(read) <= 2**16 + 22  # the search for the end record


def test_several_zips_and_loose_files_share_one_limit(tmp_path: Path, made: list):
    files = [(f"{i}.zip", listing(40)) for i in range(3)]
    with pytest.raises(DataError, match="those listed in zips included"):
        OwnSets(tmp_path).add(frames(*files), "x", limits=FEW)
    assert len(made) == 80
    with pytest.raises(DataError, match="there may be 100 files"):
        OwnSets(tmp_path).add(frames(*[("", b"")] * 101), "x", limits=FEW)
    damaged = [(f"{i}.zip", listing(40)[:-1]) for i in range(101)]
    with pytest.raises(DataError, match="there may be 100 files"):
        OwnSets(tmp_path).add(frames(*damaged), "x", limits=FEW)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_zipfile_unpacks_without_a_limit_is_left_packed(tmp_path: Path, monkeypatch, method):
    """Of bzip2 and LZMA it expands each 4 KB whole, even to read 32 bytes: 600 MB, as tried."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("bomb", b"\0" * 2**20)
    archive = zipped(("a.png", png()), ("b.png", png()))
    opened: list[int] = []
    decompressor = zipfile._get_decompressor
    monkeypatch.setattr(
        zipfile, "_get_decompressor", lambda kind: (opened.append(kind), decompressor(kind))[1]
    )
    found = OwnSets(tmp_path).add(frames(("b.zip", buffer.getvalue()), ("a.zip", archive)), "x")
    assert method not in opened
    assert found.skipped == {"compressed in another way than deflate": 1}


def test_tables_of_classes_share_one_limit_of_bytes(tmp_path: Path, monkeypatch):
    """Parsed, JSON needs thirty times its size, and deflate packs it a thousand times."""
    table = json.dumps({"labels": [["a.png", 0]] * 100}).encode()
    parsed: list[int] = []
    read = taking.read_table
    monkeypatch.setattr(taking, "read_table", lambda d: (parsed.append(len(d)), read(d))[1])
    files = [(f"{i}/dataset.json", table) for i in range(5)]
    limits = replace(PUBLIC, table_bytes=2 * len(table))
    pictures = [("a.png", png()), ("b.png", png())]
    OwnSets(tmp_path).add(frames(("a.zip", zipped(*files)), *pictures), "x", limits=limits)
    assert parsed == [len(table)] * 2
