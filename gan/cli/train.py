"""`presets` and `train`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from gan import checkpoint, presets, runs
from gan.cli.console import DataOption, SeedOption, app, errors, say, use_threads
from gan.cli.display import display, say_end
from gan.config import RunConfig, apply_settings, from_json, parse_setting
from gan.data import DATA_NAMES, ImageSet, data_summary, load_data
from gan.errors import ConfigError, RunError
from gan.files import read_json
from gan.presets import PRESETS

MAX_TRAINING_THREADS = 4  # maps of a few dozen channels do not fill more

PresetOption = Annotated[str, typer.Option("--preset", help="a recipe; `gan presets` lists them")]


def training_threads() -> int:
    """One on a machine of two cores, where a second collapses under any other load; else more."""
    return max(1, min((os.cpu_count() or 1) - 1, MAX_TRAINING_THREADS))


@app.command("presets")
def list_presets() -> None:
    """List the presets and the bundled data.

    Example: `python -m gan presets`
    """
    width = max(map(len, PRESETS))
    for name, preset in PRESETS.items():
        recipe = f"{preset.data:8}  {preset.family:6}  {preset.loss:14}"
        say(f"{name:{width}}  {recipe}  {preset.summary}")
    say("")
    for name in DATA_NAMES:
        say(f"--data {name:13} {data_summary(name)}")
    say("--data folder:PATH   your own images, a folder or a zip")
    say("--data hub:OWNER/ID  an image dataset on the Hugging Face Hub")


@app.command()
def train(
    preset: PresetOption = "fashion",
    data: DataOption = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="stop at so many seconds of training in all")
    ] = None,
    kimg: Annotated[
        float | None, typer.Option("--kimg", help="stop at so many thousand images in all")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value, as often as you like: --set g_lr=0.001"),
    ] = None,
    seed: SeedOption = 0,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="where to write; runs/PRESET-N if left out")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="go on with this run, bit for bit")
    ] = None,
    steer: Annotated[
        bool, typer.Option("--steer", help="take commands as JSON lines on standard input")
    ] = False,
) -> None:
    """Train a GAN and write all of it into a run folder. Ctrl-C saves a checkpoint and ends.

    Without --seconds or --kimg it trains until you stop it.

    Examples:

    `python -m gan train --preset fashion --seconds 60 --run-dir runs/a`

    `python -m gan train --preset own --data folder:pictures --set resolution=64 --seconds 600`

    `python -m gan train --resume runs/a --seconds 120`
    """
    with errors():
        _check_budget("--seconds", seconds)
        _check_budget("--kimg", kimg)
        use_threads(training_threads())
        chosen = dict(parse_setting(text) for text in settings or ())
        options: dict[str, Any] = {
            "device": "cuda" if torch.cuda.is_available() else "cpu",
            "steer": sys.stdin if steer else None,
        }
        if steer:
            _die_first_when_memory_is_short()
        if resume is not None:
            config = _resumed_config(resume, chosen, seconds=seconds, kimg=kimg)
            images = load_data(
                config.data, resolution=config.model.resolution, channels=config.model.channels
            )
            with display(resume, config) as watcher:
                status = runs.resume(config, images, resume, watcher=watcher, say=say, **options)
        else:
            config, images = _new_config(preset, data, chosen, seed=seed)
            config = replace(config, total_seconds=seconds, total_kimg=kimg)
            run_dir = run_dir or runs.new_run_dir(preset)
            with display(run_dir, config) as watcher:
                status = runs.start(config, images, run_dir, watcher=watcher, **options)
        say_end(status)


def _check_budget(option: str, value: float | None) -> None:
    if value is not None and not 0 < value < 1e9:
        raise ConfigError(f"{option} must be more than 0, got {value:g}; leave it out for no limit")


def _new_config(
    preset: str, data: str | None, settings: dict[str, Any], *, seed: int
) -> tuple[RunConfig, ImageSet]:
    """The config of a new run, fitted to its images, and these."""
    recipe = presets.get_preset(preset)
    spec = data or recipe.data
    images = load_data(
        spec,
        resolution=settings.get("resolution", recipe.resolution or None),
        channels=settings.get("channels"),
    )
    say(images.report)
    if recipe.conditional and not images.class_names:
        say(f"{spec} has no classes: the model is trained without them")
    config = presets.run_config(preset, images.shape, data=spec, seed=seed)
    config = presets.resolve_widths(apply_settings(config, settings))
    if config.model.classes not in (0, len(images.class_names)):
        raise ConfigError(
            f"classes must be 0 or the {len(images.class_names)} of {spec}, got "
            f"{config.model.classes}; leave it out"
        )
    names = images.class_names if config.model.classes else ()
    return replace(config, class_names=names), images


def _resumed_config(
    run_dir: Path, settings: dict[str, Any], *, seconds: float | None, kimg: float | None
) -> RunConfig:
    if not runs.is_run(run_dir):
        raise RunError(f"--resume must name a run folder, {str(run_dir)!r} is none; see runs/")
    status = runs.RunReader(run_dir).status()
    if status.state in runs.LIVE:
        raise RunError(f"{run_dir.name} is {status.state} in another process; stop it first")
    config = from_json(RunConfig, read_json(run_dir / checkpoint.CONFIG_FILE))
    if model := [key for key in settings if hasattr(config.model, key)]:
        raise ConfigError(f"{model[0]} cannot change in a run that goes on; start a new run")
    if seconds is not None or kimg is not None:
        config = replace(config, total_seconds=seconds, total_kimg=kimg)
    return apply_settings(config, settings)


def _die_first_when_memory_is_short() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_text("800")
    except OSError:
        return  # not Linux, or not allowed: the system decides
