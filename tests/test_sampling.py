from __future__ import annotations

import copy
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from gan import sampling
from gan.config import ModelConfig
from gan.errors import ConfigError
from gan.families import default_widths
from gan.models import build_generator, seeded_build
from gan.models.flow import FlowUNet
from gan.sampling import (
    FLOPS_PER_S,
    MAX_SEED,
    affordable,
    at_once,
    labels_of,
    latents,
    picture_seconds,
    render,
    sample,
    slerp,
)
from tests.ported import CHAINS

PINNED = [[-1.12584, -1.15236, -0.250579], [-0.096754, 0.304849, 0.191806]]
PINNED_LABELS = [6, 5, 3, 4, 4, 1, 5, 6]
G_WIDTHS, D_WIDTHS = default_widths("conv", 8)


@pytest.fixture(scope="module", params=[0, 10], ids=["plain", "classes"])
def g(request):
    config = ModelConfig(
        resolution=8, classes=request.param, z_dim=12, g_widths=G_WIDTHS, d_widths=D_WIDTHS
    )
    return seeded_build(config, 0)[0].eval()


def test_a_seed_means_the_same_image_in_any_batch(g):
    seeds = list(range(40))
    whole, parts = sample(g, seeds, batch_size=40), sample(g, seeds, batch_size=7)
    assert np.abs(whole.pixels.astype(int) - parts.pixels).max() <= 1  # rounding of float sums
    alone = sample(g, [17])
    assert np.abs(alone.pixels[0].astype(int) - whole.pixels[17]).max() <= 1
    assert whole.labels is None or whole.labels[17] == alone.labels[0]


def test_a_seed_is_pinned_for_good():
    """Links and shared pictures name seeds: what they mean must never change."""
    z = latents(64, [0, 42])
    assert z[0, :3].tolist() == pytest.approx(PINNED[0], abs=1e-5)
    assert z[1, :3].tolist() == pytest.approx(PINNED[1], abs=1e-5)
    assert labels_of(10, range(8)).tolist() == PINNED_LABELS


def test_neighbouring_seeds_share_nothing():
    z = latents(64, range(2000))
    assert abs((z[1:] * z[:-1]).mean().item()) < 0.02
    labels = labels_of(10, range(8000))
    for period in (2, 8, 64):  # the raw twister repeats classes at powers of two
        assert (labels[period:] == labels[:-period]).float().mean() < 0.13


def test_drawn_classes_are_balanced():
    counts = torch.bincount(labels_of(10, range(10_000)), minlength=10)
    assert counts.min() > 850
    assert counts.max() < 1150


def test_classes_are_drawn_as_often_as_they_are_said_to_be():
    shares = torch.tensor([600, 0, 300, 100])
    drawn = labels_of(4, range(10_000), shares)
    counts = torch.bincount(drawn, minlength=4).tolist()
    # three standard deviations of a binomial are at most 3 sqrt(10,000 / 4)
    assert counts == pytest.approx([6000, 0, 3000, 1000], abs=150)
    assert counts[1] == 0
    assert labels_of(4, [7, 8], shares).tolist() == drawn[7:9].tolist()  # a seed's own


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ConfigError, match="seed"):
        latents(4, [seed])


def test_psi_zero_is_the_mean_and_one_is_untouched(g):
    z = latents(12, [1, 2])
    labels = torch.tensor([3, 3]) if g.classes else None
    mean = render(g, z, labels=labels, psi=0.0)
    assert torch.allclose(mean[0], mean[1], atol=1e-6)
    assert torch.equal(render(g, z, labels=labels), render(g, z, labels=labels, psi=1.0))
    far = (render(g, z, labels=labels, psi=1.0) - mean).abs().mean()
    near = (render(g, z, labels=labels, psi=0.3) - mean).abs().mean()
    assert near < far


def test_a_class_that_the_model_lacks_is_refused(g):
    with pytest.raises(ConfigError, match="class"):
        sample(g, [0], label=10)


@given(st.floats(0, 1), st.integers(0, 1000), st.integers(0, 1000))
def test_slerp_stays_between_the_lengths_of_its_ends(t: float, first: int, second: int):
    z0, z1 = latents(64, [first, second])
    length = slerp(z0, z1, t).norm()
    low, high = sorted([z0.norm(), z1.norm()])
    assert low - 1e-3 <= length <= high + 1e-3


