"""A run's kept moments by name: RUN, RUN@NIMG, and with ~LENGTH the average of another length."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan.averaging import LONGEST, SECOND_G, SHORTEST, HalfLives, Kept, mixture
from gan.checkpoint import Weights, load_at, weights_of_run
from gan.errors import WeightsError, number_text
from gan.files import runs_root
from gan.runs.folder import RunReader, is_run
from gan.tensors import digest, holds, read_checked, tensor_specs

NIMG = re.compile(r"[0-9]{1,15}")
LENGTH = re.compile(r"[-+]?[0-9]*\.?[0-9]+")
HALF_LIFE = "ema_half_life_kimg"
FIRST_G = "g_ema"  # its prefix in files


class Moment(NamedTuple):
    """A run, as named before @ and ~; its newest weights and their own average where None."""

    run: str
    nimg: int | None = None
    length: float | None = None

    @property
    def is_newest(self) -> bool:
        """Whether nothing but a run is named."""
        return self.nimg is None and self.length is None


def readings(text: str) -> list[Moment]:
    """What `text` may say as RUN[@NIMG][~LENGTH], the longest name of a run first; what is no
    number there belongs to the name."""
    found = [Moment(text)]
    name, mark, tail = text.rpartition("~")
    if mark and LENGTH.fullmatch(tail):
        found.append(Moment(name, None, float(tail)))
    run, mark, moment = found[-1].run.rpartition("@")
    if mark and NIMG.fullmatch(moment):
        found.append(Moment(run, int(moment), found[-1].length))
    return found


def parse_moment(text: str, is_there: Callable[[str], bool] = lambda name: False) -> Moment:
    """`text` as RUN[@NIMG][~LENGTH]; a run that `is_there` may itself be called so."""
    found = readings(text)
    return next((moment for moment in found if is_there(moment.run)), found[-1])


def find_moment(text: str) -> tuple[Path, Moment] | None:
    """The run that `text` names, a folder or a name in the runs folder, and its moment; None where
    it names none."""
    moment = parse_moment(text, lambda name: _find(name) is not None)
    path = _find(moment.run)
    return None if path is None else (path, moment)


def _find(name: str) -> Path | None:
    paths = (Path(name), runs_root() / name) if name else ()
    return next((path for path in paths if is_run(path)), None)


def mistaken(text: str) -> tuple[Path, str] | None:
    """The run in a `text` that `find_moment` finds none in, and what is neither a moment nor a
    length behind its name; None where no run is named at all."""
    for at in (i for i, mark in enumerate(text) if mark in "@~"):
        if (found := find_moment(text[:at])) is not None:
            return found[0], text[at:]
    return None


def load_moment(run: Path, moment: Moment) -> Weights:
    """The run's kept weights nearest to the moment, of the average that is asked for.

    Raises WeightsError.
    """
    kept = weights_of_run(run)
    if not kept:
        raise WeightsError(
            "the run {name} has no weights yet; let it train a few seconds", name=run.name
        )
    nimg = nearest(kept, moment.nimg)
    if moment.length is None:
        return load_at(run, nimg)
    return averaged(run, nimg, moment.length)


def nearest(kept: Sequence[int], nimg: int | None) -> int:
    """The kept moment nearest to nimg; None: the newest."""
    return kept[-1] if nimg is None else min(kept, key=lambda n: abs(n - nimg))


# ---- averages of another length ------------------------------------------------------------------


def has_second(run: Path, nimg: int) -> bool:
    """Whether the second average was kept too: without it other lengths are rough."""
    return holds(_file(run, nimg), SECOND_G)


def averaged(run: Path, nimg: int, length: float) -> Weights:
    """The weights at nimg with an average of `length` in the place of the one that G had.

    Mixed from the averages kept up to there; the discriminator or encoder is that of nimg. Raises
    WeightsError where there is nothing to mix.
    """
    if not SHORTEST <= length <= LONGEST:
        raise WeightsError(
            "the length of an average must be {low} to {high} of the training, got {got}; give "
            "another after the ~",
            low=number_text(SHORTEST),
            high=number_text(LONGEST),
            got=number_text(length),
        )
    loaded = load_at(run, nimg)
    kept = _fitting(run, nimg, loaded.generator.state_dict())
    while not _mix_into(loaded, run, kept, length):
        pass
    return replace(
        loaded,
        config=replace(loaded.config, name=f"{run.name}~{number_text(length)}"),
        revision=digest(loaded.generator.state_dict()),
        length=length,
    )


def _fitting(run: Path, nimg: int, state: Mapping[str, Tensor]) -> list[Kept]:
    """The averages kept up to nimg whose files name all that `state` averages, in its shapes."""
    found = []
    for n in weights_of_run(run):
        specs: dict[str, tuple[str, tuple[int, ...]]] = {}
        if 0 < n <= nimg:
            with suppress(WeightsError):  # damaged, or thinned meanwhile: others are as good
                specs = tensor_specs(_file(run, n))
        for second, prefix in ((False, FIRST_G), (True, SECOND_G)):
            shapes = {name: specs.get(f"{prefix}.{name}", ("", None))[1] for name in state}
            if all(shapes[k] == v.shape for k, v in state.items() if v.is_floating_point()):
                found.append(Kept(n, second))
    return found


def _mix_into(loaded: Weights, run: Path, kept: list[Kept], length: float) -> bool:
    """Put the mixture of `kept` into the generator; False where a moment in it cannot be read,
    which is then taken from `kept`.

    Batch-norm statistics are mixed like weights: from the average of this length that was kept
    beside a training, pictures differed by 0.0001 to 0.005, with statistics measured anew, which
    are no average over the training, by 0.002 to 0.007 (benchmarks/RESULTS.md).
    """
    if (count := len({k.nimg for k in kept})) < 2:
        raise WeightsError(
            "another average is mixed from two kept moments or more, {run} has {count} up to "
            "{nimg}; give a later one, or let it train longer",
            run=run.name,
            count=count,
            nimg=f"{loaded.config.nimg:,}",
        )
    state = loaded.generator.state_dict()
    mixed: dict[str, Tensor] = {
        k: torch.zeros_like(v, dtype=torch.float64)
        for k, v in state.items()
        if v.is_floating_point()
    }
    parts = sorted(mixture(kept, half_lives(run), length).parts)
    for nimg, group in groupby(parts, key=lambda part: part[0].nimg):
        try:
            tensors = read_checked(_file(run, nimg))
            for part, factor in group:
                prefix = SECOND_G if part.second else FIRST_G
                for name, tensor in mixed.items():
                    tensor.add_(tensors[f"{prefix}.{name}"].double(), alpha=factor)
        except WeightsError:
            tensors = {}
        if not tensors or not all(tensor.isfinite().all() for tensor in mixed.values()):
            kept[:] = [k for k in kept if k.nimg != nimg]
            return False
    for name, tensor in mixed.items():
        # a factor below 0 can make a variance near 0 negative
        state[name].copy_(tensor.clamp_(min=0.0) if name.endswith("running_var") else tensor)
    return True


def half_lives(run: Path) -> HalfLives:
    """The half-lives of a run's first average, in images, from which nimg on.

    Those of a parent, before a fork, are taken for the ones at its beginning. Raises WeightsError
    for a run without an average.
    """
    reader = RunReader(run)
    sets = [
        row
        for row in reader.history()
        if row["event"] == "set"
        and row.get("key") == HALF_LIFE
        and all(isinstance(row.get(value), int | float) for value in ("old", "new"))
    ]
    first = sets[0]["old"] if sets else reader.config().train.ema_half_life_kimg
    lives = [(0.0, float(first) * 1000)]
    for row in sets:  # a resume from an earlier moment takes back what was set after it
        lives = [life for life in lives if life[0] < row["nimg"]] + [
            (float(row["nimg"]), float(row["new"]) * 1000)
        ]
    if not all(math.isfinite(life) and life > 0 for _, life in lives):
        raise WeightsError(
            "{run} kept no average of G, its {setting} was 0; train one with an average, as 8.9",
            run=run.name,
            setting=HALF_LIFE,
        )
    return lives


def _file(run: Path, nimg: int) -> Path:
    return run / "weights" / f"{nimg:010d}.safetensors"
