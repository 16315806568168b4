"""What a training may be at most on a public server, whoever asks for it: setting by setting, and
as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from gan.config import RESOLUTIONS, RunConfig
from gan.data import DATA_NAMES, shape_of
from gan.errors import ConfigError, GanError, number_text
from gan.presets import resolve_widths
from gan.settings import apply_settings, setting_of
from gan.training.cost import Cost, training_cost
from gan.ui.server.routes import Context

PUBLIC_MOST = {
    "resolution": 64,
    "batch_size": 256,
    "batch_growth": 4,
    "width": 2.0,
    "depth": 1,
    "d_count": 3,
    "d_steps": 5,
    "ode_steps": 30,  # the costliest flow makes its 64 pictures in MOST_STEP_S
}
MOST_STEP_S = 30.0  # estimated for a slow core; until a step is done no command is obeyed
UPLOADED_MB = 128.0  # of a visitor's own pictures, decoded
LOWERED = (  # what may help
    "batch_size", "batch_growth", "width", "d_count", "d_scales", "d_steps", "resolution",
)  # fmt: skip
LEAST = {"batch_size": 8, "batch_growth": 1, "width": 0.25, "resolution": 16}

MEMORY = (
    "with {field} at {got} this training would need about {needed} GB of memory, {allowed} GB are "
    "allowed here; lower it to {value}"
)
STEP = (
    "with {field} at {got} a step would take about {needed} s, {allowed} s are allowed here; lower "
    "it to {value}"
)
MEMORY_OF_ALL = (
    "this training would need about {needed} GB of memory, {allowed} GB are allowed here; lower "
    "{field}, and {width}, {d_count} or {d_steps} too"
)
STEP_OF_ALL = (
    "a step of this training would take about {needed} s, {allowed} s are allowed here; lower "
    "{field}, and {width}, {d_count} or {d_steps} too"
)


def check_public(context: Context, settings: dict[str, Any]) -> None:
    """In public, reject trainings too large to share the server."""
    if context.profile.local:
        return
    for key, most in PUBLIC_MOST.items():
        if key in settings and settings[key] > most:
            raise ConfigError(
                "{field} must be at most {most} here, got {got}",
                field=key,
                most=number_text(most),
                got=number_text(settings[key]),
            )


def check_cost(context: Context, config: RunConfig, changed: Collection[str] = ()) -> None:
    """In public, reject a config that as a whole takes too much memory or too long a step.

    changed: the settings that the visitor has set, of which one is named if lowering it alone
    is enough; else any other that is.
    """
    if context.profile.local:
        return
    most = Cost(context.profile.memory_mb, MOST_STEP_S, 0.0)
    config = _with_channels(config)
    cost = _cost(config)
    if _is_within(cost, most):
        return
    if cost.memory_mb > most.memory_mb:
        one, every = MEMORY, MEMORY_OF_ALL
        numbers = {"needed": _gb(cost.memory_mb), "allowed": _gb(most.memory_mb)}
    else:
        one, every = STEP, STEP_OF_ALL
        numbers = {"needed": f"{cost.step_s:.0f}", "allowed": f"{most.step_s:.0f}"}
    for key in sorted(LOWERED, key=lambda key: key not in changed):
        for value in _lower(key, setting_of(config, key)):
            if _fits(config, key, value, most):
                got = number_text(setting_of(config, key))
                raise ConfigError(one, field=key, got=got, value=number_text(value), **numbers)
    raise ConfigError(every, field="batch_size", **numbers)


def _cost(config: RunConfig) -> Cost:
    own = 0.0 if config.data in DATA_NAMES else UPLOADED_MB
    return training_cost(resolve_widths(config), data_mb=own)


def _is_within(cost: Cost, most: Cost) -> bool:
    return cost.memory_mb <= most.memory_mb and cost.step_s <= most.step_s


def _fits(config: RunConfig, key: str, value: float, most: Cost) -> bool:
    try:
        return _is_within(_cost(apply_settings(config, {key: value})), most)
    except GanError:  # it is no setting of this family, or does not go with the others
        return False


def _lower(key: str, value: float) -> Iterator[float]:
    """Smaller values to try, the largest first."""
    if key == "resolution":
        yield from (size for size in RESOLUTIONS[::-1] if LEAST[key] <= size < value)
    elif key in LEAST:
        while (value := value // 2 if isinstance(value, int) else value / 2) >= LEAST[key]:
            yield value
    else:
        yield from range(int(value) - 1, 0, -1)


def _with_channels(config: RunConfig) -> RunConfig:
    """The form's config has the channels of its preset's data; the training has its own data's."""
    if config.model.is_plane or config.model.g_widths:
        return config
    channels = shape_of(config.data).channels if config.data in DATA_NAMES else 3
    return replace(config, model=replace(config.model, channels=channels))


def _gb(mb: float) -> str:
    return f"{mb / 1024:.1f}"
