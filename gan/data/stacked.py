"""Stacked digits: three grey digits as the red, green and blue of one picture, 1,000 modes.

After Srivastava et al. 2017 (VEEGAN), section 4.1, and Lin et al. 2018 (PacGAN), section 4.2: which
three digits a sample shows is its mode, and a generator that collapses misses some. Theirs are of
MNIST: `stacked:hub:ylecun/mnist`. The bundled set is of scikit-learn's digits, 8 px.
"""

from __future__ import annotations

import hashlib

import torch

from gan.data.imageset import ImageSet, Stack
from gan.errors import DataError

COUNT = 50_000
SEED = 20_260_103
DEPTH, CLASSES = 3, 10
FEWEST = 10  # of each class: the modes of samples are told by the nearest of them
MOST_EXAMPLES = 10_000  # that a sample's digits are compared with


def stacked(digits: ImageSet, *, name: str, count: int = COUNT, seed: int = SEED) -> ImageSet:
    """`count` pictures (3, H, W), each of three random `digits`; another seed is another draw.

    Raises DataError unless these are grey pictures of ten classes, ten or more of each.
    """
    if digits.labels is None or len(digits.class_names) != CLASSES:
        raise DataError(
            "stacked: takes grey pictures of {wanted} classes, got {got}; for example "
            "stacked:hub:ylecun/mnist",
            wanted=CLASSES,
            got=len(digits.class_names),
        )
    each = torch.bincount(digits.labels, minlength=CLASSES)
    if each.min() < FEWEST:
        raise DataError(
            "stacked: takes {fewest} pictures or more of each class, got {got} of {name}; add some",
            fewest=FEWEST,
            got=int(each.min()),
            name=repr(digits.class_names[int(each.argmin())]),
        )
    draw = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(digits), (count, DEPTH), generator=draw)
    pixels = torch.cat([digits.pixels[rows[:, i]] for i in range(DEPTH)], dim=1)
    told = f" ({digits.report})" if digits.report else ""
    recipe = f"stacked {digits.origin} {count} {seed}"
    some = torch.randperm(len(digits), generator=draw)[:MOST_EXAMPLES]
    return ImageSet(
        name,
        pixels,
        report=f"{count:,} pictures, each of three of {len(digits):,} in {digits.name}{told}",
        origin=hashlib.sha256(recipe.encode()).hexdigest() if digits.origin else "",
        stack=Stack(digits.pixels[some, 0], digits.labels[some]),
    )
