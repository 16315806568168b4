"""Writes scores into a weights folder: config.json, the model card, and evaluation.json whole.

Each judge (gan.metrics.judges) has its own table and file; config.json has the distance of `own`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gan.config import WeightsConfig
from gan.data import Seen
from gan.errors import MetricError, WeightsError
from gan.files import read_json, write_atomic, write_json
from gan.metrics.evaluation import VERSION, Evaluation, Metric
from gan.metrics.judges import JudgeName, judge_of
from gan.metrics.results import Results
from gan.metrics.results import from_json as from_plain
from gan.metrics.verdict import UNSEEN
from gan.quantities import QUANTITIES, help_of, things
from gan.schema import from_json, to_json

SCORES_FILES: dict[JudgeName, str] = {
    "own": "evaluation.json", "imagenet": "evaluation-imagenet.json"
}  # fmt: skip
BEGIN, END = "<!-- scores -->", "<!-- /scores -->"
MARKS: dict[JudgeName, tuple[str, str]] = {
    "own": (BEGIN, END), "imagenet": ("<!-- scores imagenet -->", "<!-- /scores imagenet -->")
}  # fmt: skip
HEADINGS: dict[JudgeName, str] = {"own": "## Scores", "imagenet": "## Scores of another judge"}
ABOUT: dict[JudgeName, str] = {
    "own": "",
    "imagenet": " These are features of an ImageNet network that nothing here was trained against "
    "(EfficientNet-Lite0, 64 directions), on another scale than `features-generic`.",
}


def save_scores(folder: Path, found: Evaluation) -> None:
    """Put `found` into the folder: FD into config.json, the table between the markers in README.md,
    all of it into evaluation.json. Of another judge: its own table and file, and no config.json.

    Raises MetricError unless the folder is a writable weights folder.
    """
    card = folder / "README.md"
    if not (folder / "model.safetensors").is_file():
        raise MetricError(
            "scores are saved into a weights folder, {folder} is none; leave --save out",
            folder=repr(folder.name),
        )
    config = from_json(WeightsConfig, read_json(folder / "config.json"))
    judge = judge_of(found.features)
    config = measured(config, found) if judge == "own" else config
    text = card.read_text("utf-8") if card.is_file() else f"# {config.name or folder.name}\n"
    try:
        write_json(folder / "config.json", to_json(config))
        write_json(folder / SCORES_FILES[judge], {"version": VERSION, **found.to_json()})
        write_atomic(card, with_scores(text, found).encode())
    except OSError as error:
        raise MetricError(
            "the scores must be written into {folder}, it cannot be ({strerror}); copy the "
            "folder to a place of your own",
            folder=repr(folder.name),
            strerror=error.strerror,
        ) from error


def saved_scores(folder: Path, revision: str, *, judge: JudgeName = "own") -> Evaluation | None:
    """What `save_scores` wrote for these very weights; None where there is none.

    revision: SHA-256 of the folder's weights. Scores of other weights, or of metrics that have
    changed since, are none.
    """
    with suppress(WeightsError, KeyError, TypeError, ValueError):
        plain = read_json(folder / SCORES_FILES[judge])
        found = from_plain({k: v for k, v in plain.items() if k != "version"})
        return found if plain["version"] == VERSION and found.revision == revision else None
    return None


def measured(config: WeightsConfig, found: Evaluation) -> WeightsConfig:
    """`config` with the measured Fréchet distance, and how it was measured."""
    return replace(
        config,
        fd=round(found.fd, 3),
        fd_floor=round(found.fd_floor, 3),
        fd_features=found.features,
        fd_data=found.data,
        fd_count=found.count,
        fd_seed=found.seed,
    )


def with_scores(card: str, found: Evaluation) -> str:
    """`card` with the table of `found` between its markers, which are added if missing."""
    judge = judge_of(found.features)
    begin, end = MARKS[judge]
    section = f"{begin}\n{scores_table(found)}\n{end}"
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if marked.search(card):
        return marked.sub(lambda _: section, card, count=1)
    return f"{card.rstrip()}\n\n{HEADINGS[judge]}\n\n{section}\n"


def known_scores(revision: str, *, seen: Seen = ()) -> str:
    """The score tables of a model's newest cached evaluations, one a judge; empty if none.

    revision and seen: as in gan.checkpoint.Weights.
    """
    return "\n\n".join(scores_table(found) for found in Results().newest(revision, seen=seen))


def scores_table(found: Evaluation) -> str:
    """A Markdown table: value, bounds, and the value for real images (or points)."""
    points = found.is_of_points
    rows = [_row(metric) for metric in found.metrics]
    text = UNSEEN[found.unseen]
    about = (
        f"Against `{found.data}`, seeds from {found.seed}, on `{found.features}`: comparable with "
        f"other models here, not with published FID. {text[0].upper()}{text[1:]}."
        f"{ABOUT[judge_of(found.features)]}"
    )
    real = things(is_points=points)
    head = [f"| | value | 95 % bounds | real {real} | count |", "|---|---|---|---|---|"]
    explained = [
        f"- {QUANTITIES[m.name].title}: {help_of(m.name, is_points=points)}" for m in found.metrics
    ]
    return "\n".join([*head, *rows, "", about, "", *explained])


def _row(metric: Metric) -> str:
    quantity = QUANTITIES[metric.name]
    return (
        f"| {quantity.title} | {quantity.text(metric.value)} | "
        f"{quantity.bounds(metric.low, metric.high)} | {quantity.text(metric.floor)} | "
        f"{metric.count:,} |"
    )
