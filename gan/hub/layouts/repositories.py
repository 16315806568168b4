"""Public repositories whose generators are recognised by their layers' names and kernels.

What a state dict leaves open (activations, epsilons, strides, distribution of z) is taken from
their source; if a file's batch norms disagree, they take precedence. `sure`: the names are unique
to that repository, so that nothing is asked; else the answers are the initial assumption.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gan.hub.layouts.base import Specs
from gan.hub.layouts.settings import LARGE_EPS
from gan.hub.layouts.skeleton import Item
from gan.hub.layouts.structures import ACT, UP, Structure

Kernels = tuple[int, ...]


class Repository(NamedTuple):
    """One row: how it is recognised, and what its source says."""

    layout: str
    title: str  # owner/name and the file
    modules: str  # a pattern of the names of its layers, joined by spaces, in their natural order
    answers: Mapping[str, str]
    kernels: Kernels | None = None
    accept: Callable[[Structure], bool] | None = None
    build: Callable[[Sequence[Item]], Structure] | None = None
    sure: bool = False


def _texts(structure: Structure) -> list[str]:
    return [text for text, _ in structure.ops]


def _side(side: int) -> Callable[[Structure], bool]:
    return lambda structure: structure.shape[1] == side


def _strides(*wanted: str) -> Callable[[Structure], bool]:
    """ConvTranspose2d by what follows their widths."""

    def accept(structure: Structure) -> bool:
        found = [text.split(" ", 3)[3] for text in _texts(structure) if text.startswith("deconv")]
        return [text.removesuffix(" bias") for text in found] == list(wanted)

    return accept


def _upsampling_first(structure: Structure) -> bool:
    """Norm and upsampling, without an activation, before the first convolution."""
    texts = _texts(structure)
    first = next(i for i, text in enumerate(texts) if text.startswith(("conv", "deconv")))
    return UP in texts[:first] and ACT not in texts[:first]


def _straight_into_maps(structure: Structure) -> bool:
    """No activation between the first two layers."""
    return _texts(structure)[1].startswith("deconv")


def _cropped(items: Sequence[Item]) -> Structure:
    """caogang/wgan-gp's MNIST: 4 px, 8 cut to 7, 11, 28."""
    linear, one, two, out = items
    maps = one.sizes[0]
    ops = (
        (f"linear {linear.sizes[1]} {linear.sizes[0]} bias", linear), (ACT, None),
        (f"reshape {maps} 4 4", None),
        (f"deconv {maps} {one.sizes[1]} k5 s1 p0 bias", one), (ACT, None), ("crop 7", None),
        (f"deconv {two.sizes[0]} {two.sizes[1]} k5 s1 p0 bias", two), (ACT, None),
        (f"deconv {out.sizes[0]} {out.sizes[1]} k8 s2 p0 bias", out),
    )  # fmt: skip
    return Structure(ops, (out.sizes[1], 28, 28))


_PTG = "eriklindernoren/PyTorch-GAN"
_UP = r"conv_\w+\.0 conv_\w+\.2 conv_\w+\.3 conv_\w+\.6 conv_\w+\.7 conv_\w+\.9 l1\.0"
_LEAKY = {"activation": "leaky"}
_RELU = {"activation": "relu"}

