"""What viewers cost a training: images/s of one run with 0, 1, 5 and 20 of them, and how long an
update takes. `python -m benchmarks.viewers --out viewers.json`.

Each viewer asks what the page asks: /_gan/run since what it has, then each new snapshot, twice a
second, over a connection of its own. The numbers of viewers are interleaved in rounds within one
run, so that a machine that slows down does so for all; shares are of the rounds without viewers.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from gan.runs import RunReader
from tests.ui.browser import serving

COUNTS = (0, 1, 5, 20)
UPDATES_PER_S = 2.0  # fixed, though a page asks less often of many: shares of before compare
SETTLE_S = 1.0


class Viewer(threading.Thread):
    """One page's requests."""

    def __init__(self, address: str, run_id: str, delay_s: float) -> None:
        super().__init__(daemon=True)
        self.host, self.run_id, self.delay_s = urlsplit(address).netloc, run_id, delay_s
        self.over = threading.Event()
        self.times: list[float] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        had = {"after": -1, "seen": -1, "measured": -1, "events": -1, "step": -1, "mark": -1}
        self.over.wait(self.delay_s)
        while not self.over.is_set():
            begin = time.perf_counter()
            news = json.loads(self._get(connection, "/_gan/run?", {"id": self.run_id, **had}))
            if news["snapshots"]:
                had["seen"] = news["snapshots"][-1]
                self._get(connection, "/_gan/snapshot?", {"id": self.run_id, "nimg": had["seen"]})
            if news["rows"]:
                had["after"] = news["rows"][-1]["nimg"]
            elapsed = time.perf_counter() - begin
            self.times.append(elapsed)
            self.over.wait(max(0.0, 1 / UPDATES_PER_S - elapsed))

    def _get(self, connection: http.client.HTTPConnection, path: str, query: dict) -> bytes:
        connection.request("GET", path + urlencode(query))
        reply = connection.getresponse()
        data = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{path} answered {reply.status}")
        return data


def post(address: str, path: str, body: dict) -> dict:
    request = urllib.request.Request(
        address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def images_per_s(reader: RunReader, seconds: float) -> float:
    """Images shown in the next so many seconds of wall time."""
    first, begin = reader.status().nimg, time.perf_counter()
    time.sleep(seconds)
    return (reader.status().nimg - first) / (time.perf_counter() - begin)


def measure(address: str, reader: RunReader, count: int, seconds: float) -> tuple[float, list]:
    viewers = [
        Viewer(address, reader.path.name, i / max(1, count) / UPDATES_PER_S) for i in range(count)
    ]
    for viewer in viewers:
        viewer.start()
    time.sleep(SETTLE_S)
    speed = images_per_s(reader, seconds)
    for viewer in viewers:
        viewer.over.set()
    for viewer in viewers:
        viewer.join(20)
    return speed, [t for viewer in viewers for t in viewer.times[1:]]


def percentile(values: list[float], share: float) -> float | None:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="fashion")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each measurement")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    speeds: dict[int, list[float]] = {count: [] for count in COUNTS}
    times: dict[int, list[float]] = {count: [] for count in COUNTS}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "runs") as address:
        form = {"preset": options.preset, "data": options.preset, "seed": "0", "settings": {}}
        run_id = post(address, "/_gan/train/start", form | {"seconds": ""})["id"]
        reader = RunReader(Path(folder) / "runs" / run_id)
        time.sleep(10)  # past its start
        for number in range(options.rounds):
            order = COUNTS if number % 2 == 0 else COUNTS[::-1]
            for count in order:
                speed, took = measure(address, reader, count, options.seconds)
                speeds[count].append(speed)
                times[count] += took
        post(address, "/_gan/train/steer", {"id": run_id, "command": "stop"})
    base = statistics.median(speeds[0])
    rows = [
        {
            "viewers": count,
            "images_per_s": round(statistics.median(speeds[count])),
            "share": round(statistics.median(speeds[count]) / base, 3),
            "updates": len(times[count]),
            "p50_ms": round(1e3 * (percentile(times[count], 0.5) or 0), 1),
            "p95_ms": round(1e3 * (percentile(times[count], 0.95) or 0), 1),
        }
        for count in COUNTS
    ]
    found = {
        "preset": options.preset, "rounds": options.rounds, "seconds": options.seconds,
        "cores": os.cpu_count(), "machine": platform.platform(), "date": time.strftime("%F"),
        "speeds": {str(k): [round(v) for v in s] for k, s in speeds.items()}, "rows": rows,
    }  # fmt: skip
    for row in rows:
        print(row)
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
