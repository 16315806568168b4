"""What viewers cost a training: its speed with 0, 20 and 50 of them, whose processor they take, and
how long an update takes. `python -m benchmarks.viewers --out viewers.json`.

Each viewer asks what a page on Train asks, and as often (benchmarks/crowd.py). The server is the
real one in its public profile, with the runs of earlier visitors. The numbers of viewers are
interleaved in rounds within one training, so that a machine that slows down does so for all; shares
are of the rounds without viewers. Where others have the processors too, read the speed by the
training's own processor time (what viewers take from caches and memory), and what server and
clients take of a core, from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.crowd import Tally, crowd
from benchmarks.many_trainings import Server, say, serving
from benchmarks.soak import PUBLIC
from gan.runs import RunReader

COUNTS = (0, 20, 50)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """What has been done so far, and at what time; seconds are a processor's."""

    at: float
    images: int
    training_s: float
    server_s: float
    clients_s: float


class Measured(NamedTuple):
    """One measurement."""

    images_per_s: float
    images_per_cpu_s: float
    training: float  # of a core, as the next two
    server: float
    clients: float


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def spent(server: Server, reader: RunReader) -> Spent:
    training = cpu_s(reader.writer_pid())
    images = reader.status().nimg
    return Spent(time.perf_counter(), images, training, cpu_s(server.pid), time.process_time())


def between(first: Spent, last: Spent) -> Measured:
    took, images, training, server, clients = (b - a for a, b in zip(first, last, strict=True))
    return Measured(
        images / took, images / max(training, 1e-9), training / took, server / took, clients / took
    )


async def measure(
    server: Server, reader: RunReader, count: int, seconds: float
) -> tuple[Measured, Tally]:
    """`count` viewers for `seconds`, measured once the last one has come."""
    work = asyncio.ensure_future(crowd(server.url, {"watch": count}, seconds))
    await asyncio.sleep(0.2 * seconds)
    first = spent(server, reader)
    await asyncio.sleep(0.75 * seconds)
    found = between(first, spent(server, reader))
    return found, (await work)["watch"]


def keep_runs(server: Server, folder: Path, count: int) -> None:
    """As many finished runs as a Space has of earlier visitors."""
    if not count:
        return
    run = server.start(kimg="0.064", seconds="60")
    while server.state(run) not in ("finished", "failed"):
        time.sleep(0.2)
    for number in range(1, count):
        shutil.copytree(folder / "runs" / run, folder / "runs" / f"{run}-{number}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="fashion")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=16.0, help="of each measurement")
    parser.add_argument("--kept", type=int, default=40, help="runs of earlier visitors")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found: dict[int, list[Measured]] = {count: [] for count in COUNTS}
    tallies = {count: Tally("watch") for count in COUNTS}
    with tempfile.TemporaryDirectory() as name, serving(Path(name), **PUBLIC) as server:
        keep_runs(server, Path(name), options.kept)
        form = {"preset": options.preset, "data": options.preset, "seconds": "600"}
        reader = RunReader(Path(name) / "runs" / server.start(**form))
        while server.state(reader.path.name) != "running":
            time.sleep(0.2)
        time.sleep(10)  # past its start
        for number in range(options.rounds):
            for count in COUNTS if number % 2 == 0 else COUNTS[::-1]:
                one, tally = asyncio.run(measure(server, reader, count, options.seconds))
                found[count].append(one)
                tallies[count].take(tally)
                say(f"{count:3} {one}")
    rows = [row_of(count, found, tallies[count]) for count in COUNTS]
    for row in rows:
        say(str(row))
    if options.out:
        machine = {"cores": os.cpu_count(), "machine": platform.platform()}
        told = vars(options) | machine | {"date": time.strftime("%F"), "rows": rows}
        options.out.write_text(json.dumps(told, indent=2, default=str) + "\n")


def row_of(count: int, found: dict[int, list[Measured]], tally: Tally) -> dict[str, Any]:
    def median(of: int, field: str) -> float:
        return statistics.median(getattr(one, field) for one in found[of])

    return {
        "viewers": count,
        "speed": round(median(count, "images_per_s") / median(0, "images_per_s"), 3),
        "by its own processor time": round(
            median(count, "images_per_cpu_s") / median(0, "images_per_cpu_s"), 3
        ),
        **{name: round(median(count, name), 3) for name in ("training", "server", "clients")},
        "errors": len(tally.errors), "answered": len(tally.times),
        "p50_ms": round(1e3 * tally.percentile(0.5), 1),
        "p95_ms": round(1e3 * tally.percentile(0.95), 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
