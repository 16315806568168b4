"""Directions as a small JSON beside the model: closed schema, at most 64 KB, checked on loading."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gan.checkpoint import Weights
from gan.latent.directions import Direction
from gan.models import Generator

DIRECTIONS_FILE = "directions.json"


def directions_path(weights: Weights) -> Path:
    """Where the directions of a model live: its weights folder, or the run folder of a run."""
    raise NotImplementedError


def own_directions_path(weights: Weights) -> Path:
    """Where drawn directions go: `directions_path`, or a user file where that is not writable."""
    raise NotImplementedError


def load_directions(path: Path, g: Generator | None = None) -> tuple[Direction, ...]:
    """The directions in `path`, none where there is no file.

    Raises WeightsError for a file that is damaged, over 64 KB or, with `g`, of another model.
    """
    raise NotImplementedError


def save_directions(path: Path, directions: Sequence[Direction]) -> None:
    """Write `directions`; raises WeightsError over 64 KB or where the place cannot be written."""
    raise NotImplementedError
