"""Activations of a generator's layers, for any family: hooks on a copy, never on a shared model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.models import Generator

AFFINE = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm)


class TracedLayer(NamedTuple):
    """One call of a leaf module in a forward pass."""

    module: nn.Module
    output: Tensor  # (N, ...)


class _Enough(Exception):
    """Aborts a forward pass from within a hook."""


@torch.no_grad()
def trace(
    g: Generator, w: Tensor, *, until: Callable[[nn.Module], bool] | None = None
) -> tuple[list[TracedLayer], Tensor | None]:
    """Leaf modules in the order in which synthesis(w) called them, and x (N, C, H, W).

    Stops after the first module for which `until` is true; x is then None.
    """
    steps: list[TracedLayer] = []

    def note(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            steps.append(TracedLayer(module, output.detach()))
            if until is not None and until(module):
                raise _Enough

    g = copy.deepcopy(g).eval()  # other threads use the shared one meanwhile
    for module in g.modules():
        if not list(module.children()):
            module.register_forward_hook(note)
    try:
        return steps, g.synthesis(w)
    except _Enough:
        return steps, None


def is_affine(module: nn.Module) -> bool:
    """Whether a leaf multiplies by weights of its own."""
    return isinstance(module, AFFINE)


def is_nonlinear(module: nn.Module) -> bool:
    """Whether a leaf is an activation function: not affine, not a normalisation, no parameters."""
    known = (*AFFINE, *NORM, nn.Identity, nn.Flatten, nn.Unflatten, nn.Upsample, nn.Dropout)
    return not isinstance(module, known) and not list(module.parameters(recurse=False))


def weight_matrix(module: nn.Module) -> Tensor | None:
    """The weight (outputs, inputs) of an affine leaf as one matrix; None for other leaves."""
    if not isinstance(module, AFFINE):
        return None
    weight = module.weight.detach()
    if isinstance(module, nn.ConvTranspose2d):  # (in, out, kh, kw)
        return weight.permute(1, 2, 3, 0).flatten(0, 2)
    return weight.flatten(1) if weight.dim() > 2 else weight
