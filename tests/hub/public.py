"""Generators of public repositories, stated again in plain torch from their sources, small.

Nothing here is their code: the order of layers, strides, activations and names are what a file of
theirs depends on. `settled` gives batch norms the statistics that training would leave.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tests.hub.references import DOUBLE, Named, deconvs, maps
from tests.ported import fill

Forward = Callable[[nn.Module, Tensor, Tensor], Tensor]  # module, z (N, z_dim), labels (N,)


class Parts(nn.Module):
    """Modules under names, in the order of their declaration, and what is done with them."""

    def __init__(self, forward: Forward, **parts: nn.Module) -> None:
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            self.add_module(name, part)


class Public(NamedTuple):
    """A repository: its generator, and what must come of its file."""

    source: str
    build: Callable[[], nn.Module]
    z_dim: int
    image: tuple[int, int, int]
    verdict: str = "right"  # or "choice": right with `answers`; or a part of the refusal
    answers: Mapping[str, str] | None = None
    classes: int = 0


def leaky(slope: float = 0.2) -> nn.Module:
    return nn.LeakyReLU(slope)


def chain(prefix: str, *layers: nn.Module, as_maps: bool = True, view: int = 0) -> nn.Module:
    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = g.inner(maps(z) if as_maps else z)
        return x.view(len(x), -1, view, view) if view else x

    return Renamed(forward, prefix, *layers)


class Renamed(Parts):
    """One nn.Sequential whose tensors are under `prefix`."""

    def __init__(self, forward: Forward, prefix: str, *layers: nn.Module) -> None:
        super().__init__(forward)
        inner = Named(prefix, *layers) if prefix else nn.Sequential(*layers)
        object.__setattr__(self, "inner", inner)

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:
        return self.inner.state_dict()

    def train(self, mode: bool = True) -> Renamed:
        self.inner.train(mode)
        return self


def units(*sizes: int, act: Callable[[], nn.Module], eps: float = 0.0, last: nn.Module) -> list:
    """Linear, norm from the second on where there is an epsilon, activation; the last layer."""
    layers: list[nn.Module] = []
    for i, (a, b) in enumerate(itertools.pairwise(sizes[:-1])):
        layers += [nn.Linear(a, b), *([nn.BatchNorm1d(b, eps)] if eps and i else []), act()]
    return [*layers, nn.Linear(*sizes[-2:]), last]


def ptg_maps(inputs: int, *, classes: int = 0) -> nn.Module:
    """PyTorch-GAN's DCGAN; with classes its ACGAN, whose label embedding is multiplied with z."""
    blocks = nn.Sequential(
        nn.BatchNorm2d(12), nn.Upsample(scale_factor=2), nn.Conv2d(12, 12, 3, 1, 1),
        nn.BatchNorm2d(12, 0.8), leaky(), nn.Upsample(scale_factor=2), nn.Conv2d(12, 8, 3, 1, 1),
        nn.BatchNorm2d(8, 0.8), leaky(), nn.Conv2d(8, 1, 3, 1, 1), nn.Tanh(),
    )  # fmt: skip

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        z = z * g.label_emb(y) if classes else z
        return g.conv_blocks(g.l1(z).view(-1, 12, 8, 8))

    table = {"label_emb": nn.Embedding(classes, inputs)} if classes else {}
    l1 = nn.Sequential(nn.Linear(inputs, 12 * 64))
    return Parts(forward, **table, l1=l1, conv_blocks=blocks)


def ptg_infogan() -> nn.Module:
    g = ptg_maps(74)
    plain = g.run
    g.run = lambda g, z, y: plain(g, with_label(z, y, 62), y)
    return g


def with_label(z: Tensor, y: Tensor, at: int) -> Tensor:
    return torch.cat([z[:, :at], torch.eye(10)[y], z[:, at:]], 1)


def ptg_cgan() -> nn.Module:
    layers = nn.Sequential(*units(110, 16, 24, 32, 48, 1024, act=leaky, eps=0.8, last=nn.Tanh()))

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        return g.model(torch.cat([g.label_emb(y), z], 1)).view(-1, 1, 32, 32)

    return Parts(forward, label_emb=nn.Embedding(10, 10), model=layers)


