"""Every layout of others: told by keys and shapes, and drawing what its own code draws."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from gan.errors import GanError, HubError, WeightsError
from gan.hub.layouts import LAYOUTS, Recognised, recognise
from gan.hub.layouts.chains import SIGNED
from gan.hub.layouts.plain import PLAIN
from gan.models import build_discriminator, build_generator
from tests.hub.references import CASES, Named, dcgan, dcgan_critic, deconvs, drawn, maps, settle

ATOL = 1e-6


def noise(count: int, size: int) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(0))


@cache
def reference_of(name: str) -> tuple[nn.Module, nn.Module | None]:
    case = CASES[name]
    g = drawn(case.build())
    settle(g, maps(noise(4, case.z_dim)) if case.as_maps else noise(4, case.z_dim))
    if case.critic is None:
        return g, None
    d = drawn(case.critic(), 2)
    settle(d, noise(4, case.image[0] * case.image[1] ** 2).view(4, *case.image))
    return g, d


def built(found: Recognised) -> tuple[nn.Module, nn.Module | None]:
    g = build_generator(found.config)
    g.load_state_dict(found.g, strict=True)
    if found.d is None:
        return g.eval(), None
    d = build_discriminator(found.config)
    d.load_state_dict(found.d, strict=True)
    return g.eval(), d.eval()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@torch.no_grad()
def test_a_layout_draws_what_its_own_code_draws(name):
    case = CASES[name]
    g, d = reference_of(name)
    tensors = {f"G/{k}": v for k, v in g.state_dict().items()}
    if d is not None:
        tensors |= {f"D/{k}": v for k, v in d.state_dict().items()}
    found = recognise(tensors, {}, answers=case.answers)
    ours, our_d = built(found)
    z = noise(3, case.z_dim)
    x = g(maps(z) if case.as_maps else z)
    assert found.layout == case.layout
    assert ours.image_shape == case.image
    assert ours.z_dim == case.z_dim
    assert x.std() > 0.02
    assert torch.allclose(ours(z), x, atol=ATOL)
    assert (our_d is None) is (d is None)
    if d is not None and our_d is not None:
        wanted = d(x).flatten()
        assert wanted.std() > 0
        assert torch.allclose(our_d(x), wanted, atol=1e-5 * float(wanted.abs().max()))


# names that say nothing of the order are read in the file's alone
IN_ORDER = [n for n in CASES if n != "norms declared last" and not n.startswith("linear first")]


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_ORDER)
@torch.no_grad()
def test_tensors_may_be_sorted_by_name(name):
    """As safetensors has them."""
    g, _ = reference_of(name)
    shuffled = dict(sorted(g.state_dict().items()))
    ours, _ = built(recognise(shuffled, {}, answers=CASES[name].answers))
    z = noise(2, CASES[name].z_dim)
    assert torch.allclose(ours(z), g(maps(z) if CASES[name].as_maps else z), atol=ATOL)


WRAPPINGS = {
    "bare": lambda sd: sd,
    "DataParallel": lambda sd: {f"module.{k}": v for k, v in sd.items()},
    **{
        name: lambda sd, name=name: {f"{name}/{k}": v for k, v in sd.items()}
        for name in (
            "state_dict", "model_state_dict", "generator", "G", "netG", "g_ema", "params_ema",
            "G_state_dict", "generator_state_dict", "modelG",
        )
    },
    "both": lambda sd: {f"state_dict/module.{k}": v for k, v in sd.items()},
    "deep": lambda sd: {f"model/generator/state_dict/module.{k}": v for k, v in sd.items()},
    "a prefix": lambda sd: {f"netG.{k}": v for k, v in sd.items()},
}  # fmt: skip


OTHERS = {"optimizer/state/0/exp_avg": torch.ones(3), "step": torch.ones(())}


@pytest.mark.slow
@torch.no_grad()
def test_wrapped_state_dicts_are_unwrapped():
    g = drawn(dcgan(width=2))
    wanted = g(maps(noise(2, 100)))
    for name, wrap in WRAPPINGS.items():
        tensors = wrap(g.state_dict())
        if "/" in next(iter(tensors)) and name != "G":  # one has nothing beside it
            tensors |= OTHERS
        found = recognise(tensors, {})
        assert (found.layout, found.d) == ("dcgan", None), name
        assert torch.allclose(built(found)[0](noise(2, 100)), wanted, atol=ATOL), name


@torch.no_grad()
def test_averaged_weights_are_preferred():
    g, ema = drawn(dcgan(width=2), 1), drawn(dcgan(width=2), 7)
    tensors = {f"g/{k}": v for k, v in g.state_dict().items()}
    tensors |= {f"g_ema/{k}": v for k, v in ema.state_dict().items()}
    z = noise(2, 100)
    assert torch.allclose(built(recognise(tensors, {}))[0](z), ema(maps(z)), atol=ATOL)


def test_half_precision_is_widened():
    g = drawn(dcgan(width=2))
    half = {k: v.half() if v.is_floating_point() else v for k, v in g.state_dict().items()}
    found = recognise(half, {})
    assert {t.dtype for t in found.g.values()} == {torch.float32, torch.int64}
    assert found.g["layers.0.weight"].equal(half["main.0.weight"].float())


def test_old_files_without_a_count_of_batches_are_read():
    g = drawn(dcgan(width=2))
    old = {k: v for k, v in g.state_dict().items() if "num_batches" not in k}
    assert len(old) < len(g.state_dict())
    built(recognise(old, {}))


@torch.no_grad()
def test_a_discriminator_of_its_own_file_comes_along():
    g, d = drawn(dcgan(width=2)), drawn(dcgan_critic(width=2), 2)
    alone = {f"module.{k}": v for k, v in d.state_dict().items()}
    found = recognise(g.state_dict(), {}, d_tensors=alone)
    x = g(maps(noise(3, 100)))
    our_d = built(found)[1]
    assert our_d is not None
    assert torch.allclose(our_d(x), d(x).flatten(), atol=1e-5)


@pytest.mark.slow
def test_a_discriminator_of_an_unknown_kind_is_left_out_and_the_generator_loads():
    tensors = {f"G/{k}": v for k, v in drawn(dcgan(width=2)).state_dict().items()}
    for strange in (
        {"D/gru.weight_ih_l0": torch.ones(3, 3)},
        {"D/c.weight": torch.ones(5, 3, 4, 4)},
    ):
        found = recognise(tensors | strange, {})
        assert found.d is None
        assert found.config.d_layers == ()
        assert any("left out" in note for note in found.notes)


def test_a_spectral_norm_without_its_vectors_is_left_out_with_its_discriminator():
    tensors = {f"G/{k}": v for k, v in drawn(dcgan(width=2)).state_dict().items()}
    tensors |= {"D/main.0.weight_orig": torch.ones(1, 3, 64, 64)}
    assert recognise(tensors, {}).d is None


def test_a_discriminator_alone_gets_a_sentence():
    with pytest.raises(WeightsError, match="discriminator alone"):
        recognise({f"netD/{k}": v for k, v in drawn(dcgan_critic()).state_dict().items()}, {})


def test_what_was_assumed_is_noted():
    assert any(
        "assumed" in n
        for n in recognise(drawn(CASES["units in colour"].build()).state_dict(), {}).notes
    )


UNKNOWN = {
    "nothing": {},
    "a transformer": {"encoder.self_attn.in_proj_weight": torch.ones(3, 3), "x": torch.ones(2)},
    "markup": {"<img src=x onerror=alert(1)>\n\x1b[31m" + "y" * 5000: torch.ones(2)},
    "a classifier": {"conv1.weight": torch.ones(8, 3, 3, 3), "fc.weight": torch.ones(10, 8)},
    "not square": dict(Named("g", *deconvs([9, 8, 3], [(4, 1, 0), (4, 2, 1)])).state_dict())
    | {"g.0.weight": torch.ones(9, 8, 4, 3)},
    "two channels": Named("g", *deconvs([9, 8, 2], [(4, 1, 0), (4, 2, 1)])).state_dict(),
    "no picture": {"a.weight": torch.ones(70, 10), "a.bias": torch.ones(70)},
    "too large": Named(
        "g", *deconvs([4, *[2] * 9, 3], [(4, 1, 0), *[(4, 2, 1)] * 9])
    ).state_dict(),
    "widths that do not follow": {
        "a.weight": torch.ones(9, 8, 4, 4), "b.weight": torch.ones(7, 3, 4, 4),
    },
    "conditional StudioGAN": {
        "linear0.weight": torch.ones(1024, 128),
        "blocks.0.0.deconv0.weight": torch.ones(64, 8, 4, 4),
        "blocks.0.0.bn0.embed0.weight": torch.ones(10, 8), "conv4.weight": torch.ones(3, 8, 3, 3),
    },
    "complex": {"a.weight": torch.ones(4, 4, dtype=torch.complex64)},
    "sparse": {"a.weight": torch.ones(4, 4).to_sparse()},
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_knows_gets_one_bounded_plain_sentence(name):
    with pytest.raises((HubError, WeightsError)) as caught:
        recognise(UNKNOWN[name], {})
    text = str(caught.value)
    assert len(text) < 1500
    assert text.isprintable()
    assert not set("<>`") & set(text)


NAMES = ("a", "a.b", "", ".", "..", "/", "a/b", "G/x", "weight", "x.weight", "0.running_var")


def mutated(tensors: dict[str, Tensor], draw: random.Random) -> dict[str, Tensor]:
    """A file that somebody damaged: tensors gone, of other shapes, under other names, empty."""
    out = dict(tensors)
    for _ in range(draw.randint(1, 3)):
        name = draw.choice(list(out))
        tensor = out[name]
        how = draw.randrange(6)
        if how == 0 and len(out) > 1:
            del out[name]
        elif how == 1:
            out[name] = torch.ones([draw.randint(0, 5) for _ in range(draw.randint(0, 5))])
        elif how == 2:
            out[draw.choice(NAMES)] = tensor
        elif how == 3 and tensor.dim() > 1:
            out[name] = tensor.transpose(0, 1)
        elif how == 4 and tensor.dim():
            out[name] = tensor[:0]
        else:
            out = {("D/" if draw.random() < 0.3 else "") + k: v for k, v in out.items()}
    return out


def test_a_damaged_file_gives_a_model_or_a_sentence():
    draw = random.Random(0)
    files = [drawn(case.build()).state_dict() for case in CASES.values()]
    told: list[Exception] = []
    for _ in range(80):
        try:
            built(recognise(mutated(draw.choice(files), draw), {}))
        except (GanError, RuntimeError) as error:
            told.append(error)
    # what a strict load says is told by gan.hub.convert
    assert all(isinstance(error, GanError) or "state_dict" in str(error) for error in told)
    assert 20 < len(told) < 80


def test_the_sentence_lists_what_was_found_and_what_is_supported():
    with pytest.raises(HubError) as caught:
        recognise(UNKNOWN["a transformer"], {})
    assert caught.value.kind == "unknown-layout"
    text = str(caught.value)
    assert "encoder.self_attn.in_proj_weight [3, 3], x [2]" in text
    assert all(layout.title in text for layout in LAYOUTS)
    assert str(HubError.from_json(json.loads(json.dumps(caught.value.to_json())))) == text


def test_names_of_layouts_are_told_apart():
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)


def test_every_layout_of_chains_has_a_case():
    ours = {layout.name for layout in (*SIGNED, *PLAIN)}
    assert {case.layout for case in CASES.values()} >= ours - {"plain-units"}
    assert ours <= {layout.name for layout in LAYOUTS}


@pytest.mark.slow
def test_a_chain_is_as_its_config_says():
    found = recognise(drawn(CASES["nateraw/cryptopunks-gan"].build()).state_dict(), {})
    assert found.config.g_layers == (
        "deconv 100 256 k3 s1 p0", "bn 256", "relu", "deconv 256 128 k3 s2 p1", "bn 128", "relu",
        "deconv 128 64 k4 s2 p0", "bn 64", "relu", "deconv 64 4 k4 s2 p1", "tanh",
    )  # fmt: skip
    assert found.config == replace(found.config, architecture="chain", resolution=24, channels=4)
