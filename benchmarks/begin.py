"""From Start to the first picture, forked and spawned in turns: `python -m benchmarks.begin`.

As the app does it, without a browser: the supervisor starts a training and its first picture is
waited for. Torch is loaded before the first fork, as it is while somebody looks at the Train tab.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from gan.runs import RunReader, Supervisor, prefork, train_argv

LOADED_S = 30.0  # more than it takes


def begin(supervisor: Supervisor, preset: str, path: Path) -> float:
    """Seconds until a training has shown its first picture."""
    at = time.perf_counter()
    run = supervisor.start(train_argv(preset, run_dir=path, steer=True), path)
    while not RunReader(path).snapshots():
        time.sleep(0.01)
    seconds = time.perf_counter() - at
    supervisor.send(run, {"command": "stop"})
    while supervisor.owns(run):
        time.sleep(0.05)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--preset", default="fashion")
    options = parser.parse_args()
    supervisor = Supervisor()
    supervisor.prepare()
    time.sleep(LOADED_S)
    found: dict[str, list[float]] = {"forked": [], "spawned": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            for name, times in found.items():
                prefork.FORKS = name == "forked"
                path = Path(folder) / f"{name}-{number}"
                times.append(begin(supervisor, options.preset, path))
                print(f"{name:8} {times[-1]:.2f} s  load {os.getloadavg()[0]:.1f}", flush=True)
    supervisor.shutdown()
    forked, spawned = (statistics.median(times) for times in found.values())
    print(f"median {forked:.2f} s forked, {spawned:.2f} s spawned, ratio {spawned / forked:.1f}")


if __name__ == "__main__":
    main()
