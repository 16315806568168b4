"""Evaluations cached on disk, so that repeating one is immediate."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan.data import ImageSet, Seen, unseen_images
from gan.errors import WeightsError
from gan.files import data_root, read_json, write_json
from gan.metrics.evaluation import VERSION, Evaluation, Metric, ModesCaught, Neighbour
from gan.metrics.judges import JUDGES, JudgeName, judge_of
from gan.metrics.missing import Missing


def results_dir() -> Path:
    """The cache folder for results.

    GAN_CACHE_DIR, or cache/ in GAN_DATA_DIR, or gan-atelier in the user's cache folder.
    """
    given, data = os.environ.get("GAN_CACHE_DIR"), data_root()
    if not given and data:
        return data / "cache"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(home) / "gan-atelier"


class Results:
    """Evaluations keyed by weights, data and settings. An unwritable folder caches nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or results_dir()) / "evaluations"

    def get(
        self,
        revision: str,
        data: ImageSet,
        *,
        count: int,
        seed: int,
        seen: Seen = (),
        judge: JudgeName = "own",
    ) -> Evaluation | None:
        """The cached result, or None; a damaged file counts as missing.

        seen: the model's training data. The same weights pulled from the Hub come without it.
        """
        with suppress(WeightsError, KeyError, TypeError, ValueError):
            return from_json(read_json(self._path(revision, data, count, seed, seen, judge)))
        return None

    def put(
        self,
        found: Evaluation,
        data: ImageSet,
        *,
        count: int,
        seen: Seen = (),
        judge: JudgeName = "own",
    ) -> None:
        """Cache `found`, which was requested with `count`, `seen` and `judge`."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(found.revision, data, count, found.seed, seen, judge)
            write_json(path, found.to_json())

    def of(self, revision: str, *, seen: Seen = ()) -> list[Evaluation]:
        """All results for one model, newest first; no memorising scores without `seen`,
        nor of points, where they say nothing."""
        files = sorted(
            self.folder.glob(f"{revision[:16]}-*.json"),
            key=lambda f: f.stat().st_mtime,
            reverse=True,
        )
        found = []
        for file in files:
            with suppress(WeightsError, KeyError, TypeError, ValueError):
                found.append(from_json(read_json(file)))
        ours = [f for f in found if f.revision == revision]
        return [f if seen and not f.is_of_points else _without_copying(f) for f in ours]

    def newest(self, revision: str, *, seen: Seen = ()) -> list[Evaluation]:
        """The newest result of each judge for one model, our own features' first."""
        found = self.of(revision, seen=seen)
        by_judge = [[f for f in found if judge_of(f.features) == judge] for judge in JUDGES]
        return [results[0] for results in by_judge if results]

    def _path(
        self, revision: str, data: ImageSet, count: int, seed: int, seen: Seen, judge: JudgeName
    ) -> Path:
        unseen = unseen_images(seen, data).kind  # changes with the availability of the test split
        count = min(count, len(data))  # as in `evaluate`: more cannot be compared
        settings = [VERSION, revision, fingerprint(data), count, seed, unseen]
        asked = json.dumps(settings if judge == "own" else [*settings, judge])
        return (
            self.folder / f"{revision[:16]}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"
        )


def _without_copying(found: Evaluation) -> Evaluation:
    metrics = tuple(m for m in found.metrics if m.name != "memorised")
    found = replace(found, metrics=metrics, copying_z=None)
    if found.is_of_points:  # of results of before, when it was measured of points
        return replace(found, unseen="points")
    return replace(found, unseen="unknown", shown=False)


def fingerprint(data: ImageSet) -> str:
    """Changes with any pixel."""
    digest = hashlib.sha256(f"{data.name} {tuple(data.pixels.shape)}".encode())
    digest.update(data.pixels.contiguous().numpy().tobytes())
    return digest.hexdigest()


def from_json(plain: Any) -> Evaluation:
    """The inverse of `to_json`; raises KeyError or TypeError for anything else."""
    if not isinstance(plain, Mapping):
        raise TypeError(f"an evaluation is an object, not {type(plain).__name__}")
    derived = ("fd", "fd_floor", "high_quality")
    fields = {k: v for k, v in plain.items() if k not in derived}
    fields["metrics"] = tuple(Metric(**m) for m in plain["metrics"])
    fields["nearest"] = tuple(Neighbour(**n) for n in plain["nearest"])
    fields["missing"] = tuple(
        Missing(m["real"], m["samples"], tuple(m["images"])) for m in plain.get("missing", ())
    )
    if plain.get("modes") is not None:
        fields["modes"] = ModesCaught(**plain["modes"])
    return Evaluation(**fields)
