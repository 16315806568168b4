"""Loaded models: a bounded, thread-safe cache shared by all visitors, and the model list."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from gan.checkpoint import (
    CONFIG_FILE,
    PULLED,
    Weights,
    bundled,
    is_pulled,
    load,
    pulled,
    weights_dir,
)
from gan.config import WeightsConfig
from gan.errors import ConfigError, GanError, WeightsError
from gan.files import parse_json, pulled_root
from gan.hub.index import FIRST_SEED, index
from gan.runs.moments import Moment, load_moment, nearest
from gan.schema import from_json
from gan.ui.server.runs import Runs
from gan.ui.server.views import PageError, model_json

CAPACITY = 8  # our own models are 1 to 5 MB
ENTRIES = 256  # cached list entries
MAX_BYTES = 2**30  # total; a third-party model may have 512 MB


class Models:
    """Weights by the page's model refs.

    `fashion` (bundled), `hub:NAME` (pulled), `run:ID` (its newest) or `run:ID@NIMG`, with ~LENGTH
    behind it for the average of another length.

    own_data: pictures of a run may show what its owner drew; not in public, where everybody sees
    everybody's runs and pictures of a model are cached for all.
    """

    def __init__(self, runs: Runs, *, capacity: int = CAPACITY, own_data: bool = True) -> None:
        self._runs = runs
        self._own_data = own_data
        self._capacity = capacity
        self._lock = threading.Lock()
        self._loaded: OrderedDict[tuple[str, Moment, float], Weights] = OrderedDict()

    def get(self, ref: str) -> Weights:
        """The model that `ref` currently names; a run's newest weights are looked up each time.

        Points of the plane come as pictures; `plain` has them as they are. Raises WeightsError or
        PageError; `ref` is matched against lists, never opened as a path.
        """
        return self.plain(ref).pictured(own_data=self._own_data)

    def plain(self, ref: str) -> Weights:
        """As `get`, without pictures of points."""
        name, moment = self._resolve(ref)
        key = (name, moment, self._since(name))
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
                return self._loaded[key]
        weights = self._load(name, moment)
        with self._lock:
            self._loaded[key] = weights
            while len(self._loaded) > 1 and self._is_full():
                self._loaded.popitem(last=False)
        return weights

    def _is_full(self) -> bool:
        sizes = [_bytes_of(weights) for weights in self._loaded.values()]
        return len(sizes) > self._capacity or sum(sizes) > MAX_BYTES

    def _resolve(self, ref: str) -> tuple[str, Moment]:
        if ref.startswith(PULLED):
            if not is_pulled(ref.removeprefix(PULLED)):
                raise PageError("gan_error_no_run", status=404)
            return ref, Moment("")
        if not ref.startswith("run:"):
            if ref not in _bundled():
                raise PageError("gan_error_no_run", status=404)
            return ref, Moment("")
        asked = self._runs.moment(ref.removeprefix("run:"))
        run_id = asked.run
        kept = self._runs.watched(run_id).reader.weights()
        if not kept:
            raise WeightsError(
                "{run_id} has no weights yet; let it train a few seconds", run_id=run_id
            )
        return f"run:{run_id}", asked._replace(nimg=nearest(kept, asked.nimg))

    def _since(self, name: str) -> float:
        """When a run began: another one may have taken a deleted one's name."""
        is_run = name.startswith("run:")
        return self._runs.status(name.removeprefix("run:")).started_at if is_run else 0.0

    def _load(self, name: str, moment: Moment) -> Weights:
        if moment.nimg is None:
            return load(name)
        return load_moment(self._runs.status(moment.run).path, moment)

    def listed(
        self, *also: str, names_of: Callable[[str, str], bool] = lambda run_id, data: True
    ) -> list[dict[str, Any]]:
        """All available models: bundled, pulled, and the newest runs that have weights; `also`:
        older runs that are open on a page.

        names_of: whether the classes of a run, trained on these data, are shown by name.
        """
        models = [dict(entry) for entry in map(_bundled_entry, _bundled()) if entry]
        models += [dict(entry) for entry in map(_pulled_entry, pulled()) if entry]
        for status in self._runs.newest(*also):
            config = self._runs.config(status.id)
            kept = self._runs.watched(status.id).reader.weights() if config else []
            if config and kept:
                models.append(
                    model_json(
                        f"run:{status.id}",
                        "run",
                        status.id,
                        config.model,
                        config.class_names if names_of(status.id, config.data) else (),
                        nimg=kept[-1],
                        data=config.data,
                        state=status.state,
                    )
                )
        return models


def _bytes_of(weights: Weights) -> int:
    models = [m for m in (weights.generator, weights.discriminator) if m is not None]
    return sum(t.nbytes for m in models for t in (*m.parameters(), *m.buffers()))


@cache
def _bundled() -> tuple[str, ...]:
    return tuple(bundled())


def _bundled_entry(name: str) -> dict[str, Any] | None:
    entry = _entry(name, "bundled", weights_dir() / name / CONFIG_FILE)
    return entry and entry | {"seed": _first_seeds().get(name, FIRST_SEED)}


@cache
def _first_seeds() -> dict[str, int]:
    """The seed that Explore opens each of our own models with."""
    try:
        return {name: row.seed for name, row in index().items()}
    except GanError:
        return {}  # the list is damaged: any seed will do


def _pulled_entry(name: str) -> dict[str, Any] | None:
    # a folder's name contains its commit, so cached entries stay valid
    return _entry(f"{PULLED}{name}", "pulled", pulled_root() / name / CONFIG_FILE)


def _entry(ref: str, kind: str, path: Path) -> dict[str, Any] | None:
    try:
        return _read_entry(ref, kind, path)
    except (OSError, ValueError, ConfigError):
        return None  # a damaged folder is left out of the list; the rest still works


@lru_cache(ENTRIES)  # unreadable entries are retried: they may recover
def _read_entry(ref: str, kind: str, path: Path) -> dict[str, Any]:
    config = from_json(WeightsConfig, parse_json(path.read_bytes()))
    return model_json(
        ref,
        kind,
        config.name or path.parent.name,
        config.model,
        config.class_names,
        nimg=config.nimg,
        data=config.data,
        fd=config.fd,
    )
