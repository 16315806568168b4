"""Generators of public repositories: right, or a choice, or refused; never wrong without a word."""

from __future__ import annotations

import pytest
import torch

from gan.errors import HubError, WeightsError
from gan.hub.layouts import Recognised, recognise
from gan.models import build_generator
from tests.hub.public import PUBLIC, settled

READ = [name for name, case in PUBLIC.items() if case.verdict in ("right", "choice")]


def picture(config, tensors, z, labels):
    g = build_generator(config)
    g.load_state_dict(tensors, strict=True)
    return g.eval()(z, labels if config.classes else None)


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
@torch.no_grad()
def test_a_public_generator_draws_what_plain_torch_draws(name):
    case = PUBLIC[name]
    g = settled(case.build, case, 1)
    z = torch.randn(3, case.z_dim, generator=torch.Generator().manual_seed(9))
    labels = torch.tensor([0, 1, 2]) % max(case.classes, 1)
    found = recognise(g.state_dict(), {}, answers=case.answers)
    wanted = g.run(g, z, labels)
    assert found.config.resolution == case.image[1]
    assert wanted.shape[1:] == case.image
    assert found.config.classes == case.classes
    assert wanted.std() > 0.02
    assert torch.allclose(picture(found.config, found.g, z, labels), wanted, atol=1e-5)


# leaky 0.01 looks as ReLU does, which is offered
@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in READ if "SimpleGAN" not in n])
@torch.no_grad()
def test_without_an_answer_the_right_reading_is_first_or_offered(name):
    case = PUBLIC[name]
    g = settled(case.build, case, 3)
    z = torch.randn(2, case.z_dim, generator=torch.Generator().manual_seed(8))
    labels = torch.tensor([0, 1]) % max(case.classes, 1)
    found: Recognised = recognise(g.state_dict(), {})
    wanted = g.run(g, z, labels)
    options = found.readings or [found]
    right = [
        i for i, option in enumerate(options)
        if option.config.z_dim == case.z_dim and option.config.resolution == case.image[1]
        and torch.allclose(picture(option.config, found.g, z, labels), wanted, atol=1e-5)
    ]  # fmt: skip
    assert right


@pytest.mark.parametrize("name", [n for n in PUBLIC if n not in READ])
def test_what_is_no_straight_line_is_refused_with_the_reason(name):
    case = PUBLIC[name]
    with pytest.raises((HubError, WeightsError), match=case.verdict):
        recognise(settled(case.build, case, 1).state_dict(), {})


YOUNG = (
    "eriklindernoren/PyTorch-GAN gan",
    "caogang/wgan-gp CIFAR-10",
    "martinarjovsky/WassersteinGAN dcgan",
)


@pytest.mark.parametrize("name", YOUNG)
def test_norms_of_a_few_steps_confirm_nothing(name):
    """Their statistics are in part those of the start: what is assumed stays a choice."""
    case = PUBLIC[name]
    tensors = settled(case.build, case, 3).state_dict()
    young = {k: torch.tensor(30) if "num_batches" in k else v for k, v in tensors.items()}
    assert len(recognise(young, {}).readings) > len(recognise(tensors, {}).readings)
