"""`presets` and `train`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from gan import checkpoint, runs
from gan.cli.console import DataOption, app, errors, say, use_threads
from gan.cli.display import Watcher, display, say_end
from gan.cli.log import logging_to
from gan.config import KEEP_MB, RunConfig
from gan.data import ImageSet, absolute_spec, load_data
from gan.errors import ConfigError, RunError, number_text
from gan.files import expanded, read_json
from gan.runs.newrun import new_config
from gan.schema import from_json
from gan.settings import parse_setting
from gan.training import Event, Ranks, checked_change, processes_here, ranks_here

MAX_TRAINING_THREADS = 4  # maps of a few dozen channels do not fill more

DEFAULT_PRESET = "fashion"
MOST_BUDGET = 1e9  # of --seconds and --kimg
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="key=value, as often as you like: --set g_lr=0.001"),
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset", help=f"a recipe; `gan presets` lists them [default: {DEFAULT_PRESET}]"
    ),
]


def training_threads() -> int:
    """One on a machine of two cores, where a second collapses under any other load; else more."""
    cores = (os.cpu_count() or 1) // processes_here()
    return max(1, min(cores - 1, MAX_TRAINING_THREADS))


@app.command()
def train(
    preset: PresetOption = None,
    data: DataOption = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="stop at so many seconds of training in all")
    ] = None,
    kimg: Annotated[
        float | None, typer.Option("--kimg", help="stop at so many thousand images in all")
    ] = None,
    settings: SettingsOption = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=2**31 - 1, help="where noise begins [default: 0]"),
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option("--run-dir", help="where to write; runs/PRESET-N if left out")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="go on with this run, bit for bit")
    ] = None,
    fork: Annotated[
        str | None,
        typer.Option("--fork", help="RUN or RUN@NIMG: a new run that begins where that one was"),
    ] = None,
    keep_mb: Annotated[
        float | None,
        typer.Option("--keep-mb", help=f"thin older moments above so many MB; else {KEEP_MB:g}"),
    ] = None,
    log: Annotated[
        Literal["tensorboard"] | None,
        typer.Option("--log", help="also write TensorBoard's event files into the run folder"),
    ] = None,
    clock: Annotated[
        runs.Clock,
        typer.Option("--clock", help="process: count seconds of the processor, and use one thread"),
    ] = "wall",
    weights_every: Annotated[
        float, typer.Option("--weights-every", min=0.1, help="keep weights every so many seconds")
    ] = runs.WEIGHTS_S,
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

    `python -m gan train --fork runs/a@64000 --set augment=ada --kimg 200`
    """
    with errors():
        runs.limit_memory()
        if resume is not None and fork is not None:
            raise ConfigError("a run is resumed or forked, got --resume and --fork; leave one out")
        check_budget("--seconds", seconds)
        check_budget("--kimg", kimg)
        ranks = _ranks(steer)
        use_threads(1 if clock == "process" else training_threads())
        chosen = dict(parse_setting(text) for text in settings or ())
        if steer:
            say(runs.READING)
            _die_first_when_memory_is_short()
        claims = ranks.index == 0
        wish = TrainArguments(preset, data, chosen, seed, seconds, kimg, run_dir, keep_mb, claims)
        plan = _resumed(resume, wish) if resume else _forked(fork, wish) if fork else _new(wish)
        _tell_of_plan(plan.config)
        ranks.agree(True)  # all have looked at what is there before the first one writes
        with (
            _given_up_if_empty(plan.run_dir),
            display(plan.run_dir, plan.config) as watcher,
            logging_to(None if ranks.index else log, plan.run_dir) as logger,
        ):
            host = runs.Host(
                device=ranks.device,
                ranks=ranks,
                steer=sys.stdin if steer else None,
                watcher=_both(watcher, logger),
                say=say,
                clock=clock,
                weights_every_s=weights_every,
            )
            status = plan.begin(host)
        say_end(status, plan.config)
        ranks.leave()


def _ranks(steer: bool) -> Ranks:
    """The processes that train together; all but the first are silent."""
    ranks = ranks_here()
    if ranks.count > 1 and steer:
        raise ConfigError("several processes cannot be steered, got --steer; leave it out")
    if ranks.index:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    return ranks


