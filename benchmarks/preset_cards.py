"""The pictures on the Train tab's cards: what each preset makes in so many seconds of one core.

    OMP_NUM_THREADS=1 python -m benchmarks.preset_cards [PRESET ...]

Each preset is trained by the real trainer on one thread until its process has computed for the
seconds in SECONDS (process time, so that a busy machine does not matter); the averaged generator's
first COUNT images of the fixed noise (of points all, as a scatter plot) are kept in
gan/ui/train/cards/, and the seconds and images trained in cards.json beside them. The preset for
own images is shown on shapes drawn by formula.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.pictures import shapes
from gan.data import ImageSet, load_data, shape_of
from gan.images import Pixels, encode_webp, scatter, shrink, tile, to_pixels
from gan.presets import PRESETS, DataShape, resolve_widths, run_config
from gan.training import Trainer
from gan.training.worktime import WorkTime

SECONDS = {  # in the order of the cards
    "fashion": 30, "digits": 10, "cats": 180, "emoji": 180, "own": 180, "fashion-mlp": 30,
    "article": 30, "dcgan-small": 60, "stacked-digits": 60, "vae": 60, "rnn": 120, "flow": 60,
    "ring": 30, "grid": 30, "ring-flow": 30, "ring-drift": 30, "digits-drift": 30,
    "ring-article": 30, "dcgan": 300,
}  # fmt: skip
POINTS_PX = 160
COUNT, COLUMNS = 10, 5  # the ten classes once, where there are classes
SEED = 0
FOLDER = Path(__file__).parents[1] / "gan/ui/train/cards"
OWN = "own"  # shown on pictures that nobody else has


def data_of(name: str) -> tuple[ImageSet, DataShape]:
    """What a preset is shown on."""
    preset = PRESETS[name]
    if name == OWN:
        return shapes(SEED, 32), DataShape(32, 3, ())
    shape = shape_of(preset.data)
    side = preset.resolution or shape.resolution
    return load_data(preset.data, resolution=side, channels=shape.channels), shape


def draw(name: str) -> dict[str, int]:
    """Train, write the card's picture, and return what it took."""
    images, shape = data_of(name)
    config = resolve_widths(run_config(name, shape, data=PRESETS[name].data))
    trainer = Trainer(replace(config, total_seconds=SECONDS[name]), images)  # rates may fall by it
    trainer.work_time = WorkTime(time.process_time)
    for _ in trainer.run():
        pass
    seconds = trainer.seconds
    with torch.no_grad():
        x = trainer.ema.generator(*trainer.fixed())
    if trainer.config.model.is_plane:
        sheet = scatter(to_pixels(x), side=POINTS_PX)
        return keep(name, sheet, seconds, trainer.nimg, lossless=True)
    x = x[:COUNT]
    x = shrink(x, 32) if x.shape[-1] > 32 else x
    sheet = tile(to_pixels(x), COLUMNS, gap=1)
    return keep(name, sheet, seconds, trainer.nimg, lossless=x.shape[1] == 1)


def keep(name: str, sheet: Pixels, seconds: float, nimg: int, *, lossless: bool) -> dict[str, int]:
    """Write a card's picture; returns what it took."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.webp").write_bytes(encode_webp(sheet, lossless=lossless, quality=75))
    print(f"{name}: {seconds:.1f} s of one core, {nimg:,} images", flush=True)
    return {"seconds": SECONDS[name], "nimg": nimg}


def main() -> None:
    torch.set_num_threads(1)
    file = FOLDER / "cards.json"
    for name in sys.argv[1:] or SECONDS:
        made = draw(name)
        known = json.loads(file.read_text("utf-8"))["presets"] if file.is_file() else {}
        known |= {name: made}
        cards = {key: known[key] for key in SECONDS if key in known}
        told = {"machine": machine(), "presets": cards}
        file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def machine() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
