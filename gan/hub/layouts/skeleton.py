"""A chain's layers in order, as far as a state dict reveals them, and the gaps in their numbering.

A layer without tensors (an activation, an upsampling, a dropout) leaves no entry, but inside one
nn.Sequential it takes an index: between `4` and `7` there are two of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import torch

from gan.errors import WeightsError
from gan.hub.layouts.base import Tensors, folded, modules_of, shown
from gan.hub.layouts.stages import natural, root_of

Kind = Literal["linear", "maps", "bn", "prelu", "scale"]
# modules that add, multiply or select: a model that has one is not a linear chain of layers
BRANCHES = re.compile(
    r"(^|[._])(shortcut|skip|residual|res\w*block\d*|conv_?sc|c_sc|sc|bypass|attn|attention|"
    r"self_attn|sa_block|non_?local|downsample)(\d*)([._]|$)",
    re.IGNORECASE,
)
STATS = ("running_mean", "running_var")


class Item(NamedTuple):
    """A layer with tensors."""

    kind: Kind
    name: str
    module: Tensors
    gap: int | None = None  # layers without tensors right before it; None if unknown

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape of its weight."""
        return tuple(self.module["weight"].shape)

    @property
    def is_affine(self) -> bool:
        """Whether it is a Linear or a convolution."""
        return self.kind in ("linear", "maps")


def items_of(tensors: Tensors) -> list[Item] | None:
    """The layers in the file's order; None if any is unsupported.

    Raises WeightsError if names or shapes indicate branches.
    """
    modules = {name: m for name, m in modules_of(folded(tensors)).items() if m}
    if named := [name for name in modules if BRANCHES.search(name)]:
        raise WeightsError(
            "a generator must be one straight line of layers, {name} is a branch; choose "
            "another file, or one of a repository that is known here",
            name=shown(named[0]),
        )
    items = [_item(name, module) for name, module in modules.items()]
    return None if None in items or not items else [item for item in items if item is not None]


def _item(name: str, module: Mapping[str, torch.Tensor]) -> Item | None:
    keys = module.keys() - {"num_batches_tracked"}
    if set(STATS) <= keys <= {*STATS, "weight", "bias"}:
        return _norm(name, dict(module))
    weight = module.get("weight")
    if weight is None or not keys <= {"weight", "bias"} or not weight.numel():
        return None
    bias = module.get("bias")
    if weight.dim() == 1:
        return _of_vector(name, module)
    if bias is not None and bias.dim() != 1:
        return None
    if weight.dim() == 2:
        return Item("linear", name, module)
    square = weight.dim() == 4 and weight.shape[2] == weight.shape[3]
    return Item("maps", name, module) if square else None


def _norm(name: str, module: dict[str, torch.Tensor]) -> Item | None:
    """A batch norm; one without weights (affine=False) gets neutral ones."""
    mean = module["running_mean"]
    module.setdefault("weight", torch.ones_like(mean))
    module.setdefault("bias", torch.zeros_like(mean))
    shapes = {tuple(module[key].shape) for key in (*STATS, "weight", "bias")}
    return Item("bn", name, module) if len(shapes) == 1 and mean.dim() == 1 and len(mean) else None


def _of_vector(name: str, module: Mapping[str, torch.Tensor]) -> Item | None:
    if "bias" not in module:
        return Item("prelu", name, module)
    same = module["bias"].shape == module["weight"].shape
    return Item("scale", name, module) if same else None


def orders_of(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Possible orders of the layers: the file's; by name, as safetensors files are sorted; and
    norms that a class declares separately, each after the first layer of its width."""
    seen: list[list[str]] = []
    by_name = sorted(items, key=lambda item: natural(item.name))
    first = _units_first(items)
    for order in (list(items), by_name, first, _paired(items), _paired(by_name), _paired(first)):
        names = [item.name for item in order]
        if names not in seen and names:
            seen.append(names)
            yield _with_gaps(order)


def _units_first(items: Sequence[Item]) -> list[Item]:
    """Linear layers with what follows them before convolutions: a class may declare them last."""
    groups: list[list[Item]] = []
    for item in items:
        if item.is_affine or not groups:
            groups.append([])
        groups[-1].append(item)
    groups.sort(key=lambda group: group[0].kind != "linear")
    return [item for group in groups for item in group]


def _paired(items: Sequence[Item]) -> list[Item]:
    affine = [item for item in items if item.is_affine]
    after: dict[str, list[Item]] = {item.name: [] for item in affine}
    for item in items:
        if item.is_affine:
            continue
        free = [a for a in affine if not after[a.name] and could_follow(a, item)]
        if item.kind == "prelu" or not free:
            return []
        after[free[0].name].append(item)
    return [one for item in affine for one in (item, *after[item.name])]


def could_follow(affine: Item, norm: Item) -> bool:
    """Whether a norm fits a layer's output: its units, or the maps that they become."""
    width, sizes = len(norm.module["weight"]), affine.sizes
    if len(sizes) == 2:
        return sizes[0] == width or (sizes[0] % width == 0 and root_of(sizes[0] // width) > 0)
    return width in sizes[:2]


def _with_gaps(items: Sequence[Item]) -> list[Item]:
    out, before = [], ""
    for item in items:
        out.append(item._replace(gap=_gap(before, item.name)))
        before = item.name
    return out


def _gap(before: str, name: str) -> int | None:
    (parent, _, index), (other, _, last) = name.rpartition("."), before.rpartition(".")
    if not before or parent != other or not (index.isdecimal() and last.isdecimal()):
        return None
    return max(0, int(index) - int(last) - 1)


def decoder_of(items: Sequence[Item]) -> tuple[list[Item], bool]:
    """The layers after a VAE's two heads (mean and log-variance), and whether there are any.

    The heads are two neighbours of one shape, of which the second cannot follow the first.
    """
    affine = [i for i, item in enumerate(items) if item.is_affine]
    for a, b in pairwise(affine):
        one, two = items[a].sizes, items[b].sizes
        if len(one) == 2 and one == two and one[0] != one[1] and b + 1 < len(items):
            after = items[b + 1]
            if after.is_affine and one[0] in (after.sizes[0], after.sizes[1]):
                return list(items[b + 1 :]), True
    return list(items), False
