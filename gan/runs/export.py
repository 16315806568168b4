"""Exports samples to files: a sheet, arrays, or a zip of single images."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gan.errors import ConfigError, suggest
from gan.files import write_atomic
from gan.images import Pixels, encode_png, encode_webp, tile
from gan.sampling import Samples

MAX_SHEET = 10_000


def check_out(out: Path, count: int) -> None:
    """Raises ConfigError unless `count` samples can be written to `out`; called before the work."""
    if out.suffix.lower() not in ENCODERS:
        raise ConfigError(
            "--out must end in .png, .webp, .npz or .zip, got {got}; {hint}",
            got=repr(out.name),
            hint=suggest(out.suffix.lower(), ENCODERS),
        )
    if not out.parent.is_dir():
        raise ConfigError(
            "the folder of {out} must exist, it does not; make it first", out=repr(str(out))
        )
    if out.is_dir():
        raise ConfigError(
            "--out must be a file, {out} is a folder; name a file in it", out=repr(str(out))
        )
    if count > MAX_SHEET and out.suffix.lower() in (".png", ".webp"):
        raise ConfigError(
            "a sheet holds {max_sheet} samples, got {got}; use .npz or .zip",
            max_sheet=f"{MAX_SHEET:,}",
            got=f"{count:,}",
        )


def write_samples(out: Path, samples: Samples, class_names: tuple[str, ...]) -> None:
    """Write samples to `out` in the format of its suffix; raises ConfigError where `check_out`
    does."""
    check_out(out, len(samples.pixels))
    write_atomic(out, ENCODERS[out.suffix.lower()](samples, class_names))


def _sheet(samples: Samples) -> Pixels:
    return tile(samples.pixels, math.ceil(math.sqrt(len(samples.pixels))))


def _npz(samples: Samples, class_names: tuple[str, ...]) -> bytes:
    """images uint8 (N, H, W, C), seeds int64 (N,) and, with classes, labels (N,)."""
    arrays = {"images": samples.pixels, "seeds": samples.seeds}
    if samples.labels is not None:
        arrays["labels"] = samples.labels
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _zip(samples: Samples, class_names: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    labels = [None] * len(samples.seeds) if samples.labels is None else samples.labels.tolist()
    with zipfile.ZipFile(buffer, "w") as archive:
        for pixels, seed, label in zip(samples.pixels, samples.seeds, labels, strict=True):
            text = {"seed": str(seed)}
            if label is not None:
                text["class"] = class_names[label] if label < len(class_names) else str(label)
            archive.writestr(f"{int(seed):07d}.png", encode_png(pixels, text=text))
    return buffer.getvalue()


ENCODERS: dict[str, Callable[[Samples, tuple[str, ...]], bytes]] = {
    ".png": lambda samples, names: encode_png(_sheet(samples)),
    ".webp": lambda samples, names: encode_webp(_sheet(samples)),
    ".npz": _npz,
    ".zip": _zip,
}
