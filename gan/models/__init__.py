"""Families of generators and discriminators, one per file, behind one protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import nn

from gan.config import Family, ModelConfig, PortedConfig
from gan.errors import ConfigError, either
from gan.families import layer_counts
from gan.models.conv import ConvDiscriminator, ConvGenerator
from gan.models.critic import Critic, CriticShape
from gan.models.critics import assemble, keep_weights
from gan.models.dcgan import DcganDiscriminator, DcganGenerator
from gan.models.flow import FlowPoints, FlowUNet
from gan.models.mlp import MlpDiscriminator, MlpGenerator
from gan.models.pictured import PICTURE_SHAPE, pictured
from gan.models.points import PointsDiscriminator, PointsGenerator
from gan.models.ported import port_of
from gan.models.protocol import Discriminator, DOutput, Encoder, Generator
from gan.models.rnn import RnnGenerator
from gan.models.shapes import shapes_only
from gan.models.vae import VaeDecoder, VaeEncoder

__all__ = [
    "PICTURE_SHAPE",
    "DOutput",
    "Discriminator",
    "Encoder",
    "Generator",
    "build_discriminator",
    "build_encoder",
    "build_generator",
    "build_second",
    "count_parameters",
    "keep_weights",
    "pictured",
    "seeded_build",
    "seeded_discriminator",
]


class Networks(NamedTuple):
    """The classes of a family; its widths are a row of gan.families.FAMILIES."""

    generator: Callable[[ModelConfig], Generator]
    discriminator: Callable[[CriticShape], Critic] | None = None
    encoder: Callable[[ModelConfig], Encoder] | None = None


NETWORKS: dict[Family, Networks] = {
    "mlp": Networks(MlpGenerator, MlpDiscriminator),
    "dcgan": Networks(DcganGenerator, DcganDiscriminator),
    "conv": Networks(ConvGenerator, ConvDiscriminator),
    "points": Networks(PointsGenerator, PointsDiscriminator),
    "vae": Networks(VaeDecoder, encoder=VaeEncoder),
    "rnn": Networks(RnnGenerator),
    "flow": Networks(FlowUNet),
    "flow-points": Networks(FlowPoints),
    "drift": Networks(ConvGenerator),
    "drift-points": Networks(PointsGenerator),
}
MAX_PARAMETERS = 128_000_000  # 512 MB of float32; SAFETY: checked before anything is built


def build_generator(config: ModelConfig | PortedConfig) -> Generator:
    """Build the generator for `config`; raises ConfigError for invalid widths."""
    _check(config)
    if isinstance(config, PortedConfig):
        return port_of(config).generator(config)
    return NETWORKS[config.family].generator(config)


def build_discriminator(config: ModelConfig | PortedConfig) -> Discriminator:
    """Build the discriminator for `config`; raises ConfigError likewise."""
    _check(config)
    if isinstance(config, PortedConfig):
        discriminator = port_of(config).discriminator(config)
        if discriminator is None:
            raise ConfigError(
                "this {architecture} model has no discriminator, its file holds one; fetch the "
                "model anew",
                architecture=config.architecture,
            )
        return discriminator
    critic = NETWORKS[config.family].discriminator
    if critic is None:
        raise ConfigError(
            "a model of family {family} has no discriminator, its file holds one; fetch the model "
            "anew",
            family=config.family,
        )
    return assemble(config, critic)


def build_encoder(config: ModelConfig | PortedConfig) -> Encoder:
    """Build the encoder of a VAE; raises ConfigError for a model that has none."""
    _check(config)
    make = NETWORKS[config.family].encoder if isinstance(config, ModelConfig) else None
    if make is None:
        raise ConfigError("only a VAE has an encoder, the file holds one; fetch the model anew")
    assert isinstance(config, ModelConfig)
    return make(config)


def build_second(config: ModelConfig | PortedConfig) -> nn.Module | None:
    """What is trained beside the generator, if anything."""
    if isinstance(config, PortedConfig):
        return build_discriminator(config)
    networks = NETWORKS[config.family]
    if networks.encoder is not None:
        return build_encoder(config)
    return None if networks.discriminator is None else build_discriminator(config)


def seeded_discriminator(config: ModelConfig, seed: int) -> Discriminator:
    """A discriminator with initial weights that depend on `seed` alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # noqa: TID251
        return build_discriminator(config)


def seeded_build(config: ModelConfig, seed: int) -> tuple[Generator, nn.Module | None]:
    """The generator and what is trained beside it (D, an encoder or nothing), with initial
    weights that depend on `seed` alone."""
    with torch.random.fork_rng(devices=[]):  # initialisers only use the global RNG
        torch.manual_seed(seed)  # noqa: TID251
        return build_generator(config), build_second(config)


def parameter_count(config: ModelConfig | PortedConfig) -> int:
    """Parameters of both models together, without allocating any memory."""
    return sum(parameter_counts(config))


def parameter_counts(config: ModelConfig | PortedConfig) -> tuple[int, int]:
    """Parameters of G and of D or the encoder (0 without one), without allocating any memory."""
    with shapes_only():
        if isinstance(config, PortedConfig):
            port = port_of(config)
            g, d = port.generator(config), port.discriminator(config)
            return count_parameters(g), 0 if d is None else count_parameters(d)
        networks = NETWORKS[config.family]
        second: nn.Module | None = None
        if networks.encoder is not None:
            second = networks.encoder(config)
        elif networks.discriminator is not None:
            # spectral norm adds no parameters, and is slow to set up without values
            second = assemble(replace(config, spectral_norm=False), networks.discriminator)
        count = count_parameters(networks.generator(config))
        return count, 0 if second is None else count_parameters(second)


def _check(config: ModelConfig | PortedConfig) -> None:
    if isinstance(config, ModelConfig):
        _check_widths(config)
    if (count := parameter_count(config)) > MAX_PARAMETERS:
        raise ConfigError(
            "the models must have at most {max_parameters} parameters, these widths make "
            "{count}; use smaller g_widths and d_widths",
            max_parameters=f"{MAX_PARAMETERS:,}",
            count=f"{count:,}",
        )


def _check_widths(config: ModelConfig) -> None:
    networks = NETWORKS[config.family]
    has_second = networks.discriminator is not None or networks.encoder is not None
    if not config.g_widths or (has_second and not config.d_widths):
        raise ConfigError(
            "{field} and d_widths must hold at least one width each, got none; "
            "gan.presets.resolve_widths fills in the family's own",
            field="g_widths",
        )
    counts = layer_counts(config.family, config.resolution)
    if counts is None:
        return
    for name in ("g_widths", "d_widths") if has_second else ("g_widths",):
        if len(getattr(config, name)) not in counts:
            known = either([str(count) for count in sorted(set(counts))])
            raise ConfigError(
                "{field} of family {family} at {resolution} px must hold {known} widths, got "
                "{got}; leave it out for the family's own",
                field=name,
                family=config.family,
                resolution=config.resolution,
                known=known,
                got=len(getattr(config, name)),
            )


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in `module`."""
    return sum(p.numel() for p in module.parameters())
