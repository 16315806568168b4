"""Chains of layers: the grammar, the arithmetic, and that they are what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from gan.checkpoint import Weights, load, save_weights
from gan.config import PortedConfig, WeightsConfig
from gan.errors import ConfigError, WeightsError
from gan.export import FORMATS, TOLERANCE, export
from gan.latent.directions import sefa_directions
from gan.models import build_discriminator, build_generator, parameter_count
from gan.models.ported.chain import KINDS, steps_of
from gan.schema import from_json, to_json
from tests.ported import CHAINS, MAPS, UNITS, drawn_discriminator, drawn_generator

EVERY_LAYER = (
    "linear 8 64 bias", "bn 64", "relu", "reshape 4 4 4", "upsample 2", "conv 4 6 k3 s1 p1 bias",
    "bn 6 eps 0.001", "leaky 0.1", "deconv 6 3 k3 s2 p1 o1 bias", "sigmoid", "signed",
)  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_keeps_the_protocol(name):
    config = CHAINS[name]
    g, d = drawn_generator(config), drawn_discriminator(config)
    z = torch.randn(3, g.z_dim, generator=torch.Generator().manual_seed(0))
    x = g(z)
    assert x.shape == (3, *g.image_shape) == (3, config.channels, *[config.resolution] * 2)
    assert x.abs().max() <= 1
    assert x.std() > 0.05
    assert torch.equal(g.mapping(z), z)
    assert torch.equal(g.mean_w(2), torch.zeros(2, g.z_dim))
    assert d(x).shape == (3,)
    assert d.mixes_batch is (name == "maps")


def test_every_layer_does_what_torch_does():
    config = PortedConfig(
        architecture="chain", resolution=16, channels=3, z_dim=8, g_layers=EVERY_LAYER
    )
    g = drawn_generator(config)
    reference = nn.Sequential(
        nn.Linear(8, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Unflatten(1, (4, 4, 4)),
        nn.Upsample(scale_factor=2), nn.Conv2d(4, 6, 3, 1, 1), nn.BatchNorm2d(6, eps=1e-3),
        nn.LeakyReLU(0.1), nn.ConvTranspose2d(6, 3, 3, 2, 1, 1), nn.Sigmoid(),
    ).eval()  # fmt: skip
    reference.load_state_dict({k.removeprefix("layers."): v for k, v in g.state_dict().items()})
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(1))
    assert torch.equal(g(z), 2 * reference(z) - 1)


@pytest.mark.parametrize(("word", "expected"), [("sum", 48.0), ("mean", 3.0)])
def test_a_map_becomes_its_sum_or_its_mean(word, expected):
    config = replace(UNITS, resolution=4, g_layers=("linear 10 16", "tanh", "reshape 1 4 4"))
    d = build_discriminator(replace(config, d_layers=(word,)))
    assert d(torch.full((2, 1, 4, 4), 3.0)).tolist() == [expected] * 2


MORE_LAYERS = (
    "linear 8 64 bias", "layernorm 64", "silu", "reshape 16 2 2", "shuffle 2", "prelu 4",
    "upsample 2 bilinear", "instance 4", "elu", "conv 4 4 k3 s1 p1 bias", "selu", "crop 7", "gelu",
    "prelu 1", "softplus", "deconv 4 3 k4 s2 p1", "clip",
)  # fmt: skip


def test_every_further_layer_does_what_torch_does():
    config = PortedConfig(
        architecture="chain", resolution=14, channels=3, z_dim=8, g_layers=MORE_LAYERS
    )
    g = drawn_generator(config)
    reference = nn.ModuleList([
        nn.Linear(8, 64), nn.LayerNorm(64), nn.SiLU(), nn.Unflatten(1, (16, 2, 2)),
        nn.PixelShuffle(2), nn.PReLU(4), nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.InstanceNorm2d(4, affine=True), nn.ELU(), nn.Conv2d(4, 4, 3, 1, 1), nn.SELU(),
        nn.Identity(), nn.GELU(), nn.PReLU(), nn.Softplus(),
        nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), nn.Hardtanh(),
    ]).eval()  # fmt: skip
    reference.load_state_dict({k.removeprefix("layers."): v for k, v in g.state_dict().items()})
    z = h = torch.randn(4, 8, generator=torch.Generator().manual_seed(1))
    for index, layer in enumerate(reference):
        h = h[:, :, :7, :7] if index == 11 else layer(h)
    assert torch.equal(g(z), h)


LABELLED = {
    "one-hot behind": ({"z_dim": 5, "label_at": 5}, lambda z, y, e: torch.cat([z, y], 1)),
    "one-hot before": ({"z_dim": 5, "label_at": 0}, lambda z, y, e: torch.cat([y, z], 1)),
    "one-hot within": (
        {"z_dim": 5, "label_at": 3}, lambda z, y, e: torch.cat([z[:, :3], y, z[:, 3:]], 1)
    ),
    "table before": (
        {"z_dim": 5, "label_width": 3, "label_at": 0}, lambda z, y, e: torch.cat([y @ e, z], 1)
    ),
    "table times": (
        {"z_dim": 8, "label_width": 8, "label_join": "multiply"}, lambda z, y, e: z * (y @ e)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LABELLED)
def test_a_label_meets_z_where_the_config_says(name):
    settings, meets = LABELLED[name]
    config = PortedConfig(
        architecture="chain", resolution=4, channels=1, classes=3, **settings,
        g_layers=("linear 8 16", "tanh", "reshape 1 4 4"),
    )  # fmt: skip
    g = drawn_generator(config)
    z = torch.randn(6, config.z_dim, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(6) % 3
    table = None if g.embed is None else g.embed.weight
    wanted = meets(z, torch.eye(3)[labels], table) @ g.layers[0].weight.T
    assert torch.allclose(g(z, labels).flatten(1), wanted.tanh(), atol=1e-6)
    assert torch.allclose(g(z, torch.eye(3)[labels]), g(z, labels), atol=1e-6)


@pytest.mark.parametrize(("noise", "low", "high"), [("uniform", -1, 1), ("unit", 0, 1)])
def test_noise_that_was_uniform_is_made_from_ours(noise, low, high):
    g = drawn_generator(replace(UNITS, noise=noise))
    z = torch.randn(4000, 10, generator=torch.Generator().manual_seed(1))
    w = g.mapping(z).flatten()
    parts = torch.histc(w, 8, low, high) / len(w)
    assert torch.allclose(parts, torch.full((8,), 1 / 8), atol=0.01)


def test_every_word_of_the_grammar_is_tried_here():
    others = (*MORE_LAYERS, *MAPS.g_layers, *UNITS.d_layers, "sum", "mean")
    tried = {t.split()[0] for t in (*EVERY_LAYER, *others)}
    assert tried == set(KINDS)


def test_parameters_are_counted_before_anything_is_built():
    assert parameter_count(UNITS) == (10 * 16 + 16) + 32 + (16 * 64 + 64) + (64 * 8 + 8) + 9
    assert parameter_count(replace(UNITS, d_layers=())) == 176 + 32 + 1088


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ((), "nothing"),
        (("gru 3",), "no layer 'gru'"),
        (("linear 10 64 bias ", "tanh"), "written as"),
        (("linear ١٠ 64", "tanh"), "written as"),
        (("linear 9 64", "tanh"), "must take 10 units"),
        (("linear 10 64", "tanh"), "they give 64 units"),
        (("linear 10 64", "reshape 1 8 8"), "must end in tanh"),
        (("linear 10 64", "sigmoid", "reshape 1 8 8"), "must end in tanh"),
        (("linear 10 64", "tanh", "relu", "reshape 1 8 8"), "must end in tanh"),
        (("linear 10 64", "reshape 1 9 8"), "must take 64 units"),
        (("deconv 10 1 k8 s0 p0", "tanh"), "must take"),
        (("deconv 10 1 k0 s1 p0", "tanh"), "must take"),
        (("deconv 10 1 k4 s2 p0 o2", "tanh"), "must take"),
        (("deconv 10 1 k2 s1 p5", "tanh"), "must take"),
        (("linear 10 64", "conv 64 1 k3 s1 p1", "tanh"), "must take 64 units"),
        (("deconv 10 1 k8 s1 p0", *["upsample 2"] * 8, "tanh"), "1024 px"),
        (("linear 10 9999999", "linear 9999999 64", "tanh", "reshape 1 8 8"), "parameters"),
        (("deconv 10 9999 k8 s1 p0", *["upsample 2"] * 5), "values an image"),
        (
            ("deconv 10 64 k8 s1 p0", *["upsample 2"] * 7, *["conv 64 64 k9 s1 p4"] * 2),
            "multiplications",
        ),
        (
            ("deconv 10 63 k8 s1 p0", *["upsample 2"] * 7, *["relu"] * 9, "tanh"),
            "268,435,456 values",
        ),
    ],
)
def test_layers_that_make_no_sense_are_refused_by_arithmetic(layers, says):
    with pytest.raises(ConfigError, match=says) as caught:
        build_generator(replace(UNITS, g_layers=layers, d_layers=()))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("layers", [("flatten",), ("conv 1 2 k8 s1 p0",), ("conv 1 1 k3 s1 p1",)])
def test_a_discriminator_must_end_in_one_number(layers):
    with pytest.raises(ConfigError, match="one number"):
        build_discriminator(replace(UNITS, d_layers=layers))


def test_a_model_without_a_discriminator_has_none():
    with pytest.raises(ConfigError, match="no discriminator"):
        build_discriminator(replace(UNITS, d_layers=()))


def test_sizes_follow_from_arithmetic_alone():
    shapes = [step.after for step in steps_of(MAPS.g_layers, (12, 1, 1)) if step.word == "deconv"]
    assert shapes == [(10, 3, 3), (8, 5, 5), (6, 12, 12), (4, 24, 24)]


@pytest.mark.parametrize("with_d", [True, False])
def test_a_weights_folder_gives_back_the_same_pictures(tmp_path, with_d):
    config = WeightsConfig(model=MAPS if with_d else replace(MAPS, d_layers=()))
    g = drawn_generator(MAPS)
    d = drawn_discriminator(MAPS) if with_d else None
    save_weights(tmp_path / "m", config, g, d)
    weights = load(tmp_path / "m")
    z = torch.randn(2, 12, generator=torch.Generator().manual_seed(0))
    assert weights.config == config == from_json(WeightsConfig, to_json(config))
    assert torch.equal(weights.generator(z), g(z))
    assert weights.image_shape == (4, 24, 24)
    assert (weights.discriminator is None) is not with_d
    if d is not None and weights.discriminator is not None:
        assert torch.equal(weights.discriminator(g(z)), d(g(z)))


def test_a_folder_whose_config_names_other_widths_is_refused(tmp_path):
    g = drawn_generator(UNITS)
    layers = tuple(t.replace("16", "17") for t in UNITS.g_layers)
    save_weights(tmp_path / "m", WeightsConfig(model=replace(UNITS, g_layers=layers)), g)
    with pytest.raises(WeightsError, match=r"must be \[17"):
        load(tmp_path / "m")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's tracer, on its way out
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_exported_exactly(tmp_path, name, to):
    config = WeightsConfig(model=CHAINS[name])
    weights = Weights("x", tmp_path, config, drawn_generator(CHAINS[name]), None, "0" * 64)
    assert export(weights, to=to).difference <= TOLERANCE


@pytest.mark.parametrize("name", CHAINS)
def test_sefa_finds_the_first_weights_that_meet_z(name):
    g = drawn_generator(CHAINS[name])
    weight = g.layers[0].weight
    a = weight.flatten(1).T if name == "maps" else weight  # (outputs, z_dim)
    vectors = torch.linalg.svd(a.double(), full_matrices=False).Vh
    found = torch.stack([d.vector for d in sefa_directions(g, count=5)]).double()
    assert torch.allclose((found * vectors[:5]).sum(1).abs(), torch.ones(5).double(), atol=1e-5)
