"""What no shape determines in a chain: activation, epsilon, distribution of z, use of the label.

A `Structure` with `Settings` is a model. Which settings fit a file is measured if it has batch
norms (gan.hub.layouts.evidence); if that is inconclusive they stay a choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan.config import Noise, PortedConfig
from gan.errors import ConfigError, WeightsError, suggest
from gan.hub.layouts.base import Chain
from gan.hub.layouts.structures import ACT, UP, Structure

ACTIVATIONS = {
    "relu": "relu", "leaky": "leaky 0.2", "leaky0.1": "leaky 0.1", "leaky0.05": "leaky 0.05",
    "leaky0.01": "leaky 0.01", "elu": "elu", "selu": "selu", "gelu": "gelu", "silu": "silu",
    "tanh": "tanh", "softplus": "softplus",
}  # fmt: skip
OUTPUTS = {"tanh": ("tanh",), "sigmoid": ("sigmoid", "signed"), "none": ("clip",)}
TORCH_EPS = "1e-5"
# eriklindernoren/PyTorch-GAN and the tutorials after it write BatchNorm2d(128, 0.8), meaning
# momentum, which is the third argument: their epsilon is 0.8
LARGE_EPS = "0.8"
NOISES: tuple[Noise, ...] = ("normal", "uniform", "unit")
UPSAMPLES = ("nearest", "bilinear")
LABELS = 10  # number of classes of MNIST, Fashion-MNIST and CIFAR-10
# common lengths of z; one that is 10 more includes a label
Z_DIMS = (32, 50, 62, 64, 100, 128, 200, 256)
LEAST_BATCHES = 100  # batches that a norm must have seen for its statistics to count
CODES = 2  # numbers that an InfoGAN of MNIST puts behind its label; Chen et al. 2016


class Settings(NamedTuple):
    """One answer to each question."""

    activation: str = "relu"
    eps: str = TORCH_EPS
    upsample: str = "nearest"
    noise: Noise = "normal"
    labels: str = "none"  # or COUNT@PLACE in z, and COUNT*times where a table's row is multiplied
    output: str = "tanh"


KEYS = {
    "activation": tuple(ACTIVATIONS),
    "eps": (TORCH_EPS, LARGE_EPS),
    "upsample": UPSAMPLES,
    "noise": NOISES,
    "output": tuple(OUTPUTS),
}


class Table(NamedTuple):
    """A generator's class embedding."""

    weight: Tensor  # (classes, width)


def check_answers(answers: dict[str, str]) -> None:
    """Raises ConfigError for an unknown question, or an invalid answer."""
    for key, value in answers.items():
        if key in ("labels", "size"):
            continue
        if key not in KEYS:
            raise ConfigError(
                "there is no question {name}; {hint}",
                name=repr(key[:40]),
                hint=suggest(key[:40], [*KEYS, "labels", "size"]),
            )
        if value not in KEYS[key]:
            raise ConfigError(
                "{name} must be one of {known}, got {got}; choose one",
                name=key,
                known=[*KEYS[key]],
                got=repr(value[:40]),
            )


def label_options(width: int, table: Table | None) -> tuple[str, ...]:
    """How a first layer with `width` inputs may use a label, the most usual first."""
    if table is not None:
        classes, size = table.weight.shape
        if size == width:
            return (f"{classes}*times",)
        rest = width - size
        return (f"{classes}@0", f"{classes}@{rest}") if rest > 0 else ()
    if width - LABELS not in Z_DIMS:
        info = width - LABELS - CODES
        return ("none",) if info not in Z_DIMS else (f"{LABELS}@{info}", "none")
    rest = width - LABELS
    places = [rest, 0, *([rest - CODES] if rest - CODES in Z_DIMS else [])]
    return (*(f"{LABELS}@{place}" for place in places), "none")


