"""Runs a race: a process for each contestant, all at once unless told otherwise, each with the same
process seconds.

Processes, not slices within one: a contestant that runs out of memory or crashes takes nobody with
it, its memory can be told from the others', and its folder is written by the code that writes every
run. At once, not one after another: whatever else the machine does, it does to all of them. Each
counts the seconds that the processor spent on its training (`gan train --clock process`), so that a
busy core makes the race longer and not unfair. Seeds follow one another. Where others share the
machine, fewer train at once (`at_once`): for the same reason that is as fair.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.errors import GanError, RunError
from gan.messages import NO_MESSAGE, Message, literal
from gan.races.plan import Contestant, RacePlan
from gan.runs import LIVE, RunReader, Supervisor, is_run, train_argv
from gan.runs.space import is_about_room

LOOK_S = 0.25
POINTS = 12  # of a curve: weights that are kept
FEWEST_S = 0.25  # between two of them
STOPPING_S = 20.0
MB = 1024  # of KB, as /proc has them


@dataclass
class Standing:
    """One contestant with one seed, as far as it has come."""

    contestant: Contestant
    seed: int
    run_dir: Path
    state: str = "waiting"  # then one of gan.runs.STATES; "failed" too where it did not start
    nimg: int = 0
    seconds: float = 0.0  # of the processor
    reason: Message = NO_MESSAGE  # of a failure or interruption
    waits: Message = NO_MESSAGE  # for room on its disk, while it is not over
    peak_memory_mb: float | None = None  # resident; None where the system does not say

    def read(self, told: dict[str, Any] | None = None) -> None:
        """Look into its folder; `told`: the status that its process told instead, where its disk
        takes none."""
        reader = RunReader(self.run_dir)
        with suppress(GanError, OSError):
            status = reader.status() if told is None else reader.status_in(told)
            self.state, self.nimg, self.seconds = status.state, status.nimg, status.seconds
            is_out = status.state in ("failed", "interrupted")
            is_waiting = status.state in LIVE and is_about_room(status.message)
            self.reason = status.message if is_out else NO_MESSAGE
            self.waits = status.message if is_waiting else NO_MESSAGE
            if (peak := peak_memory_mb(reader.writer_pid())) is not None:
                self.peak_memory_mb = max(peak, self.peak_memory_mb or 0.0)


def peak_memory_mb(pid: int) -> float | None:
    """The most resident memory that a living process has had; None off Linux."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / MB
    return None


class Race:
    """The trainings of one plan, in folders below `runs`.

    prefix: of the folders' names, where others lie beside them. supervisor: one that has other
    trainings too, which go on; None for one of its own. at_once: how many may train at a time, all
    of a seed by default.
    """

    def __init__(
        self,
        plan: RacePlan,
        runs: Path,
        *,
        prefix: str = "",
        supervisor: Supervisor | None = None,
        at_once: int | None = None,
    ) -> None:
        self.plan, self.runs = plan, runs
        self.supervisor = supervisor or Supervisor()
        self.at_once = at_once or len(plan.contestants)
        self.is_stopped = False
        self._owns_supervisor = supervisor is None
        self._stopping = threading.Event()
        self.standings = [
            Standing(contestant, seed, runs / f"{prefix}{plan.run_name(contestant, seed)}")
            for seed in plan.seeds
            for contestant in plan.contestants
        ]

    def stop(self) -> None:
        """End it: every training saves what it has. From any thread, or a signal handler."""
        self._stopping.set()

    def run(self) -> Iterator[list[Standing]]:
        """Train; yields all standings a few times a second until the last one is over."""
        _make(self.runs)
        self.supervisor.prepare()
        try:
            for seed in self.plan.seeds:
                if self._stopping.is_set():
                    break
                yield from self._lap([s for s in self.standings if s.seed == seed])
        finally:
            self.is_stopped = self._stopping.is_set()
            if self._owns_supervisor:
                self.supervisor.shutdown()
            else:
                self._tell_to_stop(self.standings)
        yield self.standings

    def _lap(self, lap: list[Standing]) -> Iterator[list[Standing]]:
        waiting, deadline = deque(lap), None
        while (busy := self._look(lap)) or waiting:
            if self._stopping.is_set() and deadline is None:
                waiting.clear()
                deadline = time.monotonic() + STOPPING_S
                self._tell_to_stop(lap)
            if deadline is not None and time.monotonic() > deadline:
                break  # the supervisor ends what does not listen
            for _ in range(min(self.at_once - busy, len(waiting))):
                self._launch(waiting.popleft())
            yield self.standings
            self._stopping.wait(LOOK_S) if deadline is None else time.sleep(LOOK_S)

    def _launch(self, standing: Standing) -> None:
        contestant = standing.contestant
        argv = train_argv(
            contestant.preset,
            data=self.plan.data,
            settings=contestant.settings,
            seed=standing.seed,
            seconds=self.plan.seconds,
            run_dir=standing.run_dir,
            clock="process",
            weights_every_s=max(FEWEST_S, self.plan.seconds / POINTS),
            steer=True,
        )
        standing.state = "starting"
        try:
            self.supervisor.launch(
                argv, standing.run_dir, preset=contestant.preset, data=self.plan.data
            )
        except GanError as error:
            standing.state, standing.reason = "failed", error.message

    def _look(self, lap: list[Standing]) -> int:
        """Read where they are; how many still train."""
        busy, told = set(self.supervisor.running()), self.supervisor.told()
        for standing in lap:
            if is_run(standing.run_dir):
                name = standing.run_dir.name
                standing.read(told.get(name) if name in busy else None)
            problem = self.supervisor.problem(standing.run_dir.name)
            if problem is not None and standing.state in ("starting", "waiting"):
                self._failed_to_start(standing, problem)
        return sum(standing.run_dir.name in busy for standing in lap)

    def _failed_to_start(self, standing: Standing, problem: BaseException) -> None:
        if self._stopping.is_set():
            standing.state = "stopped"
            return
        standing.state = "failed"
        is_told = isinstance(problem, GanError)
        standing.reason = problem.message if is_told else literal(str(problem))  # type: ignore[attr-defined]

    def _tell_to_stop(self, lap: list[Standing]) -> None:
        for standing in lap:
            with suppress(GanError):  # it is over
                self.supervisor.send(standing.run_dir.name, {"command": "stop"})


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            "{path} cannot be written ({strerror}); choose another --out",
            path=repr(str(folder)),
            strerror=error.strerror,
        ) from error
