"""Recipes by name: values only, one aligned row each. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from gan.config import Family, LossName, ModelConfig, RunConfig, TrainConfig
from gan.errors import ConfigError, suggest


class DataShape(NamedTuple):
    """What a model must know of its data."""

    resolution: int
    channels: int
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Preset:
    """Model, loss, data and optimiser under one name."""

    family: Family
    data: str
    loss: LossName
    z_dim: int
    lr: float
    beta1: float
    beta2: float
    gamma: float  # weight of R1 and of R2
    ema_half_life_kimg: float
    summary: str
    conditional: bool = False
    batch_size: int = 64
    resolution: int = 0  # 0: the data's own
    width: int = 0  # of the last generator layer in family dcgan; 0: the family's own
    flip: bool = False
    shift_px: int = 0


# fmt: off
PRESETS: dict[str, Preset] = {
    # name                 family   data       loss              z    lr    b1   b2     R1,R2 ema
    "fashion":      Preset("conv",  "fashion", "relativistic",   64,  2e-3, 0.0, 0.99,  0.2,  8.9,
                           "garments, class by class: recognisable in seconds", conditional=True,
                           batch_size=32),
    "fashion-mlp":  Preset("mlp",   "fashion", "relativistic",   100, 1e-3, 0.0, 0.99,  0.2,  8.9,
                           "the article's network with a loss that keeps it from collapsing"),
    "article":      Preset("mlp",   "fashion", "nonsaturating",  100, 2e-4, 0.5, 0.999, 0.0,  8.9,
                           "the article as written: fully connected, Adam 2e-4; collapses easily"),
    "emoji":        Preset("conv",  "emoji",   "relativistic",   64,  1e-3, 0.0, 0.99,  0.5,  22.2,
                           "colour emoji at 32 px", flip=True, shift_px=3),
    "digits":       Preset("conv",  "digits",  "relativistic",   32,  2e-3, 0.0, 0.99,  0.2,  8.9,
                           "8-px handwritten digits: the quickest", conditional=True),
    "own":          Preset("conv",  "emoji",   "relativistic",   64,  1e-3, 0.0, 0.99,  0.5,  22.2,
                           "a start for your own images: --data folder:PATH", flip=True),
    "dcgan":        Preset("dcgan", "fashion", "nonsaturating",  100, 2e-4, 0.5, 0.999, 0.0,  8.9,
                           "the textbook DCGAN, 64 px: slow on a processor", resolution=64,
                           width=64, batch_size=128),
    "dcgan-small":  Preset("dcgan", "fashion", "nonsaturating",  64,  1e-3, 0.5, 0.99,  0.0,  8.9,
                           "the textbook shape made small: width 12", width=12),
}
# fmt: on

# Channels of family conv, at [4 to 7 px, then two a doubling]; work is spent at about half the
# resolution, where the measured distance fell fastest for the time (DESIGN: "small and many").
CONV_G_WIDTHS = (128, 64, 64, 48, 32, 32, 16, 16, 16)
CONV_D_WIDTHS = (32, 32, 64, 64, 128, 128, 128, 128, 128)
CONV_28_G_WIDTHS = (48, 36, 24)
CONV_28_D_WIDTHS = (24, 24, 48)
DCGAN_WIDTH = 12
MLP_G_WIDTHS = (256, 512, 512)  # the article's
MLP_D_WIDTHS = (512, 512)
MAX_WIDTH = 4096
MAX_CONVS = 4  # 3x3 convs a resolution


def get_preset(name: str) -> Preset:
    """The preset called `name`; raises ConfigError with the names near it."""
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {name!r}; {suggest(name, PRESETS)}")
    return PRESETS[name]


def halvings(resolution: int) -> int:
    """How often an image is halved until 4 to 7 px are left: 28 -> 7 takes 2, 64 -> 4 takes 4."""
    count = 0
    while resolution >= 8:
        resolution, count = resolution // 2, count + 1
    return count


def odd_pixels(resolution: int) -> tuple[int, ...]:
    """What each doubling on the way up adds to twice its size, smallest map first: 36 px are 4, 9,
    18, 36, so 1, 0, 0. Halving drops these pixels, as D's strided convolutions do."""
    sizes = [resolution >> i for i in range(halvings(resolution) + 1)][::-1]
    return tuple(after - 2 * before for before, after in pairwise(sizes))


