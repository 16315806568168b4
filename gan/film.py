"""Encodes small pictures as WebP, GIF or MP4 videos: crisp pixels, a caption below each."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, get_args

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image, ImageDraw, ImageFont

from gan.errors import ConfigError, suggest
from gan.images import Pixels, encode_film_pictures, from_pil, to_pil

FilmFormat = Literal["webp", "gif", "mp4"]
FILM_FORMATS: tuple[FilmFormat, ...] = get_args(FilmFormat)
FILM_TYPES = {"webp": "image/webp", "gif": "image/gif", "mp4": "video/mp4"}
MAX_FRAMES = 1500
MAX_SIDE = 2048
MAX_FILM_PIXELS = 100_000_000  # all scaled frames together: 300 MB during encoding
SHORTEST_S, LONGEST_S = 0.02, 10.0  # browsers show shorter GIF frames for 0.1 s
CAPTION_FONT_PX = (8, 18)
CAPTION_MARGIN_PX = 6
X264_QUALITY = "18"  # constant rate factor; x264's own docs call 17 or 18 visually lossless


def encode_film(
    frames: Sequence[Pixels],
    *,
    format: FilmFormat,
    seconds_per_frame: float,
    scale: int = 1,
    captions: Sequence[str] | None = None,
    progress: Callable[[int], None] = lambda frame: None,
) -> bytes:
    """Encode frames (H, W, C) uint8, C of 1 or 3 and all of one shape, as a looping video.

    `scale` repeats pixels. Captions, if any, are drawn on a strip of their own below the picture.
    WebP and GIF may merge equal neighbours into one longer frame. GIF has a palette per frame and
    no dithering, MP4 is H.264 in yuv420p, padded to an even size. `progress` is called with the
    number of each frame as its encoding begins, and may raise to cancel.

    Raises ConfigError for invalid input, before anything is encoded.
    """
    _check(frames, format, seconds_per_frame, scale, captions)
    pictures = _pictures(frames, scale, captions)
    ms = round(1000 * seconds_per_frame)
    if format == "webp":  # Pillow wants all of them up front, then encodes one by one
        told = [_telling(picture, i, progress) for i, picture in enumerate(pictures)]
        return encode_film_pictures(told, ms_per_frame=ms)
    counted = _counted(pictures, progress)
    return _encode_mp4(counted, ms) if format == "mp4" else _encode_gif(counted, ms)


def largest_scale(frames: int, height: int, width: int) -> int:
    """The largest scale that `encode_film` allows for this many frames of that size; 0 if not even
    1."""
    side = MAX_SIDE // max(1, height, width)
    room = int((MAX_FILM_PIXELS / max(1, frames * height * width)) ** 0.5)
    return max(0, min(side, room))


def _check(
    frames: Sequence[Pixels],
    format: str,
    seconds: float,
    scale: int,
    captions: Sequence[str] | None,
) -> None:
    if format not in FILM_FORMATS:
        raise ConfigError(
            "there is no film format {format}; {hint}",
            format=repr(format),
            hint=suggest(format, FILM_FORMATS),
        )
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ConfigError(
            "a film has 1 to {max_frames} frames, got {got}; take fewer",
            max_frames=MAX_FRAMES,
            got=len(frames),
        )
    if any(a.shape != b.shape for a, b in pairwise(frames)) or frames[0].shape[-1] not in (1, 3, 4):
        raise ConfigError("frames must be grey, RGB or RGBA and of one size, got others; resize")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise ConfigError(
            "a frame lasts {shortest_s} to {longest_s} s, got {got}; change it",
            shortest_s=f"{SHORTEST_S:g}",
            longest_s=f"{LONGEST_S:g}",
            got=f"{seconds:g}",
        )
    height, width = frames[0].shape[:2]
    most = largest_scale(len(frames), height, width)
    if not 1 <= scale <= most:
        raise ConfigError(
            "scale must be from 1 to {most} for {count} frames of {width} x {height}, got {got}; "
            "take a smaller one or fewer frames",
            most=most,
            count=len(frames),
            width=width,
            height=height,
            got=scale,
        )
    if captions is not None and len(captions) != len(frames):
        raise ConfigError(
            "there must be a caption a frame, got {got} for {count}; give all",
            got=len(captions),
            count=len(frames),
        )


def _pictures(
    frames: Sequence[Pixels], scale: int, captions: Sequence[str] | None
) -> Iterator[Image.Image]:
    """Yields the frames, L or RGB, scaled, with captions; transparency composited over white."""
    width = frames[0].shape[1] * scale
    font = _font(captions, width) if captions else None
    for i, frame in enumerate(frames):
        picture = to_pil(frame if frame.shape[-1] != 4 else from_pil(to_pil(frame), 3))
        picture = picture.resize(
            (width, frame.shape[0] * scale), Image.Resampling.NEAREST, reducing_gap=None
        )
        yield (
            picture if font is None or captions is None else _captioned(picture, captions[i], font)
        )


def _counted(
    pictures: Iterator[Image.Image], progress: Callable[[int], None]
) -> Iterator[Image.Image]:
    for i, picture in enumerate(pictures):
        progress(i)
        yield picture


def _telling(picture: Image.Image, i: int, progress: Callable[[int], None]) -> Image.Image:
    """`picture`, reporting when Pillow's writer reaches it: it seeks each one's first frame."""
    seek = picture.seek

    def seek_and_tell(frame: int) -> None:
        picture.seek = seek  # type: ignore[method-assign]  # once: it also seeks back at the end
        progress(i)
        seek(frame)

    picture.seek = seek_and_tell  # type: ignore[method-assign]
    return picture


def _font(captions: Sequence[str], width: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's default font in the largest size in which every caption fits; the smallest if none
    does."""
    smallest, largest = CAPTION_FONT_PX
    longest = max(captions, key=len)
    for size in range(largest, smallest, -1):
        font = ImageFont.load_default(size)
        if font.getlength(longest) <= width - 2 * CAPTION_MARGIN_PX:
            return font
    return ImageFont.load_default(smallest)


