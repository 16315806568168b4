"""A generator or discriminator that is one straight line of layers, each written as one text.

The grammar is closed and small; the sizes are worked out by arithmetic before anything is built.
Numbers are whole ones but for the last of `leaky` and of `eps`:

    linear IN OUT [bias]                   upsample F [bilinear]    nearest otherwise
    conv   IN OUT kK sS pP [bias]          reshape C H W
    deconv IN OUT kK sS pP [oO] [bias]     flatten, crop SIDE, shuffle 2 (pixels)
    bn N [eps E]      of units or maps     sum, mean         a map as one number
    layernorm N       of units             signed            [0, 1] as [-1, 1]
    instance N        of maps              clip              to [-1, 1]
    relu, leaky SLOPE, prelu N, elu, selu, gelu, silu, softplus, tanh, sigmoid

Example: `deconv 100 256 k3 s1 p0`, `bn 256`, `relu`, ..., `deconv 128 4 k4 s2 p1`, `tanh`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.config import PortedConfig
from gan.errors import ConfigError, suggest
from gan.models.ported.grammar import KINDS, Numbers, Shape
from gan.models.protocol import Discriminator, Generator, embed_labels

__all__ = ["KINDS", "ChainGenerator", "Shape", "chain_discriminator", "steps_of"]

MAX_SIDE = 1024
MAX_UNITS = 2**26  # of one layer's output, per image: 256 MB of float32
MAX_VALUES = 2**28  # of all layers' outputs together, which the app shows one by one: 1 GB
MAX_WORK = 2 * 10**11  # multiplications per image: some seconds on one core
# layers whose output is within [-1, 1], and those that keep it there
BOUNDED = {"tanh", "signed", "clip"}
KEEPING = {"reshape", "flatten", "upsample", "crop", "shuffle"}


class ChainLayer(NamedTuple):
    """A layer with its input and output shapes."""

    word: str
    numbers: Numbers
    before: Shape
    after: Shape

    @property
    def work(self) -> int:
        """Multiplications for one image."""
        n = self.numbers
        if self.word == "linear":
            return int(n["i"] * n["o"])
        if self.word in ("conv", "deconv"):
            pixels = self.after if self.word == "conv" else self.before
            return int(n["i"] * n["o"] * n["k"] ** 2) * math.prod(pixels[1:])
        return 0

    def build(self) -> nn.Module:
        """Build the module."""
        return KINDS[self.word].build(self.numbers, self.before)


def steps_of(layers: Sequence[str], start: Shape) -> list[ChainLayer]:
    """Each layer with the shapes before and after it, from `start` on: arithmetic only.

    Raises ConfigError for an unknown word, for inconsistent sizes, and for maps over 1024 px or
    excessive work.
    """
    shape, steps = start, []
    for number, text in enumerate(layers, 1):
        word, numbers = _parsed(text)
        after = KINDS[word].after(numbers, shape)
        if after is None or min(after) < 1:
            raise ConfigError(
                "layer {number}, {text}, must take {shape}, it cannot; correct its numbers",
                number=number,
                text=repr(text),
                shape=_words(shape),
            )
        if max(after[1:], default=1) > MAX_SIDE or math.prod(after) > MAX_UNITS:
            raise ConfigError(
                "layer {number}, {text}, may give {max_side} px and {max_units} values an image, "
                "it gives {after}; use a smaller model",
                number=number,
                text=repr(text),
                max_side=MAX_SIDE,
                max_units=f"{MAX_UNITS:,}",
                after=_words(after),
            )
        steps.append(ChainLayer(word, numbers, shape, after))
        shape = after
    work = sum(step.work for step in steps)
    values = sum(math.prod(step.after) for step in steps)
    if work > MAX_WORK or values > MAX_VALUES:
        raise ConfigError(
            "a picture may take {max_work} multiplications and {max_values} values, these layers "
            "take {work} and {values}; use a smaller model",
            max_work=f"{MAX_WORK:,}",
            max_values=f"{MAX_VALUES:,}",
            work=f"{work:,}",
            values=f"{values:,}",
        )
    return steps


def _parsed(text: str) -> tuple[str, Numbers]:
    word = text.split(" ", 1)[0]
    if word not in KINDS:
        raise ConfigError(
            "there is no layer {word}; {hint}", word=repr(word[:20]), hint=suggest(word[:20], KINDS)
        )
    match = re.fullmatch(word + KINDS[word].pattern, text, re.ASCII)
    if match is None:
        raise ConfigError(
            "layer {text} must be written as in 'deconv 100 256 k4 s1 p0', 'linear 128 784 "
            "bias', 'bn 256', 'leaky 0.2' or 'reshape 512 4 4'; correct it",
            text=repr(text),
        )
    found = match.groupdict()
    flags = {key: float(bool(found.pop(key))) for key in ("bias", "bilinear") if key in found}
    return word, {key: float(value or 0) for key, value in found.items()} | flags


def _words(shape: Shape) -> str:
    if len(shape) == 1:
        return f"{shape[0]:,} units"
    return f"{shape[0]:,} maps of {shape[1]} x {shape[2]}"


class ChainGenerator(Generator):
    """z -> `g_layers` -> x; w is z, with its label if there are classes.

    A first conv or deconv gets w as maps of 1 x 1. A label is inserted into z at `label_at`,
    one-hot or by a table, or its row of the table is multiplied with z.
    """

    def __init__(self, config: PortedConfig) -> None:
        super().__init__()
        self.z_dim, self.classes = config.z_dim, config.classes
        self.noise, self.label_at = config.noise, config.label_at
        self.multiplies = config.label_join == "multiply"
        self._check_labels(config)
        width = config.label_width or config.classes
        self.w_dim = config.z_dim + (0 if self.multiplies else width)
        self.embed = nn.Embedding(config.classes, width) if config.label_width else None
        self.image_shape = (config.channels, config.resolution, config.resolution)
        self.meets_maps = bool(config.g_layers) and config.g_layers[0].startswith(
            ("conv", "deconv", "upsample")
        )
        start = (self.w_dim, 1, 1) if self.meets_maps else (self.w_dim,)
        steps = steps_of(config.g_layers, start)
        self._check(steps)
        self.layers = nn.Sequential(*(step.build() for step in steps))

    def _check_labels(self, config: PortedConfig) -> None:
        fits = config.label_width == config.z_dim if self.multiplies else True
        if config.label_at > config.z_dim or not fits or (config.label_width and not self.classes):
            raise ConfigError(
                "label_at must be within z, and a label that is multiplied with z must be as "
                "long, they are not; check that config.json is whole"
            )

    def _check(self, steps: list[ChainLayer]) -> None:
        given = steps[-1].after if steps else ()
        if given != self.image_shape:
            raise ConfigError(
                "g_layers must end in {image_shape}, they give {given}; correct the last ones or "
                "resolution",
                image_shape=_words(self.image_shape),
                given=_words(given) if given else "nothing",
            )
        last = next((s.word for s in reversed(steps) if s.word not in KEEPING), "")
        if last not in BOUNDED:
            raise ConfigError(
                "g_layers must end in tanh or in sigmoid and signed, so that a picture is within "
                "-1 and 1, got {got}; add it",
                got=repr(last),
            )

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim), labels (N,) or class weights (N, classes) -> w (N, w_dim)."""
        if self.noise != "normal":
            half = torch.erf(z / 2**0.5)  # of N(0, 1): uniform in [-1, 1]
            z = half if self.noise == "uniform" else (half + 1) / 2
        if not self.classes:
            return z
        assert labels is not None, "a class-conditional generator needs labels"
        label = self._label(labels).to(z.dtype)
        if self.multiplies:
            return z * label
        return torch.cat([z[:, : self.label_at], label, z[:, self.label_at :]], dim=1)

    def _label(self, labels: Tensor) -> Tensor:
        """(N, label_width), or class weights (N, classes): one-hot for labels (N,)."""
        if self.embed is not None:
            return embed_labels(self.embed, labels)
        if labels.is_floating_point():
            return labels
        return nn.functional.one_hot(labels, self.classes)

    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, z_dim) -> x (N, C, H, W) in [-1, 1]."""
        x: Tensor = self.layers(w[:, :, None, None] if self.meets_maps else w)
        return x


class ChainDiscriminator(Discriminator):
    """x -> `d_layers` -> one logit."""

    def __init__(self, config: PortedConfig) -> None:
        super().__init__()
        self.classes = 0
        side = config.resolution
        steps = steps_of(config.d_layers, (config.channels, side, side))
        if math.prod(steps[-1].after) != 1:
            raise ConfigError(
                "d_layers must end in one number, they give {after}; correct the last ones",
                after=_words(steps[-1].after),
            )
        self.mixes_batch = any(step.word == "bn" for step in steps)
        self.layers = nn.Sequential(*(step.build() for step in steps))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) in [-1, 1] -> logits (N,)."""
        logits: Tensor = self.layers(x).flatten()
        return logits


def chain_discriminator(config: PortedConfig) -> Discriminator | None:
    """The discriminator, if the model came with one."""
    return ChainDiscriminator(config) if config.d_layers else None
