"""Size limits of input, by source: one's own computer, or a visitor of a public server."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20
JPEG_PIXELS = 256_000_000  # phones produce 200 million; JPEG is downscaled while decoding
DECODE_BYTES = 250 * MIB  # maximum while one picture is decoded
MAX_ASPECT = 20
VISITORS_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
LOCAL_FORMATS = (*VISITORS_FORMATS, "TIFF", "AVIF")
ENDINGS = {
    "PNG": (".png", ".apng"), "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe", ".jif"),
    "WEBP": (".webp",), "BMP": (".bmp", ".dib"), "GIF": (".gif",), "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
}  # fmt: skip


@dataclass(frozen=True)
class ReadLimits:
    """Limits for reading a folder, zip or upload; anything beyond is counted as skipped."""

    images: int  # from a larger set this many are drawn at random
    members: int  # files of an upload or zip, and those listed in its zips
    table_bytes: int  # of all its dataset.json together: parsed they need 30 times as much
    total_bytes: int  # total bytes, counted while reading
    file_bytes: int  # per picture
    pixels: int  # per picture, unless it is a JPEG
    seconds: float
    formats: tuple[str, ...]


LOCAL = ReadLimits(
    images=100_000, members=2_000_000, table_bytes=64 * MIB, total_bytes=64 * 2**30,
    file_bytes=100 * MIB, pixels=50_000_000, seconds=float("inf"), formats=LOCAL_FORMATS,
)  # fmt: skip
PUBLIC = ReadLimits(
    images=2000, members=50_000, table_bytes=4 * MIB, total_bytes=200 * MIB, file_bytes=10 * MIB,
    pixels=16_000_000, seconds=30.0, formats=VISITORS_FORMATS,
)  # fmt: skip


def format_names(formats: tuple[str, ...]) -> str:
    """`PNG, JPEG, WebP, BMP, GIF`: without a conjunction, so that it fits any language."""
    return ", ".join(format_titles(formats))


def format_titles(formats: tuple[str, ...]) -> list[str]:
    """Formats as they are written in a sentence."""
    return ["WebP" if name == "WEBP" else name for name in formats]
