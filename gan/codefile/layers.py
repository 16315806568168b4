"""The layers of each family's networks as lines of code, with the numbers of a set-up in them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from gan.config import Family, ModelConfig
from gan.families import halvings, layers_of, odd_pixels

TIME_WAVES, LAST_WIDTH = 8, 16  # as in gan.models.flow, which imports torch
LEAKY, RELU = "nn.LeakyReLU(0.2)", "nn.ReLU()"


class Network(NamedTuple):
    """What the template of a network takes; of a U-Net `lines` are those on the way down, `map` is
    the smallest map's px, `features` how many blocks each size has."""

    told: str  # one sentence
    lines: tuple[str, ...]  # of an nn.Sequential
    call: str = ""  # how a generator makes x of z; modulated, what its layers begin with
    map: tuple[int, ...] = ()  # channels, height and width of the first map, if there is one
    features: int = 0  # what a critic's layers end in
    up: tuple[str, ...] = ()  # a U-Net's layers on the way up


def _dense(widths: tuple[int, ...], activation: str) -> list[str]:
    return [f"nn.Linear({a}, {b}), {activation}," for a, b in pairwise(widths)]


def _points_g(m: ModelConfig, w_dim: int) -> Network:
    lines = _dense((w_dim, *m.g_widths), RELU)
    lines.append(f"nn.Linear({m.g_widths[-1]}, 2),")
    return Network("Noise -> a point of the plane, (x, y).", tuple(lines), "self.layers(z)")


def _points_d(m: ModelConfig) -> Network:
    lines = _dense((14, *m.d_widths), LEAKY)
    told = "A point, with sines and cosines of it -> a score; they let D draw steep slopes."
    return Network(told, tuple(lines), features=m.d_widths[-1])


def _mlp_g(m: ModelConfig, w_dim: int) -> Network:
    size = (m.channels, m.resolution, m.resolution)
    lines = _dense((w_dim, *m.g_widths), LEAKY)
    lines.append(f"nn.Linear({m.g_widths[-1]}, {_times(*size)}), nn.Tanh(),")
    told = "Noise -> a picture with values in [-1, 1]."
    return Network(told, tuple(lines), f"self.layers(z).unflatten(1, {size})")


def _mlp_d(m: ModelConfig) -> Network:
    lines = _dense((m.channels * m.resolution**2, *m.d_widths), LEAKY)
    return Network("A picture -> a score.", ("nn.Flatten(),", *lines), features=m.d_widths[-1])


