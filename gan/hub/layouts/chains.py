"""Small generators recognised by their keys; gan.hub.layouts.repositories has more of them.

Sources consulted for keys, strides and activations: nateraw/cryptopunks-gan, pytorch/examples
(dcgan), xyfJASON/gans-pytorch, POSTECH-CVLab/PyTorch-StudioGAN (deep_conv), safwankdb/Vanilla-GAN
as used in HighCWu/beat-interpolator.
"""

from __future__ import annotations

import re

from gan.config import PortedConfig
from gan.errors import ConfigError, WeightsError
from gan.hub.layouts.base import (
    Chain,
    Hints,
    Layout,
    Payload,
    Recognised,
    Specs,
    folded,
    modules_of,
)
from gan.hub.layouts.plain import read_as
from gan.hub.layouts.stages import STUDIO_EPS
from gan.models.ported.chain import steps_of

Kernels = tuple[int, ...]


def _kernels(specs: Specs) -> Kernels:
    return tuple(s[2] for name, s in specs.items() if len(s) == 4 and name.endswith("weight"))


def _indices(specs: Specs) -> list[int] | None:
    """Layer indices of a single nn.Sequential, under any prefix; None for other names."""
    found = [re.fullmatch(r"((?:[a-z_]\w*\.)*)(\d{1,3})\.\w+", name) for name in specs]
    if not all(found) or len({m[1] for m in found if m}) != 1:
        return None
    return sorted({int(m[2]) for m in found if m})


def _fits_dcgan(specs: Specs) -> bool:
    """ConvT, BN, ReLU three by three in one nn.Sequential, all kernels 4 (the first any)."""
    indices, kernels = _indices(specs), _kernels(specs)
    if indices is None or len(kernels) < 2 or set(kernels[1:]) != {4}:
        return False
    count = len(kernels)
    return indices == sorted([3 * i for i in range(count)] + [3 * i + 1 for i in range(count - 1)])


def _fits_xyfjason(specs: Specs) -> bool:
    wanted = ("first_conv.weight", "layers.0.2.weight", "last_conv.2.weight")
    known = re.compile(r"(first_conv|layers\.\d\.[02]|last_conv\.[02])\.\w+")
    four = all(len(specs.get(name, ())) == 4 for name in wanted)
    return four and all(known.fullmatch(name) for name in specs)


def _fits_beats(specs: Specs) -> bool:
    return {tuple(name.split(".", 1)) for name in specs} == {
        (f"fc{i}", f"0.{leaf}") for i in range(3) for leaf in ("weight", "bias")
    }


# ---- StudioGAN's deep_conv ----------------------------------------------------------------------


def _fits_studio(specs: Specs) -> bool:
    known = re.compile(r"(linear0|conv4|blocks\.\d\.0\.(deconv0|bn0))\.\w+(\.\w+)*")
    starts = any(name.startswith("blocks.0.0.deconv0.weight") for name in specs)
    return starts and all(known.fullmatch(name) for name in specs)


def _read_studio(payload: Payload, hints: Hints) -> Recognised:
    """linear0 to 4 x 4, three doublings, conv4; batch norms with an eps of 1e-4."""
    modules = modules_of(folded(payload.g))
    chain = Chain()
    try:
        chain.linear(modules["linear0"])
        maps = len(modules["blocks.0.0.deconv0"]["weight"])
        chain.add(f"reshape {maps} 4 4")
        for i in range(sum(name.endswith("deconv0") for name in modules)):
            chain.deconv(modules[f"blocks.{i}.0.deconv0"], stride=2, padding=1)
            chain.bn(modules[f"blocks.{i}.0.bn0"], eps=STUDIO_EPS)
            chain.add("relu")
        chain.conv(modules["conv4"], stride=1, padding=1)
    except (KeyError, ValueError):
        raise WeightsError(
            "a StudioGAN DCGAN must have linear0, deconv0 and bn0 in each block, and conv4; some "
            "are missing or of another shape; choose a file of an unconditional model"
        ) from None
    chain.add("tanh")
    return _recognised(chain)


def _recognised(chain: Chain) -> Recognised:
    """As a model; raises WeightsError where no picture comes out."""
    z_dim = int(chain.layers[0].split()[1])
    try:
        channels, side, _ = steps_of(chain.layers, (z_dim,))[-1].after
        config = PortedConfig(
            architecture="chain", resolution=side, channels=channels, z_dim=z_dim,
            g_layers=tuple(chain.layers),
        )  # fmt: skip
    except ConfigError as error:
        raise WeightsError(
            "the generator's layers must follow from one another: {error}", error=error.message
        ) from None
    return Recognised("studiogan", config, chain.tensors)


SIGNED = (
    Layout(
        "dcgan", "DCGAN as in pytorch/examples and huggan/dcgan-mnist", _fits_dcgan,
        read_as("dcgan"),
    ),
    Layout(
        "xyfjason", "xyfJASON/GANs-Implementations", _fits_xyfjason, read_as("xyfjason"),
    ),
    Layout("studiogan", "StudioGAN's DCGAN", _fits_studio, _read_studio),
    Layout(
        "beat-interpolator", "beat-interpolator's MNIST", _fits_beats,
        read_as("beat-interpolator"),
    ),
)  # fmt: skip
