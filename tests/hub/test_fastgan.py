"""FastGAN's files, of huggan's layout and of the authors', draw as plain code of the paper does."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from gan.checkpoint import load, save_weights
from gan.config import WeightsConfig
from gan.errors import WeightsError
from gan.export import export
from gan.hub.layouts import recognise
from gan.latent.directions import sefa_directions
from gan.latent.inside import activations
from gan.latent.points import Points
from gan.models import Generator, build_generator
from gan.models.ported.parts import fixed_noise
from gan.sampling import render

WIDTHS = {4: 16, 8: 8, 16: 8, 32: 6, 64: 6, 128: 4, 256: 4, 512: 2, 1024: 2}
Z = 5


class Conv(nn.Module):
    """A spectrally normed layer one level down, as huggan's are."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._conv = spectral_norm(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv(x)


class Noise(nn.Module):
    def __init__(self, name: str, place: int) -> None:
        super().__init__()
        self.name, self.place = name, place
        self.register_parameter(name, nn.Parameter(torch.zeros(1)))

    def forward(self, x: Tensor) -> Tensor:
        return x + getattr(self, self.name) * fixed_noise(x.shape[2], self.place)


class Block(nn.Module):
    def __init__(self, name: str, layers: list[nn.Module]) -> None:
        super().__init__()
        self.add_module(name, nn.Sequential(*layers))
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self.name)(x)


