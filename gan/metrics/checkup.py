"""All measurements of samples during training, against one fixed set of real images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from gan.data.imageset import Truth
from gan.metrics import moments
from gan.metrics.copies import isolation, nearness
from gan.metrics.diversity import spread, variety
from gan.metrics.features import FeatureNet, PlaneFeatures
from gan.metrics.frechet import real_floor
from gan.metrics.modes import find_modes, modes_of
from gan.metrics.plane import js, plane_scores

FEWEST_FOR_FD = 128  # two halves with as many images as there are features


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measurement of samples; RunReader.measures says what each number is."""

    count: int
    fd: float | None = None
    fd_floor: float | None = None
    fd_count: int | None = None
    modes: int | None = None
    classes: int | None = None
    mode_kind: str | None = None
    histogram: list[float] | None = None
    largest: float | None = None
    spread: float | None = None
    variety: float | None = None
    nearest: float | None = None
    memorised: float | None = None
    high_quality: float | None = None
    mode_kl: float | None = None
    js: float | None = None
    outside: int | None = None

    def row(self) -> dict[str, Any]:
        """The row for measures.jsonl, rounded to four digits."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


class Checkup:
    """Compares samples with real features (M, F) of a data set of `of` images."""

    def __init__(
        self,
        net: FeatureNet,
        real: Tensor,
        labels: Tensor | None,
        *,
        classes: int,
        of: int,
        truth: Truth | None = None,
    ) -> None:
        self.real, self.of, self.truth = real, of, truth
        self.scale = float(net.scale) if isinstance(net, PlaneFeatures) else None
        self.isolation = isolation(real) if len(real) > 1 else None
        self.modes = (
            find_modes(net, real, labels, classes=classes)
            if truth is None
            else modes_of(truth, float(net.scale))
        )
        self.real_modes = None if self.modes is None else self.modes.assign(real)
        self._floors: dict[int, float] = {}

    @torch.no_grad()
    def measure(self, fake: Tensor) -> Measure:
        """Measure samples' features (N, F); every number is None if they are not finite."""
        if not bool(torch.isfinite(fake).all()):
            return Measure(count=len(fake))
        found: dict[str, Any] = {**self._distance(fake), **self._modes(fake)}
        if self.isolation is not None:
            found |= nearness(fake, self.real, self.isolation, of=self.of)._asdict()
        found |= self._plane(fake)
        if self.scale is not None:  # dense points are near one another by chance, not by copying
            found["memorised"] = None
        return Measure(count=len(fake), spread=spread(fake, self.real), **found)

    def _plane(self, fake: Tensor) -> dict[str, Any]:
        """Of points in the plane, and of those whose distribution is known."""
        if self.scale is None:
            return {}
        points = fake / self.scale
        found: dict[str, Any] = {
            "js": js(points, self.real / self.scale),
            "outside": int((points.abs() > 1).any(1).sum()),
        }
        if self.truth is None:
            return found
        scores = plane_scores(points, self.truth)
        found |= {"high_quality": scores.high_quality, "mode_kl": scores.mode_kl}
        return found if scores.caught is None else found | {"modes": scores.caught}

    def _distance(self, fake: Tensor) -> dict[str, Any]:
        """FD between equally many, and its floor; None where there are too few."""
        count = min(len(fake), len(self.real))
        if count < FEWEST_FOR_FD:
            return {}
        if count not in self._floors:
            self._floors[count] = real_floor(self.real, count)
        mine, real = moments.moments(fake[:count]), moments.moments(self.real[:count])
        fd = moments.distance(real, mine)
        return {"fd": fd, "fd_floor": self._floors[count], "fd_count": count}

    def _modes(self, fake: Tensor) -> dict[str, Any]:
        if self.modes is None or self.real_modes is None:
            return {}
        mode = self.modes.assign(fake)
        shares = self.modes.shares(fake)
        return {
            "modes": self.modes.covered(shares),
            "classes": self.modes.count,
            "mode_kind": self.modes.kind,
            "histogram": shares.tolist() if self.modes.kind == "class" else None,
            "largest": float(shares.max()),
            "variety": variety(fake, mode, self.real, self.real_modes),
        }
