"""`evaluate` and `compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import rich.console
import rich.table
import torch
import typer

from gan.checkpoint import Weights
from gan.cli.console import (
    DataOption,
    SeedOption,
    WeightsOption,
    app,
    errors,
    load_weights,
    say,
    task,
    use_threads,
)
from gan.data import ImageSet, compared_shape, load_data
from gan.errors import ConfigError
from gan.files import write_atomic
from gan.images import encode_png, normalise, opaque, tile
from gan.quantities import QUANTITIES, help_of, things
from gan.sampling import sample

if TYPE_CHECKING:
    from gan.metrics.evaluation import Evaluation, Metric

TITLES = {name: quantity.title for name, quantity in QUANTITIES.items()}
GRADES = {
    "like-real": "as real {things}", "close": "close to real {things}",
    "apart": "clearly apart from real {things}", "far": "far from real {things}",
    "none": "no sample lies near real {things}",
}  # fmt: skip
CHART_FORMATS = (".png", ".svg", ".pdf")

CountOption = Annotated[
    int, typer.Option("--count", min=130, max=100_000, help="samples, and real images")
]
JsonOption = Annotated[bool, typer.Option("--json", help="machine-readable")]
JudgeOption = Annotated[
    str,
    typer.Option(
        "--judge",
        help="whose features compare the images: own, or imagenet, a network of others for colour",
    ),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="measure again, whatever was measured before")
]


@app.command()
def evaluate(
    weights: WeightsOption,
    data: DataOption = None,
    count: CountOption = 10_000,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    fresh: FreshOption = False,
    save: Annotated[
        bool, typer.Option("--save", help="write the scores into the weights folder and its card")
    ] = False,
    judge: JudgeOption = "own",
    missing: Annotated[
        Path | None,
        typer.Option("--missing", help="draw the groups of real images that are missing: FILE.png"),
    ] = None,
    inception: Annotated[
        bool, typer.Option("--inception", help="also FID and KID on InceptionV3 (95 MB, slow)")
    ] = False,
) -> None:
    """Measure a model: quality, diversity, memorising, each with what real images would read.

    Example: `python -m gan evaluate --weights fashion --count 10000 --json`, or
    `python -m gan evaluate --weights emoji --judge imagenet --missing missing.png`
    """
    with errors():
        use_threads(1)
        loaded = load_weights(weights)
        images = _images_for(loaded, data)
        found = _measure(loaded, images, count=count, seed=seed, fresh=fresh, judge=judge)
        plain = {**found.to_json(), "weights": weights}
        if inception:
            plain["inception"] = _inception(loaded, images, found.count, seed)
        if save:
            from gan.metrics.card import save_scores  # noqa: PLC0415 - scipy is slow

            save_scores(loaded.path, found)
        if missing is not None:
            _draw_missing(missing, images, found)
        if as_json:
            return say(json.dumps(plain, indent=2, ensure_ascii=False))
        say(_evaluation_text(weights, found))
        if inception:
            say(_inception_text(plain["inception"]))


@app.command()
def compare(
    weights: Annotated[list[str], typer.Argument(help="two or more: names, folders or runs")],
    data: DataOption = None,
    count: CountOption = 10_000,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    fresh: FreshOption = False,
    judge: JudgeOption = "own",
    chart: Annotated[
        Path | None, typer.Option("--chart", help="FD against training time: FILE.png, .svg, .pdf")
    ] = None,
) -> None:
    """Measure several models on the same real images and put them into one table.

    The images are fitted to each model's size and channels, so that every model gets the numbers
    that `evaluate` gives it alone, whatever the order.

    Example: `python -m gan compare fashion fashion-mlp runs/a --chart chart.png`
    """
    with errors():
        use_threads(1)
        if len(weights) < 2:
            raise ConfigError("compare needs two models or more, got one; name another")
        if chart is not None:
            _check_chart(chart)
        models = [load_weights(ref) for ref in weights]
        shared = data or _shared_data(models)
        found = [
            _measure(m, _images_for(m, shared), count=count, seed=seed, fresh=fresh, judge=judge)
            for m in models
        ]
        if chart is not None:
            from gan.cli.chart import draw_chart  # noqa: PLC0415 - matplotlib is slow

            draw_chart(chart, weights, [m.config for m in models], found)
        if as_json:
            rows = [
                {**f.to_json(), "weights": ref, "nimg": m.config.nimg,
                 "training_seconds": m.config.seconds}
                for ref, m, f in zip(weights, models, found, strict=True)
            ]  # fmt: skip
            return say(json.dumps(rows, indent=2, ensure_ascii=False))
        _print_table(weights, models, found)


def _check_chart(chart: Path) -> None:
    if chart.suffix.lower() not in CHART_FORMATS:
        raise ConfigError(
            "--chart must end in {chart_formats}, got {got}; change its ending",
            chart_formats=", ".join(CHART_FORMATS),
            got=repr(chart.name),
        )
    if not chart.parent.is_dir():
        raise ConfigError(
            "the folder of {chart} must exist, it does not; make it first", chart=repr(str(chart))
        )


def _shared_data(models: list[Weights]) -> str:
    """The images that all of `models` learned from; raises ConfigError unless that is one set."""
    known = {m.config.data for m in models if m.config.data}
    if known == {"fashion", "fashion-full"}:
        return "fashion"  # a part of the other, and here on every machine
    if len(known) != 1:
        which = f"from {', '.join(sorted(known))}" if known else "from images that are not known"
        raise ConfigError(
            "compare needs one set of real images, the models learned {which}; name one with "
            "--data",
            which=which,
        )
    return known.pop()


def _images_for(loaded: Weights, data: str | None) -> ImageSet:
    """Real images in the model's size and channels; raises ConfigError where none are named."""
    spec = data or loaded.config.data
    if not spec:
        raise ConfigError(
            "what {ref} learned from is not known; name real images with --data, for example "
            "--data folder:PATH",
            ref=loaded.ref,
        )
    resolution, channels = compared_shape(loaded.image_shape)
    return load_data(spec, resolution=resolution, channels=channels)


