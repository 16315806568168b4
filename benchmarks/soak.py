"""A public server under visitors of every kind: how soon it answers, what it keeps, what it costs
a training. `make soak`, ten minutes; the long one is `make soak ARGS="--seconds 300 --mixed 7200"`.

    python -m benchmarks.soak --only viewers --seconds 300
    python -m benchmarks.soak --share 0.2            # a fifth of the visitors, on a busy machine

The server is the real one in its public profile, behind a proxy that is trusted, so that each
visitor has an address (benchmarks/crowd.py). A training runs all along; one visitor more watches
it, and what that one waits for an update is "update". Speed of the training is images a second of
wall time, as a share of the same training's before the visitors came; they take processor time on
the same machine, so that the shares are lower than a server's whose visitors have their own.
Memory, descriptors and threads are the server's, from /proc; temporary files are in a folder of
its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playwright.async_api import async_playwright

from benchmarks.crowd import Tally, Visitor, crowd
from benchmarks.machine import here
from benchmarks.many_trainings import held, say, serving
from gan.runs import RunReader
from tests.ui.browser import FLAGS, chromium

BASE_S = 20.0  # of the training alone
SETTLE_S = 5.0  # after a phase, before what is left is counted
SAMPLE_S = 2.0  # between two readings of memory
TURN_S = 0.1  # between two readings of the clients' own delay
WARM_S = 60.0  # of the mixed phase, not in the slope
PUBLIC = {
    "SPACE_ID": "soak/soak", "GAN_UPLOADS": "1", "GRADIO_ANALYTICS_ENABLED": "0",
    "HF_ENDPOINT": "http://127.0.0.1:9", "OMP_NUM_THREADS": "1",
}  # fmt: skip
PHASES = {
    "viewers": {"watch": 50},
    "explorers": {"drag": 20},
    "starts": {"start": 200},
    "uploads": {"upload": 500},
    "gallery": {"browse": 100},
    "pages": {"open": 20},
    "slow": {"slow": 20, "half": 200},
}
MIXED = {
    "watch": 30, "drag": 5, "start": 60, "upload": 60, "browse": 10, "open": 5, "slow": 10,
    "half": 50,
}  # fmt: skip
# a phase of the mixed one, after which starters and uploaders come anew
ROUND_S = 600.0


class Goals(NamedTuple):
    """The limits that the verdict compares with."""

    update_s: float = 0.5  # 95 of 100 updates
    mb_per_min: float = 1.0
    speed: float = 0.8  # of the training


class Left(NamedTuple):
    """What a server holds."""

    descriptors: int
    threads: int
    resident_mb: float
    children: int
    temporary: int  # files

    def __str__(self) -> str:
        return (
            f"{self.descriptors} | {self.threads} | {self.resident_mb:.0f} MB | "
            f"{self.children} | {self.temporary}"
        )


@dataclass
class Served:
    """A server's process and folders."""

    url: str
    pid: int
    folder: Path
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds, MB

    def left(self) -> Left:
        temporary = sum(len(files) for _, _, files in os.walk(self.folder / "tmp"))
        return Left(*held(self.pid), temporary)

    def images(self) -> int:
        """Images shown by all trainings so far, the deleted ones' not."""
        total = 0
        for run in (self.folder / "runs").glob("*/config.json"):
            with suppress(OSError, ValueError, KeyError):
                total += RunReader(run.parent).status().nimg
        return total


def slope(readings: list[tuple[float, float]], *, after_s: float = 0.0) -> float:
    """MB a minute by least squares, of what was read later than `after_s` after the first."""
    late = [(t, mb) for t, mb in readings if t - readings[0][0] >= after_s]
    if len(late) < 3:
        return float("nan")
    times, mbs = np.array(late).T
    return float(60 * np.polyfit(times - times[0], mbs, 1)[0])


