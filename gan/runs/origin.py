"""Which saved state of a run a fork begins from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan.checkpoint import checkpoints, config_at, is_valid, load_state, weights_of_run
from gan.config import RunConfig
from gan.errors import RunError
from gan.messages import Message
from gan.runs.folder import RunReader
from gan.runs.moments import find_moment, parse_moment
from gan.training import config_in


@dataclass(frozen=True)
class Origin:
    """The saved state of a run that a fork begins from."""

    run: Path
    nimg: int
    checkpoint: Path | None  # None: only weights were saved there
    config: RunConfig  # as of then
    asked: int | None = None  # the nimg that was requested, if any

    @property
    def name(self) -> str:
        """The name used in histories."""
        return f"{self.run.name}@{self.nimg}"

    def told(self) -> str:
        """For a terminal: the actual nimg, and whether it differs from the requested one."""
        nearest = self.asked is not None and self.asked != self.nimg
        why = f", the nearest moment kept before {self.asked:,}" if nearest else ""
        return f"forked from {self.run.name} at {self.nimg:,} images{why}"


def find_origin(text: str) -> Origin:
    """Resolve RUN or RUN@NIMG; RUN is a folder, or a name in the runs folder.

    Without NIMG the newest checkpoint, else the newest weights. With it the nearest at or before
    it, preferring a checkpoint to weights of the same nimg. Raises RunError.
    """
    found = find_moment(text)
    if found is None or found[1].length is not None:
        name = parse_moment(text).run if found is None else text
        raise RunError(
            "--fork must name a run, {name} is none; see GAN_RUNS_DIR, or runs/", name=repr(name)
        )
    run, (_, limit, _) = found
    whole = [p for p in checkpoints(run / "checkpoints") if limit is None or int(p.name) <= limit]
    path = next((p for p in reversed(whole) if is_valid(p)), None)
    weights = [n for n in weights_of_run(run) if limit is None or n <= limit]
    if path is None and not weights:
        raise RunError(
            "{run} keeps nothing from {moment} or before; give a later moment",
            run=run.name,
            moment=Message("its beginning") if limit is None else f"{limit:,}",
        )
    if path is not None and (limit is None or not weights or int(path.name) >= weights[-1]):
        config = config_in(load_state(path)) or RunReader(run).config()
        return Origin(run, int(path.name), path, config, limit)
    return Origin(run, weights[-1], None, config_at(run, weights[-1]), limit)
