"""Pictures for a model card: a grid of samples, and an animated walk from seed to seed."""

from __future__ import annotations

import time

import numpy as np
import torch

from gan.film import encode_film
from gan.images import Pixels, encode_png, tile, to_pixels
from gan.models import Generator
from gan.sampling import choose_labels, latents, render, sample, slerp

SIDE = 448  # px of the grid, about
WALK_SIDE = 160
WALK_SEEDS = (3, 21, 8, 42, 17)
FRAMES_PER_S, SLOW_FRAMES_PER_S = 12, 6
MOST_FRAMES, FEWEST_FRAMES = 60, 20
WALK_BUDGET_S = 20.0  # of rendering, on this machine


def samples_picture(g: Generator) -> tuple[bytes, int]:
    """Samples of the seeds from 0 on as a PNG, and how many there are."""
    size = g.image_shape[1]
    side = 8 if size <= 64 else 4 if size <= 128 else 2
    pixels = sample(g, range(side * side), batch_size=16).pixels
    sheet = tile(pixels, side)
    times = max(1, SIDE // (side * size))
    return encode_png(sheet.repeat(times, 0).repeat(times, 1)), side * side


def walk_picture(g: Generator) -> bytes:
    """A looping walk through a few seeds, animated WebP; fewer frames if rendering is slow."""
    keys = latents(g.z_dim, WALK_SEEDS)
    labels = choose_labels(g, WALK_SEEDS, None)
    weights = None if labels is None else torch.nn.functional.one_hot(labels, g.classes).float()
    begin = time.perf_counter()
    render(g, keys[:1], labels=None if weights is None else weights[:1])
    each = max(1e-6, time.perf_counter() - begin)
    count = min(MOST_FRAMES, max(FEWEST_FRAMES, int(WALK_BUDGET_S / each)))
    frames = []
    for place in np.linspace(0, len(keys), count, endpoint=False):
        i, t = int(place), float(place % 1)
        j = (i + 1) % len(keys)
        mixed = None if weights is None else weights[i].lerp(weights[j], t)[None]
        x = render(g, slerp(keys[i], keys[j], t)[None], labels=mixed)
        frames.append(_opaque(to_pixels(x)[0]))
    rate = FRAMES_PER_S if count == MOST_FRAMES else SLOW_FRAMES_PER_S
    scale = max(1, WALK_SIDE // g.image_shape[1])
    return encode_film(frames, format="webp", seconds_per_frame=1 / rate, scale=scale)


def _opaque(pixels: Pixels) -> Pixels:
    """(H, W, C) with C of 1 or 3: transparency is composited over white."""
    if pixels.shape[-1] in (1, 3):
        return pixels
    if pixels.shape[-1] == 2:
        return pixels[..., :1]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    mixed = pixels[..., :3] * alpha + 255 * (1 - alpha)
    return mixed.round().astype(np.uint8)
