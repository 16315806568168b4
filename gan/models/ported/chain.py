"""A generator or discriminator that is one straight line of layers, each written as one text.

The grammar is closed and small; the sizes are worked out by arithmetic before anything is built.
Numbers are whole ones but for the last of `leaky` and of `eps`:

    linear IN OUT [bias]                   upsample 2        nearest
    conv   IN OUT kK sS pP [bias]          reshape C H W
    deconv IN OUT kK sS pP [oO] [bias]     flatten
    bn N [eps E]      of units or maps     sum, mean         a map as one number
    relu, leaky SLOPE, tanh, sigmoid       signed            [0, 1] as [-1, 1]

Example: `deconv 100 256 k3 s1 p0`, `bn 256`, `relu`, ..., `deconv 128 4 k4 s2 p1`, `tanh`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from gan.config import PortedConfig
from gan.errors import ConfigError, suggest
from gan.models.protocol import Discriminator, Generator

Shape = tuple[int, ...]  # (units,) or (C, H, W)
Numbers = dict[str, float]

MAX_SIDE = 1024
MAX_UNITS = 2**26  # of one layer's output, an image: 256 MB of float32
MAX_VALUES = 2**28  # of all layers' outputs together, which the app shows one by one: 1 GB
MAX_WORK = 2 * 10**11  # multiplications an image: some seconds on one core
BN_EPS = 1e-5  # torch's own
# layers that leave every value within [-1, 1], and those that keep it there
BOUNDED, KEEPING = {"tanh", "signed"}, {"reshape", "flatten", "upsample"}


class Kind(NamedTuple):
    """One word of the grammar."""

    pattern: str  # of what follows the word
    after: Callable[[Numbers, Shape], Shape | None]  # the shape it gives; None where it cannot be
    build: Callable[[Numbers, Shape], nn.Module]


class Step(NamedTuple):
    """A layer in its place."""

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
        """The layer itself."""
        return KINDS[self.word].build(self.numbers, self.before)


class Signed(nn.Module):
    """[0, 1] as [-1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return 2 * x - 1


class Pool(nn.Module):
    """Each map (N, C, H, W) as one number (N, C): the sum, or the mean."""

    def __init__(self, *, mean: bool) -> None:
        super().__init__()
        self.mean = mean

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C)."""
        pooled: Tensor = x.mean(dim=(2, 3)) if self.mean else x.sum(dim=(2, 3))
        return pooled


def _linear_after(n: Numbers, shape: Shape) -> Shape | None:
    return (int(n["o"]),) if shape == (n["i"],) else None


def _conv_after(n: Numbers, shape: Shape) -> Shape | None:
    if len(shape) != 3 or shape[0] != n["i"] or min(n["k"], n["s"]) < 1:
        return None
    sides = [int((side + 2 * n["p"] - n["k"]) // n["s"] + 1) for side in shape[1:]]
    return (int(n["o"]), *sides)


def _deconv_after(n: Numbers, shape: Shape) -> Shape | None:
    if len(shape) != 3 or shape[0] != n["i"] or min(n["k"], n["s"]) < 1 or n["a"] >= n["s"]:
        return None
    sides = [int((side - 1) * n["s"] - 2 * n["p"] + n["k"] + n["a"]) for side in shape[1:]]
    return (int(n["o"]), *sides)


def _reshape_after(n: Numbers, shape: Shape) -> Shape | None:
    wanted = (int(n["c"]), int(n["h"]), int(n["w"]))
    return wanted if len(shape) == 1 and math.prod(wanted) == shape[0] else None


def _upsample_after(n: Numbers, shape: Shape) -> Shape | None:
    return (shape[0], 2 * shape[1], 2 * shape[2]) if len(shape) == 3 else None


def _build_linear(n: Numbers, shape: Shape) -> nn.Module:
    return nn.Linear(int(n["i"]), int(n["o"]), bias=bool(n["bias"]))


def _build_conv(n: Numbers, shape: Shape) -> nn.Module:
    i, o, k, s, p = (int(n[key]) for key in "ioksp")
    return nn.Conv2d(i, o, k, s, p, bias=bool(n["bias"]))


def _build_deconv(n: Numbers, shape: Shape) -> nn.Module:
    i, o, k, s, p, a = (int(n[key]) for key in "iokspa")
    return nn.ConvTranspose2d(i, o, k, s, p, a, bias=bool(n["bias"]))


def _build_bn(n: Numbers, shape: Shape) -> nn.Module:
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return kind(int(n["n"]), eps=n["eps"] or BN_EPS)


def _same(n: Numbers, shape: Shape) -> Shape:
    return shape


def _pooled(n: Numbers, shape: Shape) -> Shape | None:
    return shape[:1] if len(shape) == 3 else None


def _plain(module: Callable[[], nn.Module]) -> Kind:
    return Kind("", _same, lambda n, shape: module())


_IO = r" (?P<i>\d{1,7}) (?P<o>\d{1,7})"
_KSP = r" k(?P<k>\d{1,2}) s(?P<s>\d) p(?P<p>\d)"
_BIAS = r"(?P<bias> bias)?"
_SMALL = r"\d\.\d{1,8}"

KINDS = {
    "linear": Kind(_IO + _BIAS, _linear_after, _build_linear),
    "conv": Kind(_IO + _KSP + _BIAS, _conv_after, _build_conv),
    "deconv": Kind(_IO + _KSP + r"( o(?P<a>\d))?" + _BIAS, _deconv_after, _build_deconv),
    "bn": Kind(
        rf" (?P<n>\d{{1,7}})( eps (?P<eps>{_SMALL}))?",
        lambda n, shape: shape if shape[0] == n["n"] else None,
        _build_bn,
    ),
    "relu": _plain(nn.ReLU),
    "leaky": Kind(rf" (?P<slope>{_SMALL})", _same, lambda n, shape: nn.LeakyReLU(n["slope"])),
    "tanh": _plain(nn.Tanh),
    "sigmoid": _plain(nn.Sigmoid),
    "signed": _plain(Signed),
    "upsample": Kind(
        " 2", _upsample_after, lambda n, shape: nn.Upsample(scale_factor=2, mode="nearest")
    ),
    "reshape": Kind(
        r" (?P<c>\d{1,5}) (?P<h>\d{1,4}) (?P<w>\d{1,4})",
        _reshape_after,
        lambda n, shape: nn.Unflatten(1, (int(n["c"]), int(n["h"]), int(n["w"]))),
    ),
    "flatten": Kind("", lambda n, shape: (math.prod(shape),), lambda n, shape: nn.Flatten()),
    "sum": Kind("", _pooled, lambda n, shape: Pool(mean=False)),
    "mean": Kind("", _pooled, lambda n, shape: Pool(mean=True)),
}


def steps_of(layers: Sequence[str], start: Shape) -> list[Step]:
    """Each layer with the shapes before and after it, from `start` on: arithmetic alone.

    Raises ConfigError for a word that is none of the grammar's, for sizes that do not follow from
    those before, and for maps over 1024 px or more work than a picture is worth.
    """
    shape, steps = start, []
    for number, text in enumerate(layers, 1):
        word, numbers = _parsed(text)
        after = KINDS[word].after(numbers, shape)
        if after is None or min(after) < 1:
            raise ConfigError(
                f"layer {number}, {text!r}, must take {_words(shape)}, it cannot; "
                f"correct its numbers"
            )
        if max(after[1:], default=1) > MAX_SIDE or math.prod(after) > MAX_UNITS:
            raise ConfigError(
                f"layer {number}, {text!r}, may give {MAX_SIDE} px and {MAX_UNITS:,} values an "
                f"image, it gives {_words(after)}; use a smaller model"
            )
        steps.append(Step(word, numbers, shape, after))
        shape = after
    work = sum(step.work for step in steps)
    values = sum(math.prod(step.after) for step in steps)
    if work > MAX_WORK or values > MAX_VALUES:
        raise ConfigError(
            f"a picture may take {MAX_WORK:,} multiplications and {MAX_VALUES:,} values, these "
            f"layers take {work:,} and {values:,}; use a smaller model"
        )
    return steps


def _parsed(text: str) -> tuple[str, Numbers]:
    word = text.split(" ", 1)[0]
    if word not in KINDS:
        raise ConfigError(f"there is no layer {word[:20]!r}; {suggest(word[:20], KINDS)}")
    match = re.fullmatch(word + KINDS[word].pattern, text, re.ASCII)
    if match is None:
        raise ConfigError(
            f"layer {text!r} must be written as in 'deconv 100 256 k4 s1 p0', 'linear 128 784 "
            f"bias', 'bn 256', 'leaky 0.2' or 'reshape 512 4 4'; correct it"
        )
    found = match.groupdict()
    flag = {"bias": float(bool(found.pop("bias")))} if "bias" in found else {}
    return word, {key: float(value or 0) for key, value in found.items()} | flag


def _words(shape: Shape) -> str:
    if len(shape) == 1:
        return f"{shape[0]:,} units"
    return f"{shape[0]:,} maps of {shape[1]} x {shape[2]}"


class ChainGenerator(Generator):
    """z -> `g_layers` -> x; w is z. A first conv or deconv meets z as maps of 1 x 1."""

    def __init__(self, config: PortedConfig) -> None:
        super().__init__()
        self.z_dim = self.w_dim = config.z_dim
        self.classes = 0
        self.image_shape = (config.channels, config.resolution, config.resolution)
        self.meets_maps = bool(config.g_layers) and config.g_layers[0].startswith(
            ("conv", "deconv")
        )
        start = (config.z_dim, 1, 1) if self.meets_maps else (config.z_dim,)
        steps = steps_of(config.g_layers, start)
        self._check(steps)
        self.layers = nn.Sequential(*(step.build() for step in steps))

    def _check(self, steps: list[Step]) -> None:
        given = steps[-1].after if steps else ()
        if given != self.image_shape:
            raise ConfigError(
                f"g_layers must end in {_words(self.image_shape)}, they give "
                f"{_words(given) if given else 'nothing'}; correct the last ones or resolution"
            )
        last = next((s.word for s in reversed(steps) if s.word not in KEEPING), "")
        if last not in BOUNDED:
            raise ConfigError(
                f"g_layers must end in tanh or in sigmoid and signed, so that a picture is within "
                f"-1 and 1, got {last!r}; add it"
            )

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """w is z."""
        return z

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
                f"d_layers must end in one number, they give {_words(steps[-1].after)}; "
                f"correct the last ones"
            )
        self.mixes_batch = any(step.word == "bn" for step in steps)
        self.layers = nn.Sequential(*(step.build() for step in steps))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) in [-1, 1] -> logits (N,)."""
        logits: Tensor = self.layers(x).flatten()
        return logits


def chain_discriminator(config: PortedConfig) -> Discriminator | None:
    """The discriminator, where the model came with one."""
    return ChainDiscriminator(config) if config.d_layers else None
