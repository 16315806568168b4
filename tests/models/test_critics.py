"""D of several critics: each remedy does what it claims, in every family and together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import avg_pool2d

from gan.config import ModelConfig, RunConfig
from gan.families import default_widths, layer_counts, layers_of
from gan.models import (
    build_discriminator,
    build_generator,
    keep_weights,
    seeded_build,
    seeded_discriminator,
)
from gan.models.critic import Head, minibatch_std, pack, pack_labels
from gan.presets import DataShape, resolve_widths, run_config
from gan.schema import from_json

FAMILIES = ("mlp", "conv", "dcgan")
EVERYTHING = {
    "d_count": 2, "d_scales": 2, "packing": 2, "minibatch_std": True, "spectral_norm": True,
    "aux_classes": True,
}  # fmt: skip


def shape(family: str = "conv", **settings: object) -> ModelConfig:
    model = ModelConfig(family=family, resolution=16, classes=3, z_dim=8)
    return resolve_widths(RunConfig(preset="x", model=replace(model, **settings))).model


def images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, 1, 16, 16, generator=generator) * 2 - 1, torch.arange(count) % 3


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("settings", [{k: v} for k, v in EVERYTHING.items()] + [EVERYTHING])
def test_every_structure_is_a_discriminator_of_the_protocol(family, settings):
    d = build_discriminator(shape(family, **settings)).eval()
    for count in (1, 5, 8):  # counts that packs and groups do not divide, too
        assert d(*images(count)).shape == (count,)
    judged = d.outputs(*images(8))
    critics = settings.get("d_count", 1) * settings.get("d_scales", 1)
    assert judged.logits.shape == (critics, 8 // settings.get("packing", 1))
    if settings.get("aux_classes"):
        assert judged.classes.shape == (critics, 8, 3)


def test_the_first_critic_is_the_one_that_would_be_alone():
    alone, several = (seeded_build(shape(d_count=n), 4)[1].eval() for n in (1, 3))
    judged = several.outputs(*images(4)).logits
    assert torch.equal(judged[0], alone(*images(4)))
    assert not torch.allclose(judged[0], judged[1])
    assert torch.allclose(several(*images(4)), judged.mean(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_second_scale_sees_the_image_averaged_two_by_two(family):
    d = build_discriminator(shape(family, d_scales=3)).eval()
    x, labels = images(4)
    judged = d.outputs(x, labels).logits
    for scale in (1, 2):
        critic = d.members[f"{scale}-0"]
        small = avg_pool2d(x, 2**scale)
        assert torch.equal(judged[scale], critic(small, labels))
        assert small.shape[-1] == 16 >> scale


def test_packing_lays_neighbours_over_one_another():
    x = torch.arange(6.0).view(6, 1, 1, 1)
    assert pack(x, 2).flatten(1).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert pack(x, 4).flatten(1).tolist() == [[0, 1, 2, 3], [4, 5, 0, 1]]  # filled up
    assert pack_labels(torch.arange(3), 2).tolist() == [[0, 1], [2, 0]]


def test_a_pack_has_one_logit_that_all_its_images_decide():
    d = build_discriminator(shape(packing=2)).eval()
    x, labels = images(4)
    logits = d(x, labels)
    assert logits[0] == logits[1] != logits[2]
    for i in (0, 1):
        changed = x.clone()
        changed[i] = 0
        assert d(changed, labels)[0] != logits[0]
        assert d(changed, labels)[2] == logits[2]


def test_classes_of_a_pack_are_told_apart_by_their_places():
    head = Head(5, 3, packing=2)
    h = torch.ones(1, 5)
    one, other = head(h, torch.tensor([[0, 1]]))[0], head(h, torch.tensor([[1, 0]]))[0]
    assert one != other
    weights = torch.tensor([[[1.0, 0, 0], [0, 1.0, 0]]])  # the same classes, as weights
    assert torch.allclose(head(h, weights)[0], one)


def test_minibatch_std_is_the_mean_spread_of_each_group():
    h = torch.tensor([[0.0, 0], [2, 4], [0, 0], [2, 4], [1, 1], [1, 1], [1, 1], [1, 1]])
    expected = torch.tensor([1.5] * 4 + [1e-4] * 4)[:, None]  # mean of std 1 and std 2; none
    assert torch.allclose(minibatch_std(h), expected, atol=1e-4)
    threes = (2**0.5 / 3 + 2**0.5) / 2  # of (2, 1, 1) and (4, 1, 1)
    assert minibatch_std(h[:6]).flatten()[3:].tolist() == pytest.approx([threes] * 3, 1e-3)
    assert minibatch_std(h[:1]).item() < 1e-3


def test_minibatch_std_lets_d_see_that_samples_are_alike():
    d = build_discriminator(shape("mlp", minibatch_std=True, classes=0)).eval()
    x, _ = images(4)
    different, same = d(x), d(x[:1].expand(4, -1, -1, -1))
    assert different[0] != same[0]  # of the very same image


@pytest.mark.parametrize("family", FAMILIES)
def test_spectral_norm_makes_the_largest_gain_of_every_layer_one(family):
    d = build_discriminator(shape(family, spectral_norm=True, aux_classes=True))
    for _ in range(40):
        d(*images(2))  # each pass refines the estimate
    d.eval()
    weights = [m.weight for m in d.modules() if hasattr(m, "parametrizations")]
    assert len(weights) >= 4
    for weight in weights:
        gain = torch.linalg.matrix_norm(weight.detach().flatten(1), 2).item()
        assert gain == pytest.approx(1.0, abs=0.05)


def test_a_rebuilt_d_keeps_every_weight_that_fits():
    old = seeded_discriminator(shape(), 1)
    more = seeded_discriminator(shape(d_count=2, minibatch_std=True), 2)
    kept, count = keep_weights(old, more)
    names = old.state_dict().keys()
    assert kept == len(names)
    assert all(
        torch.equal(more.state_dict()[f"members.0-0.{n}"], old.state_dict()[n]) for n in names
    )
    assert count > 2 * kept
    packed = seeded_discriminator(shape(packing=2), 2)
    kept, count = keep_weights(old, packed)
    assert count - kept == 2  # the first layer sees twice the channels, classes have two places


def test_a_spectral_norm_put_on_and_taken_off_gives_weights_that_act():
    old = seeded_discriminator(shape(), 1).eval()
    normal = seeded_discriminator(shape(spectral_norm=True), 2)
    kept, count = keep_weights(old, normal)
    assert kept == count == len(old.state_dict())
    plain = seeded_discriminator(shape(), 3).eval()
    keep_weights(normal.eval(), plain)
    assert torch.allclose(plain(*images(3)), normal(*images(3)), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("resolution", [8, 28, 64])
def test_width_and_depth_resolve_into_networks_that_build(family, resolution):
    sizes = {}
    for name, change in {
        "own": {}, "narrow": {"width": 0.5}, "deep": {"depth": 1}, "shallow": {"depth": -1},
    }.items():  # fmt: skip
        config = RunConfig(preset="x", model=ModelConfig(family=family, resolution=resolution))
        model = resolve_widths(replace(config, model=replace(config.model, **change))).model
        g, d = build_generator(model).eval(), build_discriminator(model).eval()
        x = g(torch.zeros(1, 64))
        assert d(x).shape == (1,)
        sizes[name] = sum(p.numel() for p in [*g.parameters(), *d.parameters()])
        if change.get("width"):
            own = default_widths(family, resolution)[0]
            assert model.g_widths == tuple(max(1, round(w / 2)) for w in own)
    assert sizes["narrow"] < sizes["own"]
    if resolution > 8:
        assert sizes["deep"] > sizes["own"] >= sizes["shallow"]


@pytest.mark.parametrize("family", ["conv", "dcgan"])
@pytest.mark.parametrize("convs", [0, 1, 3])
def test_layers_are_read_from_widths(family, convs):
    assert layers_of(family, 32, (1,) * layer_counts(family, 32)[convs]) == convs


@pytest.mark.parametrize("packing", [1, 2])
def test_both_class_heads_begin_as_large_and_plain_learns_as_fast_as_the_logit(packing: int):
    """Adam's first step is the rate whatever the gradient's size; so is the logit's change then."""
    features, classes, rate = 400, 5, 0.01
    h = torch.randn(256, features, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(256 * packing).reshape(256, packing).squeeze(1) % classes
    begun, moved = {}, {}
    for kind in ("scaled", "plain"):
        head = Head(features, classes, packing=packing, class_head=kind)
        before = head(h, labels)[0]
        begun[kind] = (before - head.linear(h).squeeze(1)).std().item()
        head.linear.requires_grad_(False)
        before.mean().backward()
        torch.optim.Adam([head.embed.weight], lr=rate).step()
        moved[kind] = (head(h, labels)[0] - before).abs().mean().item()
    # a sum of F products of N(0, 1), by the root of F
    assert begun == pytest.approx({"scaled": 1, "plain": 1}, rel=0.25)
    # each of F numbers of an embedding moves by the rate, at every position of a pack
    assert moved["plain"] / moved["scaled"] == pytest.approx((features * packing) ** 0.5, rel=1e-3)


def test_a_file_from_before_the_plain_head_has_the_scaled_one():
    old = from_json(ModelConfig, {"family": "conv", "classes": 10})
    assert old.class_head == "scaled"
    new = run_config("fashion", DataShape(28, 1, ("a", "b")), data="fashion")
    assert new.model.class_head == "plain"
