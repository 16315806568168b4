"""A stand-in Hub that this process and its children are pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan.files import read_json
from gan.hub.convert import attempt
from gan.hub.own import take
from gan.hub.pull import Pulled
from tests.hub.server import Hub, hub_server

OWNER_TOKEN = "hf_OWNERTOKENTHATMUSTNEVERLEAVE"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Of this test alone; the owner of the machine is signed in, as on a Space.

    Children are pointed at it by the environment; the client of this very process, which reads the
    environment once, by its constants. Pass `endpoint=hub.url` to an HfApi of your own.
    """
    with hub_server() as server:
        home = tmp_path / "hf"
        for name, value in {
            "HF_ENDPOINT": server.url,
            "HF_HOME": str(home),
            "HF_HUB_CACHE": str(home / "hub"),
            "HF_TOKEN": OWNER_TOKEN,
            "HUGGING_FACE_HUB_TOKEN": OWNER_TOKEN,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "GAN_HOME": str(tmp_path / "home"),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        home.mkdir()
        (home / "token").write_text(OWNER_TOKEN)  # where `hf auth login` keeps it
        yield server


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child does, in this process: a child takes seconds to begin."""
    monkeypatch.setenv("GAN_HOME", str(tmp_path / "home"))

    def run(work: Path, *_: object) -> int:
        attempt(work, read_json(work / "job.json"), bounded=True)
        return 0

    monkeypatch.setattr("gan.hub.convert._run", run)


def taken(file: Path, **more: object) -> Pulled:
    """A file of one's own, converted."""
    *_, last = take(file, **more)
    assert isinstance(last, Pulled)
    return last
