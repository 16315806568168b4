"""`sample`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gan.cli.console import (
    SeedOption,
    WeightsOption,
    app,
    errors,
    label_number,
    load_weights,
    parse_seeds,
    say,
    use_threads,
)
from gan.errors import ConfigError
from gan.runs.export import check_out, write_samples
from gan.sampling import MAX_SEED
from gan.sampling import sample as draw_samples


@app.command()
def sample(
    weights: WeightsOption,
    out: Annotated[Path, typer.Option("--out", help="FILE.png, .webp, .npz or .zip")],
    count: Annotated[int, typer.Option("--count", min=1, max=1_000_000)] = 64,
    seed: SeedOption = 0,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="exactly these instead: 1-5,9")
    ] = None,
    psi: Annotated[
        float, typer.Option("--psi", min=0, max=2, help="1 is as learned, less is more typical")
    ] = 1.0,
    label: Annotated[
        str | None, typer.Option("--label", help="a class, by name or number; all if left out")
    ] = None,
) -> None:
    """Draw samples; seeds go up from --seed, one an image, and mean the same image everywhere.

    A sheet (.png, .webp), arrays (.npz: images, seeds, labels) or one PNG an image (.zip).

    Examples:

    `python -m gan sample --weights fashion --count 64 --out sheet.png`

    `python -m gan sample --weights runs/a --count 10000 --out a.npz`

    `python -m gan sample --weights fashion --seeds 1-5,9 --out six.png`
    """
    with errors():
        use_threads(1)
        chosen_seeds = _seeds(seed, count) if seeds is None else parse_seeds(seeds)
        check_out(out, len(chosen_seeds))
        loaded = load_weights(weights)
        chosen = label_number(loaded.config.class_names, label)
        samples = draw_samples(loaded.generator, chosen_seeds, psi=psi, label=chosen)
        write_samples(out, samples, loaded.config.class_names)
        say(f"{len(chosen_seeds):,} samples of {loaded.config.name or weights} in {out}")


def _seeds(first: int, count: int) -> Sequence[int]:
    """`count` seeds from `first` on; raises ConfigError where they go beyond MAX_SEED."""
    if first + count - 1 > MAX_SEED:
        raise ConfigError(
            "seeds go up to {max_seed}, got {got} from {first} on; begin lower",
            max_seed=MAX_SEED,
            got=f"{count:,}",
            first=first,
        )
    return range(first, first + count)
