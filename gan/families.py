"""Network families by name, and their widths per resolution. Values only, no torch here.

The networks themselves are in gan.models, one file per family; their classes in its NETWORKS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gan.config import Family, ModelConfig, Precision

Widths = tuple[int, ...]
Pair = tuple[Widths, Widths]  # of the generator's layers, and of the discriminator's

# Channels of family conv, at [4 to 7 px, then two per doubling]; most work is spent at about half
# the resolution, where the measured distance fell fastest per second.
CONV_G_WIDTHS = (128, 64, 64, 48, 32, 32, 16, 16, 16)
CONV_D_WIDTHS = (32, 32, 64, 64, 128, 128, 128, 128, 128)
CONV_28_G_WIDTHS = (48, 36, 24)
CONV_28_D_WIDTHS = (24, 24, 48)
GAN_28_CONVS = 2  # 3x3 convs of a GAN's G at 28 px; its D has one (benchmarks/RESULTS.md)
DCGAN_WIDTH = 12
MLP_G_WIDTHS = (256, 512, 512)  # the article's
MLP_D_WIDTHS = (512, 512)
POINTS_WIDTH = 64
FLOW_WIDTHS = (16, 16, 16, 24, 64)  # at half a picture's size and less, down to 4 to 7 px
RNN_WIDTHS = (160, 16, 48)  # memory over rows, what it tells a pixel, a pass along a row
MAX_WIDTH = 4096
MAX_CONVS = 5  # 3x3 convs a resolution


def halvings(resolution: int) -> int:
    """How often an image is halved until 4 to 7 px are left: 28 -> 7 takes 2, 64 -> 4 takes 4."""
    count = 0
    while resolution >= 8:
        resolution, count = resolution // 2, count + 1
    return count


def odd_pixels(resolution: int) -> tuple[int, ...]:
    """What each doubling adds to twice its input size, smallest map first: 36 px are 4, 9, 18, 36,
    so 1, 0, 0. Halving drops these pixels, as D's strided convolutions do."""
    sizes = [resolution >> i for i in range(halvings(resolution) + 1)][::-1]
    return tuple(after - 2 * before for before, after in pairwise(sizes))


def _mlp_widths(_resolution: int, _base: int, depth: int) -> Pair:
    """The same at every resolution; a negative depth removes layers."""
    g, d = (
        widths[:depth] if depth < 0 else widths + widths[-1:] * depth
        for widths in (MLP_G_WIDTHS, MLP_D_WIDTHS)
    )
    return g, d


def _points_widths(_resolution: int, _base: int, depth: int) -> Pair:
    """Two hidden layers, or more with `depth`."""
    hidden = (POINTS_WIDTH,) * (2 + depth)
    return hidden, hidden


def _dcgan_widths(resolution: int, base: int, depth: int) -> Pair:
    """`base` channels (0: 12) at the largest map, twice as many at each halving."""
    stages = [(base or DCGAN_WIDTH) * 2**i for i in range(halvings(resolution))]
    d = tuple(w for w in stages for _ in range(1 + max(0, depth)))
    return d[::-1], d


def _conv_widths(resolution: int, base: int, depth: int) -> Pair:
    """As `_coder_widths`, but with GAN_28_CONVS + depth 3x3 convs in G at 28 px."""
    g, d = _coder_widths(resolution, base, depth)
    if resolution == 28:
        g = (*CONV_28_G_WIDTHS[:-1], *[CONV_28_G_WIDTHS[-1]] * max(0, GAN_28_CONVS + depth))
    return g, d


def _coder_widths(resolution: int, _base: int, depth: int) -> Pair:
    """Channels per map, with 1 + depth 3x3 convs where it has one."""
    at_28, convs = resolution == 28, max(0, 1 + depth)
    g = CONV_28_G_WIDTHS if at_28 else CONV_G_WIDTHS
    d = CONV_28_D_WIDTHS if at_28 else CONV_D_WIDTHS
    doublings = halvings(resolution) - 1
    g_widths, d_widths = [g[0]], []
    for i in range(doublings):
        g_widths += [g[2 * i + 1], *[g[2 * i + 2]] * convs]
        d_widths += [d[2 * i], *[d[2 * i + 1]] * convs]
    return tuple(g_widths), (*d_widths, d[2 * doublings])


