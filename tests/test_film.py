"""Films: every format plays back what went in, and what no film can be made of is refused."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan.errors import ConfigError
from gan.film import FILM_FORMATS, MAX_FILM_PIXELS, MAX_FRAMES, encode_film, largest_scale


def decoded(film: bytes, format: str) -> list[np.ndarray]:
    """Frames (H, W, 3) as a player shows them."""
    if format == "mp4":
        with av.open(io.BytesIO(film)) as container:
            return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    with Image.open(io.BytesIO(film)) as image:
        return [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(image)]


def blocks(count: int, size: int = 16, channels: int = 3) -> list[np.ndarray]:
    """Frames of four flat, clearly coloured quarters, each frame another."""
    colours = np.random.default_rng(1).integers(20, 236, (count, 2, 2, channels), np.uint8)
    return [np.kron(c, np.ones((size // 2, size // 2, 1), np.uint8)) for c in colours]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("format", FILM_FORMATS)
def test_a_film_plays_back_its_frames_in_number_and_in_colour(format: str, channels: int):
    frames = blocks(7, channels=channels)
    film = encode_film(frames, format=format, seconds_per_frame=0.1, scale=2)
    shown = decoded(film, format)
    assert len(shown) == 7
    for frame, picture in zip(frames, shown, strict=True):
        large = np.kron(frame, np.ones((2, 2, 1), np.uint8))
        wanted = np.broadcast_to(large, (32, 32, 3)).astype(int)
        inner = [slice(4, 12), slice(20, 28)]  # away from edges, which share their colour
        for rows in inner:
            for columns in inner:
                assert np.abs(picture[rows, columns].astype(int) - wanted[rows, columns]).max() < 20


@pytest.mark.parametrize("format", FILM_FORMATS)
def test_what_is_transparent_is_white_in_a_film(format: str):
    frames = [np.zeros((16, 16, 4), np.uint8), np.full((16, 16, 4), 255, np.uint8)]
    for picture in decoded(encode_film(frames, format=format, seconds_per_frame=0.1), format):
        assert picture.min() > 240


def test_a_gif_of_few_colours_or_of_greys_is_exact():
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (200, 3), np.uint8)
    colour = [palette[rng.integers(0, 200, (16, 16))] for _ in range(3)]
    grey = [rng.integers(0, 256, (16, 16, 1), np.uint8) for _ in range(3)]
    for frames in (colour, grey):
        shown = decoded(encode_film(frames, format="gif", seconds_per_frame=0.1), "gif")
        for frame, picture in zip(frames, shown, strict=True):
            assert np.array_equal(picture, np.broadcast_to(frame, picture.shape))


@pytest.mark.parametrize("format", FILM_FORMATS)
def test_a_frame_lasts_as_long_as_was_asked(format: str):
    film = encode_film(blocks(5), format=format, seconds_per_frame=0.12)
    if format == "mp4":
        with av.open(io.BytesIO(film)) as container:
            assert float(container.streams.video[0].average_rate) == pytest.approx(
                1 / 0.12, rel=0.01
            )
    else:
        with Image.open(io.BytesIO(film)) as image:
            durations = [f.copy().info["duration"] for f in ImageSequence.Iterator(image)]
            assert durations == [120] * 5
            assert image.info["loop"] == 0


@pytest.mark.parametrize("format", FILM_FORMATS)
def test_captions_stand_below_and_leave_the_picture_alone(format: str):
    frames = [np.zeros((65, 127, 1), np.uint8), np.full((65, 127, 1), 60, np.uint8)]
    plain = encode_film(frames, format=format, seconds_per_frame=0.1)
    titled = encode_film(
        frames, format=format, seconds_per_frame=0.1, captions=["12.8 k images", "FD 3.21"]
    )
    first, second = decoded(titled, format)
    height = decoded(plain, format)[0].shape[0]
    assert first.shape[0] >= height + 12
    assert first[:60].max() < 16  # nothing is written into the picture
    assert np.abs(second[:60].astype(int) - 60).max() < 16
    assert first[66:].max() > 150  # and below there is something to read
    assert np.abs(first[66:].astype(int) - second[66:].astype(int)).max() > 100


def test_an_odd_size_is_padded_for_mp4_and_kept_elsewhere():
    frames = blocks(2, 10)
    frames = [f[:9, :7] for f in frames]
    sizes = {
        format: decoded(encode_film(frames, format=format, seconds_per_frame=0.1), format)[0].shape
        for format in FILM_FORMATS
    }
    assert sizes == {"webp": (9, 7, 3), "gif": (9, 7, 3), "mp4": (10, 8, 3)}


def test_mp4_is_what_every_browser_plays():
    with av.open(io.BytesIO(encode_film(blocks(3), format="mp4", seconds_per_frame=0.1))) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")


GOOD = {"format": "webp", "seconds_per_frame": 0.1}


@pytest.mark.parametrize(
    ("frames", "options"),
    [
        ([], {}),
        (blocks(1) * (MAX_FRAMES + 1), {}),
        ([*blocks(1), *blocks(1, 8)], {}),
        ([np.zeros((4, 4, 2), np.uint8)], {}),
        (blocks(2), {"format": "avi"}),
        (blocks(2), {"seconds_per_frame": 0.0}),
        (blocks(2), {"seconds_per_frame": float("nan")}),
        (blocks(2), {"seconds_per_frame": 60.0}),
        (blocks(2), {"scale": 0}),
        (blocks(2), {"scale": 1000}),
        (blocks(2), {"captions": ["one"]}),
    ],
)
def test_what_no_film_can_be_made_of_is_refused_in_a_sentence(frames: list, options: dict):
    with pytest.raises(ConfigError):
        encode_film(frames, **GOOD | options)


def test_the_largest_scale_keeps_a_film_within_its_bounds():
    for count, side in ((1, 64), (400, 256), (1500, 512), (1500, 28)):
        scale = largest_scale(count, side, side)
        assert scale**2 * count * side**2 <= MAX_FILM_PIXELS
        assert side * scale <= 2048
    assert largest_scale(1500, 512, 512) == 0


@pytest.mark.parametrize("format", FILM_FORMATS)
def test_progress_is_told_frame_by_frame_and_may_break_off(format: str):
    told: list[int] = []
    options = {"format": format, "seconds_per_frame": 0.1}
    encode_film(blocks(6), **options, progress=told.append)
    assert told == list(range(6))

    def stop(frame: int) -> None:
        if frame == 3:
            raise KeyError(frame)

    with pytest.raises(KeyError):
        encode_film(blocks(6), **options, progress=stop)
