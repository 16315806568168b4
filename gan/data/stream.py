"""Datasets of the Hub that do not fit in memory: streamed part by part, one part ahead.

A part is the shuffle buffer: training goes through it in random order, then through the next. The
files of the set (or the row groups, where `datasets` can split them) come in a random order that is
always the same, so a place in the stream names its images, and a resumed training goes on there.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from gan.data.hub import fetched_part, images_of
from gan.data.imageset import START, ImageSet, Part, Place
from gan.errors import DataError
from gan.files import sweep_temporary

PART_BYTES = 128 * 2**20  # of pixels; up to three parts are in memory
PART_IMAGES = 20_000
RETRY_S = 10.0  # after a part could not be had
KEPT = 2  # the one in use, and the next or the one before


def load_stream(repo: str, *, resolution: int, channels: int) -> ImageSet:
    """The first part of `owner/name[@revision]`, as `load_hub`, with the stream of all parts.

    A set of one part is no stream. Raises DataError as `load_hub`.
    """
    sweep_temporary()  # the parts of a killed training, up to gigabytes
    stream = HubStream(repo, resolution=resolution, channels=channels)
    first = stream.at(START)
    if first.after == START:
        return first.images
    report = f"{first.images.report}; the first part of a stream{_which_classes(first.images)}"
    return replace(first.images, report=report, stream=stream)


def _which_classes(part: ImageSet) -> str:
    """A warning where a part lacks classes, as those of a set have that lies class after class."""
    there = 0 if part.labels is None else len(part.labels.unique())
    if there == len(part.class_names) or not there:
        return ""
    return (
        f"; it holds {there} of {len(part.class_names)} classes: a training sees the others in "
        f"later parts, and is measured on these; shuffle the set, or take hub: where it fits"
    )


class ClassesChanged(DataError):
    """The dataset is not the one that the stream began with."""


class HubStream:
    """The parts of a dataset of the Hub by place, the last KEPT of them in memory. Thread-safe."""

    def __init__(self, repo: str, *, resolution: int, channels: int) -> None:
        self._repo, self._resolution, self._channels = repo, resolution, channels
        fit = PART_BYTES // (channels * resolution**2)
        self._count = max(2, min(PART_IMAGES, fit))
        self._names: tuple[str, ...] | None = None  # of the classes in the first part
        self._lock = threading.Lock()
        self._parts: OrderedDict[Place, Future[Part]] = OrderedDict()
        self._again_at: dict[Place, float] = {}  # of those that could not be had
        self._changed: ClassesChanged | None = None  # ends the stream, with what is at hand

    def at(self, place: Place) -> Part:
        """The part that begins at `place`; waits for it. Raises DataError, at once within RETRY_S
        after the last try: whoever ends a training must not wait for another one."""
        with self._lock:
            if time.monotonic() > self._again_at.get(place, math.inf):
                del self._again_at[place]
                self._parts.pop(place, None)
        part = self._begun(place)
        try:
            return part.result()
        except DataError:
            self._again_at.setdefault(place, time.monotonic() + RETRY_S)
            raise

    def prepare(self, place: Place) -> None:
        """Begin to fetch the part at `place`, on a thread."""
        self._begun(place)

    def _begun(self, place: Place) -> Future[Part]:
        with self._lock:
            part = self._parts.get(place)
            if part is None:
                part = self._parts[place] = Future()
                work = partial(_settle, part, partial(self._fetch, place))
                threading.Thread(target=work, name="stream", daemon=True).start()
            self._parts.move_to_end(place)
            while len(self._parts) > KEPT:
                self._parts.popitem(last=False)
            return part

    def _fetch(self, place: Place) -> Part:
        """The part at `place`; where it cannot be used, the next one that can. Where the classes
        have changed none can: no other part is asked for."""
        while True:
            if self._changed is not None:
                raise self._changed
            with fetched_part(self._repo, place, self._count) as (table, begun, after):
                try:
                    return Part(self._images(table, first=begun == START), begun, after)
                except ClassesChanged as error:
                    self._changed = error
                    raise
                except DataError:
                    if begun == START:
                        raise
            place = after

    def _images(self, table: Any, *, first: bool) -> ImageSet:
        name = self._repo.partition("@")[0]
        images = images_of(name, table, resolution=self._resolution, channels=self._channels)
        if first and self._names is None:
            self._names = images.class_names
        elif images.class_names != (self._names or ()):
            raise ClassesChanged(
                "the classes of {repo} have changed; train on one state of it, as "
                "stream:{repo}@COMMIT",
                repo=name,
            )
        return images


def _settle(part: Future[Part], fetch: Any) -> None:
    try:
        part.set_result(fetch())
    except BaseException as error:  # for whoever waits
        part.set_exception(error)
