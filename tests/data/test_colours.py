"""Colour profiles, deep and inverted greys: a picture's numbers are read as what they mean."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gan.data.limits import LOCAL
from gan.data.own import SIDE
from gan.data.pictures import read_picture, shrink_picture
from gan.errors import DataError
from gan.runs import prefork
from gan.runs.decoding import Decoder
from tests.data.test_photos import saved

# Primaries in XYZ under D50, as Apple's "Display P3" and Adobe's "AdobeRGB1998" have them.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1


def fixed(*numbers: float) -> bytes:
    """s15Fixed16Number."""
    return b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)


def profile(tags: dict[bytes, bytes], *, space: bytes = b"RGB ", kind: bytes = b"mntr") -> bytes:
    """An ICC profile of version 2, after ICC.1:2001-04: header, table of tags, tags."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78)} | tags
    tags |= {b"cprt": b"text" + bytes(4) + b"-\0", b"wtpt": b"XYZ " + bytes(4) + D50}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = struct.pack(">I", start + len(body))
    head = size + bytes(4) + struct.pack(">I", 0x02400000) + kind + space + b"XYZ " + bytes(12)
    head += b"acsp" + bytes(28) + D50
    return head.ljust(128, b"\0") + table + body


D50 = fixed(0.9642, 1.0, 0.8249)


def gamma(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256))


def rgb_profile(primaries, curve: bytes, **more: bytes) -> bytes:
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    colorants = {n: b"XYZ " + bytes(4) + fixed(*p) for n, p in zip(names, primaries, strict=True)}
    colorants |= {name.encode(): tag for name, tag in more.items()}
    return profile(colorants | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


PARAMETRIC = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + fixed(*SRGB_CURVE)
DISPLAY_P3 = rgb_profile(P3, PARAMETRIC)
ADOBE_RGB = rgb_profile(ADOBE, gamma(563 / 256))
PLAIN_SRGB = rgb_profile(SRGB, PARAMETRIC)


def middle(data: bytes, channels: int = 3) -> list[int]:
    return read_picture(data, resolution=8, channels=channels, limits=LOCAL)[4, 4].tolist()


# sRGB's red, green and blue in the wider spaces, by `colour-science` (and CSS Color 4's code).
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize(
    ("icc", "inside", "meant"),
    [(DISPLAY_P3, (234, 51, 35), (255, 0, 0)), (DISPLAY_P3, (117, 251, 76), (0, 255, 0)),
     (DISPLAY_P3, (0, 0, 245), (0, 0, 255)), (ADOBE_RGB, (219, 0, 0), (255, 0, 0)),
     (ADOBE_RGB, (144, 255, 60), (0, 255, 0)), (ADOBE_RGB, (127, 127, 127), (127, 127, 127))],
)  # fmt: skip
@pytest.mark.parametrize("side", [40, 900])
def test_colours_are_those_of_the_profile(kind: str, icc: bytes, inside, meant, side: int):
    lossy = {"quality": 100} | ({"subsampling": "4:4:4"} if kind in ("JPEG", "AVIF") else {})
    options = {"JPEG": lossy, "AVIF": lossy, "WEBP": {"lossless": True}}.get(kind, {})
    data = saved(Image.new("RGB", (side, side), inside), kind, icc_profile=icc, **options)
    assert np.abs(np.subtract(middle(data), meant)).max() <= (8 if kind in ("JPEG", "AVIF") else 3)


def chain(*elements: bytes) -> bytes:
    """multiProcessElementsType of three channels (ICC.1:2022, 10.16); equal elements lie once."""
    table, body = b"", b"".join(dict.fromkeys(elements))
    for element in elements:
        begin = 16 + 8 * len(elements) + body.index(element)
        table += struct.pack(">II", begin, len(element))
    return b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, len(elements)) + table + body