def layer_count(family: Family, resolution: int, convs: int) -> int:
    """How many widths a convolutional family has with `convs` 3x3 convs a resolution."""
    stages = halvings(resolution)
    if family == "dcgan":
        return stages * (1 + convs)
    return 1 + (stages - 1) * (1 + convs)  # conv has none at the smallest map


def layers_of(family: Family, resolution: int, widths: Sequence[int]) -> int:
    """How many 3x3 convs a resolution `widths` stand for; the inverse of `layer_count`."""
    counts = [layer_count(family, resolution, c) for c in range(MAX_CONVS + 1)]
    return counts.index(len(widths)) if len(widths) in counts else 0


def default_widths(
    family: Family,
    resolution: int,
    *,
    dcgan_width: int = 0,
    width: float = 1.0,
    depth: int = 0,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(g_widths, d_widths) of a family at a resolution, `width` times as wide, `depth` deeper."""
    if family == "mlp":
        pair = _mlp_widths(MLP_G_WIDTHS, depth), _mlp_widths(MLP_D_WIDTHS, depth)
    elif family == "dcgan":
        stages = [(dcgan_width or DCGAN_WIDTH) * 2**i for i in range(halvings(resolution))]
        layers = 1 + max(0, depth)
        d = tuple(w for w in stages for _ in range(layers))
        pair = d[::-1], d
    else:
        pair = _conv_widths(resolution, convs=max(0, 1 + depth))
    g_widths, d_widths = (
        tuple(min(MAX_WIDTH, max(1, round(w * width))) for w in widths) for widths in pair
    )
    return g_widths, d_widths


def _mlp_widths(widths: tuple[int, ...], depth: int) -> tuple[int, ...]:
    return widths[:depth] if depth < 0 else widths + widths[-1:] * depth


def _conv_widths(resolution: int, *, convs: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The family's own, with `convs` 3x3 convs a resolution where it has one."""
    at_28 = resolution == 28
    g, d = (
        (CONV_28_G_WIDTHS if at_28 else CONV_G_WIDTHS),
        (CONV_28_D_WIDTHS if at_28 else CONV_D_WIDTHS),
    )
    doublings = halvings(resolution) - 1
    g_widths, d_widths = [g[0]], []
    for i in range(doublings):
        g_widths += [g[2 * i + 1], *[g[2 * i + 2]] * convs]
        d_widths += [d[2 * i], *[d[2 * i + 1]] * convs]
    return tuple(g_widths), (*d_widths, d[2 * doublings])


def run_config(preset_name: str, shape: DataShape, *, data: str, seed: int = 0) -> RunConfig:
    """A preset fitted to its data: sizes, channels and classes come from `shape`."""
    preset = get_preset(preset_name)
    model = ModelConfig(
        family=preset.family,
        resolution=preset.resolution or shape.resolution,
        channels=shape.channels,
        classes=len(shape.class_names) if preset.conditional else 0,
        z_dim=preset.z_dim,
    )
    train = TrainConfig(
        loss=preset.loss,
        g_lr=preset.lr,
        d_lr=preset.lr,
        beta1=preset.beta1,
        beta2=preset.beta2,
        batch_size=preset.batch_size,
        r1=preset.gamma,
        r2=preset.gamma,
        ema_half_life_kimg=preset.ema_half_life_kimg,
        flip=preset.flip,
        shift_px=preset.shift_px,
    )
    names = shape.class_names if preset.conditional else ()
    return RunConfig(
        preset=preset_name, data=data, seed=seed, class_names=names, model=model, train=train
    )


def resolve_widths(config: RunConfig) -> RunConfig:
    """`config` with every width written out, so that a saved run does not depend on defaults."""
    width = PRESETS[config.preset].width if config.preset in PRESETS else 0
    shape = config.model
    g_widths, d_widths = default_widths(
        shape.family, shape.resolution, dcgan_width=width, width=shape.width, depth=shape.depth
    )
    model = replace(
        config.model,
        g_widths=config.model.g_widths or g_widths,
        d_widths=config.model.d_widths or d_widths,
    )
    return replace(config, model=model)
