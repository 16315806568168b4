"""Any image dataset on the Hugging Face Hub, by id, through the library `datasets`."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import numpy as np
import torch

from gan.data.imageset import ImageSet
from gan.data.pictures import read_picture
from gan.errors import DataError, GanError
from gan.images import Pixels

REPO_ID = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}")
MAX_IMAGES = 100_000


def load_hub(repo: str, *, resolution: int, channels: int, split: str = "train") -> ImageSet:
    """The images of `owner/name[@revision]`, at most 100,000, with its labels where it has some.

    No token is sent. Raises DataError where it cannot be had or holds no images.
    """
    repo, _, revision = repo.partition("@")
    if not REPO_ID.fullmatch(repo):
        raise DataError(
            f"a dataset on the Hub is owner/name, got {repo!r}; for example hub:mnist/mnist"
        )
    table = _fetch(repo, revision or None, split)
    image_key, label_key, names = _columns(repo, table.features)
    pixels, labels, skipped, origin = _decode(table, image_key, label_key, resolution, channels)
    if len(pixels) < 2:
        raise DataError(
            f"{repo} must hold at least 2 readable images, got {len(pixels)}; choose another"
        )
    report = f"{len(pixels):,} images of {repo}" + (
        f"; skipped {skipped:,} unreadable" if skipped else ""
    )
    stacked = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return ImageSet(repo, stacked, torch.tensor(labels) if names else None, names, report, origin)


def _fetch(repo: str, revision: str | None, split: str) -> Any:
    from datasets import Image as ImageFeature  # noqa: PLC0415 - two seconds to import
    from datasets import load_dataset  # noqa: PLC0415

    try:
        table = load_dataset(repo, split=split, revision=revision, token=False)
        for name, feature in table.features.items():
            if isinstance(feature, ImageFeature):  # bytes, so that our own limits apply
                table = table.cast_column(name, ImageFeature(decode=False))
        return table
    except GanError:
        raise
    except Exception as error:  # the client raises dozens of types; the reason is in the text
        raise DataError(
            f"the dataset {repo} could not be had from the Hub ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:160] if str(error) else 'no reason given'}); check its "
            f"name and your connection, or use folder:PATH"
        ) from error


def _columns(repo: str, features: Any) -> tuple[str, str, tuple[str, ...]]:
    from datasets import ClassLabel  # noqa: PLC0415
    from datasets import Image as ImageFeature  # noqa: PLC0415

    image = next((k for k, f in features.items() if isinstance(f, ImageFeature)), None)
    if image is None:
        raise DataError(
            f"{repo} must have an image column, got {', '.join(features)}; choose another"
        )
    label = next((k for k, f in features.items() if isinstance(f, ClassLabel)), "")
    names = tuple(features[label].names) if label else ()
    return image, label, names


def _decode(
    table: Any, image_key: str, label_key: str, resolution: int, channels: int
) -> tuple[list[Pixels], list[int], int, str]:
    digest = hashlib.sha256()
    pixels: list[Pixels] = []
    labels: list[int] = []
    skipped = 0
    for row in table.select(range(min(len(table), MAX_IMAGES))):
        try:
            data = _bytes_of(row[image_key])
            pixels.append(read_picture(data, resolution=resolution, channels=channels))
            labels.append(int(row[label_key]) if label_key else 0)
            digest.update(hashlib.sha256(data).digest())
        except DataError:
            skipped += 1
    return pixels, labels, skipped, digest.hexdigest()


def _bytes_of(cell: Any) -> bytes:
    if isinstance(cell, dict) and cell.get("bytes"):
        return bytes(cell["bytes"])
    if hasattr(cell, "save"):
        buffer = io.BytesIO()
        cell.save(buffer, "PNG")
        return buffer.getvalue()
    raise DataError("not an image")
