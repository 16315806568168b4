"""Processes for trainings: a fork is what a fresh process would be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from gan.runs import prefork
from tests.runs.test_runs import until

pytestmark = pytest.mark.slow  # processes

SERVER = """import os, signal, time
from gan.runs import prefork
signal.signal(signal.SIGINT, lambda *_: os._exit(0))
prefork.prepare()
print(1, flush=True)
time.sleep(600)
"""
TOLD = [sys.executable, "-m", "tests.runs.told"]


@pytest.fixture(params=[True, False], ids=["forked", "spawned"])
def begin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if request.param and not prefork.FORKS:
        pytest.skip("only Linux forks")
    monkeypatch.setattr(prefork, "FORKS", request.param)
    return prefork.begin


def test_it_has_its_arguments_environment_input_log_and_exit_code(
    begin, tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("TOLD", "it was")
    child = begin([*TOLD, "7", "two words"], tmp_path / "log")
    child.stdin.write("one\nzwei ü\n".encode())
    child.stdin.close()
    assert (child.wait(180), child.returncode, child.poll()) == (7, 7, 7)
    told, *lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert json.loads(told)[:-1] == [["7", "two words"], "it was", os.getcwd(), True, True]
    assert lines == ["one", "zwei ü", "the end"]


def test_it_lives_until_its_input_ends_or_it_is_killed(begin, tmp_path: Path):
    child = begin([*TOLD, "0"], tmp_path / "log")
    until((tmp_path / "log").read_text)  # what it says is written at once
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.2)
    assert child.poll() is child.returncode is None
    child.kill()
    assert child.wait(180) == -signal.SIGKILL
    child.kill()  # again is fine
    child.stdin.close()


def test_all_who_ask_at_once_hear_the_same_exit_code(begin, tmp_path: Path):
    child, codes = begin([*TOLD, "3"], tmp_path / "log"), []

    def look() -> None:
        while (code := child.poll()) is None:
            pass
        codes.append(code)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    child.stdin.close()
    for thread in threads:
        thread.join()
    assert codes == [3] * 8


@pytest.mark.skipif(not prefork.FORKS, reason="only Linux forks")
def test_it_has_loaded_torch_and_outlives_the_loss_of_who_did(tmp_path: Path):
    prefork.prepare()
    pid = forkserver._forkserver._forkserver_pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    for name in ("a", "b"):
        child = prefork.begin([*TOLD, "0"], tmp_path / name)
        child.stdin.close()
        assert child.wait(180) == 0
        *_, loaded = json.loads((tmp_path / name).read_text().splitlines()[0])
        assert loaded


def test_where_no_process_forks_one_is_spawned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def none() -> None:
        raise PermissionError("no sockets here")

    monkeypatch.setattr(prefork, "prepare", none)
    child = prefork.begin([*TOLD, "0"], tmp_path / "log")
    assert isinstance(child, subprocess.Popen)
    child.stdin.close()
    assert child.wait(180) == 0


@pytest.mark.skipif(not prefork.FORKS, reason="only Linux forks")
def test_ctrl_c_while_it_loads_is_for_the_server_alone():
    """A server that is interrupted says nothing of what it was loading."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    server.stdout.readline()
    time.sleep(0.3)  # it has begun to load, which takes seconds
    os.killpg(server.pid, signal.SIGINT)
    assert server.communicate(timeout=180) == ("", "")
