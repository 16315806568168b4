"""How a run begins: from scratch, from its last checkpoint, or as a fork of another one."""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from gan.averaging import SECOND_G
from gan.checkpoint import (
    MODEL_FILE,
    CheckpointFound,
    load_state,
    newest_checkpoint,
    sweep,
    weights_of_run,
)
from gan.config import RunConfig
from gan.data import ImageSet, ImagesId, identify, record
from gan.errors import CheckpointError, GanError, RunError
from gan.hub.recipe import keep_parents
from gan.messages import Message, literal
from gan.runs.folder import RunReader, RunStatus, is_run
from gan.runs.images import check_images, same_images
from gan.runs.lock import check_free, writing
from gan.runs.memory import is_no_memory, lift_limit, no_memory
from gan.runs.monitor import Monitor
from gan.runs.origin import Origin
from gan.runs.session import END_OF_INPUT, WEIGHTS_S, Commands, Session, Watcher, deaf_to_signals
from gan.runs.space import in_a_terminal, is_no_space, no_space
from gan.runs.thinning import note_fork
from gan.runs.writer import RunWriter
from gan.settings import setting_of
from gan.tensors import holds, load_modules
from gan.training import ALONE, Ranks, Trainer, changes, config_in
from gan.training.worktime import WorkTime

LOOK_S = 2.0  # whether the launcher is there
Clock = Literal["wall", "process"]  # seconds as they pass, or of the processor on this training


@dataclass(frozen=True, kw_only=True)
class Host:
    """A training's environment in its process: device, ranks, commands, watcher, clock."""

    device: str = "cpu"
    ranks: Ranks = ALONE
    steer: TextIO | None = None
    watcher: Watcher | None = None
    say: Callable[[str], None] = lambda text: None
    clock: Clock = "wall"
    weights_every_s: float = WEIGHTS_S


class HistoryEvent(NamedTuple):
    """The history's record of how a run began."""

    event: str
    key: str = ""
    old: Any = None
    new: Any = None
    note: str = ""


