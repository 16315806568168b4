"""Reads a state dict under any names as a chain: inferred, measured, and the remaining choices.

In this order: the layers in order (skeleton), the chains that they can form (structures), what no
shape determines (settings). Batch norm statistics decide what they can (evidence); everything else
is assumed to be the usual, or as in the repository that the file seems to come from, and stays a
choice: `readings` holds the other models that the same tensors can be.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from gan.config import PortedConfig
from gan.errors import ConfigError, WeightsError
from gan.hub.layouts.base import PossibleModel, Recognised
from gan.hub.layouts.evidence import misfits
from gan.hub.layouts.repositories import Repository, repository_of
from gan.hub.layouts.settings import (
    KEYS,
    TORCH_EPS,
    Settings,
    Table,
    check_answers,
    has_statistics,
    model_of,
    options_of,
)
from gan.hub.layouts.skeleton import Item, decoder_of, items_of, orders_of
from gan.hub.layouts.stages import natural
from gan.hub.layouts.structures import Structure, structures_of

Answers = Mapping[str, str]

EMBEDDING = re.compile(r"(^|[._])(label_?|class_?|y_?)?emb\w*$", re.IGNORECASE)
MEASURED = 6  # structures to measure
OFFERED = 8  # readings offered to the user
# measured on trained networks (benchmarks/RESULTS.md): the right reading's misfit is below SURE,
# and a wrong one's is above it by as much again
SURE, CLEARLY, BEYOND = 0.35, 1.5, 0.06


class Structured(NamedTuple):
    """A structure with settings, and the misfit of its batch norms (None: not measured)."""

    structure: Structure
    settings: Settings
    misfits: tuple[float, ...] | None = None  # per batch norm

    @property
    def misfit(self) -> float | None:
        """Their mean."""
        return None if self.misfits is None else sum(self.misfits) / len(self.misfits)

    def is_clearly_better(self, other: Structured) -> bool:
        """Whether a batch norm favours this one, and none is against it."""
        if self.misfits is None or other.misfits is None:
            return self.misfits is not None
        pairs = list(zip(self.misfits, other.misfits, strict=False))
        clear = any(b > CLEARLY * a + BEYOND for a, b in pairs)
        return clear and not any(a > CLEARLY * b + BEYOND for a, b in pairs)


def read_chain(layout: str, tensors: Mapping[str, Tensor], answers: Answers) -> Recognised:
    """The most likely model, the alternatives, and notes of what was assumed.

    `layout` is its name if no repository is known for it. Raises WeightsError if the tensors are
    not a chain that grows to a picture, ConfigError for an invalid answer.
    """
    check_answers(dict(answers))
    table, rest = _table_of(tensors)
    items, is_decoder = _items(rest)
    row = known_row(items)
    structures = _structures(items, row)
    asked = {k: v for k, v in answers.items() if k != "size"}
    if "size" in answers:
        structures = _of_size(structures, answers["size"])
    known = {} if row is None else row.answers
    start = Settings(output="sigmoid") if is_decoder else Settings()
    start = start._replace(**{**_fields(known), **_fields(asked)})
    measure = Misfits(table)
    # a known repository's source takes precedence over a slightly better fit of the statistics
    stated = _stated(structures, row)
    best, open_ = _decided(stated, start, measure, asked)
    if len(stated) < len(structures) and _speaks_against(best):
        best, open_ = _decided(structures, start, measure, asked)
    if row is not None and row.sure and not _speaks_against(best):
        # no name says where a label goes, unless the repository has one place for it
        open_ = {k: v for k, v in open_.items() if k == "labels" and k not in row.answers}
        structures = [best.structure]
    found = _readings(best, open_, structures, measure)
    notes = _notes(best, open_, row, asked, is_decoder)
    return Recognised(
        layout if row is None else row.layout, found[0].config, found[0].tensors, notes=notes,
        readings=tuple(found) if len(found) > 1 else (), answers=tuple(sorted(answers.items())),
    )  # fmt: skip


def _stated(structures: list[Structure], row: Repository | None) -> list[Structure]:
    """The one structure that a repository is known for, if it is among these; else all."""
    if row is None or not row.sure or row.accept is None:
        return structures
    return [s for s in structures if row.accept(s)][:1] or structures


def _speaks_against(best: Structured) -> bool:
    """Whether there are batch norms, and none of the readings fits them."""
    return best.misfit is not None and best.misfit > SURE


def known_row(items: Sequence[Item]) -> Repository | None:
    """The repository that these layers' names and kernels match."""
    names = sorted((item.name for item in items), key=natural)
    specs = {f"{item.name}.weight": item.sizes for item in items}
    return repository_of(names, specs)


def _of_size(structures: Sequence[Structure], size: str) -> list[Structure]:
    found = [s for s in structures if str(s.shape[1]) == size]
    if not found:
        sizes = [*dict.fromkeys(str(s.shape[1]) for s in structures)]
        raise ConfigError(
            "size must be one of {sizes}, got {got}; choose one", sizes=sizes, got=repr(size[:20])
        )
    return found


