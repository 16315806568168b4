"""What a finished race comes to: every number of its report, as plain values."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from gan import __version__
from gan.checkpoint import Weights, load_at
from gan.config import ModelConfig, RunConfig
from gan.data import ImageSet, compared_shape, load_data
from gan.data.imageset import fit
from gan.errors import GanError
from gan.images import from_pixels
from gan.kinds import Kind, kind_of
from gan.messages import Message
from gan.metrics.evaluate import evaluate
from gan.metrics.evaluation import Evaluation
from gan.metrics.features import extract, features_for, load_features
from gan.metrics.frechet import frechet_distance
from gan.metrics.results import Results
from gan.models import build_discriminator, build_encoder, build_generator
from gan.models.shapes import shapes_only
from gan.races.engine import Race, Standing
from gan.races.plan import Contestant, RacePlan
from gan.runs import RunReader, is_run
from gan.sampling import sample

FORMAT = "gan-race/1"
COUNT = 2000  # samples, and real images
MOST_POINTS = 7  # of a curve, the last one included
TIMED = (16, 64)  # samples drawn to warm up, and then to be timed
TIMED_S = 0.5  # drawn again until they took that long
GRIDS = 4  # moments at which the samples are shown: a quarter, a half, ...

OnProgress = Callable[[str, float], None]


class Hurry(Exception):
    """Raised by `on_progress` to leave out what is not measured yet."""


def measure_race(
    race: Race,
    *,
    count: int = COUNT,
    on_progress: OnProgress = lambda name, fraction: None,
) -> dict[str, Any]:
    """All numbers of the race as a dictionary for JSON; the table's FD ends its curve.

    on_progress(name of the contestant, 0 to 1) may raise Hurry: what is left is not measured.
    """
    plan = race.plan
    rows = {contestant.name: _Measured(plan, contestant) for contestant in plan.contestants}
    reals, is_hurried = _AllReals(plan.data, count), False
    for standing in race.standings:
        row = rows[standing.contestant.name]
        found = row.told(standing)
        with suppress(OSError):
            found["grids"] = grids_of(standing.run_dir, _length(race, standing.seed))
        if not is_hurried:
            try:
                row.measure(standing, found, reals, on_progress)
            except Hurry:
                is_hurried = True
        if is_hurried and standing.state != "waiting":
            _leave_out(found, Message("not measured: the race was interrupted"))
    return {
        "format": FORMAT,
        "gan": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "cores": os.cpu_count()},
        "title": plan.title,
        "data": plan.data,
        "command": plan.command(),
        "seconds": plan.seconds,
        "clock": "process",
        "seeds": list(plan.seeds),
        "count": count,
        "band": "min-max",
        "state": "stopped" if race.is_stopped else "finished",
        "differences": {
            key: dict(zip([c.name for c in plan.contestants], values, strict=True))
            for key, values in plan.differences().items()
        },
        "same": plan.same_setups(),
        "contestants": [row.to_json() for row in rows.values()],
    }


def _length(race: Race, seed: int) -> float:
    """The seconds that a seed's trainings had: fewer than planned in a race that was stopped."""
    reached = max(s.seconds for s in race.standings if s.seed == seed)
    return min(race.plan.seconds, reached) or race.plan.seconds


class _Measured:
    """One contestant's rows, a seed each."""

    def __init__(self, plan: RacePlan, contestant: Contestant) -> None:
        self.plan, self.contestant = plan, contestant
        self.config = plan.configs[plan.contestants.index(contestant)]
        self.parameters = parameters_of(self.config.model)
        self.runs: list[dict[str, Any]] = []

    def told(self, standing: Standing) -> dict[str, Any]:
        """What the race itself knows of one training; kept as a row."""
        self.runs.append(told_of(standing))
        return self.runs[-1]

    def measure(
        self, standing: Standing, row: dict[str, Any], reals: _AllReals, on_progress: OnProgress
    ) -> None:
        """Fill `row` with what its weights give; a training without any stays as it is."""
        reader = RunReader(standing.run_dir)
        moments = reader.weights()
        if not moments:
            return
        name = standing.contestant.name
        try:
            loaded = load_at(standing.run_dir, moments[-1])
            real = reals.like(loaded)
            rest = thinned(moments, MOST_POINTS)
            last: list[dict[str, Any]] = []
            if standing.state != "failed":  # what it was before it diverged is no result
                found = _evaluated(loaded, real, lambda f: on_progress(name, 0.4 * f))
                row.update(_metrics(found), sampling_s_per_1000=sampling_s_per_1000(loaded))
                at = {"nimg": rest.pop(), "seconds": round(standing.seconds, 3)}
                last = [{**at, "fd": found.fd}]
            curve = curve_of(reader, real, rest, lambda f: on_progress(name, 0.4 + 0.6 * f))
            row["curve"] = curve + last
        except GanError as error:
            _leave_out(row, error.message)

    def to_json(self) -> dict[str, Any]:
        summary = summary_of(self.runs)
        return {
            "name": self.contestant.name,
            "preset": self.config.preset,
            "family": self.config.model.family,
            "steps": steps_in(summary, self.config),
            "settings": {k: _plain(v) for k, v in self.contestant.settings.items()},
            "parameters": self.parameters,
            "runs": self.runs,
            "summary": summary,
        }