def start(
    config: RunConfig, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """Train from scratch in a new folder."""
    host = host or Host()
    config = record(config, images)
    # first: an interrupted start leaves no folder
    trainer = Trainer(config, images, device=host.device, ranks=host.ranks)
    if host.ranks.index:
        return _beside(trainer, run_dir)
    with _new_folder(run_dir, trainer, identify(images), host) as writer:
        return _run(trainer, writer, host, [HistoryEvent("start", new=config.preset)])


def resume(
    config: RunConfig, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """Resume from the newest valid checkpoint, bit-exactly.

    Settings of `config` that differ from the checkpoint are changed on resume. Raises RunError,
    before writing anything, unless `images` are those that the run was trained on.
    """
    host = host or Host()
    config = record(config, images, before=config)
    if host.ranks.index:
        host.ranks.agree(True)  # until the first one has tidied up
        return _beside(_go_on(config, images, run_dir, host)[0], run_dir)
    with writing(run_dir, host.say):
        sweep(run_dir / "checkpoints")
        host.ranks.agree(True)
        found_images = check_images(run_dir, config, images, host.say)
        trainer, changed, found = _go_on(config, images, run_dir, host)
        writer = RunWriter(run_dir, config, steerable=host.steer is not None)
        with _failures_reported(writer):
            writer.reopen(trainer.nimg)
            writer.images(found_images)
        skipped = [HistoryEvent("checkpoint-skipped", new=name) for name in found.skipped]
        resumed = HistoryEvent("resume", "checkpoint", new=found.path.name)
        return _run(trainer, writer, host, [*skipped, resumed, *changed])


def _go_on(
    config: RunConfig, images: ImageSet, run_dir: Path, host: Host
) -> tuple[Trainer, list[HistoryEvent], CheckpointFound]:
    """The trainer as of the newest valid checkpoint; nothing is written."""
    found = _newest(run_dir)
    if found.skipped:
        host.say(
            f"checkpoint {', '.join(found.skipped)} is damaged and was skipped; "
            f"going on from {found.path.name}"
        )
    trainer, changed = _restored(found.path, config, images, host, same_images=True)
    _check_budget(trainer, literal(run_dir.name))
    return trainer, changed, found


def _newest(run_dir: Path) -> CheckpointFound:
    """The newest valid checkpoint; if there are only weights, the error says that they can be
    forked."""
    try:
        return newest_checkpoint(run_dir / "checkpoints")
    except CheckpointError as error:
        if not weights_of_run(run_dir):
            raise
        raise CheckpointError(
            "{run_dir} has weights and no whole checkpoint; fork it instead, with --fork {quoted}",
            run_dir=run_dir.name,
            quoted=shlex.quote(str(run_dir)),
        ) from error


def fork(
    config: RunConfig, origin: Origin, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """A new run that starts from another run's state; `config` may have other settings."""
    host = host or Host()
    config = record(replace(config, parent=origin.name), images, before=origin.config)
    now = identify(images)
    if not host.ranks.index and not is_run(run_dir):  # otherwise it is refused, and changes nothing
        note_fork(origin.run, origin.nimg)
    if origin.checkpoint is not None:
        same = same_images(origin.run, origin.config.data, config.data, now)
        trainer, changed = _restored(origin.checkpoint, config, images, host, same_images=same)
    else:
        trainer, changed = _from_weights(origin, config, images, host)
    _check_budget(trainer, Message("the fork of {name}", name=origin.name))
    if host.ranks.index:
        return _beside(trainer, run_dir)
    with _new_folder(run_dir, trainer, now, host) as writer:
        with _failures_reported(writer):
            keep_parents(run_dir, origin.run, origin.config, origin.nimg)
        return _run(
            trainer, writer, host, [HistoryEvent("fork", "parent", new=origin.name), *changed]
        )


def _restored(
    path: Path, config: RunConfig, images: ImageSet, host: Host, *, same_images: bool
) -> tuple[Trainer, list[HistoryEvent]]:
    """A trainer as of a checkpoint, and the settings in which `config` differs from it."""
    state = load_state(path)
    was = config_in(state) or RunReader(path.parents[1]).config()
    trainer = Trainer(_as_then(config, was), images, device=host.device, ranks=host.ranks)
    _leave_second(trainer, path / MODEL_FILE)
    load_modules(path / MODEL_FILE, trainer.modules())
    if not same_images:
        state.pop("batches")
        host.say(f"the images of {config.data} are others; their order begins anew")
    if config.seed != was.seed:
        state.pop("noise")
        state.pop("batches", None)
        host.say(f"the seed was {was.seed}, is {config.seed}: noise and order begin anew")
    for difference in trainer.restore(state):
        host.say(f"not bit-exact: {difference}")
    return trainer, _changed(trainer, config, host)


def _from_weights(
    origin: Origin, config: RunConfig, images: ImageSet, host: Host
) -> tuple[Trainer, list[HistoryEvent]]:
    trainer = Trainer(_as_then(config, origin.config), images, device=host.device, ranks=host.ranks)
    file = origin.run / "weights" / f"{origin.nimg:010d}.safetensors"
    _leave_second(trainer, file)
    load_modules(file, trainer.saved_modules())
    rows = [r for r in RunReader(origin.run).rows() if r["nimg"] <= origin.nimg]
    trainer.begin_from(origin.nimg, float(rows[-1].get("seconds") or 0.0) if rows else 0.0)
    host.say(
        f"{origin.name} has weights and no checkpoint: the average is where G begins, "
        f"optimisers and noise start fresh"
    )
    return trainer, _changed(trainer, config, host)


def _leave_second(trainer: Trainer, file: Path) -> None:
    """Without the second average where an older version saved a state that has none."""
    if not holds(file, SECOND_G):
        trainer.second_ema = None


def _as_then(config: RunConfig, was: RunConfig) -> RunConfig:
    """`config` with the networks and settings of an earlier state."""
    return replace(config, model=was.model, train=was.train)


def _changed(trainer: Trainer, config: RunConfig, host: Host) -> list[HistoryEvent]:
    """Apply the settings of `config`; returns the notes for the history."""
    before = trainer.config
    different = changes(before, config)
    if not different:
        return []
    note = trainer.change(different)
    if note:
        host.say(str(note))
    return [
        HistoryEvent(
            "set", key, setting_of(before, key), setting_of(trainer.config, key), str(note)
        )
        for key in different
    ]


def _check_budget(trainer: Trainer, name: Message) -> None:
    if trainer.is_done():
        raise RunError(
            "{name} has seen {nimg} examples in {seconds} s, which is all of its budget; give a "
            "larger --seconds or --kimg (counted from its beginning)",
            name=name,
            nimg=f"{trainer.nimg:,}",
            seconds=f"{trainer.seconds:.0f}",
        )


@contextmanager
def _new_folder(
    run_dir: Path, trainer: Trainer, found: ImagesId, host: Host
) -> Iterator[RunWriter]:
    """A new run's folder, locked by this process until the context exits."""
    writer = RunWriter(run_dir, trainer.config, steerable=host.steer is not None)
    if is_run(run_dir):
        check_free(run_dir)  # names the process that writes there, if any
    writer.check_new()
    with suppress(OSError):  # `create` gives the reason
        run_dir.mkdir(parents=True, exist_ok=True)
    with writing(run_dir, host.say):
        writer.create()
        with _failures_reported(writer):
            writer.images(found)
            writer.reals(trainer.reals())
        yield writer


def _beside(trainer: Trainer, run_dir: Path) -> RunStatus:
    """Train alongside rank 0, which alone handles signals and writes."""
    with deaf_to_signals():
        trainer.follow()
    return RunStatus(run_dir.name, run_dir, "finished", trainer.nimg)


def _run(
    trainer: Trainer, writer: RunWriter, host: Host, begun: Sequence[HistoryEvent]
) -> RunStatus:
    if host.clock == "process":
        trainer.work_time = WorkTime(time.process_time)
    with _failures_reported(writer):
        session = Session(
            trainer,
            writer,
            commands=_ended_by_launcher(_listen(host.steer), host.ranks),
            watcher=host.watcher,
            monitor=Monitor(trainer, writer.measure),
            weights_every_s=host.weights_every_s,
            say=host.say,
        )
        for event in begun:
            session.note(*event)
        return session.run()


@contextmanager
def _failures_reported(writer: RunWriter) -> Iterator[None]:
    """Report failures in the run folder too, for its viewers."""
    try:
        yield
    except GanError as error:
        if writer.status.state not in ("failed", "interrupted"):
            with suppress(OSError):
                writer.report("failed", message=error.message)
        raise
    except OSError as error:
        if not is_no_space(error):
            _report_failure(writer, error)
            raise
        message = no_space(writer.path, error)
        with suppress(OSError):
            writer.report("interrupted", message=message)
        raise in_a_terminal(message, writer.path) from error
    except Exception as error:
        if is_no_memory(error):
            message = no_memory(writer.path)
            lift_limit()  # so that there is room to say so
            with suppress(OSError):
                writer.report("failed", message=message)
            raise RunError.of(message) from None  # its frames hold the tensors
        _report_failure(writer, error)
        raise


def _report_failure(writer: RunWriter, error: Exception) -> None:
    with suppress(OSError):
        why = f"{type(error).__name__}: {error}"
        writer.report("failed", message=Message("the training broke off: {why}", why=why))


def _listen(stream: TextIO | None) -> Commands:
    """Read commands as JSON lines; end of file means that the server is gone."""
    commands = Commands()

    def read() -> None:
        try:
            for line in stream or ():
                with suppress(ValueError, RecursionError):
                    command = json.loads(line)
                    if isinstance(command, dict):
                        commands.put(command)
        finally:
            commands.put(END_OF_INPUT)

    if stream is not None:
        threading.Thread(target=read, name="steer", daemon=True).start()
    return commands


def _ended_by_launcher(commands: Commands, ranks: Ranks) -> Commands:
    """Of several processes nobody would ever stop those whose launcher was killed."""

    def look() -> None:
        while not ranks.is_orphaned():
            time.sleep(LOOK_S)
        commands.put(END_OF_INPUT)

    if ranks.count > 1:
        threading.Thread(target=look, name="launcher", daemon=True).start()
    return commands
