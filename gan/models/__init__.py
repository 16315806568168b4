"""Families of generator and discriminator, one a file, behind one protocol."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from gan.config import Family, ModelConfig
from gan.errors import ConfigError
from gan.models.conv import ConvDiscriminator, ConvGenerator
from gan.models.dcgan import DcganDiscriminator, DcganGenerator
from gan.models.mlp import MlpDiscriminator, MlpGenerator
from gan.models.protocol import Discriminator, Generator
from gan.presets import halvings

__all__ = [
    "Discriminator",
    "Generator",
    "build_discriminator",
    "build_generator",
    "count_parameters",
    "seeded_build",
]

GENERATORS: dict[Family, Callable[[ModelConfig], Generator]] = {
    "mlp": MlpGenerator,
    "dcgan": DcganGenerator,
    "conv": ConvGenerator,
}
DISCRIMINATORS: dict[Family, Callable[[ModelConfig], Discriminator]] = {
    "mlp": MlpDiscriminator,
    "dcgan": DcganDiscriminator,
    "conv": ConvDiscriminator,
}
MAX_PARAMETERS = 64_000_000  # 256 MB of float32; SAFETY: capped before anything is built


def build_generator(config: ModelConfig) -> Generator:
    """The generator that `config` describes; raises ConfigError where its widths make no sense."""
    _check(config)
    return GENERATORS[config.family](config)


def build_discriminator(config: ModelConfig) -> Discriminator:
    """The discriminator that `config` describes; raises ConfigError likewise."""
    _check(config)
    return DISCRIMINATORS[config.family](config)


def seeded_build(config: ModelConfig, seed: int) -> tuple[Generator, Discriminator]:
    """Both models with initial weights that depend on `seed` alone."""
    with torch.random.fork_rng(devices=[]):  # initialisers draw from the global generator only
        torch.manual_seed(seed)  # noqa: TID251
        return build_generator(config), build_discriminator(config)


def parameter_count(config: ModelConfig) -> int:
    """Parameters of both models together, without a byte of them being allocated."""
    with torch.device("meta"):
        models = (GENERATORS[config.family](config), DISCRIMINATORS[config.family](config))
    return sum(count_parameters(m) for m in models)


def _check(config: ModelConfig) -> None:
    if not config.g_widths or not config.d_widths:
        raise ConfigError(
            "g_widths and d_widths must hold at least one width each, got none; "
            "gan.presets.resolve_widths fills in the family's own"
        )
    if config.family != "mlp":
        _check_stages(config)
    if (count := parameter_count(config)) > MAX_PARAMETERS:
        raise ConfigError(
            f"the models must have at most {MAX_PARAMETERS:,} parameters, these widths make "
            f"{count:,}; use smaller g_widths and d_widths"
        )


def _check_stages(config: ModelConfig) -> None:
    stages = halvings(config.resolution)
    count = 2 * stages - 1 if config.family == "conv" else stages
    for name in ("g_widths", "d_widths"):
        if len(getattr(config, name)) != count:
            raise ConfigError(
                f"{name} of family {config.family} at {config.resolution} px must hold {count} "
                f"widths, got {len(getattr(config, name))}; leave it out for the family's own"
            )


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in `module`."""
    return sum(p.numel() for p in module.parameters())
