"""Hundreds of trainings through one server: does it keep anything of those that are over?

    python -m benchmarks.many_trainings           # 400 trainings, a row of the table every 50
    python -m benchmarks.many_trainings --pause   # how soon Pause is answered beside long work

The server is the real one, asked over HTTP; descriptors, threads and memory are read from /proc.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.ui.browser import ROOT, free_port, is_up
from tests.ui.fakes import add_pulled

FORM = {"preset": "digits", "data": "digits", "seed": "0", "seconds": "", "settings": {}}
# about half a second a picture on one core
LAYERS = (
    "linear 8 48", "relu", "reshape 3 4 4", *7 * ["upsample 2"], "conv 3 64 k3 s1 p1", "relu",
    "conv 64 64 k3 s1 p1", "relu", "conv 64 3 k3 s1 p1", "tanh",
)  # fmt: skip
ROUNDS = 20


class Server:
    """The app as a process, and a visitor of it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid = url, pid
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path: str, body: object = None, *, timeout: float = 600) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_gan/{path}", data)
        with self._open.open(request, timeout=timeout) as reply:
            return json.loads(reply.read() or b"null")

    def start(self, **form: object) -> str:
        return str(self.ask("train/start", FORM | form)["id"])

    def state(self, run_id: str) -> str:
        reply = self.ask(f"run?id={run_id}")
        return str(reply["status"]["state"]) if "status" in reply else "failed"


@contextlib.contextmanager
def serving(folder: Path, **extra: str) -> Iterator[Server]:
    """The app with all its folders in `folder`; `extra` goes into its environment."""
    port = free_port()
    env = os.environ | {
        "GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1",
        "GAN_DATA_DIR": str(folder),
    } | extra  # fmt: skip
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not is_up(url, process):
                raise SystemExit("the app did not come up")
            yield Server(url, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(180)


def held(pid: int) -> tuple[int, int, float, int]:
    """Descriptors, threads, resident MB and live descendants of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    resident = int(status["VmRSS"].split()[0]) / 1024
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    known = {pid}
    while more := {child for child, parent in parents.items() if parent in known} - known:
        known |= more
    return (
        len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"]), resident, len(known) - 1,
    )  # fmt: skip


def soak(count: int, every: int, at_once: int) -> None:
    say("| trainings | descriptors | threads | resident | children | listing | took |")
    say("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        begun = time.monotonic()
        for done in range(0, count + 1, every):
            if done:
                for _ in range(0, every, at_once):
                    live = [server.start(kimg="0.064") for _ in range(at_once)]
                    while live:
                        live = [run for run in live if not is_over(server, run)]
                        time.sleep(0.05)
            while server.ask("runs?state=active")["found"]:
                time.sleep(0.5)
            time.sleep(2.0)  # a run says that it is over a moment before its process is gone
            server.ask("state")
            asked = time.perf_counter()
            server.ask("runs")
            listing = 1e3 * (time.perf_counter() - asked)
            server.ask("state")
            files, threads, resident, children = held(server.pid)
            took, begun = time.monotonic() - begun, time.monotonic()
            say(
                f"| {done} | {files} | {threads} | {resident:.0f} MB | {children} | "
                f"{listing:.0f} ms | {took:.0f} s |"
            )


def is_over(server: Server, run: str) -> bool:
    return server.state(run) in ("finished", "failed", "stopped", "interrupted")


def pause(rounds: int) -> None:
    """Pause and Resume in turns while a Start, a download of 1,000 pictures and the board run."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GAN_DATA_DIR"] = folder
        large = add_pulled("large", *LAYERS, resolution=512, channels=3, z_dim=8)
        with serving(Path(folder)) as server:
            watched = server.start()
            while server.state(watched) != "running":
                time.sleep(0.1)
            alone = answers(server, watched, rounds)
            ending = threading.Event()
            beside = [
                threading.Thread(target=work, args=(server, ending, large), daemon=True)
                for work in (starts, downloads, boards)
            ]
            for thread in beside:
                thread.start()
            time.sleep(2.0)
            loaded = answers(server, watched, rounds)
            ending.set()
            server.ask("train/steer", {"id": watched, "command": "stop"})
            say("| Pause and Resume | median | slowest |")
            say("|---|---|---|")
            for name, times in (("alone", alone), ("beside all of them", loaded)):
                say(f"| {name} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |")


def answers(server: Server, run: str, rounds: int) -> list[float]:
    times = []
    for i in range(rounds):
        order = {"id": run, "command": ("pause", "resume")[i % 2]}
        began = time.perf_counter()
        server.ask("train/steer", order)
        times.append(1e3 * (time.perf_counter() - began))
        time.sleep(0.2)
    return times


def starts(server: Server, ending: threading.Event, _: str) -> None:
    while not ending.is_set():
        run = server.start(kimg="0.064")
        while not ending.is_set() and not is_over(server, run):
            time.sleep(0.1)


def downloads(server: Server, ending: threading.Event, large: str) -> None:
    form = {
        "ref": large, "kind": "zip", "seeds": [*range(1000)], "labels": [-1] * 1000,
        "psis": [1] * 1000,
    }  # fmt: skip
    request = urllib.request.Request(
        f"{server.url}/_gan/gallery/download", json.dumps(form).encode()
    )
    with urllib.request.urlopen(request, timeout=600) as reply:
        for told in reply:
            if ending.is_set() or not told:
                return


def boards(server: Server, ending: threading.Event, _: str) -> None:
    while not ending.is_set():
        server.ask("leaderboard")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--pause", action="store_true")
    options = parser.parse_args()
    if options.pause:
        pause(ROUNDS)
    else:
        soak(options.count, options.every, options.at_once)


if __name__ == "__main__":
    main()
