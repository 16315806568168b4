"""Standard FID and KID on InceptionV3, if its weights are available: for comparison with papers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.errors import MetricError
from gan.metrics.features import OnProgress

BATCH = 50
KID_SUBSET = 1000


@dataclass(frozen=True)
class InceptionScores:
    """Lower is better. Comparable with published values of the same data, count and size only."""

    fid: float
    kid: float
    kid_std: float
    count: int


def inception_scores(
    real: Tensor, fake: Tensor, *, on_progress: OnProgress | None = None
) -> InceptionScores:
    """FID (Heusel et al. 2017) and KID (Binkowski et al. 2018) through torchmetrics.

    Both (N, C, H, W) uint8, N equal; grey is repeated to three channels. Raises MetricError if
    torchmetrics, torch-fidelity or the InceptionV3 weights are unavailable.
    """
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance  # noqa: PLC0415 - optional
        from torchmetrics.image.kid import KernelInceptionDistance  # noqa: PLC0415

        fid = FrechetInceptionDistance(feature=2048)
        kid = KernelInceptionDistance(feature=2048, subset_size=min(KID_SUBSET, len(real)))
    except ModuleNotFoundError as error:
        raise MetricError(
            "FID on InceptionV3 needs the packages torchmetrics and torch-fidelity, one is not "
            "installed; pip install 'torchmetrics[image]', or leave --inception out and use our "
            "own FD"
        ) from error
    except OSError as error:
        raise MetricError(
            "the InceptionV3 weights (95 MB) could not be fetched ({error}); connect, or leave "
            "--inception out and use our own FD",
            error=error,
        ) from error
    total = len(real) + len(fake)
    done = 0
    for images, is_real in ((real, True), (fake, False)):
        for part in images.split(BATCH):
            three = part.expand(-1, 3, -1, -1) if part.shape[1] == 1 else part[:, :3]
            fid.update(three, real=is_real)
            kid.update(three, real=is_real)
            done += len(part)
            if on_progress:
                on_progress(done / total)
    with torch.random.fork_rng(devices=[]):  # KID draws its subsets from the global RNG
        mean, std = kid.compute()
    return InceptionScores(float(fid.compute()), float(mean), float(std), len(real))