def _fields(answers: Answers) -> dict[str, Any]:
    return {k: v for k, v in answers.items() if k in Settings._fields}


def _with(settings: Settings, answers: Answers) -> Settings:
    return settings._replace(**_fields(answers))


# ---- structure ----------------------------------------------------------------------------------


def _table_of(tensors: Mapping[str, Tensor]) -> tuple[Table | None, dict[str, Tensor]]:
    """The class embedding, and everything else."""
    for name, tensor in tensors.items():
        module, _, leaf = name.rpartition(".")
        alone = leaf == "weight" and f"{module}.bias" not in tensors
        if alone and tensor.dim() == 2 and EMBEDDING.search(module):
            return Table(tensor), {k: v for k, v in tensors.items() if k != name}
    return None, dict(tensors)


def _items(tensors: Mapping[str, Tensor]) -> tuple[list[Item], bool]:
    items = items_of(tensors)
    if items is None:
        raise WeightsError(
            "a chain may hold Linear, Conv2d and ConvTranspose2d layers with their norms and "
            "PReLUs, this file holds others; choose another file"
        )
    return decoder_of(items)


def _structures(items: Sequence[Item], row: Repository | None) -> list[Structure]:
    for order in orders_of(items):
        if row is not None and row.build is not None:
            if [item.kind for item in order] == ["linear", "maps", "maps", "maps"]:
                return [row.build(order)]
            continue
        found = structures_of(order, accept=None if row is None else row.accept)
        if found:
            _check_gaps(order, found[0])
            return found
    raise _why_not(items)


def _check_gaps(order: Sequence[Item], structure: Structure) -> None:
    """Two layers without tensors and no norm between transposed convolutions may be an InstanceNorm
    without weights, which gives another picture."""
    has_norms = any(item.kind in ("bn", "scale") for item in order)
    grows = any(t.startswith("deconv") for t, _ in structure.ops)
    for before, item in itertools.pairwise(order):
        both = item.kind == before.kind == "maps"
        if both and grows and not has_norms and (item.gap or 0) >= 2:
            raise WeightsError(
                "between {first} and {second} stand {count} layers that left no tensors, perhaps "
                "an InstanceNorm2d: what they are cannot be read off; ask the author for the code",
                first=before.name,
                second=item.name,
                count=item.gap,
            )


def _why_not(items: Sequence[Item]) -> WeightsError:
    affine = [item for item in items if item.is_affine]
    if not affine:
        return WeightsError(
            "a generator must have Linear or convolution layers, it has none; choose another"
        )
    return WeightsError(
        "these layers must grow from noise to a square picture of 1, 3 or 4 channels, they do "
        "not in any order and with any usual stride or upsampling; the last weight is {shape}; "
        "choose another file",
        shape=" x ".join(map(str, affine[-1].sizes)),
    )


# ---- settings -----------------------------------------------------------------------------------

Open = dict[str, tuple[str, ...]]


def _decided(
    structures: Sequence[Structure], start: Settings, measure: Misfits, asked: Answers
) -> tuple[Structured, Open]:
    """The best reading by its batch norms, and the questions they left open."""
    first, table = structures[0], measure.table
    evidence = has_statistics(first)
    options = {k: v for k, v in options_of(first, table, evidence=evidence) if k not in asked}
    settings = start
    if "labels" in options and settings.labels not in options["labels"]:
        settings = settings._replace(labels=(*options["labels"], "none")[0])
    if not evidence:
        return Structured(first, settings), _asked_by_eye(first, settings, table, options)
    best = measure(first, settings)
    for tried in _together(settings, first, options, table):
        best = _better(best, measure(first, tried))
    for structure in structures[1:MEASURED]:
        best = _better(best, measure(structure, best.settings))
    for key, values in options.items():
        for value in values:
            best = _better(best, measure(best.structure, _with(best.settings, {key: value})))
    if best.misfit is None or best.misfit > SURE:  # nothing fits: the usual answers, all open
        return Structured(first, settings, best.misfits), _asked_by_eye(
            first, settings, table, options
        )
    best = _as_usual(best, settings, options, measure)
    return best, _left(best, options, measure)


def _as_usual(best: Structured, usual: Settings, options: Open, measure: Misfits) -> Structured:
    """The usual answer to each question that the batch norms did not decide."""
    for key in options:
        other = measure(best.structure, _with(best.settings, {key: getattr(usual, key)}))
        if other.misfits is not None and not best.is_clearly_better(other):
            best = other
    return best


def _together(
    settings: Settings, structure: Structure, options: Open, table: Table | None
) -> Iterator[Settings]:
    """Every combination of interdependent answers, in their usual choices."""
    usual = dict(options_of(structure, table, evidence=False))
    keys = [k for k in ("activation", "eps", "upsample") if k in options]
    for values in itertools.product(*(usual[key] for key in keys)):
        yield _with(settings, dict(zip(keys, values, strict=True)))


