"""Third-party discriminators: known ones by name, and plain chains inferred from shapes.

Assumed of a plain one, and checked by whether it ends in one number: Conv2d k4 s2 p1, k5 s2 p2, k3
s2 p1 or, if that does not work out, k3 s1 p1; one whose kernel is as large as the remaining map
covers all of it (s1 p0); or Linear layers; LeakyReLU 0.2 between; a final sigmoid, which has no
weights, is left off: scores are logits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gan.errors import ConfigError
from gan.hub.layouts.base import Chain, Tensors, folded, modules_of
from gan.hub.layouts.stages import LEAKY, STUDIO_EPS, Stage, stages_of
from gan.models.ported.chain import Shape, steps_of

# (stride, padding) by kernel, in the order in which they are tried
HALVING = (
    {4: (2, 1), 5: (2, 2), 3: (2, 1), 2: (2, 0), 1: (1, 0)},
    {4: (2, 1), 5: (1, 2), 3: (1, 1), 2: (2, 0), 1: (1, 0)},
)


def _studio_critic(tensors: Tensors) -> Chain | None:
    """Blocks of conv0 (k3) and conv1 (k4 s2), conv, the sum over the map, linear1; ReLU."""
    modules = modules_of(folded(tensors))
    if "blocks.0.0.conv0" not in modules or "linear1" not in modules or "conv" not in modules:
        return None
    chain = Chain()
    count = sum(name.endswith(".conv0") for name in modules)
    order = [(f"blocks.{i}.0.", f"{j}") for i in range(count) for j in range(2)]
    for path, number in [*order, ("", "")]:
        conv = modules.get(f"{path}conv{number}")
        if conv is None or conv["weight"].dim() != 4:
            return None
        chain.conv(conv, stride=2 if number == "1" else 1, padding=1)
        if (norm := modules.get(f"{path}bn{number}")) is not None:
            chain.bn(norm, eps=STUDIO_EPS)
        chain.add("relu")
    chain.add("sum")
    chain.linear(modules["linear1"])
    used = 2 * count + 2 + sum(text.startswith("bn") for text in chain.layers)
    return chain if used == len(modules) else None


def read_critic(tensors: Tensors, image: Shape) -> Chain | None:
    """The chain of an accompanying discriminator, for pictures (C, H, W); None if it is
    unsupported."""
    studio = _studio_critic(tensors)
    if studio is not None:
        return studio if comes_to_one(studio, image) else None
    stages = stages_of(tensors)
    return None if stages is None else critic_of(stages, image)


def critic_of(stages: Sequence[Stage], image: Shape) -> Chain | None:
    """A discriminator's chain for pictures (C, H, W); None if it does not end in one number."""
    for rule in HALVING:
        chain = _critic(stages, image, rule)
        if chain is not None and comes_to_one(chain, image):
            return chain
    return None


def comes_to_one(chain: Chain, image: Shape) -> bool:
    """Whether a discriminator's layers map a picture to one number."""
    try:
        return math.prod(steps_of(chain.layers, image)[-1].after) == 1
    except ConfigError:
        return False


def _critic(
    stages: Sequence[Stage], image: Shape, rule: dict[int, tuple[int, int]]
) -> Chain | None:
    chain, side, flat = Chain(), image[-1], False
    for i, stage in enumerate(stages):
        if i:
            chain.add(LEAKY)
        if len(stage.sizes) == 2:
            if not flat:
                chain.add("flatten")
            flat = True
            chain.linear(stage.affine)
        else:
            kernel = stage.sizes[2]
            if flat or (kernel != side and kernel not in rule):
                return None
            stride, padding = (1, 0) if kernel == side else rule[kernel]
            chain.conv(stage.affine, stride=stride, padding=padding)
            side = (side + 2 * padding - kernel) // stride + 1
        if stage.norm is not None:
            chain.bn(stage.norm)
    return chain
