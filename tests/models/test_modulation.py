"""Noise and class scale and shift each layer of G: the formula by hand, and who else meets it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.config import ModelConfig, WeightsConfig
from gan.data import DataShape
from gan.errors import ConfigError
from gan.latent.directions import sefa_directions
from gan.latent.inside import activations
from gan.latent.points import from_seeds
from gan.models import Generator, seeded_build
from gan.presets import resolve_widths, run_config
from gan.schema import from_json
from gan.settings import apply_settings, is_idle

SHAPE = DataShape(28, 1, tuple("abcdefghij"))


def config(preset: str = "fashion", **settings: object) -> ModelConfig:
    shape = SHAPE._replace(resolution=8) if preset == "digits-drift" else SHAPE
    chosen = apply_settings(run_config(preset, shape, data="own"), {"modulation": True, **settings})
    return resolve_widths(chosen).model


def modulated(model: ModelConfig, *, trained: bool = True) -> Generator:
    g = seeded_build(model, 3)[0]
    draw = torch.Generator().manual_seed(5)
    for name, parameter in g.named_parameters():
        if trained and (name.startswith("main") or "map" in name):  # as if it had been trained
            size = {2: 0.02, 4: 0.03}.get(parameter.ndim, 0.1)  # so that few pixels are white
            parameter.data = size * torch.randn(parameter.shape, generator=draw) + (
                parameter.ndim == 1
            )
    return g.eval()


def by_hand(g: Generator, z: Tensor, label: int) -> Tensor:
    """Family conv at 28 px, from the weights alone; Chen et al. 2019, equation 2, without a hidden
    layer: (1 + 4 W w) * bn(h) + 4 V w, 4 being what RESULTS.md found best."""
    s = g.state_dict()
    w = torch.cat([z, s["condition.embed.weight"][label].expand(len(z), -1)], dim=1)
    h = (w @ s["to_map.weight"].T + s["to_map.bias"]).view(len(z), 48, 7, 7)
    ups = {3: 1, 7: 0, 11: 0, 15: 1}  # which of `main` double
    for at in (0, 4, 8, 12):
        h = F.batch_norm(
            h, s[f"main.{at}.running_mean"], s[f"main.{at}.running_var"],
            s[f"main.{at}.weight"], s[f"main.{at}.bias"],
        )  # fmt: skip
        asked = 4 * (w @ s[f"main.{at + 1}.weight"].T).view(len(z), 2, -1, 1, 1)
        h = F.relu((1 + asked[:, 0]) * h + asked[:, 1])
        kernel, bias = s[f"main.{at + 3}.weight"], s.get(f"main.{at + 3}.bias")
        if ups[at + 3]:
            h = F.conv_transpose2d(h, kernel, bias, stride=2, padding=1)
        else:
            h = F.conv2d(h, kernel, bias, padding=1)
    return h.tanh()


def test_the_picture_is_the_papers_formula():
    g = modulated(config())
    z = torch.randn(3, 64, generator=torch.Generator().manual_seed(1))
    labels = torch.full((3,), 4)
    with torch.no_grad():
        assert torch.allclose(g(z, labels), by_hand(g, z, 4), atol=1e-5)
        mixed = F.one_hot(labels, 10).float()
        assert torch.allclose(g(z, mixed), g(z, labels), atol=1e-6)


@pytest.mark.parametrize("preset", ["fashion", "vae", "digits-drift"])
def test_it_begins_as_without_and_every_layer_learns(preset):
    """Same first weights of G and of what is trained beside it, same first pictures."""
    model = config(preset)
    (g, second), (plain, plain_second) = (
        seeded_build(m, 3) for m in (model, replace(model, modulation=False))
    )
    z, labels = torch.randn(4, g.z_dim), torch.arange(4) if model.classes else None
    x = g(z, labels)
    assert torch.equal(x, plain(z, labels))
    if second is not None:
        ours, theirs = second.state_dict(), plain_second.state_dict()
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    x.square().sum().backward()
    added = [p for name, p in g.named_parameters() if p.ndim == 2 and name.startswith("main")]
    assert len(added) == len(model.g_widths)
    assert all(p.grad.abs().max() > 0 for p in added)


def test_noise_reaches_the_later_layers_by_itself():
    g = modulated(config())
    g.to_map.weight.data.zero_()
    z = torch.randn(2, 64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        a, b = g(z, torch.zeros(2, dtype=torch.long))
        assert (a - b).abs().max() > 0.01


def test_it_is_no_stage_of_its_own_to_look_inside_and_no_first_layer_to_sefa():
    g, plain = modulated(config()), seeded_build(replace(config(), modulation=False), 3)[0]
    ours, theirs = (activations(net.eval(), from_seeds(net, [0])) for net in (g, plain))
    assert [(a.kind, a.name) for a in ours] == [(b.kind, b.name) for b in theirs]
    assert all(layer.maps.min() == 0 for layer in ours[:-1])  # after ReLU, so after modulation
    a = g.to_map.weight.detach()[:, :64].double()
    largest = torch.linalg.eigh(a.T @ a).eigenvectors[:, -1]
    assert abs(float(sefa_directions(g, count=1)[0].vector.double() @ largest)) > 0.999


def test_other_families_refuse_it_and_the_form_says_that_it_does_nothing_there():
    shapes = {"fashion-mlp": SHAPE, "dcgan": SHAPE, "ring": DataShape(1, 2, ())}
    for preset, shape in shapes.items():
        plain = run_config(preset, shape, data="own")
        assert is_idle(plain, "modulation")
        with pytest.raises(ConfigError, match="conv or vae or drift") as caught:
            apply_settings(plain, {"modulation": True})
        assert caught.value.field == "modulation"
    assert not is_idle(run_config("fashion", SHAPE, data="own"), "modulation")


def test_weights_from_before_it_have_none():
    old = {"format": "gan-atelier/1", "model": {"family": "conv", "g_widths": [8], "d_widths": [8]}}
    assert not from_json(WeightsConfig, old).model.modulation


@pytest.mark.parametrize("family", ["mlp", "dcgan", "rnn", "flow"])
def test_another_family_of_a_modulated_preset_is_not_modulated_unless_asked(family):
    fashion = run_config("fashion", SHAPE, data="own")
    assert fashion.model.modulation
    assert not apply_settings(fashion, {"family": family}).model.modulation
    with pytest.raises(ConfigError):
        apply_settings(fashion, {"family": family, "modulation": True})
