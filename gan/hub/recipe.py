"""The command lines that reproduce a run, for its card."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from gan.checkpoint import CONFIG_FILE
from gan.config import RunConfig
from gan.data import OWN_CHANNELS, OWN_RESOLUTION
from gan.data.bundled import BUNDLED
from gan.errors import ConfigError, GanError
from gan.files import read_json
from gan.presets import DataShape, resolve_widths, run_config
from gan.schema import from_json, to_json
from gan.settings import setting_text

SIZES = ("resolution", "channels", "width", "depth")
OWN = {"folder": "folder:PICTURES", "points": "points:FILE"}  # local paths are private


def shared_data(spec: str) -> str:
    """A run's data for publication: a local path is left out."""
    kind, colon, rest = spec.partition(":")
    if kind == "stacked" and colon:
        return f"{kind}:{shared_data(rest)}"
    return OWN.get(kind, spec) if colon else spec


def training_recipe(run: RunConfig, *, nimg: int, root: Path) -> str:
    """The command lines that train the same model again, one a line; empty for an unknown preset.

    A fork's parents, as far as they lie in `root` beside it, come first, as runs/a, runs/b, ...
    """
    stages = [(run, nimg)]
    while len(stages) < len(ascii_lowercase) and (before := _parent(stages[0][0], root)):
        stages.insert(0, before)
    lines, begin = [], ""
    for (config, count), letter in zip(stages, ascii_lowercase, strict=False):
        lines.append(training_command(config, nimg=count, parent=begin))
        begin = f"runs/{letter}@{count}"
        if len(lines) < len(stages):
            lines[-1] += f" --run-dir runs/{letter}"
    return "\n".join(lines) if all(lines) else ""


def _parent(run: RunConfig, root: Path) -> tuple[RunConfig, int] | None:
    """The settings of what `run` was forked from, and at how many images it was."""
    name, _, nimg = run.parent.rpartition("@")
    if not name or Path(name).name != name or not nimg.isdecimal():
        return None
    try:
        return from_json(RunConfig, read_json(root / name / CONFIG_FILE)), int(nimg)
    except (GanError, OSError):
        return None  # deleted, or damaged


def training_command(run: RunConfig, *, nimg: int, parent: str = "") -> str:
    """The command line that trains the same model again; empty for an unknown preset.

    parent: RUN@NIMG, in the place of the one that a fork names.
    """
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
    origin = parent or run.parent
    begin = f"--fork {shlex.quote(origin)}" if origin else f"--preset {run.preset}"
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