def matrix(*numbers: float) -> bytes:
    """Nine of a matrix and three that are added (10.16.2.3)."""
    return b"matf" + bytes(4) + struct.pack(">HH12f", 3, 3, *numbers)


@pytest.mark.parametrize("count", [1, 2000])
def test_a_chain_of_elements_is_left_out_and_the_colours_are_those_of_the_other_tags(count: int):
    grey = matrix(*9 * [0.0], 0.2, 0.2, 0.2)  # whatever comes in
    chained = rgb_profile(P3, PARAMETRIC, D2B0=chain(*count * [grey]))
    assert len(chained) > len(DISPLAY_P3)
    data = saved(
        Image.new("RGB", (40, 40), (234, 51, 35)), "WEBP", lossless=True, icc_profile=chained
    )
    assert np.abs(np.subtract(middle(data), (255, 0, 0))).max() <= 3


def test_what_is_kept_of_an_upload_is_in_srgb_and_has_no_profile():
    data = saved(Image.new("RGB", (300, 200), (234, 51, 35)), "PNG", icc_profile=DISPLAY_P3)
    with Image.open(io.BytesIO(shrink_picture(data, side=SIDE))) as kept:
        assert "icc_profile" not in kept.info
        assert np.abs(np.subtract(kept.getpixel((9, 9)), (255, 0, 0))).max() <= 2


@pytest.mark.slow
@pytest.mark.skipif(not prefork.FORKS, reason="decoded in place where nothing forks")
def test_strangers_profiles_are_read_in_the_limited_process():
    data = saved(Image.new("RGB", (300, 200), (234, 51, 35)), "PNG", icc_profile=DISPLAY_P3)
    with Decoder() as decoder:
        there = decoder.read(data, resolution=8, channels=3)
    assert (there == read_picture(data, resolution=8, channels=3)).all()
    assert there[0, 0, 1] <= 2


def test_a_grey_profile_changes_greys():
    """A linear grey of a fifth is sRGB's 124: IEC 61966-2-1's formula."""
    linear = profile({b"kTRC": gamma(1.0)}, space=b"GRAY")
    for channels in (1, 3):
        data = saved(Image.new("L", (40, 40), 51), "PNG", icc_profile=linear)
        assert np.abs(np.subtract(middle(data, channels), 124)).max() <= 1
    deep = Image.fromarray(np.full((40, 40), 51 * 257, np.uint16))
    assert abs(middle(saved(deep, "TIFF", icc_profile=linear), 1)[0] - 124) <= 1


def test_transparency_and_palettes_have_their_colours_converted_too():
    half = Image.new("RGBA", (40, 40), (234, 51, 35, 128))
    data = saved(half, "PNG", icc_profile=DISPLAY_P3)
    assert np.abs(np.subtract(middle(data), (255, 127, 127))).max() <= 2  # over white
    few = Image.new("RGB", (40, 40), (234, 51, 35)).quantize(2)
    data = saved(few, "PNG", icc_profile=DISPLAY_P3)
    assert np.abs(np.subtract(middle(data), (255, 0, 0))).max() <= 2