@contextmanager
def _given_up_if_empty(run_dir: Path) -> Iterator[None]:
    """A folder that was claimed and has nothing in it goes again if the training fails."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # not empty
            run_dir.rmdir()
        raise


class TrainArguments(NamedTuple):
    """What was typed."""

    preset: str | None
    data: str | None
    settings: dict[str, Any]
    seed: int | None
    seconds: float | None
    kimg: float | None
    run_dir: Path | None
    keep_mb: float | None
    claims: bool = True  # the first of several processes chooses the folder


class TrainPlan(NamedTuple):
    """What comes of it: where, with what, and how it begins."""

    run_dir: Path
    config: RunConfig
    begin: Callable[[runs.Host], runs.RunStatus]


def _both(first: Watcher, second: Watcher | None) -> Watcher:
    if second is None:
        return first

    def watch(event: Event, status: runs.RunStatus) -> None:
        first(event, status)
        second(event, status)

    return watch


def _new(wish: TrainArguments) -> TrainPlan:
    preset = wish.preset or DEFAULT_PRESET
    config, images = new_config(preset, wish.data, wish.settings, seed=wish.seed or 0, say=say)
    config = replace(config, total_seconds=wish.seconds, total_kimg=wish.kimg)
    config = replace(config, keep_mb=KEEP_MB if wish.keep_mb is None else wish.keep_mb)
    run_dir = _run_dir(wish, preset)
    return TrainPlan(run_dir, config, partial(runs.start, config, images, run_dir))


def _run_dir(wish: TrainArguments, preset: str) -> Path:
    """The folder that was named, else one of its own, which nobody else starts in."""
    if wish.run_dir is not None:
        return wish.run_dir
    return runs.claim_run_dir(preset) if wish.claims else runs.new_run_dir(preset)


def _resumed(run_dir: Path, wish: TrainArguments) -> TrainPlan:
    if not runs.is_run(run_dir):
        raise RunError(
            "--resume must name a run folder, {run_dir} is none; see GAN_RUNS_DIR, or runs/",
            run_dir=repr(str(run_dir)),
        )
    runs.check_free(run_dir)
    config = _resumed_config(run_dir, wish)
    if wish.keep_mb is not None:
        config = replace(config, keep_mb=wish.keep_mb)
    images = _images_again(run_dir, config, moved=wish.data is not None)
    return TrainPlan(run_dir, config, partial(runs.resume, config, images, run_dir))


def _images_again(run_dir: Path, config: RunConfig, *, moved: bool) -> ImageSet:
    """The images of a run that goes on; where its folder is gone, that is what is said."""
    kind, _, path = config.data.partition(":")
    if kind == "folder" and not moved and not expanded(path).exists():
        raise RunError(
            "{path}, whose images {run_dir} learns from, is not where it was; name its place "
            "with --data folder:PATH",
            path=repr(Path(path).name),
            run_dir=run_dir.name,
        )
    return _images_of(config)


def _forked(text: str, wish: TrainArguments) -> TrainPlan:
    """Budget and folder are the fork's own; all else is the parent's unless it is given."""
    origin = runs.find_origin(text)
    if wish.preset not in (None, origin.config.preset):
        raise ConfigError(
            "a fork has its parent's preset, {preset}, got --preset {given}; leave it out",
            preset=origin.config.preset,
            given=wish.preset,
        )
    config = checked_change(origin.config, wish.settings) if wish.settings else origin.config
    config = replace(
        config,
        data=absolute_spec(wish.data) if wish.data else config.data,
        seed=config.seed if wish.seed is None else wish.seed,
        total_seconds=wish.seconds,
        total_kimg=wish.kimg,
        keep_mb=KEEP_MB if wish.keep_mb is None else wish.keep_mb,
    )
    images = _images_of(config)
    if config.model.classes not in (0, len(images.class_names)):
        raise ConfigError(
            "--data must have the {classes} classes of {run}, {data} has {count}; choose other "
            "data",
            classes=config.model.classes,
            run=origin.run.name,
            data=config.data,
            count=len(images.class_names),
        )
    config = replace(config, class_names=images.class_names if config.model.classes else ())
    run_dir = _run_dir(wish, config.preset)
    say(origin.told())
    return TrainPlan(run_dir, config, partial(runs.fork, config, origin, images, run_dir))


def _images_of(config: RunConfig) -> ImageSet:
    return load_data(
        config.data, resolution=config.model.resolution, channels=config.model.channels
    )


def _tell_of_plan(config: RunConfig) -> None:
    endless = config.total_seconds is None and config.total_kimg is None
    if endless and config.train.follows_plan:
        say("no --seconds and no --kimg, so no end to plan for: rates and penalties stay as set")


def check_budget(option: str, value: float | None) -> None:
    """Raises ConfigError for a duration that is none."""
    if value is not None and not 0 < value < MOST_BUDGET:
        raise ConfigError(
            "{field} must be more than 0 and less than {most}, got {got}; leave it out for no "
            "limit",
            field=option,
            most=number_text(MOST_BUDGET),
            got=number_text(value),
        )


def _resumed_config(run_dir: Path, wish: TrainArguments) -> RunConfig:
    """The run's config with what may change in it; raises ConfigError for what may not."""
    config = from_json(RunConfig, read_json(run_dir / checkpoint.CONFIG_FILE))
    if wish.preset not in (None, config.preset):
        raise ConfigError(
            "--resume goes on with the preset {preset}, got --preset {given}; leave it out, "
            "or start a new run with it",
            preset=config.preset,
            given=wish.preset,
        )
    if wish.seed not in (None, config.seed):
        raise ConfigError(
            "--resume goes on with seed {seed}, got --seed {given}; leave it out, or --fork the "
            "run with it",
            seed=config.seed,
            given=wish.seed,
        )
    if wish.run_dir is not None and wish.run_dir.resolve() != run_dir.resolve():
        raise ConfigError(
            "--resume writes where the run lies, got --run-dir {run_dir}; leave it out, or "
            "--fork the run into it",
            run_dir=repr(str(wish.run_dir)),
        )
    if wish.data is not None:
        config = replace(config, data=absolute_spec(wish.data))
    if wish.seconds is not None or wish.kimg is not None:
        config = replace(config, total_seconds=wish.seconds, total_kimg=wish.kimg)
    return checked_change(config, wish.settings) if wish.settings else config


def _die_first_when_memory_is_short() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_text("800")
    except OSError:
        return  # not Linux, or not allowed: the system decides
