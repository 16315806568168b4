"""Affine layers and batch norms in the order in which a chain uses them, from shapes and names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from gan.hub.layouts.base import Tensors, folded, modules_of

LEAKY = "leaky 0.2"  # Radford et al. 2016
STUDIO_EPS = "0.0001"  # of StudioGAN's batch norms


class Stage(NamedTuple):
    """An affine layer and the batch norm that follows it."""

    affine: Tensors
    norm: Tensors | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape of its weight."""
        return tuple(self.affine["weight"].shape)


def stages_of(tensors: Tensors) -> list[Stage] | None:
    """Affine layers with their batch norms, input to output; None if there is anything else.

    In the file's order; or, if widths do not match in it (safetensors files are sorted), in the
    natural order of their names.
    """
    modules = {k: v for k, v in modules_of(folded(tensors)).items() if v}
    if not modules or not all(map(_is_known, modules.values())):
        return None
    stages = _paired(list(modules.values()))
    if stages is not None and _follows(stages):
        return stages
    by_name = [modules[name] for name in sorted(modules, key=natural)]
    stages = _paired(by_name)
    return stages if stages is not None and _follows(stages) else None


def natural(name: str) -> tuple[int, list[tuple[int, str]]]:
    """For sorting names: `layers.2` before `layers.10`; what is called first or last is."""
    place = 0 if "first" in name else 2 if re.search("last|final|out", name) else 1
    parts = [p for p in re.split(r"(\d+)|\.", name) if p]
    return place, [(int(p), "") if p.isdigit() else (-1, p) for p in parts]


def _is_known(module: Tensors) -> bool:
    return _is_affine(module) or _is_norm(module)


def _is_affine(module: Tensors) -> bool:
    weight = module.get("weight")
    if weight is None or not module.keys() <= {"weight", "bias"} or not weight.numel():
        return False
    square = weight.dim() == 4 and weight.shape[2] == weight.shape[3]
    return (square or weight.dim() == 2) and module.get("bias", weight[0]).dim() >= 1


def _is_norm(module: Tensors) -> bool:
    names = {"weight", "bias", "running_mean", "running_var"}
    if not names <= module.keys() <= names | {"num_batches_tracked"}:
        return False
    shapes = {tuple(module[name].shape) for name in names}
    return len(shapes) == 1 and module["weight"].dim() == 1 and module["weight"].numel() > 0


def _paired(modules: Sequence[Tensors]) -> list[Stage] | None:
    """Each batch norm with the affine layer before it; if a class declares its norms separately,
    with the first of its width that has none."""
    stages = [Stage(module) for module in modules if _is_affine(module)]
    apart = any(_is_norm(a) and _is_norm(b) for a, b in pairwise(modules))
    seen = 0
    for module in modules:
        if _is_affine(module):
            seen += 1
            continue
        places = range(len(stages)) if apart else range(max(seen - 1, 0), seen)
        free = [i for i in places if stages[i].norm is None and _could_follow(stages[i], module)]
        if not free:
            return None
        stages[free[0]] = stages[free[0]]._replace(norm=module)
    return stages or None


def _could_follow(stage: Stage, norm: Tensors) -> bool:
    width, sizes = len(norm["weight"]), stage.sizes
    if len(sizes) == 2:  # of its units, or of the maps that they are reshaped to
        return sizes[0] == width or (sizes[0] % width == 0 and root_of(sizes[0] // width) > 0)
    return width in sizes[:2]


def _follows(stages: Sequence[Stage]) -> bool:
    """Whether each layer accepts the previous one's output."""
    gives: set[int] = set()
    for stage in stages:
        sizes = stage.sizes
        takes = {sizes[1]} if len(sizes) == 2 else set(sizes[:2])
        if gives and not any(g % t == 0 for g in gives for t in takes):
            return False
        gives = {sizes[0]} if len(sizes) == 2 else set(sizes[:2])
    return True


def root_of(number: int) -> int:
    """The exact integer square root, 0 if there is none."""
    root = math.isqrt(number)
    return root if root * root == number else 0
