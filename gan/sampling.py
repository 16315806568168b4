"""seed -> z -> w -> x, truncation, interpolation. Noise is drawn on the CPU, one seed per image."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from gan.errors import ConfigError
from gan.images import Pixels, to_pixels
from gan.models import Generator

MAX_SEED = 2**31 - 1
LABEL_STREAM = 0x5EED1ABE  # any constant
PIXELS_AT_ONCE = 2**22  # per batch
# per batch in its widest layer, 256 MB: a small picture may have a wide one
VALUES_AT_ONCE = 2**26
FLOPS_PER_S = 4e10  # of one ordinary core; a batch of one small picture is slower


class Samples(NamedTuple):
    """Images and what is needed to recreate them."""

    pixels: Pixels  # (N, H, W, C) uint8
    seeds: NDArray[np.int64]  # (N,)
    labels: NDArray[np.int64] | None  # (N,), if the model has classes


def latents(z_dim: int, seeds: Sequence[int]) -> Tensor:
    """z (N, z_dim), row i from seeds[i] alone: the same on every device and in every batch."""
    generator = torch.Generator()
    z = torch.empty(len(seeds), z_dim)
    for row, seed in zip(z, seeds, strict=True):
        generator.manual_seed(_mixed(seed))
        row.normal_(generator=generator)
    return z


def labels_of(classes: int, seeds: Sequence[int], shares: Tensor | None = None) -> Tensor:
    """labels (N,), each drawn from its seed, for samples without a chosen class.

    shares (classes,): how often each class is drawn, as counts or fractions; all equally if left
    out.
    """
    generator = torch.Generator()
    # a separate stream, so that a seed's z is the same with and without classes
    streams = (generator.manual_seed(_mixed(s) ^ LABEL_STREAM) for s in seeds)
    if shares is None:
        draw = [torch.randint(classes, (), generator=g) for g in streams]
    else:
        ends = shares.double().cumsum(0) / shares.sum()
        place = [torch.rand((), generator=g, dtype=torch.float64) for g in streams]
        draw = [torch.bucketize(p, ends, right=True).clamp(max=classes - 1) for p in place]
    return torch.stack(draw) if draw else torch.zeros(0, dtype=torch.int64)


def _mixed(seed: int) -> int:
    """`seed` with its bits mixed: murmur3's finaliser, a bijection on 32 bits.

    The Mersenne Twister's first draws from seeds 1, 2, 3... are correlated in their low bits:
    without this, neighbouring seeds would get the same classes.
    """
    if not 0 <= seed <= MAX_SEED:
        raise ConfigError(
            "a seed must be from 0 to {max_seed}, got {got}; choose another",
            max_seed=MAX_SEED,
            got=seed,
        )
    h = int(seed)
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


def choose_labels(
    g: Generator, seeds: Sequence[int], label: int | None, shares: Tensor | None = None
) -> Tensor | None:
    """Labels for `seeds`: all `label`, or drawn by `shares`; None for a model without classes.

    Raises ConfigError for a class that the model does not have.
    """
    if not g.classes:
        if label is not None:
            raise ConfigError(
                "this model has no classes, got class {label}; leave the class out", label=label
            )
        return None
    if label is None:
        return labels_of(g.classes, seeds, shares)
    if not 0 <= label < g.classes:
        raise ConfigError(
            "a class must be from 0 to {classes}, got {got}; choose one of them",
            classes=g.classes - 1,
            got=label,
        )
    return torch.full((len(seeds),), label, dtype=torch.int64)


def truncate(g: Generator, w: Tensor, *, psi: float, labels: Tensor | None = None) -> Tensor:
    """w interpolated towards its mean by `psi`: 0 is the mean, 1 is w; Karras et al. 2019, section
    B."""
    if psi == 1.0:
        return w
    mean = g.mean_w(len(w), labels)
    return mean + psi * (w - mean)


def at_once(g: Generator) -> int:
    """Batch size: small for large images, to bound memory."""
    pixels = g.image_shape[1] * g.image_shape[2]
    if (known := g.cost()) is not None:
        return max(1, min(PIXELS_AT_ONCE // pixels, VALUES_AT_ONCE // known.values))
    z = torch.zeros(1, g.z_dim)
    labels = torch.zeros(1, dtype=torch.int64) if g.classes else None
    return max(1, min(PIXELS_AT_ONCE // pixels, VALUES_AT_ONCE // widest(g, z, labels)))


_widest: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()
# torch 2.13 crashes (segmentation fault in find_torch_dispatch_rule) if two threads meet an
# operation for the first time, each under a dispatch mode
_one_mode = threading.RLock()


def widest(module: nn.Module, *inputs: Tensor | None) -> int:
    """Elements of the largest tensor in `module(*inputs)`; cached, computed from shapes alone.

    inputs: for one picture.
    """
    if (found := _widest.get(module)) is not None:
        return found
    with _one_mode:
        if (found := _widest.get(module)) is not None:  # computed by another thread meanwhile
            return found
        # the module itself stays untouched: others use it meanwhile
        one = module.repeated()[0] if isinstance(module, Generator) else module
        shapes = _without_values(one)
        try:
            with torch.no_grad(), torch.device("meta"), _Largest() as largest:
                shapes(*(i if i is None else i.to("meta") for i in inputs))
        except RuntimeError:  # it has tensors that are neither parameters nor buffers
            with torch.no_grad(), _Largest() as largest:
                one(*inputs)
        _widest[module] = largest.values
    return int(largest.values)


def _without_values(module: nn.Module) -> nn.Module:
    """A copy that computes shapes only, and so at once."""
    own = [*module.parameters(), *module.buffers()]
    return copy.deepcopy(module, {id(t): t.detach().to("meta") for t in own})


class _Largest(TorchDispatchMode):
    """Tracks the number of elements of the largest result."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.values = 1

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if not func.is_view:  # a transposed weight is no new memory
            sizes = [leaf.numel() for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
            self.values = max(self.values, *sizes, 1)
        return out


@torch.inference_mode()
def render(g: Generator, z: Tensor, *, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
    """z (N, z_dim) -> x (N, C, H, W) in [-1, 1], on the CPU; z follows the model's device.

    labels: (N,) int64, or class weights (N, classes) float for mixtures of classes.
    """
    if len(z) > 1 and len(z) > (most := at_once(g)):
        parts = [slice(i, i + most) for i in range(0, len(z), most)]
        rows = [(z[p], None if labels is None else labels[p]) for p in parts]
        return torch.cat([render(g, some, labels=few, psi=psi) for some, few in rows])
    device = next(g.parameters()).device
    labels = labels if labels is None else labels.to(device)
    w = truncate(g, g.mapping(z.to(device), labels), psi=psi, labels=labels)
    return g.synthesis(w).float().cpu()


class _NoTracker:
    """Replaces FlopCounterMode's tracker, which attributes operations to modules: not needed here.

    It hooks every module of every thread, and breaks another thread's `autograd.grad` meanwhile.
    """

    parents = frozenset({"Global"})

    def __enter__(self) -> None:
        """No hooks."""

    def __exit__(self, *error: object) -> None:
        """Nothing to remove."""


_seconds: WeakKeyDictionary[nn.Module, float] = WeakKeyDictionary()


def picture_seconds(g: Generator) -> float:
    """Estimated seconds per picture on one core: its FLOPs over a typical rate.

    Counted rather than timed, so that results are the same on every call and machine; cached, as
    counting takes longer than a small picture.
    """
    if (known := g.cost()) is not None:
        return known.flops / FLOPS_PER_S
    if (found := _seconds.get(g)) is None:
        found = _seconds[g] = _counted_seconds(g)
    return found


@torch.no_grad()
def _counted_seconds(g: Generator) -> float:
    once, times = g.repeated()
    inputs = [torch.zeros(1, g.z_dim), torch.zeros(1, dtype=torch.int64) if g.classes else None]
    shapes = _without_values(once)
    with _one_mode:
        try:  # of shapes alone: a slow model's picture would take a minute
            with torch.device("meta"), _flop_counter() as counter:
                shapes(*(i if i is None else i.to("meta") for i in inputs))
        except RuntimeError:  # it has tensors that are neither parameters nor buffers
            device = next(g.parameters()).device
            with _flop_counter() as counter:
                once(*(i if i is None else i.to(device) for i in inputs))
    return times * float(counter.get_total_flops()) / FLOPS_PER_S


def _flop_counter() -> FlopCounterMode:
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _NoTracker()  # type: ignore[assignment]
    return counter


def affordable(g: Generator, seconds: float, *, least: int, most: int) -> int:
    """How many pictures one core renders in about so many seconds, between `least` and `most`."""
    return max(least, min(most, int(seconds / max(picture_seconds(g), 1e-9))))


def sample(
    g: Generator,
    seeds: Sequence[int],
    *,
    psi: float = 1.0,
    label: int | None = None,
    shares: Tensor | None = None,
    batch_size: int = 256,
) -> Samples:
    """One image per seed. g must be in eval mode, so that the batch size does not matter.

    Without `label` each seed draws its class, by `shares` (see `labels_of`).
    """
    labels = choose_labels(g, seeds, label, shares)
    z = latents(g.z_dim, seeds)
    pixels = [
        to_pixels(
            render(
                g,
                z[i : i + batch_size],
                labels=None if labels is None else labels[i : i + batch_size],
                psi=psi,
            )
        )
        for i in range(0, len(z), batch_size)
    ]
    channels, height, width = g.image_shape
    return Samples(
        np.concatenate(pixels) if pixels else np.zeros((0, height, width, channels), np.uint8),
        np.asarray(seeds, dtype=np.int64),
        None if labels is None else labels.numpy(),
    )


def slerp(z0: Tensor, z1: Tensor, t: float | Tensor) -> Tensor:
    """The point a fraction t along the great circle from z0 to z1 (..., z_dim); t = 0 gives z0.

    t: one number, or one per row (..., 1). Lengths are interpolated linearly; Shoemake 1985, White
    2016. Falls back to linear interpolation if the two are (anti)parallel.
    """
    norm0, norm1 = z0.norm(dim=-1, keepdim=True), z1.norm(dim=-1, keepdim=True)
    unit0, unit1 = z0 / norm0.clamp_min(1e-12), z1 / norm1.clamp_min(1e-12)
    angle = (unit0 * unit1).sum(-1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    direction = ((1 - t) * angle).sin() * unit0 + (t * angle).sin() * unit1
    length = (1 - t) * norm0 + t * norm1
    return torch.where(sine.abs() < 1e-4, z0 + t * (z1 - z0), direction / sine * length)
