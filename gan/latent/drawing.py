"""User-defined directions: fitted between samples marked more and samples marked less."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.errors import ConfigError
from gan.latent.direction import Direction

MIN_MARKED = 2  # samples per side
LOGISTIC_C = 0.1  # little data in many dimensions: strong regularisation
BY_CHANCE = 1.2816  # standard deviations exceeded by chance once in ten
MOST_LEFT_OUT = 32  # refits for the held-out accuracy


class Fit(NamedTuple):
    """A drawn direction, and how well it separates the samples it was fitted to."""

    direction: Direction
    separated: float  # fraction of the marked samples on the correct side
    # leave-one-out accuracy, averaged over both sides: 0.5 is chance, however many are marked on
    # either side
    held_out: float
    judged: tuple[int, int]  # samples per side used for it

    @property
    def is_guessing(self) -> bool:
        """Whether `held_out` is so low that coin tossing reaches it one time in ten."""
        spread = 0.5 * math.sqrt(sum(0.25 / n for n in self.judged))  # of a mean of two proportions
        return self.held_out < 0.5 + BY_CHANCE * spread


def fit_direction(
    plus_z: Tensor,
    minus_z: Tensor,
    *,
    name: str = "drawn",
    plus_weights: Tensor | None = None,
    minus_weights: Tensor | None = None,
) -> Fit:
    """The direction from samples marked less to samples marked more.

    Regularised logistic regression, from 2 + 2 samples up. plus_z (P, z_dim), minus_z (M, z_dim);
    with class weights (P, classes) and (M, classes) the direction moves these too. Raises
    ConfigError for fewer samples or mismatched shapes.
    """
    plus = _in_sigmas(plus_z, plus_weights)
    minus = _in_sigmas(minus_z, minus_weights)
    _check_marked(plus, minus)
    x = torch.cat([plus, minus]).double().numpy()
    marked = np.r_[np.ones(len(plus), bool), np.zeros(len(minus), bool)]
    model = _fitted(x, marked)
    sides = [np.flatnonzero(marked), np.flatnonzero(~marked)]
    chosen = [[rows[i] for i in _spread(len(rows), MOST_LEFT_OUT // 2)] for rows in sides]
    right = [float(np.mean([_judged_without(x, marked, i) for i in rows])) for rows in chosen]
    unit = torch.from_numpy(model.coef_[0]).float()
    unit = unit / unit.norm().clamp_min(1e-12)
    vector, classes = unit[: plus_z.shape[1]].clone(), unit[plus_z.shape[1] :]
    if len(classes):
        classes = (classes - classes.mean()) / math.sqrt(len(classes))
    direction = Direction(
        name, "drawn", vector, float(vector.norm()), classes=classes if len(classes) else None
    )
    judged = (len(chosen[0]), len(chosen[1]))
    return Fit(direction, float(model.score(x, marked)), sum(right) / 2, judged)


def _in_sigmas(z: Tensor, weights: Tensor | None) -> Tensor:
    """z and class weights concatenated, each with a standard deviation of 1 among samples."""
    if weights is None:
        return z
    classes = weights.shape[-1]
    return torch.cat([z, (weights - 1 / classes) * math.sqrt(classes)], dim=-1)


def _check_marked(plus: Tensor, minus: Tensor) -> None:
    if plus.dim() != 2 or minus.dim() != 2 or plus.shape[1] != minus.shape[1]:
        raise ConfigError(
            "marked samples must be of one model, got {got} and {shape}; mark them anew",
            got=tuple(plus.shape),
            shape=tuple(minus.shape),
        )
    if min(len(plus), len(minus)) < MIN_MARKED:
        raise ConfigError(
            "a direction needs {min_marked} samples or more on either side, got {got} more and "
            "{count} less; mark a few",
            min_marked=MIN_MARKED,
            got=len(plus),
            count=len(minus),
        )
    if not bool(torch.isfinite(plus).all() and torch.isfinite(minus).all()):
        raise ConfigError("marked samples must be finite numbers, got others; mark them anew")


def _fitted(x: NDArray[np.float64], marked: NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a second to import

    return LogisticRegression(C=LOGISTIC_C, class_weight="balanced", max_iter=500).fit(x, marked)


def _judged_without(x: NDArray[np.float64], marked: NDArray[np.bool_], left_out: int) -> bool:
    kept = np.arange(len(x)) != left_out
    guess = _fitted(x[kept], marked[kept]).predict(x[left_out][None])[0]
    return bool(guess == marked[left_out])


def _spread(total: int, most: int) -> list[int]:
    return sorted({round(i) for i in np.linspace(0, total - 1, min(total, most))})
