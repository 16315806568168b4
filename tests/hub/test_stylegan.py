"""genforce's StyleGAN files draw as its public code does, written here once more and plainly."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.checkpoint import load, save_weights
from gan.config import WeightsConfig
from gan.errors import WeightsError
from gan.export import export
from gan.hub.layouts import recognise
from gan.latent.directions import pca_directions, sefa_directions
from gan.latent.inside import activations
from gan.latent.points import Points
from gan.models import Generator, build_generator
from gan.sampling import render, truncate

Z, W = 12, 10
WIDTHS = {4: 12, 8: 10, 16: 8, 32: 8, 64: 6, 128: 4, 256: 2}
BLUR = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16


def state(size: int, *, mapping: int = 3) -> dict[str, Tensor]:
    """A file of `size` px with the listed names, and weights as large as such files have."""
    draw = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draw)

    tensors = {}
    for i in range(mapping):
        inputs = Z if i == 0 else 11
        outputs = W if i == mapping - 1 else 11
        tensors[f"mapping.dense{i}.weight"] = normal(outputs, inputs) / 0.01
        tensors[f"mapping.dense{i}.bias"] = normal(outputs) / 0.01 * 0.3
    tensors |= {"truncation.w_avg": 0.3 * normal(W), "synthesis.lod": torch.zeros(())}
    for i in range(2 * (size.bit_length() - 2)):
        at, layer = 4 << i // 2, f"synthesis.layer{i}"
        maps = WIDTHS[at]
        tensors[f"{layer}.bias"] = 0.3 * normal(maps)
        tensors[f"{layer}.apply_noise.weight"] = 0.3 * normal(maps)
        tensors[f"{layer}.apply_noise.noise"] = normal(1, 1, at, at)
        tensors[f"{layer}.style.weight"] = normal(2 * maps, W)
        tensors[f"{layer}.style.bias"] = 0.3 * normal(2 * maps)
        if i == 0:
            tensors[f"{layer}.const"] = normal(1, maps, 4, 4)
            continue
        before = WIDTHS[at // 2] if i % 2 == 0 else maps
        tensors[f"{layer}.weight"] = normal(maps, before, 3, 3)
        if i % 2 == 0:
            tensors[f"{layer}.blur.kernel"] = BLUR.repeat(maps, 1, 1, 1)
    for i in range(size.bit_length() - 2):
        tensors[f"synthesis.output{i}.weight"] = 0.3 * normal(3, WIDTHS[4 << i], 1, 1)
        tensors[f"synthesis.output{i}.bias"] = 0.1 * normal(3)
    return tensors


def to_w(s: dict[str, Tensor], z: Tensor, *, mapping: int = 3) -> Tensor:
    """z normalised, then equalised layers at a hundredth of the learning rate."""
    w = z / torch.sqrt((z**2).mean(1, keepdim=True) + 1e-8)
    for i in range(mapping):
        weight = s[f"mapping.dense{i}.weight"] * (math.sqrt(2 / w.shape[1]) * 0.01)
        w = F.leaky_relu(w @ weight.T + s[f"mapping.dense{i}.bias"] * 0.01, 0.2)
    return w


def paint(s: dict[str, Tensor], w: Tensor, size: int, *, fused_from: int = 128) -> Tensor:
    """Layer by layer: (doubled) convolution, blur, noise, bias, LeakyReLU, norm, style."""
    x = s["synthesis.layer0.const"].repeat(len(w), 1, 1, 1)
    for i in range(2 * (size.bit_length() - 2)):
        layer, at = f"synthesis.layer{i}", 4 << i // 2
        if i:
            weight = s[f"{layer}.weight"]
            weight = weight * math.sqrt(2 / weight[0].numel())
        if i and i % 2:
            x = F.conv2d(x, weight, padding=1)
        elif i and at >= fused_from:
            # each input pixel paints 4x4: the 3x3 weight, smeared over 2x2
            smeared = F.conv2d(
                weight.flatten(0, 1)[:, None], torch.ones(1, 1, 2, 2).to(x), padding=1
            )[:, 0].unflatten(0, weight.shape[:2])
            x = F.conv_transpose2d(x, smeared.transpose(0, 1), stride=2, padding=1)
        elif i:
            x = F.conv2d(x.repeat_interleave(2, 2).repeat_interleave(2, 3), weight, padding=1)
        if i and i % 2 == 0:
            maps = x.shape[1]
            x = F.conv2d(x, BLUR.to(x).repeat(maps, 1, 1, 1), padding=1, groups=maps)
        strength, noise = (s[f"{layer}.apply_noise.{leaf}"] for leaf in ("weight", "noise"))
        x = x + noise * strength.view(1, -1, 1, 1) + s[f"{layer}.bias"].view(1, -1, 1, 1)
        x = F.leaky_relu(x, 0.2)
        x = x - x.mean((2, 3), keepdim=True)
        x = x / torch.sqrt((x**2).mean((2, 3), keepdim=True) + 1e-8)
        style = w @ (s[f"{layer}.style.weight"] / math.sqrt(W)).T + s[f"{layer}.style.bias"]
        scale, shift = style.view(len(w), 2, -1, 1, 1).unbind(1)
        x = x * (scale + 1) + shift
    output = f"synthesis.output{size.bit_length() - 3}"
    weight = s[f"{output}.weight"] / math.sqrt(x.shape[1])
    return F.conv2d(x, weight) + s[f"{output}.bias"].view(1, -1, 1, 1)


def ours(tensors: dict[str, Tensor], **hints: Any) -> Generator:
    found = recognise(tensors, hints)
    assert found.layout == "stylegan"
    g = build_generator(found.config)
    g.load_state_dict(found.g)
    return g.eval()


def noise(count: int) -> Tensor:
    return torch.randn(count, Z, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("size", "hints", "fused_from"),
    [
        (256, {}, 128),
        (64, {}, 128),
        (128, {"fused_scale": False}, 1 << 20),
        (32, {"fused_scale": True}, 4),
        (256, {"fused_scale": "auto"}, 128),
    ],
)
def test_a_file_draws_what_genforces_code_draws(size, hints, fused_from):
    s, z = state(size), noise(3)
    exactly = {name: tensor.double() for name, tensor in s.items()}
    wanted = paint(exactly, to_w(exactly, z.double()), size, fused_from=fused_from)
    assert (wanted.abs() < 1).float().mean() > 0.5
    assert (wanted[0] - wanted[1]).abs().mean() > 0.05
    x = render(ours(s, **hints).double(), z.double())  # folded in single precision, all the same
    torch.testing.assert_close(x, wanted.clamp(-1, 1).float(), atol=1e-5, rtol=0)


def test_of_a_checkpoint_the_averaged_generator_is_read():
    s = state(32)
    spoilt = {f"generator/{k}": torch.zeros_like(v) for k, v in s.items()}
    found = recognise(spoilt | {f"generator_smooth/{k}": v for k, v in s.items()}, {})
    assert torch.equal(found.g["layers.0.makes.maps"], s["synthesis.layer0.const"])


def test_fused_and_not_are_different_pictures():
    s, z = state(128), noise(1)
    one, other = ours(s), ours(s, fused_scale=False)
    assert (render(one, z) - render(other, z)).abs().max() > 1e-2


def test_shapes_say_the_config_and_what_they_do_not_is_noted():
    found = recognise(state(64, mapping=5), {})
    config = found.config
    assert (config.resolution, config.z_dim, config.w_dim) == (64, Z, W)
    assert (config.mapping_layers, config.mapping_width, config.fused) == (5, 11, "auto")
    assert config.g_widths == (12, 10, 8, 8, 6)
    assert "fused" in found.notes[0]
    assert recognise(state(64), {"fused_scale": "auto"}).notes == ()
    assert recognise(state(64), {"fused_scale": ["auto"]}).notes == found.notes


@pytest.fixture(scope="module")
def small() -> Generator:
    return ours(state(32))


def test_psi_pulls_w_towards_the_files_own_mean(small):
    s, z = state(32), noise(2)
    w = to_w(s, z)
    torch.testing.assert_close(small.mapping(z), w, atol=1e-5, rtol=0)
    halfway = s["truncation.w_avg"] + 0.5 * (w - s["truncation.w_avg"])
    torch.testing.assert_close(truncate(small, small.mapping(z), psi=0.5), halfway)
    wanted = paint(s, halfway, 32).clamp(-1, 1)
    torch.testing.assert_close(render(small, z, psi=0.5), wanted, atol=1e-5, rtol=0)
    assert small.mean_w(2).shape == (2, W)


def test_z_counts_by_its_direction_alone(small):
    z = noise(2)
    torch.testing.assert_close(render(small, 3 * z), render(small, z), atol=1e-5, rtol=0)


def test_the_same_z_gives_the_same_picture_whatever_its_batch(small):
    z = noise(3)
    x = render(small, z)
    assert torch.equal(render(small, z), x)
    torch.testing.assert_close(render(small, z[1:2]), x[1:2], atol=1e-5, rtol=0)


def test_it_is_kept_loaded_walked_and_exported(small, tmp_path):
    config = recognise(state(32), {}).config
    save_weights(tmp_path / "x", WeightsConfig(name="x", model=config), small)
    loaded = load(tmp_path / "x")
    assert torch.equal(render(loaded.generator, noise(1)), render(small, noise(1)))
    assert len(sefa_directions(small, count=3)) == len(pca_directions(small, count=3)) == 3
    layers = activations(small, Points(noise(1)))
    assert [layer.kind for layer in layers].count("up") == 3
    assert layers[-1].maps.shape == (3, 32, 32)
    assert export(loaded, to="onnx").difference < 1e-5


def test_sefa_finds_what_the_first_style_layer_stretches_most(small):
    """Shen & Zhou's A is the layer that meets w, not a convolution after it."""
    a = state(32)["synthesis.layer0.style.weight"] / math.sqrt(W)
    share = torch.linalg.eigvalsh(a.T.double() @ a.double()).flip(0)
    found = [d.share for d in sefa_directions(small, count=3)]
    assert found == pytest.approx((share / share.sum())[:3].tolist())


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("synthesis.lod", torch.ones(())),  # training had not come to its full size
        ("synthesis.layer2.blur.kernel", torch.ones(8, 1, 3, 3)),
        ("mapping.label_weight", torch.ones(5, Z)),  # has classes
    ],
)
def test_a_stylegan_that_differs_is_refused(name, tensor):
    with pytest.raises(WeightsError, match="differs from those that are known"):
        recognise(state(32) | {name: tensor}, {})


@pytest.mark.parametrize(
    "name", ["synthesis.layer3.style.bias", "synthesis.output3.weight", "mapping.dense1.bias"]
)
def test_a_part_that_is_missing_is_named(name):
    tensors = state(32)
    del tensors[name]
    with pytest.raises(WeightsError, match=name):
        recognise(tensors, {})
