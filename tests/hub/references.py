"""Others' generators and discriminators as plain torch: their keys, and what they compute.

Written from the key lists and the repos' own forward passes; small widths where nothing hangs on
them. Each is built with drawn weights in eval mode.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import spectral_norm as old_spectral_norm
from torch.nn.utils.parametrizations import spectral_norm as new_spectral_norm

from tests.ported import fill


def drawn(module: nn.Module, seed: int = 1) -> nn.Module:
    """In eval mode, weights and statistics drawn; power iterations of spectral norms have run."""
    fill(module, seed)
    return module.eval().requires_grad_(False)


class Named(nn.Module):
    """One nn.Sequential under a name."""

    def __init__(self, name: str, *layers: nn.Module) -> None:
        super().__init__()
        self.name = name
        path, _, last = name.rpartition(".")
        holder: nn.Module = self
        for part in filter(None, path.split(".")):
            holder.add_module(part, nn.Module())
            holder = holder.get_submodule(part)
        holder.add_module(last, nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        return self.get_submodule(self.name)(x)


def deconvs(widths: list[int], convs: list[tuple[int, int, int]], *, bias: bool = False):
    """ConvT, BN, ReLU... ConvT, Tanh; convs are (kernel, stride, padding)."""
    layers: list[nn.Module] = []
    for i, (kernel, stride, padding) in enumerate(convs):
        out = widths[i + 1]
        layers.append(nn.ConvTranspose2d(widths[i], out, kernel, stride, padding, bias=bias))
        layers += [nn.BatchNorm2d(out), nn.ReLU()] if i < len(convs) - 1 else [nn.Tanh()]
    return layers


def maps(z: Tensor) -> Tensor:
    return z[:, :, None, None]


DOUBLE = (4, 2, 1)


def cryptopunks() -> nn.Module:
    convs = [(3, 1, 0), (3, 2, 1), (4, 2, 0), (4, 2, 1)]
    return Named("network", *deconvs([100, 256, 128, 64, 4], convs))


def dcgan(prefix: str = "main", *, width: int = 16, channels: int = 3) -> nn.Module:
    widths = [100, *(width * m for m in (8, 4, 2, 1)), channels]
    return Named(prefix, *deconvs(widths, [(4, 1, 0), *[DOUBLE] * 4]))


def dcgan_critic(prefix: str = "main", *, width: int = 8, channels: int = 3) -> nn.Module:
    """pytorch/examples' netD, its sigmoid left to the caller."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for m in (1, 2, 4):
        layers += [
            nn.Conv2d(width * m, width * m * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width * m * 2),
            nn.LeakyReLU(0.2),
        ]
    layers += [nn.Conv2d(width * 8, 1, 4, 1, 0, bias=False), nn.Identity()]
    return Named(prefix, *layers)


class Xyfjason(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first_conv = nn.ConvTranspose2d(100, 64, 4)
        widths = [64, 32, 16]
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(a), nn.ReLU(), nn.ConvTranspose2d(a, b, 4, 2, 1))
            for a, b in itertools.pairwise(widths)
        )
        self.last_conv = nn.Sequential(
            nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1)
        )

    def forward(self, z: Tensor) -> Tensor:
        x = self.first_conv(z)
        for layer in self.layers:
            x = layer(x)
        return self.last_conv(x).tanh()


Norm = Callable[[nn.Module], nn.Module]


