"""Untrusted pictures: read within limits, downscaled early, cropped to a square, of one size.

A photograph of 200 million pixels needs 600 MB uncompressed. A JPEG is decoded at an eighth of its
size if that suffices; other formats are decoded whole, and then converted band by band.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, PLANAR_CONFIGURATION, TiffImageFile

from gan.data.colours import mode_of, to_srgb, transform_of, with_fitting_profile
from gan.data.jpeg import read_scans
from gan.data.limits import (
    DECODE_BYTES,
    ENDINGS,
    JPEG_PIXELS,
    LOCAL_FORMATS,
    MAX_ASPECT,
    PUBLIC,
    ReadLimits,
    format_names,
)
from gan.errors import DataError
from gan.images import Pixels, encode_webp, from_pil, grey_range, to_pil

SUFFIXES = frozenset(ending for name in LOCAL_FORMATS for ending in ENDINGS[name])
MAX_SCANS = 100
MAX_SCANNED = 2_000_000_000  # pixels times scans: 0.7 s where scans are all but empty
GAP = 3  # a picture is first averaged down to this multiple of the target size
ORIENTATION = 0x0112  # EXIF orientation tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
# Bytes per pixel during decoding, as measured (benchmarks/RESULTS.md); others: from the mode.
DECODER_BYTES = {"WEBP": 16, "AVIF": 10}
MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
Result = TypeVar("Result")


def read_picture(
    data: bytes, *, resolution: int, channels: int, limits: ReadLimits = PUBLIC
) -> Pixels:
    """An encoded picture as (resolution, resolution, channels): first frame, upright, cropped.

    Raises DataError, in one sentence, for anything that is not a picture within the limits.
    """

    def prepare(image: Image.Image) -> Pixels:
        flat = _small(image, resolution, channels)
        square = ImageOps.fit(flat, (resolution, resolution), Image.Resampling.LANCZOS)
        return np.asarray(square).reshape(resolution, resolution, channels)

    return _decoded(data, prepare, limits)


def shrink_picture(data: bytes, *, side: int, limits: ReadLimits = PUBLIC) -> bytes:
    """An encoded picture as lossless WebP, RGB, EXIF-rotated, its shorter side at most `side`.

    Camera metadata (place, device) is dropped. Raises DataError as above.
    """

    def shrink(image: Image.Image) -> bytes:
        flat = _small(image, side, 3)
        factor = side / min(flat.size)
        if factor < 1:
            size = (max(side, round(flat.width * factor)), max(side, round(flat.height * factor)))
            flat = flat.resize(size, Image.Resampling.LANCZOS)
        return encode_webp(np.asarray(flat))

    return _decoded(data, shrink, limits)


def kind_of(head: bytes) -> str:
    """The format by a file's first bytes, whether it is read here (PNG) or not (HEIC), or none."""
    if head[4:8] == b"ftyp":
        brands = head[8:]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        return "HEIC" if any(b in brands for b in (b"hei", b"hev", b"mif1", b"msf1")) else ""
    if head.startswith(b"RIFF"):
        return "WEBP" if head[8:12] == b"WEBP" else ""
    return next((kind for start, kind in SIGNATURES if head.startswith(start)), "")


