"""lightweight-gan's files draw and judge as the package does, whatever version wrote them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from gan.checkpoint import load, save_weights
from gan.config import WeightsConfig
from gan.errors import ConfigError, WeightsError
from gan.export import export
from gan.hub.layouts import Recognised, recognise
from gan.latent.directions import sefa_directions
from gan.latent.inside import activations
from gan.latent.points import Points
from gan.models import Discriminator, Generator, build_discriminator, build_generator
from gan.sampling import render
from tests.hub.original import (
    CASES,
    GOLDEN,
    LATENT,
    STRIDE,
    Case,
    built,
    filling,
    installed,
    judged,
    latents,
    painted,
    photos,
    state_of,
)

BY_NAME = {case.name: case for case in CASES}
LIVE = [n for n, case in BY_NAME.items() if case.version == "1.2.1" and case.size < 512]


def golden(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as kept:
        return {k.rpartition("/")[2]: kept[k] for k in kept.files if k.startswith(f"{name}/")}


def file_of(name: str) -> dict[str, Tensor]:
    """A file with the names and shapes that the package wrote, without the package."""
    tensors = {}
    for line in str(golden(name)["names"]).splitlines():
        key, _, sizes = line.partition(":")
        shape = [int(n) for n in sizes.split(",") if n]
        inner = key.removeprefix("GAN/").partition(".")[2].removeprefix("D.")
        tensors[key] = filling(inner, torch.zeros(shape))
    return tensors


def ours(found: Recognised) -> tuple[Generator, Discriminator]:
    g, d = build_generator(found.config), build_discriminator(found.config)
    g.load_state_dict(found.g)
    assert found.d is not None
    d.load_state_dict(found.d)
    return g.eval(), d.eval()


def assert_judges(d: Discriminator, pictures: Tensor, whole: Tensor, small: Tensor) -> None:
    """Ours is above 0 for the real, the original below: negated, and places averaged."""
    with torch.no_grad():
        logits = d.outputs(2 * pictures - 1).logits
        both = d(2 * pictures - 1)
    wanted = -torch.stack([whole.mean(1), small.flatten()])
    torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(both, wanted.mean(0), atol=1e-5, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_a_file_of_any_version_draws_and_judges_as_its_version_did(name):
    kept, case = golden(name), BY_NAME[name]
    g, d = ours(recognise(file_of(name), {}))
    x = render(g, latents())
    pictures = (x[:, :, ::STRIDE, ::STRIDE] + 1) / 2
    torch.testing.assert_close(pictures, torch.tensor(kept["pictures"]), atol=1e-5, rtol=0)
    judge = torch.tensor(kept["whole"]), torch.tensor(kept["small"])
    assert_judges(d, photos(x.shape[1], case.size), *judge)


@pytest.mark.slow
@pytest.mark.skipif(
    installed() != "1.2.1", reason="pip install --no-deps -r tests/requirements-reference.txt"
)
@pytest.mark.parametrize("name", LIVE)
def test_the_installed_package_draws_and_judges_the_same(name):
    case = BY_NAME[name]
    their_g, their_d = built(case)
    g, d = ours(recognise(state_of(their_g, their_d), {}))
    theirs = painted(their_g, latents())
    torch.testing.assert_close(render(g, latents()), 2 * theirs - 1, atol=1e-5, rtol=0)
    pictures = photos(theirs.shape[1], case.size)
    assert_judges(d, pictures, *judged(their_d, pictures))
    exactly = 2 * painted(their_g.double(), latents().double()) - 1
    with torch.no_grad():
        x = g.double()(latents().double())
    torch.testing.assert_close(x, exactly, atol=1e-10, rtol=0)  # the same arithmetic


@pytest.mark.parametrize("name", BY_NAME)
def test_all_options_are_read_off_names_and_shapes(name):
    case: Case = BY_NAME[name]
    config = recognise(file_of(name), {}).config
    edition = case.version.rpartition(".")[0]
    assert (config.edition, config.resolution, config.z_dim) == (edition, case.size, LATENT)
    assert (config.attention, config.blur) == (case.attention, case.blur)
    assert config.d_places == case.places**2
    assert config.channels == {"transparent": 4, "greyscale": 1}.get("".join(case.options), 3)
    assert config.excitation == ("frequency" if case.frequency else "context")


NAME = LIVE[0]


@pytest.fixture(scope="module")
def found() -> Recognised:
    return recognise(file_of(NAME), {})


def test_the_averaged_generator_is_taken(found):
    """The file of a test holds zeros for G, or what GE has: here G is spoilt."""
    spoilt = {k: v * (0 if k.startswith("GAN/G.") else 1) for k, v in file_of(NAME).items()}
    assert torch.equal(recognise(spoilt, {}).g["out_conv.weight"], found.g["out_conv.weight"])


def test_a_file_without_discriminator_is_a_generator_alone():
    alone = {k: v for k, v in file_of(NAME).items() if k.startswith("GAN/GE.")}
    found = recognise(alone, {})
    assert found.d is None
    with pytest.raises(ConfigError, match="no discriminator"):
        build_discriminator(found.config)


def test_a_discriminator_of_another_kind_is_left_out_with_a_note():
    other = file_of(NAME) | {"GAN/D.something.weight": torch.zeros(3)}
    found = recognise(other, {})
    assert found.d is None
    assert found.config.d_widths == ()
    assert "discriminator" in found.notes[0]


def test_a_blur_that_is_not_ours_is_refused():
    name = "0.20.8-256-1"
    key = "GAN/GE.layers.0.0.1.f"
    with pytest.raises(WeightsError, match=r"layers\.0\.0\.1\.f must be the blur"):
        recognise(file_of(name) | {key: torch.tensor([1.0, 3.0, 1.0])}, {})


@pytest.mark.slow
def test_it_is_kept_loaded_and_walked_like_ours(found, tmp_path):
    g, d = ours(found)
    config = WeightsConfig(name="x", model=found.config)
    save_weights(tmp_path / "x", config, g, d)
    loaded = load(tmp_path / "x")
    z = torch.randn(3, g.z_dim, generator=torch.Generator().manual_seed(0))
    x = render(loaded.generator, z)
    assert torch.equal(x, render(g, z))
    torch.testing.assert_close(render(g, z[1:2]), x[1:2], atol=1e-6, rtol=0)
    assert len(sefa_directions(loaded.generator, count=3)) == 3
    layers = activations(g, Points(z[:1]))
    assert [layer.kind for layer in layers].count("up") == 5
    assert layers[-1].maps.shape == (3, 128, 128)
    assert export(loaded, to="onnx").difference < 1e-5
    assert loaded.discriminator is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"g_widths": (8, 8)},
        {"d_widths": (8,)},
        {"d_widths": (3,) + (8,) * 9},
        {"attention": (256,)},
        {"g_widths": (16, 16, 16, 16, 4000)},
        {"g_widths": (4096, 16, 16, 16, 16), "z_dim": 1024},
    ],
)
def test_a_config_that_cannot_be_is_refused_before_it_is_built(found, wrong):
    with pytest.raises(ConfigError):
        build_discriminator(replace(found.config, **wrong))
