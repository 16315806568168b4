"""Remedies for a finding, as settings for this run: never what is already in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gan.config import ModelConfig, RunConfig, TrainConfig
from gan.errors import ConfigError
from gan.kinds import PICTURES_ONLY, kind_of
from gan.metrics.findings import Evidence, FindingKind, Remedy, RemedyName
from gan.settings import apply_settings

MOST = 4  # remedies per finding
RATE_USUAL = 2e-3  # for Adam variants, in the presets that learn fastest
RATE_USUAL_SGD = 0.02
R1_POINTS = 0.1  # in the plane: benchmarks/collapse.py, where 0.5 ended at no mode at all
R1_SMALL, R1_LARGE, R1_MOST = 0.2, 0.5, 5.0  # up to 28 px grey; beyond; more only slows it
CLIP_USUAL = 1.0
EMA_MOST_KIMG = 100.0
DRAMATIC = 4.0  # factor of a rate change
LOW = 20.0  # fraction of the usual rate below which lowering it gains nothing
UNBALANCED = 8.0  # times the other rate: twice the largest published ratio (1 to 4, TTUR)
TOO_LONG_STEPS: tuple[FindingKind, ...] = ("divergence", "mode-collapse")

Settings = dict[str, Any]
Choose = Callable[[ModelConfig, TrainConfig, Evidence], Settings | None]


def remedies(kind: FindingKind, config: RunConfig, evidence: Evidence) -> tuple[Remedy, ...]:
    """At most four for `kind`, most likely to help first, each as settings to apply now."""
    found: list[Remedy] = []
    for name in _order(kind, config):
        settings = CHOICES[name](config.model, config.train, evidence) or {}
        if config.model.is_plane and settings.keys() & PICTURES_ONLY:
            continue
        if settings and _changes(config, settings):
            found.append(Remedy(name, settings))
    return tuple(found[:MOST])


def lower_rates(config: RunConfig) -> Settings:
    """Both rates lower, or only the one that is far too high relative to the other."""
    if kind_of(config.model.family) != "gan":
        return CHOICES["lower-g-rate"](config.model, config.train, {}) or {}
    name = _one_rate(config.train) or "lower-rates"
    return CHOICES[name](config.model, config.train, {}) or {}


def _order(kind: FindingKind, config: RunConfig) -> tuple[RemedyName, ...]:
    """ORDER without "both rates" if one is to blame; against overlong steps that one goes first."""
    if kind_of(config.model.family) != "gan":
        return WITHOUT_D[kind]
    t = config.train
    names, one = ORDER[kind], _one_rate(t)
    if one is None or "lower-rates" not in names:
        return names
    if kind in TOO_LONG_STEPS:
        return (one, *(name for name in names if name != "lower-rates"))
    return tuple(one if name == "lower-rates" else name for name in names)


def _one_rate(t: TrainConfig) -> RemedyName | None:
    """Which rate alone to lower: the disproportionate one, or the only one not yet low."""
    g_high, d_high = (rate > _usual(t) / LOW for rate in (t.g_lr, t.d_lr))
    if g_high and (not d_high or t.g_lr >= UNBALANCED * t.d_lr):
        return "lower-g-rate"
    if d_high and (not g_high or t.d_lr >= UNBALANCED * t.g_lr):
        return "lower-d-rate"
    return None


def _changes(config: RunConfig, settings: Settings) -> bool:
    """Whether the settings are valid and new."""
    try:
        return apply_settings(config, settings) != config
    except ConfigError:
        return False


def _usual(t: TrainConfig) -> float:
    return RATE_USUAL_SGD if t.optimizer == "sgd" else RATE_USUAL


def _rate(value: float) -> float:
    """A rate as one would type it."""
    return float(f"{value:.2g}")


def _lower_d_rate(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    if t.d_lr > t.g_lr > 0:
        return {"d_lr": _rate(t.g_lr)}
    return {"d_lr": _rate(t.d_lr / DRAMATIC)} if t.d_lr > t.g_lr / DRAMATIC else None


def _raise_g_rate(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    # a rate that G cannot learn with, not one that is merely lower
    too_low = t.g_lr < _usual(t) / LOW
    return {"g_lr": _rate(min(max(t.d_lr, _usual(t) / 10), _usual(t)))} if too_low else None


def _raise_d_rate(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    if t.d_lr < t.g_lr:
        return {"d_lr": _rate(min(t.g_lr, _usual(t)) if t.g_lr > 0 else _usual(t))}
    return {"d_lr": _rate(min(2 * t.d_lr, _usual(t)))} if t.d_lr < _usual(t) else None


def _lower_rates(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    if min(t.g_lr, t.d_lr) <= _usual(t) / LOW:
        return None
    return {"g_lr": _slower(t, t.g_lr), "d_lr": _slower(t, t.d_lr)}


def _slower(t: TrainConfig, rate: float) -> float:
    return _rate(min(rate / DRAMATIC, _usual(t)))


def _lower_g_rate(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    return {"g_lr": _slower(t, t.g_lr)} if t.g_lr > _usual(t) / LOW else None


def _add_r1(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    return None if t.r1 else _stronger_r1(m, t)


def _raise_r1(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    return _stronger_r1(m, t) if t.r1 else None


def _stronger_r1(m: ModelConfig, t: TrainConfig) -> Settings | None:
    if t.loss == "wasserstein-gp" and t.gp > 0:
        return None
    small = m.resolution <= 28 and m.channels == 1
    enough = R1_POINTS if m.is_plane else R1_SMALL if small else R1_LARGE
    weight = enough if t.r1 < enough else 3 * t.r1
    if weight > R1_MOST:
        return None
    return {"r1": _rate(weight), "r2": _rate(max(weight, t.r2))}


def _clip(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    return {"clip_norm": CLIP_USUAL} if not 0 < t.clip_norm <= CLIP_USUAL else None


def _use_sgd(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    if t.optimizer == "sgd":
        return None
    return {"optimizer": "sgd", "g_lr": RATE_USUAL_SGD, "d_lr": RATE_USUAL_SGD}


def _more_ema(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    longer = max(3 * t.ema_half_life_kimg, 8.9)
    return {"ema_half_life_kimg": _rate(longer)} if longer <= EMA_MOST_KIMG else None


def _multi_scale(m: ModelConfig, t: TrainConfig, e: Evidence) -> Settings | None:
    return {"d_scales": 2} if m.d_scales == 1 else None


# "fork-before" and "start-over" go back and are chosen by gan.metrics.wayback
CHOICES: dict[RemedyName, Choose] = {
    "lower-d-rate": _lower_d_rate,
    "lower-g-rate": _lower_g_rate,
    "raise-d-rate": _raise_d_rate,
    "raise-g-rate": _raise_g_rate,
    "lower-rates": _lower_rates,
    "add-r1": _add_r1,
    "raise-r1": _raise_r1,
    "clip-gradients": _clip,
    "use-sgd": _use_sgd,
    "more-ema": _more_ema,
    "multi-scale": _multi_scale,
    "minibatch-std": lambda m, t, e: None if m.minibatch_std else {"minibatch_std": True},
    "packing": lambda m, t, e: {"packing": 2} if m.packing == 1 else None,
    "diffaug": lambda m, t, e: {"augment": "diffaug"} if t.augment == "none" else None,
    "ada": lambda m, t, e: {"augment": "ada", "augment_p": 0.0} if t.augment != "ada" else None,
    "second-discriminator": lambda m, t, e: {"d_count": 2} if m.d_count == 1 else None,
    "aux-classes": lambda m, t, e: (
        {"aux_classes": True} if m.classes and not m.aux_classes else None
    ),
    "spectral-norm": lambda m, t, e: None if m.spectral_norm else {"spectral_norm": True},
}

# "lower-g-rate" or "lower-d-rate" may replace "lower-rates" (_order)
ORDER: dict[FindingKind, tuple[RemedyName, ...]] = {
    "mode-collapse": (
        "add-r1", "raise-r1", "minibatch-std", "packing", "lower-rates", "aux-classes",
        "second-discriminator", "multi-scale", "use-sgd",
    ),
    "d-winning": (
        "raise-g-rate", "lower-d-rate", "add-r1", "raise-r1", "spectral-norm", "diffaug",
        "clip-gradients",
    ),
    "d-losing": ("raise-d-rate", "second-discriminator", "multi-scale", "aux-classes"),
    "memorising": ("ada", "diffaug", "add-r1", "raise-r1", "spectral-norm", "lower-d-rate"),
    "divergence": (
        "lower-rates", "clip-gradients", "add-r1", "raise-r1", "spectral-norm", "use-sgd",
    ),
    "stagnation": (
        "raise-g-rate", "more-ema", "lower-rates", "multi-scale", "aux-classes",
        "second-discriminator",
    ),
}  # fmt: skip
# of families without a D, which have one rate and nobody to restrain
WITHOUT_D: dict[FindingKind, tuple[RemedyName, ...]] = {
    "mode-collapse": ("lower-g-rate", "more-ema"),
    "d-winning": (),
    "d-losing": (),
    "memorising": ("lower-g-rate",),
    "divergence": ("lower-g-rate", "clip-gradients"),
    "stagnation": ("raise-g-rate", "lower-g-rate", "more-ema"),
}
