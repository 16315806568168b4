"""The command line that reproduces a run, for its card."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from gan.config import RunConfig
from gan.data import OWN_CHANNELS, OWN_RESOLUTION
from gan.data.bundled import BUNDLED
from gan.errors import ConfigError
from gan.presets import DataShape, resolve_widths, run_config
from gan.schema import to_json
from gan.settings import setting_text

SIZES = ("resolution", "channels", "width", "depth")
OWN = {"folder": "folder:PICTURES", "points": "points:FILE"}  # local paths are private


def shared_data(spec: str) -> str:
    """A run's data for publication: a local path is left out."""
    kind, colon, rest = spec.partition(":")
    if kind == "stacked" and colon:
        return f"{kind}:{shared_data(rest)}"
    return OWN.get(kind, spec) if colon else spec


def training_command(run: RunConfig, *, nimg: int) -> str:
    """The command line that trains the same model again; empty for an unknown preset."""
    names = run.class_names
    natural = (
        BUNDLED[run.data].shape
        if run.data in BUNDLED
        else DataShape(OWN_RESOLUTION, OWN_CHANNELS, names)
    )
    try:
        preset = run_config(run.preset, natural, data=run.data)
    except ConfigError:
        return ""
    sizes = {key: getattr(run.model, key) for key in SIZES}
    resized = replace(preset, model=replace(preset.model, classes=run.model.classes, **sizes))
    changed = _differences(run, resolve_widths(resized)) | {
        key: value for key, value in sizes.items() if value != getattr(preset.model, key)
    }
    settings = [f"--set {key}={shlex.quote(setting_text(value))}" for key, value in changed.items()]
    data = shared_data(run.data)
    begin = f"--fork {shlex.quote(run.parent)}" if run.parent else f"--preset {run.preset}"
    budget = f"{_duration(run, nimg)} --seed {run.seed}"
    return " ".join(
        ["python -m gan train", begin, f"--data {shlex.quote(data)}", budget, *settings]
    )


def _duration(run: RunConfig, nimg: int) -> str:
    """As many images; or the run's own plan, where rates or penalties follow it."""
    plan = {"--kimg": run.total_kimg, "--seconds": run.total_seconds}
    told = [f"{option} {value:g}" for option, value in plan.items() if value is not None]
    return " ".join(told) if run.train.follows_plan and told else f"--kimg {nimg / 1000:g}"


def _differences(run: RunConfig, plain: RunConfig) -> dict[str, Any]:
    ours, theirs = to_json(run), to_json(plain)
    return {
        key: value
        for part in ("model", "train")
        for key, value in ours[part].items()
        if value != theirs[part][key]
    }
