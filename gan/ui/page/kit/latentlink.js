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
export const fromLink = (linked) => readLink(linked).point;

// The point of a link, and what of it says nothing that can be read, as NAME=VALUE.
/** @param {URLSearchParams} linked @returns {{ point: Point, wrong: string[] }} */
export function readLink(linked) {
  /** @type {string[]} */
  const wrong = [];
  /** @template T @param {string} name @param {(text: string) => T | null} read @param {T} otherwise */
  const part = (name, read, otherwise) => {
    const text = linked.get(name);
    const value = text ? read(text) : null;
    if (text && value === null) wrong.push(`${name}=${text}`);
    return value ?? otherwise;
  };
  /** @param {string} name @param {RegExp} keys @param {number} most @returns {[key: string, value: number][]} */
  const pairs = (name, keys, most) => (linked.get(name) ?? "").split(",").filter(Boolean).flatMap((text, i) => {
    const [key, value] = text.split(":");
    if (i < MOST && keys.test(key) && value && Math.abs(Number(value)) <= most) return [[key, Number(value)]];
    wrong.push(`${name}=${text}`);
    return [];
  });
  const point = freshPoint(part("seed", whole(LAST_SEED), FIRST_SEED));
  point.label = part("class", whole(999), null);
  point.psi = part("psi", between(1.5), 1);
  point.base = part("at", unpackFloats, null);
  point.mix = mixOf(pairs("mix", /^\d{1,3}$/, FURTHEST));
  point.held = part("keep", (text) => (/^[01]$/.test(text) ? text === "1" : null), usuallyHeld(point));
  point.moves = Object.fromEntries(pairs("z", /^\d{1,4}$/, FURTHEST).map(([key, value]) => [Number(key), value]));
  point.steps = Object.fromEntries(pairs("d", /^[a-z0-9-]{1,40}$/, REACH));
  return { point, wrong };
}

/** @param {number} high @returns {(text: string) => number | null} */
const between = (high) => (text) => (Number(text) >= 0 && Number(text) <= high ? Number(text) : null);

/** @param {number} high @returns {(text: string) => number | null} */
const whole = (high) => (text) => {
  const value = between(high)(text);
  return value === null ? null : Math.floor(value);
};

// What of a link's point a model had no use for, as it would stand in the link.
/** @param {Point} linked @param {Point} shown @param {{ classes: number, knows(direction: string): boolean }} model */
export function unfit(linked, shown, { classes, knows }) {
  const left = toLink({ ...linked,
    base: shown.base ? null : linked.base, label: (linked.label ?? 0) < classes ? null : linked.label, mix: shown.mix ? null : linked.mix,
    moves: without(linked.moves, (i) => Number(i) in shown.moves), steps: without(linked.steps, knows) });
  return ["at", "class", "mix", "z", "d"].filter((name) => name in left).map((name) => `${name}=${left[name]}`);
}

/** @param {Record<string, number>} values @param {(key: string) => boolean} drops @returns {Record<string, number>} */
const without = (values, drops) => Object.fromEntries(Object.entries(values).filter(([key]) => !drops(key)));

/** @param {[key: string, value: number][]} weights @returns {number[] | null} */
function mixOf(weights) {
  if (!weights.length) return null;
  const mix = new Array(Math.max(...weights.map(([key]) => Number(key))) + 1).fill(0);
  for (const [key, value] of weights) mix[Number(key)] = value;
  return mix;
}
