"""Which groups of look-alike real images the samples miss: what recall says, as pictures."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gan.metrics.modes import CLUSTER_LEAST, CLUSTERS, FEWEST_CLUSTERS, cluster_centres

RARE = 0.5  # of a group's share among the reals; below it the group is called missing
SURE_Z = 4.0  # standard deviations: among 20 groups chance does this once in 1,500 evaluations
SHOWN = 8  # groups
PICTURES = 6  # of a group


class Missing(NamedTuple):
    """A group of real images that samples hardly ever resemble."""

    real: float  # share of the real images
    samples: float  # share of the samples
    images: tuple[int, ...]  # rows of the data set, those nearest to the group's centre first


class Groups(NamedTuple):
    """Groups of the real images, and those that are missing, the worst first."""

    of: int
    missing: tuple[Missing, ...]


def missing_groups(real: Tensor, rows: Tensor, fake: Tensor) -> Groups:
    """k-means groups of real features (N, F) with less than half of their share in fake (M, F).

    rows (N,) are the reals' rows in the data set. A group counts as missing only if chance is ruled
    out at SURE_Z (a two-proportion z-test); SHOWN are listed at most. No groups of few images.
    """
    count = min(CLUSTERS, len(real) // CLUSTER_LEAST)
    if count < FEWEST_CLUSTERS:
        return Groups(0, ())
    centres = cluster_centres(real, count)
    distances = torch.cdist(real, centres)
    home = distances.argmin(1)
    theirs = _shares(home, count)
    mine = _shares(torch.cdist(fake, centres).argmin(1), count)
    pooled = (theirs * len(real) + mine * len(fake)) / (len(real) + len(fake))
    chance = (pooled * (1 - pooled) * (1 / len(real) + 1 / len(fake))).sqrt().clamp_min(1e-12)
    z = (theirs - mine) / chance
    found = ((mine < RARE * theirs) & (z > SURE_Z)).nonzero()[:, 0]
    found = found[(mine - theirs)[found].argsort()][:SHOWN]  # what lacks most samples first
    return Groups(count, tuple(_told(int(k), distances, home, theirs, mine, rows) for k in found))


def _told(
    k: int, distances: Tensor, home: Tensor, theirs: Tensor, mine: Tensor, rows: Tensor
) -> Missing:
    members = (home == k).nonzero()[:, 0]
    nearest = members[distances[members, k].argsort()][:PICTURES]
    return Missing(float(theirs[k]), float(mine[k]), tuple(rows[nearest].tolist()))


def _shares(groups: Tensor, count: int) -> Tensor:
    return torch.bincount(groups, minlength=count).double() / max(1, len(groups))
