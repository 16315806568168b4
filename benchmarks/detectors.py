"""Does the diagnosis see what goes wrong, and only that? A table of detectors by kinds of runs.

    python -m benchmarks.detectors record OUT     train all cases, a JSON file each (about 15 min)
    python -m benchmarks.detectors table OUT      judge what was recorded
    python -m benchmarks.detectors fixture OUT    pack a few of them for the unit tests

A run is judged at every moment at which a viewer would see it: one finding at any of them counts.
"""

from __future__ import annotations

import gzip
import json
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from gan.config import RunConfig, apply_settings
from gan.data import load_data
from gan.errors import DivergedError
from gan.metrics.diagnosis import FINDING_KINDS, diagnose
from gan.presets import PRESETS, resolve_widths, run_config
from gan.runs.monitor import Monitor
from gan.schema import from_json, to_json
from gan.training import Progress, Trainer

FIXTURE = Path(__file__).parent.parent / "tests" / "metrics" / "runs.json.gz"
JUDGED_EVERY = 4  # rows: about a second
SHARE = 0.15  # of the time for looks, four times the usual: short runs get a long one's looks


@dataclass(frozen=True)
class Case:
    """A training made to fail one way, or to go well (`expected` None)."""

    name: str
    expected: str | None
    preset: str
    kimg: float
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    images: int = 0  # only so many of the data; 0 for all
    in_fixture: bool = False


# fmt: off
NO_PENALTY = {"r1": 0.0, "r2": 0.0}
HEALTHY = [
    *(Case(f"digits, seed {s}", None, "digits", 50, seed=s, in_fixture=s < 2) for s in range(4)),
    *(Case(f"digits, seed {s}", None, "digits", 12, seed=s) for s in range(4, 14)),
    *(Case(f"fashion, seed {s}", None, "fashion", 5, seed=s, in_fixture=s < 2) for s in range(6)),
]
FAILING = [
    Case("minimax, D's rate 50 x", "d-winning", "article", 20, {"loss": "minimax", "d_lr": 1e-2},
         in_fixture=True),
    Case("hinge, G's rate 1/500", "d-winning", "digits", 20,
         {**NO_PENALTY, "loss": "hinge", "g_lr": 4e-6}),
    Case("least squares, D's rate 2 x, G's 1/100", "d-winning", "digits", 25,
         {**NO_PENALTY, "loss": "least-squares", "d_lr": 4e-3, "g_lr": 2e-5}),
    Case("relativistic, no R1 and R2, G's rate 1/100", "d-winning", "digits", 20,
         {**NO_PENALTY, "g_lr": 2e-5}, in_fixture=True),
    Case("D's rate 1/1,000", "d-losing", "digits", 20, {"d_lr": 2e-6}, in_fixture=True),
    Case("D's rate 1/10,000, garments", "d-losing", "fashion", 6, {"d_lr": 2e-7}),
    Case("non-saturating, D's rate 1/1,000", "d-losing", "article", 15, {"d_lr": 2e-7},
         in_fixture=True),
    Case("minimax, no classes, Adam 5e-3 (0.9)", "mode-collapse", "digits", 30,
         {**NO_PENALTY, "loss": "minimax", "classes": 0, "g_lr": 5e-3, "d_lr": 5e-3, "beta1": 0.9},
         in_fixture=True),
    Case("fully connected, Adam 2e-3 (0.9)", "mode-collapse", "article", 40,
         {"g_lr": 2e-3, "d_lr": 2e-3, "beta1": 0.9}, in_fixture=True),
    Case("fully connected as written, G's rate 10 x", "mode-collapse", "article", 40,
         {"g_lr": 2e-3}),
    Case("hinge, no classes, Adam 1e-2 (0.9)", "mode-collapse", "digits", 30,
         {**NO_PENALTY, "loss": "hinge", "classes": 0, "g_lr": 1e-2, "d_lr": 1e-2, "beta1": 0.9}),
    Case("50 garments, fully connected", "memorising", "fashion-mlp", 60, images=50,
         in_fixture=True),
    Case("50 garments, fully connected, seed 1", "memorising", "fashion-mlp", 30, seed=1,
         images=50),
    Case("Adam 0.5", "divergence", "digits", 10, {"g_lr": 0.5, "d_lr": 0.5}, in_fixture=True),
    Case("Wasserstein without its penalty, RMSprop 0.1", "divergence", "digits", 10,
         {**NO_PENALTY, "loss": "wasserstein-gp", "gp": 0.0, "optimizer": "rmsprop", "g_lr": 0.1,
          "d_lr": 0.1}),
    Case("SGD 5", "divergence", "digits", 10, {"optimizer": "sgd", "g_lr": 5.0, "d_lr": 5.0}),
    Case("G's rate 0", "stagnation", "digits", 20, {"g_lr": 0.0}, in_fixture=True),
    Case("both rates 1e-7", "stagnation", "digits", 40, {"g_lr": 1e-7, "d_lr": 1e-7}),
    Case("both rates 1e-6, garments", "stagnation", "fashion", 6, {"g_lr": 1e-6, "d_lr": 1e-6}),
]
# fmt: on


def record(case: Case) -> dict[str, Any]:
    """Train `case` as the command line would; its config, rows and measures."""
    config, trainer = begin(case)
    rows: list[dict[str, Any]] = []
    measures: list[dict[str, Any]] = []
    monitor = Monitor(trainer, measures.append, share=SHARE)
    started, failed = time.perf_counter(), ""
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
        "wall_s": round(time.perf_counter() - started, 3),
    }


def begin(case: Case) -> tuple[RunConfig, Trainer]:
    """The trainer of `case` at its beginning, and its config."""
    preset = PRESETS[case.preset]
    images = load_data(preset.data, resolution=preset.resolution or None)
    if case.images:
        draw = torch.Generator().manual_seed(case.seed)
        images = images.subset(torch.randperm(len(images), generator=draw)[: case.images])
    config = run_config(case.preset, images.shape, data=preset.data, seed=case.seed)
    config = resolve_widths(apply_settings(config, case.settings))
    config = replace(config, total_kimg=case.kimg)
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
        share = 100 * run["spent_s"] / run["wall_s"]
        print(f"{run['name']:50} {run['expected'] or 'healthy':14} {said or '-'}"
              f"   [{len(run['measures'])} looks, {share:.1f} %]")  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    action, out = sys.argv[1], Path(sys.argv[2])
    chosen = [c for c in [*FAILING, *HEALTHY] if all(w in c.name for w in sys.argv[3:])]
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
    elif action == "fixture":
        names = {c.name for c in chosen if c.in_fixture}
        packed = json.dumps([r for r in runs if r["name"] in names]).encode()
        FIXTURE.write_bytes(gzip.compress(packed, 9, mtime=0))
        print(FIXTURE.name, len(FIXTURE.read_bytes()), "bytes")


if __name__ == "__main__":
    main()