class Reference(nn.Module):
    """The paper's generator at 1024 px or less, under the names of one of the two layouts."""

    def __init__(self, layout: str, size: int) -> None:
        super().__init__()
        self.huggan, self.size = layout == "huggan", size
        wrap = Conv if self.huggan else spectral_norm
        start, up, gate = (
            ("_init", "_upsample_", "_sle_") if self.huggan else ("init", "feat_", "se_")
        )
        c = WIDTHS

        def sequence(name: str, layers: list[nn.Module]) -> nn.Module:
            if self.huggan:
                return Block("_layers", layers)
            return Block(name, layers) if name else nn.Sequential(*layers)

        first = wrap(nn.ConvTranspose2d(Z, 2 * c[4], 4, bias=False))
        self.add_module(start, sequence("init", [first, nn.BatchNorm2d(2 * c[4]), nn.GLU(1)]))
        at = 8
        while at <= size:
            deep = at in (8, 32, 128, 512)
            layers: list[nn.Module] = [nn.Upsample(scale_factor=2)]
            for turn, before in enumerate((c[at // 2], c[at])[: 1 + deep]):
                layers.append(wrap(nn.Conv2d(before, 2 * c[at], 3, padding=1, bias=False)))
                if deep:
                    name = "_weight" if self.huggan else "weight"
                    layers.append(Noise(name, 2 * at + turn))
                layers += [nn.BatchNorm2d(2 * c[at]), nn.GLU(1)]
            self.add_module(f"{up}{at}", sequence("", layers))
            if at in (64, 128, 256, 512):
                gates = [
                    nn.AdaptiveAvgPool2d(4), wrap(nn.Conv2d(c[at // 16], c[at], 4, bias=False)),
                    nn.SiLU(), wrap(nn.Conv2d(c[at], c[at], 1, bias=False)), nn.Sigmoid(),
                ]  # fmt: skip
                self.add_module(f"{gate}{at}", sequence("main", gates))
            at *= 2
        small = wrap(nn.Conv2d(c[128], 3, 1, bias=False))
        large = wrap(nn.Conv2d(c[size], 3, 3, padding=1, bias=False))
        self.names = (start, up, gate)
        if self.huggan:
            self._out_128 = nn.Sequential(small, nn.Tanh())
            self.add_module(f"_out_{size}", nn.Sequential(large, nn.Tanh()))
        else:
            self.to_128, self.to_big = small, large

    def forward(self, z: Tensor) -> Tensor:
        start, up, gate = self.names
        get = self.get_submodule
        maps = {4: get(start)(z[:, :, None, None])}
        at = 8
        while at <= self.size:
            h = get(f"{up}{at}")(maps[at // 2])
            maps[at] = h * get(f"{gate}{at}")(maps[at // 16]) if 64 <= at <= 512 else h
            at *= 2
        if self.huggan:
            return get(f"_out_{self.size}")(maps[self.size])
        return torch.tanh(self.to_big(maps[self.size]))


@cache
def reference(layout: str, size: int) -> Reference:
    """Trained a little: noise counts, maps are of unit size, spectral vectors not yet converged."""
    g = Reference(layout, size)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in g.named_parameters():
            if tensor.dim() != 1 or tensor.shape == (1,) or name.endswith(".bias"):
                tensor.normal_(generator=draw)
    for module in g.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    for _ in range(2):  # in training mode: one power iteration each
        g(torch.randn(2, Z, generator=torch.Generator().manual_seed(1)))
    return g.eval()


def noise(count: int) -> Tensor:
    return torch.randn(count, Z, generator=torch.Generator().manual_seed(0))


def ours(g: nn.Module) -> Generator:
    found = recognise(g.state_dict(), {})
    assert found.layout == "fastgan"
    built = build_generator(found.config)
    built.load_state_dict(found.g)
    return built.eval()


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "size"), [("huggan", 1024), ("huggan", 256), ("authors", 512)])
def test_a_file_draws_what_its_spectral_norms_draw_in_eval_mode(layout, size):
    g = reference(layout, size)
    x = render(ours(g), noise(2))
    with torch.no_grad():
        theirs = g(noise(2))
    assert theirs.std() > 0.05
    assert (theirs[0] - theirs[1]).abs().mean() > 1e-3
    torch.testing.assert_close(x, theirs, atol=1e-5, rtol=0)


def test_listed_keys_and_no_others_are_huggans():
    """What the table of layouts names is what the test's own file holds."""
    names = reference("huggan", 1024).state_dict().keys()
    blocks = {name.split(".")[0] for name in names}
    sizes = [f"_upsample_{8 << i}" for i in range(8)] + [f"_sle_{64 << i}" for i in range(4)]
    assert blocks == {"_init", "_out_128", "_out_1024", *sizes}
    conv = "_upsample_8._layers.1._conv.weight"
    assert {f"{conv}_orig", f"{conv}_u", f"{conv}_v", "_upsample_8._layers.2._weight"} <= names


@pytest.fixture(scope="module")
def small() -> Generator:
    return ours(reference("huggan", 256))


def test_the_same_z_gives_the_same_picture_whatever_its_batch(small):
    z = noise(3)
    x = render(small, z)
    assert torch.equal(render(small, z), x)
    torch.testing.assert_close(render(small, z[1:2]), x[1:2], atol=1e-6, rtol=0)
    assert next(m for n, m in small.named_buffers() if n.endswith("noise")).std() > 0.8


def test_it_is_kept_loaded_walked_and_exported(small, tmp_path):
    config = recognise(reference("huggan", 256).state_dict(), {}).config
    save_weights(tmp_path / "x", WeightsConfig(name="x", model=config), small)
    loaded = load(tmp_path / "x")
    assert torch.equal(render(loaded.generator, noise(1)), render(small, noise(1)))
    assert len(sefa_directions(small, count=3)) == 3
    layers = activations(small, Points(noise(1)))
    assert [layer.kind for layer in layers].count("up") == 6
    assert layers[-1].maps.shape == (3, 256, 256)
    assert export(loaded, to="onnx").difference < 1e-5


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ("_upsample_8._layers.1._conv.weight_u", "spectral norm"),
        ("_out_256.0._conv.weight_orig", "known layout|parts of it are missing|picture"),
    ],
)
def test_a_file_that_lacks_a_part_is_refused(lost, says):
    tensors = reference("huggan", 256).state_dict()
    del tensors[lost]
    with pytest.raises(WeightsError, match=says):
        recognise(tensors, {})


def test_a_part_that_is_not_known_is_refused():
    tensors = reference("huggan", 256).state_dict() | {"_extra.weight": torch.zeros(2)}
    with pytest.raises(WeightsError, match=r"_extra\.weight is no part"):
        recognise(tensors, {})
