"""`directions`, `walk` and `invert`: what Explore does with latent space, without a browser."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from gan import checkpoint
from gan.cli.console import (
    SeedOption,
    WeightsOption,
    app,
    errors,
    fail,
    label_number,
    load_weights,
    parse_seeds,
    say,
    use_threads,
)
from gan.data.limits import LOCAL
from gan.data.pictures import read_picture
from gan.errors import ConfigError, DataError, suggest
from gan.files import expanded, write_atomic
from gan.film import FILM_FORMATS, encode_film, largest_scale
from gan.images import Pixels, encode_png, encode_webp, from_pixels, tile, to_pixels
from gan.latent.direction import Direction
from gan.latent.directions import ranked_directions
from gan.latent.encoder import load_encoder
from gan.latent.files import (
    load_directions,
    own_directions_path,
    save_directions,
    with_given_names,
)
from gan.latent.inversion import InversionProgress, Inverted, invert
from gan.latent.likeness import Likeness, inverted
from gan.latent.points import concatenate, from_seeds, show
from gan.latent.walk import keyframes_of
from gan.latent.walk import walk as walk_through
from gan.metrics.features import FeatureNet, features_for, load_features
from gan.models import Generator

FRAMES_PER_S = 24
SHEET_SIGMAS = (-3.0, -1.5, 0.0, 1.5, 3.0)
SHEETS = (".png", ".webp")
PICTURE_SCALE = 4

GRADES_SAID = {
    "same": "almost the same picture",
    "very": "very close",
    "close": "close; details differ",
    "kind": "the same kind of thing",
    "far": "the model cannot make this; here is the nearest it knows",
}

PsiOption = Annotated[
    float, typer.Option("--psi", min=0, max=2, help="1 is as learned, less is more typical")
]


@app.command()
def directions(
    weights: WeightsOption,
    count: Annotated[int, typer.Option("--count", min=1, max=64)] = 8,
    seed: SeedOption = 0,
    save: Annotated[
        bool, typer.Option("--save", help="keep them beside the model, in directions.json")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="FILE.png or .webp: a row a direction, -3 to +3")
    ] = None,
) -> None:
    """Find the directions that change a model's pictures most, by PCA, SeFa and classes.

    Example: `python -m gan directions --weights fashion --save --out directions.png`
    """
    with errors():
        use_threads(1)
        if out is not None:
            _check_out(out, SHEETS)
        loaded = load_weights(weights).pictured()
        net = _network(loaded)
        found = ranked_directions(
            loaded.generator,
            count=count,
            seed=seed,
            features=net,
            classify=None if net.head is None else net.logits,
            class_names=loaded.config.class_names or net.config.class_names,
        )
        for i, direction in enumerate(found, 1):
            say(f"{i:3}  {direction.name:14} {_about(direction)}")
        if save:
            say(f"{len(found)} directions in {_save(loaded, found)}")
        if out is not None:
            pixels = _ends(loaded.generator, found, seed)
            write_atomic(out, _encoded(tile(pixels, len(SHEET_SIGMAS)), out))
            say(f"pictures from {SHEET_SIGMAS[0]:g} to {SHEET_SIGMAS[-1]:+g} sigma in {out}")


def _about(direction: Direction) -> str:
    share = "" if direction.share is None else f"  {direction.share:5.1%} of {direction.kind}"
    return f"changes the picture by {direction.effect or 0:5.2f}{share}"


def _network(loaded: checkpoint.Weights) -> FeatureNet:
    return load_features(features_for(loaded.config.data, loaded.image_shape[0]))


def _save(loaded: checkpoint.Weights, found: Sequence[Direction]) -> Path:
    """Found directions take the place of found ones, with the names that somebody gave them; those
    that somebody drew stay."""
    path = own_directions_path(loaded)
    saved = load_directions(path, loaded.generator)
    drawn = [d for d in saved if d.kind == "drawn"]
    save_directions(path, [*with_given_names(found, saved), *drawn], loaded.generator)
    return path


def _ends(g: Generator, found: Sequence[Direction], seed: int) -> Pixels:
    middle = from_seeds(g, [seed])
    steps = [d.move(middle, sigmas) for d in found for sigmas in SHEET_SIGMAS]
    return to_pixels(show(g, concatenate(steps)))


@app.command()
def walk(
    weights: WeightsOption,
    seeds: Annotated[str, typer.Option("--seeds", help="2 to 8 keyframes: 1,2,3 or 1-5,9")],
    out: Annotated[Path, typer.Option("--out", help="FILE.webp, .gif or .mp4")],
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=60)] = 6.0,
    space: Annotated[
        str, typer.Option("--space", help="z goes round the sphere, w goes straight")
    ] = "z",
    loop: Annotated[bool, typer.Option("--loop", help="end where it begins")] = False,
    even: Annotated[bool, typer.Option("--even", help="change at a constant speed")] = False,
    scale: Annotated[int, typer.Option("--scale", min=1, max=32)] = 4,
    psi: PsiOption = 1.0,
    label: Annotated[
        str | None, typer.Option("--label", help="the class of all; the first seed's if left out")
    ] = None,
    own_classes: Annotated[
        bool, typer.Option("--own-classes", help="each seed in its own class, dissolving between")
    ] = False,
) -> None:
    """Film a walk through latent space from seed to seed, within one class.

    Example: `python -m gan walk --weights fashion --seeds 1,2,3 --loop --out walk.webp`
    """
    with errors():
        use_threads(1)
        _check_out(out, [f".{name}" for name in FILM_FORMATS])
        keys = parse_seeds(seeds)
        loaded = load_weights(weights).pictured()
        g = loaded.generator
        chosen = label_number(loaded.config.class_names, label)
        if own_classes and chosen is not None:
            raise ConfigError(
                "--label puts all seeds in one class and --own-classes each in its own, got "
                "both; leave one out"
            )
        keyframes = keyframes_of(g, keys, label=chosen, own_classes=own_classes)
        stretches = max(1, len(keys) - (0 if loop else 1))
        steps = max(1, round(seconds * FRAMES_PER_S / stretches))
        if space not in ("z", "w"):
            raise ConfigError("--space must be z or w, got {got}; choose one", got=repr(space))
        x = walk_through(
            g, keyframes, steps, space="w" if space == "w" else "z", loop=loop, psi=psi, even=even
        )
        frames = list(to_pixels(x))
        most = largest_scale(len(frames), *frames[0].shape[:2])
        name = out.suffix.lower().removeprefix(".")
        film = encode_film(
            frames,
            format=next(f for f in FILM_FORMATS if f == name),
            seconds_per_frame=1 / FRAMES_PER_S,
            scale=max(1, min(scale, most)),
        )
        write_atomic(out, film)
        say(f"{len(frames)} frames through seeds {', '.join(map(str, keys))} in {out}")


@app.command("invert")
def find(
    weights: WeightsOption,
    image: Annotated[Path, typer.Option("--image", help="PNG, JPEG, WebP, BMP or GIF")],
    out: Annotated[
        Path,
        typer.Option("--out", help="FILE.png or .webp: the picture, the start, what was found"),
    ],
    restarts: Annotated[int, typer.Option("--restarts", min=1, max=16)] = 4,
    steps: Annotated[int, typer.Option("--steps", min=1, max=2000)] = 200,
    seed: SeedOption = 0,
    keep_brightness: Annotated[
        bool,
        typer.Option("--keep-brightness", help="never exchange light and dark to fit the model's"),
    ] = False,
) -> None:
    """Find the point of latent space that makes a picture; a PNG keeps it in its text chunks.

    Example: `python -m gan invert --weights fashion --image shoe.png --out found.png`
    """
    with errors():
        use_threads(1)
        _check_out(out, SHEETS)
        loaded = load_weights(weights).pictured()
        likeness = Likeness.of(loaded.generator, _network(loaded))
        target = _picture(image, loaded.image_shape)
        if likeness.is_inverted(target) and not keep_brightness:
            target = from_pixels(inverted(to_pixels(target[None])))[0]
            say("light and dark were exchanged, as the model's pictures lie on the other ground;")
            say("with --keep-brightness they stay")
        found = None
        for news in invert(
            loaded.generator,
            target,
            features=_network(loaded),
            encoder=load_encoder(loaded),
            restarts=restarts,
            steps=steps,
            seed=seed,
        ):
            if isinstance(news, Inverted):
                found = news
            else:
                _tell(news)
        if found is None:
            fail("the search ended before it began; try again")
        x = torch.stack([target, found.before, found.after])
        sheet = tile(to_pixels(x).repeat(PICTURE_SCALE, 1).repeat(PICTURE_SCALE, 2), 3, gap=4)
        write_atomic(out, _encoded(sheet, out, text=_point(found)))
        say(GRADES_SAID[likeness.grade(target, found.after, found.distance)])
        say(f"{found.distance:.3f} away in features, {found.start_distance:.3f} at the start")
        say(f"the picture, the start and what was found in {out}")


def _tell(news: InversionProgress) -> None:
    if news.step % 50 == 0:
        say(f"step {news.step} of {news.of}: {news.distance:.3f} away in features")


def _picture(path: Path, shape: tuple[int, int, int]) -> Tensor:
    path = expanded(str(path))
    if not path.is_file():
        raise DataError(
            "--image must be a file, there is no {path}; check the path", path=repr(str(path))
        )
    with path.open("rb") as stream:
        data = stream.read(LOCAL.file_bytes + 1)
    pixels = read_picture(data, resolution=shape[1], channels=shape[0], limits=LOCAL)
    return from_pixels(pixels[None])[0]


def _point(found: Inverted) -> dict[str, str]:
    numbers = {"z": found.z} | ({} if found.weights is None else {"weights": found.weights})
    return {k: json.dumps([round(float(n), 5) for n in v]) for k, v in numbers.items()}


def _check_out(out: Path, endings: Sequence[str]) -> None:
    """Raises ConfigError unless a file with one of the endings can be written there."""
    if out.suffix.lower() not in endings:
        raise ConfigError(
            "--out must end in {endings}, got {got}; {hint}",
            endings=", ".join(endings),
            got=repr(out.name),
            hint=suggest(out.suffix.lower(), endings),
        )
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise ConfigError(
            "--out must be a file in a folder that can be written, {out} is not; choose another",
            out=repr(str(out)),
        )


def _encoded(sheet: Pixels, out: Path, *, text: dict[str, str] | None = None) -> bytes:
    return encode_png(sheet, text=text) if out.suffix.lower() == ".png" else encode_webp(sheet)
