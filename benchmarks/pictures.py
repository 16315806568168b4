"""Pictures made by formula or read from a user's files, for trainings that no threshold knows."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from gan.data import ImageSet

COUNT = 1200


def shapes(seed: int, resolution: int) -> ImageSet:
    """Discs, boxes, crosses and rings of any colour, size and place on a coloured ground."""
    draw = torch.Generator().manual_seed(seed + 900)
    x, y = _grid(resolution)
    kind = torch.randint(4, (COUNT,), generator=draw)
    cx, cy, size = (_uniform(draw, a, b) for a, b in ((-0.4, 0.4), (-0.4, 0.4), (0.25, 0.6)))
    dx, dy = (x - cx).abs(), (y - cy).abs()
    away = (dx**2 + dy**2).sqrt()
    masks = torch.stack([
        away < size, torch.maximum(dx, dy) < size,
        (torch.minimum(dx, dy) < 0.35 * size) & (torch.maximum(dx, dy) < size),
        (away < size) & (away > 0.55 * size),
    ])  # fmt: skip
    mask = masks[kind, torch.arange(COUNT)].unsqueeze(1)  # (N, 1, H, W)
    front, back = (torch.rand(COUNT, 3, 1, 1, generator=draw) for _ in range(2))
    return _images("shapes", torch.where(mask, front, back))


def gradients(seed: int, resolution: int) -> ImageSet:
    """Smooth blends of four random corner colours: wide in colour, poor in form."""
    draw = torch.Generator().manual_seed(seed + 901)
    corners = torch.rand(COUNT, 3, 2, 2, generator=draw)
    size = (resolution, resolution)
    return _images("gradients", torch.nn.functional.interpolate(corners, size, mode="bilinear"))


def waves(seed: int, resolution: int) -> ImageSet:
    """Grey gratings of any direction and pitch with a soft edge."""
    draw = torch.Generator().manual_seed(seed + 902)
    x, y = _grid(resolution)
    angle, pitch, phase = (_uniform(draw, 0, b) for b in (3.1416, 1.0, 6.2832))
    along = x * angle.cos() + y * angle.sin()
    value = 0.5 + 0.5 * torch.sin((3 + 9 * pitch) * along + phase)
    fade = torch.exp(-(x**2 + y**2))
    return _images("waves", (value * fade).unsqueeze(1))


def mnist(seed: int, resolution: int) -> ImageSet:
    """MNIST's 10,000 test digits from the folder that MNIST_DIR names."""
    folder = Path(os.environ["MNIST_DIR"])
    pixels = _idx(folder / "mnist-t10k-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)
    labels = _idx(folder / "mnist-t10k-labels-idx1-ubyte.gz", 8).long()
    if resolution and resolution != 28:
        size = (resolution, resolution)
        small = torch.nn.functional.interpolate(pixels.float(), size, mode="area")
        pixels = small.round().to(torch.uint8)
    return ImageSet("mnist", pixels, labels=labels, class_names=tuple("0123456789"))


def _idx(file: Path, header: int) -> Tensor:
    return torch.frombuffer(
        bytearray(gzip.decompress(file.read_bytes())[header:]), dtype=torch.uint8
    )


def _grid(resolution: int) -> tuple[Tensor, Tensor]:
    line = torch.linspace(-1, 1, resolution)
    return line.view(1, 1, -1), line.view(1, -1, 1)


def _uniform(draw: torch.Generator, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(COUNT, 1, 1, generator=draw)


def _images(name: str, x: Tensor) -> ImageSet:
    return ImageSet(name, (255 * x.clamp(0, 1)).round().to(torch.uint8).contiguous())


PICTURES: dict[str, Callable[[int, int], ImageSet]] = {
    "shapes": shapes, "gradients": gradients, "waves": waves, "mnist": mnist,
}  # fmt: skip