def test_slerp_begins_and_ends_at_its_ends_and_survives_equal_ones():
    z0, z1 = latents(64, [0, 1])
    assert torch.allclose(slerp(z0, z1, 0.0), z0, atol=1e-5)
    assert torch.allclose(slerp(z0, z1, 1.0), z1, atol=1e-5)
    assert torch.allclose(slerp(z0, z0, 0.5), z0)


def test_pictures_made_a_few_at_a_time_are_those_made_together(g, monkeypatch: pytest.MonkeyPatch):
    z, labels = latents(g.z_dim, range(7)), labels_of(g.classes, range(7)) if g.classes else None
    whole = render(g, z, labels=labels, psi=0.7)
    monkeypatch.setattr(sampling, "PIXELS_AT_ONCE", 3 * g.image_shape[1] * g.image_shape[2])
    torch.testing.assert_close(render(g, z, labels=labels, psi=0.7), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", CHAINS)
def test_a_small_picture_of_wide_layers_is_made_a_few_at_a_time(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    g = build_generator(CHAINS[name]).eval()
    largest = 0

    def note(module: object, inputs: object, output: torch.Tensor) -> None:
        nonlocal largest
        largest = max(largest, output.numel())

    for module in g.modules():
        module.register_forward_hook(note)
    z = latents(g.z_dim, range(12))
    wanted = render(g, z)
    alone = largest // 12
    largest = 0
    monkeypatch.setattr(sampling, "VALUES_AT_ONCE", 5 * alone)
    torch.testing.assert_close(render(g, z), wanted)
    assert alone < largest <= 5 * alone


def test_twice_the_work_costs_twice_the_time():
    small, large = (
        seeded_build(ModelConfig(family="mlp", z_dim=8, g_widths=(w,), d_widths=(4,)), 0)[0]
        for w in (50, 100)
    )
    assert picture_seconds(large) == pytest.approx(2 * picture_seconds(small))
    assert affordable(large, 0.0, least=3, most=9) == 3
    assert affordable(large, 1e9, least=3, most=9) == 9
    assert affordable(large, 5 * picture_seconds(large) * 1.01, least=3, most=9) == 5


def test_a_flow_of_many_steps_is_counted_by_one(monkeypatch):
    model = ModelConfig(
        family="flow", resolution=8, z_dim=64, g_widths=(8,), ode_steps=6, solver="midpoint"
    )
    g = build_generator(model).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        g(torch.zeros(1, 64))
    assert picture_seconds(g) == pytest.approx(counter.get_total_flops() / FLOPS_PER_S, rel=0.05)
    asked = []
    velocity = FlowUNet.velocity
    monkeypatch.setattr(FlowUNet, "velocity", lambda *a: asked.append(1) or velocity(*a))
    again = copy.deepcopy(g)  # of which nothing is known
    picture_seconds(again), at_once(again)
    assert len(asked) == 2
    assert (g.steps, g.solver) == (6, "midpoint")


def test_counting_operations_leaves_other_threads_gradients_alone():
    import threading

    from gan import sampling

    counted, failed = sampling.picture_seconds(Probe(lambda: None)), []

    def work() -> None:
        x = torch.ones(1, 4, requires_grad=True)
        try:
            torch.autograd.grad(torch.nn.Linear(4, 1)(x).sum(), x)
        except RuntimeError as error:
            failed.append(error)

    def other_thread() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert sampling.picture_seconds(Probe(other_thread)) == counted > 0
    assert failed == []


class Probe(torch.nn.Module):
    """A generator that calls `during` in its forward pass."""

    def cost(self) -> None:
        """Not known: it is counted."""

    def repeated(self) -> tuple[Probe, int]:
        return self, 1

    def __init__(self, during) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(8, 4, bias=False)
        self.during, self.z_dim, self.classes = during, 8, 0

    def forward(self, z, labels=None):
        self.during()
        return self.layer(z)


def test_one_thread_at_a_time_is_under_a_dispatch_mode(monkeypatch):
    """Two at once end the process: torch's lookup of an operation that is new to it is not safe."""
    inside, most = [], []
    real = sampling._Largest.__torch_dispatch__

    def watched(self, *args, **kwargs):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.002)  # others come in meanwhile, if they may
        try:
            return real(self, *args, **kwargs)
        finally:
            inside.pop()

    monkeypatch.setattr(sampling._Largest, "__torch_dispatch__", watched)
    threads = [
        threading.Thread(target=sampling.widest, args=(torch.nn.Linear(2, i), torch.zeros(1, 2)))
        for i in range(1, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(most) == 1
