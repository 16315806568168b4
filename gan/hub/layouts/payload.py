"""Splits a file's tensors into the generator's and the discriminator's.

Trainers save a bare state dict, or a dict of several under synonymous names: `state_dict`,
`model_state_dict`, `generator`, `netG`, `G_state_dict`, `g_ema`, `params_ema`...; DataParallel
prefixes everything with `module.`.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from gan.errors import WeightsError
from gan.hub.layouts.base import Payload, Tensors, shown

# averaged weights first: they are the ones to sample from
G_NAMES = (
    "gema", "emag", "ge", "netgema", "generatorema", "emagenerator", "gsmooth",
    "generatorsmooth", "paramsema", "ema", "g", "netg", "gnet", "generator", "gen", "params",
)  # fmt: skip
D_NAMES = ("d", "netd", "dnet", "discriminator", "disc", "critic")
# a name that does not identify the model
WRAPPERS = ("", "gan", "module", "origmod")
NOISE = re.compile(r"state_?dict|state|model|weights|[_\-]")
MAX_NESTED = 8
COUNTER = re.compile(r"(.*[./])?n_averaged", re.DOTALL)  # of torch.optim.swa_utils.AveragedModel
# two generators that translate into one another (CycleGAN): neither makes pictures from noise
PAIR = re.compile(r"(net)?g(en(erator)?)?(a2b|b2a|ab|ba|a|b|xtoy|ytox|[12])")


def split(tensors: Tensors) -> Payload:
    """A file's tensors as the generator's and, if it has one, the discriminator's.

    Raises WeightsError if there is only a discriminator, or a non-numeric tensor.
    """
    payload = _parts(tensors)
    if not tensors:
        raise WeightsError(
            "the file must hold a state dict, it holds no tensors, only numbers or text; choose "
            "the file of the weights"
        )
    if not payload.g:
        raise WeightsError(
            "the file must hold a generator, it holds a discriminator alone; choose the file of "
            "the generator"
        )
    return payload


def critic_in(tensors: Tensors) -> dict[str, Tensor]:
    """The discriminator of a file that was given as one."""
    payload = _parts(tensors)
    return payload.g if payload.d is None else payload.d


def _parts(tensors: Tensors) -> Payload:
    plain = {name: _plain(name, tensor) for name, tensor in tensors.items()}
    return _split({k: v for k, v in plain.items() if not COUNTER.fullmatch(k)})


def _plain(name: str, tensor: Tensor) -> Tensor:
    """float32 for floating point (half precision is widened), else int64."""
    strided = tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_complex()
    if not strided:
        raise WeightsError(
            "{name} must be a plain tensor of numbers, it is {dtype} {layout}; choose another file",
            name=shown(name),
            dtype=tensor.dtype,
            layout=tensor.layout,
        )
    return tensor.float() if tensor.is_floating_point() else tensor.long()


def _split(tensors: dict[str, Tensor], depth: int = 0) -> Payload:
    groups = _groups(tensors)
    if len(groups) and depth < MAX_NESTED:
        if listed := _listed(groups, tensors):
            return listed
        _check_pair(groups)
        kinds = {_kind(name): name for name in reversed(groups)}  # of two alike the first
        g = next((kinds[k] for k in G_NAMES if k in kinds), None)
        d = next((kinds[k] for k in D_NAMES if k in kinds), None)
        if g is not None and _tells(groups, tensors, g, d):
            return Payload(_bare(groups[g]), None if d is None else _bare(groups[d]))
        if g is None and d is not None and (d.endswith("/") or _is_all(groups[d], tensors)):
            return Payload({}, _bare(groups[d]))
        wrapper = next((name for name in groups if _kind(name) in WRAPPERS), None)
        if wrapper is not None and (wrapper.endswith("/") or _is_all(groups[wrapper], tensors)):
            return _split(groups[wrapper], depth + 1)
    return Payload(dict(tensors))


def _listed(groups: dict[str, dict[str, Tensor]], tensors: Tensors) -> Payload | None:
    """A list of state dicts: of two, the one that ends in a picture is the generator."""
    if not all(re.fullmatch(r"\d+/", name) for name in groups):
        return None
    parts = [_bare(group) for group in groups.values()]
    if len(parts) == 1:
        return _split(parts[0], 1)
    makers = [part for part in parts if _ends_wide(part)]
    if len(makers) != 1:
        raise WeightsError(
            "a list of state dicts must hold one generator, of its {count} parts {pictures} end "
            "in a picture; save the generator's state dict alone",
            count=len(parts),
            pictures=len(makers),
        )
    others = [part for part in parts if part is not makers[0]]
    return Payload(makers[0], others[0] if len(others) == 1 else None)


def _ends_wide(tensors: Tensors) -> bool:
    """Whether the last weight gives a picture: maps of 1, 3 or 4 channels, or many units."""
    weights = [t for t in tensors.values() if t.dim() in (2, 4)]
    if not weights:
        return False
    shape = tuple(weights[-1].shape)
    if len(shape) == 2:
        return shape[0] >= 64
    return shape[1] in (1, 3, 4) if shape[0] > 4 else shape[0] in (3, 4) or shape[2] == 3


def _check_pair(groups: dict[str, dict[str, Tensor]]) -> None:
    pair = [name for name in groups if PAIR.fullmatch(_kind(name)) and name.endswith("/")]
    if len(pair) > 1:
        raise WeightsError(
            "the file must hold one generator, it holds {count}: {names}; save the one that is "
            "meant alone",
            count=len(pair),
            names=[shown(name[:-1]) for name in pair[:4]],
        )


def _groups(tensors: Tensors) -> dict[str, dict[str, Tensor]]:
    """Tensors by the first part of their names, separator included."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = re.match(r"([^/]*/|[^./]*\.)(.+)", name, re.DOTALL)
        if match is not None:
            groups.setdefault(match[1], {})[match[2]] = tensor
    return groups


def _kind(name: str) -> str:
    return NOISE.sub("", name[:-1].lower())


def _is_all(group: Tensors, tensors: Tensors) -> bool:
    return len(group) == len(tensors)


def _tells(groups: dict[str, dict[str, Tensor]], tensors: Tensors, g: str, d: str | None) -> bool:
    """Whether a part called like a generator is one, and not a part of one: a dict's key is; a
    prefix is where it is all there is or a discriminator stands beside it."""
    return g.endswith("/") or d is not None or _is_all(groups[g], tensors)


def _bare(tensors: dict[str, Tensor], depth: int = 0) -> dict[str, Tensor]:
    """Strip wrapper prefixes around everything."""
    groups = _groups(tensors)
    for name, group in groups.items():
        if _kind(name) in WRAPPERS and _is_all(group, tensors) and depth < MAX_NESTED:
            return _bare(group, depth + 1)
    return tensors
