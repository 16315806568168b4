"""lightweight-gan's own code as the reference for our port of it, and what it once painted.

`lightweight.npz` holds, for each case, what the package of that version gave. To make it anew:

    pip install --no-deps --target PLACE lightweight-gan==0.20.8
    PYTHONPATH=PLACE:. python -m tests.hub.original 0.20.8

The package imports torchvision, kornia and more, and wants a GPU, all for its training; a stand-in
for each is there while it is imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import types
import zlib
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models.ported.parts import fixed_noise

GOLDEN = Path(__file__).with_name("lightweight.npz")
STRIDE = 16  # of the pixels that are kept
LATENT, MAPS = 8, 16
STANDINS = (
    "torchvision", "torchvision.transforms", "torchvision.utils", "kornia", "kornia.filters",
    "adabelief_pytorch", "retry", "retry.api",
)  # fmt: skip


class Case(NamedTuple):
    """A shape of the original's models."""

    version: str
    size: int = 128
    attention: tuple[int, ...] = (32,)
    blur: bool = False
    options: tuple[str, ...] = ()  # of both models
    frequency: bool = False
    places: int = 5

    @property
    def name(self) -> str:
        return "-".join(map(str, (self.version, self.size, *self.options, self.places)))


CASES = (
    Case("0.20.8"),
    # huggan's copy, whose models are on the Hub: 0.20 with every blur
    Case("0.20.8", size=256, blur=True, places=1),
    Case("0.23.3"),
    Case("1.0.0", attention=(), options=("greyscale",)),
    Case("1.2.1", attention=(16, 32)),
    Case("1.2.1", size=256, blur=True, options=("transparent",), frequency=True, places=1),
    Case("1.2.1", size=512, attention=(), places=1),
)


def installed() -> str:
    """The version of the package that is there, or ''."""
    try:
        importlib.import_module("einops")
        return importlib.metadata.version("lightweight-gan")
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return ""


def filter2d(x: Tensor, kernel: Tensor, normalized: bool) -> Tensor:
    """What kornia's does with its defaults: correlation, mirrored borders."""
    assert normalized
    weight = (kernel / kernel.abs().sum())[None].expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, groups=x.shape[1])


def imported() -> Any:
    """The package's module."""
    stand_ins = {name: mock.MagicMock(name=name) for name in STANDINS}
    stand_ins["kornia.filters"] = types.SimpleNamespace(filter2d=filter2d, filter2D=filter2d)
    gpu = mock.patch.object(torch.cuda, "is_available", return_value=True)
    with mock.patch.dict(sys.modules, stand_ins), gpu:
        return importlib.import_module("lightweight_gan.lightweight_gan")


def built(case: Case) -> tuple[nn.Module, nn.Module]:
    """The original's generator and discriminator, with our weights, in eval mode."""
    package = imported()
    options: dict[str, Any] = {
        "image_size": case.size, "fmap_max": MAPS, "attn_res_layers": list(case.attention),
        **dict.fromkeys(case.options, True),
    }  # fmt: skip
    with mock.patch.object(package, "Blur", package.Blur if case.blur else nn.Identity):
        g = package.Generator(**options, latent_dim=LATENT, freq_chan_attn=case.frequency)
        d = package.Discriminator(**options, disc_output_size=case.places)
    return fill(g).eval(), fill(d).eval()


def fill(model: nn.Module) -> nn.Module:
    """Weights that depend on a tensor's name alone, of sizes as in a trained model."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(filling(name, tensor))
    return model


def filling(name: str, tensor: Tensor) -> Tensor:
    """A tensor of that name and shape."""
    draw = np.random.RandomState(zlib.crc32(name.encode()))
    if name.endswith(".f"):
        return torch.tensor([1.0, 2.0, 1.0])
    if name.endswith("num_batches_tracked"):
        return torch.tensor(7)
    normal = torch.from_numpy(draw.standard_normal(tuple(tensor.shape))).float()
    if name.endswith("running_var"):
        return 0.5 + 0.1 * normal.abs()
    if name == "out_conv.bias":
        return 0.5 + 0.1 * normal
    if tensor.dim() > 1 and not name.endswith((".g", ".b")):
        gain = 0.4 if name == "out_conv.weight" else 1.2
        return normal * (gain / tensor[0].numel() ** 0.5)
    if name.endswith((".g", ".weight")) and tensor.numel() > 1:
        return 1 + 0.3 * normal
    return 0.1 * normal


def latents() -> Tensor:
    """z (2, LATENT), the same always."""
    return torch.from_numpy(np.random.RandomState(0).standard_normal((2, LATENT))).float()


def photos(channels: int, size: int) -> Tensor:
    """Pictures (2, channels, size, size) in [0, 1] for D: coarse blobs with grain."""
    draw = np.random.RandomState(1)
    blobs = torch.from_numpy(draw.uniform(size=(2, channels, 8, 8))).float()
    grain = torch.from_numpy(draw.uniform(size=(2, channels, size, size))).float()
    return 0.7 * F.interpolate(blobs, size=size, mode="bilinear") + 0.3 * grain


@torch.no_grad()
def painted(g: nn.Module, z: Tensor) -> Tensor:
    """The original's pictures in [0, 1], with the noise that ours has."""

    def noise(count: int, channels: int, height: int, width: int, **_: Any) -> Tensor:
        return fixed_noise(height, height).expand(count, channels, height, width)

    with mock.patch.object(torch, "randn", noise):
        return g(z).clamp(0, 1)


@torch.no_grad()
def judged(d: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The original's outputs: of the picture (N, 1 or 25), and of 32 px (N, 1)."""
    whole, small, _ = d(pictures)
    return whole, small.flatten(1)


def state_of(g: nn.Module, d: nn.Module) -> dict[str, Tensor]:
    """A file's tensors, as its trainer's state dict is flattened: both Gs, D, D behind augments."""
    state = {f"GAN/GE.{k}": v for k, v in g.state_dict().items()}
    state |= {f"GAN/G.{k}": torch.zeros_like(v) for k, v in g.state_dict().items()}
    state |= {f"GAN/{p}.{k}": v for p in ("D", "D_aug.D") for k, v in d.state_dict().items()}
    return state


def expected(case: Case) -> dict[str, np.ndarray]:
    """What is kept of a case: every 16th pixel, the logits, and names and shapes of the weights."""
    g, d = built(case)
    pictures = painted(g, latents())
    whole, small = judged(d, photos(pictures.shape[1], case.size))
    names = [f"{k}:{','.join(map(str, v.shape))}" for k, v in state_of(g, d).items()]
    return {
        "pictures": pictures[:, :, ::STRIDE, ::STRIDE].numpy(),
        "whole": whole.numpy(),
        "small": small.numpy(),
        "names": np.array("\n".join(names)),
    }


def main(version: str) -> None:
    """Adds a version's cases to the file."""
    kept = dict(np.load(GOLDEN)) if GOLDEN.exists() else {}
    for case in CASES:
        if case.version == version:
            kept |= {f"{case.name}/{key}": value for key, value in expected(case).items()}
    np.savez_compressed(GOLDEN, **kept)


if __name__ == "__main__":
    main(sys.argv[1])
