"""Strangers' pictures are decoded in a process that ends with its time."""

from __future__ import annotations

import io
import json
import os
import signal

import numpy as np
import pytest
from PIL import Image

from gan.data.limits import PUBLIC
from gan.data.pictures import read_picture, shrink_picture
from gan.errors import DataError
from gan.runs import decoding, prefork
from gan.runs.decoding import Decoder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not prefork.FORKS, reason="decoded in place where nothing forks"),
]


def saved(side: int, form: str = "PNG", **how: object) -> bytes:
    """Noise, which compresses badly."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **how)
    return buffer.getvalue()


def large() -> bytes:
    """16 megapixels in 150 KB, which take 0.2 to 0.3 s of a core; a small picture, as the first of
    its process, 0.03."""
    levels = np.add.outer(np.arange(3900), np.arange(4000)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.stack([levels] * 3, -1)).save(buffer, "WEBP", quality=30, method=0)
    return buffer.getvalue()


def test_what_comes_back_is_what_is_decoded_here_by_one_process():
    with Decoder() as decoder:
        for form in ("PNG", "JPEG", "WEBP"):
            data = saved(300, form)
            here = read_picture(data, resolution=32, channels=3)
            assert (decoder.read(data, resolution=32, channels=3) == here).all()
            assert decoder.shrink(data, side=128) == shrink_picture(data, side=128)
        grey = read_picture(data, resolution=8, channels=1)
        assert (decoder.read(data, resolution=8, channels=1) == grey).all()
        first = decoder._process
        for data in (b"", b"GIF89a", saved(30)[:60], bytes(PUBLIC.file_bytes + 1)):
            with pytest.raises(DataError) as there:
                decoder.read(data, resolution=8, channels=1)
            with pytest.raises(DataError) as here:
                read_picture(data, resolution=8, channels=1)
            assert there.value.message == here.value.message
        assert decoder._process is first
    assert decoder._process is None


def test_where_the_process_stands_still_an_upload_waits_once(monkeypatch: pytest.MonkeyPatch):
    with Decoder() as decoder:
        decoder.shrink(saved(16), side=128)
        monkeypatch.setattr(decoding, "HUNG_S", 0.3)
        os.kill(decoder._process.pid, signal.SIGSTOP)
        for _ in range(2):
            with pytest.raises(DataError, match="cannot be decoded here at the moment"):
                decoder.shrink(saved(16), side=128)
            assert decoder._process is None


def test_a_picture_that_takes_too_long_ends_its_process_and_no_other_picture():
    slow = large()
    with Decoder(picture_s=0.12, total_s=0.5) as decoder:
        assert decoder.shrink(saved(16), side=128)
        first = decoder._process
        with pytest.raises(DataError, match=r"0\.12 s of a processor"):
            decoder.shrink(slow, side=128)
        assert decoder.shrink(saved(16), side=128)
        assert decoder._process is not first
        said = []
        while not said or "takes longer" in said[-1]:
            with pytest.raises(DataError) as error:
                decoder.shrink(slow, side=128)
            said.append(str(error.value))
        assert "send fewer" in said[-1]
        with pytest.raises(DataError, match="send fewer"):
            decoder.shrink(saved(16), side=128)


def test_a_process_that_dies_or_answers_nonsense_is_a_sentence():
    with Decoder() as decoder:
        decoder.shrink(saved(16), side=128)
        os.kill(decoder._process.pid, signal.SIGKILL)
        with pytest.raises(DataError, match="takes longer"):
            decoder.shrink(saved(16), side=128)
        assert decoder.shrink(saved(16), side=128)


def test_a_killed_forkserver_is_begun_anew(monkeypatch):
    started, calls = prefork._started, []

    def first_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise EOFError  # as multiprocessing does where its forkserver is gone
        return started(*arguments)

    monkeypatch.setattr(prefork, "_started", first_fails)
    with Decoder() as decoder:
        assert decoder.shrink(saved(16), side=128)
    assert len(calls) == 2


def test_a_refusal_from_there_is_data_and_never_an_object():
    for nonsense in (b"", b"{", json.dumps({"key": 3}).encode(), b"\x80\x04."):
        with pytest.raises(DataError, match="try again in a minute"):
            raise decoding._refusal(nonsense)
