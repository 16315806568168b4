// Points of latent space as the panels hold them, what lies between them, and their thumbnails.
/** @import { Attributes, Place } from "../page/kit/types" */
import { h, icon, t } from "../page/kit/core.js";
import { resize } from "../page/kit/painter.js";
import { lerp, slerp } from "../page/kit/vectors.js";

const FADE = 0.12;  // of the way between two classes, where one dissolves into the other (walk.py)

// {z, mix, label, seed}: mix holds a weight for each class, or is null in a model without classes.
/**
 * @param {{ z: ArrayLike<number>, mix: number[] | null, label?: number | null, seed?: number | null }} now
 * @param {number} classes of the model
 * @returns {Place}
 */
export function hold(now, classes) {
  const mix = !classes ? null : now.mix ? [...now.mix] : oneHot(now.label ?? 0, classes);
  return { z: Float32Array.from(now.z), mix, label: now.label ?? null, seed: now.seed ?? null };
}

// The point that is shown; its seed only where nothing was moved away from it.
/** @param {import("./studio.js").Studio} studio */
export function here(studio) {
  const now = studio.now();
  if (!now) throw new Error("there is no point yet");
  const point = hold(now, studio.classes);
  const { seeded } = studio;
  const plain = seeded && point.z.every((v, i) => v === seeded.z[i]);
  return plain ? point : { ...point, seed: null };
}

// What studio.jump takes to come to a point.
/** @param {Place} to */
export function jumpTo({ seed, z, mix }) {
  const place = seed === null || seed === undefined ? { z } : { seed };
  const label = mix ? mix.findIndex((v) => v === 1) : -1;
  const pure = mix && label >= 0 && mix.every((v, i) => v === Number(i === label));
  return pure ? { ...place, label, mix: null } : { ...place, mix };
}

/** @param {number} label @param {number} classes */
const oneHot = (label, classes) => Array.from({ length: classes }, (_, i) => Number(i === label));

/** @param {import("./studio.js").Studio} studio @param {number} seed */
export async function fromSeed(studio, seed) {
  const { z, label } = await studio.seed(seed);
  return hold({ z, label, mix: null, seed }, studio.classes);
}

export const anySeed = () => Math.floor(Math.random() * 1_000_000);

// Between two classes a place is of the nearer one, and `fade` says how much of the other shows:
// gan/latent/walk.py says why, and does the same for films and the command line.
/** @param {Place} a @param {Place} b @param {number} part @returns {Place} */
export function between(a, b, part, space = "z") {
  const z = (space === "z" ? slerp : lerp)(a.z, b.z, part);
  const psi = a.psi === undefined || b.psi === undefined ? {} : { psi: a.psi + part * (b.psi - a.psi) };
  if (!a.mix || !b.mix) return { z, mix: null, fade: null, ...psi };
  const [from, to] = [a.mix, b.mix];
  if (strongest(from) === strongest(to)) {
    return { z, mix: from.map((v, i) => v + part * (to[i] - v)), fade: null, ...psi };
  }
  const [near, far] = part < 0.5 ? [from, to] : [to, from];
  const edge = 0.5 - Math.min(0.5, Math.abs(part - 0.5) / FADE);  // 0.5 in the middle
  const share = edge * edge * (3 - 2 * edge);
  return { z, mix: [...near], fade: share ? { mix: [...far], share } : null, ...psi };
}

/** @param {number[]} mix */
export const strongest = (mix) => mix.indexOf(Math.max(...mix));

// The place a fraction of the way along keyframes; a loop goes on from the last to the first.
/** @param {Place[]} keys @param {number} fraction */
export function along(keys, fraction, { space = "z", loop = false } = {}) {
  if (keys.length === 1) return keys[0];
  const legs = keys.length - (loop ? 0 : 1);
  const at = Math.min(Math.max(fraction, 0), 1) * legs;
  const leg = Math.min(Math.floor(at), legs - 1);
  return between(keys[leg], keys[(leg + 1) % keys.length], at - leg, space);
}

const SAME = 1e-4;

// Whether two points make the same picture.
/** @param {Place} a @param {Place} b */
export function samePoint(a, b) {
  /** @param {Float32Array | number[]} x @param {Float32Array | number[]} y */
  const near = (x, y) => x.length === y.length && x.every((v, i) => Math.abs(v - y[i]) < SAME);
  return near(a.z, b.z) && (!a.mix || !b.mix || near(a.mix, b.mix));
}

// ---- small pictures -------------------------------------------------------------------------

/** @param {ImageData | null} image @param {Attributes<HTMLCanvasElement>} [props] */
export function shot(image, props = {}) {
  const canvas = h("canvas", { class: "ga-pixels ga-shot", role: "img", ...props });
  if (image) put(canvas, image);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {ImageData} image */
export function put(canvas, image) {
  resize(canvas, image.width, image.height);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas */
export function clear(canvas) { canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height); }

// ---- controls -------------------------------------------------------------------------------

/** @param {string} word @param {Attributes<HTMLButtonElement>} [props] its looks (icon, primary, bare), and attributes of the button */
export function button(word, { icon: name = null, primary = false, bare = false, ...props } = {}) {
  const look = primary ? " is-primary" : bare ? " is-bare" : "";
  return h("button", { type: "button", class: `ga-button${look}`, ...props },
    name ? icon(name) : null, h("span", { "data-t": word }, t(word)));
}

/** @param {string} word @param {string} name @param {Attributes<HTMLButtonElement>} [props] */
export function iconButton(word, name, props = {}) {
  return h("button", {
    type: "button", class: "ga-button is-icon", "data-t-label": word, "data-t-title": word,
    "aria-label": t(word), title: t(word), ...props,
  }, icon(name));
}

/** @param {string} word @param {HTMLElement} control @param {{ class?: string, output?: HTMLElement }} [props] */
export function field(word, control, props = {}) {
  const output = props.output ?? null;
  return h("label", { class: `ga-field ${props.class ?? ""}` },
    h("span", {}, h("span", { "data-t": word }, t(word)), output), control);
}

/** @param {[value: string | number, word: string][]} options @param {Attributes<HTMLSelectElement>} [props] */
export function select(options, props = {}) {
  return h("select", { class: "ga-input", ...props }, ...options.map(([value, word]) =>
    h("option", { value, "data-t": word }, t(word))));
}

/** @param {Attributes<HTMLInputElement>} props */
export const range = (props) => h("input", { class: "ga-range", type: "range", ...props });
