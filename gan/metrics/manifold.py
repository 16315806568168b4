"""Separate measures of fidelity and diversity: precision, recall, density and coverage."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.errors import MetricError

NEIGHBOURS = 5  # Naeem et al. 2020, section 3.3; Kynkäänniemi et al. 2019 take 3
CHUNK = 1000


@dataclass(frozen=True)
class Manifold:
    """All from 0 to 1, except density, which may exceed 1; higher is better."""

    precision: float  # fakes inside the real manifold: quality
    recall: float  # reals inside the fake manifold: is everything covered?
    density: float  # real neighbourhoods per fake: precision that is robust to outliers
    coverage: float  # reals with a fake in their neighbourhood: recall that is robust to outliers


@torch.no_grad()
def manifold(real: Tensor, fake: Tensor, *, k: int = NEIGHBOURS) -> Manifold:
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020).

    real (N, F), fake (M, F). A set's manifold is the union of balls around its points that reach
    to their k-th neighbour in the set. Values depend on N, M and k: compare at equal ones only.
    Raises MetricError unless both sets have more than k images.
    """
    if min(len(real), len(fake)) <= k or real.shape[1:] != fake.shape[1:]:
        raise MetricError(
            "precision and recall need more than {k} images on either side, of one network, got "
            "{got} and {shape}; add images",
            k=k,
            got=tuple(real.shape),
            shape=tuple(fake.shape),
        )
    real_reach, fake_reach = reaches(real, k), reaches(fake, k)
    within_real = torch.zeros(len(fake))  # number of real balls that contain each fake
    recalled = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for start in range(0, len(real), CHUNK):
        rows = slice(start, start + CHUNK)
        distances = torch.cdist(real[rows], fake)  # (n, M)
        held = distances <= real_reach[rows, None]
        within_real += held.sum(0)
        covered[rows] = held.any(1)
        recalled[rows] = (distances <= fake_reach).any(1)
    return Manifold(
        precision=(within_real > 0).float().mean().item(),
        recall=recalled.float().mean().item(),
        density=(within_real.double().mean() / k).item(),
        coverage=covered.float().mean().item(),
    )


def reaches(features: Tensor, k: int) -> Tensor:
    """(N,) distance from each row of (N, F) to its k-th nearest other row."""
    found = [
        # the nearest is the row itself, at 0
        torch.cdist(part, features).topk(k + 1, largest=False).values[:, -1]
        for part in features.split(CHUNK)
    ]
    return torch.cat(found)