def by_name(act: Callable[[Tensor], Tensor], *sizes: int) -> nn.Module:
    """fc1, fc2, ... with functional activations."""
    pairs = enumerate(itertools.pairwise(sizes), 1)
    parts = {f"fc{i}": nn.Linear(a, b) for i, (a, b) in pairs}

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        *first, last = g.children()
        for layer in first:
            z = act(layer(z))
        return last(z).tanh().view(-1, 1, 28, 28)

    return Parts(forward, **parts)


def vae(names: list[str]) -> nn.Module:
    sizes = [(784, 30), (30, 20), (30, 20), (20, 30), (30, 784)]
    parts = {n: nn.Linear(*s) for n, s in zip(names, sizes, strict=True)}

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        *_, hidden, out = g.children()
        return 2 * out(hidden(z).relu()).sigmoid().view(-1, 1, 28, 28) - 1

    return Parts(forward, **parts)


def yunjey_dcgan() -> nn.Module:
    def up(a: int, b: int, *, bn: bool = True) -> nn.Module:
        return nn.Sequential(
            nn.ConvTranspose2d(a, b, *DOUBLE), *([nn.BatchNorm2d(b)] if bn else [])
        )

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = g.fc(maps(z))
        for name in ("deconv1", "deconv2", "deconv3"):
            x = nn.functional.leaky_relu(getattr(g, name)(x), 0.05)
        return g.deconv4(x).tanh()

    fc = nn.Sequential(nn.ConvTranspose2d(40, 24, 4, 1, 0))
    return Parts(
        forward, fc=fc, deconv1=up(24, 16), deconv2=up(16, 12), deconv3=up(12, 8),
        deconv4=up(8, 3, bn=False),
    )  # fmt: skip


def named_deconvs() -> nn.Module:
    """znxlwm's MNIST DCGAN: deconv1, deconv1_bn, ..."""
    widths, parts = [40, 24, 16, 12, 8, 1], {}
    for i in range(5):
        how = (4, 1, 0) if i == 0 else DOUBLE
        parts[f"deconv{i + 1}"] = nn.ConvTranspose2d(widths[i], widths[i + 1], *how)
        if i < 4:
            parts[f"deconv{i + 1}_bn"] = nn.BatchNorm2d(widths[i + 1])

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = maps(z)
        for i in range(1, 5):
            x = getattr(g, f"deconv{i}_bn")(getattr(g, f"deconv{i}")(x)).relu()
        return g.deconv5(x).tanh()

    return Parts(forward, **parts)


def collections() -> nn.Module:
    """znxlwm's collection: z is uniform in [0, 1]."""
    fc = nn.Sequential(
        nn.Linear(62, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16 * 49),
        nn.BatchNorm1d(16 * 49), nn.ReLU(),
    )  # fmt: skip
    up = nn.Sequential(
        nn.ConvTranspose2d(16, 12, *DOUBLE), nn.BatchNorm2d(12), nn.ReLU(),
        nn.ConvTranspose2d(12, 1, *DOUBLE), nn.Tanh(),
    )  # fmt: skip

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        uniform = torch.distributions.Normal(0.0, 1.0).cdf(z)
        return g.deconv(g.fc(uniform).view(-1, 16, 7, 7))

    return Parts(forward, fc=fc, deconv=up)


def wgan_gp_mnist() -> nn.Module:
    """caogang's: its blocks are declared before its first layer, and 8 px are cut to 7."""

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = g.block1(g.preprocess(z).view(-1, 16, 4, 4))[:, :, :7, :7]
        return 2 * g.deconv_out(g.block2(x)).sigmoid() - 1

    return Parts(
        forward, block1=nn.Sequential(nn.ConvTranspose2d(16, 12, 5), nn.ReLU()),
        block2=nn.Sequential(nn.ConvTranspose2d(12, 8, 5), nn.ReLU()),
        deconv_out=nn.ConvTranspose2d(8, 1, 8, 2),
        preprocess=nn.Sequential(nn.Linear(128, 256), nn.ReLU()),
    )  # fmt: skip


