"""The small feature networks used wherever image sets are compared.

Two ship with the package: `fashion`, a garment classifier, and `generic`, for all other data. Their
weights were made by benchmarks/train_features.py. Batch norm is folded into the convolutions, so
that an image's features depend on nothing but the image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gan.checkpoint import weights_dir
from gan.config import FORMAT, PLANE_SHAPE
from gan.errors import ConfigError, MetricError, WeightsError, suggest
from gan.files import parse_json
from gan.images import LUMA, normalise, opaque
from gan.messages import Message
from gan.quantities import COORDINATES
from gan.schema import from_json

FeatureKind = Literal["fashion", "generic", "plane"]
OnProgress = Callable[[float], None]

TRAINED: tuple[FeatureKind, ...] = ("fashion", "generic")  # networks in weights/
KINDS: tuple[FeatureKind, ...] = (*TRAINED, "plane")
CLASSIFIERS: tuple[FeatureKind, ...] = ("fashion",)  # whose networks name a class, too
FASHION_DATA = ("fashion", "fashion-full")
POOL_AFTER = (0, 2)  # convolutions followed by a 2x2 max pool: 28 -> 14 -> 7 px
BATCH_SIZE = 250
PLANE_SCALE = 10.0  # of coordinates: distances are told in tenths, not in thousandths


@dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    """`config.json` of a feature network."""

    kind: Literal["features"] = "features"
    format: str = FORMAT
    name: str = ""
    resolution: int = 28
    channels: int = 1
    widths: tuple[int, ...] = (24, 32, 48, 96, 64)
    class_names: tuple[str, ...] = ()
    data: str = ""
    accuracy: float | None = None
    seed: int = 0
    nimg: int = 0
    seconds: float = 0.0


class FeatureNet(nn.Module):
    """3x3 convolutions and global average pooling: (N, C, H, W) in [-1, 1] to (N, num_features).

    Takes 1, 3 or 4 channels of any size and fits them to its own (`fit_images`). Features are
    scaled so that their variances on the training images add up to num_features.
    """

    scale: Tensor

    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.config = config
        self.num_features = config.widths[-1]
        ins = (config.channels, *config.widths[:-1])
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(ins, config.widths, strict=True)
        )
        classes = len(config.class_names)
        self.head = nn.Linear(self.num_features, classes) if classes else None
        self.register_buffer("scale", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self._pooled(x) * self.scale

    def logits(self, x: Tensor) -> Tensor:
        """Class scores (N, classes). Raises MetricError if the network has no classifier."""
        return self.classify(self(x))

    def classify(self, features: Tensor) -> Tensor:
        """`logits` from the output of `forward`, without a second pass through the convolutions."""
        if self.head is None:
            raise MetricError(
                "{network} knows no classes, got a question about them; use features-fashion",
                network=self.config.name or Message("this network"),
            )
        return cast(Tensor, self.head(features / self.scale))

    def _pooled(self, x: Tensor) -> Tensor:
        h = fit_images(x, resolution=self.config.resolution, channels=self.config.channels)
        h = h.contiguous(memory_format=torch.channels_last)
        for i, conv in enumerate(self.convs):
            h = F.relu(conv(h))
            if i in POOL_AFTER:
                h = F.max_pool2d(h, 2)
        return h.mean((2, 3))  # (N, num_features)


class PlaneFeatures(FeatureNet):
    """Coordinates as features (N, 2), scaled: what is measured of pictures is measured of these."""

    def __init__(self) -> None:
        super().__init__(FeatureConfig(name=COORDINATES, resolution=1, channels=2, widths=(2,)))
        self.convs = nn.ModuleList()
        self.scale.fill_(PLANE_SCALE)

    def _pooled(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def fit_images(x: Tensor, *, resolution: int, channels: int) -> Tensor:
    """`x` as network input: alpha composited over white, grey or colour, resized with antialiasing.

    Raises MetricError unless x is float (N, 1 or 3 or 4, H, W).
    """
    if x.dim() != 4 or x.shape[1] not in (1, 3, 4) or not x.is_floating_point():
        raise MetricError(
            "images must be float (N, 1 or 3 or 4, H, W) in [-1, 1], got {got} {shape}; convert "
            "them with gan.images.from_pixels",
            got=x.dtype,
            shape=tuple(x.shape),
        )
    x = opaque(x)
    if x.shape[1] == 3 and channels == 1:
        x = (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    elif x.shape[1] == 1 and channels == 3:
        x = x.expand(-1, 3, -1, -1)
    if x.shape[2:] != (resolution, resolution):
        size = (resolution, resolution)
        x = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
    return x


def features_for(data_name: str, channels: int) -> FeatureKind:
    """The feature network for this data: grey garments have their own, so have points."""
    if channels == PLANE_SHAPE[0]:
        return "plane"
    return "fashion" if data_name in FASHION_DATA and channels == 1 else "generic"


def load_features(kind: str) -> FeatureNet:
    """The bundled network called `kind`, frozen; raises WeightsError if it cannot be loaded."""
    if kind not in KINDS:
        raise WeightsError(
            "there is no feature network {type}; {hint}", type=repr(kind), hint=suggest(kind, KINDS)
        )
    if kind == "plane":
        return PlaneFeatures().eval().requires_grad_(False)
    return read_features(weights_dir() / f"features-{kind}")


def read_features(folder: Path) -> FeatureNet:
    """The network in a weights folder: eval mode, no gradients, features in float32."""
    try:
        text = (folder / "config.json").read_bytes()
        config = from_json(cast(Any, FeatureConfig), parse_json(text))
        net = FeatureNet(cast(FeatureConfig, config))
        net.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, RuntimeError, ConfigError, SafetensorError) as error:
        raise WeightsError(
            "{folder} must hold a feature network (config.json, model.safetensors), got: "
            "{error}; reinstall gan or run benchmarks/train_features.py",
            folder=folder.name,
            error=error,
        ) from error
    return net.eval().requires_grad_(False)


@torch.no_grad()
def extract(
    net: FeatureNet,
    x: Tensor,
    *,
    batch_size: int = BATCH_SIZE,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Features (N, num_features) of x, float32 in [-1, 1] or uint8 in [0, 255], in batches.

    Raises MetricError if they are not finite, as for a diverged generator.
    """
    if batch_size < 1 or len(x) == 0:
        raise MetricError(
            "features need images in batches of 1 or more, got {got} images in batches of "
            "{batch_size}; give some",
            got=len(x),
            batch_size=batch_size,
        )
    parts = []
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        parts.append(net(normalise(batch) if batch.dtype == torch.uint8 else batch))
        if on_progress:
            on_progress(min(1.0, (start + batch_size) / len(x)))
    features = torch.cat(parts)
    if not bool(torch.isfinite(features).all()):
        raise MetricError(
            "features must be finite numbers, got NaN or infinity; the images hold some too, so "
            "take weights from before the training diverged"
        )
    return features
