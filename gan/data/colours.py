"""Colour profiles of strangers' pictures: what a picture's numbers mean, converted to sRGB.

A phone's photograph is in Display P3, a camera's in Adobe RGB, a print shop's in CMYK: read as sRGB
they are too pale, or wrong. A profile is native code's input, so this runs where pictures are
decoded, and what cannot be used is left out, as browsers do.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

MOST_BYTES = 4 * 2**20  # a printer's CMYK profile has up to 3 MB
SPACE = slice(16, 20)  # of a profile's header: the space of its numbers (ICC.1:2022, 7.2)
TABLE, ENTRY, MOST_TAGS = 132, 12, 100  # behind their count, its bytes a tag, as many as are read
# Tags of a chain of any number of elements, each of which may be the same large table: 60 KB kept a
# processor busy for minutes. There are others that mean the same (ICC.1:2022, 9.2.1).
CHAINS = frozenset(kind + b"%d" % intent for kind in (b"D2B", b"B2D") for intent in range(4))
MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
PROFILE, CHUNK = b"iCCP", struct.Struct(">I4s")  # of a PNG: length and kind
CRC, PNG_HEAD = 4, 8
PngImagePlugin.MAX_TEXT_CHUNK = MOST_BYTES  # else Pillow refuses a PNG whose profile is larger
LEVELS = 9  # of each channel, to see whether a profile changes anything
ROUNDING = 1  # of 255: so little is no change


def with_fitting_profile(data: bytes) -> bytes:
    """A PNG without profiles that are too large, damaged or more than one, for each of which Pillow
    refuses the picture."""
    if PROFILE not in data:
        return data
    kept, at, has_one = [data[:PNG_HEAD]], PNG_HEAD, False
    while len(data) - at >= CHUNK.size:
        length, kind = CHUNK.unpack_from(data, at)
        end = at + CHUNK.size + length + CRC
        if kind != PROFILE:
            kept.append(data[at:end])
        elif not has_one:
            has_one = True  # only the first is looked at: each may take a while
            if _fits(data[at + CHUNK.size : end - CRC]):
                kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _fits(chunk: bytes) -> bool:
    """Whether a chunk's profile can be read and is not too large."""
    _, zero, packed = chunk.partition(b"\0")
    if not zero or packed[:1] != b"\0":  # no name, or another method than deflate
        return False
    reader = zlib.decompressobj()
    try:
        reader.decompress(packed[1:], MOST_BYTES)
    except zlib.error:
        return False
    return not reader.unconsumed_tail


def mode_of(image: Image.Image) -> str:
    """The mode that a profile of this picture has to be for: RGB, L or CMYK."""
    if image.mode == "CMYK":
        return "CMYK"
    return "L" if image.mode in ("1", "L", "LA", "La") or image.mode[0] in "IF" else "RGB"


def transform_of(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """From the picture's own colours to sRGB; None where they are that, or the profile is no use.

    What is transformed has the mode `mode_of`.
    """
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 128 < len(profile) <= MOST_BYTES:
        return None
    mode = mode_of(image)
    return _transform(profile, mode) if MODES.get(profile[SPACE]) == mode else None


@lru_cache(maxsize=16)  # pictures of one camera have one profile
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(_without_chains(profile)))
        found = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        return found if _changes(found, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _without_chains(profile: bytes) -> bytes:
    """The profile with the chains under names that nobody asks for."""
    kept = bytearray(profile)
    for number in range(min(MOST_TAGS, int.from_bytes(profile[TABLE - 4 : TABLE]))):
        at = TABLE + ENTRY * number
        if profile[at : at + 4] in CHAINS:
            kept[at : at + 4] = b"no%02d" % number  # a name twice would be an error
    return bytes(kept)


def _changes(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether more than rounding: most profiles are sRGB, and their pictures stay as they are."""
    if mode == "CMYK":
        return True
    levels = np.linspace(0, 255, LEVELS).round().astype(np.uint8)
    axes = [levels] * (1 if mode == "L" else 3)
    grid = np.stack(np.meshgrid(*axes), -1).reshape(1, -1, len(axes))
    numbers = Image.fromarray(grid[..., 0] if mode == "L" else grid)
    after = np.asarray(ImageCms.applyTransform(numbers, transform)).astype(int)
    return bool(np.abs(after - grid).max() > ROUNDING)


def to_srgb(image: Image.Image, transform: ImageCms.ImageCmsTransform, mode: str) -> Image.Image:
    """The picture in sRGB, as RGB or RGBA; transparency stays."""
    colours = ImageCms.applyTransform(image.convert(mode), transform)
    assert colours is not None  # only a transform in place returns none
    if image.mode == "RGBA":
        colours.putalpha(image.getchannel("A"))
    return colours