def steps_in(summary: dict[str, Any], config: RunConfig) -> float | None:
    """Steps in the mean over the seeds."""
    seen = summary.get("nimg")
    return None if seen is None else config.train.steps_to(seen["mean"])


def told_of(standing: Standing) -> dict[str, Any]:
    """What the race itself knows of one training, with room for what is measured of it."""
    return {
        "seed": standing.seed,
        "folder": standing.run_dir.name,
        "kept": is_run(standing.run_dir),  # False: it ended before it wrote anything
        "state": standing.state,
        "reason": str(standing.reason),
        "reason_data": standing.reason.to_json(),
        "waits": standing.waits.to_json() if standing.waits else None,
        "process_seconds": round(standing.seconds, 3),
        "nimg": standing.nimg,
        "training_s_per_1000": standing.seconds / standing.nimg * 1000 if standing.nimg else None,
        "peak_memory_mb": standing.peak_memory_mb,
        "sampling_s_per_1000": None,
        "metrics": {},
        "modes": None,
        "outside": _outside(standing),
        "features": "",
        "curve": [],
        "grids": [],
    }


def _outside(standing: Standing) -> dict[str, int] | None:
    """How many of the points that were measured last lie outside what pictures show."""
    if not is_run(standing.run_dir):
        return None
    last = next(iter(RunReader(standing.run_dir).measures()[::-1]), {})
    if last.get("outside") is None:
        return None
    return {"count": int(last["outside"]), "of": int(last["count"])}


