"""A run as a film: `python -m benchmarks.film runs/a film.webp`. Its snapshots in turn.

At most `--frames` of them, evenly in time, with a caption of images and seconds.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan.images import encode_film
from gan.runs import RunReader

CAPTION_PX, SCALE = 28, 2


def frame(sheet: Image.Image, caption: str, scale: int) -> np.ndarray:
    """A snapshot scaled up with crisp pixels, its caption below."""
    size = (sheet.width * scale, sheet.height * scale)
    picture = Image.new("L" if sheet.mode == "L" else "RGB", (size[0], size[1] + CAPTION_PX))
    picture.paste(sheet.resize(size, Image.Resampling.NEAREST))
    font = ImageFont.load_default(15)
    ImageDraw.Draw(picture).text((6, size[1] + 5), caption, "white", font)
    pixels = np.asarray(picture)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--scale", type=int, default=SCALE)
    parser.add_argument("--quality", type=int, default=45)
    options = parser.parse_args()
    reader = RunReader(options.run)
    rows = {row["nimg"]: row["seconds"] for row in reader.rows()}
    times = np.array(sorted(rows))
    moments = reader.snapshots()
    chosen = [
        moments[i] for i in np.linspace(0, len(moments) - 1, options.frames).round().astype(int)
    ]
    frames = []
    for nimg in chosen:
        seconds = rows[int(times[np.abs(times - nimg).argmin()])] if nimg else 0
        with Image.open(io.BytesIO(reader.snapshot(nimg))) as sheet:
            caption = f"{seconds:4.0f} s   {nimg / 1000:5.1f} k images"
            frames.append(frame(sheet.convert("RGB"), caption, options.scale))
    frames += frames[-1:] * 12  # rest on the end
    options.out.write_bytes(encode_film(frames, ms_per_frame=120, quality=options.quality))
    print(f"{options.out}: {len(frames)} frames, {options.out.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