def _captioned(
    picture: Image.Image, caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Image.Image:
    top = picture.height
    strip = round(font.getbbox("Ágk")[3] + CAPTION_MARGIN_PX)
    whole = Image.new(picture.mode, (picture.width, top + strip))
    whole.paste(picture)
    ImageDraw.Draw(whole).text(
        (min(CAPTION_MARGIN_PX, picture.width // 16), top + CAPTION_MARGIN_PX // 2),
        caption,
        "white",
        font,
    )
    return whole


def _encode_gif(pictures: Iterator[Image.Image], ms: int) -> bytes:
    """A palette per frame, by median cut; lossless for grey and for up to 256 colours."""
    painted = (
        p if p.mode == "L" else p.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        for p in pictures
    )
    first = next(painted)
    buffer = io.BytesIO()
    first.save(
        buffer,
        "GIF",
        save_all=True,
        append_images=painted,
        duration=round(ms / 10) * 10,  # GIF counts in hundredths of a second
        loop=0,
        optimize=False,
    )
    return buffer.getvalue()


def _encode_mp4(pictures: Iterator[Image.Image], ms: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = None
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(_even(picture), format="rgb24")
            if stream is None:
                stream = container.add_stream(
                    "libx264", rate=Fraction(1000, ms), options={"crf": X264_QUALITY}
                )
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
                # stated in the file too, or players guess from the height
                stream.codec_context.colorspace = int(Colorspace.ITU709)
                stream.codec_context.color_range = int(ColorRange.MPEG)
                stream.codec_context.thread_count = 1
            planes = frame.reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            planes.pts = None
            container.mux(stream.encode(planes))
        if stream is not None:
            container.mux(stream.encode())
    return buffer.getvalue()


def _even(picture: Image.Image) -> Pixels:
    """RGB (H, W, 3) padded to even sides: yuv420p shares a colour among 2 x 2 pixels."""
    pixels = np.asarray(picture.convert("RGB"))
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
