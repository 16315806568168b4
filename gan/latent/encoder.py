"""A small encoder from picture to latent, bundled to initialise inversion.

Trained by benchmarks/train_encoders.py. encoder.json names the weights it belongs to, so that a
stale one beside other weights is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from gan.checkpoint import Weights
from gan.config import FORMAT
from gan.errors import ConfigError, WeightsError
from gan.files import read_json
from gan.latent.inversion import Encode
from gan.latent.points import Points, one_hot
from gan.models.flow import FlowGenerator
from gan.models.logistic import level_of, value_of
from gan.models.protocol import LEAK
from gan.models.rnn import RnnGenerator
from gan.models.shapes import shapes_only
from gan.models.vae import VaeDecoder, VaeEncoder
from gan.schema import check_ranges, from_json, option
from gan.tensors import load_modules

ENCODER_FILE, ENCODER_CONFIG = "encoder.safetensors", "encoder.json"
MAX_DEPTH = 6
MAX_PARAMETERS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """`encoder.json`: the encoder's architecture, and the weights that it belongs to."""

    kind: Literal["encoder"] = "encoder"
    format: str = FORMAT
    model: str = ""  # SHA-256 of the model.safetensors that it inverts
    resolution: int = option(28, "height and width of a picture, px", low=8, high=128)
    channels: int = option(1, "1 grey, 3 colour", low=1, high=4)
    z_dim: int = option(64, "length of the noise vector", low=1, high=1024)
    classes: int = option(0, "number of classes, 0 for none", low=0, high=1000)
    widths: tuple[int, ...] = (32, 64, 96)
    nimg: int = option(0, "generated pictures shown in training", low=0)
    seconds: float = option(0.0, "seconds of training", low=0)
    seed: int = option(0, "of weights and pictures", low=0)

    def __post_init__(self) -> None:
        check_ranges(self)
        if not 1 <= len(self.widths) <= MAX_DEPTH or not all(1 <= w <= 512 for w in self.widths):
            raise ConfigError(
                "widths must hold 1 to {max_depth} widths from 1 to 512, got {got}; make the "
                "encoder anew",
                max_depth=MAX_DEPTH,
                got=list(self.widths),
            )


class Encoder(nn.Module):
    """(Conv k4 s2, BN, LeakyReLU) per halving -> linear to z and class logits."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        before, size = config.channels, config.resolution
        for width in config.widths:
            conv = nn.Conv2d(before, width, 4, 2, 1, bias=False)
            layers += [conv, nn.BatchNorm2d(width), nn.LeakyReLU(LEAK)]
            before, size = width, size // 2
        self.main = nn.Sequential(*layers)
        self.head = nn.Linear(before * size * size, config.z_dim + config.classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """x (N, C, H, W) in [-1, 1] -> z (N, z_dim) and class logits (N, classes)."""
        h: Tensor = self.head(self.main(x).flatten(1))
        if not self.config.classes:
            return h, None
        return h[:, : self.config.z_dim], h[:, self.config.z_dim :]

    @torch.no_grad()
    def encode(self, x: Tensor) -> Points:
        """Initial latents for x (N, C, H, W); classes as a mixture."""
        z, logits = self(x)
        return Points(z, None if logits is None else logits.softmax(1))


def load_encoder(weights: Weights) -> Encode | None:
    """The encoder of a model, as `invert` takes it: a VAE's own, an RNN's exact noise, the start of
    a flow's path, or the one beside it.

    None if there is none or it belongs to other weights. Raises WeightsError for a damaged file.
    """
    g, own = weights.generator, weights.encoder
    if isinstance(g, VaeDecoder) and isinstance(own, VaeEncoder):
        return partial(_code_of, g, own)
    if isinstance(g, RnnGenerator):
        return partial(_noise_of, g)
    if isinstance(g, FlowGenerator):
        return partial(_start_of, g)
    folder = weights.path
    if not (folder / ENCODER_CONFIG).is_file() or not (folder / ENCODER_FILE).is_file():
        return None
    config = read_encoder_config(folder)
    if config.model != weights.revision:
        return None
    shape = (config.channels, config.resolution, config.resolution)
    if (shape, config.z_dim, config.classes) != (g.image_shape, g.z_dim, g.classes):
        raise WeightsError(
            "{encoder_config} in {folder} must have the shape of its model, it differs; fetch it "
            "anew",
            encoder_config=ENCODER_CONFIG,
            folder=folder.name,
        )
    with shapes_only():
        count = sum(p.numel() for p in Encoder(config).parameters())
    if count > MAX_PARAMETERS:  # before anything of that size is allocated
        raise WeightsError(
            "an encoder may have {max_parameters} parameters, {encoder_config} in {folder} makes "
            "{count}; fetch it anew",
            max_parameters=f"{MAX_PARAMETERS:,}",
            encoder_config=ENCODER_CONFIG,
            folder=folder.name,
            count=f"{count:,}",
        )
    encoder = Encoder(config)
    load_modules(folder / ENCODER_FILE, {"encoder": encoder})
    return encoder.eval().requires_grad_(False).encode


@torch.no_grad()
def _code_of(g: VaeDecoder, encoder: VaeEncoder, x: Tensor) -> Points:
    """The middle of q(z | x), with the class under which the bound is best."""
    many, labels = _with_each_class(x, g.classes)
    code = encoder(many, labels)
    nats = code.kl().sum(1) - g.log_likelihood(many, g(code.mean, labels))
    best = _least(nats, len(x))
    z = code.mean.unflatten(0, (-1, len(x)))[best, torch.arange(len(x))]
    return Points(z, one_hot(g, best) if g.classes else None)


@torch.no_grad()
def _noise_of(g: RnnGenerator, x: Tensor) -> Points:
    """The noise that gives x, rounded to 256 values, with the class under which x is likeliest."""
    x = value_of(level_of(x))
    many, labels = _with_each_class(x, g.classes)
    best = _least(-g.log_likelihood(many, labels).sum(1), len(x))
    return Points(
        g.noise_of(x, best if g.classes else None), one_hot(g, best) if g.classes else None
    )


@torch.no_grad()
def _start_of(g: FlowGenerator, x: Tensor) -> Points:
    """Where the path to x begins, with the class under which that looks most like normal noise."""
    many, labels = _with_each_class(x, g.classes)
    z = g.noise_of(many, labels)
    best = _least(z.square().mean(1), len(x))
    z = z.unflatten(0, (-1, len(x)))[best, torch.arange(len(x))]
    return Points(z, one_hot(g, best) if g.classes else None)


def _with_each_class(x: Tensor, classes: int) -> tuple[Tensor, Tensor | None]:
    """x (N, ...) once for each class (classes * N, ...), and the labels."""
    if not classes:
        return x, None
    labels = torch.arange(classes).repeat_interleave(len(x))
    return x.repeat(classes, 1, 1, 1), labels


def _least(nats: Tensor, count: int) -> Tensor:
    """Which class has the least (classes * N,), for each of `count` pictures."""
    best: Tensor = nats.unflatten(0, (-1, count)).argmin(0)
    return best


def read_encoder_config(folder: Path) -> EncoderConfig:
    """encoder.json of a weights folder; raises WeightsError if it is damaged."""
    try:
        return cast(
            EncoderConfig, from_json(cast(Any, EncoderConfig), read_json(folder / ENCODER_CONFIG))
        )
    except ConfigError as error:
        raise WeightsError(
            "{encoder_config} in {folder} does not fit: {error}; fetch it anew",
            encoder_config=ENCODER_CONFIG,
            folder=folder.name,
            error=error,
        ) from error
