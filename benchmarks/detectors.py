"""Does the diagnosis see what goes wrong, and only that? A table of detectors by kinds of runs.

    python -m benchmarks.detectors record OUT     train all cases, a JSON file each (about 15 min)
    python -m benchmarks.detectors table OUT      judge what was recorded
    python -m benchmarks.detectors record OUT fresh   30 runs that no threshold was set on
    python -m benchmarks.detectors states OUT fresh   what a viewer is told of them
    python -m benchmarks.detectors fixture OUT    pack a few of them for the unit tests

A run is judged at every moment at which a viewer would see it: one finding at any of them counts.
"""

from __future__ import annotations

import base64
import gzip
import json
import platform
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.detector_cases import FAILING, HEALTHY, Case
from benchmarks.fresh_cases import FRESH
from benchmarks.pictures import PICTURES
from gan.config import RunConfig
from gan.data import load_data
from gan.errors import DivergedError
from gan.images import encode_webp, tile
from gan.metrics.diagnosis import FINDING_KINDS, assess, diagnose
from gan.presets import PRESETS, resolve_widths, run_config
from gan.runs.monitor import Monitor
from gan.schema import from_json, to_json
from gan.settings import apply_settings
from gan.training import Progress, Trainer
from gan.training import trainer as training
from gan.training.worktime import WorkTime

FIXTURE = Path(__file__).parent.parent / "tests" / "metrics" / "runs.json.gz"
JUDGED_EVERY = 4  # rows: about a second
SETS = {"first": [*FAILING, *HEALTHY], "fresh": FRESH}
FRESH_SHARE = 0.4  # five seconds hold as many measurements as a minute does
ROW_S = 0.1  # of a fresh run, so that it has as many rows as a longer one
SHARE = 0.15  # of the time for looks, four times the usual: short runs get a long one's looks


def record(case: Case) -> dict[str, Any]:
    """Train `case` as the command line would; its config, rows and measures."""
    config, trainer = begin(case)
    if case.process_s:  # a busy machine stretches the wall's seconds
        trainer.work_time = WorkTime(time.process_time)
        training.PROGRESS_S, training.SNAPSHOT_S = ROW_S, case.process_s
    rows: list[dict[str, Any]] = []
    measures: list[dict[str, Any]] = []
    monitor = Monitor(trainer, measures.append, share=FRESH_SHARE if case.process_s else SHARE)
    started, failed = time.process_time(), ""
    try:
        for event in trainer.run():
            if isinstance(event, Progress):
                rows.append(event.row())
            monitor.after(event)
    except DivergedError as error:
        failed = str(error)
    return {
        "name": case.name,
        "expected": case.expected,
        "config": to_json(config),
        "rows": rows,
        "measures": measures,
        "failed": failed,
        "spent_s": round(monitor.spent, 3),
        "process_s": round(time.process_time() - started, 3),
        "grid": base64.b64encode(encode_webp(tile(trainer.snapshot().pixels, 8))).decode(),
    }


def begin(case: Case) -> tuple[RunConfig, Trainer]:
    """The trainer of `case` at its beginning, and its config."""
    preset = PRESETS[case.preset]
    data = case.data or preset.data
    if data in PICTURES:
        images = PICTURES[data](case.seed, case.resolution)
    else:
        images = load_data(data, resolution=case.resolution or preset.resolution or None)
    if case.images:
        draw = torch.Generator().manual_seed(case.seed)
        images = images.subset(torch.randperm(len(images), generator=draw)[: case.images])
    config = run_config(case.preset, images.shape, data=data, seed=case.seed)
    config = resolve_widths(apply_settings(config, case.settings))
    # with --seconds known in advance, measurements are planned over all of them
    config = replace(config, total_kimg=case.kimg, total_seconds=case.process_s or None)
    return config, Trainer(config, images)


