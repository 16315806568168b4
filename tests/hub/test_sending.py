"""How far a push is, told while the real client sends to a stand-in Hub."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from gan.cli.console import bytes_task
from gan.errors import HubError
from gan.hub.client import never
from gan.hub.meter import Meter
from gan.hub.pull import PullProgress
from gan.hub.sending import Look, SendPlan, SendProgress, Sent, send
from tests.hub.server import Hub

VISITOR = "hf_visitor"
REPO = "visitor/m"
MB = 2**20
CHUNK = 64 * 2**10  # as the client's HTTP library reads
SMALL = {"README.md": b"---\nlicense: mit\n---\n# m\n", "config.json": b"{}"}
LARGE = {
    "model.safetensors": random.Random(1).randbytes(3 * MB + 7),
    "samples.png": random.Random(2).randbytes(MB // 2),
}


def plan_of(hub: Hub, files: dict[str, bytes]) -> SendPlan:
    there = hub.repos.get(("model", REPO))
    commit, held = (there.refs["main"], frozenset(there.files())) if there else ("", frozenset())
    found = Look(there is not None, commit, held, "visitor")
    return SendPlan(repo=REPO, kind="model", files=tuple(files.items()), found=found)


def told(
    hub: Hub,
    files: dict[str, bytes],
    *,
    overwrite: bool = False,
    cancelled: Callable[[], bool] = never,
    watch: Callable[[SendProgress], None] = lambda step: None,
) -> list[SendProgress]:
    """What a push of `files` tells; each time not less than before, and never more than all."""
    steps: list[SendProgress] = []
    for step in send(plan_of(hub, files), token=VISITOR, overwrite=overwrite, cancelled=cancelled):
        if isinstance(step, Sent):
            break
        steps.append(step)
        watch(step)
    assert {step.of for step in steps} == {size(files)}
    assert all(0 <= a.done <= b.done <= b.of for a, b in pairwise(steps))
    return steps


def size(files: dict[str, bytes]) -> int:
    return sum(map(len, files.values()))


def test_large_files_are_told_as_they_go_and_small_ones_go_with_the_commit(hub: Hub):
    arrived: list[bytes] = []

    def watch(step: SendProgress) -> None:
        if step.stage == "writing":
            arrived.extend(hub.lfs.values())

    steps = told(hub, SMALL | LARGE, watch=watch)
    assert {*arrived} == {*LARGE.values()}
    assert steps[0] == SendProgress("sending", 0, size(SMALL | LARGE))
    assert steps[-1] == SendProgress("writing", size(LARGE), size(SMALL | LARGE))
    assert [step.stage for step in steps].count("writing") == 1
    assert len(steps) > size(LARGE) / CHUNK / 2
    assert hub.repo(REPO).files() == SMALL | LARGE


def test_a_file_that_is_sent_again_is_not_counted_again(hub: Hub):
    hub.fail("/lfs/", "500", method="PUT", times=1)
    steps = told(hub, SMALL | {"model.safetensors": LARGE["model.safetensors"]})
    assert sum("PUT /lfs/" in path for path in hub.paths()) == 2
    assert steps[-1].done == len(LARGE["model.safetensors"])
    assert len({step.done for step in steps if step.stage == "sending"}) == len(steps) - 1


@pytest.mark.slow
def test_a_file_in_parts_is_told_through(hub: Hub):
    hub.part_bytes = MB
    hub.fail("/2$", "500", method="PUT", times=1)
    steps = told(hub, SMALL | LARGE)
    assert steps[-1].done == size(LARGE)
    assert len(steps) > size(LARGE) / CHUNK / 2
    assert hub.repo(REPO).files() == SMALL | LARGE


@pytest.mark.slow
def test_what_the_hub_has_already_is_not_told_as_sent(hub: Hub):
    told(hub, SMALL | LARGE)
    changed = {"model.safetensors": LARGE["model.safetensors"][:-MB], "README.md": b"new"}
    steps = told(hub, LARGE | SMALL | changed, overwrite=True)
    assert steps[-1] == SendProgress(
        "writing", len(changed["model.safetensors"]), size(LARGE | SMALL | changed)
    )
    assert hub.repo(REPO).files() == LARGE | SMALL | changed


def test_without_small_files_all_is_sent(hub: Hub):
    steps = told(hub, LARGE)
    assert steps[-1] == SendProgress("sending", size(LARGE), size(LARGE))


def test_what_nobody_takes_is_not_told_as_sent_and_can_be_cancelled(hub: Hub):
    hub.fail("/lfs/", "deaf", method="PUT")
    steps: list[SendProgress] = []
    large = {"model.safetensors": bytes(64 * MB)}

    def is_sending() -> bool:
        return any("PUT /lfs/" in path for path in hub.paths())

    with pytest.raises(HubError) as caught:
        told(hub, SMALL | large, cancelled=is_sending, watch=steps.append)
    assert caught.value.kind == "cancelled"
    assert steps[-1].done < 32 * MB  # what the system's buffers hold
    assert hub.repo(REPO).files() == {}


def test_files_of_several_threads_are_summed(tmp_path: Path):
    heard: list[dict] = []
    files = {str(i): tmp_path / str(i) for i in range(8)}
    for file in files.values():
        file.write_bytes(bytes(MB))
    meter = Meter(dict.fromkeys(files, MB), heard.append)

    def take(name: str) -> None:
        with meter.addition(name, files[name]).as_file(with_tqdm=True) as stream:
            while stream.read(10_000):
                pass

    threads = [threading.Thread(target=take, args=(name,)) for name in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [row["done"] for row in heard]
    assert done == sorted(set(done))
    assert done[-1] == 8 * MB


# ---- at a terminal ------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "step",
    [
        SendProgress("sending", 1_500_000, 3_000_000),
        PullProgress("downloading", 1_500_000, 3 * 10**6),
    ],
)
def test_a_terminal_shows_the_bytes_and_a_pipe_nothing(monkeypatch: pytest.MonkeyPatch, step):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stderr", stream)
        with bytes_task("sending a/[b]") as watch:
            watch(step)
        assert ("1.5/3.0 MB" in stream.getvalue()) is stream.isatty()
        assert ("a/[b]" in stream.getvalue()) is stream.isatty()
