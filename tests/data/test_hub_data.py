"""A dataset of the Hub comes through a child that can be killed, and that says what went wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gan.data import hub, hub_child, load_data
from gan.errors import DataError
from tests.runs.test_runs import until


def test_the_child_names_what_the_library_raised_and_passes_on_what_we_did():
    """It wraps errors; without a network: a stand-in's own error, and one of ours within it."""
    assert "ConnectionError: no route" in str(hub_child.told(ConnectionError("no route"), "a/b"))
    outer = FileNotFoundError("a/b")
    outer.__cause__ = hub_child.too_slow("a/b")
    assert str(hub_child.told(outer, "a/b")).startswith("the Hub was too slow with the dataset a/b")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict]:
    """A Hub that answers everything alike, or never."""
    told: dict = {"status": 200, "body": b"{}", "asked": threading.Event()}
    ends = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told["asked"].set()
            if not told["status"]:
                ends.wait()
                return
            self.send_response(told["status"])
            self.send_header("content-length", str(len(told["body"])))
            if told["status"] == 404:
                self.send_header("x-error-code", "RepoNotFound")
            self.send_header("x-repo-commit", "a" * 40)
            self.send_header("etag", '"b"')
            self.end_headers()
            self.wfile.write(told["body"] if self.command == "GET" else b"")

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    yield told
    ends.set()
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "most", "sentence"),
    [
        (500, 2**20, "the Hub answered 500; try again later"),
        (429, 2**20, "the Hub answered 429; try again later"),
        (404, 2**20, "there is no dataset someone/pictures on the Hub"),
        (200, 99, "may have 0 MB, someone/pictures has more"),
    ],
)
def test_what_the_hub_answers_is_what_is_said(answers, monkeypatch, status, most, sentence):
    answers |= {"status": status, "body": b" " * 100}
    monkeypatch.setattr(hub, "MAX_BYTES", most)
    with pytest.raises(DataError, match=sentence):
        load_data("hub:someone/pictures")


@pytest.mark.slow
def test_a_hub_that_never_answers_holds_nobody(answers, monkeypatch):
    """The child is killed after its time, and when the server closes."""
    answers["status"] = 0
    monkeypatch.setattr(hub, "LIMIT_S", 0.1)
    with pytest.raises(DataError, match="too slow with the dataset"):
        load_data("hub:someone/pictures")
    assert not hub._running
    monkeypatch.setattr(hub, "LIMIT_S", 600.0)
    ended = threading.Thread(target=lambda: (answers["asked"].wait(), hub.end_downloads()))
    ended.start()
    with pytest.raises(DataError, match="without a word"):
        load_data("hub:someone/pictures")
    ended.join()


def test_the_child_gets_no_token(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "hf_secret")
    assert "hf_secret" not in hub.environment(*hub.CACHES).values()


@pytest.mark.slow
def test_a_download_ends_with_the_process_that_asked_for_it(answers, tmp_path):
    answers["status"] = 0  # the Hub never answers
    task = {"repo": "a/b", "revision": None, "split": "train", "most_bytes": 1, "part": None}
    code = (
        "import json, subprocess, sys; child = subprocess.Popen([sys.executable, '-m',"
        " 'gan.data.hub_child', sys.argv[1]]); print(child.pid, flush=True); sys.stdin.read()"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(task)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    child = int(asker.stdout.readline())
    assert answers["asked"].wait(300)
    asker.kill()
    asker.communicate()
    until(lambda: not Path(f"/proc/{child}").exists() or is_zombie(child))


def is_zombie(pid: int) -> bool:
    """It has ended, and whoever adopted it has not asked how."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
