"""Third-party architectures, so that their weights can be sampled; one per file.

They are built from a PortedConfig, which gan.hub infers from the shapes of their tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gan.config import Architecture, PortedConfig
from gan.errors import ConfigError
from gan.models.ported.chain import ChainGenerator, chain_discriminator
from gan.models.ported.fastgan import FastganGenerator
from gan.models.ported.lightweight import LightweightGenerator, lightweight_discriminator
from gan.models.ported.stylegan import StyleganGenerator
from gan.models.protocol import Discriminator, Generator

__all__ = ["PORTS", "Port", "port_of"]


class Port(NamedTuple):
    """How to build the models described by a PortedConfig."""

    generator: Callable[[PortedConfig], Generator]
    # returns None if this model came without a discriminator
    discriminator: Callable[[PortedConfig], Discriminator | None] = lambda config: None


PORTS: dict[Architecture, Port] = {
    "chain": Port(ChainGenerator, chain_discriminator),
    "lightweight-gan": Port(LightweightGenerator, lightweight_discriminator),
    "fastgan": Port(FastganGenerator),
    "stylegan": Port(StyleganGenerator),
}


def port_of(config: PortedConfig) -> Port:
    """The builders of its architecture; raises ConfigError if this version lacks it."""
    if config.architecture not in PORTS:
        raise ConfigError(
            "architecture must be one of {ports}, got {got}; update GAN Atelier",
            ports=", ".join(PORTS),
            got=repr(config.architecture),
        )
    return PORTS[config.architecture]
