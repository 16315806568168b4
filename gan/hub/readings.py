"""Alternative readings of a pulled model's weights: stored beside it, to view and choose from.

All readings share their tensors, layer by layer: only the ops between them differ.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gan import checkpoint
from gan.checkpoint import CONFIG_FILE, MODEL_FILE, PULLED, is_pulled, save_weights
from gan.config import PortedConfig, WeightsConfig
from gan.errors import HubError
from gan.files import fsync_folder, pulled_root, read_json, write_atomic, write_json
from gan.hub.source import source_card
from gan.models import Generator, build_generator
from gan.schema import from_json, to_json

READINGS_FILE = "readings.json"
MOST = 8


class Option(NamedTuple):
    """One reading: the answers in which it differs from the others, and its model."""

    answers: dict[str, str]
    model: PortedConfig


def write(folder: Path, options: Sequence[tuple[Mapping[str, str], PortedConfig]]) -> None:
    """Store the readings of the weights in `folder`, the current one first."""
    rows = [{"answers": dict(a), "model": to_json(model)} for a, model in options[:MOST]]
    write_json(folder / READINGS_FILE, {"readings": rows})


def options_of(ref: str) -> list[Option]:
    """The readings of a pulled model, the current one first; empty if unambiguous."""
    folder = _folder(ref)
    if not (folder / READINGS_FILE).is_file():
        return []
    rows = read_json(folder / READINGS_FILE).get("readings", [])
    return [
        Option(
            {str(k): str(v) for k, v in dict(row["answers"]).items()},
            from_json(PortedConfig, row["model"]),
        )
        for row in rows[:MOST]
    ]


def generator_of(ref: str, index: int) -> Generator:
    """The generator of one reading, ready to sample from."""
    options = options_of(ref)
    if not 0 <= index < len(options):
        raise HubError("not-found", "this model has no such reading; see the list")
    return _as(checkpoint.load(ref).generator, options[index].model)


def choose(ref: str, index: int) -> str:
    """Make one reading the model, and return its new ref; the others are dropped."""
    folder, options = _folder(ref), options_of(ref)
    generator = generator_of(ref, index)
    weights, answers = checkpoint.load(ref), options[index].answers
    config = from_json(WeightsConfig, read_json(folder / CONFIG_FILE))
    chosen = tuple(sorted({*config.source.chosen, *(f"{k}={v}" for k, v in answers.items())}))
    model = options[index].model
    d = weights.discriminator if model.resolution == config.model.resolution else None
    model = model if d is not None else replace(model, d_layers=())
    config = replace(config, model=model, source=replace(config.source, assumed=(), chosen=chosen))
    root, name = pulled_root(), f"{folder.name}--{index + 1}"
    new = root / f".{uuid.uuid4().hex}.tmp"
    try:
        save_weights(new, config, generator, d)
        notes = (f"chosen by whoever pulled it: {', '.join(chosen)}",)
        write_atomic(new / "README.md", source_card(config, notes=notes).encode())
        fsync_folder(new)
        shutil.rmtree(root / name, ignore_errors=True)
        new.rename(root / name)
        gone = root / f".{uuid.uuid4().hex}.tmp"
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return f"{PULLED}{name}"


def settle(ref: str, answers: Mapping[str, str]) -> str:
    """The ref of a pulled model with these answers, chosen among its readings if it was converted
    without them; raises HubError if none fits."""
    wanted = {f"{key}={value}" for key, value in answers.items()}
    config = from_json(WeightsConfig, read_json(_folder(ref) / CONFIG_FILE))
    if wanted <= {*config.source.chosen}:
        return ref
    for index, option in enumerate(options_of(ref)):
        if wanted <= {*config.source.chosen, *(f"{k}={v}" for k, v in option.answers.items())}:
            return choose(ref, index)
    raise HubError(
        "exists",
        "{ref} was converted before, with other answers; delete it with python -m gan models "
        "--delete {ref}, then pull it again",
        ref=ref,
    )


def _folder(ref: str) -> Path:
    name = ref.removeprefix(PULLED)
    if not is_pulled(name) or not (pulled_root() / name / MODEL_FILE).is_file():
        raise HubError(
            "not-found",
            "{name} is not among the pulled models; see the list",
            name=repr(name[:120]),
        )
    return pulled_root() / name


def _as(generator: Generator, model: PortedConfig) -> Generator:
    """The same tensors, layer by layer, in another reading's layers."""
    new = build_generator(model)
    have, want = generator.state_dict(), new.state_dict()
    new.load_state_dict(dict(zip(want, have.values(), strict=True)), strict=True)
    return new.eval().requires_grad_(False)