def chain_of(structure: Structure, settings: Settings) -> Chain:
    """The layer texts, with their tensors."""
    chain = Chain()
    out = OUTPUTS[settings.output]
    ops = list(structure.ops)
    tail = [ops.pop()] if ops[-1][0].startswith("reshape") else []
    seen_maps = not any(text.startswith("reshape") for text, _ in ops)
    for text, item in ops:
        if text == ACT:
            chain.add(ACTIVATIONS[settings.activation])
        elif text == UP:
            chain.add("upsample 2" + (" bilinear" if settings.upsample == "bilinear" else ""))
        elif item is None:
            chain.add(text)
        else:
            large = text.startswith("bn") and settings.eps == LARGE_EPS and seen_maps
            chain.put(f"{text} eps {LARGE_EPS}" if large else text, item.module)
            # the repository creates the norm before the first convolution with torch's default
            seen_maps = seen_maps or text.startswith(("conv", "deconv"))
    chain.add(*out, *(text for text, _ in tail))
    return chain


def model_of(
    structure: Structure, settings: Settings, table: Table | None
) -> tuple[PortedConfig, dict[str, Tensor]]:
    """The config and tensors of a reading; raises WeightsError or ConfigError if it is invalid."""
    chain = chain_of(structure, settings)
    inputs = int(chain.layers[0].split()[1])
    tensors = dict(chain.tensors)
    labels = _labels(settings.labels, inputs, table)
    if table is not None and labels["classes"]:
        tensors["embed.weight"] = table.weight
    channels, side, _ = structure.shape
    config = PortedConfig(
        architecture="chain", resolution=side, channels=channels, noise=settings.noise,
        g_layers=tuple(chain.layers), **labels,
    )  # fmt: skip
    return config, tensors


def _labels(text: str, inputs: int, table: Table | None) -> dict[str, Any]:
    if text == "none":
        return {"z_dim": inputs, "classes": 0}
    count, at, place = text.partition("@")
    width = 0 if table is None else int(table.weight.shape[1])
    if not at:
        return {
            "z_dim": inputs, "classes": int(count.removesuffix("*times")),
            "label_width": width, "label_join": "multiply",
        }  # fmt: skip
    if not (count.isdecimal() and place.isdecimal() and 0 < int(count) < inputs):
        raise WeightsError(
            "labels must be none or COUNT@PLACE, as in 10@100, got {got}; correct it",
            got=repr(text[:40]),
        )
    return {
        "z_dim": inputs - (width or int(count)), "classes": int(count), "label_width": width,
        "label_at": int(place),
    }  # fmt: skip


def options_of(
    structure: Structure, table: Table | None, *, evidence: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each question that a structure leaves open, with its usual answers.

    There are more of them if they can be measured than if somebody has to choose by eye.
    """
    words = [text for text, _ in structure.ops]
    if ACT in words:
        more = ("leaky0.01", "leaky0.05", "elu") if evidence else ()
        yield "activation", ("relu", "leaky", *more)
    yield "labels", label_options(int(words[0].split()[1]), table)
    if any(word.startswith("bn") for word in words):
        yield "eps", (TORCH_EPS, LARGE_EPS)
    if UP in words:
        yield "upsample", UPSAMPLES
    if evidence:
        yield "noise", NOISES


def has_statistics(structure: Structure) -> bool:
    """Whether there are batch norms that have seen images: untrained ones tell nothing, nor do
    those after a few steps, which still retain much of their initial values (torch's momentum keeps
    0.9 per step) and lag behind fast-moving weights."""
    norms = [item for text, item in structure.ops if text.startswith("bn") and item is not None]
    seen = [norm.module.get("num_batches_tracked") for norm in norms]
    if any(c is not None and c.numel() == 1 and 0 < c < LEAST_BATCHES for c in seen):
        return False  # 0 counts as unknown: converted files have it beside real statistics
    return any(bool(norm.module["running_mean"].any()) for norm in norms)


def one_of_each(count: int, classes: int) -> Tensor:
    """Labels (count,), all classes equally often."""
    return torch.arange(count) % classes
