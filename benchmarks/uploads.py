"""Twenty uploads that no threshold was set on: what is found for them, and the grade it gets.

`python -m benchmarks.uploads --out uploads.png` draws each beside what was found, for grading by
eye. The pictures go the way that an upload goes: encoded, read, inverted where that is detected.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_images

from gan.checkpoint import load
from gan.data.bundled import BUNDLED, DEBIAN_FASHION, read_idx
from gan.data.pictures import read_picture
from gan.images import from_pixels, to_pixels
from gan.latent.encoder import load_encoder
from gan.latent.inversion import Inverted, invert
from gan.latent.likeness import Likeness, inverted
from gan.metrics.features import features_for, load_features

SIDE, COLUMNS = 96, 5


def garments() -> np.ndarray:
    """Fashion-MNIST's test split, uint8 (N, 28, 28)."""
    return read_idx(DEBIAN_FASHION / "t10k-images-idx3-ubyte.gz")


def on_paper(grey: np.ndarray, tint: tuple[int, int, int] = (250, 250, 250)) -> Image.Image:
    """Light on dark as dark on a sheet of `tint`, with margins."""
    sheet = Image.new("RGB", (280, 280), tint)
    ink = Image.fromarray(grey).resize((190, 190), Image.Resampling.BICUBIC)
    sheet.paste(Image.new("RGB", ink.size, (35, 30, 40)), (45, 45), ink)
    return sheet


def uploads() -> Iterator[tuple[str, str, Image.Image]]:
    """(model, name, picture), twenty of them."""
    test = garments()
    for i in (1000, 1001, 1002):
        yield "fashion", f"test {i}", Image.fromarray(test[i])
    for i in (1003, 1004, 1005):
        yield "fashion", f"test {i}, inverted", Image.fromarray(255 - test[i])
    for i in (1006, 1007, 1008):
        yield "fashion", f"test {i}, on paper", on_paper(test[i])
    for i in (1009, 1010):
        yield "fashion", f"test {i}, beige", on_paper(test[i], (240, 215, 170))
    digits = BUNDLED["digits"].load().pixels.numpy()
    for i in (100, 101):
        yield "fashion", f"digit {i}, on paper", on_paper(digits[i, 0])
    emoji = np.moveaxis(BUNDLED["emoji"].load().pixels.numpy(), 1, -1)
    for i in (1111, 2222):
        yield "fashion", f"emoji {i}", Image.fromarray(emoji[i])
    flower, china = (Image.fromarray(image) for image in reversed(load_sample_images().images))
    yield "fashion", "flower.jpg", flower
    yield "fashion", "china.jpg", china
    yield "emoji", "flower.jpg", flower
    yield "emoji", f"test {1011}", Image.fromarray(test[1011])
    yield "emoji", f"emoji {2222}, inverted", Image.fromarray(255 - emoji[2222])


def encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    sheet = Image.new("RGB", (COLUMNS * (2 * SIDE + 12), 4 * (SIDE + 16)), (60, 70, 100))
    draw, known = ImageDraw.Draw(sheet), {}
    for i, (ref, name, picture) in enumerate(uploads()):
        if ref not in known:
            weights = load(ref)
            net = load_features(features_for(weights.config.data, weights.image_shape[0]))
            known[ref] = (weights, net, load_encoder(weights), Likeness.of(weights.generator, net))
        weights, net, encoder, likeness = known[ref]
        channels, height, _ = weights.image_shape
        pixels = read_picture(encoded(picture), resolution=height, channels=channels)
        turned = likeness.is_inverted(from_pixels(pixels[None])[0])
        target = from_pixels((inverted(pixels) if turned else pixels)[None])[0]
        *_, found = invert(weights.generator, target, features=net, encoder=encoder)
        assert isinstance(found, Inverted)
        grade = likeness.grade(target, found.after, found.distance)
        miss = likeness.miss(target, found.after, found.distance)
        share = found.distance / likeness.apart  # what the grade was until 0.3
        told = f"{'inverted' if turned else '':9} miss {miss:.2f} {grade:6} features {share:.2f}"
        print(f"{i:2} {ref:8} {name:22} {told}", flush=True)
        x, y = i % COLUMNS * (2 * SIDE + 12), i // COLUMNS * (SIDE + 16)
        for k, tensor in enumerate((from_pixels(pixels[None]), found.after[None])):
            tile = Image.fromarray(to_pixels(tensor)[0].squeeze()).convert("RGB")
            sheet.paste(tile.resize((SIDE, SIDE), Image.Resampling.NEAREST), (x + k * SIDE, y))
        draw.text((x + 2, y + SIDE + 2), f"{i} {name}", fill="white")
        sheet.save(out)


if __name__ == "__main__":
    main()
