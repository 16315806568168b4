"""`presets`."""

from __future__ import annotations

from collections.abc import Sequence

from gan.cli.console import app, say
from gan.data import DATA_NAMES, data_summary
from gan.kinds import has_setting, kind_of
from gan.presets import PRESETS, get_preset
from gan.runs.userpresets import load_presets

OTHER_DATA = (
    ("--data letter:A", "points in the shape of letters, up to four"),
    ("--data points:FILE", "your own points, two columns of a CSV file, or JSON"),
    ("--data folder:PATH", "your own images, a folder or a zip"),
    ("--data stacked:DATA", "three grey pictures of ten classes as red, green and blue"),
    ("--data hub:OWNER/ID", "an image dataset on the Hugging Face Hub"),
    ("--data stream:OWNER/ID", "the same, part by part, where it does not fit in memory"),
)


@app.command("presets")
def list_presets() -> None:
    """List the presets and the bundled data.

    Example: `python -m gan presets`
    """
    rows = [_row(name, preset.data, name, preset.summary) for name, preset in PRESETS.items()]
    for name, own in load_presets().items():
        changed = " ".join(f"{key}={value}" for key, value in own.settings.items())
        told = f"your own: {own.base} with {changed or 'its settings'}"
        rows.append(_row(name, own.data, own.base, told))
    _say_table(rows)
    say("")
    _say_table([*((f"--data {name}", data_summary(name)) for name in DATA_NAMES), *OTHER_DATA])


def _row(name: str, data: str, base: str, told: str) -> tuple[str, ...]:
    preset = get_preset(base)
    has_loss = has_setting(kind_of(preset.family), "loss")
    return name, data, preset.family, preset.loss if has_loss else "", told


def _say_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as what stands in them, but for the last."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)]
        say("  ".join([*cells, row[-1]]))
