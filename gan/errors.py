"""One exception tree; every message says what was expected, what came and what to do next.

GanError
 ├── ConfigError      a setting, preset or name that makes no sense
 ├── DataError        images that cannot be found, read or used
 ├── WeightsError     weights that cannot be found or do not fit their config
 ├── RunError         a run folder that cannot be written, resumed or steered
 │    ├── CheckpointError   a checkpoint that is torn or belongs to other code
 │    └── DivergedError     a training that reached NaN or infinity
 └── MetricError      a metric asked of too few or unsuitable images
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GanError(Exception):
    """What a user did or met, told in one sentence that says what to do next."""


class ConfigError(GanError):
    """A setting, preset or name that makes no sense."""


class DataError(GanError):
    """Images that cannot be found, read or used."""


class WeightsError(GanError):
    """Weights that cannot be found or do not fit their config."""


class RunError(GanError):
    """A run folder that cannot be written, resumed or steered."""


class CheckpointError(RunError):
    """A checkpoint that is torn or belongs to other code."""


class DivergedError(RunError):
    """A training that reached NaN or infinity."""


class MetricError(GanError):
    """A metric asked of too few or unsuitable images."""


def suggest(name: str, known: Iterable[str]) -> str:
    """What to try instead of `name`: the near names where there are any, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"choose one of: {', '.join(names)}"
