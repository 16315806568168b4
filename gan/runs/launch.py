"""How a run begins: anew, from its last checkpoint, or as a fork of another one."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from gan.checkpoint import (
    MODEL_FILE,
    checkpoints,
    config_at,
    is_valid,
    load_state,
    newest_checkpoint,
    sweep,
    weights_of_run,
)
from gan.config import RunConfig, setting_of
from gan.data import ImageSet, record
from gan.errors import GanError, RunError
from gan.files import runs_root
from gan.runs.folder import RunReader, RunStatus, is_run
from gan.runs.monitor import Monitor
from gan.runs.session import END_OF_INPUT, Session, Watcher, deaf_to_signals
from gan.runs.writer import RunWriter
from gan.tensors import load_modules
from gan.training import ALONE, Ranks, Trainer, changes, config_in


@dataclass(frozen=True, kw_only=True)
class Host:
    """What a training meets in its process: where it computes, who steers, watches and listens."""

    device: str = "cpu"
    ranks: Ranks = ALONE
    steer: TextIO | None = None
    watcher: Watcher | None = None
    say: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Origin:
    """The moment of a run that a fork begins from."""

    run: Path
    nimg: int
    checkpoint: Path | None  # None: there are weights of that moment, and no more
    config: RunConfig  # as it was then

    @property
    def name(self) -> str:
        """As histories tell it."""
        return f"{self.run.name}@{self.nimg}"


class Change(NamedTuple):
    """A setting that differs from what a checkpoint had."""

    key: str
    old: Any
    new: Any
    note: str


def start(
    config: RunConfig, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """Train from the beginning in a new folder."""
    host = host or Host()
    config = record(config, images)
    # first: what is interrupted leaves no folder
    trainer = Trainer(config, images, device=host.device, ranks=host.ranks)
    if host.ranks.index:
        return _beside(trainer, run_dir)
    writer = _new_folder(run_dir, trainer, host)
    writer.history("start", new=config.preset, trainer=trainer)
    return _run(trainer, writer, host)


def resume(
    config: RunConfig, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """Go on from the newest whole checkpoint, bit for bit.

    Where `config` has other settings than the checkpoint, they are changed then and there.
    """
    host = host or Host()
    config = record(config, images, before=config)
    folder = run_dir / "checkpoints"
    if not host.ranks.index:
        sweep(folder)
    found = newest_checkpoint(folder)
    if found.skipped:
        host.say(
            f"checkpoint {', '.join(found.skipped)} is damaged and was skipped; "
            f"going on from {found.path.name}"
        )
    trainer, changed = _restored(found.path, config, images, host)
    _check_budget(trainer, run_dir.name)
    if host.ranks.index:
        return _beside(trainer, run_dir)
    writer = RunWriter(run_dir, config, steerable=host.steer is not None)
    writer.reopen(trainer.nimg)
    for name in found.skipped:
        writer.history("checkpoint-skipped", new=name, trainer=trainer)
    writer.history("resume", "checkpoint", new=found.path.name, trainer=trainer)
    return _run(trainer, writer, host, changed=changed)


def fork(
    config: RunConfig, origin: Origin, images: ImageSet, run_dir: Path, host: Host | None = None
) -> RunStatus:
    """A new run that begins where another one was; `config` may have other settings than that."""
    host = host or Host()
    config = record(replace(config, parent=origin.name), images, before=origin.config)
    if origin.checkpoint is not None:
        trainer, changed = _restored(origin.checkpoint, config, images, host)
    else:
        trainer, changed = _from_weights(origin, config, images, host)
    _check_budget(trainer, f"the fork of {origin.name}")
    if host.ranks.index:
        return _beside(trainer, run_dir)
    writer = _new_folder(run_dir, trainer, host)
    writer.history("fork", "parent", new=origin.name, trainer=trainer)
    return _run(trainer, writer, host, changed=changed)


def find_origin(text: str) -> Origin:
    """The moment that RUN or RUN@NIMG names; RUN is a folder, or a name in the folder of runs.

    Without NIMG the newest checkpoint, else the newest weights. With it whatever is nearest at or
    before it, a checkpoint rather than weights of the same moment. Raises RunError.
    """
    name, at, moment = text.rpartition("@")
    if not at or not moment.isdecimal():
        name, moment = text, ""
    run = next((p for p in (Path(name), runs_root() / name) if is_run(p)), None)
    if run is None:
        raise RunError(f"--fork must name a run, {name!r} is none; see runs/")
    limit = int(moment) if moment else None
    whole = [p for p in checkpoints(run / "checkpoints") if limit is None or int(p.name) <= limit]
    path = next((p for p in reversed(whole) if is_valid(p)), None)
    weights = [n for n in weights_of_run(run) if limit is None or n <= limit]
    if path is None and not weights:
        raise RunError(
            f"{run.name} keeps nothing from {'its beginning' if limit is None else f'{limit:,}'} "
            f"or before; give a later moment"
        )
    if path is not None and (limit is None or not weights or int(path.name) >= weights[-1]):
        config = config_in(load_state(path)) or RunReader(run).config()
        return Origin(run, int(path.name), path, config)
    return Origin(run, weights[-1], None, config_at(run, weights[-1]))


def _restored(
    path: Path, config: RunConfig, images: ImageSet, host: Host
) -> tuple[Trainer, list[Change]]:
    """A trainer as it was at a checkpoint, and which settings of `config` differ from then."""
    state = load_state(path)
    was = config_in(state) or RunReader(path.parents[1]).config()
    trainer = Trainer(_as_then(config, was), images, device=host.device, ranks=host.ranks)
    load_modules(path / MODEL_FILE, trainer.modules())
    if was.data != config.data:
        state.pop("batches")
        host.say(f"{config.data} is other data than {was.data}; its order begins anew")
    for difference in trainer.restore(state):
        host.say(f"not bit-exact: {difference}")
    return trainer, _changed(trainer, config, host)


def _from_weights(
    origin: Origin, config: RunConfig, images: ImageSet, host: Host
) -> tuple[Trainer, list[Change]]:
    trainer = Trainer(_as_then(config, origin.config), images, device=host.device, ranks=host.ranks)
    file = origin.run / "weights" / f"{origin.nimg:010d}.safetensors"
    load_modules(file, {"g_ema": trainer.ema.generator, "d": trainer.d})
    rows = [r for r in RunReader(origin.run).rows() if r["nimg"] <= origin.nimg]
    trainer.begin_from(origin.nimg, float(rows[-1].get("seconds") or 0.0) if rows else 0.0)
    host.say(
        f"{origin.name} has weights and no checkpoint: the average is where G begins, "
        f"optimisers and noise start fresh"
    )
    return trainer, _changed(trainer, config, host)


def _as_then(config: RunConfig, was: RunConfig) -> RunConfig:
    """`config` with the networks and the settings of a moment in the past."""
    return replace(config, model=was.model, train=was.train)


def _changed(trainer: Trainer, config: RunConfig, host: Host) -> list[Change]:
    """Bring the settings of `config` into force; returns what the history is to tell."""
    before = trainer.config
    different = changes(before, config)
    if not different:
        return []
    note = trainer.change(different)
    if note:
        host.say(note)
    return [
        Change(key, setting_of(before, key), setting_of(trainer.config, key), note)
        for key in different
    ]


def _check_budget(trainer: Trainer, name: str) -> None:
    if trainer.is_done():
        raise RunError(
            f"{name} has trained {trainer.nimg:,} images in {trainer.seconds:.0f} s, which "
            f"is all of its budget; give a larger --seconds or --kimg (counted from its beginning)"
        )


def _new_folder(run_dir: Path, trainer: Trainer, host: Host) -> RunWriter:
    writer = RunWriter(run_dir, trainer.config, steerable=host.steer is not None)
    writer.create()
    writer.reals(trainer.reals())
    return writer


def _beside(trainer: Trainer, run_dir: Path) -> RunStatus:
    """Train with rank 0, which alone hears signals and writes."""
    with deaf_to_signals():
        trainer.follow()
    return RunStatus(run_dir.name, run_dir, "finished", trainer.nimg)


def _run(
    trainer: Trainer, writer: RunWriter, host: Host, *, changed: Sequence[Change] = ()
) -> RunStatus:
    with _failures_reported(writer):
        session = Session(
            trainer,
            writer,
            commands=_listen(host.steer),
            watcher=host.watcher,
            monitor=Monitor(trainer, writer.measure),
        )
        for change in changed:
            session.note("set", *change)
        return session.run()


@contextmanager
def _failures_reported(writer: RunWriter) -> Iterator[None]:
    """Whoever watches the folder learns of a failure too."""
    try:
        yield
    except GanError as error:
        if writer.status.state not in ("failed", "interrupted"):
            with suppress(OSError):
                writer.report("failed", message=str(error))
        raise
    except Exception as error:
        with suppress(OSError):
            writer.report(
                "failed", message=f"the training broke off: {type(error).__name__}: {error}"
            )
        raise


def _listen(stream: TextIO | None) -> queue.Queue[dict[str, Any]]:
    """Commands from JSON lines; the end of the stream means that the server is gone."""
    commands: queue.Queue[dict[str, Any]] = queue.Queue()

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
