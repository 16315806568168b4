"""The headless trainer and its events."""

from __future__ import annotations

from gan.training.events import Event, Finished, Progress, Snapshot
from gan.training.trainer import Trainer

__all__ = ["Event", "Finished", "Progress", "Snapshot", "Trainer"]