def verdicts(run: dict[str, Any]) -> dict[str, float]:
    """Every kind of finding that the run gave rise to, and at how many seconds first."""
    config, rows, measures = from_json(RunConfig, run["config"]), run["rows"], run["measures"]
    found: dict[str, float] = {}
    for end in sorted({*range(JUDGED_EVERY, len(rows), JUDGED_EVERY), len(rows)}):
        now = rows[end - 1]["nimg"] if end else 0
        seen = [m for m in measures if m["nimg"] <= now]
        for finding in diagnose(rows[:end], seen, config):
            found.setdefault(finding.kind, rows[end - 1]["seconds"])
    if run["failed"]:  # a loss that is no number ends a training, and its last words say so
        found.setdefault("divergence", rows[-1]["seconds"] if rows else 0.0)
    return found


def print_table(runs: list[dict[str, Any]]) -> None:
    """Which detectors spoke, by expected kind and for the healthy."""
    print(f"{time.strftime('%Y-%m-%d')}, {platform.processor() or platform.machine()}, "
          f"torch {torch.__version__}, one thread")  # fmt: skip
    print("| made for | runs | " + " | ".join(FINDING_KINDS) + " |")
    print("|---" * (2 + len(FINDING_KINDS)) + "|")
    for expected in (*FINDING_KINDS, None):
        mine = [r for r in runs if r["expected"] == expected]
        count = Counter(kind for r in mine for kind in verdicts(r))
        cells = " | ".join(str(count[kind] or "") for kind in FINDING_KINDS)
        print(f"| {expected or 'healthy'} | {len(mine)} | {cells} |")
    print()
    for run in runs:
        said = ", ".join(f"{kind} at {at:.0f} s" for kind, at in verdicts(run).items())
        share = 100 * run["spent_s"] / run.get("process_s", run.get("wall_s"))
        print(f"{run['name']:50} {run['expected'] or 'healthy':14} {said or '-'}"
              f"   [{len(run['measures'])} looks, {share:.1f} %]")  # fmt: skip


def states(run: dict[str, Any]) -> list[str]:
    """What a viewer would be told at each moment: a finding's kind, else how the run stands."""
    config, rows, measures = from_json(RunConfig, run["config"]), run["rows"], run["measures"]
    told = []
    for end in sorted({*range(JUDGED_EVERY, len(rows), JUDGED_EVERY), len(rows)}):
        seen = [m for m in measures if m["nimg"] <= (rows[end - 1]["nimg"] if end else 0)]
        found = [f.kind for f in diagnose(rows[:end], seen, config) if f.severity == "warning"]
        told.append(found[0] if found else assess(rows[:end], seen, config).state)
    return [*told, "divergence"] if run["failed"] else told


def print_states(runs: list[dict[str, Any]]) -> None:
    """Of each run the state that it ended in, its warnings, and whether it was ever green."""
    for run in runs:
        told = states(run)
        warned = ", ".join(sorted(set(told) & set(FINDING_KINDS))) or "-"
        green = "green" if "healthy" in told else ""
        print(f"| {run['name']} | {len(run['measures'])} | {warned} | {told[-1]} | {green} |")


def main() -> None:
    torch.set_num_threads(1)
    action, out, words = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    set_name = words.pop(0) if words and words[0] in SETS else "first"
    chosen = [c for c in SETS[set_name] if all(w in c.name for w in words)]
    if action == "record":
        out.mkdir(parents=True, exist_ok=True)
        for case in chosen:
            file = out / f"{''.join(c if c.isalnum() else '-' for c in case.name)}.json"
            if not file.exists():
                file.write_text(json.dumps(record(case)))
                print(case.name, flush=True)
        return
    by_name = {r["name"]: r for r in (json.loads(f.read_text()) for f in out.glob("*.json"))}
    runs = [by_name[c.name] for c in chosen if c.name in by_name]
    if action == "table":
        print_table(runs)
    elif action == "states":
        print_states(runs)
    elif action == "fixture":
        names = {c.name for c in chosen if c.in_fixture}
        packed = json.dumps([r for r in runs if r["name"] in names]).encode()
        FIXTURE.write_bytes(gzip.compress(packed, 9, mtime=0))
        print(FIXTURE.name, len(FIXTURE.read_bytes()), "bytes")


if __name__ == "__main__":
    main()