def _leave_out(row: dict[str, Any], why: Message) -> None:
    row |= {"unmeasured": str(why), "unmeasured_data": why.to_json()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class Reals:
    """Real images of one size, and the features of those that `evaluate` takes for its FD."""

    def __init__(self, images: ImageSet, count: int) -> None:
        self.images, self.count = images, count
        side, channels = images.pixels.shape[-1], images.pixels.shape[1]
        self.net = load_features(features_for(images.name, channels))
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
        chosen = images.subset(order[: min(count, len(images))])
        self.features = extract(self.net, fit(chosen, resolution=side, channels=channels).pixels)


class _AllReals:
    """Real images in every size that a contestant has, read once."""

    def __init__(self, spec: str, count: int) -> None:
        self.spec, self.count = spec, count
        self._known: dict[tuple[int, int], Reals] = {}

    def like(self, loaded: Weights) -> Reals:
        shape = compared_shape(loaded.image_shape)
        if shape not in self._known:
            images = load_data(self.spec, resolution=shape[0], channels=shape[1])
            self._known[shape] = Reals(images, self.count)
        return self._known[shape]


SECOND: dict[Kind, tuple[str, Callable[[ModelConfig], torch.nn.Module]]] = {
    "gan": ("D", build_discriminator),
    "vae": ("encoder", build_encoder),
}


def parameters_of(model: ModelConfig) -> dict[str, Any]:
    """How many numbers the generator learns, and what it is trained against or with."""
    with shapes_only():
        g = _count(build_generator(model))
        second = SECOND.get(kind_of(model.family))
        if second is None:
            return {"g": g, "second": None, "second_name": None}
        name, build = second
        return {"g": g, "second": _count(build(model)), "second_name": name}


def _count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _evaluated(loaded: Weights, real: Reals, on_progress: Callable[[float], None]) -> Evaluation:
    """As `gan compare` measures, and kept where it looks first."""
    images, count, results = real.images, real.count, Results()
    kept = results.get(loaded.revision, images, count=count, seed=0, seen=loaded.seen)
    if kept is not None:
        return kept
    found = evaluate(
        loaded.generator, loaded.config, data=images, count=count,
        revision=loaded.revision, seen=loaded.seen, on_progress=on_progress,
    )  # fmt: skip
    results.put(found, images, count=count, seen=loaded.seen)
    return found


def _metrics(found: Evaluation) -> dict[str, Any]:
    plain = found.to_json()
    metrics = {m.pop("name"): m for m in [dict(m) for m in plain["metrics"]]}
    return {"metrics": metrics, "modes": plain["modes"], "features": found.features}


def sampling_s_per_1000(loaded: Weights) -> float:
    """Seconds of the processor that 1,000 samples take, one thread."""
    warm_up, each = TIMED
    sample(loaded.generator, range(warm_up))
    begin, drawn = time.process_time(), 0
    while (took := time.process_time() - begin) < TIMED_S or not drawn:
        sample(loaded.generator, range(drawn, drawn + each))
        drawn += each
    return took / drawn * 1000


def curve_of(
    reader: RunReader,
    reals: Reals,
    moments: Sequence[int],
    on_progress: Callable[[float], None] = lambda fraction: None,
) -> list[dict[str, Any]]:
    """FD at the `moments` (nimg), whose weights are kept, as many samples as `reals`."""
    seconds, points = _seconds_at(reader), []
    for done, nimg in enumerate(moments):
        g = load_at(reader.path, nimg).generator
        fake = extract(reals.net, from_pixels(sample(g, range(len(reals.features))).pixels))
        fd = frechet_distance(reals.features, fake)
        points.append({"nimg": nimg, "seconds": seconds(nimg), "fd": fd})
        on_progress((done + 1) / len(moments))
    return points


def thinned(moments: Sequence[int], most: int) -> list[int]:
    """At most `most` of them, evenly, with the first and the last."""
    if len(moments) <= most:
        return list(moments)
    steps = [round(i * (len(moments) - 1) / (most - 1)) for i in range(most)]
    return [moments[i] for i in steps]


def _seconds_at(reader: RunReader) -> Callable[[int], float]:
    """The seconds at which so many images had been shown, between the curves' rows."""
    rows: list[tuple[int, float]] = [(0, 0.0)]
    rows += [(row["nimg"], float(row.get("seconds") or 0.0)) for row in reader.rows()]

    def at(nimg: int) -> float:
        for (n0, s0), (n1, s1) in pairwise(rows):
            if n0 <= nimg <= n1:
                return round(s0 + (s1 - s0) * (nimg - n0) / max(n1 - n0, 1), 3)
        return round(rows[-1][1], 3)

    return at


def grids_of(run_dir: Path, seconds: float) -> list[dict[str, Any]]:
    """The grids of samples nearest to equal parts of `seconds`: due, seconds, nimg."""
    reader = RunReader(run_dir)
    at = _seconds_at(reader)
    known = [(at(nimg), nimg) for nimg in reader.snapshots()]
    if not known:
        return []
    found = []
    for part in range(1, GRIDS + 1):
        due = seconds * part / GRIDS
        when, nimg = min(known, key=lambda one: (abs(one[0] - due), -one[1]))
        if abs(when - due) <= seconds / GRIDS / 2:  # otherwise it ended before
            found.append({"due": round(due, 3), "seconds": when, "nimg": nimg})
    return found


def summary_of(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """{name: {mean, low, high, of}} over the seeds that have the number; low and high are the
    least and the most."""
    columns: dict[str, list[float]] = {}
    for run in [run for run in runs if run["state"] != "waiting"]:
        for name, metric in run["metrics"].items():
            columns.setdefault(name, []).append(metric["value"])
            columns.setdefault(f"{name}_floor", []).append(metric["floor"])
        for name in ("training_s_per_1000", "sampling_s_per_1000", "nimg", "peak_memory_mb",
                     "process_seconds"):  # fmt: skip
            if run[name] is not None:
                columns.setdefault(name, []).append(run[name])
        if outside := run.get("outside"):
            columns.setdefault("outside", []).append(outside["count"] / outside["of"])
    return {
        name: {"mean": sum(v) / len(v), "low": min(v), "high": max(v), "of": len(v)}
        for name, v in columns.items()
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
