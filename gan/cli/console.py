"""Shared by all commands: the app, its options, output and errors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import rich.console
import rich.progress
import torch
import typer

from gan.averaging import LONGEST, SHORTEST
from gan.checkpoint import Weights, weights_of_run
from gan.errors import ConfigError, GanError, WeightsError, number_text
from gan.hub.loading import load
from gan.hub.pull import Pulled, PullProgress
from gan.hub.sending import SendProgress, Sent
from gan.messages import Message, literal
from gan.runs.memory import is_no_memory, lift_limit, memory_mb, no_memory
from gan.runs.moments import Moment, find_moment, has_second, load_moment, mistaken, parse_moment
from gan.runs.prefork import hand_over
from gan.sampling import MAX_SEED

app = typer.Typer(
    name="gan",
    help="Train a GAN, watch it learn, walk through what it learned.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)

WeightsOption = Annotated[
    str,
    typer.Option(
        "--weights",
        help="a bundled name, a weights folder, a run (RUN, RUN@NIMG, RUN~LENGTH of its average), "
        "or owner/name on the Hub",
    ),
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="fashion, fashion-full, cats, emoji, emoji-groups, digits, stacked-digits, ring, "
        "grid, spiral, moons, line, folder:PATH, hub:owner/name, stream:owner/name, "
        "stacked:hub:owner/name, letter:A or points:FILE",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=MAX_SEED, help="where noise begins")]
SEEDS = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")
MAX_SEEDS = 1_000_000


def parse_seeds(text: str) -> list[int]:
    """`1-5,9` as [1, 2, 3, 4, 5, 9]; a range may also go down.

    Raises ConfigError for anything else, for seeds beyond MAX_SEED and for more than MAX_SEEDS.
    """
    seeds: list[int] = []
    for part in text.split(","):
        found = SEEDS.fullmatch(part.strip())
        if found is None:
            raise ConfigError(
                "--seeds must be whole numbers and ranges as in 1-5,9, got {got}; correct it",
                got=repr(text),
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if max(first, last) > MAX_SEED:
            raise ConfigError(
                "a seed must be from 0 to {max_seed}, got {got}; choose another",
                max_seed=MAX_SEED,
                got=max(first, last),
            )
        if len(seeds) + abs(last - first) >= MAX_SEEDS:
            raise ConfigError(
                "--seeds may name {max_seeds} at most, {text} has more; take fewer",
                max_seeds=f"{MAX_SEEDS:,}",
                text=repr(text),
            )
        step = 1 if last >= first else -1
        seeds += range(first, last + step, step)
    return seeds


def say(text: str) -> None:
    """Print a line, or several."""
    typer.echo(plain(text))


def plain(text: str) -> str:
    """`text` without control characters: it may hold an untrusted file's names, whose escape
    sequences a terminal would obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def fail(sentence: Message | str) -> NoReturn:
    """Print an error and exit with code 1; the app that started this process gets it as data."""
    message = sentence if isinstance(sentence, Message) else literal(sentence)
    hand_over(message)
    typer.echo(f"error: {plain(str(message))}", err=True)
    raise typer.Exit(1)


@contextmanager
def errors() -> Any:
    """User errors end in one sentence and exit code 1, never in a traceback."""
    try:
        yield
    except GanError as error:
        fail(error.message)
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(0) from None
    except (MemoryError, RuntimeError) as error:  # torch says it by the latter
        if not is_no_memory(error):
            raise
        lift_limit()
        too_large = "there was not enough memory; use a smaller batch, model or set of images"
        fail(no_memory() if memory_mb() else Message(too_large))
    except BrokenPipeError:  # as in `gan search | head`: typer ends quietly
        raise
    except OSError as error:
        what = {"reason": error.strerror, "file": error.filename}
        fail(Message("a file could not be read or written ({reason}: {file}); check it", **what))


def use_threads(count: int) -> None:
    torch.set_num_threads(count)


@contextmanager
def task(title: str) -> Iterator[Callable[[float], None]]:
    """A terminal progress bar for work that reports 0 to 1; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda fraction: None
        return
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(console=console, transient=True) as bar:
        shown = bar.add_task(title, total=1.0)
        yield lambda fraction: bar.update(shown, completed=fraction)


Step = PullProgress | Pulled | SendProgress | Sent


@contextmanager
def bytes_task(title: str) -> Iterator[Callable[[Step], None]]:
    """A terminal progress bar in bytes for a pull or a push; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    columns = (
        rich.progress.TextColumn("{task.description}", markup=False),
        rich.progress.BarColumn(),
        rich.progress.DownloadColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(*columns, console=console, transient=True) as bar:
        shown = bar.add_task(title, total=None)

        def watch(step: Step) -> None:
            if isinstance(step, PullProgress | SendProgress) and step.of:
                bar.update(shown, completed=step.done, total=step.of)

        yield watch


def load_weights(ref: str) -> Weights:
    """The model named by --weights: RUN@NIMG is the nearest kept moment of a run, RUN~LENGTH its
    average of another length, and a repo on the Hub is pulled, with a bar."""
    asked = parse_moment(ref)
    found = None if asked.is_newest else find_moment(ref)
    if found is not None:
        return _load_moment(*found)
    if not Path(ref).exists() and (wrong := mistaken(ref)) is not None:
        raise WeightsError(
            "{run} may be followed by @NIMG, a moment in whole images, and then by ~LENGTH, {low} "
            "to {high}, got {got}; write {run}@{nimg}~{length}, or leave either out",
            run=wrong[0].name,
            low=number_text(SHORTEST),
            high=number_text(LONGEST),
            got=repr(wrong[1]),
            nimg=(weights_of_run(wrong[0]) or [0])[-1],  # one that there is
            length=number_text(0.1),
        )
    if asked.length is not None and not Path(ref).exists():  # a folder may be called so
        raise WeightsError(
            "{ref} must name a run before the ~, whose kept moments can be averaged, {name} is "
            "none; see GAN_RUNS_DIR, or runs/",
            ref=repr(ref),
            name=repr(asked.run),
        )
    with bytes_task(f"pulling {ref}") as watch:
        return load(ref, watch=watch)


def _load_moment(run: Path, moment: Moment) -> Weights:
    loaded = load_moment(run, moment)
    if moment.nimg is not None and moment.nimg != loaded.config.nimg:
        typer.echo(
            f"note: the kept weights of {run.name} nearest to {moment.nimg:,} are of "
            f"{loaded.config.nimg:,}",
            err=True,
        )
    if moment.length is not None and not has_second(run, loaded.config.nimg):
        typer.echo(
            f"note: {run.name} kept only one average, from which other lengths are rough", err=True
        )
    return loaded


def label_number(names: tuple[str, ...], label: str | None) -> int | None:
    """The class that `label` names; numbers pass through, sampling checks their range."""
    if label is None:
        return None
    lowered = {name.lower(): i for i, name in enumerate(names)}
    if label.lower() in lowered:
        return lowered[label.lower()]
    if label.isascii() and label.isdigit():
        return int(label)
    known = ", ".join(names) if names else "it has none"
    raise ConfigError(
        "the model has no class {label}; its classes: {known}", label=repr(label), known=known
    )
