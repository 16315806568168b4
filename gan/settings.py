"""The settings of a run by name: what `--set key=value`, the form and steering change.

A setting is a field of ModelConfig or TrainConfig.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from gan.config import D_STRUCTURE, MODULATED, SAMPLER, ModelConfig, RunConfig, TrainConfig
from gan.errors import ConfigError, suggest
from gan.kinds import NAMES, has_setting, kind_of
from gan.messages import Message
from gan.schema import hints_of, plain, typed


class Beside(NamedTuple):
    """Another setting's value, or (`differs`) any but that."""

    key: str
    value: Any
    differs: bool = False


_FALLS_NOT = (Beside("lr_schedule", "constant"), Beside("reg_end", 1.0))
_UNPENALISED = (Beside("r1", 0.0), Beside("r2", 0.0))
# Settings without effect where all of these hold, as gan.losses and gan.training read them.
IDLE: dict[str, tuple[Beside, ...]] = {
    "lr_end": (Beside("lr_schedule", "constant"),),
    "fall_after": _FALLS_NOT,
    "fall_kimg": _FALLS_NOT,
    "growth_kimg": (Beside("batch_growth", 1),),
    "gp": (Beside("loss", "wasserstein-gp", differs=True),),
    "reg_every": _UNPENALISED,
    "reg_end": _UNPENALISED,
    "beta1": (Beside("optimizer", "rmsprop"),),
    "beta2": (Beside("optimizer", "sgd"),),
    "augment_p": (Beside("augment", "none"),),
    "ada_target": (Beside("augment", "ada", differs=True),),
    "aux_classes": (Beside("classes", 0),),
    "aux_weight": (Beside("aux_classes", False),),
    "warm_up_kimg": (Beside("beta", 0.0),),
    "free_bits": (Beside("beta", 0.0),),
    "d_reduce": (Beside("d_count", 1), Beside("d_scales", 1)),
    "class_head": (Beside("classes", 0),),
    "modulation": tuple(Beside("family", family, differs=True) for family in MODULATED),
    "embed_dim": (Beside("classes", 0),),
}
TYPES = {bool: Message("true or false"), int: Message("a whole number"), float: Message("a number")}


def parse_setting(text: str) -> tuple[str, Any]:
    """Parse `key=value` from a command line: the key, and the value in its field's type.

    A key is any field of ModelConfig or TrainConfig; a list is written `48,36,24`.
    """
    key, equals, raw = text.partition("=")
    key = key.strip().replace("-", "_")
    hints = setting_types()
    if not equals:
        raise ConfigError(
            "a setting must be key=value, got {got}; for example g_lr=0.001", got=repr(text)
        )
    if key not in hints:
        raise ConfigError(
            "there is no setting {name}; {hint}", name=repr(key), hint=suggest(key, hints)
        )
    return key, typed(key, hints[key], _literal(key, hints[key], raw.strip()))


def setting_text(value: Any) -> str:
    """A setting's value in the syntax of `parse_setting`."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def setting_types() -> dict[str, Any]:
    """Every setting that `--set` takes, with its type."""
    return {**hints_of(ModelConfig), **hints_of(TrainConfig)}


def steerable_settings() -> tuple[str, ...]:
    """Every setting that may change while a run trains: all but the generator's shape.

    A VAE, an RNN and a flow have fewer of them: `gan.kinds`, checked by `apply_settings`.
    """
    return (*hints_of(TrainConfig), *D_STRUCTURE, *SAMPLER)


def setting_of(config: RunConfig, key: str) -> Any:
    """A setting's value, from the model or train config, as JSON."""
    part = config.model if key in hints_of(ModelConfig) else config.train
    return plain(getattr(part, key))


def is_idle(config: RunConfig, key: str) -> bool:
    """Whether a setting has no effect beside the others of `config`."""
    rules = IDLE.get(key, ())
    return bool(rules) and all(
        (setting_of(config, rule.key) == rule.value) != rule.differs for rule in rules
    )


def _literal(name: str, hint: Any, raw: str) -> Any:
    if typing.get_origin(hint) is tuple:
        return tuple(_literal(name, int, part) for part in raw.split(",") if part.strip())
    try:
        if hint is bool:
            return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}[
                raw.lower()
            ]
        return hint(raw) if hint in (int, float) else raw
    except (KeyError, ValueError):
        kind = TYPES[hint]
        raise ConfigError(
            "{field} must be {type}, got {got}; correct it", field=name, type=kind, got=repr(raw)
        ) from None


def _check_kind(config: RunConfig, settings: Mapping[str, Any]) -> None:
    """Raises ConfigError for a setting that trainings of this kind do not have.

    Its current value may be named: what writes all settings back changes nothing.
    """
    kind = kind_of(settings.get("family", config.model.family))
    for key, value in settings.items():
        if not has_setting(kind, key) and plain(value) != setting_of(config, key):
            raise ConfigError(
                "a {kind} has no setting {name}; leave it out, or choose another preset",
                kind=NAMES[kind],
                name=repr(key),
                field=key,
            )


def apply_settings(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """`config` with flat settings assigned to model or train, with type checks."""
    hints = setting_types()
    chosen = {}
    for key, value in settings.items():
        if key not in hints:
            raise ConfigError(
                "there is no setting {name}; {hint}", name=repr(key), hint=suggest(key, hints)
            )
        chosen[key] = typed(key, hints[key], value)
    _check_kind(config, chosen)
    model_keys = hints_of(ModelConfig)
    model = {k: v for k, v in chosen.items() if k in model_keys}
    if chosen.get("family", config.model.family) not in MODULATED:
        model.setdefault("modulation", False)  # of the preset, not of the family that is chosen
    train = {k: v for k, v in chosen.items() if k not in model_keys}
    return dataclasses.replace(
        config,
        model=dataclasses.replace(config.model, **model),
        train=dataclasses.replace(config.train, **train),
    )