def _rnn_widths(_resolution: int, _base: int, _depth: int) -> Pair:
    """The same at every resolution; there is no second network."""
    return RNN_WIDTHS, ()


def _flow_widths(resolution: int, _base: int, depth: int) -> Pair:
    """1 + depth blocks at each halved size; there is no second network."""
    widths = FLOW_WIDTHS[-halvings(resolution) :]
    return tuple(w for w in widths for _ in range(max(1, 1 + depth))), ()


def _drift_widths(resolution: int, base: int, depth: int) -> Pair:
    """As of a VAE's decoder."""
    return _coder_widths(resolution, base, depth)[0], ()


def _alone_points_widths(_resolution: int, _base: int, depth: int) -> Pair:
    """As of family points, without a D."""
    return _points_widths(_resolution, _base, depth)[0], ()


def _dcgan_layers(stages: int, convs: int) -> int:
    return stages * (1 + convs)


def _conv_layers(stages: int, convs: int) -> int:
    return 1 + (stages - 1) * (1 + convs)  # no further convs at the smallest map


def pixels_of(model: ModelConfig) -> int:
    """How many values a picture has."""
    return model.channels * model.resolution**2


@dataclass(frozen=True)
class FamilyRow:
    """A family's properties, available without building it.

    title: one line for lists.
    widths: (resolution, base, depth) -> both networks' default widths; base 0 is the family's
    default.
    layers: (halvings, further 3x3 convs per resolution) -> number of widths; None if any number is
    valid.
    precision, reg_every: of its trainings, unless others are set.
    noise: model -> the z_dim that it must have; None if any will do.
    """

    title: str
    widths: Callable[[int, int, int], Pair]
    layers: Callable[[int, int], int] | None = None
    precision: Precision = "auto"
    reg_every: int = 4
    noise: Callable[[ModelConfig], int] | None = None


FAMILIES: dict[Family, FamilyRow] = {
    "mlp": FamilyRow("fully connected, as in the article", _mlp_widths),
    "dcgan": FamilyRow("the textbook DCGAN", _dcgan_widths, _dcgan_layers),
    "conv": FamilyRow("convolutions, small and quick", _conv_widths, _conv_layers),
    "points": FamilyRow(
        "points of the plane, two hidden layers", _points_widths, precision="fp32", reg_every=8
    ),
    "vae": FamilyRow("an encoder and the decoder that undoes it", _coder_widths, _conv_layers),
    "rnn": FamilyRow(
        "row by row, pixel by pixel", _rnn_widths, lambda *_: len(RNN_WIDTHS), noise=pixels_of
    ),
    "flow": FamilyRow("flows from noise to pictures", _flow_widths, _dcgan_layers, noise=pixels_of),
    "flow-points": FamilyRow(
        "flows from noise to points of the plane", _alone_points_widths, precision="fp32",
        noise=pixels_of,
    ),
    "drift": FamilyRow(
        "one step, whose samples drift to the data in training", _drift_widths, _conv_layers
    ),
    "drift-points": FamilyRow(
        "points of the plane, which drift to the data in training", _alone_points_widths,
        precision="fp32",
    ),
}  # fmt: skip


def layer_counts(family: Family, resolution: int) -> tuple[int, ...] | None:
    """Valid numbers of widths, by 3x3 convs per resolution from 0 up; None: any number."""
    layers = FAMILIES[family].layers
    if layers is None:
        return None
    return tuple(layers(halvings(resolution), convs) for convs in range(MAX_CONVS + 1))


def layers_of(family: Family, resolution: int, widths: Sequence[int]) -> int:
    """How many 3x3 convs per resolution `widths` imply; 0 if ambiguous."""
    counts = layer_counts(family, resolution) or ()
    return counts.index(len(widths)) if len(widths) in counts else 0


def default_widths(
    family: Family, resolution: int, *, base: int = 0, width: float = 1.0, depth: int = 0
) -> Pair:
    """Default (g_widths, d_widths) of a family at a resolution, scaled by `width`, `depth`
    deeper."""
    g_widths, d_widths = (
        tuple(min(MAX_WIDTH, max(1, round(w * width))) for w in widths)
        for widths in FAMILIES[family].widths(resolution, base, depth)
    )
    return g_widths, d_widths
