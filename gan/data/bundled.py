"""Bundled data sets: garments, cats, emoji, digits, points; the full Fashion-MNIST if available."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan.data.cats import COATS, PX, load_cats
from gan.data.hub import load_hub
from gan.data.imageset import ImageSet
from gan.data.plane import MODES, load_plane
from gan.data.stacked import stacked
from gan.errors import DataError
from gan.images import untile
from gan.presets import DataShape

FILES = Path(__file__).parent / "files"
FASHION_CLASSES = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
DIGIT_CLASSES = tuple("0123456789")
EMOJI_COUNT = 3916
EMOJI_GROUPS = (  # Unicode's groups; "People & Body" by its subgroups, "Activities" with "Objects"
    "Face", "Person", "Action", "Couple", "Hand", "Nature", "Food", "Travel", "Object", "Symbol",
    "Flag",
)  # fmt: skip
FASHION_REPO = "zalando-datasets/fashion_mnist"
# Debian's package dataset-fashion-mnist; GAN_FASHION_DIR overrides the location of the four files
DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")
# `ImageSet.origin` of each set. A run from before 0.4.0 names its data alone, and GAN_FASHION_DIR
# may hold other files than these.
ORIGINS = {
    "fashion": "af474cd5c0e92db239632bf658884d40ea208d5774045111f8fa40e9b3e63690",
    "fashion-full": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
    "emoji": "c937120a99584703df9928e3730e30e12280c299dca115d77694aa2dcd2d3daa",
    # the same pixels
    "emoji-groups": "c937120a99584703df9928e3730e30e12280c299dca115d77694aa2dcd2d3daa",
    "cats": "4c6c6a3401b7f61b41291ee08538e05c76c5cfd1a9fdbee3a36d9fdbf0083e20",
    "digits": "b41ca9fd335466eee997366c2e6f6bbe0a1b4582afe091fc4eba35f4a254182f",
}
TEST_ORIGIN = "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a"


def _fashion() -> ImageSet:
    with np.load(FILES / "fashion.npz") as data:
        pixels, labels = data["images"], data["labels"]
    return ImageSet(
        "fashion", _grey(pixels), torch.from_numpy(labels).long(), FASHION_CLASSES,
        "10,000 images of Fashion-MNIST's train split, 1,000 a class",
    )  # fmt: skip


def fashion_dir() -> Path | None:
    """The folder with the four idx files of Fashion-MNIST, or None."""
    folder = Path(os.environ.get("GAN_FASHION_DIR", DEBIAN_FASHION))
    return folder if (folder / "train-images-idx3-ubyte.gz").is_file() else None


def _fashion_full(split: str = "train") -> ImageSet:
    folder = fashion_dir()
    if folder is None:
        return load_hub(FASHION_REPO, resolution=28, channels=1, split=split)
    prefix = "train" if split == "train" else "t10k"
    pixels = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    return ImageSet(
        "fashion-full", _grey(pixels), torch.from_numpy(labels).long(), FASHION_CLASSES,
        f"{len(labels):,} images of Fashion-MNIST's {split} split",
    )  # fmt: skip


def read_idx(path: Path) -> np.ndarray:
    """A gzipped idx file of unsigned bytes (MNIST's format) as an array."""
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\x00\x00\x08" or len(data) < 4 + 4 * data[3]:
        raise DataError(
            "{name} must be an idx file of bytes, got other content; fetch it anew", name=path.name
        )
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy()


def _emoji() -> ImageSet:
    with Image.open(FILES / "emoji.webp") as sheet:
        tiles = untile(np.asarray(sheet.convert("RGB")), 32)[:EMOJI_COUNT]
    pixels = torch.from_numpy(tiles).permute(0, 3, 1, 2).contiguous()
    return ImageSet("emoji", pixels, report=f"{EMOJI_COUNT:,} Noto colour emoji")


def _emoji_groups() -> ImageSet:
    # a hexadecimal digit an emoji, a line a row of the sheet; a set of its own, since runs of
    # `emoji` go on without classes
    digits = (FILES / "emoji-groups.txt").read_text("ascii").replace("\n", "")
    return replace(
        _emoji(), name="emoji-groups", labels=torch.tensor([int(digit, 16) for digit in digits]),
        class_names=EMOJI_GROUPS, report=f"{EMOJI_COUNT:,} Noto colour emoji in eleven groups",
    )  # fmt: skip


def _digits() -> ImageSet:
    # scikit-learn's file without its package, which takes two seconds to import
    file = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    rows = np.loadtxt(str(file), delimiter=",")  # 64 grey levels of 0 to 16, then the digit
    pixels = (rows[:, :64].reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    return ImageSet(
        "digits", _grey(pixels), torch.from_numpy(rows[:, 64]).long(), DIGIT_CLASSES,
        f"{len(pixels):,} handwritten digits of scikit-learn",
    )  # fmt: skip


def _stacked_digits() -> ImageSet:
    return stacked(load_bundled("digits"), name="stacked-digits")


def _grey(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).unsqueeze(1)  # (N, 1, H, W)


def _plane(name: str, summary: str) -> Bundled:
    return Bundled(partial(load_plane, name), DataShape(1, 2, MODES.get(name, ())), summary)


class Bundled(NamedTuple):
    """How to load a set, and its shape without loading it."""

    load: Callable[[], ImageSet]
    shape: DataShape
    summary: str


BUNDLED: dict[str, Bundled] = {
    "fashion": Bundled(_fashion, DataShape(28, 1, FASHION_CLASSES), "10,000 garments, 28 px grey"),
    "fashion-full": Bundled(
        _fashion_full, DataShape(28, 1, FASHION_CLASSES),
        "all 60,000 garments, from Debian's package or the Hub",
    ),
    "emoji": Bundled(_emoji, DataShape(32, 3, ()), "3,916 emoji, 32 px colour"),
    "emoji-groups": Bundled(
        _emoji_groups, DataShape(32, 3, EMOJI_GROUPS), "the same 3,916 emoji, in eleven groups"
    ),
    "cats": Bundled(
        partial(load_cats, FILES / "cats.webp"), DataShape(PX, 3, COATS),
        "8,000 drawn cats in fifteen colours, 64 px colour",
    ),
    "digits": Bundled(_digits, DataShape(8, 1, DIGIT_CLASSES), "1,797 handwritten digits, 8 px"),
    "stacked-digits": Bundled(
        _stacked_digits, DataShape(8, 3, ()), "three digits as red, green and blue: 1,000 modes"
    ),
    "ring": _plane("ring", "points: eight Gaussians on a circle"),
    "grid": _plane("grid", "points: 25 Gaussians, five by five"),
    "spiral": _plane("spiral", "points along a spiral"),
    "moons": _plane("moons", "points along two half circles that interlock"),
    "line": _plane("line", "points along a line"),
}  # fmt: skip


@lru_cache(maxsize=2)
def load_bundled(name: str) -> ImageSet:
    """A set by name, loaded once per process."""
    return _with_origin(BUNDLED[name].load())


def _with_origin(images: ImageSet) -> ImageSet:
    if images.origin:  # drawn from a seed: the last bits may differ between machines
        return images
    digest = hashlib.sha256(images.pixels.contiguous().numpy().tobytes())
    return replace(images, origin=digest.hexdigest())


@lru_cache(maxsize=1)
def fashion_test() -> ImageSet:
    """The 10,000 test images of Fashion-MNIST, from Debian's package or the Hub."""
    return _with_origin(_fashion_full("test"))
