"""Models of other people's architectures with drawn weights: small ones, every value known."""

from __future__ import annotations

import torch
from torch import nn

from gan.config import PortedConfig
from gan.models import Discriminator, Generator, build_discriminator, build_generator

# 24 px with transparency, as nateraw/cryptopunks-gan, but narrow; its D as in pytorch/examples
MAPS = PortedConfig(
    architecture="chain", resolution=24, channels=4, z_dim=12,
    g_layers=(
        "deconv 12 10 k3 s1 p0", "bn 10", "relu", "deconv 10 8 k3 s2 p1", "bn 8", "relu",
        "deconv 8 6 k4 s2 p0", "bn 6", "relu", "deconv 6 4 k4 s2 p1", "tanh",
    ),
    d_layers=(
        "conv 4 6 k4 s2 p1", "leaky 0.2", "conv 6 8 k4 s2 p1", "bn 8", "leaky 0.2",
        "conv 8 1 k6 s1 p0",
    ),
)  # fmt: skip
UNITS = PortedConfig(
    architecture="chain", resolution=8, channels=1, z_dim=10,
    g_layers=(
        "linear 10 16 bias", "bn 16 eps 0.0001", "leaky 0.2", "linear 16 64 bias", "sigmoid",
        "signed", "reshape 1 8 8",
    ),
    d_layers=("flatten", "linear 64 8 bias", "leaky 0.2", "linear 8 1 bias"),
)  # fmt: skip
CHAINS = {"maps": MAPS, "units": UNITS}


def fill(module: nn.Module, seed: int) -> None:
    """Weights and statistics drawn from `seed`, as large as those of a trained model."""
    draw = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point():
            continue
        if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith("weight")):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=draw))
        else:
            tensor.copy_(0.2 * torch.randn(tensor.shape, generator=draw))


def drawn_generator(config: PortedConfig, *, seed: int = 3) -> Generator:
    """The generator in eval mode."""
    g = build_generator(config)
    fill(g, seed)
    return g.eval().requires_grad_(False)


def drawn_discriminator(config: PortedConfig, *, seed: int = 4) -> Discriminator:
    """The discriminator in eval mode."""
    d = build_discriminator(config)
    fill(d, seed)
    return d.eval().requires_grad_(False)
