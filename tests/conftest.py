"""Shared fixtures: one compute thread, small images, a run folder of a few steps."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # so that not every child compiles anew

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from gan.config import ModelConfig, RunConfig, TrainConfig
from gan.data import ImageSet, load_data
from gan.presets import resolve_widths

torch.set_num_threads(1)
# a property holds or not; how long an example takes says how busy the machine is
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


# these wait for browsers and processes; what only computes fills the cores at the end
LONG = ("test_codefile.py", "test_container.py", "test_soak.py")  # a minute each in one process
FIRST = ("ui", "runs", "hub", *LONG, "latent", "metrics", "training")


# fixtures that start the app, or a Hub of our own
SERVERS = {"base_url", "hub", "inside", "proxied"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files come first, so that no core waits for the last one; servers are slow."""
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    tests = Path(__file__).parent
    items.sort(key=lambda i: ranks.get(i.path.relative_to(tests).parts[0], len(FIRST)))
    for item in items:
        if SERVERS & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why a browser test needed its second try: nobody else tells."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext[-3000:])


@pytest.fixture(scope="session")
def digits() -> ImageSet:
    return load_data("digits")


def tiny_config(**train: object) -> RunConfig:
    """A class-conditional conv GAN on 8-px digits: a step takes about ten milliseconds."""
    model = ModelConfig(family="conv", resolution=8, classes=10, z_dim=16)
    config = RunConfig(
        preset="digits",
        data="digits",
        class_names=tuple("0123456789"),
        model=model,
        train=replace(TrainConfig(batch_size=16, r1=0.2, r2=0.2), **train),
    )
    return resolve_widths(config)


@pytest.fixture
def make_config():
    return tiny_config


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, digits: ImageSet) -> Path:
    """A finished run of about 1,000 images."""
    from gan.runs import start

    path = tmp_path_factory.mktemp("runs") / "tiny"
    start(replace(tiny_config(), total_kimg=1.0), digits, path)
    return path
