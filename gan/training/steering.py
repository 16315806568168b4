"""Settings that may change during training, and the resulting config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan.config import D_STRUCTURE, SAMPLER, ModelConfig, RunConfig
from gan.errors import ConfigError
from gan.presets import resolve_widths
from gan.settings import apply_settings, setting_types, steerable_settings

NOT_BUILT = frozenset({"d_reduce"})  # part of D's structure that needs no rebuilt network


def checked_change(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """`config` with `settings`; raises ConfigError for unknown, invalid or fixed ones."""
    if not settings:
        raise ConfigError("a change must name at least one setting, got none; name one")
    fixed = [k for k in settings if k in setting_types() and k not in steerable_settings()]
    if fixed:
        raise ConfigError(
            "{fixed} cannot change while training; start a new run with it", fixed=fixed[0]
        )
    return resolve_widths(apply_settings(config, settings))


def differs_in_d(before: ModelConfig, after: ModelConfig) -> bool:
    """Whether D must be rebuilt."""
    keys = [k for k in D_STRUCTURE if k not in NOT_BUILT]
    return any(getattr(before, k) != getattr(after, k) for k in keys)


def changes(before: RunConfig, after: RunConfig) -> dict[str, Any]:
    """The steerable settings in which two configs differ, with the values of `after`."""
    found = {}
    for key in steerable_settings():
        of_model = key in (*D_STRUCTURE, *SAMPLER)
        pair = [getattr(c.model if of_model else c.train, key) for c in (before, after)]
        if pair[0] != pair[1]:
            found[key] = pair[1]
    return found
