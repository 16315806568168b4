"""Shared by the panels of one server: a thread per kind of long job, with its slots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor

from gan.latent.inversion import Encode
from gan.latent.likeness import Likeness
from gan.ui.server.real_features import Studies
from gan.ui.server.resources import Kept, Quota, Room
from gan.ui.server.streams import Workers

UPLOADS_BYTES = 50 * 2**20  # per visitor, in public
COMING_BYTES = 256 * 2**20  # in memory, of all pictures that are coming


class UsualScores(NamedTuple):
    """D's scores of random pictures."""

    fakes: Tensor | None  # (N,), unless they take too long here
    reals: Tensor | None  # (N,), if any may be shown


@dataclass
class PanelWorkers:
    """Panel jobs run on these threads, never on the rendering one, so no panel delays a slider."""

    film: Workers = field(default_factory=lambda: Workers("film", most=3))
    search: Workers = field(default_factory=lambda: Workers("search", most=3))
    maps: Kept[dict[str, Any]] = field(default_factory=lambda: Kept(capacity=8))
    scales: Kept[Likeness] = field(default_factory=lambda: Kept(capacity=64))
    usual_scores: Kept[UsualScores] = field(default_factory=lambda: Kept(capacity=64))
    encoders: Kept[Encode | None] = field(default_factory=lambda: Kept(capacity=8))
    studies: Studies = field(default_factory=Studies)
    coming: Room = field(default_factory=lambda: Room(most=COMING_BYTES))
    uploads: Quota = field(default_factory=lambda: Quota(most=UPLOADS_BYTES))

    def close(self) -> None:
        """Cancel running jobs and accept no new ones."""
        for part in (self.film, self.search, self.studies):
            part.close()
