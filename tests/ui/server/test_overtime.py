"""A training that stands still past its time, from the start to the next visitor's turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gan.runs import RunReader, running
from gan.ui.server import training_queue
from gan.ui.server.profile import build_profile
from gan.ui.server.routes import Context
from gan.ui.server.runs import Runs
from tests.runs.test_runs import until
from tests.ui.server.test_routes import FORM, client_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """A public server with trainings of its own, in more of a hurry than a real one."""
    monkeypatch.setenv("GAN_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr(running, "STOP_TIMEOUT_S", 0.3)
    monkeypatch.setattr("gan.runs.supervisor.STOP_TIMEOUT_S", 0.3)
    monkeypatch.setattr(training_queue, "OVERTIME_S", 0.3)
    monkeypatch.setattr(training_queue, "TICK_S", 0.1)
    profile = build_profile("0.0.0.0", env={"SPACE_HOST": "shop.example"})
    context = Context(profile, runs=Runs(tmp_path))
    yield context
    monkeypatch.undo()
    context.close()


def start(client: TestClient, seconds: int) -> dict[str, Any]:
    reply = client.post("/_gan/train/start", json=FORM | {"seconds": str(seconds)})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_its_process_is_killed_all_see_it_stopped_and_the_next_one_begins(
    shop: Context, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    first, second, third = (client_for(shop, "shop.example") for _ in range(3))
    stuck = start(first, 3)["id"]
    until(lambda: (tmp_path / stuck / "progress.jsonl").is_file())
    pid = RunReader(tmp_path / stuck).writer_pid()
    os.kill(pid, signal.SIGSTOP)
    ticket = start(second, 60)["ticket"]

    def turn() -> dict[str, Any]:
        return second.get("/_gan/train/queue", params={"ticket": ticket}).json()

    assert turn()["position"] == 1
    until(lambda: turn().get("ending"))
    until(lambda: turn().get("id"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    [line] = [record for record in caplog.records if "is killed" in record.message]
    assert line.fields == {"run": stuck}
    for client, reads in ((first, True), (third, False)):  # why is for its owner
        status = client.get("/_gan/run", params={"id": stuck}).json()["status"]
        assert status["state"] == "stopped"
        assert bool(status["message"]) is reads
        listed = {run["id"]: run["state"] for run in client.get("/_gan/runs").json()["runs"]}
        assert listed[stuck] == "stopped"
        polled = {run["id"]: run["state"] for run in client.get("/_gan/state").json()["runs"]}
        assert polled[stuck] == "stopped"
    following = {"id": turn()["id"]}

    def is_training() -> bool:
        news = second.get("/_gan/run", params=following).json()
        return news["status"]["state"] == "running"

    until(is_training)
