"""The only place that converts [-1, 1] NCHW <-> uint8 NHWC <-> PNG, WebP, and tiles grids."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

Pixels = NDArray[np.uint8]  # of points in the plane (N, 1, 1, 2) float32: drawn by `scatter`
POINT_CHANNELS = 2  # x and y; a picture has 1, 3 or 4
SCATTER_PX = 510  # no multiple of 8, as sheets of 8 x 8 are: the page tells them by that
PAPER, AXIS = 250, 228
DOT_PX = 2.0  # radius of the dot in a point's own picture
INK, INK_BEHIND = (17, 112, 92), (188, 190, 194)
INK_OF_REAL = (31, 29, 26)  # where real points stand alone: green is what a model makes
TIFF_BITS, TIFF_PHOTOMETRIC, TIFF_SAMPLES = 258, 262, 339  # tags; of TIFF 6.0
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's convert("L")


def to_pixels(x: Tensor) -> Pixels:
    """x (N, C, H, W) in [-1, 1] as uint8 (N, H, W, C); values outside are clipped.

    Points of the plane, (N, 2, 1, 1), keep their coordinates, float32 (N, 1, 1, 2).
    """
    if x.shape[1] == POINT_CHANNELS:
        return x.detach().float().cpu().permute(0, 2, 3, 1).contiguous().numpy()
    scaled = (x.detach().float().cpu() + 1) * 127.5
    pixels = scaled.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    return pixels.contiguous().numpy()


def from_pixels(pixels: Pixels) -> Tensor:
    """uint8 (N, H, W, C) as float32 (N, C, H, W) in [-1, 1]; the inverse of `to_pixels`."""
    x = (
        torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
        .permute(0, 3, 1, 2)
        .contiguous()
    )
    return normalise(x)


def normalise(x: Tensor) -> Tensor:
    """uint8 in [0, 255] as float32 in [-1, 1], any shape; points of the plane are that already."""
    return x if x.is_floating_point() else x.float().div_(127.5).sub_(1)


def opaque(x: Tensor) -> Tensor:
    """x (N, 4, H, W) in [-1, 1] composited over white, (N, 3, H, W); grey and colour are
    unchanged."""
    if x.shape[1] != 4:
        return x
    alpha = (x[:, 3:] + 1) / 2
    return x[:, :3] * alpha + (1 - alpha)


def shrink(x: Tensor, side: int) -> Tensor:
    """x (N, C, H, W) downscaled to at most `side` px, antialiased; smaller ones are unchanged."""
    height, width = x.shape[2:]
    if max(height, width) <= side:
        return x
    scale = side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    return F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)


def tile(pixels: Pixels, columns: int, *, gap: int = 0, background: int = 0) -> Pixels:
    """Images (N, H, W, C) as one sheet (H', W', C), row by row, with `gap` px between them.

    Points of the plane are one picture, all in the same axes.
    """
    if are_points(pixels):
        return scatter(pixels)
    count, height, width, channels = pixels.shape
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    sheet = np.full(shape, background, np.uint8)
    for i, image in enumerate(pixels):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def real_sheet(pixels: Pixels, columns: int) -> Pixels:
    """As `tile` without gaps, of real images; real points have a colour of their own."""
    return scatter(pixels, ink=INK_OF_REAL) if are_points(pixels) else tile(pixels, columns)


def untile(sheet: Pixels, size: int) -> Pixels:
    """A sheet (H', W', C) without gaps cut into its images (N, size, size, C), row by row."""
    rows, columns, channels = sheet.shape[0] // size, sheet.shape[1] // size, sheet.shape[2]
    cut = sheet[: rows * size, : columns * size].reshape(rows, size, columns, size, channels)
    return cut.transpose(0, 2, 1, 3, 4).reshape(-1, size, size, channels)


def are_points(pixels: Pixels) -> bool:
    """Whether the last axis holds x and y: images have 1, 3 or 4 channels."""
    return bool(pixels.shape[-1] == POINT_CHANNELS)


def dots(points: Tensor, line: Tensor, axes: Tensor, *, ink: tuple[int, int, int] = INK) -> Tensor:
    """points (N, 2) as pictures (N, 3, side, side) in [-1, 1], a dot in each; y up.

    line (side,): the pixels' middles in [-1, 1]; axes (side, side): what lies below, in grey; ink:
    the colour of the dots. It has gradients.
    """
    covered = _covered(points, line).unsqueeze(1)
    colour = (points.new_tensor(ink) / 127.5 - 1).view(3, 1, 1)
    return axes * (1 - covered) + colour * covered


def _covered(points: Tensor, line: Tensor) -> Tensor:
    """How much of each pixel a dot covers, 0 to 1, (N, side, side)."""
    x, y = points.unsqueeze(2).unbind(1)  # (N, 1) each
    right, up = (line - x).unsqueeze(1), (-line - y).unsqueeze(2)
    away = (right.square() + up.square() + 1e-12).sqrt() * (len(line) / 2)  # px
    return (DOT_PX + 0.5 - away).clamp(0, 1)


def plane_of(side: int, behind: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """`line` and `axes` for `dots`. behind: points (N, 2) to lie faintly below."""
    line = (torch.arange(side) + 0.5) * (2 / side) - 1
    axes = torch.full((side, side), PAPER / 127.5 - 1)
    axes[side // 2] = axes[:, side // 2] = AXIS / 127.5 - 1
    if behind is not None and len(behind):
        ink = _covered(behind, line).amax(0)
        axes = axes * (1 - ink) + (INK_BEHIND[0] / 127.5 - 1) * ink
    return line, axes


def scatter(
    points: Pixels,
    *,
    behind: Pixels | None = None,
    side: int = SCATTER_PX,
    ink: tuple[int, int, int] = INK,
) -> Pixels:
    """Points of the plane in [-1, 1], y up, as a picture (side, side, 3).

    behind: others below them in grey, such as the real ones; ink: the colour of the points. Points
    outside are left out, and NaN.
    """
    picture = np.full((side, side, 3), PAPER, np.float32)
    middle = side // 2
    picture[middle], picture[:, middle] = AXIS, AXIS
    for some, tone in ((behind, INK_BEHIND), (points, ink)):
        if some is not None:
            cover = _discs(some.reshape(-1, 2), side)[..., None]
            picture = picture * (1 - cover) + np.array(tone, np.float32) * cover
    return picture.round().astype(np.uint8)


def _discs(points: NDArray[Any], side: int) -> NDArray[np.float32]:
    """How far discs around points (N, 2) cover each pixel, (side, side) in [0, 1]."""
    radius = max(1.5, side / 200)
    reach = int(radius) + 1
    inside = points[(np.abs(points) <= 1).all(1)]
    at = np.stack([1 + inside[:, 0], 1 - inside[:, 1]], 1) / 2 * (side - 1)  # px from top left
    step = np.arange(-reach, reach + 1)
    dx, dy = (d.ravel() for d in np.meshgrid(step, step))
    x, y = at[:, :1].round() + dx, at[:, 1:].round() + dy
    cover = np.clip(radius + 0.5 - np.hypot(x - at[:, :1], y - at[:, 1:]), 0, 1)
    padded = np.zeros((side + 2 * reach,) * 2, np.float32)
    np.maximum.at(padded, (y.astype(int) + reach, x.astype(int) + reach), cover.astype(np.float32))
    return padded[reach:-reach, reach:-reach]


class GreyRange(NamedTuple):
    """The values of black and white; white is the lower one where a TIFF says so."""

    black: float
    white: float
    unsigned: bool = False  # 32 bits that are kept as signed ones


def to_pil(image: Pixels) -> Image.Image:
    """One image (H, W, C) with C of 1, 3 or 4, or a point of the plane."""
    if are_points(image):
        return Image.fromarray(scatter(image))
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def from_pil(image: Image.Image, channels: int, *, levels: GreyRange | None = None) -> Pixels:
    """A picture as (H, W, channels) uint8; 16 bits are scaled, alpha is composited over white.

    A plain convert("L") clips 16-bit greys to white and drops alpha onto black. With 4 channels
    transparency is kept. levels: `grey_range` of the whole picture, if this is a part.
    """
    if image.mode.startswith(("I", "F")):
        image = _from_wide(image, levels or grey_range(image))
    if channels == 4:
        return np.asarray(image.convert("RGBA"))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    array = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return array.reshape(*array.shape[:2], channels)


def grey_range(image: Image.Image) -> GreyRange:
    """Black and white of 12-, 16- or 32-bit grey: by the depth of the samples where they are
    unsigned and have 12 or 16 bits, else by the range of the values."""
    if not image.mode.startswith(("I", "F")):
        return GreyRange(0.0, 255.0)
    tags = getattr(image, "tag_v2", {})  # of a TIFF; no other format has them
    bits, signed = _first(tags, TIFF_BITS, 16), _first(tags, TIFF_SAMPLES, 1) != 1
    if image.mode == "I;16B":  # of which Pillow has no extrema
        pixels = np.asarray(image)
        low, high = float(pixels.min()), float(pixels.max())
    else:
        low, high = (float(v) for v in image.getextrema())  # type: ignore[arg-type]
    if bits == 32 and not signed and low < 0:  # Pillow keeps them as signed ones
        found = GreyRange(0.0, 2.0**32 - 1, unsigned=True)
    elif image.mode.startswith("I") and high <= 65535 and not signed:
        found = GreyRange(min(0.0, low), 4095.0 if bits == 12 else 65535.0)
    else:
        found = GreyRange(min(0.0, low), high)
    inverted = _first(tags, TIFF_PHOTOMETRIC, 1) == 0
    return GreyRange(found.white, found.black, found.unsigned) if inverted else found


def _first(tags: Any, tag: int, default: int) -> int:
    found = tags.get(tag, default)
    return int(found[0] if isinstance(found, tuple) and found else found)


def _from_wide(image: Image.Image, levels: GreyRange) -> Image.Image:
    """12-, 16- or 32-bit grey to 8-bit grey."""
    pixels = np.asarray(image)
    if levels.unsigned:
        pixels = pixels.view(np.uint32)
    scaled = (pixels.astype(np.float64) - levels.black) / (levels.white - levels.black or 1) * 255
    return Image.fromarray(np.nan_to_num(scaled).clip(0, 255).round().astype(np.uint8))


def encode_png(image: Pixels, *, text: Mapping[str, str] | None = None) -> bytes:
    """One image (H, W, C) as PNG, with `text` in its text chunks."""
    info = PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "PNG", pnginfo=info, compress_level=6)
    return buffer.getvalue()


def encode_webp(image: Pixels, *, lossless: bool = True, quality: int = 80) -> bytes:
    """One image (H, W, C) as WebP."""
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "WEBP", lossless=lossless, quality=quality, method=0)
    return buffer.getvalue()


def encode_film(frames: list[Pixels], *, ms_per_frame: int, quality: int = 70) -> bytes:
    """Frames (H, W, C) as one looping animated WebP."""
    pictures = [to_pil(f).convert("RGB") for f in frames]
    return encode_film_pictures(pictures, ms_per_frame=ms_per_frame, quality=quality)


def encode_film_pictures(
    pictures: list[Image.Image], *, ms_per_frame: int, quality: int = 70
) -> bytes:
    """Pillow images as one looping animated WebP."""
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=ms_per_frame,
        loop=0,
        quality=quality,
        method=4,
    )
    return buffer.getvalue()
