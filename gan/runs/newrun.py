"""The config of a new run, as a preset, data and settings are named by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gan import presets
from gan.config import RunConfig
from gan.data import ImageSet, absolute_spec, load_data
from gan.runs.userpresets import expand_preset


def new_config(
    preset: str,
    data: str | None,
    settings: Mapping[str, Any],
    *,
    seed: int,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[RunConfig, ImageSet]:
    """The config of a new run, fitted to its images, and these.

    preset: a built-in one or the user's own; data: None for the preset's. Raises ConfigError or
    DataError for what cannot be trained.
    """
    preset, data, settings = expand_preset(preset, data, settings)
    recipe = presets.get_preset(preset)
    spec = absolute_spec(data or recipe.data)
    images = load_data(
        spec,
        resolution=settings.get("resolution", recipe.resolution or None),
        channels=settings.get("channels"),
    )
    say(images.report)
    if recipe.conditional and not images.class_names:
        say(f"{spec} has no classes: the model is trained without them")
    return presets.fitted(preset, images.shape, settings, data=spec, seed=seed), images