async def keep_training(served: Served, over: asyncio.Event) -> None:
    """Whenever nothing trains, a new visitor starts something."""
    while not over.is_set():
        with suppress(urllib.error.URLError, OSError, ValueError):
            if not await asyncio.to_thread(_active, served):
                tally = Tally("trainer")
                trainer = Visitor(served.url, tally)
                form = {"preset": "fashion", "data": "fashion", "seed": "0", "seconds": "600"}
                await trainer.ask("/_gan/train/start", form=form | {"settings": {}})
                await trainer.client.aclose()
        await asyncio.sleep(2.0)


def _active(served: Served) -> int:
    with urllib.request.urlopen(f"{served.url}/_gan/runs?state=active", timeout=30) as reply:
        return int(json.load(reply)["found"])


async def _measure(served: Served, own: Tally, over: asyncio.Event) -> None:
    """Read the server's memory, and how late this process itself comes to its turn."""
    served.memory.clear()
    while not over.is_set():
        served.memory.append((time.monotonic(), held(served.pid)[2]))
        for _ in range(round(SAMPLE_S / TURN_S)):
            began = time.perf_counter()
            await asyncio.sleep(TURN_S)
            own.times.append(time.perf_counter() - began - TURN_S)


@dataclass
class Phase:
    """What one phase found."""

    name: str
    seconds: float
    tallies: dict[str, Tally]
    probe: Tally
    own: Tally  # delay of the clients' process
    speed: float  # images a second
    left: Left
    mb_per_min: float

    @property
    def errors(self) -> list[str]:
        return [e for tally in (*self.tallies.values(), self.probe) for e in tally.errors]

    def row(self, base: float) -> str:
        served = sum(len(t.times) for t in self.tallies.values())
        refused = sum(sum(t.refused.values()) for t in self.tallies.values())
        slowest = [f"{t.kind} {_ms(t.percentile(0.95))}" for t in self.tallies.values() if t.times]
        return (
            f"| {self.name} | {self.seconds:.0f} s | {served:,} | {refused:,} | "
            f"{len(self.errors)} | {', '.join(slowest)} | {_ms(self.probe.percentile(0.5))}, "
            f"{_ms(self.probe.percentile(0.95))} | {_ms(self.own.percentile(0.95))} | "
            f"{self.speed / base:.2f} | {self.left} | "
            f"{self.mb_per_min:+.1f} |"
        )


def _ms(seconds: float) -> str:
    return "-" if seconds != seconds else f"{1e3 * seconds:,.0f} ms"


HEAD = (
    "| phase | lasted | answered | refused | errors | p95 by kind | update p50, p95 | "
    "clients' delay p95 | training's speed | descriptors | threads | resident | children | "
    "temporary files | MB a minute |\n" + 15 * "|---" + "|"
)


async def phase(served: Served, name: str, counts: dict[str, int], seconds: float) -> Phase:
    probe, own, over = Tally("update"), Tally("delay"), asyncio.Event()
    reading = asyncio.ensure_future(_measure(served, own, over))
    images, began = served.images(), time.monotonic()
    tallies: dict[str, Tally] = {}
    while (left := seconds - (time.monotonic() - began)) > 1.0:
        found = await crowd(served.url, counts, min(left, ROUND_S), probe=probe)
        for kind, tally in found.items():
            tallies.setdefault(kind, Tally(kind)).take(tally)
    speed = (served.images() - images) / (time.monotonic() - began)
    over.set()
    await reading
    growth = slope(served.memory, after_s=WARM_S if seconds > 2 * WARM_S else 0)
    await asyncio.sleep(SETTLE_S)
    took = time.monotonic() - began - SETTLE_S
    return Phase(name, took, tallies, probe, own, speed, served.left(), growth)


