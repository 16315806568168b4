"""The headless trainer and its events."""

from __future__ import annotations

from gan.training.events import Event, Finished, GanProgress, Progress, Snapshot
from gan.training.learner import config_in
from gan.training.method import SingleStep, What
from gan.training.plane import PlaneFrame, plane_frame
from gan.training.ranks import ALONE, Ranks, processes_here, ranks_here
from gan.training.single import single_step
from gan.training.steering import changes, checked_change
from gan.training.trainer import Trainer

__all__ = [
    "ALONE", "Event", "Finished", "GanProgress", "PlaneFrame", "Progress", "Ranks", "SingleStep",
    "Snapshot", "Trainer", "What", "changes", "checked_change", "config_in", "plane_frame",
    "processes_here", "ranks_here", "single_step",
]  # fmt: skip
