// Pictures of the shelf's pins: small ones that are kept, and whole ones for files, drawn again
// from the point while its model is there.
/** @import { Pin, Place } from "./types" */
import { ask, h, pencil } from "./core.js";
import { unpackFloats } from "./latentlink.js";
import { draw, resize, server } from "./painter.js";
import { isHere, pointOf, shelf } from "./shelf.js";

const SIDE_PX = 160;  // of a picture that is kept: as large as thumbnails come

/** @typedef {{ ref: string, psi: number, z: Place["z"], label: number | null, mix: number[] | null }} Drawable */

// What the painter is asked for; a sample's z is the server's to tell.
/** @param {Pin} pin @returns {Promise<Drawable>} */
export async function drawableOf(pin) {
  const { psi, seed, label } = pointOf(pin);
  const { ref, place } = pin;
  const z = place && unpackFloats(place.z);
  if (place && z) return { ref, psi, z, label: place.label, mix: place.mix };
  const known = await ask(`latents?${new URLSearchParams({ ref, seed: String(seed) })}`);
  return { ref, psi, z: Float32Array.from(known.z), label: label ?? known.label, mix: null };
}

// As large as the model makes it; what is kept where the model is gone.
/** @param {Pin} pin @returns {Promise<HTMLCanvasElement>} */
export async function wholePicture(pin) {
  const canvas = h("canvas");
  if (isHere(pin)) draw(canvas, await server.render(await drawableOf(pin)));
  else if (pin.picture) {
    const image = new Image();
    image.src = pin.picture;
    await image.decode();
    Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
    pencil(canvas).drawImage(image, 0, 0);
  }
  return canvas;
}

// A canvas as it is kept.
/** @param {HTMLCanvasElement} canvas */
export function kept(canvas) {
  const { width, height } = canvas;
  if (width <= SIDE_PX) return canvas.toDataURL("image/png");
  const small = h("canvas", { width: SIDE_PX, height: Math.round(SIDE_PX * height / width) });
  pencil(small).drawImage(canvas, 0, 0, small.width, small.height);
  return small.toDataURL("image/webp", 0.9);
}

/** @param {ImageData} image */
export function keptImage(image) {
  const canvas = h("canvas");
  resize(canvas, image.width, image.height);
  pencil(canvas).putImageData(image, 0, 0);
  return kept(canvas);
}

// What came without a picture gets one, a few at a time, while its model is there.
const asked = new Set();
let filling = false;
export async function fillPictures() {
  if (filling) return;
  filling = true;
  const bare = shelf.list.filter((pin) => !pin.picture && isHere(pin) && !asked.has(pin.id)).slice(0, 24);
  for (const pin of bare) {
    asked.add(pin.id);
    try {
      const picture = kept(await wholePicture(pin));
      if (shelf.find(pin.id)) shelf.picture(pin.id, picture);
    } catch { /* it stays without one; nothing depends on it */ }
  }
  filling = false;
}
