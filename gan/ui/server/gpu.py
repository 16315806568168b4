"""Slow generators on a GPU where the server has one; on ZeroGPU, one allocated per call.

`spaces` is Hugging Face's package for ZeroGPU; it is neither needed nor has any effect elsewhere.
"""

from __future__ import annotations

import copy
import inspect
import logging
import os
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from gan.latent import points as here
from gan.latent.points import Points
from gan.models import Generator

try:
    import spaces  # before CUDA is initialised, or it refuses
except ImportError:
    spaces = None

log = logging.getLogger(__name__)
SLOW_PX = 256  # smaller pictures are done before a GPU could be allocated
Function = TypeVar("Function", bound=Callable[..., Any])


def on_gpu(function: Function) -> Function:
    """`function` with a GPU allocated while it runs, on ZeroGPU; unchanged everywhere else.

    Raises TypeError for a coroutine function, which ZeroGPU accepts but fails to run.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{function.__name__} must be a plain function to run on ZeroGPU")
    borrow = getattr(spaces, "GPU", None)  # None: not installed, or too old to have it
    return function if borrow is None else borrow(function)


def has_gpu() -> bool:
    """Whether a GPU is present or can be allocated."""
    borrowed = spaces is not None and bool(os.environ.get("SPACES_ZERO_GPU"))
    return borrowed or torch.cuda.is_available()


def show(g: Generator, points: Points, *, psi: float = 1.0, side: int | None = None) -> Tensor:
    """gan.latent.points.show, on a GPU if that is worthwhile and one is available."""
    if g.image_shape[1] < SLOW_PX or not has_gpu():
        return here.show(g, points, psi=psi, side=side)
    try:
        return _show(g, points, psi, side)
    except Exception as error:  # no GPU free, or quota exhausted: slower, but it works
        log.warning("no GPU for this picture (%s); the processor draws it", type(error).__name__)
        return here.show(g, points, psi=psi, side=side)


@on_gpu
def _show(g: Generator, points: Points, psi: float, side: int | None) -> Tensor:
    # a copy: the cached one serves other requests at the same time
    there = copy.deepcopy(g).to("cuda" if torch.cuda.is_available() else "cpu")
    return here.show(there, points, psi=psi, side=side)
