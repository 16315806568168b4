"""The command lines that reproduce a run, for its card."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from gan.checkpoint import CONFIG_FILE
from gan.config import RunConfig
from gan.data import OWN_CHANNELS, OWN_RESOLUTION
from gan.data.bundled import BUNDLED
from gan.errors import ConfigError, GanError, WeightsError
from gan.files import HISTORY_FILE, read_json, tail_rows, write_json
from gan.presets import DataShape, resolve_widths, run_config
from gan.schema import from_json, to_json
from gan.settings import setting_text

SIZES = ("resolution", "channels", "width", "depth")
PARENTS_FILE = "parents.json"
STEERED = "settings were changed while it trained; these are the last ones"
UNSURE = "settings of this one as they are now; they may have changed since the fork"
GONE = "runs/gone, which it was forked from, was not kept: without it this cannot be run"
# a list: a line of a stranger's file may be unhashable
REMARKS = [f"# {remark}" for remark in (STEERED, UNSURE, GONE)]
OWN = {"folder": "folder:PICTURES", "points": "points:FILE"}  # local paths are private
OPTIONS = frozenset({
    "--preset", "--fork", "--data", "--kimg", "--seconds", "--seed", "--set", "--run-dir",
})  # fmt: skip
WORD = r"""(?:[\w@%+=:,./-]|'[^']*'|"'")+"""  # as shlex.quote writes them
COMMAND = re.compile(rf"python -m gan train(?: --[a-z-]+ {WORD})+", re.ASCII)


def shared_data(spec: str) -> str:
    """A run's data for publication: a local path is left out."""
    kind, colon, rest = spec.partition(":")
    if kind == "stacked" and colon:
        return f"{kind}:{shared_data(rest)}"
    return OWN.get(kind, spec) if colon else spec


def training_recipe(run: RunConfig, *, nimg: int, folder: Path) -> str:
    """The command lines that train the same model again, one a line; empty for an unknown preset.

    folder: the run's. A fork's parents, as far as known, come first, as runs/a, runs/b, ...
    """
    return "\n".join(_lines(run, nimg, folder))


def keep_parents(folder: Path, origin: Path, run: RunConfig, nimg: int) -> None:
    """Keep in a fork's `folder` how its parents were trained: they may be steered, deleted or
    replaced later.

    origin, run: the parent's folder, and its settings at `nimg`, where the fork begins. Raises
    OSError.
    """
    with suppress(WeightsError):  # too many of them for a small file
        write_json(folder / PARENTS_FILE, _lines(run, nimg, origin))


def _lines(
    run: RunConfig, nimg: int, folder: Path, notes: Sequence[str] = (), seen: Sequence[Path] = ()
) -> list[str]:
    """The recipe's lines; a remark stands above the command that it is about."""
    before = _parents(run, folder, (*seen, folder))
    kept = _commands(before)
    is_gone = bool(run.parent) and not kept
    begin = (
        f"runs/{'gone' if is_gone else _name(kept - 1)}@{_moment(run) or 0}" if run.parent else ""
    )
    command = training_command(run, nimg=nimg, parent=begin)
    if not command or (before and not kept):
        return []
    if before:
        before[-1] += f" --run-dir runs/{_name(kept - 1)}"
    steered = [STEERED] if _was_steered(folder, nimg) else []
    gone = [GONE] if is_gone else []
    return [*before, *(f"# {note}" for note in (*notes, *gone, *steered)), command]


def _parents(run: RunConfig, folder: Path, seen: Sequence[Path]) -> list[str]:
    """The lines of what a fork comes from; of a fork from before 0.5.0, which kept none, by the
    runs beside it, as they are now."""
    name = run.parent.rpartition("@")[0]
    if not name:
        return []
    with suppress(GanError):
        lines = read_json(folder / PARENTS_FILE)
        if isinstance(lines, list) and all(map(_is_ours, lines)) and _commands(lines[-1:]):
            return lines
    there = folder.parent / name
    if Path(name).name != name or there in seen or _moment(run) is None:
        return []
    try:
        parent = from_json(RunConfig, read_json(there / CONFIG_FILE))
    except GanError:
        return []  # deleted, or damaged
    return _lines(parent, _moment(run) or 0, there, [UNSURE], seen)


def _is_ours(line: object) -> bool:
    """Whether a kept line is one that this module writes: whoever reads a card may run it."""
    if line in REMARKS:
        return True
    if not isinstance(line, str) or not line.isprintable() or not COMMAND.fullmatch(line):
        return False
    words = shlex.split(line)[4:]  # python -m gan train
    told = [*zip(words[::2], words[1::2], strict=True)]
    public = all(shared_data(value) == value for option, value in told if option == "--data")
    return public and OPTIONS.issuperset(option for option, _ in told)


def _moment(run: RunConfig) -> int | None:
    nimg = run.parent.rpartition("@")[2]
    return int(nimg) if nimg.isdecimal() else None


def _commands(lines: Sequence[str]) -> int:
    return sum(not line.startswith("#") for line in lines)


def _name(index: int) -> str:
    return ascii_lowercase[index] if index < len(ascii_lowercase) else f"r{index + 1}"


def _was_steered(folder: Path, nimg: int) -> bool:
    """Whether settings were changed after the run in `folder` began and before `nimg` images."""
    rows, _ = tail_rows(folder / HISTORY_FILE, 0)
    return any(r.get("event") == "set" and rows[0]["nimg"] < r["nimg"] < nimg for r in rows)


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
