"""The Dockerfile, held line by line: there is no engine where the tests run."""

from __future__ import annotations

import contextlib
import fnmatch
import http.client
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gan.hub.stage import CPU_WHEELS
from gan.ui.server.profile import HEALTH
from tests.test_supply_chain import LOCK, named, pinned
from tests.ui.browser import free_port

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.M)).splitlines()
UID = 1000
OVER = ("finished", "stopped")  # a public server stops what is past its time


def said(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(instruction + " ")]


def variables() -> dict[str, str]:
    return dict(part.split("=", 1) for part in shlex.split(said("ENV")[0]))


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path into the build, by its rules; the last one counts."""
    sent = True
    for rule in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = rule.lstrip("!")
        if not pattern or rule.startswith("#"):
            continue
        parts = [path, *(str(p) for p in Path(path).parents if str(p) != ".")]
        patterns = [pattern, pattern.removeprefix("**/")]
        if any(fnmatch.fnmatchcase(part, p) for part in parts for p in patterns) or (
            pattern.startswith("**/") and Path(path).match(pattern.removeprefix("**/"))
        ):
            sent = rule.startswith("!")
    return sent


def test_what_is_copied_is_there_and_sent_and_nothing_else_is():
    copied = [part for line in said("COPY") for part in shlex.split(line)[:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
        assert is_sent(name), name
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    assert allowed == {name for name in copied if "/" not in name}
    private = (
        "runs/a/config.json",
        "own/images/a.webp",
        ".git/config",
        ".env",
        "gan/__pycache__/a.pyc",
    )
    for name in (*private, "owners.jsonl", "server.log", "tests/conftest.py", ".venv/bin/python"):
        assert not is_sent(name), name


def test_it_runs_without_root_and_writes_to_one_volume_and_tmp():
    users = said("USER")
    assert users == [f"{UID}:{UID}"]
    after = TEXT[TEXT.index("USER ") :]
    assert "RUN " not in after
    assert "COPY " not in after
    assert said("VOLUME") == ["/data"]
    places = {value for value in variables().values() if value.startswith("/")}
    assert all(place == "/tmp" or place.startswith("/data") for place in places)
    assert "python:3.11-slim" in said("FROM")[0]


def test_it_installs_the_cpus_torch_and_by_hash_all_that_is_not_cudas(tmp_path: Path):
    run = said("RUN")[0].replace("/tmp/install", str(tmp_path))
    for name in said("COPY")[0].split()[:-1]:
        (tmp_path / Path(name).name).write_bytes((ROOT / name).read_bytes())
    index = re.search(r'"\$\((sed .*?stage\.py)\)"', run)[1]
    torch = re.search(r'"\$\((grep .*?)\)"', run)[1]
    shell = {"shell": True, "capture_output": True, "text": True, "check": True}
    assert subprocess.run(index, **shell).stdout.strip() == CPU_WHEELS
    assert subprocess.run(torch, **shell).stdout.strip() == f"torch=={pinned()['torch']}"
    awk = re.search(r"awk .*?cpu\.lock", run)[0]
    subprocess.run(awk, **shell)
    left = named((tmp_path / "cpu.lock").read_text("utf-8"))
    gone = named(LOCK.read_text("utf-8")).keys() - left.keys()
    assert gone
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) for name in gone)
    assert pinned().keys() <= left.keys()
    assert "--require-hashes" in run


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_its_health_check_asks_healthz_whatever_proxy_is_set(status: int, code: int):
    command = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    asked = []

    class Reply(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Reply)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = os.environ | {
        "GRADIO_SERVER_PORT": str(server.server_port), "http_proxy": "http://127.0.0.1:9",
    }  # fmt: skip
    try:
        done = subprocess.run([sys.executable, *command[1:]], env=env, check=False)
    finally:
        server.shutdown()
        server.server_close()
    assert (done.returncode, asked) == (code, [HEALTH])


BARE = {"PATH": os.defpath, "PYTHONPATH": str(Path(pytest.__file__).parents[1])}


def python_for_others() -> str | None:
    """A Python with our packages that another user may run in this checkout, if we may become one:
    this one, or Debian's where this one lies in root's home."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    for path in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            done = subprocess.run(
                [path, "-c", "import gan.ui.app"], cwd=ROOT, user=UID, group=UID,
                env=BARE, capture_output=True, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return path
    return None


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter: pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.slow
def test_as_its_user_with_its_environment_it_trains_and_stops(open_folder: Path):
    """What the image would do, without one: no root, no home, code that cannot be written."""
    python = python_for_others()
    if python is None:
        pytest.skip("needs root, to become somebody else, and a checkout that others may read")
    base = open_folder
    data, temporary = base / "data", base / "tmp"
    for folder in (data, temporary):
        folder.mkdir()
        os.chown(folder, UID, UID)
    port = free_port()
    env = (
        {
            name: value.replace("/data", str(data)) if value.startswith("/data") else value
            for name, value in variables().items()
        }
        | BARE
        | {
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "GRADIO_SERVER_PORT": str(port),
        }
    )
    before = {p: p.stat().st_mtime_ns for p in (ROOT / "gan").rglob("*.py")}
    log = (base / "log").open("w+b")
    server = subprocess.Popen(
        [python, "app.py"], cwd=ROOT, env=env, user=UID, group=UID, extra_groups=[],
        stdout=log, stderr=log,
    )  # fmt: skip

    def ask(path: str, body: dict | None = None, cookie: str = "") -> tuple[int, dict, str]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
            text = None if body is None else json.dumps(body)
            line.request("GET" if body is None else "POST", path, text, {"Cookie": cookie})
            reply = line.getresponse()
            found = json.loads(reply.read())
            return reply.status, found, (reply.getheader("set-cookie") or cookie).split(";")[0]

    def until(done, path: str, cookie: str = "") -> dict:
        for _ in range(2400):
            with contextlib.suppress(OSError):
                status, found, _ = ask(path, cookie=cookie)
                if done(status, found):
                    return found
            assert server.poll() is None, (base / "log").read_text()
            time.sleep(0.1)
        raise AssertionError((base / "log").read_text())

    try:
        until(lambda status, _: status == 200, HEALTH)
        form = {"preset": "digits", "data": "digits", "seed": "0", "seconds": "2", "settings": {}}
        status, started, cookie = ask("/_gan/train/start", form)
        assert status == 200, started
        path = f"/_gan/run?id={started['id']}"
        until(lambda _, run: run.get("status", {}).get("state") in OVER, path, cookie)
    finally:
        server.terminate()
        code = server.wait(60)
        log.close()
    assert code == 0
    assert "Traceback" not in (base / "log").read_text()
    assert (data / "runs" / started["id"] / "status.json").is_file()
    assert {p.stat().st_uid for p in data.rglob("*")} == {UID}
    assert before == {p: p.stat().st_mtime_ns for p in (ROOT / "gan").rglob("*.py")}