def _conv_g(m: ModelConfig, _w_dim: int) -> Network:
    widths, base = m.g_widths, m.resolution >> halvings(m.resolution)
    per_stage = 1 + layers_of(m.family, m.resolution, widths)
    *odd, last_odd = odd_pixels(m.resolution)
    norm = "Norm" if m.modulation else "nn.BatchNorm2d"
    lines = [f"{norm}({widths[0]}), {RELU},"]
    for i, (before, after) in enumerate(pairwise(widths)):
        layer = _conv3(before, after) if i % per_stage else _up(before, after, odd[i // per_stage])
        lines.append(f"{layer}, {norm}({after}), {RELU},")
    last = _up(widths[-1], m.channels, last_odd, bias=True)
    lines.append(f"{last}, nn.Tanh(),")
    size = (widths[0], base, base)
    start = f"self.to_map(z).unflatten(1, {size})"
    call = start if m.modulation else f"self.layers({start})"
    told = f"Noise -> a map of {base} px, doubled until it is a picture of {m.resolution} px."
    return Network(told, tuple(lines), call, size)


def _dcgan_g(m: ModelConfig, w_dim: int) -> Network:
    per_stage = 1 + layers_of("dcgan", m.resolution, m.g_widths)
    base = m.resolution >> halvings(m.resolution)
    *odd, last_odd = odd_pixels(m.resolution)
    lines = []
    for i, (before, after) in enumerate(pairwise((w_dim, *m.g_widths))):
        layer = f"nn.ConvTranspose2d({before}, {after}, {base}, bias=False)"
        if i % per_stage:
            layer = _conv3(before, after)
        elif i:
            layer = _up(before, after, odd[i // per_stage - 1])
        lines.append(f"{layer}, nn.BatchNorm2d({after}), {RELU},")
    lines.append(f"{_up(m.g_widths[-1], m.channels, last_odd)}, nn.Tanh(),")
    told = f"Noise -> a map of {base} px, doubled until it is a picture of {m.resolution} px."
    return Network(told, tuple(lines), "self.layers(z[:, :, None, None])")


def _halving(m: ModelConfig, *, bias: bool, norm_from: int | None) -> Network:
    """Convolutions that halve a picture until 4 to 7 px are left; norm_from: which has a norm."""
    stages = halvings(m.resolution)
    per_stage = 1 + layers_of(m.family, m.resolution, m.d_widths)
    lines = []
    for i, (before, after) in enumerate(pairwise((m.channels, *m.d_widths))):
        kernel = "4, 2, 1" if stages and i % per_stage == 0 else "3, 1, 1"
        layer = f"nn.Conv2d({before}, {after}, {kernel}{'' if bias else ', bias=False'})"
        norm = f", nn.BatchNorm2d({after})" if norm_from is not None and i >= norm_from else ""
        lines.append(f"{layer}{norm}, {LEAKY},")
    features = m.d_widths[-1] * (m.resolution >> stages) ** 2
    told = "A picture, halved several times -> a score."
    return Network(told, (*lines, "nn.Flatten(),"), features=features)


def _conv_d(m: ModelConfig) -> Network:
    return _halving(m, bias=True, norm_from=None)


def _dcgan_d(m: ModelConfig) -> Network:
    return _halving(m, bias=False, norm_from=1)


def _encoder(m: ModelConfig) -> Network:
    return _halving(m, bias=False, norm_from=0)


def _up(before: int, after: int, odd: int, *, bias: bool = False) -> str:
    """A map of twice the size, and `odd` pixels more."""
    more = f", {odd}" if odd else ""
    return f"nn.ConvTranspose2d({before}, {after}, 4, 2, 1{more}{'' if bias else ', bias=False'})"


def _conv3(before: int, after: int) -> str:
    return f"nn.Conv2d({before}, {after}, 3, 1, 1, bias=False)"


def _flow_points(m: ModelConfig, w_dim: int) -> Network:
    told = 2 + 2 * TIME_WAVES + w_dim - m.z_dim
    lines = _dense((told, *m.g_widths), "nn.SiLU()")
    lines.append(f"nn.Linear({m.g_widths[-1]}, 2),")
    return Network("A point on its way, and t from 0 to 1 -> its velocity.", tuple(lines))


def _flow(m: ModelConfig, _w_dim: int) -> Network:
    per_stage = 1 + layers_of("flow", m.resolution, m.g_widths)
    widths = m.g_widths[::per_stage]
    down = [f"nn.Conv2d({a}, {b}, 4, 2, 1)," for a, b in pairwise((m.channels, *widths))]
    pairs = zip(pairwise((*widths[::-1], LAST_WIDTH)), odd_pixels(m.resolution), strict=True)
    up = [f"{_up(a, b, odd, bias=True)}," for (a, b), odd in pairs]
    return Network("A picture on its way, and t from 0 to 1 -> its velocity.", tuple(down),
                   map=(m.resolution >> len(widths),), up=tuple(up),
                   features=per_stage)  # fmt: skip


def _times(*sizes: int) -> str:
    return " * ".join(str(size) for size in sizes if size > 1)


GENERATORS: dict[Family, Callable[[ModelConfig, int], Network]] = {
    "points": _points_g, "mlp": _mlp_g, "conv": _conv_g, "dcgan": _dcgan_g, "vae": _conv_g,
    "flow": _flow, "flow-points": _flow_points, "drift": _conv_g, "drift-points": _points_g,
}  # fmt: skip
SECONDS: dict[Family, Callable[[ModelConfig], Network]] = {
    "points": _points_d, "mlp": _mlp_d, "conv": _conv_d, "dcgan": _dcgan_d, "vae": _encoder,
}  # fmt: skip


def first_network(model: ModelConfig) -> Network | None:
    """The generator; None of an RNN, whose template has its layers."""
    make = GENERATORS.get(model.family)
    return make and make(model, model.z_dim + (model.embed_dim if model.classes else 0))


def second_network(model: ModelConfig) -> Network | None:
    """D or an encoder; None where there is none."""
    make = SECONDS.get(model.family)
    return make and make(model)
