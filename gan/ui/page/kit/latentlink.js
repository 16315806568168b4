// A point in latent space as part of the address: a copied link opens the same picture.

/** @import { Model, Point } from "./types" */
import { LAST_SEED } from "./seeds.js";

const FIRST_SEED = 42;
export const REACH = 3;  // a normal latent leaves -3..3 once in 370 draws
const FURTHEST = 10;  // as far as the server goes
const MOST = 4096;  // entries of a list in a link

// The seed that a model is opened with.
/** @param {Pick<Model, "seed"> | undefined} model */
export const firstSeed = (model) => model?.seed ?? FIRST_SEED;

// `held`: the class or the mixture stays when another seed is chosen.
/** @returns {Point} */
export function freshPoint(seed = FIRST_SEED) {
  return { seed, base: null, label: null, mix: null, held: false, psi: 1, moves: {}, steps: {}, from: null };
}

// ---- float32 in an address ------------------------------------------------------------------

/** @param {Float32Array} values */
export function packFloats(values) {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// null for anything that is no list of finite numbers
/** @param {string} text */
export function unpackFloats(text) {
  try {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    if (!raw.length || raw.length % 4 || raw.length > 4 * MOST) return null;
    const floats = new Float32Array(Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer);
    return floats.every((v) => Number.isFinite(v)) ? floats : null;
  } catch {
    return null;
  }
}

// ---- a point and its link -------------------------------------------------------------------

/** @param {(string | number)[][]} entries */
const listed = (entries) => entries.map(([key, value]) => `${key}:${value}`).join(",");

// What a link means that says nothing of it: a class was chosen to stay, a mixture was not.
/** @param {Pick<Point, "label" | "mix">} point */
const usuallyHeld = ({ label, mix }) => label !== null && !mix;

/** @param {Point} point @returns {Record<string, string | number>} */
export function toLink(point) {
  const { seed, base, label, mix, psi, moves, steps } = point;
  const held = (label !== null || mix !== null) && point.held;
  const weights = (mix ?? []).map((v, i) => [i, Number(v.toFixed(4))]).filter(([, v]) => v);
  const parts = {
    seed,
    at: base ? packFloats(base) : "",
    class: mix || label === null ? "" : label,
    mix: listed(weights),
    keep: held === usuallyHeld(point) ? "" : Number(held),
    psi: psi === 1 ? "" : psi,
    z: listed(Object.entries(moves)),
    d: listed(Object.entries(steps)),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ""));
}

// The same as text: what tells two points apart.
/** @param {Point} point */
export const linkText = (point) => String(new URLSearchParams(
  Object.entries(toLink(point)).map(([key, value]) => [key, String(value)])));

/** @param {URLSearchParams} linked */
export function fromLink(linked) {
  const point = freshPoint(Math.floor(number(linked, "seed", 0, LAST_SEED, FIRST_SEED)));
  const label = number(linked, "class", 0, 999, null);
  point.label = label === null ? null : Math.floor(label);
  point.psi = number(linked, "psi", 0, 1.5, 1);
  point.base = unpackFloats(linked.get("at") ?? "");
  point.mix = mixOf(pairs(linked, "mix"));
  point.held = linked.has("keep") ? linked.get("keep") === "1" : usuallyHeld(point);
  for (const [key, value] of pairs(linked, "z")) {
    if (/^\d{1,4}$/.test(key)) point.moves[Number(key)] = value;
  }
  for (const [key, value] of pairs(linked, "d")) {
    if (/^[a-z0-9-]{1,40}$/.test(key) && Math.abs(value) <= REACH) point.steps[key] = value;
  }
  return point;
}

/**
 * @template {number | null} T
 * @param {URLSearchParams} linked
 * @param {string} name
 * @param {number} low
 * @param {number} high
 * @param {T} otherwise
 */
function number(linked, name, low, high, otherwise) {
  const value = linked.get(name) ? Number(linked.get(name)) : NaN;
  return value >= low && value <= high ? value : otherwise;
}

/** @param {URLSearchParams} linked @param {string} name @returns {[key: string, value: number][]} */
function pairs(linked, name) {
  return (linked.get(name) ?? "").split(",").slice(0, MOST).map((part) => {
    const [key, value] = part.split(":");
    return /** @type {[string, number]} */ ([key, value ? Number(value) : NaN]);
  }).filter(([, value]) => Math.abs(value) <= FURTHEST);
}

/** @param {[key: string, value: number][]} weights @returns {number[] | null} */
function mixOf(weights) {
  const known = weights.filter(([key]) => /^\d{1,3}$/.test(key));
  if (!known.length) return null;
  const mix = new Array(Math.max(...known.map(([key]) => Number(key))) + 1).fill(0);
  for (const [key, value] of known) mix[Number(key)] = value;
  return mix;
}
