// Sheets of 8 x 8 tiles with gutters: the file has none, so they are drawn where it is shown. Points of
// the plane are one picture, whose width no 8 divides (SCATTER_PX in gan/images.py).

import { pencil } from "./core.js";

export const SIDE = 8;
const ENOUGH = 0.85;  // of the room: less, and even pixels are given up for size
const WIDE = 320;  // CSS px; a smaller sheet has gutters of one pixel

// Tiles a side of a sheet that has loaded.
/** @param {HTMLImageElement} image */
export const sideOf = (image) => (image.naturalWidth % SIDE ? 1 : SIDE);

// In device pixels: `each` tile, the `gap` between two, the whole `side`; `ratio` of them a CSS pixel.
// Every pixel of a tile gets the same whole size where that still fills the room.
/** @param {number} pixels @param {number} room @param {number} count */
function layoutOf(pixels, room, count) {
  const ratio = devicePixelRatio || 1;
  const gap = Math.max(1, Math.round((room < WIDE ? 1 : 2) * ratio));
  const inner = room * ratio - gap * (count - 1);
  const even = Math.floor(inner / pixels) * pixels;
  const each = even >= ENOUGH * inner ? even / count : Math.max(1, Math.floor(inner / count));
  return { ratio, gap, each, side: each * count + gap * (count - 1) };
}

// Draws the sheet that `image` has loaded on `canvas`, as large as fits into `room` CSS pixels.
/** @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image @param {number} room */
export function paintSheet(canvas, image, room) {
  const count = sideOf(image);
  const layout = layoutOf(image.naturalWidth, room, count);
  const { ratio, gap, each, side } = layout;
  const tile = image.naturalWidth / count;
  Object.assign(canvas, { width: side, height: side });
  Object.assign(canvas.style, { width: `${side / ratio}px`, height: `${side / ratio}px` });
  const c = pencil(canvas);
  c.imageSmoothingEnabled = each < tile;
  for (let i = 0; i < count * count; i += 1) {
    const [x, y] = [i % count, Math.floor(i / count)];
    c.drawImage(image, x * tile, y * tile, tile, tile, x * (each + gap), y * (each + gap), each, each);
  }
  return layout;
}