SIGNATURES = (
    (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP"),
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "TIFF"), (b"MM\0+", "TIFF"),
    (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\0\0\1\0", "ICO"), (b"8BPS", "PSD"),
)  # fmt: skip


def _decoded(data: bytes, use: Callable[[Image.Image], Result], limits: ReadLimits) -> Result:
    """The result of `use` on the decoded picture; raises DataError outside the limits."""
    if len(data) > limits.file_bytes:
        raise DataError(
            "a picture may have {file_bytes} MB, this one has more; shrink it",
            file_bytes=limits.file_bytes // 2**20,
        )
    kind = kind_of(data[:32])
    if kind and kind not in limits.formats:
        raise DataError(
            "a picture must be one of {formats}, this one is {kind}, which is not read here; save "
            "it as JPEG",
            formats=format_names(limits.formats),
            kind=kind,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are rejected just below
            with _opened(data, kind, limits) as image:
                return use(image)
    except DataError:
        raise
    except Exception as error:  # a corrupt file can raise nearly anything inside a decoder
        raise DataError(
            "a picture must be one of {formats}, this one cannot be read; save it anew",
            formats=format_names(limits.formats),
        ) from error


def _opened(data: bytes, kind: str, limits: ReadLimits) -> ImageFile.ImageFile:
    stream = io.BytesIO(data)
    if kind == "JPEG":  # by its class: Image.open rejects 179 million pixels unread
        image: ImageFile.ImageFile = JpegImageFile(stream)
        _check_shape(image, JPEG_PIXELS)
        _check_scans(data, image)
        return image
    if kind == "PNG":
        stream = io.BytesIO(with_fitting_profile(data))
    image = Image.open(stream, formats=limits.formats)
    _check_shape(image, limits.pixels)
    if image.format == "BMP" and image.info.get("compression") == BmpImageFile.COMPRESSIONS["RLE4"]:
        raise DataError(  # Pillow 12.3 loses a pixel of each odd run
            "a BMP of 16 colours with run-length coding is not read here; save it as PNG"
        )
    if isinstance(image, TiffImageFile):
        _check_layout(image)
    each = max(DECODER_BYTES.get(image.format or "", 0), MODE_BYTES.get(image.mode, 4))
    _check_pixels(image, DECODE_BYTES // each)
    return image


def _check_layout(image: TiffImageFile) -> None:
    """Raises DataError for what Pillow 12.3 reads garbled, by `tifffile`'s reading."""
    tags = image.tag_v2
    planes, deep = tags.get(PLANAR_CONFIGURATION, 1) == 2, max(tags.get(BITSPERSAMPLE, (8,))) > 8
    raw = all(tile.codec_name == "raw" for tile in image.tile)
    if planes and deep and raw:
        raise DataError("a TIFF of 16-bit colours in planes is not read here; save it as PNG")
    if not raw and tags.prefix == b"MM" and image.mode in ("I", "F"):
        raise DataError(
            "a compressed big-endian TIFF of signed or real numbers is not read here; save it "
            "without compression"
        )


def _check_shape(image: Image.Image, most: int) -> None:
    width, height = image.size
    _check_pixels(image, most)
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise DataError(
            "a picture may be 20 times as long as wide, got {got} x {height}; crop it",
            got=width,
            height=height,
        )


def _check_pixels(image: Image.Image, most: int) -> None:
    width, height = image.size
    if width * height > most or min(width, height) < 1:
        raise DataError(
            "a picture of this kind may have {most} million pixels, got {got} x {height}; shrink "
            "it",
            most=most // 10**6,
            got=width,
            height=height,
        )


def _check_scans(data: bytes, image: Image.Image) -> None:
    scans = read_scans(data, most=MAX_SCANS)
    if scans.passes > MAX_SCANS:
        raise DataError(
            "a JPEG may have {max_scans} scans, this one has more; save it anew",
            max_scans=MAX_SCANS,
        )
    pixels = image.width * image.height
    if scans.passes > 1 and scans.passes * pixels > MAX_SCANNED:
        raise DataError(
            "a JPEG of {pixels} million pixels may have {most} scans, this one has {got}; save it "
            "as a baseline JPEG",
            pixels=pixels // 10**6,
            most=MAX_SCANNED // pixels,
            got=scans.passes,
        )
    if scans.kept > DECODE_BYTES:
        raise DataError(
            "a progressive JPEG may need {decode_bytes} MB to be decoded, this one needs {kept}; "
            "save it as a baseline JPEG",
            decode_bytes=DECODE_BYTES // 2**20,
            kept=scans.kept // 2**20,
        )


def _small(image: Image.Image, side: int, channels: int) -> Image.Image:
    """The upright picture in its final channels, its shorter side at least `side` if possible, and
    not much more than GAP times that."""
    if isinstance(image, JpegImageFile):
        image.draft(None, (GAP * side, GAP * side))
    if getattr(image, "is_animated", False):
        image.seek(0)
    image.load()
    turn = TURNS.get(_orientation(image))  # only now: loading turns a TIFF, and drops its tag
    factor = min(image.size) // (GAP * side)
    transform = transform_of(image)
    if transform is None:
        small = _averaged(image, factor, channels)
    else:
        small = to_pil(from_pil(_in_srgb(image, factor, transform), channels))
    return small.transpose(turn) if turn is not None else small


def _in_srgb(image: Image.Image, factor: int, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    """Averaged first, so that a large picture is not transformed whole."""
    mode = mode_of(image)
    if mode == "CMYK":
        return to_srgb(image if factor < 2 else image.reduce(factor), transform, mode)
    kept = 4 if image.has_transparency_data else 3
    return to_srgb(_averaged(image, factor, kept), transform, mode)


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # damaged EXIF does not disqualify the picture
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


def _averaged(image: Image.Image, factor: int, channels: int) -> Image.Image:
    """Average pooling of `factor` x `factor` pixels; converted in bands, so that little is
    copied."""
    if factor < 2:
        return to_pil(from_pil(image, channels))
    width, height = image.size
    rows = factor * max(1, 1_000_000 // (width * factor))  # of a band
    levels = grey_range(image)
    parts = []
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        parts.append(np.asarray(to_pil(from_pil(band, channels, levels=levels)).reduce(factor)))
    return Image.fromarray(np.concatenate(parts))