def test_inks_have_the_colours_of_their_profile():
    """Of a press whose cyan, magenta and yellow print nothing: only black does."""
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lightness = [255 * (1 - (corner & 1)) for corner in range(16)]  # black changes fastest
    table += bytes(range(256)) * 4 + b"".join(bytes([v, 128, 128]) for v in lightness)
    press = profile({b"A2B0": table + bytes(range(256)) * 3}, space=b"CMYK", kind=b"prtr")
    press = press[:20] + b"Lab " + press[24:]
    for side in (40, 900):
        for inks, meant in (((255, 255, 255, 0), 255), ((255, 0, 0, 255), 0)):
            image = Image.new("CMYK", (side, side), inks)
            data = saved(image, "JPEG", icc_profile=press, quality=95)
            assert np.abs(np.subtract(middle(data), meant)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_in_srgb_is_read_as_without_a_profile(kind: str):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    plain, tagged = (
        read_picture(saved(Image.fromarray(noise), kind, **options), resolution=64, channels=3)
        for options in ({}, {"icc_profile": PLAIN_SRGB})
    )
    assert (plain == tagged).all()


BROKEN = {
    "empty": b"", "noise": bytes(range(256)) * 4, "half": DISPLAY_P3[: len(DISPLAY_P3) // 2],
    "no tags": profile({}), "of another space": profile({b"kTRC": gamma(1.0)}, space=b"GRAY"),
    "huge": DISPLAY_P3 + bytes(5 * 2**20),
    "tags beyond its end": DISPLAY_P3[:132] + b"\xff" * 200 + DISPLAY_P3[332:],
    "no space": DISPLAY_P3[:16] + b"\0\0\0\0" + DISPLAY_P3[20:],
}  # fmt: skip


@pytest.mark.parametrize("why", BROKEN)
def test_a_profile_that_is_no_use_leaves_the_picture_as_it_is(why: str):
    data = saved(Image.new("RGB", (40, 40), (234, 51, 35)), "TIFF", icc_profile=BROKEN[why])
    assert middle(data) == [234, 51, 35]


def test_any_flipped_byte_of_a_profile_is_colours_or_none():
    rng = np.random.default_rng(0)
    for _ in range(200):
        icc = bytearray(DISPLAY_P3)
        for at in rng.integers(0, len(icc), 3):
            icc[at] = rng.integers(256)
        data = saved(Image.new("RGB", (8, 8), (234, 51, 35)), "TIFF", icc_profile=bytes(icc))
        assert len(middle(data)) == 3


def with_chunks(*chunks: bytes) -> bytes:
    """A PNG with these iCCP chunks."""
    data = saved(Image.new("RGB", (40, 40), (234, 51, 35)), "PNG")
    at = data.index(b"IDAT") - 4
    made = [
        struct.pack(">I", len(c)) + b"iCCP" + c + struct.pack(">I", zlib.crc32(b"iCCP" + c))
        for c in chunks
    ]
    return data[:at] + b"".join(made) + data[at:]


LARGE = DISPLAY_P3 + bytes(3 * 2**20)  # a printer's has as much
PACKED = {
    "large": ([b"x\0\0" + zlib.compress(LARGE)], True),
    "gigabytes": ([b"x\0\0" + zlib.compress(bytes(64 * 2**20), 9)], False),
    "two": ([b"x\0\0" + zlib.compress(icc) for icc in (DISPLAY_P3, ADOBE_RGB)], True),
    "many that are large": ([b"x\0\0" + zlib.compress(bytes(5 * 2**20))] * 3, False),
    "of another method": ([b"x\0\1" + DISPLAY_P3], False),
    "without a name": ([b"x"], False),
    "nothing": ([b""], False),
    "damaged": ([b"x\0\0" + zlib.compress(DISPLAY_P3)[5:]], False),
}


@pytest.mark.parametrize("why", PACKED)
def test_a_png_is_read_with_its_profile_up_to_4_mb_and_else_without(why: str):
    chunks, is_used = PACKED[why]
    meant = (255, 0, 0) if is_used else (234, 51, 35)
    assert np.abs(np.subtract(middle(with_chunks(*chunks)), meant)).max() <= 2


# ---- greys of a TIFF ------------------------------------------------------------------------

UNSIGNED, SIGNED = 1, 2


def tiff(
    pixels: bytes, size: tuple[int, int], bits: int, *, samples: int = UNSIGNED, black: int = 1,
    channels: int = 1, planes: int = 1, order: str = "<", packed: bool = False,
) -> bytes:  # fmt: skip
    """A TIFF of one strip a plane, as TIFF 6.0 has it. black 0: white is zero; planes 2: apart."""
    body = zlib.compress(pixels) if packed else pixels
    strips = channels if planes == 2 else 1
    each = len(body) // strips
    short, long = 3, 4
    after = b"".join(struct.pack(order + "H", bits) for _ in range(channels)) + b"".join(
        struct.pack(order + "I", n)
        for n in [*(8 + i * each for i in range(strips)), *[each] * strips]
    )
    at = 8 + len(body)
    where, sizes = at + 2 * channels, at + 2 * channels + 4 * strips
    fields = [
        (256, long, 1, size[0]), (257, long, 1, size[1]),
        (258, short, channels, at if channels > 2 else bits),
        (259, short, 1, 8 if packed else 1), (262, short, 1, 2 if channels > 1 else black),
        (273, long, strips, where if strips > 1 else 8), (277, short, 1, channels),
        (278, long, 1, size[1]), (279, long, strips, sizes if strips > 1 else each),
        (284, short, 1, planes), (339, short, 1, samples),
    ]  # fmt: skip
    table = struct.pack(order + "H", len(fields))
    for tag, kind, count, value in fields:
        small = kind == short and count == 1
        table += struct.pack(order + "HHI", tag, kind, count)
        table += struct.pack(order + ("HH" if small else "I"), *((value, 0) if small else (value,)))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", at + len(after)) + body + after + table + bytes(4)


def packed_12(values: np.ndarray) -> bytes:
    """Two samples in three bytes, the first one's high bits first (TIFF 6.0, FillOrder 1)."""
    bits = "".join(f"{v:012b}" for v in values.ravel())
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


RAMP = np.tile(np.arange(64), (64, 1))  # black at the left
EXPECTED = np.linspace(0, 255, 64)


def grey_of(data: bytes) -> np.ndarray:
    return read_picture(data, resolution=64, channels=1, limits=LOCAL)[32, :, 0].astype(int)


def test_twelve_bits_reach_from_black_to_white():
    deep = (RAMP * 65).astype(int)  # to 4,095
    data = tiff(packed_12(deep), (64, 64), 12)
    assert np.abs(grey_of(data) - EXPECTED).max() <= 1


@pytest.mark.parametrize("kept", ["whole", "in bands"])
def test_white_is_zero_where_the_file_says_so(kept: str):
    side = 64 if kept == "whole" else 1600
    wide = np.repeat((RAMP[:1] * (65535 / 63)).astype("<u2"), side // 64, 1)
    data = tiff(np.repeat(wide, side, 0).tobytes(), (side, side), 16, black=0)
    assert np.abs(grey_of(data) - EXPECTED[::-1]).max() <= (1 if side == 64 else 8)


def test_32_unsigned_bits_do_not_wrap_around_and_16_signed_ones_reach_white():
    wide = (RAMP * (2**32 - 1) // 63).astype("<u4")
    assert np.abs(grey_of(tiff(wide.tobytes(), (64, 64), 32)) - EXPECTED).max() <= 1
    signed = (RAMP * 65535 // 63 - 32768).astype("<i2")
    data = tiff(signed.tobytes(), (64, 64), 16, samples=SIGNED)
    assert np.abs(grey_of(data) - EXPECTED).max() <= 1


def test_a_tiff_that_would_be_garbled_is_refused():
    wide = np.stack([(RAMP * 1040).astype("<u2")] * 3)
    with pytest.raises(DataError, match="16-bit colours in planes is not read here"):
        grey_of(tiff(wide.tobytes(), (64, 64), 16, channels=3, planes=2))
    eight = np.stack([(RAMP * 4).astype(np.uint8)] * 3)
    assert grey_of(tiff(eight.tobytes(), (64, 64), 8, channels=3, planes=2))[-1] == 252
    signed = (RAMP * 500).astype(">i2").tobytes()
    assert grey_of(tiff(signed, (64, 64), 16, samples=SIGNED, order=">"))[-1] == 255
    with pytest.raises(DataError, match="signed or real numbers is not read here"):
        grey_of(tiff(signed, (64, 64), 16, samples=SIGNED, order=">", packed=True))
