"""Directions as a small JSON file beside the model: closed schema, at most 64 KB, validated on
load."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor

from gan.checkpoint import Weights
from gan.errors import WeightsError
from gan.files import MAX_CONFIG_BYTES, home_root, read_json, write_atomic
from gan.latent.direction import Direction, Kind, cosine
from gan.models import Generator

DIRECTIONS_FILE = "directions.json"
DIRECTIONS_FORMAT = "gan-directions/1"
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_NAME = 60
MAX_VALUE = 1e3  # sigmas; no genuine direction is longer
DIGITS = 5  # significant digits; the error is below one grey level
FOUND_NAME = re.compile(r"(pca|sefa) \d+")  # what nobody has named yet
FOUND_AGAIN_COSINE = 0.98  # of a direction found again, after rounding or a little more training
KEYS = {"name", "kind", "vector", "sigma", "share", "classes", "effect"}
REQUIRED = {"name", "kind", "vector"}


def directions_path(weights: Weights) -> Path:
    """Path of a model's directions: in its weights folder, or in the run folder of a run."""
    folder = weights.path
    if folder.name == "weights" and (folder.parent / "status.json").is_file():
        folder = folder.parent
    return folder / DIRECTIONS_FILE


def own_directions_path(weights: Weights) -> Path:
    """Path of the user's own directions: a run's in its folder, others in `home_root`.

    Files shipped with a model are read-only. A file there is named after the model and its
    revision.
    """
    path = directions_path(weights)
    if path.parent != weights.path:
        return path
    name = re.sub(r"[^A-Za-z0-9-]+", "-", weights.config.name or weights.path.name)[:40]
    return home_root() / "directions" / f"{name}-{weights.revision[:12]}.json"


def all_directions(weights: Weights) -> tuple[Direction, ...]:
    """All saved directions of a model: beside it, then the user's own if stored elsewhere."""
    paths = dict.fromkeys([directions_path(weights), own_directions_path(weights)])
    return tuple(d for path in paths for d in load_directions(path, weights.generator))


def with_given_names(
    found: Iterable[Direction], saved: Iterable[Direction]
) -> tuple[Direction, ...]:
    """`found` under the names that somebody gave the same directions when they were saved."""
    given = [d for d in saved if d.kind != "drawn" and not FOUND_NAME.fullmatch(d.name)]

    def named(direction: Direction) -> Direction:
        same = (
            d
            for d in given
            if d.kind == direction.kind and cosine(d, direction) > FOUND_AGAIN_COSINE
        )
        best = max(same, key=lambda d: cosine(d, direction), default=None)
        return direction if best is None else replace(direction, name=best.name)

    return tuple(named(direction) for direction in found)


def load_directions(path: Path, g: Generator | None = None) -> tuple[Direction, ...]:
    """The directions in `path`, none if there is no file.

    Raises WeightsError for a file that is damaged, over 64 KB or, with `g`, of another model.
    """
    if not path.is_file():
        return ()
    data = read_json(path)
    wanted = {"format", "z_dim", "classes", "directions"}
    if not isinstance(data, dict) or data.keys() != wanted or data["format"] != DIRECTIONS_FORMAT:
        raise WeightsError(
            "{name} must be {directions_format} with {wanted}, it is not; save the directions anew",
            name=path.name,
            directions_format=DIRECTIONS_FORMAT,
            wanted=", ".join(sorted(wanted)),
        )
    z_dim, classes, entries = data["z_dim"], data["classes"], data["directions"]
    if not _is_count(z_dim) or not _is_count(classes) or not isinstance(entries, list):
        raise WeightsError(
            "z_dim and classes in {name} must be numbers; save it anew",
            name=path.name,
        )
    if g is not None and (z_dim, classes) != (g.z_dim, g.classes):
        raise WeightsError(
            "{name} holds directions for z_dim {z_dim} and {classes} classes, the model has "
            "{model_z_dim} and {model_classes}; use the file that belongs to the model",
            name=path.name,
            z_dim=z_dim,
            classes=classes,
            model_z_dim=g.z_dim,
            model_classes=g.classes,
        )
    return tuple(from_json(entry, z_dim, classes) for entry in entries)


