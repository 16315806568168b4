"""Checks that a resumed run gets the images it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gan.config import RunConfig
from gan.data import ImageSet, ImagesId, class_difference, compare, difference, identify
from gan.errors import RunError
from gan.runs.folder import RunReader

Say = Callable[[str], None]


def check_images(run_dir: Path, config: RunConfig, images: ImageSet, say: Say) -> ImagesId:
    """Fingerprint of `images`; raises RunError unless they are those that the run was trained
    on."""
    now, before = identify(images), RunReader(run_dir).images_id()
    if before is None:  # a run of an older version: only its config tells of classes
        names = now.class_names if config.model.classes else ()
        why = class_difference(config.class_names, names)
    else:
        why = difference(before, now)
    if why:
        raise RunError(
            "{run_dir} goes on with the images that it has learned from alone, and {why}; name "
            "their place with --data, or --fork the run to learn from others",
            run_dir=run_dir.name,
            why=why,
        )
    if before is not None and compare(before, now) == "alike":
        say("not bit-exact: the images look as they did, their bytes are others")
    return now


def same_images(run: Path, data_then: str, data_now: str, now: ImagesId) -> bool:
    """Whether a fork of `run` has its parent's images, so that their order can continue."""
    before = RunReader(run).images_id()
    return data_now == data_then if before is None else not difference(before, now)
