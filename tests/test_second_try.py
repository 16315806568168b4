"""What a failed try leaves does not meet the second one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOOK = """import pytest
from tests.second_try import begin_anew

@pytest.fixture(scope="session")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("server")
    yield path
    (path / "ended").touch()

@pytest.fixture(scope="session")
def unrelated():
    return []

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    begin_anew(item, "server")
"""
TESTS = """import pytest

@pytest.fixture(scope="module")
def runs(tmp_path_factory, server):
    path = tmp_path_factory.mktemp("runs")
    yield path
    assert not (server / "ended").exists()  # ended before what it stands on

def test_before(runs):
    (runs / "kept").touch()

def test_that_fails_once(runs, server, unrelated):
    unrelated.append(server)
    (runs / "run").mkdir()
    (server / "run").mkdir()
    assert len(unrelated) == 2 and unrelated[0] != unrelated[1]
    assert (unrelated[0] / "ended").exists()

def test_after(runs, server, unrelated):
    assert (runs / "run").exists() and unrelated[1] == server
"""


def test_a_second_try_has_new_fixtures_of_its_module_and_of_those_named(tmp_path: Path):
    (tmp_path / "conftest.py").write_text(HOOK)
    (tmp_path / "test_it.py").write_text(TESTS)
    plain = ["-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "--rootdir"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, str(tmp_path), "--reruns=1", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed, 1 rerun" in told.stdout, told.stdout + told.stderr