class XyfjasonCritic(nn.Module):
    def __init__(self, *, bn: bool, sn: Norm = lambda module: module) -> None:
        super().__init__()
        self.first_conv = sn(nn.Conv2d(3, 16, 4, 2, 1))
        widths = [16, 32, 64]
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(a) if i and bn else nn.Identity(),
                nn.LeakyReLU(0.2),
                sn(nn.Conv2d(a, b, 4, 2, 1)),
            )
            for i, (a, b) in enumerate(itertools.pairwise(widths))
        )
        self.last_conv = nn.Sequential(
            nn.BatchNorm2d(64) if bn else nn.Identity(), nn.LeakyReLU(0.2), sn(nn.Conv2d(64, 1, 4))
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first_conv(x)
        for layer in self.layers:
            x = layer(x)
        return self.last_conv(x).flatten()


class StudioBlock(nn.Module):
    def __init__(self, a: int, b: int, sn: Norm) -> None:
        super().__init__()
        self.deconv0 = sn(nn.ConvTranspose2d(a, b, 4, 2, 1))
        self.bn0 = nn.BatchNorm2d(b, eps=1e-4)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn0(self.deconv0(x)).relu()


class Studio(nn.Module):
    def __init__(self, sn: Norm = lambda module: module) -> None:
        super().__init__()
        self.linear0 = sn(nn.Linear(128, 64 * 16))
        widths = [64, 32, 16, 8]
        blocks = [nn.ModuleList([StudioBlock(a, b, sn)]) for a, b in itertools.pairwise(widths)]
        self.blocks = nn.ModuleList(blocks)
        self.conv4 = sn(nn.Conv2d(8, 3, 3, 1, 1))

    def forward(self, z: Tensor) -> Tensor:
        x = self.linear0(z).view(-1, 64, 4, 4)
        for (block,) in self.blocks:
            x = block(x)
        return self.conv4(x).tanh()


class StudioCriticBlock(nn.Module):
    def __init__(self, a: int, b: int, *, bn: bool, sn: Norm) -> None:
        super().__init__()
        self.conv0, self.conv1 = sn(nn.Conv2d(a, b, 3, 1, 1)), sn(nn.Conv2d(b, b, 4, 2, 1))
        self.bn0 = nn.BatchNorm2d(b, eps=1e-4) if bn else nn.Identity()
        self.bn1 = nn.BatchNorm2d(b, eps=1e-4) if bn else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.bn1(self.conv1(self.bn0(self.conv0(x)).relu())).relu()


class StudioCritic(nn.Module):
    def __init__(self, *, bn: bool, sn: Norm = lambda module: module) -> None:
        super().__init__()
        widths = [3, 8, 16, 32]
        self.blocks = nn.ModuleList(
            nn.ModuleList([StudioCriticBlock(a, b, bn=bn, sn=sn)])
            for a, b in itertools.pairwise(widths)
        )
        self.conv = sn(nn.Conv2d(32, 48, 3, 1, 1))
        self.bn = nn.BatchNorm2d(48, eps=1e-4) if bn else nn.Identity()
        self.linear1 = sn(nn.Linear(48, 1))

    def forward(self, x: Tensor) -> Tensor:
        for (block,) in self.blocks:
            x = block(x)
        return self.linear1(self.bn(self.conv(x)).relu().sum(dim=(2, 3))).flatten()


class Beats(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc0 = nn.Sequential(nn.Linear(128, 256), nn.LeakyReLU(0.2))
        self.fc1 = nn.Sequential(nn.Linear(256, 512), nn.LeakyReLU(0.2))
        self.fc2 = nn.Sequential(nn.Linear(512, 784), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.fc2(self.fc1(self.fc0(z))).view(-1, 1, 28, 28)


class ConvsFirst(nn.Module):
    """A class that declares its convolutions first and its norms after them; 7 px doubled twice."""

    def __init__(self) -> None:
        super().__init__()
        self.up1 = nn.ConvTranspose2d(20, 12, 7)
        self.up2 = nn.ConvTranspose2d(12, 8, 5, 2, 2, 1)
        self.up3 = nn.ConvTranspose2d(8, 1, 3, 2, 1, 1)
        self.norm1, self.norm2 = nn.BatchNorm2d(12), nn.BatchNorm2d(8)

    def forward(self, z: Tensor) -> Tensor:
        x = self.norm1(self.up1(z)).relu()
        return self.up3(self.norm2(self.up2(x)).relu()).tanh()


class LinearFirst(nn.Module):
    """A Linear made into maps, norms of the maps, a conv that refines; 16 px."""

    def __init__(self, *, norm_of_units: bool) -> None:
        super().__init__()
        self.norm_of_units = norm_of_units
        self.fc = nn.Linear(9, 12 * 16)
        self.fc_bn = nn.BatchNorm1d(192) if norm_of_units else nn.BatchNorm2d(12)
        self.up1 = nn.ConvTranspose2d(12, 10, 6, 2, 2)
        self.refine = nn.Conv2d(10, 6, 3, 1, 1)
        self.up2 = nn.ConvTranspose2d(6, 3, 2, 2)

    def forward(self, z: Tensor) -> Tensor:
        h = self.fc(z)
        h = (
            self.fc_bn(h).view(-1, 12, 4, 4)
            if self.norm_of_units
            else self.fc_bn(h.view(-1, 12, 4, 4))
        )
        h = self.refine(self.up1(h.relu()).relu()).relu()
        return self.up2(h).tanh()


class Units(nn.Module):
    """Linear and BatchNorm1d, a picture in colour."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(11, 32), nn.LeakyReLU(0.2), nn.Linear(32, 64), nn.BatchNorm1d(64),
            nn.LeakyReLU(0.2), nn.Linear(64, 3 * 10 * 10), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z).view(-1, 3, 10, 10)


def units_critic() -> nn.Module:
    return Named("model", nn.Flatten(), nn.Linear(784, 24), nn.LeakyReLU(0.2), nn.Linear(24, 1))


class Case(NamedTuple):
    """A generator of a layout, with the discriminator that comes along."""

    layout: str
    build: Callable[[], nn.Module]
    z_dim: int
    image: tuple[int, int, int]
    critic: Callable[[], nn.Module] | None = None
    as_maps: bool = True  # how it takes z
    answers: Mapping[str, str] | None = None  # what its file does not tell


CASES = {
    "nateraw/cryptopunks-gan": Case("cryptopunks", cryptopunks, 100, (4, 24, 24)),
    "huggan/dcgan-mnist": Case("dcgan", lambda: dcgan("model"), 100, (3, 64, 64)),
    "pytorch/examples": Case("dcgan", dcgan, 100, (3, 64, 64), dcgan_critic),
    "pytorch/examples grey": Case("dcgan", lambda: dcgan(channels=1), 100, (1, 64, 64)),
    "xyfJASON gan": Case(
        "xyfjason", Xyfjason, 100, (3, 32, 32), lambda: XyfjasonCritic(bn=True)
    ),
    "xyfJASON wgan": Case(
        "xyfjason", Xyfjason, 100, (3, 32, 32), lambda: XyfjasonCritic(bn=False)
    ),
    "xyfJASON sngan": Case(
        "xyfjason", Xyfjason, 100, (3, 32, 32),
        lambda: XyfjasonCritic(bn=True, sn=new_spectral_norm),
    ),
    "xyfJASON sngan, older torch": Case(
        "xyfjason", Xyfjason, 100, (3, 32, 32),
        lambda: XyfjasonCritic(bn=True, sn=old_spectral_norm),
    ),
    "StudioGAN DCGAN": Case(
        "studiogan", Studio, 128, (3, 32, 32), lambda: StudioCritic(bn=True), False
    ),
    "StudioGAN SNDCGAN": Case(
        "studiogan", lambda: Studio(old_spectral_norm), 128, (3, 32, 32),
        lambda: StudioCritic(bn=False, sn=old_spectral_norm), False,
    ),
    "beat-interpolator": Case(
        "beat-interpolator", Beats, 128, (1, 28, 28), units_critic, False
    ),
    "norms declared last": Case("plain-maps", ConvsFirst, 20, (1, 28, 28)),
    "linear first": Case(
        "plain-maps", lambda: LinearFirst(norm_of_units=False), 9, (3, 16, 16), None, False
    ),
    "linear first, norm of its units": Case(
        "plain-maps", lambda: LinearFirst(norm_of_units=True), 9, (3, 16, 16), None, False
    ),
    "a course's MNIST GAN": Case(
        "course-mnist",
        lambda: Named(
            "gen", *deconvs([64, 16, 8, 4, 1], [(3, 2, 0), (4, 1, 0), (3, 2, 0), (4, 2, 0)])
        ),
        64, (1, 28, 28),
    ),
    "units in colour": Case(
        "pytorch-gan-units", Units, 11, (3, 10, 10), None, False,
        {"activation": "leaky", "eps": "1e-5"},
    ),
    "any prefix": Case("dcgan", lambda: dcgan("a.b.c"), 100, (3, 64, 64)),
}  # fmt: skip


@torch.no_grad()
def settle(module: nn.Module, example: Tensor) -> None:
    """Let the power iterations of spectral norms converge on the drawn weights, as training did."""
    norms = {type(m).__name__: m for m in module.modules()}
    if any("_u" in name for name, _ in module.named_buffers()) or norms.get("_SpectralNorm"):
        module.train()
        for _ in range(20):
            module(example)
        module.eval()
