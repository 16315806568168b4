"""Storage locations: checked before the app opens, with a warning where nothing can be saved."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from gan.files import can_write, home_root, runs_root
from gan.metrics.results import results_dir

log = logging.getLogger(__name__)
PLACES = {"GAN_RUNS_DIR": runs_root, "GAN_HOME": home_root, "GAN_CACHE_DIR": results_dir}


def prepare() -> bool:
    """Whether data will be persisted; anything without a writable place goes to a temporary folder.

    Processes started later use it too. The log names what could not be written.
    """
    refused = {name: place() for name, place in PLACES.items() if not can_write(place())}
    if not refused:
        return True
    temporary = Path(tempfile.mkdtemp(prefix="gan-atelier-"))
    for name, folder in refused.items():
        os.environ[name] = str(temporary / name.removeprefix("GAN_").lower())
        log.warning(
            "%s cannot be written; what belongs there goes to %s and is not kept: "
            "set GAN_DATA_DIR, or %s, to a folder that can be written",
            folder, os.environ[name], name,
        )  # fmt: skip
    return refused.keys() == {"GAN_CACHE_DIR"}  # holds nothing that a user made
