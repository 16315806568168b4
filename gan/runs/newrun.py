"""The config of a new run, as a preset, data and settings are named by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gan import presets
from gan.config import RunConfig, apply_settings
from gan.data import ImageSet, absolute_spec, load_data
from gan.errors import ConfigError
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
    shape = images.shape
    if settings.get("classes") == 0:  # whatever the classes are called, they are not learned
        shape = shape._replace(class_names=())
    config = presets.run_config(preset, shape, data=spec, seed=seed)
    if settings.get("aux_classes") and images.class_names:
        settings = {"classes": len(images.class_names), **settings}  # they need a class each
    config = presets.resolve_widths(apply_settings(config, settings))
    if config.model.classes not in (0, len(images.class_names)):
        raise ConfigError(
            "{field} must be 0 or the {count} of {spec}, got {got}; leave it out",
            field="classes",
            count=len(images.class_names),
            spec=spec,
            got=config.model.classes,
        )
    names = images.class_names if config.model.classes else ()
    return replace(config, class_names=names), images
