"""Real images, the two networks, and generators whose faults are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from gan.data import ImageSet, load_data
from gan.metrics.features import TRAINED, FeatureNet, extract, load_features
from gan.models import Generator

SUBSET = 1500


class Playback(Generator):
    """Shows images of a set, chosen by z: as good as a generator can be, or spoiled on purpose."""

    def __init__(self, pixels: Tensor, *, noise: float = 0.0) -> None:
        super().__init__()
        self.images = pixels.float() / 127.5 - 1
        self.noise = noise
        self.z_dim = self.w_dim = 8
        self.classes = 0
        self.image_shape = tuple(pixels.shape[1:])
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return z

    def synthesis(self, w: Tensor) -> Tensor:
        # Knuth's multiplicative hash: float32 has few low bits of its own to choose by
        hashed = (w[:, 0].double() * 2**24).long() * 2_654_435_761
        rows = (hashed >> 16).remainder(len(self.images))
        x = self.images[rows]
        grain = torch.Generator().manual_seed(1)
        return x + self.noise * torch.randn(x.shape, generator=grain)


def thin(images: ImageSet, count: int) -> ImageSet:
    """Every n-th image, renumbered from the start."""
    return images.subset(torch.arange(len(images))[:: len(images) // count][:count])


class PlaybackByClass(Playback):
    """Shows images of the class that it is asked for."""

    def __init__(self, images: ImageSet) -> None:
        super().__init__(images.pixels)
        self.classes = len(images.class_names)
        self.of_class = [self.images[images.labels == c] for c in range(self.classes)]

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return torch.cat([z, labels[:, None].to(z)], dim=1)

    def synthesis(self, w: Tensor) -> Tensor:
        drawn = torch.empty(len(w), *self.image_shape)
        for c, images in enumerate(self.of_class):
            self.images, asked = images, w[:, -1] == c
            drawn[asked] = super().synthesis(w[asked])
        return drawn


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def fashion() -> ImageSet:
    return replace(thin(load_data("fashion"), SUBSET), origin="thin fashion")


@pytest.fixture(scope="session")
def emoji() -> ImageSet:
    return thin(load_data("emoji"), SUBSET)


@pytest.fixture(scope="session")
def nets() -> dict[str, FeatureNet]:
    return {kind: load_features(kind) for kind in TRAINED}


@pytest.fixture(scope="session")
def sets(fashion, emoji, nets) -> dict[str, tuple[FeatureNet, ImageSet, Tensor]]:
    """By kind of network: the network, images for it, and their features."""
    data = {"fashion": fashion, "generic": emoji}
    return {
        kind: (nets[kind], data[kind], extract(nets[kind], data[kind].pixels)) for kind in TRAINED
    }


@pytest.fixture(scope="session")
def playback() -> type[Playback]:
    return Playback


@pytest.fixture
def playback_by_class() -> type[PlaybackByClass]:
    return PlaybackByClass