def wgan_gp_cifar() -> nn.Module:
    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = g.block2(g.block1(g.preprocess(z).view(-1, 16, 4, 4)))
        return g.deconv_out(x).tanh()

    def block(a: int, b: int) -> nn.Module:
        return nn.Sequential(nn.ConvTranspose2d(a, b, 2, 2), nn.BatchNorm2d(b), nn.ReLU())

    first = nn.Sequential(nn.Linear(128, 256), nn.BatchNorm1d(256), nn.ReLU())
    return Parts(
        forward, preprocess=first, block1=block(16, 12), block2=block(12, 8),
        deconv_out=nn.ConvTranspose2d(8, 3, 2, 2),
    )  # fmt: skip


def wgan_dcgan() -> nn.Module:
    """martinarjovsky's: the names have widths in them, and dots."""
    widths, parts = [40, 24, 16, 8, 3], []
    for i, (a, b) in enumerate(itertools.pairwise(widths)):
        stage = ("initial", "pyramid", "pyramid", "final")[i]
        how = (4, 1, 0) if i == 0 else DOUBLE
        conv = nn.ConvTranspose2d(a, b, *how, bias=False)
        parts.append((f"main.{stage}.{a}-{b}.convt", conv))
        if i < 3:
            parts.append((f"main.{stage}.{b}.batchnorm", nn.BatchNorm2d(b)))

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = maps(z)
        *first, last = g.layers
        for i in range(0, len(first), 2):
            x = first[i + 1](first[i](x)).relu()
        return last(x).tanh()

    g = Parts(forward, layers=nn.ModuleList(m for _, m in parts))
    names = [n for n, _ in parts]
    plain = g.state_dict
    g.state_dict = lambda: {
        f"{names[int(k.split('.')[1])]}.{k.split('.', 2)[2]}": v for k, v in plain().items()
    }
    return g


def infogan_mnist() -> nn.Module:
    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        x = maps(with_label(z, y, 62))
        for i in (1, 2, 3):
            x = getattr(g, f"bn{i}")(getattr(g, f"tconv{i}")(x)).relu()
        return 2 * g.tconv4(x).sigmoid() - 1

    def up(a: int, b: int, *how: int) -> nn.Module:
        return nn.ConvTranspose2d(a, b, *how, bias=False)

    return Parts(
        forward, tconv1=up(74, 32, 1, 1), bn1=nn.BatchNorm2d(32), tconv2=up(32, 16, 7, 1),
        bn2=nn.BatchNorm2d(16), tconv3=up(16, 12, *DOUBLE), bn3=nn.BatchNorm2d(12),
        tconv4=up(12, 1, *DOUBLE),
    )  # fmt: skip


def norm_behind_activation() -> nn.Module:
    """EmilienDupont's: ReLU before BatchNorm."""

    def forward(g: nn.Module, z: Tensor, y: Tensor) -> Tensor:
        return 2 * g.features_to_image(g.latent_to_features(z).view(-1, 20, 2, 2)) - 1

    layers: list[nn.Module] = []
    for a, b in ((20, 16), (16, 12), (12, 8)):
        layers += [nn.ConvTranspose2d(a, b, *DOUBLE), nn.ReLU(), nn.BatchNorm2d(b)]
    layers += [nn.ConvTranspose2d(8, 1, *DOUBLE), nn.Sigmoid()]
    first = nn.Sequential(nn.Linear(40, 80), nn.ReLU())
    return Parts(forward, latent_to_features=first, features_to_image=nn.Sequential(*layers))


def blocks_then_one() -> nn.Module:
    """aladdinpersson's DCGAN: blocks within a Sequential."""
    plain = deconvs([40, 24, 16, 12, 8, 3], [(4, 1, 0), *[DOUBLE] * 4])
    blocks = [nn.Sequential(*plain[i : i + 3]) for i in range(0, 12, 3)]
    return chain("net", *blocks, *plain[12:])


def two_branches() -> nn.Module:
    """znxlwm's cDCGAN: z and the label have a first layer each."""
    return Parts(
        lambda g, z, y: z, deconv1_1=nn.ConvTranspose2d(100, 16, 4),
        deconv1_1_bn=nn.BatchNorm2d(16), deconv1_2=nn.ConvTranspose2d(10, 16, 4),
        deconv1_2_bn=nn.BatchNorm2d(16), deconv2=nn.ConvTranspose2d(32, 16, *DOUBLE),
        deconv2_bn=nn.BatchNorm2d(16), deconv3=nn.ConvTranspose2d(16, 1, *DOUBLE),
    )  # fmt: skip


