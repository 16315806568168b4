"""ZeroGPU's package is used where it is there, for slow generators, and never stands in the way."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch

from gan.config import ModelConfig
from gan.families import default_widths
from gan.latent import points
from gan.latent.points import from_seeds
from gan.models import Generator
from gan.ui.server import gpu
from tests.ui.fakes import random_generator

WIDTHS = dict(zip(("g_widths", "d_widths"), default_widths("conv", 8), strict=True))


class Spaces(ModuleType):
    """Stands in for `spaces` on ZeroGPU: counts what it was given and what it ran."""

    def __init__(self) -> None:
        super().__init__("spaces")
        self.taken: list[str] = []
        self.ran = 0
        self.full = False

    def GPU(self, function):
        self.taken.append(function.__name__)

        def wrapped(*args):
            if self.full:
                raise RuntimeError("quota exceeded")
            self.ran += 1
            return function(*args)

        return wrapped


@pytest.fixture
def spaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spaces]:
    fake = Spaces()
    monkeypatch.setitem(sys.modules, "spaces", fake)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    importlib.reload(gpu)
    yield fake
    monkeypatch.undo()
    importlib.reload(gpu)


@pytest.fixture
def small() -> Generator:
    return random_generator(ModelConfig(resolution=8, z_dim=8, **WIDTHS))


@pytest.fixture
def slow(small: Generator, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """It says that its pictures are large; they are not, so that the test is quick."""
    monkeypatch.setattr(small, "image_shape", (1, 512, 512))
    return small


def test_without_the_package_a_function_stays_itself():
    if gpu.spaces is not None:
        pytest.skip("`spaces` is installed here; off ZeroGPU it gives functions back as well")

    def draw():
        return 1

    assert gpu.on_gpu(draw) is draw
    assert gpu.has_gpu() is torch.cuda.is_available()


def test_zerogpu_finds_a_function_at_the_start(spaces: Spaces):
    assert spaces.taken == ["_show"]


def test_a_slow_generator_is_drawn_on_the_gpu_with_the_same_pictures(
    spaces: Spaces, slow: Generator
):
    places = from_seeds(slow, range(3))
    found = gpu.show(slow, places, psi=0.7)
    assert spaces.ran == 1
    assert torch.allclose(found, points.show(slow, places, psi=0.7), atol=1e-5)


def test_a_quick_one_does_not_wait_for_it(spaces: Spaces, small: Generator):
    gpu.show(small, from_seeds(small, range(3)))
    assert spaces.ran == 0


def test_the_shared_model_stays_where_it_is(spaces: Spaces, slow: Generator, monkeypatch):
    seen = []
    real = points.show
    monkeypatch.setattr(points, "show", lambda g, *a, **k: seen.append(g) or real(g, *a, **k))
    gpu.show(slow, from_seeds(slow, [1]))
    assert seen[0] is not slow


def test_where_no_gpu_can_be_had_the_processor_draws(spaces: Spaces, slow: Generator):
    spaces.full = True
    places = from_seeds(slow, range(2))
    assert gpu.show(slow, places).equal(points.show(slow, places))


def test_coroutines_are_refused_at_once():
    async def draw():
        return 1

    with pytest.raises(TypeError, match="plain function"):
        gpu.on_gpu(draw)
