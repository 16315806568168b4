"""`evaluate`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from gan import checkpoint
from gan.cli.console import DataOption, SeedOption, WeightsOption, app, errors, say, use_threads
from gan.data import load_data


@app.command()
def evaluate(
    weights: WeightsOption,
    data: DataOption = None,
    count: Annotated[int, typer.Option("--count", min=130, max=100_000)] = 10_000,
    seed: SeedOption = 0,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Measure a model: Fréchet distance on our own features, with its real-against-real floor.

    Example: `python -m gan evaluate --weights fashion --count 10000 --json`
    """
    from gan.metrics.evaluate import evaluate as measure  # noqa: PLC0415 - torchmetrics is slow

    with errors():
        use_threads(1)
        loaded = checkpoint.load(weights)
        shape = loaded.config.model
        images = load_data(
            data or loaded.config.data or "fashion",
            resolution=shape.resolution,
            channels=shape.channels,
        )
        result = measure(loaded.generator, loaded.config, data=images, count=count, seed=seed)
        found = {**result.to_json(), "weights": weights}
        say(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _evaluation_text(found))


def _evaluation_text(found: dict[str, Any]) -> str:
    lines = [
        f"{found['weights']} against {found['data']}, {found['count']:,} images each, features "
        f"{found['features']}",
        f"FD     {found['fd']:.3f}",
        f"floor  {found['fd_floor']:.3f}   (real against real: no model can be told to be better)",
    ]
    for name, fraction in (found["class_histogram"] or {}).items():
        lines.append(f"{name:>12}  {fraction:6.1%}  {'#' * round(fraction * 200)}")
    return "\n".join(lines)