def save_directions(path: Path, directions: Sequence[Direction], g: Generator) -> None:
    """Write the directions of `g`; raises WeightsError above 64 KB or for an unwritable path."""
    entries = [to_json(d) for d in directions]
    for entry in entries:
        from_json(entry, g.z_dim, g.classes)  # never write what could not be read back
    # one direction per line: indented lists would put every number on its own
    rows = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    head = {"format": DIRECTIONS_FORMAT, "z_dim": g.z_dim, "classes": g.classes}
    text = f'{json.dumps(head)[:-1]}, "directions": [\n{rows}\n]}}\n'.encode()
    if len(text) > MAX_CONFIG_BYTES:
        raise WeightsError(
            "directions may take 64 KB, these {count} take {kb} KB; save fewer",
            count=len(directions),
            kb=len(text) // 1024,
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
    except OSError as error:
        raise WeightsError(
            "{name} cannot be written in {parent} ({strerror}); check the folder",
            name=path.name,
            parent=repr(path.parent.name),
            strerror=error.strerror,
        ) from error


def to_json(direction: Direction) -> dict[str, Any]:
    """Plain values, ready for `json.dumps`; numbers rounded to 5 digits."""
    return {
        "name": direction.name,
        "kind": direction.kind,
        "vector": _numbers(direction.vector),
        "sigma": _rounded(direction.sigma),
        "share": None if direction.share is None else _rounded(direction.share),
        "classes": None if direction.classes is None else _numbers(direction.classes),
        "effect": None if direction.effect is None else _rounded(direction.effect),
    }


def from_json(data: object, z_dim: int, classes: int) -> Direction:
    """The direction described by `data`, for a model of `z_dim` and `classes`.

    Raises WeightsError for an unknown key, a wrong type, length or value. `sigma` is recomputed as
    the vector's length, whatever the file says.
    """
    if not isinstance(data, dict) or not REQUIRED <= data.keys() <= KEYS:
        raise WeightsError(
            "a direction must have {required} and may have {keys}, this one differs; save it anew",
            required=", ".join(sorted(REQUIRED)),
            keys=", ".join(sorted(KEYS - REQUIRED)),
        )
    name, kind = data["name"], data["kind"]
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise WeightsError(
            "a direction's name may have {max_name} characters; shorten it", max_name=MAX_NAME
        )
    if not name.isprintable():
        raise WeightsError("a direction's name must be printable text; type it anew")
    if kind not in KINDS:
        raise WeightsError(
            "a direction's kind must be one of {kinds}; correct it", kinds=", ".join(KINDS)
        )
    vector = _tensor("vector", data["vector"], z_dim)
    moves = data.get("classes")
    return Direction(
        name=name.strip(),
        kind=kind,
        vector=vector,
        sigma=float(vector.norm()),
        share=_optional("share", data.get("share")),
        classes=None if moves is None else _tensor("classes", moves, classes),
        effect=_optional("effect", data.get("effect")),
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 4096


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= MAX_VALUE
        and math.isfinite(value)
    )


def _optional(name: str, value: object) -> float | None:
    if value is None:
        return None
    if not _is_number(value):
        raise WeightsError(
            "{name} of a direction must be a number or null; save it anew", name=name
        )
    return float(value)  # type: ignore[arg-type]


def _tensor(name: str, value: object, length: int) -> Tensor:
    if not isinstance(value, list) or len(value) != length or not all(map(_is_number, value)):
        raise WeightsError(
            "{name} of a direction must hold {length} finite numbers, it does not; use one that "
            "belongs to the model",
            name=name,
            length=length,
        )
    return torch.tensor(value, dtype=torch.float32)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _numbers(tensor: Tensor) -> list[float]:
    return [_rounded(v) for v in tensor.tolist()]
