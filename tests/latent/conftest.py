"""Every generator there is: the bundled ones, and a fresh one of each other network."""

from __future__ import annotations

import pytest

from gan.models import Generator
from tests.latent.toys import EVERY, generator_of


@pytest.fixture(params=EVERY)
def any_g(request) -> Generator:
    return generator_of(request.param)


@pytest.fixture(scope="session")
def fashion() -> Generator:
    return generator_of("bundled:fashion")