def _measure(
    loaded: Weights, images: ImageSet, *, count: int, seed: int, fresh: bool, judge: str
) -> Evaluation:
    """From what was kept, or now."""
    from gan.metrics.evaluate import evaluate as measure  # noqa: PLC0415 - scipy is slow
    from gan.metrics.judges import checked_judge  # noqa: PLC0415
    from gan.metrics.results import Results  # noqa: PLC0415

    results, by = Results(), checked_judge(judge)
    if not fresh and (
        kept := results.get(
            loaded.revision, images, count=count, seed=seed, seen=loaded.seen, judge=by
        )
    ):
        return kept
    with task(f"evaluating {loaded.ref}") as report:
        found = measure(
            loaded.generator, loaded.config, data=images, count=count, seed=seed,
            revision=loaded.revision, seen=loaded.seen, judge=by, on_progress=report,
        )  # fmt: skip
    results.put(found, images, count=count, seen=loaded.seen, judge=by)
    return found


def _draw_missing(file: Path, images: ImageSet, found: Evaluation) -> None:
    """A row of real images for each group that is missing; nothing where none is."""
    rows = [row for group in found.missing for row in group.images]
    if not rows:
        return
    pixels = images.pixels[torch.tensor(rows)].permute(0, 2, 3, 1).numpy()
    write_atomic(file, encode_png(tile(pixels, len(found.missing[0].images), gap=2)))


def _inception(loaded: Weights, images: ImageSet, count: int, seed: int) -> dict[str, Any]:
    from gan.metrics.inception import inception_scores  # noqa: PLC0415 - scipy is slow

    real = images.pixels[:count]  # as `_images_for` has fitted them
    pixels = torch.from_numpy(sample(loaded.generator, range(seed, seed + count)).pixels)
    fake = pixels.permute(0, 3, 1, 2)
    if fake.shape[1] == 4:
        fake = ((opaque(normalise(fake)) + 1) * 127.5).round().to(torch.uint8)
    with task("InceptionV3") as report:
        found = inception_scores(real, fake, on_progress=report)
    return {"fid": found.fid, "kid": found.kid, "kid_std": found.kid_std, "count": found.count}


