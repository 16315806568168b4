"""What a minute of training on one thread buys: Fréchet distance by recipe, in one run.

    make bench            # or: python -m benchmarks.recipes --seconds 60 --seeds 0 --data fashion
    make bench ARGS=--keep    # later tables are read beside this one

Every recipe is trained by `python -m gan train` for the same process seconds (other work on the
machine costs it no time), one after the other, and measured on the same features against the same
10,000 real images. Read the ratios: absolute figures follow the machine.

Beside the figures stand their ratios to the table that is kept in benchmarks/bench.json: of the
distance, and of the images a second, these divided by the GFLOP/s that the machine reached in a
matrix product in the same run, since two machines differ. A table of other seconds, samples or data
is not compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import here
from benchmarks.roofline import limits
from gan import checkpoint
from gan.data import load_data
from gan.metrics.evaluate import evaluate
from gan.metrics.evaluation import Evaluation
from gan.runs import RunReader, train_argv

RECIPES = ("dcgan", "article", "dcgan-small", "fashion-mlp", "fashion", "vae", "rnn", "flow")
KEPT = Path(__file__).with_name("bench.json")
HEAD = (
    "| recipe | seed | images/s | FD | times the floor | precision, recall | kinds, least to most "
    "| FD to kept | images/GFLOP to kept |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Terms:
    """Figures are comparable only where these are equal."""

    seconds: float  # of the processor
    data: str
    count: int  # samples measured


@dataclass(frozen=True)
class Figures:
    """What was measured of one recipe with one seed."""

    recipe: str
    seed: int
    images_per_s: float
    fd: float
    fd_floor: float
    precision: float
    recall: float
    kinds: tuple[float, float]  # shares of the class that is drawn least and most


@dataclass(frozen=True)
class Table:
    """A run of this program."""

    where: str  # machine, commit, date
    gflops: float  # of a matrix product on one thread
    terms: Terms
    rows: tuple[Figures, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def table_in(text: str) -> Table:
    """The table that `Table.to_json` wrote."""
    found: dict[str, Any] = json.loads(text)
    rows = tuple(Figures(**row | {"kinds": tuple(row["kinds"])}) for row in found["rows"])
    return Table(found["where"], found["gflops"], Terms(**found["terms"]), rows)


def measure(recipe: str, seed: int, terms: Terms) -> Figures:
    """Train a recipe for its time, in a process of its own, and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / recipe
        argv = train_argv(
            recipe, data=terms.data, seed=seed, seconds=terms.seconds, run_dir=run, clock="process"
        )
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=environment)
        status, loaded = RunReader(run).status(), checkpoint.load(run)
        shape = loaded.config.model
        data = load_data("fashion", resolution=shape.resolution, channels=shape.channels)
        found = evaluate(loaded.generator, loaded.config, data=data, count=terms.count)
    return figures(recipe, seed, status.nimg / status.seconds, found)


def figures(recipe: str, seed: int, images_per_s: float, found: Evaluation) -> Figures:
    """A row of what an evaluation says."""
    kinds = (found.class_histogram or {"": 0.0}).values()
    return Figures(
        recipe, seed, images_per_s, found.fd, found.fd_floor,
        found["precision"].value, found["recall"].value,
        (min(kinds), max(kinds)),
    )  # fmt: skip


def line(row: Figures, gflops: float, kept: Table | None) -> str:
    """A row as Markdown, with its ratios to the kept table's."""
    rows = kept.rows if kept else ()
    before = next((r for r in rows if (r.recipe, r.seed) == (row.recipe, row.seed)), None)
    distance, work = "", ""
    if before and kept:
        distance = f"{row.fd / before.fd:.2f} of {before.fd:.2f}"
        now, then = row.images_per_s / gflops, before.images_per_s / kept.gflops
        work = f"{now / then:.2f} of {then:.1f}"
    least, most = row.kinds
    return (
        f"| `{row.recipe}` | {row.seed} | {row.images_per_s:,.0f} | {row.fd:.2f} | "
        f"{row.fd / row.fd_floor:,.0f} | {row.precision:.2f}, {row.recall:.2f} | "
        f"{least:.1%} to {most:.1%} | {distance or '-'} | {work or '-'} |"
    )


def comparable(kept: Path, terms: Terms) -> Table | None:
    """The kept table where it was made under the same terms."""
    table = table_in(kept.read_text("utf-8")) if kept.is_file() else None
    return table if table and table.terms == terms else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--data", default="fashion")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    terms = Terms(options.seconds, options.data, options.count)
    kept = comparable(KEPT, terms)
    gflops = limits().product / 1e9
    where = here()
    print(f"{where}; {gflops:.0f} GFLOP/s in a matrix product; {terms.seconds:g} process seconds "
          f"on {terms.data}, {terms.count:,} samples measured")  # fmt: skip
    print(f"Beside it: {kept.where}, {kept.gflops:.0f} GFLOP/s" if kept else
          "Nothing was kept under these terms.")  # fmt: skip
    print(f"\n{HEAD}", flush=True)
    rows = []
    for recipe in options.recipes:
        for seed in options.seeds:
            rows.append(measure(recipe, seed, terms))
            print(line(rows[-1], gflops, kept), flush=True)
    if options.keep:
        KEPT.write_text(Table(where, gflops, terms, tuple(rows)).to_json(), "utf-8")


if __name__ == "__main__":
    main()
