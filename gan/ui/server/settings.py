"""Training settings for the page: grouped, as text, and parsed again when submitted."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gan.config import PLANE_SHAPE, RESOLUTIONS, RunConfig
from gan.errors import ConfigError
from gan.kinds import NAMES, ONLY, PICTURES_ONLY
from gan.settings import (
    IDLE,
    parse_setting,
    setting_of,
    setting_text,
    setting_types,
    steerable_settings,
)

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "learning",
        (
            "g_lr", "d_lr", "lr_schedule", "lr_end", "fall_after", "fall_kimg", "loss", "optimizer",
            "beta1", "beta2",
        ),
    ),
    ("steps", ("batch_size", "batch_growth", "growth_kimg", "d_steps", "ema_half_life_kimg")),
    ("restraint", ("r1", "r2", "gp", "reg_every", "reg_end", "clip_norm", "spectral_norm")),
    ("augmentation", ("augment", "augment_p", "ada_target", "flip", "shift_px")),
    (
        "judges",
        (
            "d_count", "d_reduce", "d_scales", "packing", "minibatch_std", "aux_classes",
            "aux_weight",
        ),
    ),
    ("bound", ("beta", "warm_up_kimg", "free_bits")),
    ("sampler", ("ode_steps", "solver")),
    ("field", ("tau",)),
    ("network", ("resolution", "width", "depth", "modulation")),
)  # fmt: skip
SETTINGS: tuple[str, ...] = tuple(key for _, keys in GROUPS for key in keys)
MAX_OTHER = 1000  # characters of settings without a field of their own


def describe() -> list[dict[str, Any]]:
    """Groups of fields for the page: each one's kind, whether it can change during training, for
    which trainings it is there (pictures: not for those on points), and beside what others it has
    no effect."""
    steerable = steerable_settings()
    return [
        {
            "name": name,
            "fields": [
                {
                    "key": key,
                    "steer": key in steerable,
                    "of": list(ONLY.get(key, NAMES)),
                    "pictures": key in PICTURES_ONLY,
                    "idle": [(r.key, as_text(r.value), r.differs) for r in IDLE.get(key, ())],
                }
                | _kind(key)
                for key in keys
            ],
        }
        for name, keys in GROUPS
    ]


def _kind(key: str) -> dict[str, Any]:
    if key == "resolution":
        return {"kind": "choice", "choices": [str(size) for size in (PLANE_SHAPE[1], *RESOLUTIONS)]}
    hint = setting_types()[key]
    if typing.get_origin(hint) is typing.Literal:
        return {"kind": "choice", "choices": list(typing.get_args(hint))}
    if hint is bool:
        return {"kind": "choice", "choices": ["false", "true"]}
    return {"kind": "whole" if hint is int else "number"}


def as_text(value: Any) -> str:
    """A value as `--set` takes it, rounded for display."""
    if not isinstance(value, float) or not math.isfinite(value):
        return setting_text(value)
    return f"{Decimal(f'{value:.9g}'):f}"  # 0.00002, not 2e-05


def settings_json(config: RunConfig) -> dict[str, str]:
    """Every field's value as the form displays it."""
    return {key: as_text(setting_of(config, key)) for key in SETTINGS}


def typed_settings(form: object, *, fields: bool = True) -> dict[str, Any]:
    """Settings from the page, `{key: text}`, parsed to their types.

    Raises ConfigError for an invalid one, or (`fields`) one without a field.
    """
    if not isinstance(form, Mapping) or len(form) > len(setting_types()):
        raise ConfigError("settings must be a JSON object of texts, got none; reload the page")
    found: dict[str, Any] = {}
    for key, text in form.items():
        if fields and key not in SETTINGS:
            raise ConfigError("there is no setting {name} here; reload the page", name=repr(key))
        if not isinstance(text, str) or not text.strip():
            raise ConfigError("{field} must have a value, got nothing; enter one", field=key)
        found |= [parse_setting(f"{key}={text}")]
    return found


def other_settings(text: object) -> dict[str, Any]:
    """Settings without a field, as entered: `resolution=64 z_dim=32`."""
    if not isinstance(text, str) or len(text) > MAX_OTHER:
        raise ConfigError(
            "other settings must be at most {max_other} characters; shorten them",
            max_other=MAX_OTHER,
        )
    return dict(parse_setting(part) for part in text.split())


def changed_settings(form: Mapping[str, Any], base: RunConfig) -> dict[str, Any]:
    """The form's settings that differ from `base`, parsed and checked.

    Raises ConfigError for an invalid one.
    """
    typed = typed_settings(form)
    return {key: value for key, value in typed.items() if value != setting_of(base, key)}
