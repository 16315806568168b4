"""Evaluations kept on disk, so that the same question is answered at once the next time."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gan.data import ImageSet
from gan.errors import WeightsError
from gan.files import data_root, read_json, write_json
from gan.metrics.evaluate import VERSION, Evaluation, Metric, Neighbour


def results_dir() -> Path:
    """Where results are kept.

    GAN_CACHE_DIR, or cache/ in GAN_DATA_DIR, or gan-atelier in the user's cache folder.
    """
    given, data = os.environ.get("GAN_CACHE_DIR"), data_root()
    if not given and data:
        return data / "cache"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(home) / "gan-atelier"


class Results:
    """Evaluations by weights, data and settings. A folder that cannot be written keeps nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or results_dir()) / "evaluations"

    def get(self, revision: str, data: ImageSet, *, count: int, seed: int) -> Evaluation | None:
        """What was measured before, or None; a damaged file is as good as none."""
        with suppress(WeightsError, KeyError, TypeError, ValueError):
            return from_json(read_json(self._path(revision, data, count, seed)))
        return None

    def put(self, found: Evaluation, data: ImageSet, *, count: int) -> None:
        """Keep `found`, which was asked for with `count`."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(found.revision, data, count, found.seed)
            write_json(path, found.to_json())

    def of(self, revision: str) -> list[Evaluation]:
        """All that is known of one model, newest first."""
        files = sorted(
            self.folder.glob(f"{revision[:16]}-*.json"),
            key=lambda f: f.stat().st_mtime,
            reverse=True,
        )
        found = []
        for file in files:
            with suppress(WeightsError, KeyError, TypeError, ValueError):
                found.append(from_json(read_json(file)))
        return [f for f in found if f.revision == revision]

    def _path(self, revision: str, data: ImageSet, count: int, seed: int) -> Path:
        asked = json.dumps([VERSION, revision, fingerprint(data), count, seed])
        return (
            self.folder / f"{revision[:16]}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"
        )


def fingerprint(data: ImageSet) -> str:
    """Changes with any pixel."""
    digest = hashlib.sha256(f"{data.name} {tuple(data.pixels.shape)}".encode())
    digest.update(data.pixels.contiguous().numpy().tobytes())
    return digest.hexdigest()


def from_json(plain: Any) -> Evaluation:
    """The evaluation that `to_json` gave; raises KeyError or TypeError for anything else."""
    if not isinstance(plain, Mapping):
        raise TypeError(f"an evaluation is an object, not {type(plain).__name__}")
    derived = ("fd", "fd_floor")
    fields = {k: v for k, v in plain.items() if k not in derived}
    fields["metrics"] = tuple(Metric(**m) for m in plain["metrics"])
    fields["nearest"] = tuple(Neighbour(**n) for n in plain["nearest"])
    return Evaluation(**fields)
