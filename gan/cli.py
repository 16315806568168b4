"""The command line: all that needs no browser, and the very process that trains for the app."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import rich.progress
import torch
import typer

from gan import checkpoint, presets, runs
from gan.config import RunConfig, apply_settings, from_json, parse_setting
from gan.data import DATA_NAMES, ImageSet, data_summary, load_data
from gan.errors import ConfigError, GanError, RunError
from gan.files import read_json
from gan.presets import PRESETS
from gan.runs import RunStatus
from gan.runs.export import check_out, write_samples
from gan.sampling import MAX_SEED
from gan.sampling import sample as draw_samples
from gan.training import Event, Progress

app = typer.Typer(
    name="gan",
    help="Train a GAN, watch it learn, walk through what it learned.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
MAX_TRAINING_THREADS = 4  # maps of a few dozen channels do not fill more
LINE_EVERY_S = 5.0

PresetOption = Annotated[str, typer.Option("--preset", help="a recipe; `gan presets` lists them")]
WeightsOption = Annotated[
    str, typer.Option("--weights", help="a bundled name, a weights folder, or a run folder")
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="fashion, fashion-full, emoji, digits, folder:PATH or hub:owner/name"
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="where noise begins")]


def say(text: str) -> None:
    """A line to the terminal."""
    typer.echo(text)


def fail(text: str) -> NoReturn:
    """A sentence to standard error, and exit code 1."""
    typer.echo(f"error: {text}", err=True)
    raise typer.Exit(1)


@contextmanager
def errors() -> Any:
    """What a user did wrong ends in one sentence and exit code 1, never in a traceback."""
    try:
        yield
    except GanError as error:
        fail(str(error))
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(0) from None
    except MemoryError:
        fail("there was not enough memory; use a smaller batch, model or set of images")
    except OSError as error:
        fail(f"a file could not be read or written ({error.strerror}: {error.filename}); check it")


def _use_threads(count: int) -> None:
    torch.set_num_threads(count)


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
        _use_threads(training_threads())
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
            with _display(resume, config) as watcher:
                status = runs.resume(config, images, resume, watcher=watcher, say=say, **options)
        else:
            config, images = _new_config(preset, data, chosen, seed=seed)
            config = replace(config, total_seconds=seconds, total_kimg=kimg)
            run_dir = run_dir or runs.new_run_dir(preset)
            with _display(run_dir, config) as watcher:
                status = runs.start(config, images, run_dir, watcher=watcher, **options)
        _say_end(status)


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


Watcher = Callable[[Event, RunStatus], None]


@contextmanager
def _display(run_dir: Path, config: RunConfig) -> Any:
    """A progress bar on a terminal, a plain line every few seconds in a pipe."""
    say(f"{config.preset}: {config.data}, seed {config.seed}, writing {run_dir}")
    if not sys.stdout.isatty():
        yield _line_printer()
        return
    columns = (
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TextColumn("{task.description}"),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns) as bar:
        known = config.total_seconds is not None or config.total_kimg is not None
        task = bar.add_task("starting", total=1.0 if known else None)

        def watch(event: Event, status: RunStatus) -> None:
            if isinstance(event, Progress):
                text = f"{_count(event.nimg)} images  {event.images_per_s:,.0f}/s"
                bar.update(task, completed=status.fraction or 0.0, description=text)

        yield watch


def _line_printer() -> Watcher:
    printed_at = -LINE_EVERY_S

    def watch(event: Event, status: RunStatus) -> None:
        nonlocal printed_at
        if isinstance(event, Progress) and time.monotonic() - printed_at >= LINE_EVERY_S:
            printed_at = time.monotonic()
            say(
                f"{_count(event.nimg):>8} images  {event.seconds:7.1f} s  "
                f"{event.images_per_s:7,.0f}/s  loss G {event.loss_g:.3f} D {event.loss_d:.3f}"
            )

    return watch


def _count(nimg: int) -> str:
    return f"{nimg / 1000:,.1f} k"


def _say_end(status: RunStatus) -> None:
    place = shlex.quote(str(status.path))
    verb = {"finished": "finished", "stopped": "stopped"}.get(status.state, "interrupted")
    say(f"{verb} after {_count(status.nimg)} images and {status.seconds:.1f} s")
    if status.state == "interrupted":
        say(f"go on with: python -m gan train --resume {place}")
    else:
        say(f"sample it with: python -m gan sample --weights {place} --count 64 --out a.png")


@app.command()
def sample(
    weights: WeightsOption,
    out: Annotated[Path, typer.Option("--out", help="FILE.png, .webp, .npz or .zip")],
    count: Annotated[int, typer.Option("--count", min=1, max=1_000_000)] = 64,
    seed: SeedOption = 0,
    psi: Annotated[
        float, typer.Option("--psi", min=0, max=2, help="1 is as learned, less is more typical")
    ] = 1.0,
    label: Annotated[
        str | None, typer.Option("--label", help="a class, by name or number; all if left out")
    ] = None,
) -> None:
    """Draw samples; seeds go up from --seed, one an image, and mean the same image everywhere.

    A sheet (.png, .webp), arrays (.npz: images, seeds, labels) or one PNG an image (.zip).

    Examples:

    `python -m gan sample --weights fashion --count 64 --out sheet.png`

    `python -m gan sample --weights runs/a --count 10000 --out a.npz`
    """
    with errors():
        _use_threads(1)
        check_out(out, count)
        if seed + count - 1 > MAX_SEED:
            raise ConfigError(
                f"seeds go up to {MAX_SEED}, got {count:,} from {seed} on; begin lower"
            )
        loaded = checkpoint.load(weights)
        chosen = _label_number(loaded.config.class_names, label)
        samples = draw_samples(loaded.generator, range(seed, seed + count), psi=psi, label=chosen)
        write_samples(out, samples, loaded.config.class_names)
        say(f"{count:,} samples of {loaded.config.name or weights} in {out}")


def _label_number(names: tuple[str, ...], label: str | None) -> int | None:
    """The class that `label` names; numbers pass through, sampling checks their range."""
    if label is None:
        return None
    lowered = {name.lower(): i for i, name in enumerate(names)}
    if label.lower() in lowered:
        return lowered[label.lower()]
    if label.isascii() and label.isdigit():
        return int(label)
    known = ", ".join(names) if names else "it has none"
    raise ConfigError(f"the model has no class {label!r}; its classes: {known}")


@app.command()
def evaluate(
    weights: WeightsOption,
    data: DataOption = None,
    count: Annotated[int, typer.Option("--count", min=130, max=100_000)] = 10_000,
    seed: SeedOption = 0,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Measure a model: Fréchet distance on our own features, with its real-against-real floor.

    Example: `python -m gan evaluate --weights fashion --count 10000 --json`
    """
    from gan.metrics.evaluate import evaluate as measure  # noqa: PLC0415 - torchmetrics is slow

    with errors():
        _use_threads(1)
        loaded = checkpoint.load(weights)
        shape = loaded.config.model
        images = load_data(
            data or loaded.config.data or "fashion",
            resolution=shape.resolution,
            channels=shape.channels,
        )
        result = measure(loaded.generator, loaded.config, data=images, count=count, seed=seed)
        found = {**result.to_json(), "weights": weights}
        say(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _evaluation_text(found))


def _evaluation_text(found: dict[str, Any]) -> str:
    lines = [
        f"{found['weights']} against {found['data']}, {found['count']:,} images each, features "
        f"{found['features']}",
        f"FD     {found['fd']:.3f}",
        f"floor  {found['fd_floor']:.3f}   (real against real: no model can be told to be better)",
    ]
    for name, fraction in (found["class_histogram"] or {}).items():
        lines.append(f"{name:>12}  {fraction:6.1%}  {'#' * round(fraction * 200)}")
    return "\n".join(lines)
