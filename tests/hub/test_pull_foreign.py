"""From the Hub to pictures: models of others, pulled and converted."""

from __future__ import annotations

import io

import pytest
import torch

from gan import checkpoint
from gan.errors import HubError
from gan.files import pulled_root
from gan.hub.choice import choices, critic_of
from gan.hub.pull import Pulled, pull
from gan.sampling import latents, render
from tests.hub.conftest import OWNER_TOKEN
from tests.hub.references import dcgan, dcgan_critic, drawn, maps
from tests.hub.server import Hub

REPO = "ann/faces"


def saved(module: torch.nn.Module, **more: object) -> bytes:
    buffer = io.BytesIO()
    torch.save({**module.state_dict(), **more}, buffer)
    return buffer.getvalue()


def left() -> list[str]:
    return sorted(p.name for p in pulled_root().glob("*/*.safetensors"))


@pytest.mark.slow
@torch.no_grad()
def test_a_model_of_others_is_pulled_with_its_discriminator(hub: Hub):
    g, d = drawn(dcgan(width=2)), drawn(dcgan_critic(width=2), 2)
    files = {"netG.pth": saved(g), "netD.pth": saved(d), "README.md": b"# faces"}
    sha = hub.add(REPO, files, card={"license": "mit"})
    *stages, last = pull(REPO, limit_s=120)
    assert isinstance(last, Pulled)
    assert "converting" in {stage.stage for stage in stages}
    weights = checkpoint.load(last.ref)
    z = latents(100, range(2))
    x = g(maps(z))
    assert torch.allclose(render(weights.generator, z), x, atol=1e-6)
    assert weights.discriminator is not None
    assert torch.allclose(weights.discriminator(x), d(x).flatten(), atol=1e-5)
    source = weights.config.source
    assert (source.repo, source.commit, source.file) == (REPO, sha, "netG.pth")
    assert (source.licence, source.layout) == ("mit", "dcgan")
    assert not hub.sent(OWNER_TOKEN)


def test_in_public_a_pickle_is_refused_before_it_is_fetched(hub: Hub):
    hub.add(REPO, {"netG.pth": saved(drawn(dcgan(width=2)))})
    with pytest.raises(HubError, match="python -m gan pull") as caught:
        list(pull(REPO, local=False, limit_s=60))
    assert caught.value.kind == "refused"
    assert not any("resolve" in r.path and "netG" in r.path for r in hub.requests)


@pytest.mark.slow
def test_what_cannot_be_converted_leaves_nothing(hub: Hub):
    hub.add(REPO, {"netG.pth": saved(torch.nn.GRU(2, 2))})
    with pytest.raises(HubError, match="weight_ih_l0") as caught:
        list(pull(REPO, limit_s=120))
    assert caught.value.kind == "unknown-layout"
    assert left() == []
    assert not [p for p in pulled_root().glob(".*.tmp")]


SIZES = dict.fromkeys(
    (
        "netG.pth", "netD.pth", "a/generator.pt", "a/discriminator.pt", "Generator.bin",
        "model=G-best-weights-step=9.pth", "model=D-best-weights-step=9.pth", "G.pt", "D.pt",
        "GAN.pt", "DAN.pt", "netG_epoch_9.pth", "netD_epoch_9.pth", "Gold.pt", "Dold.pt",
    ),
    1,
)  # fmt: skip


def test_a_discriminator_is_known_by_the_name_of_its_generator():
    assert {name: critic_of(name, SIZES) for name in SIZES if critic_of(name, SIZES)} == {
        "netG.pth": "netD.pth",
        "a/generator.pt": "a/discriminator.pt",
        "model=G-best-weights-step=9.pth": "model=D-best-weights-step=9.pth",
        "G.pt": "D.pt",
        "netG_epoch_9.pth": "netD_epoch_9.pth",
    }


def test_a_discriminator_beside_its_generator_is_no_model_to_choose():
    assert choices({"netG.pth": 1, "netD.pth": 1}) == ["netG.pth"]
    assert choices({"netD.pth": 1}) == ["netD.pth"]


def test_a_discriminator_in_another_folder_is_not_its_own():
    assert critic_of("x/netG.pth", {"netD.pth": 1}) == ""
