"""Endpoint arguments, checked for type, range and length; errors are single sentences."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan.checkpoint import Weights
from gan.errors import ConfigError, GanError
from gan.metrics.judges import checked_judge, judges_here
from gan.sampling import MAX_SEED
from gan.ui.server import evaluations
from gan.ui.server.logs import identified
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError, error_json, real_number, whole_number

log = logging.getLogger(__name__)
MAX_CLASSES = 1000
BATCH_PIXELS = 2**18  # rendered per batch


@dataclass(frozen=True)
class Bounds:
    """Limits of one call."""

    pictures: int
    pixels: int  # over all pictures


HOME, PUBLIC = Bounds(1024, 2**23), Bounds(256, 2**21)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn expected errors into one English sentence; unexpected ones are also logged."""
    try:
        yield
    except GanError as error:
        raise gr.Error(str(error), print_exception=False) from None
    except Exception as error:
        with identified():
            log.exception("an endpoint failed")
            text = error_json(error)["error"]
        raise gr.Error(text, print_exception=False) from None


def whole(name: str, value: Any, *, low: int, high: int) -> int:
    """An integer, not merely something convertible: no text, no bool, no 3.0."""
    return whole_number(
        name, value if type(value) is int else json.dumps(value), low=low, high=high
    )


def real(name: str, value: Any, *, low: float, high: float) -> float:
    """A finite number, not merely something convertible."""
    is_number = type(value) in (int, float)
    return real_number(name, value if is_number else json.dumps(value), low=low, high=high)


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """One of `choices`; raises ConfigError that lists them."""
    if value not in choices:
        raise ConfigError(
            "{field} must be one of {choices}, got {got}; choose one",
            field=name,
            choices=", ".join(choices),
            got=repr(str(value)[:20]),
        )
    return str(value)


def seeds_of(values: Any, *, least: int, most: int) -> list[int]:
    """A list of `least` to `most` seeds; raises ConfigError for anything else."""
    if not isinstance(values, list) or not least <= len(values) <= most:
        got = len(values) if isinstance(values, list) else json.dumps(values)[:20]
        raise ConfigError(
            "seeds must be a list of {least} to {most}, got {got}; correct it",
            least=least,
            most=most,
            got=got,
        )
    return [whole("seed", s, low=0, high=MAX_SEED) for s in values]


def flag(name: str, value: Any) -> bool:
    """A real boolean, nothing truthy."""
    if not isinstance(value, bool):
        raise ConfigError(
            "{field} must be true or false, got {got}; correct it",
            field=name,
            got=json.dumps(value)[:20],
        )
    return value


def label_of(value: Any) -> int | None:
    """A class by its number; whether it exists is checked once the model is known."""
    return None if value is None else whole("label", value, low=0, high=MAX_CLASSES - 1)


def weights_of(context: Context, model: Any) -> Weights:
    """The model called `model`; raises GanError for one that is missing or unreadable."""
    try:
        return context.models.get(model if isinstance(model, str) else "")
    except PageError:
        raise ConfigError(
            "there is no model {model} here; list_models names those that are",
            model=repr(str(model)[:60]),
        ) from None


def check_size(weights: Weights, count: int, bounds: Bounds) -> None:
    """Raises ConfigError if `count` pictures of this model exceed the limit of one call."""
    _, height, width = weights.image_shape
    most = max(1, min(bounds.pictures, bounds.pixels // (height * width)))
    if count > most:
        raise ConfigError(
            "one call may ask for {most} pictures of this model, got {got}; ask in parts",
            most=most,
            got=count,
        )


def at_once(weights: Weights) -> int:
    """How many pictures fit into memory at once."""
    _, height, width = weights.image_shape
    return max(1, min(64, BATCH_PIXELS // (height * width)))


def question_of(
    context: Context, model: Any, data: Any, count: Any, seed: Any, judge: Any
) -> evaluations.Question:
    """A checked evaluation request; raises ConfigError for an invalid one."""
    local = context.profile.local
    offered = evaluations.options(local=local)["data"]
    if not (local and isinstance(data, str) and data.startswith("folder:")):
        one_of("data", data, offered)
    most = evaluations.MAX_COUNT if local else evaluations.PUBLIC_COUNT
    return evaluations.Question(
        ref=str(model),
        data=data,
        count=whole("count", count, low=evaluations.MIN_COUNT, high=most),
        seed=whole("seed", seed, low=0, high=MAX_SEED - most),
        judge=checked_judge(one_of("judge", judge, judges_here())),
    )