async def soak(
    served: Served, phases: dict[str, dict[str, int]], seconds: float, mixed: float, browsers: int
) -> list[Phase]:
    over = asyncio.Event()
    training = asyncio.ensure_future(keep_training(served, over))
    while not (served.images() and _active(served)):
        await asyncio.sleep(0.5)
    say(f"at first: {served.left()}\n\n{HEAD}")
    alone = await phase(served, "nobody", {}, BASE_S)
    found = [alone]
    say(alone.row(alone.speed))
    watching = asyncio.ensure_future(_browse(served.url, browsers, over)) if browsers else None
    plan = [(name, counts, seconds) for name, counts in phases.items()]
    if mixed:
        plan.append(("all of them", MIXED, mixed))
    for name, counts, lasts in plan:
        found.append(await phase(served, name, counts, lasts))
        say(found[-1].row(alone.speed))
    over.set()
    await training
    if watching is not None:
        say(f"\n{browsers} browsers: {await watching or 'no page error'}")
    return found


async def _browse(url: str, count: int, over: asyncio.Event) -> list[str]:
    """Real browsers: on Train, watching; on Explore, a slider dragged. -> errors of their pages."""
    errors: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=FLAGS)
        pages = []
        for number in range(count):
            page = await browser.new_page(
                extra_http_headers={"x-forwarded-for": f"203.0.113.{number}"}
            )
            page.on("pageerror", lambda error: errors.append(str(error)[:200]))
            await page.goto(f"{url}/#tab={('train', 'explore')[number % 2]}", timeout=120_000)
            pages.append(page)
        while not over.is_set():
            for page in pages[1::2]:
                with suppress(Exception):  # a slider is replaced while the page draws
                    slider = page.locator("input[type=range]:visible").nth(0)
                    await slider.press("ArrowRight", timeout=2_000)
            await asyncio.sleep(0.2)
        await browser.close()
    return errors


def verdict(found: list[Phase], goals: Goals = Goals()) -> list[str]:  # noqa: B008 - a tuple
    """A line for each goal."""
    alone, *loaded = found
    last = loaded[-1] if loaded else alone
    slowest = max(phase.probe.percentile(0.95) for phase in loaded or found)
    errors = [f"{phase.name}: {e}" for phase in found for e in phase.errors]
    least = min(phase.speed for phase in loaded or found) / alone.speed
    return [
        f"95 of 100 updates within {_ms(goals.update_s)}: {_held(slowest <= goals.update_s)}, "
        f"{_ms(slowest)} in the slowest phase",
        f"no errors: {_held(not errors)}, {len(errors)}"
        + "".join(f"\n  {error}" for error in errors[:20]),
        f"{goals.mb_per_min:g} MB a minute or less in the last phase: "
        f"{_held(last.mb_per_min <= goals.mb_per_min)}, {last.mb_per_min:+.1f}",
        f"descriptors, threads, temporary files as before: {last.left[0]} of {alone.left[0]}, "
        f"{last.left[1]} of {alone.left[1]}, {last.left[4]} of {alone.left[4]}",
        f"the training at {goals.speed:.0%} of its speed: {_held(least >= goals.speed)}, "
        f"{least:.0%} in the slowest phase",
    ]


def _held(yes: bool) -> str:
    return "yes" if yes else "NO"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of each kind of visitor")
    parser.add_argument("--mixed", type=float, default=180.0, help="seconds of all of them")
    parser.add_argument("--only", choices=PHASES, action="append", help="of the kinds")
    parser.add_argument("--share", type=float, default=1.0, help="of the numbers of visitors")
    parser.add_argument("--browsers", type=int, default=2, help="real ones, all along")
    options: Any = parser.parse_args()
    chosen = {
        name: {kind: max(1, round(options.share * n)) for kind, n in counts.items()}
        for name, counts in PHASES.items()
        if not options.only or name in options.only
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        with serving(folder, TMPDIR=str(folder / "tmp"), **PUBLIC) as server:
            served = Served(server.url, server.pid, folder)
            say(here())
            work = soak(served, chosen, options.seconds, options.mixed, options.browsers)
            say("\n" + "\n".join(verdict(asyncio.run(work))))


if __name__ == "__main__":
    main()