REPOSITORIES: tuple[Repository, ...] = (
    Repository(
        "cryptopunks", "nateraw/cryptopunks-gan (24 px with transparency)",
        r"\S*0 \S*1 \S*3 \S*4 \S*6 \S*7 \S*9", _RELU, (3, 3, 4, 4),
        _strides("k3 s1 p0", "k3 s2 p1", "k4 s2 p0", "k4 s2 p1"), sure=True,
    ),
    Repository(  # 3, 6, 13, 28 px
        "course-mnist", "a well-known course's MNIST GAN", r".*", _RELU, (3, 4, 3, 4),
        _strides("k3 s1 p0", "k4 s1 p0", "k3 s2 p0", "k4 s2 p0"), sure=True,
    ),
    Repository(
        "dcgan-28", "AKASHKADEL/dcgan-mnist",
        r"network\.0 network\.1 network\.3 network\.4 network\.6 network\.7 network\.9", _RELU,
        (4, 3, 4, 4), _strides("k4 s1 p0", "k3 s2 p1", "k4 s2 p1", "k4 s2 p1"), sure=True,
    ),
    Repository(
        "xyfjason", "xyfJASON/GANs-Implementations",
        r"first_conv( layers\.\d\.[02])+ last_conv\.0 last_conv\.2", _RELU, sure=True,
    ),
    Repository(
        "sn-dcgan", "christiancosgrove/pytorch-spectral-normalization-gan",
        r"0 1 3 4 6 7 9 10 12",
        _RELU, (4, 4, 4, 4, 3), _side(32),
    ),
    Repository(
        "pytorch-gan-maps", f"{_PTG} (dcgan, infogan, acgan)", _UP,
        _LEAKY | {"eps": LARGE_EPS, "upsample": "nearest"}, accept=_upsampling_first, sure=True,
    ),
    Repository(
        "pytorch-gan-units", f"{_PTG} (gan, cgan, wgan)",
        r"((?:\S+\.)?)0( \1\d*[258] \1\d*[0369])+ \1\d+", _LEAKY | {"eps": LARGE_EPS},
    ),
    Repository(
        "units-leaky", "lyeoni/pytorch-mnist-GAN, znxlwm/pytorch-MNIST-CelebA-GAN-DCGAN",
        r"fc1 fc2 fc3 fc4", _LEAKY,
    ),
    Repository(
        "beat-interpolator", "beat-interpolator's MNIST", r"fc0\.0 fc1\.0 fc2\.0", _LEAKY, sure=True
    ),
    Repository("units-relu", "yunjey/pytorch-tutorial (GAN)", r"0 2 4", _RELU),
    Repository(
        "units-open", "martinarjovsky/WassersteinGAN (mlp)", r"main\.0 main\.2 main\.4 main\.6",
        _RELU | {"output": "none"},
    ),
    Repository(
        "yunjey-dcgan", "yunjey/pytorch-tutorial (deep_convolutional_gan)",
        r"deconv1\.0 deconv1\.1 deconv2\.0 deconv2\.1 deconv3\.0 deconv3\.1 deconv4\.0 fc\.0",
        {"activation": "leaky0.05"}, accept=_straight_into_maps, sure=True,
    ),
    Repository(
        "wgan-gp-mnist", "caogang/wgan-gp (gan_mnist)",
        r"block1\.0 block2\.0 preprocess\.0 deconv_out",
        _RELU | {"output": "sigmoid"}, (5, 5, 8), build=_cropped, sure=True,
    ),
    Repository(
        "infogan-mnist", "Natsu6767/InfoGAN-PyTorch (MNIST)",
        r"bn1 bn2 bn3 tconv1 tconv2 tconv3 tconv4",
        _RELU | {"output": "sigmoid", "labels": "10@62"}, (1, 7, 4, 4), sure=True,
    ),
    Repository(
        "wgan-gp-maps", "EmilienDupont/wgan-gp",
        r"(features_to_image\.\d+ )+latent_to_features\.0", _RELU | {"output": "sigmoid"},
        sure=True,
    ),
    Repository(
        "collections", "znxlwm/pytorch-generative-model-collections",
        r"deconv\.0 deconv\.1 deconv\.3 fc\.0 fc\.1 fc\.3 fc\.4",
        _RELU | {"noise": "unit"}, sure=True,
    ),
)  # fmt: skip


def repository_of(names: Sequence[str], specs: Specs) -> Repository | None:
    """The row that a generator's layers match: `names` in natural order."""
    joined = " ".join(names)
    kernels = tuple(s[2] for n, s in specs.items() if len(s) == 4 and n.endswith("weight"))
    for row in REPOSITORIES:
        if row.kernels not in (None, kernels):
            continue
        if re.fullmatch(row.modules, joined):
            return row
    return None
