"""The one change that a contestant may have on top of its preset: a loss, an optimiser, a remedy,
or a part of the recipe on or off.

A change is written as KIND=NAME, for example `loss=hinge`, `optimizer=sgd`, `remedy=packing` or
`part=modulation-off`; an empty text is no change. Its settings are chosen for the preset, as
the diagnosis chooses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_args

from gan.config import LossName, OptimizerName, RunConfig
from gan.data import shape_of
from gan.data.bundled import BUNDLED
from gan.errors import ConfigError, suggest
from gan.kinds import PICTURES_ONLY, has_setting, kind_of
from gan.metrics.findings import RemedyName
from gan.metrics.remedies import CHOICES
from gan.presets import fitted, get_preset
from gan.runs.userpresets import MAX_PRESETS, expand_preset
from gan.settings import apply_settings, is_idle, setting_of

REMEDIES: tuple[RemedyName, ...] = (
    "add-r1", "raise-r1", "clip-gradients", "spectral-norm", "minibatch-std", "packing",
    "second-discriminator", "multi-scale", "diffaug", "more-ema",
)  # fmt: skip
MOST_KEPT = 2 * MAX_PRESETS  # presets whose changes are kept
# Parts of a recipe, as settings on and off: what a preset has can be turned off, the rest on.
PARTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "modulation": ({"modulation": True}, {"modulation": False}),
    "naming": ({"aux_classes": True}, {"aux_classes": False}),
    "growth": ({"batch_growth": 2, "growth_kimg": 30.0}, {"batch_growth": 1}),
    "flips": ({"flip": True}, {"flip": False}),
}


def changes_of(preset: str) -> Mapping[str, Mapping[str, Any]]:
    """{change: settings} of all that differ from a preset, built in or the user's own, and can be
    trained; without the empty one.

    Raises ConfigError for an unknown preset, and for one that can no longer be trained.
    """
    base, data, settings = expand_preset(preset, None, {})
    return _changes(base, data, tuple(sorted(settings.items())))


@lru_cache(maxsize=MOST_KEPT)
def _changes(
    base: str, data: str | None, own: tuple[tuple[str, Any], ...]
) -> Mapping[str, Mapping[str, Any]]:
    config = _config(base, data, dict(own))
    named = {f"loss={name}": {"loss": name} for name in get_args(LossName)}
    named |= {f"optimizer={name}": _optimizer(config, name) for name in get_args(OptimizerName)}
    for remedy in REMEDIES:
        named[f"remedy={remedy}"] = CHOICES[remedy](config.model, config.train, {}) or {}
    for name, (on, off) in PARTS.items():
        is_off = all(setting_of(config, key) == value for key, value in off.items())
        named |= {f"part={name}-on": on} if is_off else {f"part={name}-off": off}
    return {change: settings for change, settings in named.items() if _fits(config, settings)}


def _config(base: str, data: str | None, own: Mapping[str, Any]) -> RunConfig:
    """The preset on its data; on that of its base, where its own are no bundled ones."""
    spec = data if data in BUNDLED else get_preset(base).data
    return fitted(base, shape_of(spec), own, data=spec, seed=0)


def _optimizer(config: RunConfig, name: OptimizerName) -> dict[str, Any]:
    """SGD gets rates that it learns with; in SGD's place another optimiser gets those of the
    built-in preset. Between the others the rates stay."""
    found: dict[str, Any] = {"optimizer": name}
    if name == "sgd":
        found |= CHOICES["use-sgd"](config.model, config.train, {}) or {}
    elif config.train.optimizer == "sgd":
        usual = get_preset(config.preset).lr
        found |= {key: usual for key in ("g_lr", "d_lr") if setting_of(config, key) != usual}
    kind = kind_of(config.model.family)
    return {key: value for key, value in found.items() if has_setting(kind, key)}


def _fits(config: RunConfig, settings: Mapping[str, Any]) -> bool:
    """Whether the settings are new, such that the preset's kind has them, and change anything."""
    kind = kind_of(config.model.family)
    if not settings or not all(has_setting(kind, key) for key in settings):
        return False
    if config.model.is_plane and settings.keys() & PICTURES_ONLY:
        return False
    try:
        changed = apply_settings(config, settings)
    except ConfigError:
        return False
    return changed != config and not all(is_idle(changed, key) for key in settings)


def settings_of(preset: str, change: str) -> dict[str, Any]:
    """The settings of a change; none of an empty one.

    Raises ConfigError, with similar changes, for one that the preset does not have.
    """
    if not change:
        return {}
    known = changes_of(preset)
    if change not in known:
        raise ConfigError(
            "{preset} has no change {change} that can be raced; {hint}",
            preset=preset,
            change=repr(change[:60]),
            hint=suggest(change, list(known)),
        )
    return dict(known[change])


def change_in(preset: str, settings: Mapping[str, Any]) -> str | None:
    """The change whose settings these are; empty where they are the preset's, None where no
    change is that."""
    config = _config(*expand_preset(preset, None, {}))
    differing = {key: v for key, v in settings.items() if setting_of(config, key) != v}
    if not differing:
        return ""
    found = (change for change, known in changes_of(preset).items() if known == differing)
    return next(found, None)