def _inception_text(found: dict[str, Any]) -> str:
    return (
        f"FID on InceptionV3 {found['fid']:.2f}, KID {found['kid']:.5f} ± {found['kid_std']:.5f}, "
        f"{found['count']:,} images: compare with papers, not with FD above"
    )


def _evaluation_text(weights: str, found: Evaluation) -> str:
    from gan.metrics.verdict import COPYING, UNSEEN, verdicts  # noqa: PLC0415

    what = things(is_points=found.is_of_points)
    lines = [f"{weights} against {found.data}, features {found.features}"]
    rows = [("", "value", "95 % bounds", "real", what)]
    graded = verdicts(found)
    for metric, verdict in zip(found.metrics, graded, strict=True):
        numbers = _text(metric, metric.value), _bounds(metric), _text(metric, metric.floor)
        grade = f"{metric.count:,}: {GRADES[verdict.grade].format(things=what)}"
        rows.append((TITLES[metric.name], *numbers, grade))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]))
    lines += [
        f"{TITLES[m.name]}: {help_of(m.name, is_points=found.is_of_points)}" for m in found.metrics
    ]
    lines += [COPYING[v.grade] for v in graded if v.metric == "memorised"]
    lines.append(UNSEEN[found.unseen])
    lines += _missing_text(found)
    if found.class_histogram:
        classes = len(found.class_histogram)
        lines.append(f"{found.classes_covered} of {classes} classes have 1 % of the samples:")
    for name, fraction in (found.class_histogram or {}).items():
        lines.append(f"{name:>21}  {fraction:6.1%}  {'#' * round(fraction * 200)}")
    return "\n".join(lines)


def _missing_text(found: Evaluation) -> list[str]:
    if not found.groups:
        return []
    if not found.missing:
        return [f"none of {found.groups} groups of look-alike real images is missing"]
    lines = [
        f"{len(found.missing)} of {found.groups} groups of look-alike real images are missing "
        "or rare (--missing FILE.png draws them):"
    ]
    return lines + [
        f"{m.real:21.1%} of the real, {m.samples:.1%} of the samples" for m in found.missing
    ]


def _text(metric: Metric, value: float) -> str:
    return QUANTITIES[metric.name].text(value)


def _bounds(metric: Metric) -> str:
    return QUANTITIES[metric.name].bounds(metric.low, metric.high)


def _print_table(refs: list[str], models: list[Weights], found: list[Evaluation]) -> None:
    first = found[0]
    used = {(one.features, one.count) for one in found}
    what = things(is_points=first.is_of_points)
    how = f", {first.count:,} {what}, {first.features}" if len(used) == 1 else ""
    table = rich.table.Table(title=f"on {first.data}{how}")
    table.add_column("model")
    names = [m.name for m in first.metrics]
    for name in (*(TITLES[name] for name in names), what, "training"):
        table.add_column(name, justify="right")
    for ref, model, one in zip(refs, models, found, strict=True):
        cells = [_text(m, m.value) for m in one.metrics]
        config = model.config
        table.add_row(ref, *cells, f"{config.nimg / 1000:,.0f} k", f"{config.seconds:,.0f} s")
    floors = [tuple(_text(m, m.floor) for m in one.metrics) for one in found]
    if len(set(floors)) == 1:
        table.add_row(f"real {what}", *floors[0], "", "", style="dim")
    else:
        for ref, floor in zip(refs, floors, strict=True):
            table.add_row(f"real {what}, as {ref}", *floor, "", "", style="dim")
    console = rich.console.Console(width=None if rich.console.Console().is_terminal else 140)
    console.print(table)
    if len({one.features for one in found}) > 1:
        console.print(
            "the models differ in size or channels, so their distances are on different features: "
            + ", ".join(f"{ref} on {one.features}" for ref, one in zip(refs, found, strict=True))
        )