def residual() -> nn.Module:
    """A BigGAN-like block: a shortcut beside two convolutions, all of one width."""
    block = nn.ModuleDict({
        "conv1": nn.Conv2d(16, 16, 3, 1, 1), "bn1": nn.BatchNorm2d(16),
        "conv2": nn.Conv2d(16, 16, 3, 1, 1), "conv_sc": nn.Conv2d(16, 16, 1),
    })  # fmt: skip
    return Parts(
        lambda g, z, y: z, linear=nn.Linear(20, 256), blocks=nn.ModuleList([block]),
        output=nn.Conv2d(16, 3, 3, 1, 1),
    )  # fmt: skip


PUBLIC = {
    "pytorch/examples dcgan": Public(
        "dcgan/main.py",
        lambda: chain("main", *deconvs([40, 24, 16, 12, 8, 3], [(4, 1, 0), *[DOUBLE] * 4])),
        40, (3, 64, 64),
    ),
    "pytorch/examples vae": Public(
        "vae/main.py", lambda: vae(["fc1", "fc21", "fc22", "fc3", "fc4"]), 20, (1, 28, 28),
        "choice", {"activation": "relu"},
    ),
    "eriklindernoren/PyTorch-GAN gan": Public(
        "implementations/gan/gan.py",
        lambda: chain(
            "model", *units(40, 16, 24, 32, 48, 784, act=leaky, eps=0.8, last=nn.Tanh()),
            as_maps=False, view=28,
        ),
        40, (1, 28, 28),
    ),
    "eriklindernoren/PyTorch-GAN dcgan": Public(
        "implementations/dcgan/dcgan.py", lambda: ptg_maps(40), 40, (1, 32, 32)
    ),
    "eriklindernoren/PyTorch-GAN cgan": Public(
        "implementations/cgan/cgan.py", ptg_cgan, 100, (1, 32, 32), "choice",
        {"labels": "10@0", "activation": "leaky"}, 10,
    ),
    "eriklindernoren/PyTorch-GAN acgan": Public(
        "implementations/acgan/acgan.py", lambda: ptg_maps(40, classes=10), 40, (1, 32, 32),
        "right", None, 10,
    ),
    "eriklindernoren/PyTorch-GAN infogan": Public(
        "implementations/infogan/infogan.py", ptg_infogan, 64, (1, 32, 32), "choice",
        {"labels": "10@62"}, 10,
    ),
    "yunjey/pytorch-tutorial GAN": Public(
        "tutorials/03-advanced/generative_adversarial_network/main.py",
        lambda: chain(
            "", *units(64, 24, 24, 784, act=nn.ReLU, last=nn.Tanh()), as_maps=False, view=28
        ),
        64, (1, 28, 28), "choice", {"activation": "relu"},
    ),
    "yunjey/pytorch-tutorial VAE": Public(
        "tutorials/03-advanced/variational_autoencoder/main.py",
        lambda: vae(["fc1", "fc2", "fc3", "fc4", "fc5"]), 20, (1, 28, 28), "choice",
        {"activation": "relu"},
    ),
    "yunjey/pytorch-tutorial DCGAN": Public(
        "tutorials/03-advanced/deep_convolutional_gan/model.py", yunjey_dcgan, 40, (3, 64, 64)
    ),
    "lyeoni/pytorch-mnist-GAN": Public(
        "pytorch-mnist-GAN.ipynb",
        lambda: by_name(lambda h: nn.functional.leaky_relu(h, 0.2), 100, 24, 32, 48, 784),
        100, (1, 28, 28), "choice", {"activation": "leaky"},
    ),
    "a copy of lyeoni/pytorch-mnist-GAN with ReLU": Public(
        "", lambda: by_name(torch.relu, 100, 24, 32, 48, 784), 100, (1, 28, 28), "choice",
        {"activation": "relu"},
    ),
    "znxlwm/pytorch-MNIST-CelebA-GAN-DCGAN": Public(
        "pytorch_MNIST_DCGAN.py", named_deconvs, 40, (1, 64, 64)
    ),
    "znxlwm/pytorch-MNIST-CelebA-cGAN-cDCGAN": Public(
        "pytorch_MNIST_cDCGAN.py", two_branches, 100, (1, 16, 16), "must grow"
    ),
    "znxlwm/pytorch-generative-model-collections": Public(
        "GAN.py", collections, 62, (1, 28, 28)
    ),
    "Zeleni9/pytorch-wgan": Public(
        "models/wgan_gradient_penalty.py",
        lambda: chain(
            "main_module", *deconvs([40, 24, 16, 12, 3], [(4, 1, 0), *[DOUBLE] * 3], bias=True)
        ),
        40, (3, 32, 32),
    ),
    "caogang/wgan-gp MNIST": Public("gan_mnist.py", wgan_gp_mnist, 128, (1, 28, 28)),
    "caogang/wgan-gp CIFAR-10": Public("gan_cifar10.py", wgan_gp_cifar, 128, (3, 32, 32)),
    "martinarjovsky/WassersteinGAN dcgan": Public("models/dcgan.py", wgan_dcgan, 40, (3, 32, 32)),
    "martinarjovsky/WassersteinGAN mlp": Public(
        "models/mlp.py",
        lambda: chain(
            "main", *units(40, 24, 24, 24, 3072, act=nn.ReLU, last=nn.Hardtanh()), as_maps=False,
            view=32,
        ),
        40, (3, 32, 32), "choice", {"activation": "relu"},
    ),
    "AKASHKADEL/dcgan-mnist": Public(
        "networks.py",
        lambda: chain(
            "network", *deconvs([40, 16, 12, 8, 1], [(4, 1, 0), (3, 2, 1), DOUBLE, DOUBLE])
        ),
        40, (1, 28, 28),
    ),
    "Natsu6767/InfoGAN-PyTorch MNIST": Public(
        "models/mnist_model.py", infogan_mnist, 64, (1, 28, 28), "right", None, 10
    ),
    "EmilienDupont/wgan-gp": Public("models.py", norm_behind_activation, 40, (1, 32, 32)),
    "aladdinpersson/Machine-Learning-Collection DCGAN": Public(
        "ML/Pytorch/GANs/2. DCGAN/model.py", blocks_then_one, 40, (3, 64, 64)
    ),
    "aladdinpersson/Machine-Learning-Collection SimpleGAN": Public(
        "ML/Pytorch/GANs/1. SimpleGAN/fc_gan.py",
        lambda: chain(
            "gen", *units(64, 24, 784, act=lambda: leaky(0.01), last=nn.Tanh()), as_maps=False,
            view=28,
        ),
        64, (1, 28, 28), "choice", {"activation": "leaky0.01"},
    ),
    "christiancosgrove/pytorch-spectral-normalization-gan": Public(
        "model.py",
        lambda: chain(
            "model",
            *deconvs([40, 20, 16, 12, 8, 3], [(4, 1, 0), *[DOUBLE] * 3, (3, 1, 1)], bias=True),
        ),
        40, (3, 32, 32), "choice", {"size": "32"},
    ),
    "ajbrock/BigGAN-PyTorch": Public("BigGAN.py", residual, 20, (3, 32, 32), "branch"),
}  # fmt: skip


@torch.no_grad()
def settled(build: Callable[[], nn.Module], case: Public, seed: int) -> nn.Module:
    """With drawn weights, and the statistics that batch norms keep of many batches of noise."""
    torch.manual_seed(seed)  # noqa: TID251
    g = build()
    draw = torch.Generator().manual_seed(seed)
    inner = getattr(g, "inner", g)
    fill(inner, seed)
    for module in inner.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean of all batches: nothing is left of the beginning
    if case.verdict not in ("right", "choice"):
        return g.eval()
    g.train()
    for _ in range(25):
        z = torch.randn(24, case.z_dim, generator=draw)
        g.run(g, z, torch.randint(max(case.classes, 1), (24,), generator=draw))
    for module in inner.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.num_batches_tracked.fill_(5000)  # as a training counts
    g.eval()
    return g
