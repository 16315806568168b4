"""Features of the data set that a model names as its own: does the model repeat any image?

Whether the model was really trained on them is a separate question, see gan.data.provenance.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.checkpoint import Weights
from gan.config import PLANE_SHAPE
from gan.data import DATA_NAMES, ImageSet, compared_shape, default_resolution, load_data
from gan.data.bundled import fashion_dir
from gan.data.imageset import fit
from gan.errors import DataError
from gan.images import INK
from gan.metrics.features import FeatureNet, extract
from gan.metrics.neighbours import nearest
from gan.ui.server.resources import one_thread

log = logging.getLogger(__name__)
FIRST = 5_000  # first batch, so that the panel need not wait long
COMPARED = 500  # reals whose nearest-neighbour distances define "close"
USUAL, CLOSE = 0.5, 0.05  # quantiles of those distances


@dataclass(frozen=True)
class Reals:
    """A data set and its pictures' features."""

    images: ImageSet
    features: Tensor  # (N, F)
    usual: float  # median distance from a real picture to its nearest other one
    close: float  # the 5 % quantile of those: only the most similar reals are closer
    subset: bool  # part of a set that is not here as a whole
    origin: str  # of the whole set, as in gan.data.ImageSet


def data_of(weights: Weights, *, local: bool) -> str | None:
    """The set to compare with, or None if it may not be shown.

    In public only bundled sets: another visitor's own pictures stay private.
    """
    spec = weights.config.data
    if spec == "fashion-full" and fashion_dir() is None:
        return "fashion"
    return spec if spec in DATA_NAMES or (local and spec.startswith("folder:")) else None


def study(
    spec: str, weights: Weights, net: FeatureNet, *, on_progress: Callable[[float], None]
) -> Iterator[Reals]:
    """Yields features of a subset, then of the whole set; nothing once it is unreadable.

    The first takes seconds, the second up to a minute on an idle core; `on_progress` reports on the
    first.
    """
    resolution, channels = compared_shape(weights.image_shape)
    try:
        images = load_data(spec, resolution=resolution, channels=channels)
        compared = _as_made(spec, images, resolution=resolution, channels=channels)
    except DataError:
        return
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    some, rest = order[:FIRST], order[FIRST:]
    features = extract(net, compared[some], on_progress=on_progress)
    whole = spec == weights.config.data
    origin = images.origin
    part = not whole or len(rest) > 0
    yield _reals(images.subset(some), features, subset=part, origin=origin)
    if len(rest):
        others = [extract(net, compared[part]) for part in rest.split(FIRST)]
        features = torch.cat([features, *others])
        yield _reals(images.subset(order), features, subset=not whole, origin=origin)


def _as_made(spec: str, images: ImageSet, *, resolution: int, channels: int) -> Tensor:
    """The pixels to compare with a model's. A picture of a real point has the colour of a generated
    one here, so that they differ by their place alone."""
    if default_resolution(spec) != PLANE_SHAPE[1]:
        return images.pixels
    return fit(load_data(spec), resolution=resolution, channels=channels, ink=INK).pixels


def _reals(images: ImageSet, features: Tensor, *, subset: bool, origin: str) -> Reals:
    """Distance statistics among them; features come in random order."""
    others = nearest(features[:COMPARED], features, 2).distances[:, 1]  # the first is itself
    usual, close = torch.quantile(others, torch.tensor([USUAL, CLOSE])).tolist()
    return Reals(images, features, usual, close, subset=subset, origin=origin)


Study = tuple[str, tuple[int, int, int], str]  # a data set, at a shape, to a feature network


class Studies:
    """Feature extraction of data sets in the background, one at a time; the newest are cached."""

    def __init__(self, *, capacity: int = 3) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._thread = one_thread("reals")
        self._begun: dict[Study, float] = {}
        self._done: OrderedDict[Study, Reals | None] = OrderedDict()

    def ask(self, spec: str, weights: Weights, net: FeatureNet) -> Reals | float | None:
        """The set, or the fraction done, or None if unavailable.

        The first request starts it.
        """
        key = (spec, weights.image_shape, net.config.name)
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
            if key not in self._begun:
                self._begun[key] = 0.0
                self._thread.submit(self._study, key, weights, net)
            return self._begun[key]

    def _study(self, key: Study, weights: Weights, net: FeatureNet) -> None:
        def told(fraction: float) -> None:
            self._begun[key] = fraction

        try:
            for found in study(key[0], weights, net, on_progress=told):
                self._take(key, found)
        except Exception:  # the panel says that there is nothing to compare with
            log.exception("the features of real images failed")
        with self._lock:
            self._done.setdefault(key, None)
            self._make_room()
            self._begun.pop(key, None)

    def _take(self, key: Study, found: Reals) -> None:
        with self._lock:
            self._done[key] = found
            self._make_room()

    def _make_room(self) -> None:
        while len(self._done) > self._capacity:
            self._done.popitem(last=False)

    def close(self) -> None:
        """Start nothing new."""
        self._thread.shutdown(wait=False, cancel_futures=True)
