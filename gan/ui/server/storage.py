"""Storage locations: checked before the app opens, with a warning where nothing can be saved."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from gan.files import can_write, home_root, runs_root, temporary_folder
from gan.metrics.results import results_dir

log = logging.getLogger(__name__)
PLACES = {"GAN_RUNS_DIR": runs_root, "GAN_HOME": home_root, "GAN_CACHE_DIR": results_dir}


@functools.cache
def _temporary() -> TemporaryDirectory[str]:
    """What is not kept; it goes when the app ends."""
    return temporary_folder("atelier")


def prepare() -> bool:
    """Whether data will be persisted; anything without a writable place goes to a temporary folder.

    Processes started later use it too. The log names what could not be written.
    """
    refused = {name: place() for name, place in PLACES.items() if not can_write(place())}
    if not refused:
        return True
    temporary = Path(_temporary().name)
    for name, folder in refused.items():
        os.environ[name] = str(temporary / name.removeprefix("GAN_").lower())
        log.warning(
            "%s cannot be written; what belongs there goes to %s and is not kept: "
            "set GAN_DATA_DIR, or %s, to a folder that can be written",
            folder, os.environ[name], name,
        )  # fmt: skip
    return refused.keys() == {"GAN_CACHE_DIR"}  # holds nothing that a user made