def _asked_by_eye(
    structure: Structure, settings: Settings, table: Table | None, options: Open
) -> Open:
    """Without what only a measurement can distinguish; an epsilon is nearly always torch's own."""
    usual = dict(options_of(structure, table, evidence=False))
    if settings.eps == TORCH_EPS:
        usual.pop("eps", None)
    return {k: v for k, v in usual.items() if k in options and len(v) > 1}


def _better(one: Structured, other: Structured) -> Structured:
    """The better fit; ties keep their order."""
    if other.misfit is None:
        return one
    return other if one.misfit is None or other.misfit < 0.98 * one.misfit else one


class Misfits:
    """Misfits of one file's readings, each computed once."""

    def __init__(self, table: Table | None) -> None:
        self.table = table
        self._known: dict[PortedConfig, tuple[float, ...]] = {}

    def __call__(self, structure: Structure, settings: Settings) -> Structured:
        """The reading with its misfit; None if it is not a valid model."""
        try:
            config, tensors = model_of(structure, settings, self.table)
            if config not in self._known:
                self._known[config] = misfits(config, tensors)
        except (ConfigError, WeightsError, RuntimeError, ValueError):
            return Structured(structure, settings)
        return Structured(structure, settings, self._known[config])


def _left(best: Structured, options: Open, measure: Misfits) -> Open:
    """Questions for which other answers fit nearly as well."""
    assert best.misfit is not None
    left: Open = {}
    for key, values in options.items():
        mine = getattr(best.settings, key)
        near = [mine]
        for value in values:
            other = measure(best.structure, _with(best.settings, {key: value}))
            if value != mine and other.misfits is not None and not best.is_clearly_better(other):
                near.append(value)
        shown = dict(options_of(best.structure, measure.table, evidence=False)).get(key, ())
        near = [v for v in near if v == mine or v in shown]
        if len(near) > 1:
            left[key] = tuple(near)
    return left


# ---- readings -----------------------------------------------------------------------------------


def _readings(
    best: Structured,
    open_: Open,
    structures: Sequence[Structure],
    measure: Misfits,
) -> list[PossibleModel]:
    """The remaining models, the assumed one first."""
    found: list[PossibleModel] = []
    for structure in _near_structures(best, structures, measure):
        for settings, said in _combined(best.settings, open_):
            try:
                config, tensors = model_of(structure, settings, measure.table)
            except (ConfigError, WeightsError):
                if not found and structure is best.structure:
                    raise
                continue
            size = {"size": str(config.resolution)}
            found.append(PossibleModel({**said, **size}, config, tensors))
    return _distinct(found)[:OFFERED]


def _near_structures(
    best: Structured, structures: Sequence[Structure], measure: Misfits
) -> list[Structure]:
    """The chosen one, then those of another size that nothing contradicts."""
    out, sizes = [best.structure], {best.structure.shape}
    for structure in structures:
        if structure.shape in sizes or structure is best.structure:
            continue
        if best.misfit is not None and has_statistics(structure):
            other = measure(structure, best.settings)
            if other.misfits is None or best.is_clearly_better(other):
                continue
        sizes.add(structure.shape)
        out.append(structure)
    return out


def _combined(best: Settings, open_: Open) -> Iterator[tuple[Settings, dict[str, str]]]:
    """Settings with each combination of open answers, the assumed one first."""
    combos: list[dict[str, str]] = [{}]
    for key, values in open_.items():
        mine = getattr(best, key)
        ordered = [mine, *(v for v in values if v != mine)]
        combos = [{**combo, key: value} for value in ordered for combo in combos]
    for combo in combos:
        yield _with(best, combo), combo


def _distinct(found: Sequence[PossibleModel]) -> list[PossibleModel]:
    """Without duplicate models, and without answers that all of them share."""
    seen: list[PortedConfig] = []
    out = []
    for reading in found:
        if reading.config not in seen:
            seen.append(reading.config)
            out.append(reading)
    keys = [k for k in out[0].answers if len({r.answers.get(k) for r in out}) > 1]
    return [r._replace(answers={k: r.answers[k] for k in keys}) for r in out]


def _notes(
    best: Structured, open_: Open, row: Repository | None, asked: Answers, is_decoder: bool
) -> tuple[str, ...]:
    settings, notes = best.settings, []
    if is_decoder:
        notes.append("only the decoder of a VAE was kept")
    if row is not None:
        notes.append(f"read as in {row.title}")
    if best.misfit is not None and best.misfit <= SURE:
        notes.append(
            f"its batch norms confirm this reading (misfit {best.misfit:.2f}, at most {SURE})"
        )
    elif best.misfit is not None:
        notes.append(
            f"its batch norms confirm no reading (misfit {best.misfit:.2f}, at most {SURE}): the "
            f"pictures may be wrong"
        )
    for key in open_:
        notes.append(f"{key} cannot be read off the file; {getattr(settings, key)} was assumed")
    if "output" not in asked and (row is None or "output" not in row.answers):
        notes.append(f"the last activation cannot be read off; {settings.output} was assumed")
    notes += [f"{key} {value} was chosen" for key, value in asked.items() if key in KEYS]
    return tuple(notes)
