from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from gan.images import (
    encode_film,
    encode_png,
    encode_webp,
    from_pil,
    from_pixels,
    opaque,
    shrink,
    tile,
    to_pixels,
    untile,
)


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(4), st.just(5), st.sampled_from([1, 3])))
)
def test_every_pixel_value_survives_the_way_to_a_tensor_and_back(pixels: np.ndarray):
    assert np.array_equal(to_pixels(from_pixels(pixels)), pixels)


def test_the_range_is_minus_one_to_one():
    x = from_pixels(np.array([0, 255], np.uint8).reshape(1, 1, 2, 1))
    assert x.flatten().tolist() == [-1.0, 1.0]


def test_values_outside_the_range_are_clipped():
    x = torch.tensor([-3.0, 3.0]).view(1, 1, 1, 2)
    assert to_pixels(x).flatten().tolist() == [0, 255]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("encode", [encode_png, encode_webp])
def test_lossless_formats_keep_every_pixel(channels: int, encode):
    image = np.random.default_rng(0).integers(0, 256, (9, 7, channels), np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(encode(image))))
    expected = np.repeat(image, 3, 2) if decoded.ndim == 3 and channels == 1 else image
    assert np.array_equal(decoded.reshape(expected.shape), expected)


def test_tiles_stand_row_by_row_and_come_back():
    pixels = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8)
    sheet = tile(pixels, 3)
    assert sheet[::2, ::2, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.array_equal(untile(sheet, 2), pixels)


def test_gaps_lie_between_tiles_only():
    assert tile(np.ones((4, 2, 2, 1), np.uint8), 2, gap=1, background=9).shape == (5, 5, 1)


def test_png_carries_its_text():
    data = encode_png(np.zeros((2, 2, 3), np.uint8), text={"seed": "42"})
    assert Image.open(io.BytesIO(data)).text == {"seed": "42"}


def test_a_film_keeps_all_frames():
    frames = [np.full((4, 4, 1), i * 60, np.uint8) for i in range(4)]
    assert Image.open(io.BytesIO(encode_film(frames, ms_per_frame=100))).n_frames == 4


def test_sixteen_bit_greys_are_scaled_and_not_clipped_to_white():
    deep = Image.fromarray(np.linspace(0, 65535, 16).astype(np.uint16).reshape(4, 4))
    values = from_pil(deep, 1)
    assert values.min() == 0
    assert values.max() == 255
    assert 100 < values.mean() < 155


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_over_white(mode: str):
    clear = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    image = clear.convert(mode) if mode != "P" else clear.quantize()
    assert from_pil(image, 3).min() >= 250


def test_cmyk_becomes_rgb():
    red = Image.new("CMYK", (1, 1), (0, 255, 255, 0))
    assert from_pil(red, 3)[0, 0].tolist() == [255, 0, 0]


def test_alpha_is_laid_over_white_and_other_pictures_stay_as_they_are():
    x = torch.tensor([-1.0, 0.0, 1.0, -1.0]).view(1, 4, 1, 1)  # alpha -1: nothing there
    assert opaque(x).flatten().tolist() == [1.0, 1.0, 1.0]
    x[:, 3] = 0.0  # half there
    assert opaque(x).flatten().tolist() == [0.0, 0.5, 1.0]
    grey = torch.rand(2, 1, 3, 3)
    assert opaque(grey) is grey


def test_shrinking_keeps_the_mean_and_never_enlarges():
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    small = shrink(x, 16)
    assert small.shape == (2, 3, 16, 16)
    assert (small.mean((2, 3)) - x.mean((2, 3))).abs().max() < 0.02
    assert shrink(x, 64) is x
    assert shrink(x, 100) is x


def test_a_picture_with_transparency_keeps_it_in_four_channels():
    rgba = np.random.default_rng(0).integers(0, 256, (5, 5, 4), np.uint8)
    assert np.array_equal(from_pil(Image.fromarray(rgba), 4), rgba)
